"""Wall time of `impact select` after small edits of a recorded project."""

import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

import click

from benchmarks.mutants import DEFAULT_EXCLUDE
from benchmarks.mutate import KINDS, sample
from benchmarks.workspace import make_workspace


@click.command()
@click.option("--project", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--python", default=sys.executable, type=click.Path(exists=True, path_type=Path))
@click.option("--edits", "edit_count", default=3, show_default=True, help="Edits of each kind.")
@click.option("--rounds", default=5, show_default=True, help="Selections after each edit.")
@click.option("--kinds", default="body,constant", show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--pytest-args", default="", help="Options for recording, as one string.")
@click.option("--include", multiple=True, help="Glob of the files to edit; * crosses folders.")
def main(
    project: Path,
    python: Path,
    edit_count: int,
    rounds: int,
    kinds: str,
    seed: int,
    pytest_args: str,
    include: tuple[str, ...],
) -> None:
    """Record once, then edit and select; print the whole process's wall time."""
    if not set(kinds.split(",")) <= set(KINDS):
        raise click.UsageError(f"--kinds: choose from {', '.join(KINDS)}")
    folder = Path(tempfile.mkdtemp(prefix="impact-select-time-"))
    try:
        workspace = make_workspace(project, folder, python, shlex.split(pytest_args))
        click.echo("recording", err=True)
        recorded = workspace.pytest("--impact-record")
        workspace.clean()
        if not workspace.map_bytes():
            raise click.ClickException(f"recording left no map:\n{recorded.tail}")
        size = sum(len(data) for data in workspace.map_bytes().values())
        click.echo(
            f"{project.resolve().name}, Python {workspace.python_version()}, "
            f"{len(recorded.outcomes)} tests, map of {size / 1e6:.2f} MB"
        )
        bare = [workspace.run([str(python), "-c", "pass"]).duration_s for _ in range(rounds)]
        click.echo(f"{'edit':16}  {'verdict':8}  {'tests':>6}  {'best s':>7}  {'median s':>8}")
        click.echo(f"{'bare python':16}  {'':8}  {'':6}  {min(bare):7.2f}  {median(bare):8.2f}")
        files = workspace.project(include, DEFAULT_EXCLUDE)
        for kind in kinds.split(","):
            for edit in sample(files, [kind], edit_count, seed):
                with workspace.applied(edit):
                    selections = [workspace.select() for _ in range(rounds)]
                answer = selections[-1][0] or {}
                times = [ended.duration_s for _, ended in selections]
                click.echo(
                    f"{kind:16}  {answer.get('verdict', 'failed'):8}  "
                    f"{len(answer.get('selected', [])):6}  "
                    f"{min(times):7.2f}  {median(times):8.2f}  "
                    f"{edit.path}: {edit.description}"
                )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
