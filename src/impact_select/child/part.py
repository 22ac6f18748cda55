"""Where a process puts what it sees, so that it is safe before anybody can notice it.

A process may be killed at any moment, and its test goes on with what it did. So each note is
stored in memory that is mapped to a file, and stays there whatever becomes of the process,
before the code goes on. No file stays open: a program may close all that it does not know.

A part is made of segments. Those of lines are tables of 64-bit numbers, in which zero is an
empty place; those of notes are sequences of `marshal` data, each with its length before it.
Whatever can go wrong while one is written is at the end of a segment.
"""

from __future__ import annotations

import itertools
import marshal
import mmap
import os
import sys
from _thread import allocate_lock, get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

CONTEXT_SHIFT = 48  # contexts in the upper 16 bits, code objects in 26, lines in 22
CODE_SHIFT = 22
BROKEN = 1  # no code object has number 0
CODE_MASK = (1 << (CONTEXT_SHIFT - CODE_SHIFT)) - 1
LINE_MASK = (1 << CODE_SHIFT) - 1
LAST_CONTEXT = (1 << (64 - CONTEXT_SHIFT)) - 1
# Most programs fit into the first segments; the rest grows by doubling.
_LINES = 4096
_NOTES = 1 << 16
_LENGTH = 4  # bytes before each note
# Nothing that was mapped is let go: earlier Pythons keep a descriptor with it, and would close
# whatever the program has put in its place meanwhile.
_kept: list[object] = []
# Later Pythons need not keep the file open.
_UNTRACKED: dict[str, Any] = {"trackfd": False} if sys.version_info >= (3, 13) else {}


class Part:
    """What one process writes.

    Attributes:
        writer: The thread that is opening a file for us at the moment, or 0.

    Args:
        stem: Where to put the segments: a folder and the beginning of a name.
    """

    def __init__(self, stem: str) -> None:
        self._stem = stem
        self._numbers = itertools.count()
        self._lock = allocate_lock()
        self._codes = itertools.count(1)
        self._context = 0
        self._capacity = _LINES
        self._is_broken = False
        self.writer = 0
        self._slots: tuple[memoryview, Callable[[], int]] = self._lines()
        self._first = self._slots[0]
        self._slots[1]()  # the first place tells of failures
        self._notes = self._segment("notes", _NOTES)
        self._position = 0

    def next_code(self) -> int:
        """Return the number of a new code object, shifted."""
        return next(self._codes) << CODE_SHIFT

    def attribute(self, context: int) -> None:
        """Give lines to a context from now on; the last one stands for all that follow."""
        self._context = min(context, LAST_CONTEXT) << CONTEXT_SHIFT

    def hit(self, line: int) -> None:
        """Note a line: the shifted number of a code object, and the line's own."""
        slots, take = self._slots
        try:
            slots[take()] = self._context | line
        except IndexError:
            self._capacity *= 2
            self._slots = slots, take = self._lines()
            slots[take()] = self._context | line

    def note(self, *fields: object) -> None:
        """Note anything that `marshal` can write; a failure breaks the part, not the program."""
        try:
            self._note(fields)
        except Exception:  # noqa: BLE001 (whatever it is, it is not the program's concern)
            self.fail()

    def fail(self) -> None:
        """Note that something is missing in this part."""
        self._is_broken = True
        self._first[0] = BROKEN

    def _note(self, fields: tuple[object, ...]) -> None:
        data = marshal.dumps(fields)  # type: ignore[arg-type]  # what it cannot write, it says
        data = len(data).to_bytes(_LENGTH, "little") + data
        # Another thread, or a signal in this one, may come at any time: it gets a file of
        # its own, rather than a wait that may never end.
        if not self._lock.acquire(False):
            self._alone(data)
            return
        try:
            if self._position + len(data) > len(self._notes):
                self._notes = self._segment("notes", max(_NOTES * 4, 2 * len(data)))
                self._position = 0
            self._notes[self._position : self._position + len(data)] = data
            self._position += len(data)
        finally:
            self._lock.release()

    def _alone(self, data: bytes) -> None:
        before, self.writer = self.writer, get_ident()
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            descriptor = os.open(f"{self._stem}.{next(self._numbers)}.notes", flags, 0o600)
            try:
                os.write(descriptor, data + bytes(_LENGTH))
            finally:
                os.close(descriptor)
        finally:
            self.writer = before

    def _lines(self) -> tuple[memoryview, Callable[[], int]]:
        segment = self._segment("lines", self._capacity * 8)
        # The counter is asked for places, because no thread comes between the question
        # and the answer.
        return memoryview(segment).cast("Q"), itertools.count().__next__

    def _segment(self, kind: str, size: int) -> mmap.mmap:
        if self._is_broken:
            return mmap.mmap(-1, size)
        try:
            return self._mapped_file(kind, size)
        except OSError:
            if not hasattr(self, "_first"):
                raise
            self.fail()
            return mmap.mmap(-1, size)

    def _mapped_file(self, kind: str, size: int) -> mmap.mmap:
        before, self.writer = self.writer, get_ident()
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
            descriptor = os.open(f"{self._stem}.{next(self._numbers)}.{kind}", flags, 0o600)
            try:
                # Room is taken now: a full disk would kill the process later.
                if sys.platform == "linux":
                    os.posix_fallocate(descriptor, 0, size)
                else:
                    os.ftruncate(descriptor, size)
                segment = mmap.mmap(descriptor, size, **_UNTRACKED)
                _kept.append(segment)
                return segment
            finally:
                os.close(descriptor)
        finally:
            self.writer = before


def read_lines(content: bytes) -> Iterator[int]:
    """Yield the lines of a segment."""
    return filter(None, memoryview(content).cast("Q"))


def read_notes(content: bytes) -> Iterator[tuple[object, ...]]:
    """Yield the notes of a segment; one that was never finished is left out."""
    position = 0
    while position + _LENGTH <= len(content):
        size = int.from_bytes(content[position : position + _LENGTH], "little")
        position += _LENGTH
        if not size:
            return
        try:
            # The files are in a folder of ours that nobody else can write to.
            note = marshal.loads(content[position : position + size])  # noqa: S302
        except (EOFError, ValueError, TypeError):
            return
        if isinstance(note, tuple):
            yield note
        position += size
