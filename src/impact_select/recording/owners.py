"""The stack of owners: who causes what runs at this moment.

The session is at the bottom. An owner that begins while another one is on top belongs to
it (a module that a test imports, a fixture that it is the first to need), so the lower one
uses the upper one; but nothing that begins under the session alone is the session's.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from pyroaring import BitMap

from impact_select.model.recorded import OwnerKey, OwnerKind, Read
from impact_select.recording.collector import Collector

SESSION: Final = OwnerKey(OwnerKind.SESSION, "")


class OwnerStack:
    """Owners of this process, what they use, and which of them is on top.

    Attributes:
        before_switch: Called before another owner comes to be on top.
    """

    def __init__(self, collector: Collector) -> None:
        self._collector: Collector | None = collector
        self._numbers: dict[OwnerKey, int] = {SESSION: 0}
        self._keys: list[OwnerKey] = [SESSION]
        self._stack: list[int] = [0]
        self._uses: dict[int, set[int]] = {0: set()}
        self._reads: dict[int, set[Read]] = {}
        self.before_switch: Callable[[], None] | None = None

    @property
    def top(self) -> OwnerKey:
        """The owner of what runs now."""
        return self._keys[self._stack[-1]]

    def begin(self, key: OwnerKey, *, used: bool = True) -> None:
        """Put an owner on top.

        Args:
            key: The owner; it may have had a turn before.
            used: False when the owner below does not depend on it, as for the tear-down
                of a fixture that happens to come within some test.
        """
        if self.before_switch is not None:
            self.before_switch()
        number = self.number(key)
        below = self._stack[-1]
        if used and below and below != number:
            self._uses[below].add(number)
        self._stack.append(number)
        self._switch(number, fresh=True)

    def end(self, key: OwnerKey) -> None:
        """Take an owner off, and whatever was left above it."""
        number = self.number(key)
        if number not in self._stack[1:]:
            return
        if self.before_switch is not None:
            self.before_switch()
        fresh = False
        while len(self._stack) > 1:
            removed = self._stack.pop()
            below = self._stack[-1]
            fresh = fresh or (removed != below and removed not in self._uses[below])
            if removed == number:
                break
        self._switch(self._stack[-1], fresh=fresh)

    def retire(self) -> None:
        """Have no more turns taken: this is a forked process, which its own recorder watches."""
        self._collector = None

    def _switch(self, number: int, *, fresh: bool) -> None:
        if self._collector is not None:
            self._collector.switch(number, fresh=fresh)

    @contextmanager
    def turn(self, key: OwnerKey, *, used: bool = True) -> Iterator[None]:
        """Put an owner on top for a `with` block."""
        self.begin(key, used=used)
        try:
            yield
        finally:
            self.end(key)

    def had_turn(self, key: OwnerKey) -> bool:
        """Tell whether an owner has been on top, or was named by another one."""
        return key in self._numbers

    def use(self, key: OwnerKey) -> None:
        """Note that the owner on top depends on another one, unless it is the session."""
        number = self.number(key)
        top = self._stack[-1]
        if top and top != number:
            self._uses[top].add(number)

    def link(self, user: OwnerKey, used: OwnerKey) -> None:
        """Note that an owner depends on another one."""
        self._uses[self.number(user)].add(self.number(used))

    def read(self, read: Read) -> None:
        """Note that the owner on top looked at an input."""
        self._reads.setdefault(self._stack[-1], set()).add(read)

    def link_read(self, key: OwnerKey, read: Read) -> None:
        """Note that some owner looked at an input."""
        self._reads.setdefault(self.number(key), set()).add(read)

    def finished(
        self, units: dict[int, BitMap]
    ) -> Iterator[tuple[OwnerKey, BitMap, frozenset[Read], frozenset[OwnerKey]]]:
        """Iterate over all owners with their unit numbers, reads and used owners."""
        for number, key in enumerate(self._keys):
            uses = frozenset(self._keys[used] for used in self._uses[number])
            reads = frozenset(self._reads.get(number, ()))
            yield key, units.get(number, BitMap()), reads, uses

    def key(self, number: int) -> OwnerKey:
        """Return the owner that the collector knows by a number."""
        return self._keys[number]

    def number(self, key: OwnerKey) -> int:
        """Return the number by which the collector knows an owner."""
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._keys)
            self._keys.append(key)
            self._uses[number] = set()
        return number
