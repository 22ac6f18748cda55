"""Lines for people."""

from pathlib import Path

import pytest

from impact_select.model.ids import TestId
from impact_select.model.impact_map import MapSummary
from impact_select.model.selection import Cause, Fallback, RetestAll, Subset
from impact_select.report.text import (
    cause_lines,
    cause_text,
    duration,
    fallback_lines,
    header_line,
    summary_line,
)

ALL = RetestAll((Fallback("no-map", "there is no map"), Fallback("run-all-on", "x changed")))
A, B, NEW = TestId("test_a.py::test_a"), TestId("test_a.py::test_b"), TestId("test_a.py::test_c")
CAUSES = (Cause("k", "a.py::X variable-changed", ("a.py::Y", "b.py::f")), Cause("k", "other"))
SUBSET = Subset({A: CAUSES}, frozenset({B}), frozenset(), (), (), (), 61.5)
MAP = MapSummary(Path("map"), 2, 1000)


def test_the_header() -> None:
    """The header tells how old the map is, what is compared, and how much is affected."""
    assert header_line(SUBSET, MAP, "main", 1000 + 7200) == [
        "impact: map of 2 tests, recorded 2 hours ago, base main",
        "impact: 1 of 2 known tests are affected",
    ]


def test_the_header_without_a_map() -> None:
    """Without a map there is nothing to tell of it."""
    for summary in (None, MapSummary(Path("map"))):
        assert header_line(ALL, summary, None, 0) == [
            "impact: all tests run: there is no map [no-map]",
            "impact: all tests run: x changed [run-all-on]",
        ]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (3599, "59 minutes"),
        (3600, "1 hour"),
        (86400, "1 day"),
        (3 * 86400, "3 days"),
        (-5, "less than a minute"),
    ],
)
def test_the_age_of_a_map(seconds: int, expected: str) -> None:
    """An age is told in its largest unit; a clock that went back makes it young."""
    line = header_line(SUBSET, MAP, None, 1000 + seconds)[0]

    assert line == f"impact: map of 2 tests, recorded {expected} ago"


def test_the_summary() -> None:
    """The summary tells what ran, what did not, and the time that it saved."""
    assert summary_line(SUBSET, 3, 4) == "impact: 3 selected, 4 left out, saves about 1 min 1 s"
    assert summary_line(SUBSET, 3, 0) == "impact: 3 selected, 0 left out, saves about 0.0 s"
    assert summary_line(ALL, 3, 0) == "impact: all 3 tests selected"


def test_causes() -> None:
    """Each test that was collected and is not left out has its first cause, with the way."""
    assert cause_lines(SUBSET, [A, B, NEW]) == [
        f"{A}: a.py::X variable-changed > a.py::Y > b.py::f",
        f"{NEW}: not in the map",
    ]
    assert cause_text(CAUSES[1]) == "other"


def test_fallbacks() -> None:
    """Every reason is told, with the slug under which it is documented."""
    assert fallback_lines(ALL) == [
        "all tests run: there is no map [no-map]",
        "all tests run: x changed [run-all-on]",
    ]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0.0 s"), (0.04, "0.0 s"), (59.9, "59.9 s"), (60, "1 min 0 s"), (3661, "61 min 1 s")],
)
def test_durations(seconds: float, expected: str) -> None:
    """A duration is told in seconds, from a minute on in minutes."""
    assert duration(seconds) == expected
