"""Lines for people."""

from collections.abc import Iterable
from typing import Final

from impact_select.model.ids import TestId
from impact_select.model.impact_map import MapSummary
from impact_select.model.selection import Cause, RetestAll, Selection, Subset

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


def header_line(
    selection: Selection, summary: MapSummary | None, base: str | None, now: float
) -> list[str]:
    """Say what was decided, for pytest's header.

    Args:
        selection: The decision.
        summary: Of the map, None without one.
        base: The revision that the change is measured from, None without one.
        now: Seconds since the epoch.
    """
    lines: list[str] = []
    if summary is not None and summary.test_count:
        tests = count_of(summary.test_count, "test")
        age = _age(now - summary.recorded_at)
        since = f", base {base}" if base else ""
        lines.append(f"impact: map of {tests}, recorded {age} ago{since}")
    if isinstance(selection, RetestAll):
        lines += [f"impact: {line}" for line in fallback_lines(selection)]
    else:
        known = len(selection.affected) + len(selection.unaffected)
        lines.append(f"impact: {len(selection.affected)} of {known} known tests are affected")
    return lines


def fallback_lines(selection: RetestAll) -> list[str]:
    """Say why all tests run."""
    return [f"all tests run: {item.detail} [{item.slug}]" for item in selection.fallbacks]


def summary_line(selection: Selection, selected: int, left_out: int) -> str:
    """Say what it came to.

    Args:
        selection: The decision.
        selected: Tests that were run.
        left_out: Tests of this session that were left out.
    """
    if isinstance(selection, RetestAll):
        return f"impact: all {selected} tests selected"
    saved = selection.saved_s if left_out else 0.0
    return f"impact: {selected} selected, {left_out} left out, saves about {duration(saved)}"


def cause_lines(selection: Subset, collected: Iterable[TestId]) -> list[str]:
    """Give each selected test of a session its causes."""
    lines: list[str] = []
    for test in collected:
        if test in selection.unaffected:
            continue
        causes = selection.affected.get(test)
        if causes is None:
            lines.append(f"{test}: not in the map")
        else:
            lines += [f"{test}: {cause_text(cause)}" for cause in causes[:1]]
    return lines


def cause_text(cause: Cause) -> str:
    """Render a cause in one line."""
    return " > ".join((cause.change, *cause.chain))


def count_of(count: int, noun: str) -> str:
    """Render a number of things."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def duration(seconds: float) -> str:
    """Render a duration."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    return f"{int(seconds // _MINUTE)} min {int(seconds % _MINUTE)} s"


def _age(seconds: float) -> str:
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= unit:
            count = int(seconds // unit)
            return count_of(count, name)
    return "less than a minute"
