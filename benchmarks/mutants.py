"""Compare what impact and other selectors run with what edits of a real project break."""

import shlex
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from benchmarks.arguments import peers_of, pytest_options, shared_options
from benchmarks.base import Base, learn_base
from benchmarks.comparison import COMPARISON, comparison_of
from benchmarks.edit import Edit, edit_from_json, edit_to_json
from benchmarks.mutate import KINDS, OPTIONAL_KINDS, sample
from benchmarks.results import EDITS, Result, append_result, notes_of, read_results, rows_of
from benchmarks.tools import PLAIN, Tool, impact
from benchmarks.trial import Alone, try_run
from benchmarks.workspace import Workspace, make_workspace

DEFAULT_EXCLUDE = ("docs/*", "examples/*", "extras/*", "benchmarks/*", "setup.py", "noxfile.py")
LISTED = 50
"""Ids written out in a result beside their count. Chosen; nothing depends on it."""


@click.command()
@shared_options
@click.option("--count", default=24, show_default=True, help="Edits to make.")
@click.option("--seed", default=0, show_default=True)
@click.option("--kinds", multiple=True, metavar="KIND[,KIND]", help="Only these kinds.")
@click.option("--results", type=click.Path(path_type=Path), default=Path("mutants.jsonl"))
@click.option("--include", multiple=True, help="Glob of the files to edit; * crosses folders.")
@click.option("--exclude", multiple=True, help="Glob of files to leave alone.")
@click.option("--replay", is_flag=True, help="Make again the edits of --results with misses.")
@click.option("--key", "keys", multiple=True, help="Make again these edits of --results.")
def main(
    project: Path,
    python: Path,
    pytest_args: str,
    impact_args: str,
    tests: tuple[str, ...],
    timeout: float | None,
    impact_src: Path | None,
    peers: tuple[str, ...],
    scratch: Path | None,
    table: Path | None,
    count: int,
    seed: int,
    kinds: tuple[str, ...],
    results: Path,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    replay: bool,
    keys: tuple[str, ...],
) -> None:
    """Edit a copy of a git checkout in many ways; compare full and selected runs.

    Edits that --results already holds are not made again, unless asked for.
    The exit status is 1 when impact missed a test.
    """
    options = pytest_options(pytest_args)
    wanted_kinds = _kinds(kinds)
    tools = [impact(shlex.split(impact_args), impact_src), *peers_of(peers)]
    # Ended from outside: take the copy away and end what runs in it.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    folder = scratch or Path(tempfile.mkdtemp(prefix="impact-mutants-"))
    try:
        workspace = make_workspace(project, folder, python, options, tests, timeout or 3600.0)
        name, version = project.resolve().name, workspace.python_version()
        known = [
            result
            for result in read_results(results)
            if (result["project"], result["python"]) == (name, version)
        ]
        if replay or keys:
            edits = [
                edit_from_json(result)
                for result in _latest(known)
                if (replay and result["missed"]) or result["key"] in keys
            ]
        else:
            files = workspace.project(include, (*DEFAULT_EXCLUDE, *exclude))
            done = _done(known, workspace.revision(), tools)
            edits = [
                edit for edit in sample(files, wanted_kinds, count, seed) if edit.key not in done
            ]
        made: list[Result] = []
        if edits:
            base = learn_base(workspace, name, tools, timeout)
            tell_unedited(workspace.limited(base.timeout_s), tools)
            made = measure_all(workspace, base, edits, tools, results)
    finally:
        if scratch is None:
            shutil.rmtree(folder, ignore_errors=True)
    shown = made if replay or keys else _latest([*known, *made])
    tables = [(EDITS, rows_of(shown)), (COMPARISON, comparison_of(shown))]
    for columns, rows in tables:
        click.echo(columns.text(rows) + "\n")
    for note in notes_of(shown):
        click.echo(note)
    if table is not None:
        text = "\n".join(columns.markdown(rows) for columns, rows in tables)
        table.write_text(text, encoding="utf-8")
    sys.exit(1 if any(result["missed"] for result in shown) else 0)


