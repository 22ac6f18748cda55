"""The collector for Python 3.12 and later, on `sys.monitoring`.

Two tools share the work. The first listens to PY_START everywhere and answers DISABLE,
so that each code object in the process costs it one call; for project code it turns on
events of the second tool, for that code object alone. The second answers DISABLE too:
each line (or, for a function of a single block, each start) is reported once. Before an
owner that must see code again, exactly the code objects that reported are re-armed by
turning their events off and on; `restart_events` would do it for all code and all tools.

Source: "sys.monitoring - Execution event monitoring", Python 3.12 library reference.
"""

import sys
from collections.abc import Callable
from types import CodeType
from typing import Any, Final

from pyroaring import BitMap

from impact_select.recording.receivers import ReceiverWatch
from impact_select.recording.source_index import SourceFile, SourceIndex, code_lines

_LINE_BITS: Final = 22  # lines below 4 million; the rest of a key is the code's id
_LINE_MASK: Final = (1 << _LINE_BITS) - 1
# 0, 1, 2 and 5 are kept by the reference for debuggers, coverage, profilers, optimisers.
_FREE_TOOL_IDS: Final = (3, 4)


def tools_available() -> bool:
    """Tell whether this interpreter has `sys.monitoring`, and two ids free in it."""
    monitoring = getattr(sys, "monitoring", None)
    return monitoring is not None and all(
        monitoring.get_tool(tool) is None for tool in _FREE_TOOL_IDS
    )


