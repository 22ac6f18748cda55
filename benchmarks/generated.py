"""Compare what impact selects with what edits of generated programs change, step by step."""

import json
import shutil
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import click
from tests.generated.edits import KINDS
from tests.generated.history import Step, drawn, is_by_order, steps_of
from tests.generated.reduce import reduced
from tests.generated.runs import Runner, runner

from benchmarks.results import Result, append_result, read_results
from benchmarks.tables import Columns

STEPS = Columns(
    ("kind",),
    ("steps", "revealing", "must", "affected mean %", "selected mean %", "missed"),
)
COARSE = Columns(("cause", "edit"), ("steps", "tests without need", "example"))
COARSE_SHARE = 0.3
"""Of all tests, selected without need: from there a step counts as coarse. Chosen."""


@click.command()
@click.option("--python", default=sys.executable, help="The interpreter that runs the tests.")
@click.option(
    "--impact-src",
    type=click.Path(exists=True, path_type=Path),
    help="Import impact_select from this folder, not from where it is installed.",
)
@click.option("--count", default=300, show_default=True, help="Steps to make in all.")
@click.option("--steps", default=5, show_default=True, help="Steps of a program, at most.")
@click.option("--seed", default=0, show_default=True, help="Of the first program.")
@click.option("--kinds", multiple=True, metavar="KIND[,KIND]", help="Only these kinds of edits.")
@click.option("--results", type=click.Path(path_type=Path), default=Path("generated.jsonl"))
@click.option(
    "--misses",
    type=click.Path(path_type=Path),
    default=Path("generated-misses"),
    help="Write a folder there for each step with a missed test.",
)
@click.option("--reduce/--no-reduce", "is_reduced", default=True, help="Make misses small.")
@click.option("--table", type=click.Path(path_type=Path), help="Write Markdown tables there.")
def main(
    python: str,
    impact_src: Path | None,
    count: int,
    steps: int,
    seed: int,
    kinds: tuple[str, ...],
    results: Path,
    misses: Path,
    is_reduced: bool,
    table: Path | None,
) -> None:
    """Let generated programs go through edits; run all tests and the selected ones after each.

    Programs that --results already holds are not made again.
    The exit status is 1 when impact missed a test.
    """
    wanted = [name for one in kinds for name in one.split(",")] or list(KINDS)
    unknown = sorted(set(wanted) - set(KINDS))
    if unknown:
        raise click.UsageError(f"--kinds: {', '.join(unknown)}; there are {', '.join(KINDS)}")
    known = read_results(results)
    done = {result["seed"] for result in known}
    made = sum(1 for result in known if result["kinds"])
    with (
        runner(python, impact_src) as running,
        click.progressbar(length=max(0, count - made), label="steps", file=sys.stderr) as bar,
    ):
        while made < count:
            if seed not in done:
                found = measure(running, seed, steps, wanted, misses, is_reduced=is_reduced)
                for result in found:
                    append_result(results, result)
                judged = sum(1 for result in found if result["kinds"])
                made += judged
                bar.update(judged)
            seed += 1
    shown = read_results(results)
    tables = [(STEPS, step_rows(shown)), (COARSE, coarse_rows(shown))]
    for columns, rows in tables:
        click.echo(columns.text(rows) + "\n")
    for note in notes_of(shown):
        click.echo(note)
    if table is not None:
        text = "\n".join(columns.markdown(rows) for columns, rows in tables)
        table.write_text(text, encoding="utf-8")
    sys.exit(1 if any(result["missed"] for result in shown) else 0)


def measure(
    running: Runner,
    seed: int,
    steps: int,
    kinds: Sequence[str],
    misses: Path,
    *,
    is_reduced: bool,
) -> list[dict[str, Any]]:
    """Make one program and its steps; give a result for each, and one for the program."""
    started = time.perf_counter()
    results: list[dict[str, Any]] = []
    passed: list[Step] = []
    for number, step in enumerate(steps_of(running, drawn(seed, steps, kinds))):
        passed.append(step)
        by_order = [test for test in step.missed if is_by_order(running, step, test)]
        missed = [test for test in step.missed if test not in by_order]
        result = _result(seed, number, step, missed, by_order)
        results.append(result)
        if missed:
            folder = misses / f"{seed}-{number}"
            write_miss(folder, passed, missed, result)
            if is_reduced:
                small = reduced(running, [one.before.files for one in passed]
                                + [step.after.files], missed[0])  # fmt: skip
                for name, files in zip(_names(len(small)), small, strict=True):
                    _write(folder / "reduced" / name, files)
    seconds = round(time.perf_counter() - started, 3)
    return [*results, {"seed": seed, "kinds": [], "seconds": seconds, "missed": []}]