def tell_unedited(workspace: Workspace, tools: Sequence[Tool]) -> None:
    """Print how many tests each tool runs when nothing was edited."""
    for tool in tools:
        with workspace.state_of(tool):
            run = workspace.of(tool).pytest(*tool.select)
            workspace.clean()
        click.echo(f"{tool.name}: {len(run.outcomes)} tests run without an edit", err=True)


def measure_all(
    workspace: Workspace, base: Base, edits: Sequence[Edit], tools: Sequence[Tool], results: Path
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
            result = measure(workspace, base, edit, tools)
            append_result(results, result)
            made.append(result)
    return made


def measure(workspace: Workspace, base: Base, edit: Edit, tools: Sequence[Tool]) -> dict[str, Any]:
    """Make one edit, run everything and each selection, and judge.

    Args:
        workspace: Holds no tool's state but those set aside.
        base: The project without the edit.
        edit: What to change.
        tools: The first is impact.
    """
    limited = workspace.limited(base.timeout_s)
    alone = Alone(limited, nullcontext, lambda: limited.applied(edit))
    ours, *peers = tools
    with limited.applied(edit):
        full = limited.pytest(*PLAIN)
    with limited.state_of(ours), limited.applied(edit):
        recorded = limited.map_bytes()
        answer, selecting = limited.of(ours).select()
        impacted = limited.of(ours).pytest(*ours.select)
        is_map_written = limited.map_bytes() != recorded
    trial = try_run(base.outcomes, base.unstable(ours), full, impacted, alone)
    peer_facts = {}
    for tool in peers:
        with limited.state_of(tool), limited.applied(edit):
            selected = limited.of(tool).pytest(*tool.select)
        judged = try_run(base.outcomes, base.unstable(tool), full, selected, alone)
        peer_facts[tool.name] = judged.facts()
    answer = answer or {}
    tests = answer.get("selected", [])
    causes = Counter(cause["kind"] for test in tests for cause in test["causes"])
    is_telling = bool(trial.missed or trial.order_dependent)
    return {
        "schema": 2,
        "project": base.project,
        "revision": base.revision,
        "python": base.python,
        "key": edit.key,
        **edit_to_json(edit),
        "is_timed_out": trial.is_timed_out,
        "full_status": full.exit_status,
        "impacted_status": impacted.exit_status,
        "test_count": len(full.outcomes),
        "ran_count": len(impacted.outcomes),
        "must_count": len(trial.judgement.must),
        "must": trial.judgement.must[:LISTED],
        "missed": trial.missed,
        "order_dependent": trial.order_dependent,
        "gone_count": len(trial.judgement.gone),
        "differing": trial.judgement.differing[:LISTED],
        "flaky_count": len(base.unstable(ours)),
        "verdict": answer.get("verdict"),
        "selected_count": len(tests),
        "fallbacks": answer.get("fallbacks", []),
        "cause_counts": dict(causes.most_common()),
        "unread": answer.get("unread", [])[:LISTED],
        "select_status": selecting.status,
        "select_error": selecting.stderr[-2000:],
        "select_s": round(selecting.duration_s, 3),
        "full_s": round(full.duration_s, 3),
        "impacted_s": round(impacted.duration_s, 3),
        "is_map_written": is_map_written,
        "impacted_tail": impacted.tail[-1500:] if is_telling or impacted.is_broken else "",
        "full_tail": full.tail[-1500:] if is_telling or full.is_broken else "",
        "peers": peer_facts,
        "base": base.facts(),
    }


def _kinds(given: Sequence[str]) -> list[str]:
    names = [name for one in given for name in one.split(",")]
    unknown = sorted(set(names) - set(KINDS))
    if unknown:
        raise click.UsageError(f"--kinds: {', '.join(unknown)}; there are {', '.join(KINDS)}")
    return names or [kind for kind in KINDS if kind not in OPTIONAL_KINDS]


def _done(known: Sequence[Result], revision: str, tools: Sequence[Tool]) -> set[str]:
    names = {tool.name for tool in tools}
    return {
        result["key"]
        for result in known
        if result["revision"] == revision and names <= {"impact", *result.get("peers", {})}
    }


def _latest(results: Sequence[Result]) -> list[Result]:
    return list({result["key"]: result for result in results}.values())


if __name__ == "__main__":
    main()
