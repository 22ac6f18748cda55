"""An impact map in memory, made from sources and a list of who ran what.

A test runs its own function; what else it ran is written `path::symbol` for all blocks of
a function, or `path:line` for the block of one line. Modules are imported by their files'
names from the top of the repository, and import one another as their sources say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import PurePosixPath

from pyroaring import BitMap

from impact_select.adapters.foreign_code import InstalledCode
from impact_select.adapters.import_check import import_known
from impact_select.adapters.map_writer import Addition
from impact_select.config import DEFAULTS, Settings
from impact_select.graph.references import find_references
from impact_select.mapping.assemble import assemble
from impact_select.model.ids import Blob, RepoPath, TestId
from impact_select.model.impact_map import (
    Environment,
    FileVersion,
    ModuleNames,
    Recorded,
    Snapshot,
    SnapshotFacts,
)
from impact_select.model.recorded import (
    ModuleFacts,
    Outcome,
    OwnerKey,
    OwnerKind,
    OwnerRecord,
    Read,
    ReadKind,
    RecordedRun,
    TestRecord,
)
from impact_select.model.reference import ANY_NAME, Reference
from impact_select.model.selection import Selection, Subset
from impact_select.model.source import Outline, UnitKind, plain_name
from impact_select.model.tree import Target, TreeFile
from impact_select.outline.parse import UnparsedSource, parse_outline
from impact_select.recording.source_index import blob_id
from impact_select.selection.choose import Circumstances, choose
from impact_select.selection.new_tests import TestNames

HERE = Environment("cpython 3.13", "linux-x86_64", {}, {})
"""Where the fake recordings are made, and the fake selections too."""


@dataclass(frozen=True)
class Session:
    """What to record.

    Attributes:
        files: Content per path; those that end in `.py` are imported, if they parse.
        ran: What each test ran beside its own function.
        shared: Owners beside the tests, by name: what each ran, and the tests that use it.
        requests: Names of the fixtures per test.
        reads: Inputs per test.
        asked: Inputs per place (`path::symbol`) that asks for them.
        asked_afresh: Likewise, where the place looks each time.
        dynamic: Files per place that imports them with a call.
        missing: Names of modules that a place looked for in vain.
        failed: Tests that failed.
        doctests: Tests that are docstrings.
        unread: Files whose references could not be read.
        handed_out: Files whose module was handed to others, test files apart.
        foreign: Modules from elsewhere that a file imports.
        distributions: Installed ones; each provides the module of its name.
        requires: Distributions that one requires.
        settings: Digest of pytest's settings.
        requirements: Requirement text per distribution, per file.
        environment: Where it is recorded.
        empty: Files that were collected and held no test.
        at: When it is recorded.
    """

    files: Mapping[str, str]
    ran: Mapping[str, Iterable[str]]
    shared: Mapping[str, tuple[Iterable[str], Iterable[str]]] = field(default_factory=dict)
    requests: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reads: Mapping[str, Iterable[Read]] = field(default_factory=dict)
    asked: Mapping[str, Iterable[Read]] = field(default_factory=dict)
    asked_afresh: Mapping[str, Iterable[Read]] = field(default_factory=dict)
    dynamic: Mapping[str, Iterable[str]] = field(default_factory=dict)
    missing: Mapping[str, Iterable[str]] = field(default_factory=dict)
    failed: Iterable[str] = ()
    doctests: Iterable[str] = ()
    unread: Iterable[str] = ()
    handed_out: Iterable[str] = ()
    foreign: Mapping[str, Iterable[str]] = field(default_factory=dict)
    distributions: Mapping[str, str] = field(default_factory=dict)
    requires: Mapping[str, Iterable[str]] = field(default_factory=dict)
    settings: str = ""
    requirements: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    environment: Environment = HERE
    empty: Iterable[str] = ()
    at: int = 0

    @cached_property
    def outlines(self) -> dict[RepoPath, Outline]:
        """The outlines of the files that are imported."""
        found: dict[RepoPath, Outline] = {}
        for path, text in self.files.items():
            if path.endswith(".py"):
                try:
                    found[RepoPath(path)] = outlined(text)
                except UnparsedSource:
                    continue
        return found

    def run(self) -> RecordedRun:
        """Give what one process saw."""
        tests = {TestId(test): self._test(test) for test in self.ran}
        owners: dict[OwnerKey, OwnerRecord] = {}
        for path, found in self.outlines.items():
            owners[OwnerKey(OwnerKind.IMPORT, path)] = _record({path: _on_import(found)})
        for name, (ran, _) in self.shared.items():
            owners[OwnerKey(OwnerKind.FIXTURE, name)] = _record(self._units(ran))
        for test, ran in self.ran.items():
            owners[OwnerKey(OwnerKind.TEST, test)] = OwnerRecord(
                self._units([*ran, *self._own(test)]),
                frozenset(self.reads.get(test, ())),
                frozenset(
                    OwnerKey(OwnerKind.FIXTURE, name)
                    for name, (_, users) in self.shared.items()
                    if test in users
                ),
            )
        return RecordedRun(
            owners=owners,
            tests=tests,
            modules={path: self._module(path) for path in self.outlines},
            asked={self._place(place): frozenset(some) for place, some in self.asked.items()},
            asked_afresh={
                self._place(place): frozenset(some) for place, some in self.asked_afresh.items()
            },
            failed_imports={
                self._place(place): frozenset(names) for place, names in self.missing.items()
            },
            search=frozenset({RepoPath("")}),
            distributions=dict(self.distributions),
            requires={name: frozenset(some) for name, some in self.requires.items()},
            provides={name: frozenset({name}) for name in self.distributions},
            loaded_distributions=frozenset(),
            empty_files=frozenset(RepoPath(path) for path in self.empty),
            written=frozenset(),
            finders={},
            unseen=frozenset(),
            blurred=frozenset(),
            shared_processes={},
            own_processes={},
        )

    def addition(self) -> Addition:
        """Give what the map keeps of it."""
        run = self.run()
        environment = Environment(
            self.environment.python,
            self.environment.platform,
            self.distributions or self.environment.distributions,
            self.environment.variables,
        )
        facts = SnapshotFacts(
            environment=environment,
            pytest_settings=self.settings,
            requirements={RepoPath(path): names for path, names in self.requirements.items()},
            search=run.search,
            empty_files=run.empty_files,
            revision="",
            recorded_at=self.at,
        )
        return Addition(
            facts=facts,
            evidence=assemble(run, frozenset()),
            files=tree(self.files),
            modules={
                path: ModuleNames(module.names, module.handed_out, module.foreign)
                for path, module in run.modules.items()
            },
            outlines={blob(self.files[path]): found for path, found in self.outlines.items()},
            references={
                blob(self.files[path]): None if path in self.unread else referred(self.files[path])
                for path in self.outlines
            },
        )

    def _test(self, test: str) -> TestRecord:
        path, _, inside = test.partition("::")
        return TestRecord(
            outcome=Outcome.FAILED if test in self.failed else Outcome.PASSED,
            duration_s=1.0,
            fixtures=self.requests.get(test, ()),
            path=RepoPath(path),
            function=inside.partition("[")[0].replace("::", "."),
            reads_docs=test in self.doctests,
        )

    def _own(self, test: str) -> list[str]:
        record = self._test(test)
        return [] if record.reads_docs else [f"{record.path}::{record.function}"]

    def _units(self, ran: Iterable[str]) -> dict[RepoPath, BitMap]:
        units: dict[RepoPath, BitMap] = {}
        for item in ran:
            path, found = self._ran(item)
            units[path] = units.get(path, BitMap()) | found
        return {path: found for path, found in units.items() if found}

    def _ran(self, item: str) -> tuple[RepoPath, BitMap]:
        name, symbols, symbol = item.partition("::")
        line = 0
        if not symbols:
            name, _, text = item.partition(":")
            line = int(text)
        path = RepoPath(name)
        found = self.outlines[path]
        blocks = (index for index, unit in enumerate(found.units) if unit.kind is UnitKind.BLOCK)
        if line:
            at = {span.unit for span in found.lines if span.first <= line <= span.last}
            return path, BitMap([index for index in blocks if index in at])
        return path, BitMap(
            [index for index in blocks if plain_name(found.units[index].symbol) == symbol]
        )

    def _place(self, item: str) -> tuple[RepoPath, int]:
        path, units = self._ran(item)
        return path, units[0]

    def _module(self, path: RepoPath) -> ModuleFacts:
        files = {module_name(other): other for other in self.outlines}
        imports: set[tuple[int, RepoPath]] = set()
        for fact in self.outlines[path].imports:
            module = _absolute(path, fact.level, fact.module)
            parts = module.split(".")
            wanted = [".".join(parts[: count + 1]) for count in range(len(parts))]
            wanted.append(f"{module}.{fact.name}" if module else fact.name)
            imports |= {
                (fact.unit, files[name]) for name in wanted if name in files and files[name] != path
            }
        tests = {test.partition("::")[0] for test in self.ran}
        by_pytest = path in tests or path.rpartition("/")[2] == "conftest.py"
        return ModuleFacts(
            blob=blob(self.files[path]),
            names=frozenset({module_name(path)}),
            imports=frozenset(imports),
            dynamic=frozenset(
                (self._place(place)[1], RepoPath(target))
                for place, targets in self.dynamic.items()
                for target in targets
                if self._place(place)[0] == path
            ),
            foreign=frozenset(self.foreign.get(path, ())),
            handed_out=by_pytest or path in self.handed_out,
        )


class MemoryStore:
    """The evidence of some sessions, kept as the map's file keeps it."""

    def __init__(self, *additions: Addition) -> None:
        self.snapshots: tuple[Snapshot, ...] = ()
        self.files: dict[int, FileVersion] = {}
        self.recordings: dict[int, Recorded] = {}
        self.modules: dict[int, ModuleNames] = {}
        self._owners: dict[int, tuple[OwnerKey, BitMap]] = {}
        self._traces: dict[int, list[tuple[BitMap, BitMap]]] = {}
        self._readers: dict[Read, BitMap] = {}
        self._missing: dict[str, BitMap] = {}
        self._fixtures: dict[str, BitMap] = {}
        self._distributions: dict[str, BitMap] = {}
        self._outlines: dict[Blob, Outline] = {}
        self._references: dict[Blob, frozenset[Reference] | None] = {}
        for addition in additions:
            self._add(addition)

    def _add(self, addition: Addition) -> None:
        evidence = addition.evidence
        owner, recording = len(self._owners) + 1, len(self.recordings) + 1
        numbers = {path: self._file(file) for path, file in addition.files.items()}
        for index, (test, record) in enumerate(evidence.tests):
            self.recordings[recording + index] = Recorded(
                recording + index,
                test,
                record.outcome,
                record.duration_s,
                record.path,
                record.function,
                record.reads_docs,
                addition.facts.recorded_at,
            )
        for index, key in enumerate(evidence.owners):
            self._owners[owner + index] = (key, evidence.dependents[index].shift(recording))
        for path, variants in evidence.traces.items():
            rows = self._traces.setdefault(numbers[path], [])
            rows += [
                (BitMap.deserialize(units), owners.shift(owner))
                for units, owners in variants.items()
            ]
        for kept, found, base in (
            (self._readers, evidence.reads, owner),
            (self._missing, evidence.missing_imports, owner),
            (self._fixtures, evidence.fixtures, recording),
            (self._distributions, evidence.distributions, recording),
        ):
            for name, members in found.items():
                kept[name] = kept.get(name, BitMap()) | members.shift(base)  # type: ignore[index,attr-defined,call-overload]
        self.modules.update({numbers[path]: names for path, names in addition.modules.items()})
        self._outlines.update(addition.outlines)
        self._references.update(addition.references)
        everything = BitMap(range(recording, recording + len(evidence.tests)))
        snapshot = Snapshot(addition.facts, BitMap(numbers.values()), everything)
        self.snapshots = (*self.snapshots, snapshot)

    def _file(self, file: TreeFile) -> int:
        for number, version in self.files.items():
            if (version.path, version.blob, version.mode) == (file.path, file.blob, file.mode):
                return number
        number = len(self.files) + 1
        self.files[number] = FileVersion(number, file.path, file.blob, file.mode)
        return number

    @property
    def versions(self) -> Mapping[RepoPath, tuple[FileVersion, ...]]:
        found: dict[RepoPath, tuple[FileVersion, ...]] = {}
        for version in self.files.values():
            found[version.path] = (*found.get(version.path, ()), version)
        return found

    @property
    def paths_by_blob(self) -> Mapping[Blob, tuple[FileVersion, ...]]:
        found: dict[Blob, tuple[FileVersion, ...]] = {}
        for version in self.files.values():
            found[version.blob] = (*found.get(version.blob, ()), version)
        return found

    @property
    def unread_blobs(self) -> frozenset[Blob]:
        return frozenset(
            self.files[number].blob
            for number in self._traces
            if self._references.get(self.files[number].blob) is None
        )

    def outline(self, blob: Blob) -> Outline | None:
        return self._outlines.get(blob)

    def traces(self, file: int) -> tuple[tuple[BitMap, BitMap], ...]:
        return tuple(self._traces.get(file, ()))

    def dependents(self, owners: Iterable[int]) -> BitMap:
        total = BitMap()
        for owner in owners:
            total |= self._owners[owner][1]
        return total

    def owner(self, number: int) -> tuple[str, str]:
        key = self._owners[number][0]
        return key.kind.value, key.name

    def read_paths(self) -> frozenset[RepoPath]:
        return frozenset(read.path for read in self._readers if read.kind is ReadKind.CONTENT)

    def readers(self, path: RepoPath, kinds: Iterable[ReadKind]) -> BitMap:
        total = BitMap()
        for kind in kinds:
            total |= self._readers.get(Read(path, kind), BitMap())
        return total

    def missing_imports(self) -> Mapping[str, BitMap]:
        return self._missing

    def fixture_users(self, name: str) -> BitMap:
        return self._fixtures.get(name, BitMap())

    def distribution_users(self, name: str) -> BitMap:
        return self._distributions.get(name, BitMap())

    def references(self, name: str) -> tuple[tuple[str, Blob, BitMap], ...]:
        units: dict[tuple[str, Blob], BitMap] = {}
        for content, found in self._references.items():
            for reference in found or ():
                if reference.name == name:
                    units.setdefault((reference.root, content), BitMap()).add(reference.unit)
        return tuple((root, content, found) for (root, content), found in units.items())

    @property
    def computed_references(self) -> tuple[tuple[str, str, Blob, BitMap], ...]:
        return tuple(
            (reference.name, reference.root, content, BitMap([reference.unit]))
            for content, found in self._references.items()
            for reference in found or ()
            if reference.name.startswith(ANY_NAME)
        )

    def classes(self) -> tuple[tuple[Blob, str, tuple[str, ...]], ...]:
        return tuple(
            (content, facts.qualname, facts.bases)
            for content, found in self._outlines.items()
            for facts in found.classes
        )

    def classes_named(self, name: str) -> tuple[tuple[Blob, str, tuple[str, ...]], ...]:
        return tuple(
            (content, facts.qualname, facts.bases)
            for content, found in self._outlines.items()
            for facts in found.classes
            if plain_name(facts.qualname).rpartition(".")[2] == name
        )


