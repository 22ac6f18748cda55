"""Command-line options that several commands take, and what they mean."""

import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from benchmarks.tools import PEERS, Tool, peer

STOPPING = frozenset({"-x", "--exitfirst", "--maxfail", "--stepwise", "--sw"})

Command = Callable[..., None]


def recording_options(command: Command) -> Command:
    """Add the options of what records a project once."""
    for option in reversed(_RECORDING):
        command = option(command)
    return command


def shared_options(command: Command) -> Command:
    """Add the options of a comparison of full and selected runs."""
    for option in reversed(_COMPARISON):
        command = option(command)
    return recording_options(command)


def pytest_options(text: str) -> list[str]:
    """Split --pytest-args.

    Raises:
        click.UsageError: One of them would end a run before its last test.
    """
    options = shlex.split(text)
    if not STOPPING.isdisjoint(option.partition("=")[0] for option in options):
        raise click.UsageError("--pytest-args: every test has to run, so none may stop the rest")
    return options


def peers_of(given: Sequence[str]) -> list[Tool]:
    """Read the values of --peer, each NAME=FOLDER.

    Raises:
        click.UsageError: An unknown name, one given twice, or no such folder.
    """
    tools: dict[str, Tool] = {}
    for one in given:
        name, _, folder = one.partition("=")
        if name not in PEERS or name in tools:
            raise click.UsageError(f"--peer {one}: once each of {', '.join(PEERS)}")
        if not folder or not Path(folder).is_dir():
            raise click.UsageError(f"--peer {one}: no such folder")
        tools[name] = peer(name, Path(folder).absolute())
    return list(tools.values())


_RECORDING = (
    click.option("--project", required=True, type=click.Path(exists=True, path_type=Path)),
    click.option("--python", default=sys.executable, type=click.Path(exists=True, path_type=Path)),
    click.option("--pytest-args", default="", help="Options for every pytest run, as one string."),
    click.option("--impact-args", default="", help="Options for recording and selecting."),
    click.option("--tests", multiple=True, help="Files or folders to run instead of all."),
    click.option(
        "--impact-src",
        type=click.Path(exists=True, path_type=Path),
        help="Import impact_select from this folder, not from where it is installed.",
    ),
    click.option(
        "--scratch", type=click.Path(path_type=Path), help="Work in this folder, and keep it."
    ),
    click.option("--table", type=click.Path(path_type=Path), help="Write Markdown tables there."),
)
_COMPARISON = (
    click.option(
        "--timeout", type=float, help="Seconds for a run; else 3 plain runs and a minute."
    ),
    click.option(
        "--peer",
        "peers",
        multiple=True,
        metavar="NAME=FOLDER",
        help=f"Compare with {' or '.join(PEERS)}, installed in FOLDER with pip --target.",
    ),
)
