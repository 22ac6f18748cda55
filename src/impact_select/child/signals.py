"""Handlers of signals that come while a watcher is at work: Python shows nothing of what they run.

No event is told while a function of ours is called for one. A signal may come just then; with a
profile function, which is told when a call that was interrupted returns, that is even the rule.
What the handler runs is missing then, and so the part is broken.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType, FrameType
    from typing import Any

    from impact_select.child.part import Part


class SignalWatch:
    """Stands before each handler; who asks for it gets the handler itself.

    Args:
        part: To break.
        unseen: The code of the functions during which nothing is told.
    """

    def __init__(self, part: Part, unseen: Iterable[CodeType]) -> None:
        self._part = part
        self._unseen = frozenset(unseen)

    def renew(self, part: Part) -> None:
        """Go on in a forked process."""
        self._part = part

    def start(self) -> None:
        """Replace what sets and tells handlers, and stand before those that are set."""
        low: Any = _signal
        set_one, get_one = low.signal, low.getsignal

        def signal(number: int, handler: Any, /) -> Any:
            return _plain(set_one(number, self._watched(handler)))

        def getsignal(number: int, /) -> Any:
            return _plain(get_one(number))

        for function, original in ((signal, set_one), (getsignal, get_one)):
            function.__doc__ = original.__doc__
            function.__module__ = "_signal"
            function.__qualname__ = original.__name__
        low.signal, low.getsignal = signal, getsignal
        for number in low.valid_signals():
            handler = get_one(number)
            watched = self._watched(handler)
            if watched is not handler:
                try:
                    set_one(number, watched)
                except (OSError, ValueError):
                    self._part.fail()  # not the main thread

    def _watched(self, handler: Any) -> Any:
        if isinstance(handler, int) or not callable(handler) or handler is _INTERRUPT:
            return handler
        return _Watched(handler, self)

    def meet(self, frame: FrameType | None) -> None:
        """Break the part if a handler interrupted a function of ours."""
        while frame is not None:
            if frame.f_code in self._unseen:
                self._part.fail()
                return
            frame = frame.f_back


_INTERRUPT = _signal.default_int_handler  # compiled: it runs nothing of the project


class _Watched:
    """A handler with the watch before it."""

    def __init__(self, handler: Any, watch: SignalWatch) -> None:
        self.handler = handler
        self._watch = watch

    def __call__(self, number: int, frame: FrameType | None) -> Any:
        self._watch.meet(sys._getframe(1))  # noqa: SLF001 - the documented way
        return self.handler(number, frame)


def _plain(handler: Any) -> Any:
    return handler.handler if isinstance(handler, _Watched) else handler
