"""The table and the notes of a walk through a project's history."""

from collections.abc import Iterator, Sequence
from statistics import fmean

from benchmarks.results import Result
from benchmarks.tables import Columns

WALK = Columns(
    ("tool",),
    (
        "steps",
        "steps with missed tests",
        "missed",
        "left out mean %",
        "seconds, recording included",
        "seconds of full runs",
    ),
)


def walk_rows(steps: Sequence[Result]) -> list[tuple[str, ...]]:
    """Sum up one walk by tool: WALK.

    Steps that were broken, or where the time of any tool ran out, count in no column.
    """
    judged = [
        step
        for step in steps
        if step["tools"] and not any(run["is_timed_out"] for run in step["tools"].values())
    ]
    return [_cells(name, judged) for name in (judged[0]["tools"] if judged else ())]


def notes_of(steps: Sequence[Result]) -> Iterator[str]:
    """Give a line for everything that the table cannot show."""
    for step in steps:
        what = f"{step['project']} {step['commit'][:10]} {step['subject']}"
        if step["is_broken"]:
            yield f"not judged, the full run ended with status {step['full_status']}: {what}"
        for name, run in step["tools"].items():
            if run["is_timed_out"]:
                yield f"not judged, {name}'s time ran out: {what}"
            if name != "impact" and run["missed"]:
                yield f"{name} missed {len(run['missed'])}: {what}"
            if name == "impact":
                yield from (f"MISSED {test}: {what}" for test in run["missed"])
                yield from (f"depends on order: {test}: {what}" for test in run["order_dependent"])
            if run["status"] not in {0, 1, 5}:
                yield f"{name}'s run ended with status {run['status']}: {what}"


def _cells(name: str, steps: Sequence[Result]) -> tuple[str, ...]:
    base = steps[0]["base"]
    runs = [step["tools"][name] for step in steps]
    left_out = [
        1 - min(1.0, run["ran_count"] / step["test_count"])
        for run, step in zip(runs, steps, strict=True)
    ]
    return (
        name,
        str(len(steps)),
        str(sum(1 for run in runs if run["missed"])),
        str(sum(len(run["missed"]) for run in runs)),
        f"{100 * fmean(left_out):.1f}",
        f"{base['tools'][name]['record_s'] + sum(run['s'] for run in runs):.1f}",
        f"{base['plain_s'] + sum(step['full_s'] for step in steps):.1f}",
    )