class MonitoringCollector:
    """Collector on two tools of `sys.monitoring`."""

    name = "monitoring"

    def __init__(self, index: SourceIndex) -> None:
        self._index = index
        self._units: dict[int, BitMap] = {}
        self._owner = 0
        self._hits: list[int] = []
        self._spent: set[int] = set()
        # A key that stands for several units has none here, but a place in the other table.
        self._unit_by_key: dict[int, int] = {}
        self._units_by_key: dict[int, tuple[int, ...]] = {}
        self._events_by_code: dict[int, int] = {}
        # Keys hold ids, so the objects must live; equal code objects are not the same.
        self._codes: dict[int, CodeType] = {}
        self._busy = False
        self.receivers = ReceiverWatch()
        # Methods whose every call is reported; True once this owner's hit is noted.
        self._watched: dict[int, bool] = {}
        self._monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]

    def start(self) -> None:
        """Take two tool ids and begin to watch."""
        monitoring = self._monitoring
        events = monitoring.events
        finder, watcher = _FREE_TOOL_IDS
        monitoring.use_tool_id(finder, "impact")
        monitoring.use_tool_id(watcher, "impact-units")
        monitoring.register_callback(finder, events.PY_START, self._finder())
        on_start, on_resume, on_line = self._watchers()
        monitoring.register_callback(watcher, events.PY_START, on_start)
        monitoring.register_callback(watcher, events.PY_RESUME, on_resume)
        monitoring.register_callback(watcher, events.LINE, on_line)
        monitoring.set_events(finder, events.PY_START)

    def switch(self, owner: int, *, fresh: bool) -> None:
        """See Collector.switch."""
        self._flush()
        self._owner = owner
        self._watched = dict.fromkeys(self._watched, False)
        if fresh:
            self._rearm()

    def abandon(self) -> None:
        """See Collector.abandon."""
        self.stop()

    def stop(self) -> dict[int, BitMap]:
        """Give the tool ids back."""
        monitoring = self._monitoring
        finder, watcher = _FREE_TOOL_IDS
        monitoring.set_events(finder, 0)
        for key, code in self._codes.items():
            if self._events_by_code[key]:
                monitoring.set_local_events(watcher, code, 0)
        events = monitoring.events
        monitoring.register_callback(finder, events.PY_START, None)
        for event in (events.PY_START, events.PY_RESUME, events.LINE):
            monitoring.register_callback(watcher, event, None)
        monitoring.free_tool_id(finder)
        monitoring.free_tool_id(watcher)
        self._flush()
        return self._units

    def _finder(self) -> Callable[[CodeType, int], object]:
        disable = self._monitoring.DISABLE
        index_file = self._index.file
        by_filename: dict[str, SourceFile | None] = {}

        def on_any_start(code: CodeType, _offset: int) -> object:
            filename = code.co_filename
            if filename in by_filename:
                file = by_filename[filename]
                if file is None:
                    return disable
            if self._busy:
                self.receivers.skip(code)
                return None  # met again on its next call, when nobody is outlining
            self._busy = True
            try:
                file = by_filename[filename] = index_file(filename)
                if file is not None:
                    self._discover(code, file)
                    if id(code) in self._watched:
                        self.receivers.meet(code, sys._getframe(1), self._owner)  # noqa: SLF001
            finally:
                self._busy = False
            return disable

        return on_any_start

    def _discover(self, code: CodeType, file: SourceFile) -> None:
        """Turn on the events of a project code object that is about to run."""
        key = id(code)
        if key in self._codes:
            return
        self._codes[key] = code
        events = self._monitoring.events
        entry = file.entry_units(code)
        every = set(entry)
        shifted = key << _LINE_BITS
        self._translate(shifted, entry)
        for line in code_lines(code):
            units = file.units_at(line, code)
            self._translate(shifted | (line & _LINE_MASK), units)
            every.update(units)
        watched = events.PY_START | events.PY_RESUME
        if len(every) > 1:
            watched |= events.LINE
        method = file.filling_method(code)
        if method is not None and self.receivers.watch(code, (file.path, method[0]), method[1]):
            self._watched[key] = False
        self._events_by_code[key] = watched
        self._monitoring.set_local_events(_FREE_TOOL_IDS[1], code, watched)
        self._hits.append(shifted)  # this start was before its events were on

    def _translate(self, key: int, units: tuple[int, ...]) -> None:
        if len(units) == 1:
            self._unit_by_key[key] = units[0]
        else:
            self._units_by_key[key] = units

    def _watchers(
        self,
    ) -> tuple[
        Callable[[CodeType, int], object],
        Callable[[CodeType, int], object],
        Callable[[CodeType, int], object],
    ]:
        disable = self._monitoring.DISABLE
        append = self._hits.append
        meet = self.receivers.meet

        def on_start(code: CodeType, _offset: int) -> object:
            key = id(code)
            if key not in self._watched:
                append(key << _LINE_BITS)
                return disable
            if not self._watched[key]:
                self._watched[key] = True
                append(key << _LINE_BITS)
            meet(code, sys._getframe(1), self._owner)  # noqa: SLF001
            return None

        def on_resume(code: CodeType, offset: int) -> object:
            key = id(code)
            append(key << _LINE_BITS | line_at(code, offset))
            if key not in self._watched:
                return disable
            meet(code, sys._getframe(1), self._owner)  # noqa: SLF001
            return None

        def on_line(code: CodeType, line: int) -> object:
            append(id(code) << _LINE_BITS | line)
            return disable

        return on_start, on_resume, on_line

    def _flush(self) -> None:
        hits = self._hits
        if not hits:
            return
        taken = hits[:]
        del hits[: len(taken)]  # in place: the callbacks hold the list, threads may add
        numbers: list[int] = []
        found = list(map(self._unit_by_key.get, taken))  # most keys, hence no loop in Python
        if None in found:
            for key, number in zip(taken, found, strict=True):
                if number is None:
                    numbers.extend(self._units_at(key) or self._units_at(key & ~_LINE_MASK))
        numbers.extend([number for number in found if number is not None])
        self._units.setdefault(self._owner, BitMap()).update(numbers)
        self._spent.update([key >> _LINE_BITS for key in taken])

    def _units_at(self, key: int) -> tuple[int, ...]:
        unit = self._unit_by_key.get(key)
        return (unit,) if unit is not None else self._units_by_key.get(key, ())

    def _rearm(self) -> None:
        set_local_events = self._monitoring.set_local_events
        watcher = _FREE_TOOL_IDS[1]
        for key in self._spent:
            code = self._codes.get(key)
            if code is not None:
                set_local_events(watcher, code, 0)
                set_local_events(watcher, code, self._events_by_code[key])
        self._spent.clear()


def line_at(code: CodeType, offset: int) -> int:
    """Return the 1-based line of an instruction, by its offset in bytes; 0 if it has none."""
    for start, end, line in code.co_lines():
        if start <= offset < end:
            return line or 0
    return 0
