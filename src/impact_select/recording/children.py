"""The processes that tests start: who started each, and what it handed over.

A Python gets a ticket when it starts, and writes what it sees to a part of that name as it
goes on (`impact_select.child`). At the end each ticket must have a part that says that it
began, in the process that got the ticket, and that nothing is missing in it. Else nobody
knows what the process did, and who started it is opaque.
"""

import itertools
import os
import site
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from types import FrameType
from typing import Final

from impact_select.child.programs import Program
from impact_select.child.recorder import Orders, Recorder
from impact_select.child.start import ORDERS, orders
from impact_select.child.starts import Hook, StartWatch
from impact_select.model.recorded import (
    OPAQUE_READ,
    STARTING_READ,
    OwnerKey,
    Place,
    Read,
)
from impact_select.recording.asking import Asker
from impact_select.recording.caches import CacheWatch
from impact_select.recording.inputs import InputWatch
from impact_select.recording.owners import OwnerStack
from impact_select.recording.source_index import ProjectFolder

HOOK: Final = "impact_select.pth"
_OWN: Final = Path(__file__).resolve().parents[1]
_SITE: Final = _OWN / "child/site"


@dataclass(frozen=True, slots=True)
class Start:
    """A process that may have been recorded.

    Attributes:
        owner: Who started it.
        place: Of the project code that did; None without.
        direct: Whether nothing but the standard library stood between the two.
        is_forked: Whether it went on with what this process had in memory.
        words: For a Python, the arguments by which it is known; None for a fork.
        exact: Whether the process that started is itself the Python.
        caches: For a fork, the caches that it found filled.
    """

    owner: OwnerKey
    place: Place | None
    direct: bool
    is_forked: bool
    words: tuple[str, ...] | None = None
    exact: bool = True
    caches: frozenset[OwnerKey] = frozenset()


class ChildWatch:
    """Hands out tickets, and remembers to whom.

    Attributes:
        asked: Reads by which a place is known to start processes that nobody recorded.
        tickets: Who started which.
        pids: Which process got a ticket.
        folder: Where the parts are.

    Args:
        project: What the children are to record.
        owners: Of this process.
        asker: Likewise.
        inputs: Likewise.
        caches: Likewise.
        collector: The name of the collector of this process.
        on_fork: Called in a forked process, to stop what records in this one.
    """

    def __init__(
        self,
        project: ProjectFolder,
        owners: OwnerStack,
        asker: Asker,
        inputs: InputWatch,
        caches: CacheWatch,
        collector: str,
        on_fork: Callable[[], None],
    ) -> None:
        self._owners = owners
        self._asker = asker
        self._inputs = inputs
        self._caches = caches
        self._on_fork = on_fork
        self._process = os.getpid()
        self._numbers = itertools.count(1)
        self._project = project
        self._collector = collector
        self._starts: StartWatch | None = None
        self._orders: Orders | None = None
        self.folder = Path()
        self.asked: dict[Place, set[Read]] = {}
        self.tickets: dict[str, Start] = {}
        self.pids: dict[str, int] = {}

    def start(self) -> None:
        """Begin to hand out tickets."""
        # No TemporaryDirectory: a forked process would remove it as it ends.
        self.folder = Path(mkdtemp(prefix="impact-children-")).resolve()
        hook = "" if has_hook() else str(_SITE)
        top, foreign = self._project.top, self._project.foreign
        own = f"{_OWN}/child/"
        if own.startswith(top):
            foreign = (*foreign, own)
        self._orders = Orders(str(self.folder), hook, top, foreign, self._collector)
        (self.folder / ORDERS).write_bytes(orders(hook, top, foreign, self._collector))
        self._inputs.on_start = self._on_event
        self._starts = StartWatch(self, Hook(str(self.folder), hook))
        self._starts.start()

    def stop(self) -> None:
        """Hand out no more."""
        self._inputs.on_start = None
        if self._starts is not None:
            self._starts.stop()

    def close(self) -> None:
        """Remove the parts; processes that still run write to files without names."""
        if os.getpid() == self._process and self._orders is not None:
            rmtree(self.folder, ignore_errors=True)

    def give_up(self, start: Start) -> None:
        """Make an owner opaque: what a process did that it started is not known."""
        self._owners.link_read(start.owner, OPAQUE_READ)
        if start.place is not None:
            # Code from elsewhere may start one process for all who ask.
            asked = STARTING_READ if start.direct else OPAQUE_READ
            self.asked.setdefault(start.place, set()).add(asked)

    # -- child.starts.Host --------------------------------------------------------------

    def busy(self) -> bool:
        """See Host."""
        return self._inputs.is_busy

    def look_away(self, away: bool) -> None:
        """See Host."""
        self._inputs.look_away(away)

    def python(self, program: Program, frame: FrameType) -> str | None:
        """See Host."""
        return self._ticket(frame, is_forked=False, words=tuple(program.words), exact=program.exact)

    def other(self, frame: FrameType) -> None:
        """See Host."""
        start = self._start(frame, is_forked=False)
        if start is not None:
            self.give_up(start)

    def reads(self, files: Iterable[str], frame: FrameType) -> None:
        """See Host."""
        for file in files:
            self._inputs.read(file, frame, exists=True)

    def misses(self, files: Iterable[str], frame: FrameType) -> None:
        """See Host."""
        for file in files:
            self._inputs.read(file, frame, exists=False)

    def started(self, ticket: str, pid: int) -> None:
        """See Host."""
        self.pids[ticket] = pid

    def fork(self, frame: FrameType) -> str | None:
        """See Host."""
        return self._ticket(frame, is_forked=True)

    def forked(self, ticket: str | None) -> None:
        """See Host."""
        self._on_fork()
        if ticket is None or self._orders is None:
            return
        with suppress(OSError):  # then it says nothing, and counts as not recorded
            Recorder(self._orders, ticket).start(is_forked=True)

    def handed(self, frame: FrameType) -> str | None:
        """See Host."""
        return self._ticket(frame, is_forked=False)

    def bound(self, ticket: str) -> None:
        """See Host; this process is forked from no server."""

    def _on_event(self, frame: FrameType) -> None:
        if self._starts is None or not self._starts.is_known():
            self.other(frame)

    def _ticket(
        self,
        frame: FrameType,
        *,
        is_forked: bool,
        words: tuple[str, ...] | None = None,
        exact: bool = True,
    ) -> str | None:
        start = self._start(frame, is_forked=is_forked, words=words, exact=exact)
        if start is None:
            return None
        ticket = str(next(self._numbers))
        self.tickets[ticket] = start
        return ticket

    def _start(
        self,
        frame: FrameType,
        *,
        is_forked: bool,
        words: tuple[str, ...] | None = None,
        exact: bool = True,
    ) -> Start | None:
        place, tool, _, direct, _ = self._asker.ask(frame)
        if tool:
            return None
        caches = self._caches.filled() if is_forked else frozenset()
        return Start(self._owners.top, place, direct, is_forked, words, exact, caches)


def has_hook(own: Path = _OWN) -> bool:
    """Tell whether every Python of this prefix loads our hook, and by it this very package.

    Args:
        own: The folder of the package.
    """
    if sys.flags.no_site:
        return False
    for folder in map(Path, site.getsitepackages()):
        if (folder / HOOK).is_file():
            return (folder / own.name).resolve() == own or any(
                str(own.parent) in path.read_text(errors="replace").splitlines()
                for path in folder.glob("*.pth")
            )
    return False
