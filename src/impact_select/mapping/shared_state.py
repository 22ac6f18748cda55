"""State that one test fills and others find filled.

`functools` caches are watched while they work. Other state is found in the source: a
function that assigns a global, stores into an object that it did not make, or tests and
sets an attribute. What runs while such a function fills its state must count for every
test that finds it filled; but calls are not recorded one by one. So all that the filling
block can reach by name, among what ran in the owners that ran it, is taken for it.

The result is an owner for such a function. It is used by the owners that ran the function
and passed the filling block by: they found it filled. For a cached property, which is not
even called then, by those that ran code which refers to it. A test that runs by itself
fills such state itself, with what it loads: what others reached in files that it does not
load is not given to it, hence several owners where the users load different files.

Ignored on purpose: an owner that filled the state of one object, or one key, and finds
another filled, for it ran the same code; and what a test stores each time that it runs,
for then the order of the tests matters (docs/safety.md, assumptions 1 and 5).
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pyroaring import BitMap

from impact_select.graph.closure import spread
from impact_select.mapping.edges import edges
from impact_select.model.ids import RepoPath
from impact_select.model.recorded import OwnerKey, OwnerKind, OwnerRecord, Place, RecordedRun
from impact_select.model.source import Fill, FunctionFacts, Holder, Outline, Reuse, UnitKind

LOCAL_CALL: Final = "()"
"""Stands among the names of a unit that calls what a variable of its function holds."""

_CLASS_OF: Final = frozenset({"__class__", "type"})
_LATE: Final = frozenset({OwnerKind.TEST, OwnerKind.FIXTURE})


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
    early = _early(run)
    loaded = _Loaded(run)
    uses: dict[OwnerKey, set[OwnerKey]] = {}
    added: dict[OwnerKey, OwnerRecord] = {}
    for path, facts in sources.items():
        for function in facts.outline.functions:
            if not function.fills or _is_test(function):
                continue
            filling = _filling(facts.outline, function, function.fills)
            filled = index.owners_of(path, filling)
            if not filled:
                continue
            users = index.users(path, facts.outline, function)
            if all(key.kind in _LATE for key in filled):
                users -= early
            if not users:
                continue
            reached = index.reached(path, filling, filled)
            for number, (units, finders) in enumerate(loaded.parts(reached, users), start=1):
                name = f"{path}::{function.qualname}"
                key = OwnerKey(OwnerKind.STATE, name if number == 1 else f"{name} ({number})")
                added[key] = OwnerRecord(units, frozenset(), frozenset())
                for user in finders:
                    uses.setdefault(user, set()).add(key)
    owners = {
        key: replace(record, uses=record.uses | uses[key]) if key in uses else record
        for key, record in run.owners.items()
    }
    return replace(run, owners={**owners, **added})


def _is_test(function: FunctionFacts) -> bool:
    return _last_name(function.qualname.partition(".<locals>")[0]).startswith("test")


def _early(run: RecordedRun) -> frozenset[OwnerKey]:
    """Return the imports and collections that were over before the first test began."""
    late = {key for key in run.owners if key.kind in _LATE}
    pending = deque(late)
    while pending:
        for key in run.owners[pending.popleft()].uses - late:
            # Each test uses the collection of its file, which was over by then.
            if key in run.owners and key.kind is not OwnerKind.COLLECT:
                late.add(key)
                pending.append(key)
    before = {OwnerKind.IMPORT, OwnerKind.COLLECT}
    return frozenset(key for key in run.owners if key.kind in before and key not in late)


def _filling(outline: Outline, function: FunctionFacts, fills: Iterable[Fill]) -> BitMap:
    """Return the blocks of a function in which some of its fills stand."""
    return BitMap(
        [
            span.unit
            for fill in fills
            for span in outline.lines
            if span.first <= fill.line <= span.last
            and outline.units[span.unit].symbol == function.qualname
            and outline.units[span.unit].kind is UnitKind.BLOCK
        ]
    )


class _Loaded:
    """Which files are loaded when an owner's turn comes with no other test around it."""

    def __init__(self, run: RecordedRun) -> None:
        self._modules = run.modules
        owners = list(run.owners)
        numbers = {key: number for number, key in enumerate(owners)}
        paths = [RepoPath(key.name) for key in owners if key.kind is OwnerKind.IMPORT]
        self._bits = {path: bit for bit, path in enumerate(paths)}
        seeds = {
            numbers[OwnerKey(OwnerKind.IMPORT, path)]: BitMap([bit])
            for path, bit in self._bits.items()
        }
        found = spread(((used, user) for user, used in edges(run, numbers)), seeds)
        self._by_owner = {key: found.get(number, BitMap()) for key, number in numbers.items()}

    def parts(
        self, reached: Mapping[RepoPath, BitMap], users: Iterable[OwnerKey]
    ) -> Iterator[tuple[dict[RepoPath, BitMap], list[OwnerKey]]]:
        """Cut down what was reached to the files that its users load, alike ones together.

        Yields:
            Units per file, and who uses them.
        """
        bits = BitMap([self._bits[path] for path in reached if path in self._bits])
        groups: dict[bytes, list[OwnerKey]] = {}
        for user in sorted(users):
            groups.setdefault((self._by_owner[user] & bits).serialize(), []).append(user)
        parts: dict[frozenset[RepoPath], list[OwnerKey]] = {}
        for loaded, alike in groups.items():
            paths = self._with_loaded_by(reached, BitMap.deserialize(loaded))
            parts.setdefault(paths, []).extend(alike)
        for paths, finders in parts.items():
            if paths:
                yield {path: reached[path] for path in paths}, finders

    def _with_loaded_by(
        self, reached: Mapping[RepoPath, BitMap], loaded: BitMap
    ) -> frozenset[RepoPath]:
        """Add the reached files that loaded ones import when the reached units run."""
        paths: set[RepoPath] = set()
        while True:
            # A file whose import was not seen was there before: everybody has it.
            new = {
                path
                for path in reached.keys() - paths
                if path not in self._bits or self._bits[path] in loaded
            }
            if not new:
                return frozenset(paths)
            paths |= new
            for path in new & self._modules.keys():
                facts = self._modules[path]
                for unit, target in facts.imports | facts.dynamic:
                    if unit in reached[path] and target in self._bits:
                        key = OwnerKey(OwnerKind.IMPORT, target)
                        loaded = loaded | self._by_owner[key] | BitMap([self._bits[target]])


