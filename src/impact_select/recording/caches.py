"""`functools.lru_cache`: each wrapper's fills are one owner, given to all that hit it."""

import functools
from collections.abc import Callable
from typing import Any

from impact_select.model.recorded import OwnerKey, OwnerKind
from impact_select.recording.owners import OwnerStack
from impact_select.recording.source_index import SourceIndex


class CacheWatch:
    """Patches `functools.lru_cache` (and so `functools.cache`) for project functions.

    A cached function is called through a stand-in that makes the fill an owner. Hits
    never reach Python code; a wrapper's own counters tell whether it was hit.
    """

    def __init__(self, index: SourceIndex, owners: OwnerStack) -> None:
        self._index = index
        self._owners = owners
        self._original: Callable[..., Any] = functools.lru_cache
        self._caches: dict[int, tuple[Any, OwnerKey]] = {}
        self._hits: dict[int, int] = {}

    def start(self) -> None:
        """Patch `functools`."""
        functools.lru_cache = self._lru_cache
        self._owners.before_switch = self.note_hits

    def stop(self) -> None:
        """Put `functools` back."""
        functools.lru_cache = self._original
        self._owners.before_switch = None

    def note_hits(self) -> None:
        """Give the fills of every cache that was hit since the last call to the top owner."""
        for number, (wrapper, key) in list(self._caches.items()):
            hits = wrapper.cache_info().hits
            if hits != self._hits[number]:
                self._hits[number] = hits
                self._owners.use(key)

    def _lru_cache(self, maxsize: Any = 128, typed: bool = False) -> Any:
        if callable(maxsize) and isinstance(typed, bool):
            return self._wrap(maxsize, 128, typed)

        def decorate(function: Callable[..., Any]) -> Any:
            return self._wrap(function, maxsize, typed)

        return decorate

    def _wrap(self, function: Callable[..., Any], maxsize: Any, typed: bool) -> Any:
        code = getattr(function, "__code__", None)
        file = self._index.file(code.co_filename) if code is not None else None
        if code is None or file is None:
            return self._original(maxsize=maxsize, typed=typed)(function)
        key = OwnerKey(
            OwnerKind.CACHE, f"{file.path}::{function.__qualname__}:{code.co_firstlineno}"
        )
        owners = self._owners

        @functools.wraps(function)
        def fill(*arguments: Any, **named: Any) -> Any:
            with owners.turn(key):
                return function(*arguments, **named)

        wrapper = self._original(maxsize=maxsize, typed=typed)(fill)
        wrapper.__wrapped__ = function
        self._caches[id(wrapper)] = (wrapper, key)
        self._hits[id(wrapper)] = 0
        return wrapper
