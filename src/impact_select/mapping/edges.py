"""Which owner of a recording uses which other one."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from impact_select.model.ids import RepoPath
from impact_select.model.recorded import OwnerKey, OwnerKind, OwnerRecord, Place, RecordedRun


def edges(run: RecordedRun, numbers: Mapping[OwnerKey, int]) -> Iterator[tuple[int, int]]:
    """Yield (user, used) for all owners, by their numbers; one that uses itself is left out."""
    imports = {
        RepoPath(key.name): number
        for key, number in numbers.items()
        if key.kind is OwnerKind.IMPORT
    }
    by_unit: dict[RepoPath, dict[int, list[int]]] = {}
    for path, facts in run.modules.items():
        units = by_unit.setdefault(path, {})
        for unit, target in facts.imports | facts.dynamic:
            if target in imports:
                units.setdefault(unit, []).append(imports[target])
    shared = _processes(numbers, run.shared_processes)
    kept = _processes(numbers, run.own_processes)
    for key, record in run.owners.items():
        user = numbers[key]
        used = {numbers[other] for other in record.uses if other in numbers}
        used.update(_started(record, shared))
        if key.kind is OwnerKind.STATE:
            # Those that find state filled did not start the process that it may be.
            used.update(_started(record, kept))
        for path, ran in record.units.items():
            if path in imports:
                used.add(imports[path])
            for unit, targets in by_unit.get(path, {}).items():
                if unit in ran:
                    used.update(targets)
        for other in used:
            if other != user:
                yield user, other
    yield from _governing(run, numbers, imports)


def _processes(
    numbers: Mapping[OwnerKey, int], places: Mapping[Place, frozenset[OwnerKey]]
) -> dict[RepoPath, list[tuple[int, set[int]]]]:
    found: dict[RepoPath, list[tuple[int, set[int]]]] = {}
    for (path, unit), processes in places.items():
        known = {numbers[one] for one in processes if one in numbers}
        found.setdefault(path, []).append((unit, known))
    return found


def _started(
    record: OwnerRecord, places: Mapping[RepoPath, list[tuple[int, set[int]]]]
) -> Iterator[int]:
    """Yield the processes that are started at some places which an owner ran."""
    for path in places.keys() & record.units.keys():
        for unit, processes in places[path]:
            if unit in record.units[path]:
                yield from processes


def _governing(
    run: RecordedRun, numbers: Mapping[OwnerKey, int], imports: Mapping[RepoPath, int]
) -> Iterator[tuple[int, int]]:
    """Yield the edges from each test to its file and to the conftest files above it."""
    by_path: dict[RepoPath, list[int]] = {}
    for test, record in run.tests.items():
        if record.path not in by_path:
            folders = PurePosixPath(record.path).parents
            paths = [record.path, *(RepoPath(str(folder / "conftest.py")) for folder in folders)]
            by_path[record.path] = [imports[path] for path in paths if path in imports]
        user = numbers[OwnerKey(OwnerKind.TEST, test)]
        for used in by_path[record.path]:
            yield user, used
