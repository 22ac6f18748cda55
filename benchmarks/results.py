"""Results of edits: one JSON line each, and the table that sums them up."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from benchmarks.tables import Columns

Result = Mapping[str, Any]
"""One line of the results file; its fields are listed in README.md."""

EDITS = Columns(
    ("project", "python", "kind"),
    ("edits", "revealing", "must", "selected mean %", "missed", "select s median"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """The edits of one kind.

    Attributes:
        revealing: Edits that change the outcome of any test.
        must: Sum over edits of the tests that had to run.
        selected_share: Mean over edits of tests run to tests there are, 0 to 1.
    """

    project: str
    python: str
    kind: str
    edits: int
    revealing: int
    must: int
    selected_share: float
    missed: int
    select_s: float

    def cells(self) -> tuple[str, ...]:
        """Give the text of the columns, as in EDITS."""
        return (
            self.project,
            self.python,
            self.kind,
            str(self.edits),
            str(self.revealing),
            str(self.must),
            f"{100 * self.selected_share:.1f}",
            str(self.missed),
            f"{self.select_s:.2f}",
        )


def read_results(path: Path) -> list[Result]:
    """Read the lines of a results file; none when it is not there."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def append_result(path: Path, result: Result) -> None:
    """Add a line to a results file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(result) + "\n")


def rows_of(results: Iterable[Result]) -> list[tuple[str, ...]]:
    """Sum up judged edits by project, Python and kind, with a last row for all: EDITS."""
    groups: dict[tuple[str, str, str], list[Result]] = defaultdict(list)
    judged = [result for result in results if not result["is_timed_out"]]
    for result in judged:
        groups[result["project"], _minor(result["python"]), result["kind"]].append(result)
    rows = [_row(*key, group) for key, group in sorted(groups.items())]
    if judged:
        rows.append(_row("all", "", "all", judged))
    return [row.cells() for row in rows]


def notes_of(results: Iterable[Result]) -> Iterator[str]:
    """Give a line for everything that the table cannot show."""
    for result in results:
        what = f"{result['project']} {result['key']} {result['kind']} {result['path']}"
        what += f": {result['description']}"
        if result["is_timed_out"]:
            yield f"not judged, time ran out: {what}"
        for test in result["missed"]:
            yield f"MISSED {test}: {what}"
        for test in result["order_dependent"]:
            yield f"depends on order: {test}: {what}"
        if result["impacted_status"] not in {0, 1, 5} and result["full_status"] in {0, 1, 5}:
            yield f"impacted run ended with status {result['impacted_status']}: {what}"
        for name, peer in result.get("peers", {}).items():
            if peer["is_timed_out"] and not result["is_timed_out"]:
                yield f"not compared, {name}'s time ran out: {what}"
            if peer["missed"]:
                yield f"{name} missed {len(peer['missed'])}: {what}"
            if peer["status"] not in {0, 1, 5} and result["full_status"] in {0, 1, 5}:
                yield f"{name}'s run ended with status {peer['status']}: {what}"
        if result["is_map_written"]:
            yield f"map written despite --impact-readonly: {what}"


def _row(project: str, python: str, kind: str, group: Sequence[Result]) -> Row:
    return Row(
        project,
        python,
        kind,
        edits=len(group),
        revealing=sum(1 for result in group if result["must_count"]),
        must=sum(result["must_count"] for result in group),
        selected_share=fmean(
            result["ran_count"] / max(1, result["test_count"]) for result in group
        ),
        missed=sum(len(result["missed"]) for result in group),
        select_s=median(result["select_s"] for result in group),
    )


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
