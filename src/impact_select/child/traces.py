"""Which lines run, where `sys.monitoring` is missing or taken.

A trace function sees each line each time, so it looks away from a function as soon as it
has seen all of it, or so many lines that a loop would take too long: then the whole function
counts as run. Where another tool has the trace function, the profile function sees calls,
and the whole of each called function counts.
"""

from __future__ import annotations

import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from impact_select.child.codes import Codes
    from impact_select.child.part import Part

# Line events of one code object before all of it counts: some milliseconds. Chosen.
_PATIENCE = 20_000


class TraceWatch:
    """Notes lines by `sys.settrace`, or calls by `sys.setprofile`.

    Args:
        codes: Tells which code is the project's.
        part: Where to put them.
        calls: Whether to be content with calls from the start.
    """

    def __init__(self, codes: Codes, part: Part, *, calls: bool) -> None:
        self._codes = codes
        self._part = part
        self._calls = calls
        self._own = False
        self._inherits = False
        self._unseen: dict[int, set[int]] = {}
        self._patience: dict[int, int] = {}
        self._whole: set[int] = set()

    def start(self) -> None:
        """Begin to watch, the frames that are on included."""
        if self._calls or sys.gettrace() not in {None, self._on_call}:
            self._watch_calls()
            return
        self._own = True
        try:
            threading.settrace(self._on_call)
            sys.settrace(self._on_call)
        finally:
            self._own = False
        # Frames of a forked process have the function of what traced the other one, and
        # coverage.py's takes over again as soon as it is called.
        frame: FrameType | None = sys._getframe()  # noqa: SLF001 - the documented way
        while frame is not None:
            if frame.f_trace is not None:
                self._inherits = True
                frame.f_trace = None
            if self._codes.number(frame.f_code, frame) is not None:
                self._unseen.setdefault(id(frame.f_code), _lines(frame.f_code))
                self._part.hit(self._codes.numbers[id(frame.f_code)] | (frame.f_lineno or 0))
                frame.f_trace = self._on_line
                frame.f_trace_lines = True
            frame = frame.f_back

    def callbacks(self) -> list[CodeType]:
        """Return the code of the functions during which Python tells nothing."""
        functions = (self._on_call, self._on_line, self._on_profile)
        return [function.__code__ for function in functions]

    def renew(self, part: Part) -> None:
        """Begin again in a forked process."""
        self._part = part
        self._codes.renew(part)
        self._unseen.clear()
        self._patience.clear()
        self._whole.clear()
        self.start()

    def see_again(self) -> None:
        """Have everything noted once more."""
        self._whole.clear()
        for code in list(self._codes.kept):
            self._unseen[id(code)] = _lines(code)

    def taken(self, event: str) -> None:
        """Hear that somebody sets the trace or the profile function."""
        if self._own or self._is_new_thread():
            return
        if event == "sys.setprofile" and not self._calls:
            return
        if event == "sys.settrace" and self._calls:
            return
        if self._calls or sys.getprofile() is not None:
            self._part.note("broken", event)
        else:
            self._watch_calls()

    def _is_new_thread(self) -> bool:
        """Tell whether a thread takes on the functions that we have left for it."""
        frame = sys._getframe(3)  # noqa: SLF001 - below `taken` and the audit hook
        if frame.f_code.co_filename != threading.__file__:
            return False
        if self._calls:
            return threading.getprofile() == self._on_profile
        return threading.gettrace() == self._on_call

    def _watch_calls(self) -> None:
        self._calls = self._own = True
        if sys.getprofile() not in {None, self._on_profile}:
            self._part.note("broken", "sys.getprofile")
        try:
            threading.setprofile(self._on_profile)
            sys.setprofile(self._on_profile)
        finally:
            self._own = False
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
        while frame is not None:
            self._note_whole(frame)
            frame = frame.f_back

    def _on_profile(self, frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and id(frame.f_code) not in self._whole:
            self._note_whole(frame)

    def _note_whole(self, frame: FrameType) -> None:
        code = frame.f_code
        if code.co_filename not in self._codes.foreign:
            number = self._codes.number(code, frame)
            if number is not None:
                self._whole.add(id(code))
                self._part.hit(number)
                self._codes.note_all(code)

    def _on_call(
        self, frame: FrameType, _event: str, _argument: object
    ) -> Callable[[FrameType, str, Any], Any] | None:
        code = frame.f_code
        if code.co_filename in self._codes.foreign:
            if self._inherits:
                frame.f_trace = None  # a generator that was there before
            return None
        unseen = self._unseen.get(id(code))
        if unseen is None:
            number = self._codes.number(code, frame)
            if number is None:
                return None
            self._part.hit(number)
            unseen = self._unseen[id(code)] = _lines(code)
        return self._on_line if unseen else None

    def _on_line(self, frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line":
            code = frame.f_code
            key = id(code)
            unseen = self._unseen[key]
            if frame.f_lineno in unseen:
                self._part.hit(self._codes.numbers[key] | frame.f_lineno)
                unseen.discard(frame.f_lineno)
            else:
                spent = self._patience[key] = self._patience.get(key, 0) + 1
                if spent > _PATIENCE and unseen:
                    self._codes.note_all(code)
                    unseen.clear()
            if not unseen:
                frame.f_trace_lines = False
        return self._on_line


def _lines(code: CodeType) -> set[int]:
    return {line for _, _, line in code.co_lines() if line}
