"""The tools side by side, over the edits that all of them were tried on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from benchmarks.results import Result
from benchmarks.tables import Columns

COMPARISON = Columns(
    ("tool",),
    (
        "edits",
        "edits with missed tests",
        "missed tests",
        "selected mean %",
        "selected median %",
        "run / full run",
        "recording / plain run",
        "state MB",
    ),
)


@dataclass(frozen=True, slots=True)
class Tried:
    """One tool on one edit.

    Attributes:
        share: Tests run to tests there are, 0 to 1.
        time_ratio: Wall time of its run to that of the full run.
    """

    missed_count: int
    share: float
    time_ratio: float
    record_ratio: float
    state_bytes: int


def comparison_of(results: Iterable[Result]) -> list[tuple[str, ...]]:
    """Give a row per tool: COMPARISON.

    Only edits count that every tool was tried on and whose runs all came to their end.
    """
    compared = [result for result in results if "base" in result]
    names = dict.fromkeys(name for result in compared for name in ("impact", *result["peers"]))
    judged = [
        result
        for result in compared
        if names.keys() == {"impact", *result["peers"]}
        and not any(run["is_timed_out"] for run in (result, *result["peers"].values()))
    ]
    if not judged:
        return []
    return [_cells(name, [_tried(name, result) for result in judged]) for name in names]


def _tried(name: str, result: Result) -> Tried:
    peer: Mapping[str, Any] = (
        {**result, "s": result["impacted_s"]} if name == "impact" else result["peers"][name]
    )
    base = result["base"]
    return Tried(
        len(peer["missed"]),
        peer["ran_count"] / max(1, result["test_count"]),
        peer["s"] / result["full_s"],
        base["tools"][name]["record_s"] / base["plain_s"],
        base["tools"][name]["state_bytes"],
    )


def _cells(name: str, tried: Sequence[Tried]) -> tuple[str, ...]:
    return (
        name,
        str(len(tried)),
        str(sum(1 for one in tried if one.missed_count)),
        str(sum(one.missed_count for one in tried)),
        f"{100 * fmean(one.share for one in tried):.1f}",
        f"{100 * median(one.share for one in tried):.1f}",
        f"{fmean(one.time_ratio for one in tried):.2f}",
        f"{fmean(one.record_ratio for one in tried):.2f}",
        f"{fmean(one.state_bytes for one in tried) / 1e6:.2f}",
    )