def _result(
    seed: int, number: int, step: Step, missed: list[str], by_order: list[str]
) -> dict[str, Any]:
    causes = step.selected.causes
    ran = list(step.selected.seen)
    needless = [test for test in ran if test not in step.must and causes.get(test)]
    slugs: Counter[str] = Counter()
    changes: dict[str, str] = {}
    for test in needless:
        for slug, change in dict(causes[test]).items():
            slugs[slug] += 1
            changes.setdefault(slug, change)
    return {
        "schema": 1,
        "seed": seed,
        "step": number,
        "kinds": step.after.kinds,
        "told": step.after.told,
        "is_judged": step.is_judged,
        "test_count": len(step.full.seen),
        "must_count": len(step.must),
        "ran_count": len(ran),
        "broken": list(step.full.broken),
        "missed": missed,
        "order_dependent": by_order,
        "differing": list(step.differing),
        "needless": len(needless),
        "needless_by_cause": dict(slugs),
        "changes": changes,
        "fallbacks": causes.get("*", []),
        "impacted_tail": "" if step.is_judged else step.selected.printed[-1500:],
    }


def write_miss(
    folder: Path, passed: Sequence[Step], missed: Sequence[str], result: Mapping[str, Any]
) -> None:
    """Write down every version up to the step, and what was missed."""
    shutil.rmtree(folder, ignore_errors=True)
    versions = [passed[0].before, *(step.after for step in passed)]
    for name, version in zip(_names(len(versions)), versions, strict=True):
        _write(folder / name, version.files)
    last = passed[-1]
    told = [
        *(f"missed {test}: {last.full_before.of(test)} -> {last.full.of(test)}" for test in missed),
        *(f"step {' '.join(step.after.kinds)}: {'; '.join(step.after.told)}" for step in passed),
        json.dumps(result, indent=1),
    ]
    (folder / "MISS").write_text("\n".join(told) + "\n", encoding="utf-8")


def _names(count: int) -> Iterator[str]:
    yield from (f"{number}" for number in range(count))


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def step_rows(results: Iterable[Result]) -> list[tuple[str, ...]]:
    """Sum up by kind of edit, steps of one edit alone, with a last row for all steps: STEPS."""
    groups: dict[str, list[Result]] = defaultdict(list)
    judged = [result for result in results if result["kinds"] and result["is_judged"]]
    for result in judged:
        groups[result["kinds"][0] if len(result["kinds"]) == 1 else "several"].append(result)
    rows = [_row(kind, group) for kind, group in sorted(groups.items())]
    return [*rows, _row("all", judged)] if judged else rows


def _row(kind: str, group: Sequence[Result]) -> tuple[str, ...]:
    fields = ("must_count", "ran_count", "test_count")
    shares = [tuple(result[name] for name in fields) for result in group if result["test_count"]]
    return (
        kind,
        str(len(group)),
        str(sum(1 for result in group if result["must_count"])),
        str(sum(result["must_count"] for result in group)),
        f"{100 * fmean([min(1, must / count) for must, _, count in shares] or [0]):.1f}",
        f"{100 * fmean([ran / count for _, ran, count in shares] or [0]):.1f}",
        str(sum(len(result["missed"]) for result in group)),
    )


def coarse_rows(results: Iterable[Result]) -> list[tuple[str, ...]]:
    """Sum up the steps where many tests were selected without need, by cause: COARSE."""
    groups: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for result in results:
        if not result["kinds"] or result["needless"] < COARSE_SHARE * max(1, result["test_count"]):
            continue
        slug, count = max(result["needless_by_cause"].items(), key=lambda item: item[1])
        kind = result["kinds"][0] if len(result["kinds"]) == 1 else "several"
        example = f"{result['seed']}-{result['step']}: {result['changes'][slug]}"
        groups[slug, kind].append((count, example))
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    return [
        (slug, kind, str(len(found)), str(sum(count for count, _ in found)), found[0][1][:90])
        for (slug, kind), found in ordered
    ]


def notes_of(results: Iterable[Result]) -> Iterator[str]:
    """Give a line for everything that the tables cannot show."""
    for result in results:
        if not result["kinds"]:
            continue
        what = f"{result['seed']}-{result['step']} {' '.join(result['kinds'])}"
        if not result["is_judged"]:
            yield f"not judged: {what}"
        for test in result["missed"]:
            yield f"MISSED {test}: {what}"
        for test in result["order_dependent"]:
            yield f"depends on order: {test}: {what}"
        if result["differing"]:
            yield f"other than in the full run: {len(result['differing'])}: {what}"
        if result["fallbacks"]:
            yield f"all tests selected, {result['fallbacks'][0][0]}: {what}"


if __name__ == "__main__":
    main()