def store(*sessions: Session) -> MemoryStore:
    """Keep sessions in a map, oldest first."""
    return MemoryStore(*(session.addition() for session in sessions))


def edited(files: Mapping[str, str], edits: Mapping[str, object]) -> dict[str, str]:
    """Apply edits to files: a new content, a pair to replace, or None for a removed file."""
    result = dict(files)
    for path, edit in edits.items():
        if edit is None:
            del result[path]
        elif isinstance(edit, tuple):
            old, new = edit
            assert result[path].count(old) == 1, f"{old!r} is not once in {path}"
            result[path] = result[path].replace(old, new)
        else:
            result[path] = str(edit)
    return result


def select(
    kept: MemoryStore,
    files: Mapping[str, str],
    *,
    base: Mapping[str, str] | None = None,
    modes: Mapping[str, str] | None = None,
    settings: Settings = DEFAULTS,
    circumstances: Circumstances | None = None,
) -> Selection:
    """Choose the tests for a state of the files, and for a base if there is one."""
    targets = (target(files, "head", modes),)
    if base is not None:
        targets = (*targets, target(base, "base"))
    return choose(
        kept,
        targets,
        circumstances or here(),
        settings,
        lambda path: import_known(kept, path),
        InstalledCode(),
        lambda blobs: {},
    )


