"""How each executed file was loaded: what it imports, and who got hold of it."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from impact_select.model.ids import Blob, RepoPath
from impact_select.model.recorded import ModuleFacts, Place
from impact_select.recording.imports import ImportNotes
from impact_select.recording.source_index import SourceFile, SourceIndex


class ModuleReader:
    """Puts together what is known of each file.

    Args:
        index: The executed files.
        memory: Those in the memory of this process at the end, by their modules' names.
        notes: What was imported in this process.
        others: What was imported in others.
        unpickled: Modules from which installed code unpickled something.
        changed: Files that were different when they were loaded.
    """

    def __init__(
        self,
        index: SourceIndex,
        memory: Mapping[str, SourceFile],
        notes: ImportNotes,
        others: ImportNotes,
        unpickled: Collection[str],
        changed: Collection[RepoPath],
    ) -> None:
        self._index = index
        self._unpickled = unpickled
        self._changed = changed
        self._dynamic: dict[RepoPath, set[Place | None]] = {}
        self._asked: dict[RepoPath, set[tuple[int, RepoPath]]] = {}
        for one in (notes, others):
            for path, places in one.dynamic.items():
                self._dynamic.setdefault(path, set()).update(places)
            for asked in (one.dynamic, one.visited):
                for target, places in asked.items():
                    for place in places:
                        if place is not None and place[0] != target:
                            self._asked.setdefault(place[0], set()).add((place[1], target))
        self._resolver = _ImportResolver(memory, notes.names, others.names)

    def read(self) -> dict[RepoPath, ModuleFacts]:
        """Return the facts of all files."""
        return self._with_holders({file.path: self._module(file) for file in self._index.files()})

    def _module(self, file: SourceFile) -> ModuleFacts:
        resolver = self._resolver
        imports: set[tuple[int, RepoPath]] = set()
        foreign: set[str] = set()
        names = resolver.names(file.path)
        if file.outline is not None:
            for fact in file.outline.imports:
                for _, package in names or {("", "")}:
                    targets, outside = resolver.resolve(fact.level, fact.module, fact.name, package)
                    imports.update((fact.unit, target) for target in targets)
                    foreign.update(outside)
            parents = resolver.parents(file.path)
            imports.update((file.outline.loaded, parent) for parent in parents)
        return ModuleFacts(
            blob=Blob("") if file.path in self._changed else file.blob,
            names=frozenset(name for name, _ in names),
            imports=frozenset(item for item in imports if item[1] != file.path),
            dynamic=frozenset(self._asked.get(file.path, ())),
            foreign=frozenset(foreign),
            handed_out=False,
        )

    def _with_holders(self, modules: dict[RepoPath, ModuleFacts]) -> dict[RepoPath, ModuleFacts]:
        """Mark the modules that something else than a project's own code asked for things."""
        for path, facts in modules.items():
            for place in self._dynamic.get(path, ()):
                stated = place is not None and any(
                    (unit, path) in modules[place[0]].imports for unit in self._beside(place)
                )
                if not stated:
                    modules[path] = replace(facts, handed_out=True)
            if not facts.names.isdisjoint(self._unpickled):
                modules[path] = replace(facts, handed_out=True)
        return modules

    def _beside(self, place: Place) -> set[int]:
        """Return the units on a place's lines; a statement has one for each name it imports."""
        path, unit = place
        file = self._index.known(path)
        spans = file.outline.lines if file is not None and file.outline is not None else ()
        own = [span for span in spans if span.unit == unit]
        return {unit} | {
            span.unit
            for span in spans
            if any(one.first <= span.last and span.first <= one.last for one in own)
        }


class _ImportResolver:
    """Import statements to files, by what is in memory at the end.

    Other processes may have had another file by the same name: each may be meant.
    """

    def __init__(
        self,
        modules: Mapping[str, SourceFile],
        executed: Mapping[RepoPath, set[tuple[str, str]]],
        elsewhere: Mapping[RepoPath, set[tuple[str, str]]],
    ) -> None:
        self._files: dict[str, set[RepoPath]] = {
            name: {file.path} for name, file in modules.items()
        }
        self._names: dict[RepoPath, set[tuple[str, str]]] = {
            path: set(names) for path, names in executed.items()
        }
        for path, names in executed.items():
            for name, _ in names:
                self._files.setdefault(name, {path})
        for path, names in elsewhere.items():
            self._names.setdefault(path, set()).update(names)
            for name, _ in names:
                self._files.setdefault(name, set()).add(path)
        for name, file in modules.items():
            is_package = file.path.endswith("__init__.py")
            package = name if is_package else name.rpartition(".")[0]
            self._names.setdefault(file.path, set()).add((name, package))

    def names(self, path: RepoPath) -> set[tuple[str, str]]:
        """Return the (module name, package) pairs under which a file was imported."""
        return self._names.get(path, set())

    def parents(self, path: RepoPath) -> set[RepoPath]:
        """Return the packages around a file, which were imported before it."""
        found: set[RepoPath] = set()
        for name, _ in self.names(path):
            package = name.rpartition(".")[0]
            while package:
                if package in self._files:
                    found |= self._files[package]
                package = package.rpartition(".")[0]
        return found

    def resolve(
        self, level: int, module: str, name: str, package: str
    ) -> tuple[set[RepoPath], set[str]]:
        """Return the project files that an import executes, and foreign top-level names."""
        absolute = module
        if level:
            parts = package.split(".")
            kept = parts[: len(parts) - (level - 1)]
            absolute = ".".join([*kept, module] if module else kept)
        parts = absolute.split(".")
        wanted = [".".join(parts[: count + 1]) for count in range(len(parts))]
        if name and name != "*":
            wanted.append(f"{absolute}.{name}")
        found = {path for some in wanted for path in self._files.get(some, ())}
        outside = set() if found or level else {parts[0]}
        return found, outside
