"""State that one test fills and others find filled.

`functools` caches are watched while they work. Other state is found in the source: a
function that assigns a global, stores into an object that it did not make, or tests and
sets an attribute (`outline/state.py`); a table with a factory, an iterator. What runs while
such state is filled must count for every test that finds it filled; but calls are not
recorded one by one. So all that the filling blocks can reach by name, among what ran in the
owners that ran them, is taken for it (`name_index.py`).

The result is an owner for such a function. It is used by the owners that ran the function
and passed the filling block by: they found it filled. Where lines do not tell whether they
did, by all that ran the function; for a cached property, which is not even called then, by
those that ran code which refers to it; for a hook that looks up any name, by those that may
have met an object of its class. A method that fills its own object passes it on only with
that object: where its receivers were watched (`recording/receivers.py`), they decide. A test
that runs by itself fills such state itself, with what it loads: what others reached in files
that it does not load is not given to it, hence several owners where the users load different
files.

What a function stores into an argument, or into what a call returned, counts only where that
may outlive a test, as far as callers and returned values tell.

Ignored on purpose: an owner that filled the state of one object, or one key, and finds
another filled, for it ran the same code; and what a test stores each time that it runs,
for then the order of the tests matters (docs/safety.md, assumptions 1 and 5).
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pyroaring import BitMap

from impact_select.graph.closure import spread
from impact_select.mapping.class_names import last_name
from impact_select.mapping.edges import edges
from impact_select.mapping.lasting import Lasting
from impact_select.mapping.name_index import NameIndex, SourceFacts, is_test
from impact_select.model.ids import RepoPath
from impact_select.model.recorded import Method, OwnerKey, OwnerKind, OwnerRecord, RecordedRun
from impact_select.model.source import Fill, FunctionFacts, Holder, Outline, Reuse, UnitKind

_LATE: Final = frozenset({OwnerKind.TEST, OwnerKind.FIXTURE})
# What is made from functions by these calls them when it is looked into.
_LAZY: Final = frozenset(
    {
        *("LazyObject", "Proxy", "SimpleLazyObject", "defaultdict"),
        *("accumulate", "chain", "cycle", "filter", "groupby", "islice", "map", "starmap", "tee"),
    }
)


def with_shared_state(run: RecordedRun, sources: Mapping[RepoPath, SourceFacts]) -> RecordedRun:
    """Add an owner for each function that fills state, and its users.

    Args:
        run: What was recorded.
        sources: Facts per executed file; one that is missing adds nothing.
    """
    every, run = run, _without_processes(run)
    index = NameIndex(run, sources)
    loaded = _Loaded(run)
    early = _early(run)
    uses: dict[OwnerKey, set[OwnerKey]] = {}
    added: dict[OwnerKey, OwnerRecord] = {}
    states = [*_filled_by_functions(index, loaded, run.blurred), *_filled_by_look_ups(index)]
    for state, reached in zip(states, _reached(index, states), strict=True):
        users = state.users
        if all(key.kind in _LATE for key in state.filled):
            users -= early
        for number, (units, finders) in enumerate(loaded.parts(reached, users), start=1):
            key = OwnerKey(
                OwnerKind.STATE, state.name if number == 1 else f"{state.name} ({number})"
            )
            added[key] = OwnerRecord(units, frozenset(), frozenset())
            for user in finders:
                uses.setdefault(user, set()).add(key)
    owners = {
        key: replace(record, uses=record.uses | uses[key]) if key in uses else record
        for key, record in every.owners.items()
    }
    return replace(every, owners={**owners, **added})


def _without_processes(run: RecordedRun) -> RecordedRun:
    """Leave out what ran in processes that began with nothing: it meets no other test's state."""
    owners = {
        key: record for key, record in run.owners.items() if key.kind is not OwnerKind.PROCESS
    }
    return replace(run, owners=owners, shared_processes={}, own_processes={})


