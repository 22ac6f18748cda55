"""Each execution of a project module in this process, and each request for one."""

from __future__ import annotations

import _frozen_importlib as bootstrap  # `importlib` loads more than these two
import itertools
import sys
from _frozen_importlib_external import SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from impact_select.child.codes import Codes
    from impact_select.child.part import Part
    from impact_select.child.stacks import Stacks

# As in `recording.imports`: Python leaves frames of this name out of tracebacks.
_INVISIBLE = "<frozen importlib._bootstrap_external>"
_FIND = "_gcd_import"


class LoadWatch:
    """Gives what runs while a module is imported a context of its own.

    Args:
        on_switch: Told whose turn it is from now on.
    """

    def __init__(
        self, codes: Codes, stacks: Stacks, part: Part, on_switch: Callable[[int], None]
    ) -> None:
        self._codes = codes
        self._stacks = stacks
        self._part = part
        self._on_switch = on_switch
        self._next = itertools.count(1)
        self._turns = [0]
        self._seen: set[tuple[object, ...]] = set()

    @property
    def context(self) -> int:
        """Whose turn it is."""
        return self._turns[-1]

    def start(self) -> None:
        """Patch what executes modules, and what `import_module` calls."""
        loader: Any = SourceFileLoader
        loader.exec_module = self._executor(loader.exec_module)
        finder: Any = bootstrap
        setattr(finder, _FIND, self._finder(getattr(finder, _FIND)))

    def renew(self, part: Part) -> None:
        """Begin again in a forked process: all that was going on is its own now."""
        self._part = part
        self._next = itertools.count(1)
        self._turns = [0]
        self._seen.clear()

    def begin(self) -> int:
        """Begin a new context."""
        context = next(self._next)
        self._turns.append(context)
        self._on_switch(context)
        return context

    def end(self, context: int) -> None:
        """End a context, and those that were left above it."""
        if context in self._turns[1:]:
            del self._turns[self._turns.index(context) :]
            self._on_switch(self._turns[-1])

    def rebase(self) -> int:
        """Begin a context that stands below all later ones."""
        context = next(self._next)
        self._turns = [context]
        self._on_switch(context)
        return context

    def _executor(self, original: Callable[..., None]) -> Callable[..., None]:
        before, after = self._before, self._after

        def exec_module(loader: Any, module: ModuleType) -> None:
            context = before(module)
            try:
                original(loader, module)
            finally:
                after(context)

        _hide(exec_module)
        return exec_module

    def _finder(self, original: Callable[..., ModuleType]) -> Callable[..., ModuleType]:
        loaded, note = sys.modules, self._note_found

        def find(name: str, package: str | None = None, level: int = 0) -> ModuleType:
            before = len(loaded)
            module = original(name, package, level)
            if len(loaded) == before:
                note(module)
            return module

        _hide(find)
        return find

    def _before(self, module: ModuleType) -> int:
        spec = module.__spec__
        origin = spec.origin if spec is not None else None
        path = self._codes.file(origin) if isinstance(origin, str) else None
        if path is None or spec is None:
            return 0
        below = self.context
        context = self.begin()
        stack = self._stacks.number(sys._getframe(2))  # noqa: SLF001 - the documented way
        names = (module.__name__, spec.parent or "")
        self._part.note("import", below, stack, context, path, *names)
        return context

    def _after(self, context: int) -> None:
        if context:
            self.end(context)

    def _note_found(self, module: ModuleType) -> None:
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        path = self._codes.file(origin) if isinstance(origin, str) else None
        if path is not None:
            stack = self._stacks.number(sys._getframe(2))  # noqa: SLF001
            fields = ("found", self.context, stack, path)
            if fields not in self._seen:
                self._seen.add(fields)
                self._part.note(*fields)


def _hide(function: Any) -> None:
    function.__code__ = function.__code__.replace(co_filename=_INVISIBLE)
