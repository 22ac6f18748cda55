"""One process that is recorded, from its start or its fork on."""

from __future__ import annotations

import itertools
import os
import sys
from _thread import get_ident

from impact_select.child.codes import Codes, loaded_files
from impact_select.child.folder import Folder
from impact_select.child.lines import LineWatch, free_tool
from impact_select.child.loads import LoadWatch
from impact_select.child.looks import LookWatch
from impact_select.child.part import Part
from impact_select.child.signals import SignalWatch
from impact_select.child.stacks import Stacks
from impact_select.child.starts import Hook, StartWatch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType
    from typing import Any

    from impact_select.child.programs import Program
    from impact_select.child.traces import TraceWatch


class Orders:
    """What the recording session wants of its processes.

    Attributes:
        folder: Where the parts go.
        site: As in Hook.
        top: Of the project.
        foreign: Folders below it that do not belong to it.
        collector: `monitoring`, `coverage` or `calls`.
    """

    def __init__(
        self, folder: str, site: str, top: str, foreign: Iterable[str], collector: str
    ) -> None:
        self.folder = folder
        self.site = site
        self.top = top
        self.foreign = tuple(foreign)
        self.collector = collector


class Recorder:
    """Puts the watchers of this process together; see `starts.Host` for what it answers.

    Args:
        orders: Of the session.
        ticket: By which the part of this process is known.
    """

    def __init__(self, orders: Orders, ticket: str) -> None:
        self._orders = orders
        self._ticket = ticket
        self._tickets = itertools.count(1)
        self._part = Part(f"{orders.folder}/{ticket}")
        folder = Folder(orders.top, orders.foreign)
        self._codes = Codes(folder, self._part)
        self._stacks = Stacks(self._codes, self._part)
        self._looks = LookWatch(folder, self._codes, self._stacks, self._part)
        self._loads = LoadWatch(self._codes, self._stacks, self._part, self._switch)
        self._starts = StartWatch(self, Hook(orders.folder, orders.site))
        self._looks.on_start = self._on_start
        self._away: set[int] = set()
        self._lines: LineWatch | TraceWatch = self._line_watch()
        unseen = (*self._lines.callbacks(), *self._looks.callbacks())
        self._signals = SignalWatch(self._part, unseen)

    def _line_watch(self) -> LineWatch | TraceWatch:
        tool = free_tool() if self._orders.collector == "monitoring" else None
        if tool is not None:
            return LineWatch(self._codes, self._part, tool)
        from impact_select.child.traces import TraceWatch

        watch = TraceWatch(self._codes, self._part, calls=self._orders.collector == "calls")
        self._looks.on_trace = watch.taken
        return watch

    def start(self, *, is_forked: bool = False) -> None:
        """Begin, and say so last: a part that says nothing is none."""
        if not is_forked:
            for name, package, filename in loaded_files():
                path = self._codes.file(filename)
                if path is not None:
                    self._part.note("loaded", path, name, package)
        self._loads.start()
        self._looks.start()
        self._starts.start()
        self._signals.start()
        self._lines.start()
        self._claim()
        if is_forked:
            self._starts.prepare_forked()

    def _claim(self) -> None:
        words = list(getattr(sys, "orig_argv", ()))[1:]
        self._part.note("began", os.getpid(), words)

    def _switch(self, context: int) -> None:
        self._looks.context = context
        self._part.attribute(context)

    # -- starts.Host ----------------------------------------------------------------------

    def busy(self) -> bool:
        """See Host."""
        return get_ident() in self._away

    def look_away(self, away: bool) -> None:
        """See Host."""
        (self._away.add if away else self._away.discard)(get_ident())
        self._looks.look_away(away)

    def python(self, program: Program, frame: FrameType) -> str | None:
        """See Host."""
        ticket = self._next()
        self._note("start", frame, ticket, list(program.words), program.exact)
        return ticket

    def other(self, frame: FrameType | None) -> None:
        """See Host."""
        self._note("other", frame)

    def _on_start(self, frame: FrameType | None) -> None:
        if not self._starts.is_known():
            self.other(frame)

    def reads(self, files: Iterable[str], frame: FrameType) -> None:
        """See Host."""
        for file in files:
            self._looks.read(file, frame, exists=True)

    def misses(self, files: Iterable[str], frame: FrameType) -> None:
        """See Host."""
        for file in files:
            self._looks.read(file, frame, exists=False)

    def started(self, ticket: str, pid: int) -> None:
        """See Host."""
        self._part.note("started", ticket, pid)

    def fork(self, frame: FrameType) -> str | None:
        """See Host."""
        ticket = self._next()
        self._note("fork", frame, ticket)
        return ticket

    def forked(self, ticket: str | None) -> None:
        """See Host."""
        if ticket is None:
            ticket = f"{self._ticket}.lost{os.getpid()}"
        self._ticket = ticket
        self._tickets = itertools.count(1)
        self._away.clear()
        self._part = Part(f"{self._orders.folder}/{ticket}")
        self._codes.renew(self._part)
        self._stacks.renew(self._part)
        self._looks.renew(self._part)
        self._loads.renew(self._part)
        self._signals.renew(self._part)
        self._switch(0)
        self._lines.renew(self._part)
        self._claim()
        self._starts.prepare_forked()

    def handed(self, frame: FrameType) -> str | None:
        """See Host."""
        ticket = self._next()
        self._note("hand", frame, ticket)
        return ticket

    def bound(self, ticket: str) -> None:
        """See Host."""
        self._part.note("bound", self._loads.rebase(), ticket)
        self._lines.see_again()

    def _next(self) -> str:
        return f"{self._ticket}.{next(self._tickets)}"

    def _note(self, kind: str, frame: FrameType | None, *fields: Any) -> None:
        self._part.note(kind, self._loads.context, self._stacks.number(frame), *fields)
