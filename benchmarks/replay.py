"""Walk a project's history with each tool in turn, and judge every step by a full run."""

import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.arguments import peers_of, pytest_options, shared_options
from benchmarks.base import Base, differing, learn_base
from benchmarks.checkpoint import Known, Standing, saved_standing, take_up
from benchmarks.judge import judge
from benchmarks.results import Result, append_result
from benchmarks.steps import WALK, notes_of, walk_rows
from benchmarks.tools import PLAIN, Tool, impact
from benchmarks.trial import Alone, try_run
from benchmarks.workspace import Workspace, make_workspace


@click.command()
@shared_options
@click.option("--commits", default=10, show_default=True, help="Steps, each to the next commit.")
@click.option("--until", default="HEAD", show_default=True, metavar="REV", help="Last commit.")
@click.option("--results", type=click.Path(path_type=Path), default=Path("replay.jsonl"))
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
    commits: int,
    until: str,
    results: Path,
) -> None:
    """Record at an old commit of a project, then follow its first parents step by step.

    With the --scratch of a walk that was interrupted, that one goes on.
    The exit status is 1 when impact missed a test.
    """
    options = pytest_options(pytest_args)
    tools = (impact(shlex.split(impact_args), impact_src), *peers_of(peers))
    walk = first_parents(project, until, commits)
    # Ended from outside: take the copy away and end what runs in it.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    folder = scratch or Path(tempfile.mkdtemp(prefix="impact-replay-"))
    try:
        saved = saved_standing(folder)
        workspace = make_workspace(
            project, folder, python, options, tests, timeout or 3600.0, is_copied=bool(saved)
        )
        if saved is None:
            standing = start(workspace, project.resolve().name, walk[0], tools, timeout)
        elif saved.is_of(workspace, tools, walk):
            standing = saved
            take_up(saved)
        else:
            raise click.UsageError(
                f"--scratch {folder}: holds another walk, or one with other options"
            )
        steps = follow(standing, walk[1:], results)
    finally:
        if scratch is None:
            shutil.rmtree(folder, ignore_errors=True)
    rows = walk_rows(steps)
    click.echo(WALK.text(rows) + "\n")
    for note in notes_of(steps):
        click.echo(note)
    if table is not None:
        table.write_text(WALK.markdown(rows), encoding="utf-8")
    sys.exit(1 if any(step["tools"]["impact"]["missed"] for step in steps if step["tools"]) else 0)


def first_parents(project: Path, until: str, count: int) -> list[str]:
    """Give a commit and the `count` before it along first parents, oldest first.

    Raises:
        click.UsageError: There is no such commit, or there are not as many.
    """
    found = subprocess.run(
        ["git", "rev-list", "--first-parent", f"-n{count + 1}", until, "--"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        raise click.UsageError(f"--until {until}: {found.stderr.strip()}")
    walk = found.stdout.split()[::-1]
    if len(walk) <= count:
        raise click.UsageError(f"--commits {count}: there are {len(walk)} up to {until}")
    return walk


def start(
    workspace: Workspace, name: str, revision: str, tools: tuple[Tool, ...], timeout: float | None
) -> Standing:
    """Run everything at the first commit and record with each tool."""
    workspace.move_to(revision)
    base = learn_base(workspace, name, tools, timeout)
    known = Known(base.revision, base.outcomes, frozenset(base.flaky))
    standing = Standing(workspace.limited(base.timeout_s), tools, base, known)
    standing.save()
    return standing


def follow(standing: Standing, walk: Sequence[str], results: Path) -> list[Result]:
    """Go to each commit in turn and write what happened there.

    Args:
        standing: Where to go on from; the copy is there.
        walk: All commits after the first, oldest first.
        results: A line is added for each commit that was not done yet.

    Returns:
        The steps to all commits of the walk.
    """
    base = standing.base
    with click.progressbar(
        walk,
        label=f"commits of {base.project}",
        file=sys.stderr,
        show_pos=True,
        item_show_func=lambda revision: revision[:10] if revision else "",
    ) as bar:
        for index, revision in enumerate(bar):
            if index < len(standing.steps):
                continue
            known, step = take_step(
                standing.workspace, base, standing.known, revision, standing.tools
            )
            result = {
                "schema": 1,
                "project": base.project,
                "python": base.python,
                "base": {"commit": base.revision, **base.facts()},
                **step,
            }
            standing = standing.after(known, result)
            standing.save()
            append_result(results, result)
    return list(standing.steps)


def take_step(
    workspace: Workspace, base: Base, known: Known, revision: str, tools: Sequence[Tool]
) -> tuple[Known, dict[str, Any]]:
    """Go to a commit, run everything and each tool there, and judge.

    A commit whose plain run breaks is left to itself: no tool is run, and the next commit
    is compared with the one before.
    """
    workspace.move_to(revision)
    full = workspace.pytest(*PLAIN)
    workspace.clean()
    step: dict[str, Any] = {
        "commit": revision,
        "compared_with": known.revision,
        "subject": workspace.git("show", "--no-patch", "--format=%s", revision).strip(),
        "changed_count": len(workspace.changed_paths(known.revision, revision)),
        "is_broken": full.is_broken or full.is_timed_out or not full.outcomes,
        "test_count": len(full.outcomes),
        "full_s": round(full.duration_s, 3),
        "full_status": full.exit_status,
    }
    if step["is_broken"]:
        return known, {**step, "must_count": 0, "tools": {}, "full_tail": full.tail[-1500:]}
    alone = Alone(workspace, lambda: workspace.at(known.revision), lambda: workspace.at(revision))
    runs = {}
    for tool in tools:
        with workspace.state_of(tool, is_kept=True):
            runs[tool.name] = workspace.of(tool).pytest(*tool.follow)
        workspace.clean()
    unstable = {tool.name: known.flaky | base.unstable(tool) for tool in tools}
    flaky = known.flaky
    if any(judge(known.outcomes, unstable[name], full, run).missed for name, run in runs.items()):
        # Rather than blame a tool, see whether the outcome is sure.
        flaky |= set(differing(full, workspace.pytest(*PLAIN)))
        workspace.clean()
    trials = {
        name: try_run(known.outcomes, unstable[name] | flaky, full, run, alone)
        for name, run in runs.items()
    }
    step |= {
        "must_count": len(trials["impact"].judgement.must),
        "tools": {name: trial.facts() for name, trial in trials.items()},
    }
    return Known(revision, full.outcomes, flaky), step


if __name__ == "__main__":
    main()
