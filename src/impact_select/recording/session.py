"""One recording: puts the watchers together, and turns what they saw into a RecordedRun."""

import os
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from pyroaring import BitMap

from impact_select.errors import UsageMistake
from impact_select.model.ids import Blob, RepoPath
from impact_select.model.recorded import (
    Method,
    ModuleFacts,
    OwnerKey,
    OwnerKind,
    OwnerRecord,
    Place,
    RecordedRun,
)
from impact_select.model.source import Outline
from impact_select.recording.asking import Asker
from impact_select.recording.caches import CacheWatch
from impact_select.recording.calls import CallsCollector
from impact_select.recording.collector import Collector
from impact_select.recording.distributions import (
    installed_versions,
    providers,
    required_names,
)
from impact_select.recording.fixtures import FixtureWatch
from impact_select.recording.imports import ImportWatch, modules_in_memory
from impact_select.recording.inputs import InputWatch
from impact_select.recording.monitoring import MonitoringCollector, tools_available
from impact_select.recording.owners import SESSION, OwnerStack
from impact_select.recording.source_index import (
    OutlineLookup,
    ProjectFolder,
    SourceFile,
    SourceIndex,
)
from impact_select.recording.tests import TestWatch


class Recording:
    """Everything that watches, from `start` to `stop`.

    Args:
        top: Top of the repository's work tree.
        collector: `auto`, or the name of the collector to use.
        coverage_follows: True when another tool is going to take the trace function.
        known_outline: Looks the outline of a file up by the id of its bytes.
    """

    def __init__(
        self,
        top: Path,
        collector: str,
        *,
        coverage_follows: bool,
        known_outline: OutlineLookup,
    ) -> None:
        self._folder = ProjectFolder(top)
        self._index = SourceIndex(self._folder, known_outline)
        self.collector = make_collector(collector, self._index, coverage_follows)
        self._owners = OwnerStack(self.collector)
        own_project = self._folder.repo_path(__file__) is not None
        asker = Asker(self._index, own_project)
        self._imports = ImportWatch(self._index, self._owners, asker)
        self._inputs = InputWatch(self._folder, self._owners, asker)
        self._caches = CacheWatch(self._index, self._owners)
        self._fixtures = FixtureWatch(self._owners)
        self._tests = TestWatch(self._folder, self._owners, self._caches)
        self._preloaded = self._project_modules(modules_in_memory())

    def on_new_file(self, callback: Callable[[str], None]) -> None:
        """Have the absolute path of each executed project file told, once."""

        def tell(path: str) -> None:
            with self._inputs.paused():
                callback(path)

        self._index.on_new_file = tell
        for file in self._index.files():
            tell(os.path.join(self._folder.top, file.path))

    def outlines(self) -> dict[Blob, Outline]:
        """Return the outlines of the executed files of this process, by their bytes."""
        return {file.blob: file.outline for file in self._index.files() if file.outline is not None}

    def plugins(self) -> tuple[object, ...]:
        """Return the objects to register with pytest's plugin manager."""
        return (self._tests, self._fixtures)

    def start(self) -> None:
        """Begin to watch."""
        self._imports.start()
        self._caches.start()
        self._fixtures.start()
        self._inputs.start()
        self.collector.start()

    def stop(self) -> RecordedRun:
        """Stop watching; return what was seen."""
        units = self.collector.stop()
        self._inputs.stop()
        self._fixtures.stop()
        self._caches.stop()
        self._imports.stop()
        return self._run(units)

    def _run(self, units: dict[int, BitMap]) -> RecordedRun:
        files = list(self._index.files())
        memory = modules_in_memory()
        resolver = _ImportResolver(self._project_modules(memory), self._imports.names)
        foreign_names = {name.partition(".")[0] for name in memory}
        provided = {name: dists for name, dists in providers().items() if name in foreign_names}
        modules = self._with_holders({file.path: self._module(file, resolver) for file in files})
        versions = installed_versions(sys.path)
        loaded = frozenset(name for names in provided.values() for name in names)
        owners = self._owner_records(units, files)
        return RecordedRun(
            owners=owners,
            tests=dict(self._tests.tests),
            modules=modules,
            asked={place: frozenset(reads) for place, reads in self._inputs.asked.items()},
            asked_afresh={
                place: frozenset(reads) for place, reads in self._inputs.asked_afresh.items()
            },
            failed_imports={
                place: frozenset(name for name in names if name not in memory)
                for place, names in self._inputs.failed_imports.items()
            },
            search=self._search(),
            distributions=versions,
            requires=required_names(versions),
            provides=provided,
            loaded_distributions=loaded & versions.keys(),
            empty_files=self._tests.empty_files(),
            written=frozenset(self._inputs.written),
            finders=self._finders(),
            unseen=self._unseen(files),
        )

    def _finders(self) -> dict[Method, dict[str, frozenset[OwnerKey]]]:
        receivers = self.collector.receivers
        if receivers is None:
            return {}
        return {
            method: {
                name: frozenset(map(self._owners.key, owners)) for name, owners in found.items()
            }
            for method, found in receivers.finders()
        }

    def _unseen(self, files: Iterable[SourceFile]) -> frozenset[Method]:
        """Return methods whose receivers are not known, or not those from before we watched."""
        receivers = self.collector.receivers
        blind = set() if receivers is None else set(receivers.blind())
        before = {file.path for file in self._preloaded.values()}
        return frozenset(
            blind
            | {
                (file.path, symbol)
                for file in files
                if receivers is None or file.path in before
                for symbol in file.filling_methods()
            }
        )

    def _owner_records(
        self, units: dict[int, BitMap], files: list[SourceFile]
    ) -> dict[OwnerKey, OwnerRecord]:
        bases = [file.base for file in files]
        records: dict[OwnerKey, OwnerRecord] = {}
        for key, own, reads, uses in self._owners.finished(units):
            by_file = {files[position].path: found for position, found in _split(own, files, bases)}
            if key.kind is OwnerKind.IMPORT:
                self._add_loaded(by_file, RepoPath(key.name))
            if key == SESSION:
                self._add_preloaded(by_file)
                uses |= {OwnerKey(OwnerKind.IMPORT, path) for path in self._imported_by_others()}
            records[key] = OwnerRecord(by_file, reads, uses)
        return records

    def _imported_by_others(self) -> frozenset[RepoPath]:
        """Return the modules that others asked for and may have kept: they are the session's.

        Those that pytest imports are not meant: test files concern their own tests,
        conftest files those below them, packages the modules in them.
        """
        asked = self._imports.dynamic.items()
        found = {
            path for path, places in asked if None in places and not path.endswith("__init__.py")
        }
        own = self._tests.collected_files()
        return frozenset(
            path
            for path in (found | self._imports.elsewhere) - own
            if path.rpartition("/")[2] != "conftest.py"
        )

    def _add_loaded(self, by_file: dict[RepoPath, BitMap], path: RepoPath) -> None:
        file = self._index.known(path)
        if file is not None:
            by_file.setdefault(path, BitMap()).add(file.loaded - file.base)

    def _add_preloaded(self, by_file: dict[RepoPath, BitMap]) -> None:
        """Give all units of files that were loaded before us to the session.

        What ran when they were imported cannot be known any more.
        """
        for file in self._preloaded.values():
            every = BitMap(range(file.loaded - file.base + 1))
            by_file[file.path] = by_file.get(file.path, BitMap()) | every

    def _module(self, file: SourceFile, resolver: "_ImportResolver") -> ModuleFacts:
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
            blob=file.blob,
            names=frozenset(name for name, _ in names),
            imports=frozenset(item for item in imports if item[1] != file.path),
            dynamic=self._dynamic(file),
            foreign=frozenset(foreign),
            handed_out=False,
        )

    def _dynamic(self, file: SourceFile) -> frozenset[tuple[int, RepoPath]]:
        """Return what this file's places asked to import, statements included."""
        return frozenset(
            (place[1], target)
            for asked in (self._imports.dynamic, self._imports.visited)
            for target, places in asked.items()
            for place in places
            if place is not None and place[0] == file.path and target != file.path
        )

    def _with_holders(self, modules: dict[RepoPath, ModuleFacts]) -> dict[RepoPath, ModuleFacts]:
        """Mark the modules that something else than a project's own code asked for things."""
        for path, facts in modules.items():
            for place in self._imports.dynamic.get(path, ()):
                stated = place is not None and any(
                    (unit, path) in modules[place[0]].imports for unit in self._beside(place)
                )
                if not stated:
                    modules[path] = replace(facts, handed_out=True)
            if not facts.names.isdisjoint(self._inputs.unpickled):
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

    def _project_modules(self, memory: Mapping[str, ModuleType]) -> dict[str, SourceFile]:
        found: dict[str, SourceFile] = {}
        for name, module in memory.items():
            filename = getattr(module, "__file__", None)
            if isinstance(filename, str) and filename.endswith(".py"):
                file = self._index.file(filename)
                if file is not None:
                    found[name] = file
        return found

    def _search(self) -> frozenset[RepoPath]:
        paths = (self._folder.repo_path(os.path.abspath(entry)) for entry in sys.path)  # noqa: PTH100
        return frozenset(path for path in paths if path is not None)


