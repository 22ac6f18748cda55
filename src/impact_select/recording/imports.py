"""Each execution of a project module becomes an owner, and each request for it an edge."""

import importlib
import sys
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, TypeVar

from _pytest.assertion.rewrite import AssertionRewritingHook

from impact_select.model.ids import RepoPath
from impact_select.model.recorded import OwnerKey, OwnerKind, Place
from impact_select.recording.asking import Asker, Frame
from impact_select.recording.owners import OwnerStack
from impact_select.recording.source_index import SourceIndex

# Python leaves frames of this name out of import tracebacks and of a warning's stack
# level. Our frame stands in the middle of them and must not be seen either.
_INVISIBLE: Final = "<frozen importlib._bootstrap_external>"
# What `importlib.import_module` calls; it looks it up each time, whoever holds the former.
_BOOTSTRAP: Final = vars(importlib)["_bootstrap"]
_FIND: Final = "_gcd_import"


class ImportNotes:
    """Who executed which project module, and who asked for it.

    Attributes:
        names: Names and package of each project file that was executed as a module.
        dynamic: For each file, the places in the project that asked for its import
            (None: nobody in the project).
        visited: The same for files that were loaded, which others looked into on behalf
            of the project.
        elsewhere: Files that code of others imported, be it on behalf of the project.
    """

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self.names: dict[RepoPath, set[tuple[str, str]]] = {}
        self.dynamic: dict[RepoPath, set[Place | None]] = {}
        self.visited: dict[RepoPath, set[Place | None]] = {}
        self.elsewhere: set[RepoPath] = set()

    def executed(self, path: RepoPath, name: str, package: str, frame: Frame | None) -> None:
        """Note that a module was executed, and for whom."""
        self.names.setdefault(path, set()).add((name, package))
        self.dynamic.setdefault(path, set()).add(self._asker.ask(frame).place)
        if self._asker.is_elsewhere(frame):
            self.elsewhere.add(path)

    def found(self, path: RepoPath, frame: Frame | None, *, held: bool) -> None:
        """Note that somebody asked for a module that was loaded.

        Args:
            path: Of the module.
            frame: Who asked.
            held: Whether that is code of the project, which may keep it: `mock.patch` and
                its like look names up in a module and keep nothing.
        """
        place = self._asker.ask(frame).place
        if place is not None:
            (self.dynamic if held else self.visited).setdefault(path, set()).add(place)
        if self._asker.is_elsewhere(frame):
            self.elsewhere.add(path)


class ImportWatch:
    """Patches the loaders that execute source files, and what `import_module` calls.

    A name that is put together at run time shows nowhere in the source. Whoever asks for a
    module by such a name depends on it, also when somebody else has loaded it before.
    """

    def __init__(self, index: SourceIndex, owners: OwnerStack, notes: ImportNotes) -> None:
        self._index = index
        self._owners = owners
        self._notes = notes
        self._originals: list[tuple[type, Callable[..., None]]] = []

    def start(self) -> None:
        """Patch the loaders."""
        for loader in (SourceFileLoader, AssertionRewritingHook):
            original: Callable[..., None] = loader.exec_module
            self._originals.append((loader, original))
            loader.exec_module = self._wrapper(original)  # type: ignore[method-assign]
        self._find = getattr(_BOOTSTRAP, _FIND)
        setattr(_BOOTSTRAP, _FIND, self._finder(self._find))

    def stop(self) -> None:
        """Put all of it back."""
        setattr(_BOOTSTRAP, _FIND, self._find)
        for loader, original in self._originals:
            loader.exec_module = original  # type: ignore[attr-defined]
        self._originals.clear()

    def _wrapper(self, original: Callable[..., None]) -> Callable[..., None]:
        before, after = self._before, self._after

        def exec_module(loader: Any, module: ModuleType) -> None:
            key = before(module)
            try:
                original(loader, module)
            finally:
                after(key)

        return _hidden(exec_module)

    def _finder(self, original: Callable[..., ModuleType]) -> Callable[..., ModuleType]:
        loaded, note = sys.modules, self._note_found

        def find(name: str, package: str | None = None, level: int = 0) -> ModuleType:
            before = len(loaded)
            module = original(name, package, level)
            if len(loaded) == before:
                note(module)
            return module

        return _hidden(find)

    def _note_found(self, module: ModuleType) -> None:
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        file = self._index.file(origin) if isinstance(origin, str) else None
        if file is None:
            return
        self._owners.use(OwnerKey(OwnerKind.IMPORT, file.path))
        # Frame 2 asked `import_module`, frame 3 called it.
        caller = sys._getframe(3).f_code.co_filename  # noqa: SLF001 - the documented way
        held = self._index.file(caller) is not None
        self._notes.found(file.path, sys._getframe(2), held=held)  # noqa: SLF001

    def _before(self, module: ModuleType) -> OwnerKey | None:
        spec = module.__spec__
        origin = spec.origin if spec is not None else None
        if not isinstance(origin, str):
            return None
        file = self._index.file(origin)
        if file is None or spec is None:
            return None
        frame = sys._getframe(2)  # noqa: SLF001 - the documented way
        self._notes.executed(file.path, module.__name__, spec.parent or "", frame)
        key = OwnerKey(OwnerKind.IMPORT, file.path)
        self._owners.begin(key)
        return key

    def _after(self, key: OwnerKey | None) -> None:
        if key is not None:
            self._owners.end(key)


_Function = TypeVar("_Function", bound=Callable[..., Any])


def _hidden(function: _Function) -> _Function:
    assert isinstance(function, FunctionType)
    code: CodeType = function.__code__.replace(co_filename=_INVISIBLE)
    function.__code__ = code
    return function


def modules_in_memory() -> dict[str, ModuleType]:
    """Return the loaded modules; a copy, because reading attributes may import."""
    return dict(sys.modules)
