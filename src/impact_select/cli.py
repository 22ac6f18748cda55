"""The command line: parse, call a workflow, print its report, exit.

Standard output carries the answer only; everything else goes to standard error.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

import click

from impact_select import __version__

if TYPE_CHECKING:
    from impact_select.adapters.project import Project
    from impact_select.model.attribution import Order
    from impact_select.model.ids import RepoPath
    from impact_select.model.selection import Selection

_P = ParamSpec("_P")
_R = TypeVar("_R")
_FOUND: Final = 1
_ERROR: Final = 2

_base = click.option("--base", metavar="REV", help="Measure from the merge base of REV and HEAD.")
_staged = click.option("--staged", is_flag=True, help="Test what is staged, not what is on disk.")
_map = click.option("--map", "map_path", metavar="PATH", help="The map's file.")


def _reporting(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Turn what a user can put right into one line and an exit status."""

    @wraps(function)
    def command(*arguments: _P.args, **named: _P.kwargs) -> _R:
        from impact_select.errors import ImpactError

        try:
            return function(*arguments, **named)
        except ImpactError as error:
            click.echo(f"impact: {error}", err=True)
            sys.exit(_ERROR)

    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="impact")
def main() -> None:
    """Run only the pytest tests that a change can affect."""


@main.command()
@_base
@_staged
@_map
@click.option(
    "--format",
    "form",
    type=click.Choice(["ids", "args", "json"]),
    default="ids",
    show_default=True,
    help="One argument a line, one line for a shell, or JSON.",
)
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write there."
)
@_reporting
def select(
    base: str | None, staged: bool, map_path: str | None, form: str, output: Path | None
) -> None:
    """Print what pytest has to run.

    For example: pytest $(impact select), or impact select -o FILE and pytest @FILE.
    When nothing is affected the answer is an option that makes pytest run nothing.
    """
    from impact_select.report.node_ids import arguments, lines, shell_words
    from impact_select.report.selection_json import selection_to_json

    project, selection = _selection(base, staged, map_path)
    names = _file_ids(project, selection)
    as_words = form == "ids" and output is None
    words = arguments(selection, names, as_words=as_words, from_here=_from_here(project))
    if form == "json":
        text = selection_to_json(selection, words, names)
    else:
        text = shell_words(words) if form == "args" else lines(words)
    if output is None:
        click.echo(os.fsencode(text), nl=False)
    else:
        _write(output, text)
    _explain_verdict(selection)


@main.command(context_settings={"ignore_unknown_options": True})
@_base
@_staged
@_map
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def run(base: str | None, staged: bool, map_path: str | None, pytest_args: tuple[str, ...]) -> None:
    """Run the affected tests, and refresh the map with what ran.

    Arguments after -- go to pytest.
    """
    options = ["--impacted"]
    options += [f"--impact-base={base}"] if base else []
    options += ["--impact-staged"] if staged else []
    sys.exit(_pytest(options, map_path, pytest_args))


@main.command(context_settings={"ignore_unknown_options": True})
@_map
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def record(map_path: str | None, pytest_args: tuple[str, ...]) -> None:
    """Run all tests and record the map.

    Arguments after -- go to pytest.
    """
    sys.exit(_pytest(["--impact-record"], map_path, pytest_args))


@main.command()
@_map
@_reporting
def status(map_path: str | None) -> None:
    """Say what the map knows, and whether it fits."""
    from impact_select.adapters.project import open_project
    from impact_select.report.status import status_lines
    from impact_select.workflows.status import read_status

    for line in status_lines(read_status(open_project(Path.cwd(), map_path))):
        click.echo(line)


@main.command()
@_base
@_staged
@_map
@click.argument("subject", metavar="TEST|PATH|PATH::SYMBOL")
@_reporting
def explain(base: str | None, staged: bool, map_path: str | None, subject: str) -> None:
    """Say why a test is selected or left out, or which tests depend on a file or symbol."""
    from impact_select.adapters.project import open_project
    from impact_select.workflows.explain import explain_lines
    from impact_select.workflows.select import Comparison

    project = open_project(Path.cwd(), map_path)
    comparison = Comparison(base or project.settings.base, staged)
    for line in explain_lines(project, comparison, subject, Path.cwd()):
        click.echo(line)


@main.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--attribution",
    is_flag=True,
    help="Does what a test is credited with depend on the tests before it?",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Shuffled orders to record; the second one is the first one backwards.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), help="Of the first shuffled order; random by default."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or JSON.",
)
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
@_reporting
def verify(
    attribution: bool, rounds: int, seed: int | None, form: str, pytest_args: tuple[str, ...]
) -> None:
    """Check what recordings rest on, by running all tests several times; the map is left alone.

    The exit status is 0 when nothing is found, 1 when something is.
    Arguments after -- go to pytest.
    """
    import random

    from impact_select.adapters.project import open_project
    from impact_select.errors import UsageMistake
    from impact_select.report.attribution import attribution_lines, attribution_to_json
    from impact_select.workflows.verify import verify_attribution

    if not attribution:
        raise UsageMistake("impact verify needs to know what to check; name it: --attribution")
    if seed is None:
        seed = random.randrange(10_000)  # noqa: S311 - no secret

    found = verify_attribution(
        open_project(Path.cwd()),
        rounds,
        seed,
        lambda order, folder: _record_apart(order, folder, pytest_args),
    )
    if form == "json":
        click.echo(attribution_to_json(found), nl=False)
    else:
        for line in attribution_lines(found):
            click.echo(line)
    sys.exit(0 if found.clean else _FOUND)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), default="impact-demo")
