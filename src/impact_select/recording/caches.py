"""`functools.lru_cache`: each wrapper's fills are one owner, given to all that hit it."""

import functools
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any, Final

from impact_select.model.recorded import OwnerKey, OwnerKind
from impact_select.recording.owners import OwnerStack
from impact_select.recording.source_index import SourceIndex

_OWN_FILES: Final = frozenset({__file__, functools.__file__})


class CacheWatch:
    """Patches `functools.lru_cache` (and so `functools.cache`) for project code.

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

    def filled(self) -> frozenset[OwnerKey]:
        """Return the owners of all fills of caches that hold something now."""
        found = list(self._caches.values())
        return frozenset(key for wrapper, key in found if wrapper.cache_info().currsize)

    def _lru_cache(self, maxsize: Any = 128, typed: bool = False) -> Any:
        if callable(maxsize) and isinstance(typed, bool):
            return self._wrap(maxsize, 128, typed)

        def decorate(function: Callable[..., Any]) -> Any:
            return self._wrap(function, maxsize, typed)

        return decorate

    def _wrap(self, function: Callable[..., Any], maxsize: Any, typed: bool) -> Any:
        key = self._key(function)
        if key is None:
            return self._original(maxsize=maxsize, typed=typed)(function)
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

    def _key(self, function: Callable[..., Any]) -> OwnerKey | None:
        """Return the owner of a cache's fills; None when they are no project code's.

        What has no code of its own (a `partial`, an object, a class) counts where project
        code asked for the cache.
        """
        code = getattr(function, "__code__", None)
        if isinstance(code, CodeType):
            file = self._index.file(code.co_filename)
            if file is not None:
                place = f"{code.co_qualname}:{code.co_firstlineno}"
                return OwnerKey(OwnerKind.CACHE, f"{file.path}::{place}")
        frame = sys._getframe(1)  # noqa: SLF001
        while frame.f_back is not None and frame.f_code.co_filename in _OWN_FILES:
            frame = frame.f_back
        file = self._index.file(frame.f_code.co_filename)
        if file is None:
            return None
        return OwnerKey(
            OwnerKind.CACHE, f"{file.path}::{frame.f_code.co_qualname}:{frame.f_lineno}"
        )