def _reached(index: NameIndex, states: Sequence["_State"]) -> list[dict[RepoPath, BitMap]]:
    """Return what filling each state may have run.

    Who filled one may have found another one filled meanwhile: what that took is part of it.
    """
    reached = [
        index.reached(state.filling, state.filled) if state.users else {} for state in states
    ]
    by_user: dict[OwnerKey, set[int]] = {}
    for number, state in enumerate(states):
        for user in state.users:
            by_user.setdefault(user, set()).add(number)
    found = [
        {other for key in state.filled for other in by_user.get(key, ())} - {number}
        for number, state in enumerate(states)
    ]
    pending = set(range(len(states)))
    while pending:
        changed = set()
        for number, state in enumerate(states):
            met = [
                reached[other]
                for other in sorted(found[number] & pending)
                if _meet(reached[number], states[other].blocks)
            ]
            if met:
                more = index.reached(state.filling, state.filled, [reached[number], *met])
                if more != reached[number]:
                    reached[number] = more
                    changed.add(number)
        pending = changed
    return reached


def _meet(one: Mapping[RepoPath, BitMap], other: Mapping[RepoPath, BitMap]) -> bool:
    return any(path in one and one[path].intersect(units) for path, units in other.items())


@dataclass(frozen=True, slots=True)
class _State:
    """Something that is filled once and found filled later.

    Attributes:
        name: Of its owner.
        filling: The units that fill it.
        blocks: All blocks of the functions that do, or find it filled.
        filled: The owners that ran these.
        users: The owners that may have found it filled.
    """

    name: str
    filling: Mapping[RepoPath, BitMap]
    blocks: Mapping[RepoPath, BitMap]
    filled: Sequence[OwnerKey]
    users: frozenset[OwnerKey]


def _filled_by_functions(
    index: NameIndex, loaded: "_Loaded", blurred: frozenset[Method]
) -> Iterator[_State]:
    lasting = Lasting(index)
    for path, facts in index.sources.items():
        for function in facts.outline.functions:
            if not function.fills or is_test(function):
                continue
            fills = [fill for fill in function.fills if lasting.lasts(path, function, fill)]
            filling = _filling(facts.outline, function, fills)
            filled = index.owners_of(path, filling)
            if filled:
                is_blurred = (path, function.qualname) in blurred
                users = _users(index, lasting, loaded, path, function, fills, is_blurred=is_blurred)
                start = filling | _around(facts.outline, function, fills)
                blocks = {path: index.blocks[path, function.qualname]}
                name = f"{path}::{function.qualname}"
                yield _State(name, {path: start}, blocks, filled, users)


def _filled_by_look_ups(index: NameIndex) -> Iterator[_State]:
    """Yield what a variable computes from functions as it is looked into.

    Such are tables with a factory, and iterators: one test advances them, the next one
    finds them advanced.
    """
    places = {
        (path, unit)
        for name in _LAZY
        for path, units in index.referring.get(name, {}).items()
        for unit in units
    }
    generators = {
        last_name(function.qualname)
        for facts in index.sources.values()
        for function in facts.outline.functions
        if function.handing.generates and function.fixture is None
    }
    places |= {
        (path, unit)
        for name in generators
        for path, units in index.referring.get(name, {}).items()
        for unit in units
        if index.sources[path].outline.units[unit].kind is UnitKind.VARIABLE
    }
    for path, unit in sorted(places):
        found = index.sources[path].outline.units[unit]
        names = index.names_at((path, unit))
        function = index.function(path, found.symbol)
        if found.kind is UnitKind.BLOCK and function is not None:
            wanted, holders = set(function.handing.defers), function.handing.keeps
        elif found.kind is UnitKind.VARIABLE:
            wanted = {name[1:] for name in names if name[0] == "&"} | (names & generators)
            holders = found.names
        else:
            continue
        filling = {path: BitMap([unit])} if found.kind is UnitKind.VARIABLE else {}
        for name in wanted:
            for other, symbol in index.functions_named(name):
                filling[other] = filling.get(other, BitMap()) | index.blocks[other, symbol]
        readers = index.readers(holders)
        filled = sorted(
            {key for other, units in filling.items() for key in index.owners_of(other, units)}
            & readers
        )
        if filled:
            where = f"{path}::{'.'.join(filter(None, (found.symbol, holders[0])))}"
            yield _State(where, filling, filling, filled, readers)


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


