"""Fixtures for tests that run pytest in repositories of their own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.checkout import SCRIPTS, SHOP, Checkout, make_checkout

_OF_THE_MACHINE = ("GIT_", "PYTEST_", "PRE_COMMIT", "COV", "VIRTUAL_ENV", "DJANGO_", "_IMPACT")


@pytest.fixture(scope="session", autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep git and pytest away from what the machine or this run has set.

    pytest loads no plugins but ours and what a test names: it starts three times as fast.
    """
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(_OF_THE_MACHINE):
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_CONFIG_HOME", str(home))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("PATH", os.pathsep.join([str(SCRIPTS), os.environ["PATH"]]))
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        patch.setenv("PYTEST_ADDOPTS", "-p impact -rA")
        (home / ".gitconfig").write_text(
            "[user]\nname = A Tester\nemail = tester@example.org\n"
            '[protocol "file"]\nallow = always\n'
        )
        yield


@pytest.fixture(scope="session")
def recorded_shop(own_settings: None, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Give the shop with a map of all its tests; to be copied, not used."""
    checkout = make_checkout(tmp_path_factory.mktemp("recorded") / "shop", SHOP)
    checkout.record()
    return checkout


@pytest.fixture
def shop(recorded_shop: Checkout, tmp_path: Path) -> Checkout:
    """Give the shop with a map of all its tests."""
    return recorded_shop.copy(tmp_path / "shop")