def affected(session: Session, edits: Mapping[str, object], **options: object) -> set[str]:
    """Give the tests of a session that some edits affect."""
    return affected_in(store(session), edited(session.files, edits), **options)


def affected_in(kept: MemoryStore, files: Mapping[str, str], **options: object) -> set[str]:
    """Give the affected tests of a map, in a state of the files."""
    selection = select(kept, files, **options)  # type: ignore[arg-type]
    assert isinstance(selection, Subset), selection
    return set(selection.affected)


def here(
    environment: Environment = HERE,
    *,
    pytest_settings: str = "",
    requirements: Mapping[str, Mapping[str, str]] | None = None,
    names: TestNames | None = None,
) -> Circumstances:
    """Give circumstances that are alike for head and base."""
    required = {RepoPath(path): texts for path, texts in (requirements or {}).items()}
    labels = ("head", "base")
    return Circumstances(
        environment=environment,
        pytest_settings=dict.fromkeys(labels, pytest_settings),
        requirements=dict.fromkeys(labels, required),
        names=names or TestNames(),
    )


def target(
    files: Mapping[str, str], label: str = "head", modes: Mapping[str, str] | None = None
) -> Target:
    """Give a state to select tests for."""
    return Target(tree(files, modes), lambda path: files[path].encode(), label)


