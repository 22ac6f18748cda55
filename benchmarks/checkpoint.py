"""Where a walk through a history stands, so that it can go on after an interruption."""

import pickle
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.base import Base
from benchmarks.results import Result
from benchmarks.tools import Tool
from benchmarks.workspace import Workspace

STANDING = "standing.pickle"
"""Written last: a folder without it is not whole."""


@dataclass(frozen=True, slots=True)
class Known:
    """The last commit whose tests ran, as the next one is compared with it.

    Attributes:
        flaky: Tests that were seen with two outcomes at one commit, this or an earlier one.
    """

    revision: str
    outcomes: Mapping[str, str]
    flaky: frozenset[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """A walk after its last whole step.

    Attributes:
        workspace: With the base's time limit.
        steps: One for each commit so far.
    """

    workspace: Workspace
    tools: tuple[Tool, ...]
    base: Base
    known: Known
    steps: tuple[Result, ...] = ()

    def is_of(
        self, workspace: Workspace, tools: tuple[Tool, ...], revisions: Sequence[str]
    ) -> bool:
        """Tell whether it is a walk, or the beginning of one, that goes through these commits."""
        done = [self.base.revision, *(step["commit"] for step in self.steps)]
        return (
            replace(self.workspace, timeout_s=0.0) == replace(workspace, timeout_s=0.0)
            and self.tools == tools
            and done == list(revisions[: len(done)])
        )

    def after(self, known: Known, step: Result) -> "Standing":
        """Give the standing after one more step."""
        return replace(self, known=known, steps=(*self.steps, step))

    def save(self) -> None:
        """Write this down with the state of each tool, in place of what was written before."""
        folder = _folder(self.workspace.scratch)
        before = list(folder.iterdir()) if folder.is_dir() else []
        new = folder / str(len(self.steps))
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(self.workspace.aside, new / "state")
        partial = new / f"{STANDING}.partial"
        partial.write_bytes(pickle.dumps(self))
        partial.rename(new / STANDING)
        for path in before:
            if path != new:
                shutil.rmtree(path)


def saved_standing(scratch: Path) -> Standing | None:
    """Read what was saved last in a folder that this program wrote, if anything was."""
    found = _folder(scratch.resolve()).glob(f"*/{STANDING}")
    paths = sorted(found, key=lambda path: int(path.parent.name))
    return _read(paths[-1]) if paths else None


def take_up(standing: Standing) -> None:
    """Bring the copy and the tools' states to where they were when it was saved."""
    workspace = standing.workspace
    for tool in standing.tools:
        workspace.remove_state(tool)
    shutil.rmtree(workspace.aside, ignore_errors=True)
    saved = _folder(workspace.scratch) / str(len(standing.steps)) / "state"
    shutil.copytree(saved, workspace.aside)
    workspace.move_to(standing.known.revision)


def _folder(scratch: Path) -> Path:
    return scratch / "saved"


def _read(path: Path) -> Standing:
    standing = pickle.loads(path.read_bytes())
    assert isinstance(standing, Standing)
    return standing
