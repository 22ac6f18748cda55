"""What an xdist worker recorded, on its way to the controller."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pyroaring import BitMap

from impact_select.adapters.map_schema import bits, pack, unpack
from impact_select.model.ids import Blob, RepoPath, TestId
from impact_select.model.recorded import (
    Method,
    ModuleFacts,
    Outcome,
    OwnerKey,
    OwnerKind,
    OwnerRecord,
    Place,
    Read,
    ReadKind,
    RecordedRun,
    TestRecord,
)


def write_part(run: RecordedRun, path: Path) -> None:
    """Write a run; the file is whole or not there."""
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(pack(_to_json(run)))
    temporary.replace(path)


def read_part(path: Path) -> RecordedRun:
    """Read a run that `write_part` wrote."""
    return _from_json(unpack(path.read_bytes()))


def _to_json(run: RecordedRun) -> dict[str, Any]:
    return {
        "owners": [
            [
                _key(key),
                [[path, _set(units)] for path, units in record.units.items()],
                _reads(record.reads),
                [_key(other) for other in record.uses],
            ]
            for key, record in run.owners.items()
        ],
        "tests": [
            [
                test,
                record.outcome.value,
                record.duration_s,
                record.fixtures,
                record.path,
                record.function,
                record.reads_docs,
            ]
            for test, record in run.tests.items()
        ],
        "modules": [
            [
                path,
                facts.blob,
                sorted(facts.names),
                sorted(facts.imports),
                sorted(facts.dynamic),
                sorted(facts.foreign),
                facts.handed_out,
            ]
            for path, facts in run.modules.items()
        ],
        "asked": [[place, _reads(reads)] for place, reads in run.asked.items()],
        "asked_afresh": [[place, _reads(reads)] for place, reads in run.asked_afresh.items()],
        "failed_imports": [[place, sorted(names)] for place, names in run.failed_imports.items()],
        "search": sorted(run.search),
        "distributions": dict(run.distributions),
        "requires": {name: sorted(names) for name, names in run.requires.items()},
        "provides": {name: sorted(names) for name, names in run.provides.items()},
        "loaded": sorted(run.loaded_distributions),
        "empty_files": sorted(run.empty_files),
        "written": sorted(run.written),
        "finders": [
            [method, [[name, [_key(key) for key in keys]] for name, keys in found.items()]]
            for method, found in run.finders.items()
        ],
        "unseen": sorted(run.unseen),
        "blurred": sorted(run.blurred),
        "shared_processes": _processes(run.shared_processes),
        "own_processes": _processes(run.own_processes),
    }


def _to_asked(value: list[Any]) -> dict[Place, frozenset[Read]]:
    return {(RepoPath(place[0]), place[1]): _to_reads(reads) for place, reads in value}


def _processes(places: Mapping[Place, frozenset[OwnerKey]]) -> list[Any]:
    return [[place, [_key(key) for key in sorted(keys)]] for place, keys in places.items()]


def _to_processes(value: list[Any]) -> dict[Place, frozenset[OwnerKey]]:
    return {(RepoPath(place[0]), place[1]): frozenset(map(_to_key, keys)) for place, keys in value}


def _from_json(value: dict[str, Any]) -> RecordedRun:
    return RecordedRun(
        owners={
            _to_key(key): OwnerRecord(
                {RepoPath(path): bits(b64decode(units)) for path, units in files},
                _to_reads(reads),
                frozenset(_to_key(other) for other in uses),
            )
            for key, files, reads, uses in value["owners"]
        },
        tests={
            TestId(test): TestRecord(
                Outcome(outcome), duration, tuple(fixtures), RepoPath(path), function, docs
            )
            for test, outcome, duration, fixtures, path, function, docs in value["tests"]
        },
        modules={
            RepoPath(path): ModuleFacts(
                Blob(blob),
                frozenset(names),
                frozenset((unit, RepoPath(target)) for unit, target in imports),
                frozenset((unit, RepoPath(target)) for unit, target in dynamic),
                frozenset(foreign),
                handed_out,
            )
            for path, blob, names, imports, dynamic, foreign, handed_out in value["modules"]
        },
        asked=_to_asked(value["asked"]),
        asked_afresh=_to_asked(value["asked_afresh"]),
        failed_imports={
            (RepoPath(place[0]), place[1]): frozenset(names)
            for place, names in value["failed_imports"]
        },
        search=frozenset(RepoPath(path) for path in value["search"]),
        distributions=value["distributions"],
        requires={name: frozenset(names) for name, names in value["requires"].items()},
        provides={name: frozenset(names) for name, names in value["provides"].items()},
        loaded_distributions=frozenset(value["loaded"]),
        empty_files=frozenset(RepoPath(path) for path in value["empty_files"]),
        written=frozenset(RepoPath(path) for path in value["written"]),
        finders={
            _to_method(method): {
                name: frozenset(_to_key(key) for key in keys) for name, keys in found
            }
            for method, found in value["finders"]
        },
        unseen=frozenset(_to_method(method) for method in value["unseen"]),
        blurred=frozenset(_to_method(method) for method in value["blurred"]),
        shared_processes=_to_processes(value["shared_processes"]),
        own_processes=_to_processes(value["own_processes"]),
    )


def _key(key: OwnerKey) -> list[str]:
    return [key.kind.value, key.name]


def _to_key(value: list[str]) -> OwnerKey:
    return OwnerKey(OwnerKind(value[0]), value[1])


def _to_method(value: list[str]) -> Method:
    path, symbol = value
    return RepoPath(path), symbol


def _set(units: BitMap) -> str:
    return b64encode(units.serialize()).decode()


def _reads(reads: Iterable[Read]) -> list[list[str]]:
    return [[read.path, read.kind.value] for read in sorted(reads)]


def _to_reads(value: list[list[str]]) -> frozenset[Read]:
    return frozenset(Read(RepoPath(path), ReadKind(kind)) for path, kind in value)