def tree(
    files: Mapping[str, str], modes: Mapping[str, str] | None = None
) -> dict[RepoPath, TreeFile]:
    """Give files as git lists them."""
    return {
        RepoPath(path): TreeFile(RepoPath(path), (modes or {}).get(path, "100644"), blob(text))
        for path, text in files.items()
    }


def blob(text: str) -> Blob:
    """Give git's id for a content."""
    return blob_id(text.encode())


@cache
def outlined(text: str) -> Outline:
    """Outline a content, once."""
    return parse_outline(text.encode())


@cache
def referred(text: str) -> frozenset[Reference]:
    """Find the references of a content, once."""
    return find_references(text.encode(), outlined(text))


def module_name(path: str) -> str:
    """Give the dotted name of a file."""
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _absolute(path: str, level: int, module: str) -> str:
    if not level:
        return module
    folders = PurePosixPath(path).parts[:-level]
    return ".".join([*folders, module] if module else folders)


def _record(units: Mapping[RepoPath, BitMap]) -> OwnerRecord:
    return OwnerRecord(units, frozenset(), frozenset())


def _on_import(found: Outline) -> BitMap:
    own = [index for index, unit in enumerate(found.units) if unit.kind is not UnitKind.BLOCK]
    return BitMap([*own, found.loaded])
