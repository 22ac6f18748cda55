"""Which lines run, on Python 3.12 and later, by one tool of `sys.monitoring`.

Each start of a function costs one call, and for project code so does each line, once. Then
the event is off, until the process is forked or `attribute` is told to see all of it again.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

    from impact_select.child.codes import Codes
    from impact_select.child.part import Part

# The number for optimisers, which nobody uses. 3 and 4 are those of a recording, and a
# program may well record tests itself; 0 to 2 are for debuggers, coverage and profilers.
_TOOLS = (5, 4, 3)


def free_tool() -> int | None:
    """Return a tool number that nobody uses."""
    monitoring: Any = getattr(sys, "monitoring", None)
    if monitoring is None:
        return None
    return next((tool for tool in _TOOLS if monitoring.get_tool(tool) is None), None)


class LineWatch:
    """Notes each line of project code when it runs for the first time.

    Args:
        codes: Tells which code is the project's.
        part: Where to put them.
        tool: A number that is free.
    """

    def __init__(self, codes: Codes, part: Part, tool: int) -> None:
        self._codes = codes
        self._part = part
        self._tool = tool
        self._monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
        self._local = 0

    def start(self) -> None:
        """Begin to watch, the frames that are on included."""
        monitoring = self._monitoring
        events = monitoring.events
        self._local = events.LINE
        monitoring.use_tool_id(self._tool, "impact-child")
        self._listen()
        monitoring.set_events(self._tool, events.PY_START | events.PY_RESUME | events.PY_THROW)
        self._watch_frames()

    def renew(self, part: Part) -> None:
        """Begin again in a forked process: what ran before was the other one."""
        self._part = part
        known = list(self._codes.kept)
        self._codes.renew(part)
        self._listen()
        for code in known:
            self._codes.number(code, None)
        self.see_again()
        self._watch_frames()

    def see_again(self) -> None:
        """Have all lines reported once more."""
        set_local_events = self._monitoring.set_local_events
        for code in list(self._codes.kept):
            set_local_events(self._tool, code, 0)
            set_local_events(self._tool, code, self._local)

    def callbacks(self) -> list[CodeType]:
        """Return the code of the functions during which Python tells nothing."""
        return [function.__code__ for function in self._callbacks()]

    def _listen(self) -> None:
        monitoring = self._monitoring
        events = monitoring.events
        kinds = (events.PY_START, events.PY_RESUME, events.PY_THROW, events.LINE)
        for event, function in zip(kinds, self._callbacks(), strict=True):
            monitoring.register_callback(self._tool, event, function)

    def _callbacks(self) -> tuple[Any, ...]:
        disable = self._monitoring.DISABLE
        numbers, foreign = self._codes.numbers, self._codes.foreign
        discover, hit = self._discover, self._part.hit

        def on_start(code: CodeType, _offset: int) -> object:
            if code.co_filename not in foreign:
                number = numbers.get(id(code)) or discover(code)
                if number:
                    hit(number)
            return disable

        def on_resume(code: CodeType, offset: int) -> object:
            if code.co_filename not in foreign:
                number = numbers.get(id(code)) or discover(code)
                if number:
                    hit(number | _line_at(code, offset))
            return disable

        def on_throw(code: CodeType, offset: int, _exception: BaseException) -> None:
            on_resume(code, offset)  # this event cannot be turned off for one place

        def on_line(code: CodeType, line: int) -> object:
            hit(numbers[id(code)] | line)
            return disable

        return on_start, on_resume, on_throw, on_line

    def _discover(self, code: CodeType) -> int | None:
        number = self._codes.number(code, sys._getframe(2))  # noqa: SLF001 - the documented way
        if number is not None:
            self._monitoring.set_local_events(self._tool, code, self._local)
        return number

    def _watch_frames(self) -> None:
        """Watch functions that are running: they will not start again."""
        frame = sys._getframe(1)  # noqa: SLF001
        while frame is not None:
            number = self._codes.number(frame.f_code, frame)
            if number is not None:
                self._monitoring.set_local_events(self._tool, frame.f_code, self._local)
                self._part.hit(number | (frame.f_lineno or 0))  # the rest of the line
            frame = frame.f_back  # type: ignore[assignment]


def _line_at(code: CodeType, offset: int) -> int:
    """Return the 1-based line of an instruction, by its offset in bytes; 0 if it has none."""
    for start, end, line in code.co_lines():
        if start <= offset < end:
            return line or 0
    return 0
