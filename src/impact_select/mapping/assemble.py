"""RecordedRun to Evidence: every owner gets the tests that depend on it.

A test depends on an owner when it is the owner, or uses it, or runs or imports code whose
import is the owner; and so on through the used ones. After this step an owner's units
and reads, and the set of its tests, are all that selection needs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TypeVar

from pyroaring import BitMap

from impact_select.graph.closure import spread
from impact_select.mapping.edges import edges
from impact_select.model.ids import Blob, RepoPath, TestId
from impact_select.model.recorded import (
    OPAQUE_READ,
    STARTING_READ,
    ModuleFacts,
    Outcome,
    OwnerKey,
    OwnerKind,
    OwnerRecord,
    Place,
    Read,
    RecordedRun,
    TestRecord,
)

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a run proves, by numbers: owner i is owners[i], test j is tests[j].

    Attributes:
        owners: All owners that matter to some test.
        tests: All tests with their records.
        dependents: Per owner, the tests that depend on it.
        traces: Per file and set of units, the owners that ran exactly these of it.
        reads: Per input, the owners that looked at it, or ran code that asked for it.
        missing_imports: Per dotted name, the owners that looked for it in vain.
        fixtures: Per fixture name, the tests that request it.
        distributions: Per distribution, the tests that depend on code that imports it.
    """

    owners: tuple[OwnerKey, ...]
    tests: tuple[tuple[TestId, TestRecord], ...]
    dependents: tuple[BitMap, ...]
    traces: Mapping[RepoPath, Mapping[bytes, BitMap]]
    reads: Mapping[Read, BitMap]
    missing_imports: Mapping[str, BitMap]
    fixtures: Mapping[str, BitMap]
    distributions: Mapping[str, BitMap]


def assemble(run: RecordedRun, doubtful: frozenset[RepoPath]) -> Evidence:
    """Work out which tests depend on which owner.

    Args:
        run: What was recorded, all processes together.
        doubtful: Files that changed while they were recorded. Tests that depend on an
            owner that ran or read one are left out: nothing is known about them.
    """
    owners = sorted(run.owners)
    numbers = {key: number for number, key in enumerate(owners)}
    tests = sorted(run.tests.items())
    seeds = {
        numbers[OwnerKey(OwnerKind.TEST, test)]: BitMap([index])
        for index, (test, _) in enumerate(tests)
    }
    dependents = spread(edges(run, numbers), seeds)
    by_owner = [dependents.get(number, BitMap()) for number in range(len(owners))]
    unknown = _doubted(run, owners, by_owner, doubtful)
    if unknown:
        known = {test: record for index, (test, record) in enumerate(tests) if index not in unknown}
        return assemble(replace(run, tests=known), frozenset())
    kept = [number for number in range(len(owners)) if by_owner[number]]
    renumbered = {old: new for new, old in enumerate(kept)}
    return Evidence(
        owners=tuple(owners[number] for number in kept),
        tests=tuple(tests),
        dependents=tuple(by_owner[number] for number in kept),
        traces=_traces(run, owners, renumbered),
        reads=_reads(run, owners, renumbered),
        missing_imports=_missing_imports(run, owners, renumbered),
        fixtures=_fixtures(tests),
        distributions=_distributions(run, numbers, by_owner, len(tests)),
    )


def merge_runs(runs: Iterable[RecordedRun]) -> RecordedRun:
    """Add up what several processes of one run saw.

    An owner that several processes had (an import, a session fixture) did all of it; a
    test that ran in several of them failed when it failed in one.
    """
    first, *others = runs
    for other in others:
        first = _merged(first, other)
    return first


def with_failures(run: RecordedRun, tests: Iterable[TestId], prefix: str) -> RecordedRun:
    """Add tests that are known to have failed, and of which nothing else is known.

    Args:
        run: What was recorded.
        tests: For example those during which a worker crashed.
        prefix: pytest's root, relative to the top of the repository; empty for the top.
    """
    owners, records = dict(run.owners), dict(run.tests)
    for test in tests:
        path = RepoPath(str(PurePosixPath(prefix, test.partition("::")[0])))
        key = OwnerKey(OwnerKind.TEST, test)
        owners.setdefault(key, OwnerRecord({}, frozenset(), frozenset()))
        records[test] = TestRecord(Outcome.FAILED, 0.0, (), path, "", reads_docs=False)
    return replace(run, owners=owners, tests=records)


def _merged(one: RecordedRun, two: RecordedRun) -> RecordedRun:
    owners = dict(one.owners)
    for key, record in two.owners.items():
        known = owners.get(key)
        owners[key] = record if known is None else _merged_owner(known, record)
    modules = dict(one.modules)
    for path, facts in two.modules.items():
        before = modules.get(path)
        modules[path] = facts if before is None else _merged_module(before, facts)
    # Under `--dist each` a test that failed anywhere has failed.
    failed = {
        test: run.tests[test] for run in (one, two) for test in run.tests if _failed(run, test)
    }
    return RecordedRun(
        owners=owners,
        tests={**one.tests, **two.tests, **failed},
        modules=modules,
        asked=_union(one.asked, two.asked),
        asked_afresh=_union(one.asked_afresh, two.asked_afresh),
        failed_imports=_union(one.failed_imports, two.failed_imports),
        search=one.search | two.search,
        distributions={**one.distributions, **two.distributions},
        requires=_union(one.requires, two.requires),
        provides=_union(one.provides, two.provides),
        loaded_distributions=one.loaded_distributions | two.loaded_distributions,
        empty_files=one.empty_files | two.empty_files,
        written=one.written | two.written,
        finders={
            method: _union(one.finders.get(method, {}), two.finders.get(method, {}))
            for method in one.finders.keys() | two.finders.keys()
        },
        unseen=one.unseen | two.unseen,
        blurred=one.blurred | two.blurred,
        shared_processes=_union(one.shared_processes, two.shared_processes),
        own_processes=_union(one.own_processes, two.own_processes),
    )


