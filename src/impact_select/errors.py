"""Every error that a user can meet; docs/messages.md has a heading for each slug."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar, Self


@dataclass(eq=False)
class ImpactError(Exception):
    """Something that the user can put right; a programming mistake is no ImpactError."""

    slug: ClassVar[str]

    def message(self) -> str:
        """Say what is wrong, where, what was found and what to do, without the slug."""
        raise NotImplementedError

    def __str__(self) -> str:
        """Give the message with its slug, as the terminal shows it."""
        return f"{self.message()} [{self.slug}]"

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        """Pickle the fields: what an exception keeps by itself lacks keyword arguments."""
        return type(self), tuple(getattr(self, field.name) for field in fields(self))


@dataclass(eq=False)
class NotARepository(ImpactError):
    """No work tree of a git repository holds the folder."""

    slug: ClassVar[str] = "not-a-repository"
    folder: Path

    def message(self) -> str:
        """Name the folder; a bare repository has no work tree either."""
        return (
            f"{self.folder} is not in the work tree of a git repository; "
            "run in one, or make one with git init"
        )


@dataclass(eq=False)
class GitMissing(ImpactError):
    """The git command cannot be started."""

    slug: ClassVar[str] = "git-missing"

    def message(self) -> str:
        """Name the two ways in which git is looked for."""
        return (
            "the git command is not on PATH; install git, or name it in "
            "the environment variable GIT_PYTHON_GIT_EXECUTABLE"
        )


@dataclass(eq=False)
class UnknownRevision(ImpactError):
    """A name that stands for no commit in this clone."""

    slug: ClassVar[str] = "unknown-revision"
    revision: str

    def message(self) -> str:
        """Advise on the usual cause, a clone without the other branch."""
        return (
            f"revision '{self.revision}' is not in this clone; fetch it first "
            "(in CI: check out with full history)"
        )


@dataclass(eq=False)
class NoMergeBase(ImpactError):
    """Two known commits without a known common ancestor."""

    slug: ClassVar[str] = "no-merge-base"
    revision: str
    shallow: bool

    def message(self) -> str:
        """Advise to fetch more history where the clone lacks some."""
        if self.shallow:
            return (
                f"the commit where HEAD and '{self.revision}' parted is not in this shallow clone; "
                "fetch more history (git fetch --deepen=100, or --unshallow; "
                "in CI: check out with full history)"
            )
        return (
            f"HEAD and '{self.revision}' have no commit in common; "
            "name a base that HEAD was branched from"
        )


@dataclass(eq=False)
class GitFailed(ImpactError):
    """A git command that had to succeed did not."""

    slug: ClassVar[str] = "git-failed"
    command: str
    detail: str

    def message(self) -> str:
        """Pass on what git said."""
        return f"{self.command} failed: {self.detail}; put right what git names, then run again"


@dataclass(eq=False)
class ConfigMistakes(ImpactError):
    """All that is wrong with the configuration, found in one go.

    Each mistake names its key and what was expected there, without the file.
    """

    slug: ClassVar[str] = "config-value"
    path: str
    mistakes: tuple[str, ...]

    def message(self) -> str:
        """Give one line for each mistake."""
        return "\n".join(f"{self.path}: {mistake}" for mistake in self.mistakes)


@dataclass(eq=False)
class NoMap(ImpactError):
    """There is no impact map yet."""

    slug: ClassVar[str] = "no-map"
    path: Path

    def message(self) -> str:
        """Say how to make one."""
        return f"there is no map at {self.path}; make one with pytest --impact-record"


@dataclass(eq=False)
class MapUnreadable(ImpactError):
    """A file that is no impact map, or a damaged one."""

    slug: ClassVar[str] = "map-unreadable"
    path: Path
    detail: str

    def message(self) -> str:
        """Advise to record again."""
        return (
            f"{self.path} cannot be read as an impact map ({self.detail}); "
            "delete it, then record again with impact record"
        )


@dataclass(eq=False)
class MapSchema(ImpactError):
    """An impact map that another version of the tool wrote."""

    slug: ClassVar[str] = "map-schema"
    path: Path
    found: int
    expected: int

    def message(self) -> str:
        """Give both schema numbers; a newer map may also be kept by upgrading."""
        newer = "upgrade impact-select, or " if self.found > self.expected else ""
        return (
            f"{self.path} has schema {self.found}, this version reads {self.expected}; "
            f"{newer}record again, the old file is kept as {self.path.name}.{self.found}"
        )


@dataclass(eq=False)
class MapBusy(ImpactError):
    """Another process holds the impact map."""

    slug: ClassVar[str] = "map-busy"
    path: Path

    def message(self) -> str:
        """Advise to wait or to use another map."""
        return (
            f"{self.path} is being written by another process; "
            "run again when that has ended, or use another file with --impact-map"
        )


@dataclass(eq=False)
class MapNotWritten(ImpactError):
    """The impact map could not be saved: disk full, no permission."""

    slug: ClassVar[str] = "map-not-written"
    path: Path
    detail: str

    def message(self) -> str:
        """Say that the earlier map is still whole."""
        return (
            f"{self.path} was not written ({self.detail}); the map is as it was before this run, "
            "make room or give permission, then record again"
        )


@dataclass(eq=False)
class NotRecorded(ImpactError):
    """A pytest run that was to be recorded did not get to its end."""

    slug: ClassVar[str] = "not-recorded"
    order: str
    status: int

    def message(self) -> str:
        """Give pytest's exit status; pytest itself has said why."""
        return (
            f"the tests were not recorded in {self.order}: pytest ended with status {self.status}; "
            "put right what it says above, then run again"
        )


@dataclass(eq=False)
class UsageMistake(ImpactError):
    """Options or arguments that do not go together."""

    slug: ClassVar[str] = "usage"
    text: str

    def message(self) -> str:
        """Give the text as it is."""
        return self.text


@dataclass(eq=False)
class OptionClash(ImpactError):
    """The plugin pytest-impacted, which registers --impacted too, is loaded beside ours."""

    slug: ClassVar[str] = "option-clash"

    def message(self) -> str:
        """Give both ways out; `impacted` is the entry point's name in pytest-impacted 0.36."""
        return (
            "pytest-impacted is installed too, and both plugins register --impacted; "
            "remove it (pip uninstall pytest-impacted) or leave it out of this run (-p no:impacted)"
        )
