"""One recording: puts the watchers together, and turns what they saw into a RecordedRun."""

import os
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from pyroaring import BitMap

from impact_select.errors import UsageMistake
from impact_select.model.ids import Blob, RepoPath
from impact_select.model.recorded import (
    Method,
    OwnerKey,
    OwnerKind,
    OwnerRecord,
    RecordedRun,
)
from impact_select.model.source import Outline
from impact_select.recording.asking import Asker
from impact_select.recording.caches import CacheWatch
from impact_select.recording.calls import CallsCollector
from impact_select.recording.children import ChildWatch
from impact_select.recording.collector import Collector
from impact_select.recording.distributions import (
    installed_versions,
    providers,
    required_names,
)
from impact_select.recording.fixtures import FixtureWatch
from impact_select.recording.imports import ImportNotes, ImportWatch, modules_in_memory
from impact_select.recording.input_notes import InputNotes
from impact_select.recording.inputs import InputWatch
from impact_select.recording.module_facts import ModuleReader
from impact_select.recording.monitoring import MonitoringCollector, tools_available
from impact_select.recording.owners import SESSION, OwnerStack
from impact_select.recording.replay import Replay
from impact_select.recording.source_index import (
    OutlineLookup,
    ProjectFolder,
    SourceFile,
    SourceIndex,
)
from impact_select.recording.tests import TestWatch

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


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
        self._asker = Asker(self._index, own_project)
        self._import_notes = ImportNotes(self._asker)
        self._imports = ImportWatch(self._index, self._owners, self._import_notes)
        self._input_notes = InputNotes(self._asker, self._owners.read)
        self._inputs = InputWatch(self._folder, self._input_notes)
        self._caches = CacheWatch(self._index, self._owners)
        self._fixtures = FixtureWatch(self._owners)
        self._tests = TestWatch(self._folder, self._owners, self._caches)
        self._children = ChildWatch(
            self._folder,
            self._owners,
            self._asker,
            self._inputs,
            self._caches,
            self.collector.name,
            self._leave_forked,
        )
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
        self._children.start()
        self.collector.start()

    def stop(self) -> RecordedRun:
        """Stop watching; return what was seen, in the processes that were started too."""
        units = self.collector.stop()
        self._leave()
        replay = Replay(self._index, self._owners, self._asker, self._children)
        replay.run()
        self._children.close()
        for key, found in replay.units.items():
            number = self._owners.number(key)
            units[number] = units.get(number, BitMap()) | found
        return self._run(units, replay)

    def _leave(self) -> None:
        self._children.stop()
        self._inputs.stop()
        self._fixtures.stop()
        self._caches.stop()
        self._imports.stop()

    def _leave_forked(self) -> None:
        """Stop in a process that was forked: it has a recorder of its own."""
        self.collector.abandon()
        self._owners.retire()
        self._leave()

    def _run(self, units: dict[int, BitMap], replay: Replay) -> RecordedRun:
        files = list(self._index.files())
        memory = modules_in_memory()
        imports, inputs = self._import_notes, self._input_notes
        modules = ModuleReader(
            self._index,
            self._project_modules(memory),
            imports,
            replay.imports,
            inputs.unpickled | replay.inputs.unpickled,
            replay.changed,
        ).read()
        every = providers()
        in_memory = {name.partition(".")[0] for name in memory} | replay.sought
        loaded = {dist for name in in_memory for dist in every.get(name, ())}
        named = in_memory.union(*(facts.foreign for facts in modules.values()))
        missed = {
            place: {name for name in names if name not in memory}
            for place, names in inputs.failed_imports.items()
        }
        # Of what others sought, nobody knows what they found; but it is no project module.
        missed_by_others = {
            place: {name for name in names if name.partition(".")[0] not in every}
            for place, names in replay.inputs.failed_imports.items()
        }
        versions = installed_versions(sys.path)
        return RecordedRun(
            owners=self._owner_records(units, files),
            tests=dict(self._tests.tests),
            modules=modules,
            asked=_together(inputs.asked, replay.inputs.asked, self._children.asked),
            asked_afresh=_together(inputs.asked_afresh, replay.inputs.asked_afresh),
            failed_imports=_together(missed, missed_by_others),
            search=self._search(replay.search),
            distributions=versions,
            requires=required_names(versions),
            provides={name: dists for name, dists in every.items() if name in named},
            loaded_distributions=frozenset(loaded & versions.keys()),
            empty_files=self._tests.empty_files(),
            written=frozenset(inputs.written | replay.inputs.written),
            finders=self._finders(),
            unseen=self._unseen(files) | replay.filled,
            blurred=self._blurred(files) | replay.blurred,
            shared_processes=_together(replay.started),
            own_processes=_together(replay.kept),
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

    def _blurred(self, files: Iterable[SourceFile]) -> frozenset[Method]:
        """Return the functions that fill something, where only calls are seen."""
        if self.collector.name != CallsCollector.name:
            return frozenset()
        return frozenset((file.path, name) for file in files for name in file.filling_functions())

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
        asked = self._import_notes.dynamic.items()
        found = {
            path for path, places in asked if None in places and not path.endswith("__init__.py")
        }
        own = self._tests.collected_files()
        return frozenset(
            path
            for path in (found | self._import_notes.elsewhere) - own
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

    def _project_modules(self, memory: Mapping[str, ModuleType]) -> dict[str, SourceFile]:
        found: dict[str, SourceFile] = {}
        for name, module in memory.items():
            filename = getattr(module, "__file__", None)
            if isinstance(filename, str) and filename.endswith(".py"):
                file = self._index.file(filename)
                if file is not None:
                    found[name] = file
        return found

    def _search(self, others: Iterable[str]) -> frozenset[RepoPath]:
        entries = [*map(os.path.abspath, sys.path), *others]
        paths = (self._folder.repo_path(entry) for entry in entries)
        return frozenset(path for path in paths if path is not None)


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


def _together(
    *parts: Mapping[_Key, AbstractSet[_Value]],
) -> dict[_Key, frozenset[_Value]]:
    result: dict[_Key, frozenset[_Value]] = {}
    for part in parts:
        for key, values in part.items():
            result[key] = result.get(key, frozenset()) | values
    return result


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
