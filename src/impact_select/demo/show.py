"""The demo: what is selected, why, and how long it takes, for a few edits of the sample project."""

import json
import os
import re
import site
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Final

import impact_select
from impact_select.demo.project import (
    EDITS,
    STEPS,
    Edit,
    commit,
    create_shop,
    project_environment,
)
from impact_select.errors import ImpactError

WIDTH: Final = 80
"""Columns of a terminal that nobody has widened."""

SHOWN_TESTS: Final = 4
"""Tests listed for each edit, on two lines each; chosen so that an edit fits a screen."""

_NEEDED: Final = {"flask": "flask", "sqlalchemy": "sqlalchemy", "factory": "factory-boy"}
"""What the shop imports, and what that is called when it is installed."""


@dataclass(eq=False)
class DemoPackagesMissing(ImpactError):
    """The sample project needs packages that impact itself does not."""

    slug: ClassVar[str] = "demo-packages"
    names: tuple[str, ...]

    def message(self) -> str:
        """Name the extra that brings them."""
        return (
            f"the demo needs {', '.join(self.names)}; install with: "
            "pip install 'impact-select[demo]'"
        )


@dataclass(frozen=True, slots=True)
class SelectedTest:
    """One test that an edit selects, and the first of its causes as a line of text."""

    id: str
    cause: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What `impact select --format json` said.

    Attributes:
        tests: In the order of the answer; not given where all run.
        reasons: Why all tests run; empty where a subset or nothing does.
    """

    tests: tuple[SelectedTest, ...]
    reasons: tuple[str, ...]

    def count(self, total: int) -> int:
        """Give how many of so many tests run."""
        return total if self.reasons else len(self.tests)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the closing table: an edit, and the run after it."""

    name: str
    count: int
    duration_s: float


def run_demo(folder: Path, echo: Callable[[str], None]) -> int:
    """Make the shop, record it, and go through the edits; takes half a minute.

    Args:
        folder: New or empty; the shop stays there afterwards.
        echo: Gets one line of text at a time, at most 80 columns wide where no path is longer.

    Returns:
        0, or 1 when a run of pytest or impact failed; what it printed has been echoed then.

    Raises:
        DemoPackagesMissing: The shop cannot run here; nothing was made.
        DemoFolderNotEmpty: Nothing was touched.
    """
    missing = tuple(name for module, name in _NEEDED.items() if find_spec(module) is None)
    if missing:
        raise DemoPackagesMissing(missing)
    create_shop(folder)
    try:
        _show(folder, echo)
    except _RunFailed as failed:
        echo("")
        echo(f"failed with exit status {failed.status}: {failed.command}")
        for line in failed.output.splitlines():
            echo(f"  {line}")
        return 1
    return 0


def read_answer(text: str) -> Answer:
    """Take what the demo shows from the JSON of `impact select`."""
    answer = json.loads(text)
    tests = tuple(SelectedTest(test["id"], _cause(test["causes"])) for test in answer["selected"])
    if answer["verdict"] != "all":
        return Answer(tests, ())
    reasons = tuple(f"{entry['detail']} [{entry['slug']}]" for entry in answer["fallbacks"])
    return Answer(tests, reasons or ("no reason given",))


def answer_lines(answer: Answer, total: int) -> list[str]:
    """Say what is selected and why, shortened."""
    if answer.reasons:
        return [_fit(f"  all {total} tests run: {reason}") for reason in answer.reasons]
    if not answer.tests:
        return [f"  selects none of {total} tests"]
    lines = [f"  selects {len(answer.tests)} of {total} tests"]
    for test in answer.tests[:SHOWN_TESTS]:
        lines += [_fit(f"    {test.id}"), _fit(f"      because {test.cause}")]
    if len(answer.tests) > SHOWN_TESTS:
        lines.append(f"    ... and {len(answer.tests) - SHOWN_TESTS} more")
    return lines


def diff_lines(edit: Edit) -> list[str]:
    """Show an edit as a diff shows it, without the lines around."""
    return [
        _fit(f"    {sign} {line.strip()}")
        for sign, text in (("-", edit.old), ("+", edit.new))
        for line in text.splitlines()
    ]


def table_lines(rows: list[Row], total: int, full_s: float) -> list[str]:
    """Compare the runs after the edits with running everything each time."""
    lines = [f"  {'change':<12}{'tests':>10}{'time':>12}{'all tests':>14}"]
    for row in rows:
        tests = f"{row.count} of {total}"
        lines.append(
            f"  {row.name:<12}{tests:>10}{_seconds(row.duration_s):>12}{_seconds(full_s):>14}"
        )
    spent = sum(row.duration_s for row in rows)
    all_s = full_s * len(rows)
    lines.append(f"  {'together':<12}{'':>10}{_seconds(spent):>12}{_seconds(all_s):>14}")
    return lines