class _Index:
    def __init__(self, run: RecordedRun, sources: Mapping[RepoPath, SourceFacts]) -> None:
        self._run = run
        self._sources = sources
        self._blocks: dict[tuple[RepoPath, str], BitMap] = {}
        self._named: dict[str, set[tuple[RepoPath, str]]] = {}
        self._constructors: dict[str, set[tuple[RepoPath, str]]] = {}
        self._bound: dict[str, set[Place]] = {}
        self._derived: dict[str, set[str]] = {}
        self._names: dict[Place, set[str]] = {}
        self._receivers: dict[tuple[RepoPath, str], str] = {}
        self._referring: dict[str, dict[RepoPath, BitMap]] = {}
        for path, facts in sources.items():
            # pytest alone calls these.
            by_runner = {
                function.qualname
                for function in facts.outline.functions
                if function.fixture is not None or _is_test(function)
            }
            for unit, found in enumerate(facts.outline.units):
                if found.kind is UnitKind.BLOCK:
                    self._blocks.setdefault((path, found.symbol), BitMap()).add(unit)
                    if found.symbol in by_runner:
                        continue
                    if _last_name(found.symbol) == "__init__":
                        holder = _last_name(found.symbol.rpartition(".")[0])
                        self._constructors.setdefault(holder, set()).add((path, found.symbol))
                    for name in _callers_names(found.symbol):
                        self._named.setdefault(name, set()).add((path, found.symbol))
                else:
                    for name in found.names:
                        self._bound.setdefault(name, set()).add((path, unit))
            for function in facts.outline.functions:
                if function.parameters[:1] in {("cls",), ("self",)}:
                    self._receivers[path, function.qualname] = function.parameters[0]
            for cls in facts.outline.classes:
                for base in cls.bases:
                    derived = self._derived.setdefault(base.rpartition(".")[2], set())
                    derived.add(_last_name(cls.qualname))
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
        """Return what some blocks reach by name among what owners ran."""
        executed: dict[RepoPath, BitMap] = {}
        for key in ran:
            for other, units in self._run.owners[key].units.items():
                executed[other] = executed.get(other, BitMap()) | units
        result: dict[RepoPath, BitMap] = {path: start & executed.get(path, BitMap())}
        seen: set[str] = set()
        for unit in result[path]:
            seen |= self._names_at((path, unit), executed)
        pending = deque(seen)
        while pending:
            name = pending.popleft()
            places = set(self._bound.get(name, ()))
            for other, symbol in self._named.get(name, ()):
                units = self._blocks[other, symbol] & executed.get(other, BitMap())
                new = units - result.get(other, BitMap())
                result[other] = result.get(other, BitMap()) | new
                places.update((other, unit) for unit in new)
            found = {some for place in places for some in self._names_at(place, executed)} - seen
            seen |= found
            pending.extend(found)
        return {other: units for other, units in result.items() if units}

    def _names_at(self, place: Place, executed: Mapping[RepoPath, BitMap]) -> set[str]:
        """Return the names that a unit refers to, and those that its callers may hand in.

        What it calls by a name of its own, somebody gave it: those who name its function.
        """
        path, unit = place
        names = self._names.get(place, set())
        if LOCAL_CALL not in names and _CLASS_OF.isdisjoint(names):
            return names
        names = names | self._own_classes(place)
        if LOCAL_CALL not in names:
            return names
        for part in self._sources[path].outline.units[unit].symbol.split(".<locals>."):
            for other, units in self._referring.get(_last_name(part), {}).items():
                outline = self._sources[other].outline
                for caller in units:
                    if caller in executed.get(other, ()):
                        names |= self._names.get((other, caller), set())
                        names |= self._own_classes((other, caller))
                    elif outline.units[caller].kind is UnitKind.DECORATORS:
                        names.add(_last_name(outline.units[caller].symbol))
        return names

    def _own_classes(self, place: Place) -> frozenset[str]:
        """Return the classes that a unit may have in hand without naming them: its own."""
        path, unit = place
        method = self._sources[path].outline.units[unit].symbol.partition(".<locals>.")[0]
        receiver = self._receivers.get((path, method))
        asks = not _CLASS_OF.isdisjoint(self._names.get(place, set()))
        if receiver == "cls" or (receiver == "self" and asks):
            return self._with_derived(_last_name(method.rpartition(".")[0]))
        return frozenset()

    def _with_derived(self, name: str) -> frozenset[str]:
        """Return the names of a class and of those that derive from it."""
        found = {name}
        pending = [name]
        while pending:
            new = self._derived.get(pending.pop(), set()) - found
            found |= new
            pending.extend(new)
        return frozenset(found)

    def users(
        self, path: RepoPath, outline: Outline, function: FunctionFacts
    ) -> frozenset[OwnerKey]:
        """Return the owners that may have found a function's state filled by others."""
        ran = frozenset(self._ran(path, function.qualname))
        users: set[OwnerKey] = set()
        for fill in function.fills:
            # Each of several places that set the same does so for all of them.
            same = [
                other
                for other in function.fills
                if other is fill or (fill.plain and other.plain and other.name == fill.name)
            ]
            filled = self.owners_of(path, _filling(outline, function, same))
            match fill.reuse:
                case Reuse.NEVER:
                    continue
                case Reuse.BRANCH:
                    found = ran.difference(filled)
                case Reuse.NAME:
                    found = self.readers(function).difference(filled)
            users |= found - self._made_by_themselves(path, function, fill.holder)
        return frozenset(users)

    def _made_by_themselves(
        self, path: RepoPath, function: FunctionFacts, holder: Holder
    ) -> frozenset[OwnerKey]:
        """Return the tests that made what holds a state, where only tests make such.

        It ends with the test. Where something that lasts makes one as well, a test may
        use that one beside its own.
        """
        match holder:
            case Holder.CALL:
                parts = function.qualname.split(".<locals>.")[:-1]
                makers = [(path, ".<locals>.".join(parts[: i + 1])) for i in range(len(parts))]
                runs = [self._ran(*maker) for maker in makers]
                every = frozenset[OwnerKey]().union(*runs)
                own = every.intersection(*runs)
            case Holder.OBJECT:
                cls = function.qualname.rpartition(".")[0]
                if (path, f"{cls}.__init__") not in self._blocks:
                    return frozenset()
                own = every = frozenset(
                    key
                    for name in self._with_derived(_last_name(cls))
                    for maker in self._constructors.get(name, ())
                    for key in self._ran(*maker)
                )
            case Holder.SHARED:
                return frozenset()
        return own if all(key.kind is OwnerKind.TEST for key in every) else frozenset()

    def _ran(self, path: RepoPath, symbol: str) -> list[OwnerKey]:
        return self.owners_of(path, self._blocks.get((path, symbol), BitMap()))

    def readers(self, function: FunctionFacts) -> frozenset[OwnerKey]:
        """Return the owners that ran code which refers to what a function fills."""
        found: set[OwnerKey] = set()
        for name in {fill.name for fill in function.fills}:
            for other, units in self._referring.get(name, {}).items():
                found.update(self.owners_of(other, units & self._called(other)))
        return frozenset(found)

    def _called(self, path: RepoPath) -> BitMap:
        """Return the units of a file that run when they are called."""
        units = self._sources[path].outline.units
        return BitMap([unit for unit, found in enumerate(units) if found.kind is UnitKind.BLOCK])


def _callers_names(symbol: str) -> Iterator[str]:
    """Yield the names by which code may come to run a symbol's blocks.

    Those of the functions around it, which hand it out; for a special method, which an
    operator runs, the class.
    """
    for part in symbol.split(".<locals>."):
        yield _last_name(part)
    name = _last_name(symbol)
    if name.startswith("__") and name.endswith("__"):
        yield _last_name(symbol.rpartition(".")[0])


def _last_name(qualname: str) -> str:
    return qualname.rpartition(".")[2].partition("#")[0]
