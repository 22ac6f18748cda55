"""docs/messages.md and the error classes say the same things."""

from __future__ import annotations

import importlib
import inspect
import pickle
import pkgutil
import re
from pathlib import Path

import pytest

import impact_select
from impact_select.errors import (
    ConfigMistakes,
    GitFailed,
    GitMissing,
    ImpactError,
    MapBusy,
    MapNotWritten,
    MapSchema,
    MapUnreadable,
    NoMap,
    NoMergeBase,
    NotARepository,
    NotRecorded,
    OptionClash,
    UnknownRevision,
    UsageMistake,
)

MESSAGES = Path(__file__).parents[2] / "docs/messages.md"

EXAMPLES: list[ImpactError] = [
    ConfigMistakes("pyproject.toml", ("tool.impact.map: expected a path, found 3", "b: c")),
    GitFailed("git ls-files", "fatal: index file corrupt"),
    GitMissing(),
    MapBusy(Path("map.sqlite")),
    MapNotWritten(Path("map.sqlite"), "disk full"),
    MapSchema(Path(".impact/map.sqlite"), 3, 4),
    MapUnreadable(Path("map.sqlite"), "not a database"),
    NoMap(Path(".impact/map.sqlite")),
    NoMergeBase("origin/main", shallow=True),
    NoMergeBase("origin/main", shallow=False),
    NotARepository(Path("project")),
    NotRecorded("shuffled order 3", 4),
    OptionClash(),
    UnknownRevision("origin/main"),
    UsageMistake("two options are given; choose one"),
]


def error_classes() -> set[type[ImpactError]]:
    """Find every error class that a module of the package defines."""
    found: set[type[ImpactError]] = set()
    for module in pkgutil.walk_packages(impact_select.__path__, "impact_select."):
        # Importing __main__ runs the command; the demo's project is data.
        if module.name.endswith(".__main__") or module.name.startswith("impact_select.demo."):
            continue
        for member in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(member) and issubclass(member, ImpactError):
                found.add(member)
    return found - {ImpactError}


def headings(section: str) -> list[str]:
    """List the headings of one section of the page."""
    _, _, rest = MESSAGES.read_text(encoding="utf-8").partition(f"\n## {section}\n")
    return re.findall(r"^### (.+)$", re.split(r"^## ", rest, flags=re.MULTILINE)[0], re.MULTILINE)


def test_every_slug_has_a_heading() -> None:
    """The headings are the slugs of the error classes, sorted, each once."""
    assert headings("Errors") == sorted(error.slug for error in error_classes())


def test_every_heading_says_what_to_do() -> None:
    """Each error on the page comes with advice."""
    text = MESSAGES.read_text(encoding="utf-8")

    assert text.count("**What to do:**") >= len(headings("Errors"))


def test_every_error_has_an_example() -> None:
    """The examples above cover every class."""
    assert {type(example) for example in EXAMPLES} == error_classes()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.slug))
def test_form_of_a_message(example: ImpactError) -> None:
    """A message ends with its slug, has no full stop before it, and neither begs nor shouts."""
    text = str(example)

    assert text.endswith(f" [{example.slug}]")
    assert not re.search(r"please|!|\.\s*\[|\bError\b", text)
    assert "\n" not in text or isinstance(example, ConfigMistakes)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.slug))
def test_an_error_survives_pickling(example: ImpactError) -> None:
    """An error raised in a worker process arrives as it was."""
    assert repr(pickle.loads(pickle.dumps(example))) == repr(example)


def test_a_newer_map_may_be_kept() -> None:
    """Only a map from the future advises to upgrade."""
    assert "upgrade" not in str(MapSchema(Path("map.sqlite"), 3, 4))
    assert "upgrade" in str(MapSchema(Path("map.sqlite"), 5, 4))