@_reporting
def demo(folder: Path) -> None:
    """Make a small shop project in a new folder, and select for four changes to it."""
    from impact_select.demo.show import run_demo

    sys.exit(run_demo(folder, click.echo))


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    writer = get_completion_class(shell)
    assert writer is not None
    click.echo(writer(main, {}, "impact", "_IMPACT_COMPLETE").source())


@main.command("hook", hidden=True, context_settings={"ignore_unknown_options": True})
@click.option("--push", is_flag=True)
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
@_reporting
def hook(push: bool, pytest_args: tuple[str, ...]) -> None:
    """Be a pre-commit hook: run what the staged content affects, or before a push the tree."""
    from impact_select.adapters.project import open_project

    project = open_project(Path.cwd())
    if not project.map_path.exists():
        choice = project.settings.without_map
        verdict = (
            "no test ran, because there is no map yet; make one with impact record"
            if choice == "warn"
            else "all tests run and are recorded, because there is no map yet"
        )
        click.echo(f"impact: {verdict} (tool.impact.without-map is '{choice}') [no-map]", err=True)
        if choice == "warn":
            return
    options = ["--impacted", *([] if push else ["--impact-staged"])]
    options += ["-p", "impact_select.adapters.git_hook", "-q"]
    sys.exit(_pytest(options, None, pytest_args))


def _selection(base: str | None, staged: bool, map_path: str | None) -> "tuple[Project, Selection]":
    from impact_select.adapters.project import open_project
    from impact_select.workflows.select import Comparison, select_tests

    project = open_project(Path.cwd(), map_path)
    comparison = Comparison(base or project.settings.base, staged)
    return project, select_tests(project, comparison)[0]


def _file_ids(project: "Project", selection: "Selection") -> "dict[RepoPath, str]":
    """Name files as pytest does: relative to its root."""
    files = getattr(selection, "new_files", ())
    root = project.root.resolve()
    return {path: os.path.relpath(project.history.top / path, root) for path in files}


def _from_here(project: "Project") -> Callable[[str], str]:
    """Return what makes a path relative to the current folder, as pytest's arguments are."""
    root = project.root.resolve()
    return lambda path: os.path.relpath(root / path)


def _explain_verdict(selection: "Selection") -> None:
    from impact_select.model.selection import RetestAll
    from impact_select.report.text import duration, fallback_lines

    if isinstance(selection, RetestAll):
        for line in fallback_lines(selection):
            click.echo(f"impact: {line}", err=True)
        return
    count = len(selection.affected) + len(selection.new_tests) + len(selection.new_files)
    saved = duration(selection.saved_s)
    click.echo(
        f"impact: {count} selected, {len(selection.unaffected)} left out, saves about {saved}",
        err=True,
    )


def _write(path: Path, text: str) -> None:
    from impact_select.errors import UsageMistake

    try:
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise UsageMistake(
            f"{path} was not written ({error.strerror}); name another file with -o"
        ) from error


def _record_apart(order: "Order", folder: Path, arguments: tuple[str, ...]) -> int:
    """Record all tests in an order; pytest's output is progress, its cache stays out of sight."""
    from impact_select.adapters.shuffled_order import order_options

    click.echo(f"impact: recording in {order}", err=True)
    options = [
        *arguments,
        *order_options(order, folder / "begun"),
        "--impact-record",
        "-o",
        f"cache_dir={folder}/cache",
    ]
    # Sets of strings have to be in the same order in each process.
    variables = {"PYTHONHASHSEED": "0", **os.environ}
    return _pytest(options, str(folder / "map.sqlite"), (), sys.stderr.fileno(), variables)


def _pytest(
    options: list[str],
    map_path: str | None,
    arguments: tuple[str, ...],
    output: int | None = None,
    variables: dict[str, str] | None = None,
) -> int:
    """Run the user's own pytest; return its exit status, after a signal as a shell does."""
    extra = [f"--impact-map={map_path}"] if map_path else []
    command = [sys.executable, "-m", "pytest", *options, *extra, *arguments]
    process = subprocess.Popen(command, stdout=output, env=variables)
    while True:
        try:
            status = process.wait()
        except KeyboardInterrupt:
            continue  # pytest has got it too, and is saving what finished
        return status if status >= 0 else 128 - status