def _around(outline: Outline, function: FunctionFacts, fills: Iterable[Fill]) -> BitMap:
    """Return the blocks of a function in the branches that some of its fills stand in."""
    return BitMap(
        [
            span.unit
            for fill in fills
            if fill.around is not None and fill.reuse is not Reuse.NEVER
            for span in outline.lines
            if fill.around[0] <= span.first
            and span.last <= fill.around[1]
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

    def owners(self, path: RepoPath) -> frozenset[OwnerKey]:
        """Return the owners that load a file."""
        bit = self._bits.get(path)
        return frozenset(key for key, bits in self._by_owner.items() if bit is None or bit in bits)

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


def _users(
    index: NameIndex,
    lasting: Lasting,
    loaded: _Loaded,
    path: RepoPath,
    function: FunctionFacts,
    fills: Sequence[Fill],
    *,
    is_blurred: bool,
) -> frozenset[OwnerKey]:
    """Return the owners that may have found what some fills of a function fill, by others.

    Where it is not known how far each of them ran it, that may be all.
    """
    outline = index.sources[path].outline
    ran = frozenset(index.ran(path, function.qualname))
    users: set[OwnerKey] = set()
    for fill in fills:
        # Each of several places that set the same does so for all of them.
        same = [
            other
            for other in fills
            if other is fill or (fill.plain and other.plain and other.name == fill.name)
        ]
        filled = index.owners_of(path, _filling(outline, function, same))
        match fill.reuse:
            case Reuse.NEVER:
                continue
            case Reuse.BRANCH:
                found = ran if is_blurred else ran.difference(filled)
            case Reuse.WITHIN:
                found = ran
            case Reuse.NAME:
                found = index.readers([fill.name]).difference(filled)
            case Reuse.LOOKUP:
                found = _finders(index, loaded, path, function)
        met = lasting.finders(path, function, fill)
        if met is None:
            users |= found - _made_by_themselves(index, lasting, path, function, fill)
        else:
            users |= found & met
    return frozenset(users)


def _finders(
    index: NameIndex, loaded: _Loaded, path: RepoPath, function: FunctionFacts
) -> frozenset[OwnerKey]:
    """Return the owners that may have looked for what a look-up hook stores."""
    holder = last_name(function.qualname.rpartition(".")[0])
    if not holder:
        return loaded.owners(path)
    if last_name(function.qualname) == "__get__":
        return index.readers(index.put_under(holder))
    classes = index.with_derived(holder)
    met = {
        key
        for other, symbol in index.blocks
        if last_name(symbol.partition(".<locals>")[0].rpartition(".")[0]) in classes
        for key in index.ran(other, symbol)
    }
    return index.readers(index.made_from(classes)) | met


def _made_by_themselves(
    index: NameIndex, lasting: Lasting, path: RepoPath, function: FunctionFacts, fill: Fill
) -> frozenset[OwnerKey]:
    """Return the tests that made what holds a state, where only tests make such.

    It ends with the test. Where something that lasts makes one as well, a test may
    use that one beside its own.
    """
    match fill.holder:
        case Holder.CALL:
            parts = function.qualname.split(".<locals>.")[:-1]
            around = [".<locals>.".join(parts[: i + 1]) for i in range(len(parts))]
            runs = [index.ran(path, symbol) for symbol in around]
            every = frozenset[OwnerKey]().union(*runs)
            own = every.intersection(*runs)
        case Holder.OBJECT:
            makers = lasting.makers(path, function)
            if makers is None or not fill.is_in_receiver:
                return frozenset()
            every = makers
            # What something is put into may be the class's, or be held by several objects.
            own = makers if fill.plain else makers & lasting.fillers(path, function, fill.name)
        case Holder.SHARED:
            return frozenset()
    return own if all(key.kind is OwnerKind.TEST for key in every) else frozenset()
