"""Whether installation put a hook where every Python finds it."""

import site
from pathlib import Path

import pytest

from impact_select.recording.children import HOOK, has_hook


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder in which distributions are installed."""
    found = tmp_path.resolve() / "site-packages"
    found.mkdir()
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(found)])
    return found


def test_no_hook_without_an_installation(folder: Path) -> None:
    """A package that runs from a folder on PYTHONPATH has none."""
    assert not has_hook(folder / "impact_select")


def test_the_hook_of_an_installed_package(folder: Path) -> None:
    """The hook stands beside the package."""
    (folder / HOOK).touch()
    (folder / "impact_select").mkdir()

    assert has_hook(folder / "impact_select")


def test_the_hook_of_an_editable_installation(folder: Path, tmp_path: Path) -> None:
    """The hook stands beside a file that names the folder of the package."""
    own = tmp_path.resolve() / "src/impact_select"
    (folder / HOOK).touch()
    (folder / "_editable.pth").write_text(f"{own.parent}\n")

    assert has_hook(own)


def test_the_hook_of_another_installation(folder: Path, tmp_path: Path) -> None:
    """A hook that would load another package is of no use."""
    (folder / HOOK).touch()
    (folder / "impact_select").mkdir()

    assert not has_hook(tmp_path / "src/impact_select")