def _failed(run: RecordedRun, test: TestId) -> bool:
    return run.tests[test].outcome is Outcome.FAILED


def _merged_module(one: ModuleFacts, two: ModuleFacts) -> ModuleFacts:
    return replace(
        two,
        # One that differs changed meanwhile: it has no content that anybody knows.
        blob=two.blob if one.blob == two.blob else Blob(""),
        names=one.names | two.names,
        imports=one.imports | two.imports,
        dynamic=one.dynamic | two.dynamic,
        foreign=one.foreign | two.foreign,
        handed_out=one.handed_out or two.handed_out,
    )


def _merged_owner(one: OwnerRecord, two: OwnerRecord) -> OwnerRecord:
    units = {path: BitMap(found) for path, found in one.units.items()}
    for path, found in two.units.items():
        units[path] = units.get(path, BitMap()) | found
    return OwnerRecord(units, one.reads | two.reads, one.uses | two.uses)


def _union(
    one: Mapping[_Key, frozenset[_Value]], two: Mapping[_Key, frozenset[_Value]]
) -> dict[_Key, frozenset[_Value]]:
    result = dict(one)
    for key, values in two.items():
        result[key] = result.get(key, frozenset()) | values
    return result


def _doubted(
    run: RecordedRun,
    owners: list[OwnerKey],
    by_owner: list[BitMap],
    doubtful: frozenset[RepoPath],
) -> BitMap:
    unknown = BitMap()
    if not doubtful:
        return unknown
    for number, key in enumerate(owners):
        record = run.owners[key]
        if not doubtful.isdisjoint(record.units) or any(
            read.path in doubtful for read in record.reads
        ):
            unknown |= by_owner[number]
    return unknown


def _traces(
    run: RecordedRun, owners: list[OwnerKey], renumbered: Mapping[int, int]
) -> dict[RepoPath, dict[bytes, BitMap]]:
    traces: dict[RepoPath, dict[bytes, BitMap]] = {}
    for old, new in renumbered.items():
        for path, units in run.owners[owners[old]].units.items():
            if not units:
                continue
            variants = traces.setdefault(path, {})
            variants.setdefault(units.serialize(), BitMap()).add(new)
    return traces


def _reads(
    run: RecordedRun, owners: list[OwnerKey], renumbered: Mapping[int, int]
) -> dict[Read, BitMap]:
    reads: dict[Read, BitMap] = {}
    kept = _by_path(run.asked)
    every = _by_path(_union(run.asked, run.asked_afresh))
    # An input that a recording makes itself is none.
    known = {read for key in owners for read in run.owners[key].reads}
    for old, new in renumbered.items():
        record = run.owners[owners[old]]
        found = set(record.reads)
        # Those that find state filled did not run what filled it.
        asked_by_path = every if owners[old].kind is OwnerKind.STATE else kept
        for path, units in record.units.items():
            for unit, asked in asked_by_path.get(path, ()):
                if unit in units:
                    found |= asked & known
                    if owners[old].kind is OwnerKind.STATE and STARTING_READ in asked:
                        found.add(OPAQUE_READ)
        for read in found:
            reads.setdefault(read, BitMap()).add(new)
    return reads


def _by_path(
    asked: Mapping[Place, frozenset[Read]],
) -> dict[RepoPath, list[tuple[int, frozenset[Read]]]]:
    found: dict[RepoPath, list[tuple[int, frozenset[Read]]]] = {}
    for (path, unit), reads in asked.items():
        found.setdefault(path, []).append((unit, reads))
    return found


def _missing_imports(
    run: RecordedRun, owners: list[OwnerKey], renumbered: Mapping[int, int]
) -> dict[str, BitMap]:
    missing: dict[str, BitMap] = {}
    for (path, unit), names in run.failed_imports.items():
        if not names:
            continue
        users = BitMap(
            [
                new
                for old, new in renumbered.items()
                if unit in run.owners[owners[old]].units.get(path, ())
            ]
        )
        for name in names:
            missing[name] = missing.get(name, BitMap()) | users
    return missing


def _fixtures(tests: list[tuple[TestId, TestRecord]]) -> dict[str, BitMap]:
    users: dict[str, BitMap] = {}
    for index, (_, record) in enumerate(tests):
        for name in record.fixtures:
            users.setdefault(name, BitMap()).add(index)
    return users


def _distributions(
    run: RecordedRun, numbers: Mapping[OwnerKey, int], by_owner: list[BitMap], count: int
) -> dict[str, BitMap]:
    """Give each distribution the tests of the modules that import it, or one that needs it.

    One that is in memory though no project code imports it was asked for by pytest, a
    plugin or another distribution at run time: it concerns all tests.
    """
    direct: dict[str, BitMap] = {}
    for path, facts in run.modules.items():
        owner = numbers.get(OwnerKey(OwnerKind.IMPORT, path))
        users = by_owner[owner] if owner is not None else BitMap(range(count))
        for module in facts.foreign:
            for name in run.provides.get(module, ()):
                direct[name] = direct.get(name, BitMap()) | users
    names = sorted(run.distributions)
    order = {name: number for number, name in enumerate(names)}
    edges = [
        (order[name], order[other])
        for name in names
        for other in run.requires.get(name, ())
        if other in order
    ]
    seeds = {order[name]: users for name, users in direct.items() if name in order}
    reached = spread(edges, seeds)
    result: dict[str, BitMap] = {}
    for name in names:
        users = reached.get(order[name], BitMap())
        if not users and name in run.loaded_distributions:
            users = BitMap(range(count))
        if users:
            result[name] = users
    return result