class _ImportResolver:
    """Import statements to files, by what is in memory at the end."""

    def __init__(
        self,
        modules: Mapping[str, SourceFile],
        executed: Mapping[RepoPath, set[tuple[str, str]]],
    ) -> None:
        self._files: dict[str, RepoPath] = {name: file.path for name, file in modules.items()}
        self._names: dict[RepoPath, set[tuple[str, str]]] = {
            path: set(names) for path, names in executed.items()
        }
        for path, names in executed.items():
            for name, _ in names:
                self._files.setdefault(name, path)
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
                    found.add(self._files[package])
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
        found = {self._files[some] for some in wanted if some in self._files}
        outside = set() if found or level else {parts[0]}
        return found, outside


def make_collector(name: str, index: SourceIndex, coverage_follows: bool) -> Collector:
    """Choose a collector that can work here and spoils nobody else's results.

    Raises:
        UsageMistake: The one that was asked for cannot work.
    """
    if name == "monitoring" or (name == "auto" and tools_available()):
        if not tools_available():
            raise UsageMistake(
                "the monitoring collector needs Python 3.12 or later, and tool ids 3 and 4"
                " of sys.monitoring free; choose --impact-collector=auto"
            )
        return MonitoringCollector(index)
    taken = coverage_follows or sys.gettrace() is not None
    if name == "calls" or (name == "auto" and taken):
        return CallsCollector(index)
    if taken:
        raise UsageMistake(
            "the coverage collector needs the trace function, which another tool has taken;"
            " choose --impact-collector=calls, or leave that tool out"
        )
    from impact_select.recording.coverage_lines import CoverageCollector

    return CoverageCollector(index)


def _split(
    units: BitMap, files: list[SourceFile], bases: list[int]
) -> Iterable[tuple[int, BitMap]]:
    """Cut unit numbers of the process into unit indices per file."""
    numbers = list(units)
    start = 0
    while start < len(numbers):
        position = bisect_right(bases, numbers[start]) - 1
        file = files[position]
        end = bisect_left(numbers, file.end, start)
        yield position, BitMap([number - file.base for number in numbers[start:end]])
        start = end
