"""Results of edits: one JSON line each, and the table that sums them up."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

Result = Mapping[str, Any]
"""One line of the results file; its fields are listed in README.md."""

HEADINGS = (
    "project",
    "python",
    "kind",
    "edits",
    "revealing",
    "must",
    "selected mean %",
    "missed",
    "select s median",
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
        """Give the text of the columns, as in HEADINGS."""
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


def rows_of(results: Iterable[Result]) -> list[Row]:
    """Sum up judged edits by project, Python and kind, with a last row for all."""
    groups: dict[tuple[str, str, str], list[Result]] = defaultdict(list)
    judged = [result for result in results if not result["is_timed_out"]]
    for result in judged:
        groups[result["project"], _minor(result["python"]), result["kind"]].append(result)
    rows = [_row(*key, group) for key, group in sorted(groups.items())]
    return [*rows, _row("all", "", "all", judged)] if judged else rows


def text_table(rows: Sequence[Row]) -> str:
    """Lay the rows out for a terminal: first three columns left, numbers right."""
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index < 3 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(cells, _widths(rows), strict=True))
        ).rstrip()
        for cells in (HEADINGS, *(row.cells() for row in rows))
    )


def markdown_table(rows: Sequence[Row]) -> str:
    """Lay the rows out as a Markdown table."""
    rule = ("---",) * 3 + ("--:",) * (len(HEADINGS) - 3)
    return "".join(
        f"| {' | '.join(cells)} |\n" for cells in (HEADINGS, rule, *(row.cells() for row in rows))
    )


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


def _widths(rows: Sequence[Row]) -> list[int]:
    columns = zip(HEADINGS, *(row.cells() for row in rows), strict=True)
    return [max(len(cell) for cell in column) for column in columns]
