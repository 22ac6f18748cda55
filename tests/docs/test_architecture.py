"""docs/architecture.md names modules as they are, and its order of layers is the contract's."""

import re
import tomllib
from pathlib import Path

import impact_select

PACKAGE = Path(impact_select.__file__).parent
CHECKOUT = Path(__file__).parents[2]
TEXT = (CHECKOUT / "docs/architecture.md").read_text(encoding="utf-8")


def test_every_module_that_is_named_exists() -> None:
    """A module that is renamed is renamed on the page."""
    named = re.findall(r"`([\w/]+\.py|\w+/)`", TEXT)

    assert [name for name in named if not (PACKAGE / name).exists()] == []


def test_every_package_is_named() -> None:
    """No stage is left out."""
    packages = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}

    assert packages <= set(re.findall(r"`(\w+/)`", TEXT))


def test_the_layers_are_those_of_the_contract() -> None:
    """In the same order, from the rim to the core."""
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (flow,) = (contract for contract in contracts if contract["type"] == "layers")
    expected = [name for layer in flow["layers"] for name in re.findall(r"\w+", layer)]
    (line,) = re.findall(r"^`cli\.py` and `pytest_plugin\.py`, .+$", TEXT, re.MULTILINE)

    assert ["__main__", *re.findall(r"`(\w+)(?:\.py|/)`", line)] == expected
