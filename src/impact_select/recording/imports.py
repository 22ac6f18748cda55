"""Each execution of a project module becomes an owner, and each request for it an edge."""

import sys
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

from _pytest.assertion.rewrite import AssertionRewritingHook

from impact_select.model.ids import RepoPath
from impact_select.model.recorded import OwnerKey, OwnerKind
from impact_select.recording.asking import Asker
from impact_select.recording.owners import OwnerStack
from impact_select.recording.source_index import SourceIndex

# Python leaves frames of this name out of import tracebacks and of a warning's stack
# level. Our frame stands in the middle of them and must not be seen either.
_INVISIBLE: Final = "<frozen importlib._bootstrap_external>"


class ImportWatch:
    """Patches the loaders that execute source files.

    Attributes:
        names: Names and package of each project file that was executed as a module.
        dynamic: For each file, the places in the project that asked for its import
            (None: nobody in the project).
        elsewhere: Files that code of others imported, be it on behalf of the project.
    """

    def __init__(self, index: SourceIndex, owners: OwnerStack, asker: Asker) -> None:
        self._index = index
        self._owners = owners
        self._asker = asker
        self._originals: list[tuple[type, Callable[..., None]]] = []
        self.names: dict[RepoPath, set[tuple[str, str]]] = {}
        self.dynamic: dict[RepoPath, set[tuple[RepoPath, int] | None]] = {}
        self.elsewhere: set[RepoPath] = set()

    def start(self) -> None:
        """Patch the loaders."""
        for loader in (SourceFileLoader, AssertionRewritingHook):
            original: Callable[..., None] = loader.exec_module
            self._originals.append((loader, original))
            loader.exec_module = self._wrapper(original)  # type: ignore[method-assign]

    def stop(self) -> None:
        """Put the loaders back."""
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

        assert isinstance(exec_module, FunctionType)
        code: CodeType = exec_module.__code__.replace(co_filename=_INVISIBLE)
        exec_module.__code__ = code
        return exec_module

    def _before(self, module: ModuleType) -> OwnerKey | None:
        spec = module.__spec__
        origin = spec.origin if spec is not None else None
        if not isinstance(origin, str):
            return None
        file = self._index.file(origin)
        if file is None or spec is None:
            return None
        self.names.setdefault(file.path, set()).add((module.__name__, spec.parent or ""))
        place = self._asker.ask(2).place
        self.dynamic.setdefault(file.path, set()).add(place)
        if self._asker.is_elsewhere(2):
            self.elsewhere.add(file.path)
        key = OwnerKey(OwnerKind.IMPORT, file.path)
        self._owners.begin(key)
        return key

    def _after(self, key: OwnerKey | None) -> None:
        if key is not None:
            self._owners.end(key)


def modules_in_memory() -> dict[str, ModuleType]:
    """Return the loaded modules; a copy, because reading attributes may import."""
    return dict(sys.modules)
