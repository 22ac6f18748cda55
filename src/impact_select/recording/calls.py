"""The collector of last resort: whole functions, through `sys.setprofile`.

Python 3.11 has one trace function. When a debugger or pytest-cov has it, taking it would
spoil their results; the profile function is free, and tells of each call. Every unit of a
called function counts as run: coarser, never smaller.
"""

import sys
import threading
from types import CodeType, FrameType

from pyroaring import BitMap

from impact_select.recording.receivers import ReceiverWatch
from impact_select.recording.source_index import SourceIndex


class CallsCollector:
    """Collector of function calls."""

    name = "calls"
    receivers: ReceiverWatch | None = None

    def __init__(self, index: SourceIndex) -> None:
        self._index = index
        self._codes: dict[int, CodeType] = {}
        self._foreign: dict[int, CodeType] = {}
        self._called: set[int] = set()
        self._owner = 0
        self._units: dict[int, BitMap] = {}
        self._busy = False

    def start(self) -> None:
        """Begin to watch this thread and those started later."""
        threading.setprofile(self._on_event)
        sys.setprofile(self._on_event)

    def switch(self, owner: int, *, fresh: bool) -> None:
        """See Collector.switch."""
        self._flush()
        self._owner = owner

    def abandon(self) -> None:
        """See Collector.abandon."""
        sys.setprofile(None)
        threading.setprofile(None)

    def stop(self) -> dict[int, BitMap]:
        """Stop watching."""
        self.abandon()
        self._flush()
        return self._units

    def _on_event(self, frame: FrameType, event: str, _argument: object) -> None:
        if event != "call":
            return
        code = frame.f_code
        key = id(code)
        if key in self._codes:
            self._called.add(key)
        elif key not in self._foreign and not self._busy:
            self._busy = True
            try:
                if self._index.file(code.co_filename) is None:
                    self._foreign[key] = code
                else:
                    self._codes[key] = code
                    self._called.add(key)
            finally:
                self._busy = False

    def _flush(self) -> None:
        called, self._called = self._called, set()
        units = self._units.setdefault(self._owner, BitMap())
        for key in called:
            code = self._codes[key]
            file = self._index.file(code.co_filename)
            if file is not None:
                units.update(file.units_of_symbol(code))