class _RunFailed(Exception):
    """A command in the shop's folder ended badly; never leaves this module."""

    def __init__(self, command: str, status: int, output: str) -> None:
        super().__init__(command)
        self.command = command
        self.status = status
        self.output = output


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where the demo plays, and what each edit is compared with."""

    folder: Path
    echo: Callable[[str], None]
    total: int
    full_s: float


def _show(folder: Path, echo: Callable[[str], None]) -> None:
    echo(f"A small web shop in Flask and SQLAlchemy, in {folder}")
    total = _count_tests(folder)
    echo(f"  {total} tests, through its pages and its database")
    full_s = _pytest(folder, "-q", "-p", "no:impact")
    echo(f"  {'pytest':<28}{_seconds(full_s):>8}   all tests, nothing recorded")
    recorded_s = _pytest(folder, *_plugin(), "-q", "--impact-record")
    echo(f"  {'pytest --impact-record':<28}{_seconds(recorded_s):>8}   all tests, recorded")
    stage = _Stage(folder, echo, total, full_s)
    rows = [_show_edit(stage, number, edit) for number, edit in enumerate(EDITS, start=1)]
    echo("")
    for line in table_lines(rows, total, full_s):
        echo(line)
    echo("")
    echo("Now change something yourself, and run pytest --impacted in")
    echo(f"  {folder}")


def _show_edit(stage: _Stage, number: int, edit: Edit) -> Row:
    edit.apply(stage.folder)
    stage.echo("")
    stage.echo(f"{number}. A {edit.name}: {edit.story}")
    stage.echo(f"  {edit.path}")
    for line in diff_lines(edit):
        stage.echo(line)
    answer = read_answer(_python(stage.folder, "-m", "impact_select", "select", "--format", "json"))
    for line in answer_lines(answer, stage.total):
        stage.echo(line)
    duration_s = _pytest(stage.folder, *_plugin(), "-q", "--impacted")
    stage.echo(f"  pytest --impacted: {_seconds(duration_s)} of {_seconds(stage.full_s)}")
    # Committed, so that the next edit stands alone.
    commit(stage.folder, edit.story, day=len(STEPS) + number - 1)
    return Row(edit.name, answer.count(stage.total), duration_s)


def _count_tests(folder: Path) -> int:
    # Python compiles the shop on the way, so that the plain run is not charged with that.
    listing = _python(folder, "-m", "pytest", "-q", "-p", "no:impact", "--collect-only")
    found = re.search(r"(\d+) tests? collected", listing)
    if found is None:
        raise _RunFailed("pytest --collect-only", 0, listing)
    return int(found[1])


def _pytest(folder: Path, *arguments: str) -> float:
    """Run pytest; give its wall time, the start of the interpreter included."""
    start = time.perf_counter()
    _python(folder, "-m", "pytest", *arguments)
    return time.perf_counter() - start


def _python(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        command = " ".join(["python", *arguments])
        raise _RunFailed(command, done.returncode, done.stdout + done.stderr)
    return done.stdout


def _plugin() -> tuple[str, ...]:
    """Give the options that load the plugin where it is not installed, only importable."""
    if entry_points(group="pytest11", name="impact"):
        return ()
    return ("-p", "impact_select.pytest_plugin")


def _environment() -> dict[str, str]:
    """Let a Python in another folder find what this one has found."""
    environment = project_environment() | {"PYTHONIOENCODING": "utf-8"}
    folders = [
        str(Path(entry).resolve())
        for entry in environment.get("PYTHONPATH", "").split(os.pathsep)
        if entry
    ]
    home = Path(impact_select.__file__).resolve().parents[1]
    # What is installed is found anyway, and on PYTHONPATH it would come before Python's own.
    installed = {Path(entry).resolve() for entry in _site_folders()}
    if home not in installed and str(home) not in folders:
        folders.insert(0, str(home))
    return environment | {"PYTHONPATH": os.pathsep.join(folders)}


def _site_folders() -> list[str]:
    return [*site.getsitepackages(), site.getusersitepackages()]


def _cause(causes: list[dict[str, Any]]) -> str:
    if not causes:
        return "no cause given"
    change, chain = causes[0]["change"], causes[0]["chain"]
    return " > ".join([change, *(link for link in chain if link != change)])


def _seconds(duration_s: float) -> str:
    return f"{duration_s:.1f} s"


def _fit(line: str) -> str:
    """Take out of the middle what is too much: both ends of a test id tell it from others."""
    if len(line) <= WIDTH:
        return line
    tail = (WIDTH - 3) // 2
    return f"{line[: WIDTH - 3 - tail]}...{line[-tail:]}"
