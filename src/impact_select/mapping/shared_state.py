"""State that one test fills and others find filled.

`functools` caches are watched while they work. Other state is found in the source: a
function that assigns a global, stores into an object that it did not make, or tests and
sets an attribute. What runs while such a function fills its state must count for every
test that finds it filled; but calls are not recorded one by one. So all that the filling
block can reach by name, among what ran in the owners that ran it, is taken for it.

The result is one owner per such function. It is used by the owners that ran the function,
or code that refers to the holder, but not the filling block: they found it filled.

Ignored on purpose: an owner that filled the state of one object, or one key, and finds
another filled; it ran the same code (docs/safety.md, assumption 5).
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pyroaring import BitMap

from impact_select.model.ids import RepoPath
from impact_select.model.recorded import OwnerKey, OwnerKind, OwnerRecord, Place, RecordedRun
from impact_select.model.source import FunctionFacts, Outline, UnitKind


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What is known of one executed file: its outline, and the units that refer to a name."""

    outline: Outline
    units_by_name: Mapping[str, BitMap]


def with_shared_state(run: RecordedRun, sources: Mapping[RepoPath, SourceFacts]) -> RecordedRun:
    """Add an owner for each function that fills state, and its users.

    Args:
        run: What was recorded.
        sources: Facts per executed file; one that is missing adds nothing.
    """
    index = _Index(run, sources)
    owners: dict[OwnerKey, OwnerRecord] = dict(run.owners)
    added: dict[OwnerKey, OwnerRecord] = {}
    for path, facts in sources.items():
        for function in facts.outline.functions:
            if not function.fills:
                continue
            filling = _filling(facts.outline, function)
            filled = index.owners_of(path, filling)
            users = index.users(path, function, filling)
            if not users or not filled:
                continue
            key = OwnerKey(OwnerKind.STATE, f"{path}::{function.qualname}")
            reached = index.reached(path, filling, filled)
            added[key] = OwnerRecord(reached, frozenset(), frozenset())
            for user in users:
                record = owners[user]
                owners[user] = replace(record, uses=record.uses | {key})
    return replace(run, owners={**owners, **added})


def _filling(outline: Outline, function: FunctionFacts) -> BitMap:
    """Return the blocks of a function in which it fills."""
    return BitMap(
        [
            span.unit
            for fill in function.fills
            for span in outline.lines
            if span.first <= fill.line <= span.last
            and outline.units[span.unit].symbol == function.qualname
            and outline.units[span.unit].kind is UnitKind.BLOCK
        ]
    )


class _Index:
    def __init__(self, run: RecordedRun, sources: Mapping[RepoPath, SourceFacts]) -> None:
        self._run = run
        self._sources = sources
        self._blocks: dict[tuple[RepoPath, str], BitMap] = {}
        self._named: dict[str, set[tuple[RepoPath, str]]] = {}
        self._names: dict[Place, set[str]] = {}
        self._referring: dict[str, dict[RepoPath, BitMap]] = {}
        for path, facts in sources.items():
            for unit, found in enumerate(facts.outline.units):
                if found.kind is UnitKind.BLOCK:
                    self._blocks.setdefault((path, found.symbol), BitMap()).add(unit)
                    last = found.symbol.rpartition(".")[2].partition("#")[0]
                    self._named.setdefault(last, set()).add((path, found.symbol))
                    if last == "__init__":
                        cls = found.symbol.rpartition(".")[0].rpartition(".")[2]
                        self._named.setdefault(cls, set()).add((path, found.symbol))
            for name, units in facts.units_by_name.items():
                self._referring.setdefault(name, {})[path] = units
                for unit in units:
                    self._names.setdefault((path, unit), set()).add(name)
        self._owners_by_path: dict[RepoPath, list[OwnerKey]] = {}
        for key, record in run.owners.items():
            for path in record.units:
                self._owners_by_path.setdefault(path, []).append(key)

    def owners_of(self, path: RepoPath, units: BitMap) -> list[OwnerKey]:
        """Return the owners that ran any of some units."""
        return [
            key
            for key in self._owners_by_path.get(path, ())
            if self._run.owners[key].units[path].intersect(units)
        ]

    def reached(
        self, path: RepoPath, start: BitMap, ran: Iterable[OwnerKey]
    ) -> dict[RepoPath, BitMap]:
        """Return what some blocks can reach by name, among what ran in some owners."""
        executed: dict[RepoPath, BitMap] = {}
        for key in ran:
            for other, units in self._run.owners[key].units.items():
                executed[other] = executed.get(other, BitMap()) | units
        result: dict[RepoPath, BitMap] = {path: start & executed.get(path, BitMap())}
        pending: deque[Place] = deque((path, unit) for unit in result[path])
        seen: set[str] = set()
        while pending:
            place = pending.popleft()
            for name in self._names.get(place, ()):
                if name in seen:
                    continue
                seen.add(name)
                for other, symbol in self._named.get(name, ()):
                    units = self._blocks[other, symbol] & executed.get(other, BitMap())
                    new = units - result.get(other, BitMap())
                    result[other] = result.get(other, BitMap()) | new
                    pending.extend((other, unit) for unit in new)
        return {other: units for other, units in result.items() if units}

    def users(
        self, path: RepoPath, function: FunctionFacts, filling: BitMap
    ) -> frozenset[OwnerKey]:
        """Return the owners that may find a function's state filled by others."""
        users = set(self.owners_of(path, self._blocks.get((path, function.qualname), BitMap())))
        for name in {fill.name for fill in function.fills}:
            for other, units in self._referring.get(name, {}).items():
                users.update(self.owners_of(other, units & self._called(other)))
        return frozenset(users.difference(self.owners_of(path, filling)))

    def _called(self, path: RepoPath) -> BitMap:
        """Return the units of a file that run when they are called."""
        units = self._sources[path].outline.units
        return BitMap([unit for unit, found in enumerate(units) if found.kind is UnitKind.BLOCK])
