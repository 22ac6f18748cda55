"""Git commands run in the repository that a folder belongs to; the one door to GitPython."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from impact_select.errors import GitFailed, GitMissing, NotARepository

if TYPE_CHECKING:
    from git import Git

# What the git that runs a hook sets, or a user, to name a repository without being in it.
_NAMING_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR")

# rev-parse repeats an option that it does not know: a separator that holds for odd paths too.
_SEPARATOR = "--impact-next"

# Outside of any repository; in a bare one or in `.git`. GitPython runs git in the C locale.
_NO_WORK_TREE = ("not a git repository (or any", "must be run in a work tree")


@dataclass(frozen=True, slots=True)
class Repository:
    """Which work tree, object store and index are meant; absolute paths."""

    top: Path
    git_dir: Path
    index: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a git command ended."""

    status: int
    output: bytes
    complaint: str


class GitCommands:
    """Runs git in one folder.

    With a repository given, every command is told it by name, so that neither the current
    folder nor a variable that a hook set can lead to another one.
    """

    def __init__(self, folder: Path, repository: Repository | None = None) -> None:
        """Run in an existing folder; without a repository, git looks for one upwards.

        Raises:
            GitMissing: There is no git command.
        """
        self._git = _git_class()(folder)
        # Status-like commands then never take the lock of the user's index.
        self._environment = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
        if repository is not None:
            self._environment |= {
                "GIT_DIR": str(repository.git_dir),
                "GIT_WORK_TREE": str(repository.top),
                "GIT_INDEX_FILE": str(repository.index),
            }

    def run(self, command: str, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run a command that has to succeed.

        Raises:
            GitFailed: It did not. Carries what git said.
        """
        outcome = self.attempt(command, *arguments, stdin=stdin)
        if outcome.status != 0:
            raise failure(command, outcome)
        return outcome.output

    def records(self, command: str, *arguments: str) -> list[str]:
        """Run a command that has to succeed and ends every record with a NUL, as with -z."""
        return split_records(self.run(command, *arguments))

    def attempt(self, command: str, *arguments: str, stdin: bytes = b"") -> Outcome:
        """Run a command that may fail.

        Raises:
            GitMissing: The git command is gone since this object was made.
        """
        from git import GitCommandNotFound

        # A file, because GitPython's execute takes no bytes, and a pipe could fill up.
        with tempfile.TemporaryFile() as given:
            given.write(stdin)
            given.seek(0)
            try:
                status, output, complaint = self._git.execute(
                    [self._git.GIT_PYTHON_GIT_EXECUTABLE or "git", command, *arguments],
                    istream=given,
                    with_extended_output=True,
                    with_exceptions=False,
                    stdout_as_string=False,
                    strip_newline_in_stdout=False,
                    env=self._environment,
                )
            except GitCommandNotFound as error:
                raise GitMissing from error
        return Outcome(int(status), bytes(output), complaint)


def failure(command: str, outcome: Outcome) -> GitFailed:
    """Turn a command that had to succeed, and did not, into its error, on one line."""
    complaint = " ".join(outcome.complaint.split())
    return GitFailed(f"git {command}", complaint or f"exit status {outcome.status}")


def split_records(output: bytes) -> list[str]:
    """Split at NUL; bytes that are no text become surrogates (PEP 383)."""
    return os.fsdecode(output).split("\0")[:-1]


def locate(start: Path) -> Repository:
    """Find the repository in whose work tree a folder lies.

    Environment variables that name a repository count for folders of that repository only:
    inside a git hook, a test's own repository elsewhere stays a repository of its own.

    Raises:
        NotARepository: No work tree there, or no such folder.
        GitMissing: There is no git command.
        GitFailed: Git refuses the repository, for example because of its owner.
    """
    # GitPython would silently run in the current folder instead.
    if not start.is_dir():
        raise NotARepository(start)
    start = start.resolve()
    if any(name in os.environ for name in _NAMING_VARIABLES):
        return _locate_among_variables(start)
    outcome = _ask(start)
    if outcome.status != 0:
        if any(words in outcome.complaint for words in _NO_WORK_TREE):
            raise NotARepository(start)
        raise failure("rev-parse", outcome)
    return _parse(outcome.output, start)


def repository_at(top: Path) -> Repository | None:
    """Find the repository whose work tree starts at this very folder, in any environment."""
    outcome = GitCommands(top).attempt("rev-parse", "--resolve-git-dir", str(top / ".git"))
    if outcome.status != 0:
        return None
    git_dir = Path(os.fsdecode(outcome.output.removesuffix(b"\n"))).resolve()
    return Repository(top, git_dir, git_dir / "index")


def _locate_among_variables(start: Path) -> Repository:
    """Decide between the repository that the environment names and the one around a folder.

    A hook that changes folder keeps GIT_DIR, and git then takes the current folder for the top
    of the work tree: unless GIT_WORK_TREE is set, the `.git` found upwards says better.
    """
    here = Path.cwd()
    outcome = _ask(here)
    named = _parse(outcome.output, here) if outcome.status == 0 else None
    around = _nearest(start)
    if around is None:
        if named is not None and start.is_relative_to(named.top):
            return named
        raise NotARepository(start)
    if named is None:
        # A relative GIT_DIR after a change of folder; the index may still be one of ours.
        index = _settled(around.top / os.environ.get("GIT_INDEX_FILE", around.index))
        ours = index.is_relative_to(around.git_dir) and index.exists()
        return Repository(around.top, around.git_dir, index) if ours else around
    if around.git_dir == named.git_dir and "GIT_WORK_TREE" not in os.environ:
        return Repository(around.top, around.git_dir, named.index)
    if start.is_relative_to(named.top) and named.top not in around.top.parents:
        return named
    return around


def _nearest(start: Path) -> Repository | None:
    for folder in (start, *start.parents):
        if os.path.lexists(folder / ".git"):
            found = repository_at(folder)
            if found is not None:
                return found
    return None


def _ask(folder: Path) -> Outcome:
    questions = ("--show-toplevel", _SEPARATOR, "--absolute-git-dir", _SEPARATOR)
    return GitCommands(folder).attempt("rev-parse", *questions, "--git-path", "index")


def _parse(output: bytes, folder: Path) -> Repository:
    parts = output.removesuffix(b"\n").split(f"\n{_SEPARATOR}\n".encode())
    top, git_dir, index = (Path(os.fsdecode(part)) for part in parts)
    return Repository(top.resolve(), git_dir.resolve(), _settled(folder / index))


def _settled(path: Path) -> Path:
    """Resolve the folder but not the file: an index that is a symlink keeps its place."""
    return path.parent.resolve() / path.name


def _git_class() -> "type[Git]":
    """Import GitPython, which takes some 150 ms, only where git is about to run.

    Without a git command the import raises, or needs GIT_PYTHON_REFRESH in the environment that
    the user's tests see: so the command is looked for first.
    """
    if shutil.which(os.environ.get("GIT_PYTHON_GIT_EXECUTABLE", "git")) is None:
        raise GitMissing
    try:
        from git import Git
    except ImportError as error:
        raise GitFailed("importing GitPython", str(error)) from error
    return Git
