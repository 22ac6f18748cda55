"""Compare what `pytest --impacted` runs with what edits of a real project break."""

import shlex
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from benchmarks.edit import Edit, edit_from_json, edit_to_json
from benchmarks.judge import Run, judge
from benchmarks.mutate import KINDS, OPTIONAL_KINDS, sample
from benchmarks.results import (
    Result,
    append_result,
    markdown_table,
    notes_of,
    read_results,
    rows_of,
    text_table,
)
from benchmarks.workspace import Workspace, make_workspace

PLAIN = ("-p", "no:impact")
DEFAULT_EXCLUDE = ("docs/*", "examples/*", "extras/*", "benchmarks/*", "setup.py", "noxfile.py")
STOPPING = frozenset({"-x", "--exitfirst", "--maxfail", "--stepwise", "--sw"})
ALONE_LIMIT = 20
"""Missed tests of one edit that are run alone; the rest count as missed. Chosen."""
LISTED = 50
"""Ids written out in a result beside their count. Chosen; nothing depends on it."""


@dataclass(frozen=True, slots=True)
class Base:
    """What is known before any edit.

    Attributes:
        flaky: Tests with two outcomes in two plain runs, or another while recorded.
        timeout_s: For each run of pytest after an edit.
    """

    project: str
    revision: str
    python: str
    outcomes: Mapping[str, str]
    flaky: tuple[str, ...]
    map_bytes: Mapping[str, bytes]
    timeout_s: float


