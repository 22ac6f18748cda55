"""Wall time of recording against the plain run and coverage.py's contexts."""

import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from benchmarks.judge import Run
from benchmarks.tools import IMPACT, PLAIN
from benchmarks.workspace import Workspace, make_workspace

Mode = Callable[[Workspace], Run]


@click.command()
@click.option("--project", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--python", default=sys.executable, type=click.Path(exists=True, path_type=Path))
@click.option("--rounds", default=5, show_default=True, help="Runs of each mode; the best counts.")
@click.option("--pytest-args", default="", help="Options for every pytest run, as one string.")
@click.option("--impact-args", default="", help="Options for recording.")
@click.option("--tests", multiple=True, help="Files or folders to run instead of all.")
@click.option("--without", multiple=True, help="Modes to leave out.")
def main(
    project: Path,
    python: Path,
    rounds: int,
    pytest_args: str,
    impact_args: str,
    tests: tuple[str, ...],
    without: tuple[str, ...],
) -> None:
    """Run each mode in turn, several times, and print the best times and their ratios."""
    folder = Path(tempfile.mkdtemp(prefix="impact-overhead-"))
    try:
        workspace = make_workspace(project, folder, python, shlex.split(pytest_args), tests)
        modes = {
            name: mode
            for name, mode in _modes(shlex.split(impact_args)).items()
            if name not in without
        }
        best, counts = measure(workspace, modes, rounds)
        version = workspace.python_version()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    click.echo(f"{project.resolve().name}, Python {version}, best of {rounds}")
    click.echo(f"{'mode':24}  {'tests':>6}  {'seconds':>8}  {'ratio':>6}")
    for name, seconds in best.items():
        ratio = seconds / best["plain"] if "plain" in best else 1.0
        click.echo(f"{name:24}  {counts[name]:6}  {seconds:8.2f}  {ratio:6.2f}")


def measure(
    workspace: Workspace, modes: dict[str, Mode], rounds: int
) -> tuple[dict[str, float], dict[str, int]]:
    """Run all modes once per round, after a round that is not counted.

    Returns:
        Best wall time in seconds and number of tests run, by mode.
    """
    best: dict[str, float] = {}
    counts: dict[str, int] = {}
    steps = [(name, index) for index in range(rounds + 1) for name in modes]
    with click.progressbar(steps, label="runs", file=sys.stderr, show_pos=True) as bar:
        for name, index in bar:
            run = modes[name](workspace)
            workspace.clean()
            if run.is_broken or not run.outcomes:
                raise click.ClickException(f"{name} ended with {run.exit_status}:\n{run.tail}")
            counts[name] = len(run.outcomes)
            if index:
                best[name] = min(best.get(name, run.duration_s), run.duration_s)
    return best, counts


def _modes(impact_args: list[str]) -> dict[str, Mode]:
    def plain(workspace: Workspace) -> Run:
        return workspace.pytest(*PLAIN)

    def idle(workspace: Workspace) -> Run:
        return workspace.pytest()

    def record_first(workspace: Workspace) -> Run:
        workspace.remove_state(IMPACT)
        return workspace.pytest("--impact-record", *impact_args)

    def record_again(workspace: Workspace) -> Run:
        return workspace.pytest("--impact-record", *impact_args)

    def coverage_contexts(workspace: Workspace) -> Run:
        return workspace.pytest(*PLAIN, "--cov=.", "--cov-context=test", "--cov-report=")

    return {
        "plain": plain,
        "installed, not enabled": idle,
        "record, first": record_first,
        "record, again": record_again,
        "coverage contexts": coverage_contexts,
    }


if __name__ == "__main__":
    main()
