"""A scratch copy of a project: edits are made and commands run there only."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from benchmarks.edit import Edit, edited
from benchmarks.judge import Run, read_outcome_lines
from benchmarks.project import Project, read_project
from benchmarks.tools import Tool

PLUGIN = "impact_benchmark_outcomes"
MAP_FOLDER = ".impact"
KEPT = (MAP_FOLDER, "__pycache__")
"""Survive the cleaning between runs."""
TAIL_CHARACTERS = 3000


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended or was ended.

    Attributes:
        status: Exit status; negative for a signal.
    """

    status: int
    stdout: str
    stderr: str
    duration_s: float
    is_timed_out: bool


@dataclass(frozen=True, slots=True)
class Workspace:
    """The copy and how to run things in it.

    Attributes:
        origin: The checkout that was copied; nothing is written there.
        scratch: Holds the copy in `copy`, and files of the benchmark beside it.
        python: Interpreter with the project's requirements and impact-select.
        pytest_args: Added to every pytest run, options only.
        tests: Files or folders given to every pytest run that names no test itself.
        timeout_s: For each command.
        import_folder: Put on the import path before what is installed.
    """

    origin: Path
    scratch: Path
    python: Path
    pytest_args: tuple[str, ...]
    tests: tuple[str, ...]
    timeout_s: float
    import_folder: Path | None = None

    @property
    def copy(self) -> Path:
        """Give the top of the copy."""
        return self.scratch / "copy"

    @property
    def aside(self) -> Path:
        """Give the folder of the tools' states that were set aside."""
        return self.scratch / "state"

    def limited(self, timeout_s: float) -> "Workspace":
        """Give the same workspace with another time limit."""
        return replace(self, timeout_s=timeout_s)

    def of(self, tool: Tool) -> "Workspace":
        """Give the same workspace where a tool can be imported."""
        return replace(self, import_folder=tool.import_folder)

    def revision(self) -> str:
        """Give the commit that the copy is at."""
        return self.git("rev-parse", "HEAD").strip()

    def python_version(self) -> str:
        """Give the interpreter's version, as 3.13.0."""
        code = "import platform; print(platform.python_version())"
        return self.run([str(self.python), "-c", code]).stdout.strip()

    def project(self, include: Sequence[str], exclude: Sequence[str]) -> Project:
        """Read the tracked files; the globs say which may be edited."""
        paths = [
            path
            for path in self.git("ls-files", "-z").split("\0")
            if path and (self.copy / path).is_file() and not (self.copy / path).is_symlink()
        ]
        return read_project(
            paths,
            lambda path: (self.copy / path).read_bytes(),
            lambda path: (
                (not include or any(fnmatch(path, glob) for glob in include))
                and not any(fnmatch(path, glob) for glob in exclude)
            ),
        )

    @contextmanager
    def applied(self, edit: Edit) -> Iterator[None]:
        """Make an edit, and take it back."""
        try:
            for file in edit.files:
                path = self.copy / file.path
                after = edited(file, path.read_bytes() if path.exists() else b"")
                if after is None:
                    path.unlink()
                    continue
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(after)
                _make_newest(path)
            yield
        finally:
            self.clean()
            self._make_newest(file.path for file in edit.files)

    def changed_paths(self, before: str, after: str) -> list[str]:
        """Give the files that differ between two commits; a moved one is two."""
        changed = self.git("diff", "--name-only", "-z", "--no-renames", before, after)
        return [path for path in changed.split("\0") if path]

    def move_to(self, revision: str) -> None:
        """Check a commit out."""
        changed = self.changed_paths("HEAD", revision)
        self.clean()
        self.git("checkout", "--quiet", "--force", "--detach", revision)
        self.clean()
        self._make_newest(changed)

    def _make_newest(self, paths: Iterable[str]) -> None:
        for path in paths:
            if (self.copy / path).is_file():
                _make_newest(self.copy / path)
        # Git would take the files for changed, and write them anew with the time of day,
        # which an earlier version may have been given.
        self.git("status", "--porcelain", "--untracked-files=no")

    @contextmanager
    def at(self, revision: str) -> Iterator[None]:
        """Check a commit out, and go back to where the copy was."""
        before = self.revision()
        self.move_to(revision)
        try:
            yield
        finally:
            self.move_to(before)

    def clean(self) -> None:
        """Bring every file back to the commit; impact's map and compiled files stay."""
        self.git("reset", "--hard", "--quiet")
        self.git("clean", "-ffdxq", *(part for name in KEPT for part in ("-e", name)))
        for path in sorted(self.copy.rglob("__pycache__"), reverse=True):
            # A folder that an edit added must not stay as an empty package.
            if path.is_dir() and not any(other != path for other in path.parent.iterdir()):
                shutil.rmtree(path.parent)

    def pytest(self, *args: str, only: str | None = None) -> Run:
        """Run pytest, on one test or on all, and read what its tests did."""
        lines = self.scratch / "outcomes.jsonl"
        lines.write_text("")
        command = [str(self.python), "-m", "pytest", "-p", PLUGIN]
        command += ["--continue-on-collection-errors", *self.pytest_args, *args]
        command += [only] if only is not None else self.tests
        ended = self.run(command, {"IMPACT_BENCHMARK_OUTCOMES": str(lines)})
        with lines.open(encoding="ascii") as opened:
            read = read_outcome_lines(opened)
        return Run(
            ended.status,
            read.outcomes,
            read.collection,
            read.outside,
            ended.duration_s,
            read.is_finished,
            ended.is_timed_out,
            (ended.stdout + ended.stderr)[-TAIL_CHARACTERS:],
            read.chosen,
        )

    def select(self, *args: str) -> tuple[dict[str, Any] | None, Ended]:
        """Run `impact select`; give its JSON where it printed some."""
        command = [str(self.python), "-m", "impact_select", "select", "--format", "json", *args]
        ended = self.run(command)
        try:
            answer = json.loads(ended.stdout)
        except ValueError:
            return None, ended
        return (answer if isinstance(answer, dict) else None), ended

    def run(self, command: Sequence[str], variables: Mapping[str, str] | None = None) -> Ended:
        """Run a command at the top of the copy; all its processes end with it."""
        out, err = self.scratch / "stdout", self.scratch / "stderr"
        started = time.perf_counter()
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                command,
                cwd=self.copy,
                env=self._environment() | dict(variables or {}),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
            try:
                status = process.wait(self.timeout_s)
                is_timed_out = False
            except subprocess.TimeoutExpired:
                is_timed_out = True
            finally:
                duration_s = time.perf_counter() - started
                _end_group(process.pid)
                status = process.wait()
        return Ended(
            status,
            out.read_text(errors="replace"),
            err.read_text(errors="replace"),
            duration_s,
            is_timed_out,
        )

    @contextmanager
    def state_of(self, tool: Tool, *, is_kept: bool = False) -> Iterator[None]:
        """Give a tool the state that was set aside, and take it away again.

        Args:
            tool: No other tool's state may be in the copy.
            is_kept: Set aside what the tool made of it in the meantime.
        """
        self.restore_state(tool)
        try:
            yield
        finally:
            if is_kept:
                self.keep_state(tool)
            self.remove_state(tool)

    def keep_state(self, tool: Tool) -> int:
        """Set a tool's state aside for `restore_state`; give its size in bytes."""
        aside = self._aside(tool)
        shutil.rmtree(aside, ignore_errors=True)
        for path in self._state_paths(tool, self.copy):
            _copy(path, aside / path.relative_to(self.copy))
        return sum(path.stat().st_size for path in aside.rglob("*") if path.is_file())

    def restore_state(self, tool: Tool) -> None:
        """Put a tool's state back as it was set aside."""
        self.remove_state(tool)
        aside = self._aside(tool)
        for path in self._state_paths(tool, aside):
            _copy(path, self.copy / path.relative_to(aside))

    def remove_state(self, tool: Tool) -> None:
        """Take a tool's state out of the copy."""
        for path in self._state_paths(tool, self.copy):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def map_bytes(self) -> dict[str, bytes]:
        """Give the content of the map's files, by name."""
        folder = self.copy / MAP_FOLDER
        return {path.name: path.read_bytes() for path in folder.glob("*.sqlite")}

    def _aside(self, tool: Tool) -> Path:
        return self.aside / tool.name

    @staticmethod
    def _state_paths(tool: Tool, top: Path) -> list[Path]:
        return [path for glob in tool.state for path in sorted(top.glob(glob))]

    def _environment(self) -> dict[str, str]:
        # PYTHONPATH comes before an editable install of the checkout that was copied.
        plugin = Path(__file__).parent / "plugin"
        roots = [root for root in (self.copy / "src", self.copy) if root.is_dir()]
        roots += [self.import_folder.absolute()] if self.import_folder is not None else []
        dropped = (
            *("PYTEST_", "COVERAGE_", "COV_CORE_", "GIT_", "IMPACT_", "TESTMON_", "TMNET_"),
            # Else each run compiles anew what it imports.
            "PYTHONDONTWRITEBYTECODE",
        )
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        return kept | {
            "PYTHONPATH": os.pathsep.join(str(path) for path in (*roots, plugin)),
            "PYTHONHASHSEED": "0",
            "PATH": os.pathsep.join((str(self.python.parent), kept.get("PATH", os.defpath))),
            "VIRTUAL_ENV": str(self.python.parent.parent),
            "IMPACT_BENCHMARK_OUTSIDE": str(self.origin),
        }

    def git(self, *args: str) -> str:
        """Run git in the copy and give what it prints."""
        done = subprocess.run(
            ["git", *args], cwd=self.copy, check=True, capture_output=True, text=True
        )
        return done.stdout


def make_workspace(
    origin: Path,
    scratch: Path,
    python: Path,
    pytest_args: Sequence[str] = (),
    tests: Sequence[str] = (),
    timeout_s: float = 3600.0,
    *,
    is_copied: bool = False,
) -> Workspace:
    """Clone a checkout to `scratch/copy`, which must not be there unless it is copied."""
    workspace = Workspace(
        origin.resolve(),
        scratch.resolve(),
        python.absolute(),
        tuple(pytest_args),
        tuple(tests),
        timeout_s,
    )
    if not is_copied:
        workspace.scratch.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["git", "clone", "--quiet", str(workspace.origin), str(workspace.copy)], check=True
        )
    return workspace


def _make_newest(path: Path) -> None:
    # Python takes a compiled file for current by size and whole seconds of the source.
    newest = max(_newest_s[-1] + 1, int(time.time()))
    _newest_s.append(newest)
    os.utime(path, (newest, newest))


_newest_s = [0]
"""Seconds that edited files were given, each once; later than any before."""


def _copy(path: Path, target: Path) -> None:
    # Times are kept: tools tell recordings and files apart by them.
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.copytree(path, target, symlinks=True)
    else:
        shutil.copy2(path, target)


def _end_group(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