@click.command()
@click.option("--project", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--python", default=sys.executable, type=click.Path(exists=True, path_type=Path))
@click.option("--count", default=24, show_default=True, help="Edits to make.")
@click.option("--seed", default=0, show_default=True)
@click.option("--kinds", multiple=True, metavar="KIND[,KIND]", help="Only these kinds.")
@click.option("--pytest-args", default="", help="Options for every pytest run, as one string.")
@click.option("--impact-args", default="", help="Options for recording and selecting.")
@click.option("--tests", multiple=True, help="Files or folders to run instead of all.")
@click.option("--results", type=click.Path(path_type=Path), default=Path("edits.jsonl"))
@click.option("--include", multiple=True, help="Glob of the files to edit; * crosses folders.")
@click.option("--exclude", multiple=True, help="Glob of files to leave alone.")
@click.option("--timeout", type=float, help="Seconds for a run; else 3 plain runs and a minute.")
@click.option(
    "--impact-src",
    type=click.Path(exists=True, path_type=Path),
    help="Import impact_select from this folder, not from where it is installed.",
)
@click.option("--scratch", type=click.Path(path_type=Path), help="New folder; it is kept.")
@click.option("--replay", is_flag=True, help="Make again the edits of --results with misses.")
@click.option("--key", "keys", multiple=True, help="Make again these edits of --results.")
@click.option("--table", type=click.Path(path_type=Path), help="Write a Markdown table there.")
def main(
    project: Path,
    python: Path,
    count: int,
    seed: int,
    kinds: tuple[str, ...],
    pytest_args: str,
    impact_args: str,
    tests: tuple[str, ...],
    results: Path,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    timeout: float | None,
    impact_src: Path | None,
    scratch: Path | None,
    replay: bool,
    keys: tuple[str, ...],
    table: Path | None,
) -> None:
    """Edit a copy of a git checkout in many ways; compare full and impacted runs.

    Edits that --results already holds are not made again, unless asked for.
    The exit status is 1 when a test was missed.
    """
    options = shlex.split(pytest_args)
    if not STOPPING.isdisjoint(option.partition("=")[0] for option in options):
        raise click.UsageError("--pytest-args: every test has to run, so none may stop the rest")
    wanted_kinds = _kinds(kinds)
    # Ended from outside: take the copy away and end what runs in it.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    folder = scratch or Path(tempfile.mkdtemp(prefix="impact-edits-"))
    try:
        workspace = replace(
            make_workspace(project, folder, python, options, tests, timeout or 3600.0),
            impact_src=impact_src,
        )
        name = project.resolve().name
        base = learn_base(workspace, name, shlex.split(impact_args), timeout)
        known = [
            result
            for result in read_results(results)
            if (result["project"], result["python"]) == (name, base.python)
        ]
        if replay or keys:
            edits = [
                edit_from_json(result)
                for result in {result["key"]: result for result in known}.values()
                if (replay and result["missed"]) or result["key"] in keys
            ]
        else:
            done = {result["key"] for result in known if result["revision"] == base.revision}
            edited_project = workspace.project(include, (*DEFAULT_EXCLUDE, *exclude))
            edits = [
                edit
                for edit in sample(edited_project, wanted_kinds, count, seed)
                if edit.key not in done
            ]
        made = measure_all(workspace, base, edits, shlex.split(impact_args), results)
    finally:
        if scratch is None:
            shutil.rmtree(folder, ignore_errors=True)
    shown = made if replay or keys else _latest([*known, *made])
    rows = rows_of(shown)
    click.echo(text_table(rows))
    for note in notes_of(shown):
        click.echo(note)
    if table is not None:
        table.write_text(markdown_table(rows), encoding="utf-8")
    sys.exit(1 if any(result["missed"] for result in shown) else 0)


def learn_base(
    workspace: Workspace, name: str, impact_args: Sequence[str], timeout: float | None
) -> Base:
    """Run everything twice, record the map, and see what is selected without an edit."""
    with click.progressbar(length=4, label="base", file=sys.stderr) as bar:
        first = workspace.pytest(*PLAIN)
        _check(first, workspace)
        bar.update(1)
        workspace.clean()
        second = workspace.pytest(*PLAIN)
        bar.update(1)
        workspace.clean()
        recorded = workspace.pytest("--impact-record", *impact_args)
        if not workspace.map_bytes():
            raise click.ClickException(f"recording left no map:\n{recorded.tail}")
        workspace.keep_map()
        bar.update(1)
        workspace.clean()
        unedited = workspace.pytest("--impacted", "--impact-readonly", *impact_args)
        workspace.clean()
        bar.update(1)
    flaky = _differing(first, second)
    by_recording = sorted(set(_differing(first, recorded)) - set(flaky))
    click.echo(
        f"{name}: {len(first.outcomes)} tests, plain {first.duration_s:.1f} s and "
        f"{second.duration_s:.1f} s, recorded in {recorded.duration_s:.1f} s, "
        f"{len(flaky)} flaky, {len(by_recording)} with another outcome while recorded, "
        f"{len(unedited.outcomes)} selected without an edit",
        err=True,
    )
    for test in by_recording:
        click.echo(
            f"while recorded: {test}: {first.outcomes.get(test)} > {recorded.outcomes.get(test)}",
            err=True,
        )
    return Base(
        name,
        workspace.revision(),
        workspace.python_version(),
        first.outcomes,
        (*flaky, *by_recording),
        workspace.map_bytes(),
        timeout or 60 + 3 * max(first.duration_s, second.duration_s),
    )


def measure_all(
    workspace: Workspace,
    base: Base,
    edits: Sequence[Edit],
    impact_args: Sequence[str],
    results: Path,
) -> list[Result]:
    """Make each edit in turn and write its result."""
    made: list[Result] = []
    with click.progressbar(
        edits,
        label=f"edits of {base.project}",
        file=sys.stderr,
        show_pos=True,
        item_show_func=lambda edit: f"{edit.kind} {edit.path}" if edit else "",
    ) as bar:
        for edit in bar:
            result = measure(workspace, base, edit, impact_args)
            append_result(results, result)
            made.append(result)
    return made


def measure(
    workspace: Workspace, base: Base, edit: Edit, impact_args: Sequence[str]
) -> dict[str, Any]:
    """Make one edit, run everything and the selection, and judge."""
    limited = workspace.limited(base.timeout_s)
    with limited.applied(edit):
        full = limited.pytest(*PLAIN)
    with limited.applied(edit):
        answer, selecting = limited.select()
        impacted = limited.pytest("--impacted", "--impact-readonly", *impact_args)
        is_map_written = limited.map_bytes() != base.map_bytes
    judgement = judge(base.outcomes, base.flaky, full, impacted)
    is_timed_out = full.is_timed_out or impacted.is_timed_out
    missed = () if is_timed_out else judgement.missed
    order_dependent = find_order_dependent(limited, edit, missed[:ALONE_LIMIT])
    if is_map_written:
        limited.restore_map()
    answer = answer or {}
    selected = answer.get("selected", [])
    causes = Counter(cause["kind"] for test in selected for cause in test["causes"])
    return {
        "schema": 1,
        "project": base.project,
        "revision": base.revision,
        "python": base.python,
        "key": edit.key,
        **edit_to_json(edit),
        "is_timed_out": is_timed_out,
        "full_status": full.exit_status,
        "impacted_status": impacted.exit_status,
        "test_count": len(full.outcomes),
        "ran_count": len(impacted.outcomes),
        "must_count": len(judgement.must),
        "must": judgement.must[:LISTED],
        "missed": sorted(set(missed) - set(order_dependent)),
        "order_dependent": order_dependent,
        "gone_count": len(judgement.gone),
        "differing": judgement.differing[:LISTED],
        "flaky_count": len(base.flaky),
        "verdict": answer.get("verdict"),
        "selected_count": len(selected),
        "fallbacks": answer.get("fallbacks", []),
        "cause_counts": dict(causes.most_common()),
        "unread": answer.get("unread", [])[:LISTED],
        "select_status": selecting.status,
        "select_error": selecting.stderr[-2000:],
        "select_s": round(selecting.duration_s, 3),
        "full_s": round(full.duration_s, 3),
        "impacted_s": round(impacted.duration_s, 3),
        "is_map_written": is_map_written,
        "impacted_tail": impacted.tail[-1500:] if missed or impacted.is_broken else "",
        "full_tail": full.tail[-1500:] if missed or full.is_broken else "",
    }


def find_order_dependent(workspace: Workspace, edit: Edit, missed: Sequence[str]) -> list[str]:
    """Give the tests that do the same with and without the edit when each runs alone."""
    if not missed:
        return []
    alone = {test: workspace.pytest(*PLAIN, only=test).outcomes.get(test) for test in missed}
    found = []
    for test in missed:
        with workspace.applied(edit):
            outcome = workspace.pytest(*PLAIN, only=test).outcomes.get(test)
        if outcome is not None and outcome == alone[test]:
            found.append(test)
    return found


def _kinds(given: Sequence[str]) -> list[str]:
    names = [name for one in given for name in one.split(",")]
    unknown = sorted(set(names) - set(KINDS))
    if unknown:
        raise click.UsageError(f"--kinds: {', '.join(unknown)}; there are {', '.join(KINDS)}")
    return names or [kind for kind in KINDS if kind not in OPTIONAL_KINDS]


def _check(run: Run, workspace: Workspace) -> None:
    if run.outside:
        raise click.ClickException(
            f"modules are loaded from {workspace.origin}, not from its copy: "
            f"{', '.join(run.outside)}; install the project in editable mode or not at all"
        )
    if run.is_broken or not run.outcomes:
        raise click.ClickException(f"the plain run ended with {run.exit_status}:\n{run.tail}")


def _differing(one: Run, other: Run) -> list[str]:
    return sorted(
        test
        for test in {*one.outcomes, *other.outcomes}
        if one.outcomes.get(test) != other.outcomes.get(test)
    )


def _latest(results: Sequence[Result]) -> list[Result]:
    return list({result["key"]: result for result in results}.values())


if __name__ == "__main__":
    main()
