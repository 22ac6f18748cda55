"""Recordings of the same tests in several orders, compared by what selection makes of them.

What a test depends on must not depend on the tests before it. Where it does, some state is
shared: the first test that needs it runs what fills it, and is credited with that; the
others find it filled. A change of what fills it then selects the first one only.

Two recordings may differ in what a test itself ran and yet agree in what they select: the
rule for shared state, a cache or a fixture credits the others too. So every place that
differs is asked about: does a change there select the test, after each of the orders? It is
reported for a test when the answers differ, and

- the test, after one of the orders, has the place by more than the rule for shared state.
  That rule takes what could be reached by name for what ran, and what it takes in excess
  depends on the order.
- in an order after which the answer is no, something ran the place before the test began.
  What runs only where state is found filled is no cause for doubt in a test that filled it.

Example: `load` fills a file in a temporary folder when it is not there. In the order A, B
the test A ran the block that fills it, in the order B, A the test B did. Selection would
run A or B when that block changes, and should run both.

Ignored on purpose: what follows from the rest by fixed rules (missing imports, which hang
on the unit that imports, and distributions, which hang on imports).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Final, TypeAlias

from pyroaring import BitMap

from impact_select.config import Settings
from impact_select.model.attribution import Attribution, Credit, CreditedPlace, Order, SharedState
from impact_select.model.changes import AtomicChange, ChangeKind
from impact_select.model.ids import Blob, RepoPath, TestId
from impact_select.model.impact_map import FileVersion, ModuleNames
from impact_select.model.recorded import Outcome, OwnerKind, ReadKind
from impact_select.model.source import Outline, Unit, UnitKind
from impact_select.outline.parse import is_source
from impact_select.ports import EvidenceStore, UnknownCode
from impact_select.selection.affected import Affected, Rules
from impact_select.selection.globs import matches

_SETTLED: Final = frozenset({Outcome.PASSED, Outcome.SKIPPED})
# They alone can be used by what the rule for shared state adds.
_BY_IMPORT: Final = frozenset({OwnerKind.IMPORT, OwnerKind.CACHE})
_LOOK: Final = (ReadKind.CONTENT, ReadKind.STATUS)
_CREDITS: Final = {
    ReadKind.CONTENT: Credit.CONTENT,
    ReadKind.STATUS: Credit.CONTENT,
    ReadKind.LISTING: Credit.LISTING,
    ReadKind.MISSING: Credit.ABSENCE,
    ReadKind.OPAQUE: Credit.PROCESS,
}
_NEW_FILE: Final = "a-file-that-is-added"


@dataclass(frozen=True, slots=True)
class RecordedOrder:
    """One recording.

    Attributes:
        order: How the tests were ordered.
        store: A map that holds this recording only.
        looked: Paths that an owner looked at in any way.
        begun: The tests in the order in which they began.
    """

    order: Order
    store: EvidenceStore
    looked: frozenset[RepoPath]
    begun: Sequence[TestId]


@dataclass(frozen=True, slots=True)
class _Ran:
    """A unit of a file; `unit` is its index in the outline."""

    path: RepoPath
    unit: int


@dataclass(frozen=True, slots=True)
class _Imported:
    """A module that was executed."""

    path: RepoPath


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of a module that somebody else may hold."""

    path: RepoPath


@dataclass(frozen=True, slots=True)
class _Read:
    """An input that was looked at in some way."""

    path: RepoPath
    kind: ReadKind


_Key: TypeAlias = _Ran | _Imported | _Names | _Read


def compare_orders(recordings: Sequence[RecordedOrder], settings: Settings) -> Attribution:
    """Find what the order of the tests changes in what would select them.

    Args:
        recordings: At least two, of the same files.
        settings: Files and tests for which selection has rules of its own.

    Safety:
        Nothing is left out by this; it looks for breaches of docs/safety.md,
        assumptions 1, 5 and 9.
    """
    outcomes = {one.order: _outcomes(one.store) for one in recordings}
    everywhere = frozenset.intersection(*(frozenset(found) for found in outcomes.values()))
    somewhere = frozenset[TestId]().union(*outcomes.values())
    dependent: dict[TestId, dict[Order, Outcome]] = {}
    failing: set[TestId] = set()
    compared: list[TestId] = []
    for test in sorted(everywhere):
        found = {order: by_test[test] for order, by_test in outcomes.items()}
        if len(set(found.values())) > 1:
            dependent[test] = found
        elif next(iter(found.values())) not in _SETTLED:
            failing.add(test)
        elif not (matches(test, settings.always_run) or test.startswith(settings.always_run)):
            compared.append(test)
    rewritten = _rewritten([one.store for one in recordings])
    sides = [_Side(one, compared, rewritten) for one in recordings]
    return Attribution(
        orders=tuple(one.order for one in recordings),
        compared=frozenset(compared),
        shared=_shared(sides, compared, settings),
        order_dependent=dependent,
        failing=frozenset(failing),
        not_everywhere=somewhere - everywhere,
        rewritten=rewritten,
    )


def _outcomes(store: EvidenceStore) -> dict[TestId, Outcome]:
    return {one.test: one.outcome for one in store.recordings.values()}


def _rewritten(stores: Iterable[EvidenceStore]) -> frozenset[RepoPath]:
    """Return the executed files of which the recordings saw different contents."""
    blobs: dict[RepoPath, set[Blob]] = {}
    for store in stores:
        for version in store.files.values():
            if store.traces(version.number):
                blobs.setdefault(version.path, set()).add(version.blob)
    return frozenset(path for path, found in blobs.items() if len(found) > 1)


def _shared(
    sides: Sequence["_Side"], compared: Sequence[TestId], settings: Settings
) -> tuple[SharedState, ...]:
    groups: dict[tuple[frozenset[int], ...], list[_Key]] = {}
    nothing = BitMap()
    credited = [side.credited() for side in sides]
    keys: dict[_Key, None] = dict.fromkeys(key for found in credited for key in found)
    keys.update(dict.fromkeys(_held_otherwise(sides)))
    for key in keys:
        owned = [found.get(key, nothing) for found in credited]
        known = not isinstance(key, _Names)
        if (known and all(one == owned[0] for one in owned)) or _unjudged(key, settings):
            continue
        selected = [side.selected(key) for side in sides]
        if not known:
            owned = selected
        differing = BitMap.union(*owned) - BitMap.intersection(*selected)
        if known:
            differing &= BitMap().union(
                *(
                    side.late(key, differing - one)
                    for side, one in zip(sides, selected, strict=True)
                )
            )
        if differing:
            groups.setdefault(tuple(frozenset(one & differing) for one in selected), []).append(key)
    found = [
        SharedState(
            places=tuple(_places(keys, sides)),
            tests={
                side.order: frozenset(compared[index] for index in indices)
                for side, indices in zip(sides, group, strict=True)
            },
        )
        for group, keys in groups.items()
    ]
    return tuple(sorted(found, key=lambda one: (-len(one.differing), str(one.places[0]))))


def _held_otherwise(sides: Sequence["_Side"]) -> Iterator[_Names]:
    """Yield the modules of which another order says otherwise who holds them."""
    names = [side.module_names() for side in sides]
    for path in names[0]:
        if all(path in found for found in names) and len({found[path] for found in names}) > 1:
            yield _Names(path)


def _places(keys: Iterable[_Key], sides: Sequence["_Side"]) -> Iterator[CreditedPlace]:
    """Yield what to call some places: code first, and no import of a file with code in it."""
    code: dict[tuple[RepoPath, str], list[int]] = {}
    others: set[tuple[Credit, RepoPath]] = set()
    for key in keys:
        match key:
            case _Ran(path=path, unit=unit):
                outline = next(found for side in sides if (found := side.outline(path)))
                spans = [span for span in outline.lines if span.unit == unit]
                lines = code.setdefault((path, _symbol(outline.units[unit])), [])
                lines += [line for span in spans for line in (span.first, span.last)]
            case _Imported(path=path):
                others.add((Credit.IMPORT, path))
            case _Names(path=path):
                others.add((Credit.NAMES, path))
            case _Read(path=path, kind=kind):
                others.add((_CREDITS[kind], path))
    for (path, symbol), lines in sorted(code.items()):
        others.discard((Credit.IMPORT, path))
        yield CreditedPlace(Credit.CODE, path, symbol, (min(lines), max(lines)))
    for credit, path in sorted(others):
        yield CreditedPlace(credit, path)


def _symbol(unit: Unit) -> str:
    if unit.kind is UnitKind.BLOCK:
        return unit.symbol
    return ".".join(name for name in (unit.symbol, *unit.names[:1]) if name)


def _unjudged(key: _Key, settings: Settings) -> bool:
    """Tell whether a change of a file selects the same tests whatever was recorded."""
    return matches(key.path, settings.run_all_on) or matches(key.path, settings.ignore)


class _Side:
    """One recording, asked about places; its tests are numbered as those compared are."""

    def __init__(
        self, recorded: RecordedOrder, tests: Sequence[TestId], rewritten: frozenset[RepoPath]
    ) -> None:
        self.order = recorded.order
        self._store = recorded.store
        self._looked = recorded.looked
        self._rewritten = rewritten
        self._rules = Rules(recorded.store, UnknownCode(), lambda _: None)
        numbers = {test: number for number, test in enumerate(tests)}
        self._numbers = {
            one.number: numbers[one.test]
            for one in self._store.recordings.values()
            if one.test in numbers
        }
        self._versions: dict[RepoPath, FileVersion] = {}
        self._outlines: dict[RepoPath, Outline | None] = {}
        for version in self._store.files.values():
            if version.path not in rewritten:
                self._versions[version.path] = version
        positions = {test: position for position, test in enumerate(recorded.begun)}
        self._positions = positions
        self._numbered = [positions.get(test, len(positions)) for test in tests]
        self._first: dict[_Key, int] = {}
        self._dependents: dict[int, BitMap] = {}
        self._kinds: dict[int, tuple[str, str]] = {}
        self._states: list[BitMap] | None = None

    # -- what tests have by more than the rule for shared state ------------------------

    def credited(self) -> dict[_Key, BitMap]:
        """Return the tests per place."""
        found: dict[_Key, BitMap] = {}
        for path, version in self._versions.items():
            traces = self._store.traces(version.number)
            if traces:
                self._add_units(found, path, traces)
        for path in self._looked - self._rewritten:
            for kind in ReadKind:
                readers = self._store.readers(path, (kind,))
                if kind is ReadKind.OPAQUE and path:
                    continue  # code that starts a process, not a process
                tests = self._sure(readers)
                if tests:
                    found[_Read(path, kind)] = tests
                    self._note(_Read(path, kind), self._earliest(readers))
        return found

    def _add_units(
        self,
        found: dict[_Key, BitMap],
        path: RepoPath,
        traces: Iterable[tuple[BitMap, BitMap]],
    ) -> None:
        outline = self.outline(path)
        for units, owners in traces:
            everybody = self._sure(owners)
            own = (OwnerKind.IMPORT.value, path)
            called = self._sure(owner for owner in owners if self._owner(owner) != own)
            first = self._earliest(owners)
            for unit in units:
                if outline is None or unit >= outline.loaded:
                    keys: tuple[tuple[_Key, BitMap], ...] = ((_Imported(path), everybody),)
                elif outline.units[unit].kind is UnitKind.BLOCK:
                    keys = ((_Ran(path, unit), everybody),)
                else:
                    keys = ((_Ran(path, unit), called), (_Imported(path), everybody))
                for key, tests in keys:
                    if tests:
                        found[key] = found.get(key, BitMap()) | tests
                        self._note(key, first)

    def _note(self, key: _Key, position: int) -> None:
        self._first[key] = min(position, self._first.get(key, position))

    def _earliest(self, owners: Iterable[int]) -> int:
        """Return where in the order the first of some owners was on.

        Only of tests it is known; of the others it is said that they came before.
        """
        earliest = len(self._positions)
        for owner in owners:
            kind, name = self._owner(owner)
            if kind == OwnerKind.PROCESS:
                kind, _, name = name.partition(":")  # of whoever started it
            if kind == OwnerKind.TEST:
                earliest = min(earliest, self._positions.get(TestId(name), -1))
            elif kind != OwnerKind.STATE:
                return -1
        return earliest

    def late(self, key: _Key, tests: BitMap) -> BitMap:
        """Return those of some tests that began after something had run a place."""
        first = self._first.get(key, len(self._positions))
        return BitMap([number for number in tests if self._numbered[number] > first])

    def _sure(self, owners: Iterable[int]) -> BitMap:
        """Return the tests that depend on owners otherwise than by shared state."""
        found = BitMap()
        for owner in owners:
            kind = self._owner(owner)[0]
            if kind == OwnerKind.STATE:
                continue
            tests = self._dependents_of(owner)
            if kind in _BY_IMPORT:
                tests = tests - BitMap().union(*(one for one in self._by_state() if one <= tests))
            found |= tests
        return found

    def _by_state(self) -> list[BitMap]:
        """Return the tests of each owner that the rule for shared state added.

        Such an owner may use another one only if all its tests are among that one's.
        """
        if self._states is None:
            owners = {
                owner
                for version in self._store.files.values()
                for _, who in self._store.traces(version.number)
                for owner in who
            }
            states = {
                frozenset(self._dependents_of(owner))
                for owner in owners
                if self._owner(owner)[0] == OwnerKind.STATE
            }
            self._states = [BitMap(tests) for tests in states if tests]
        return self._states

    def _owner(self, owner: int) -> tuple[str, str]:
        if owner not in self._kinds:
            self._kinds[owner] = self._store.owner(owner)
        return self._kinds[owner]

    def _dependents_of(self, owner: int) -> BitMap:
        if owner not in self._dependents:
            self._dependents[owner] = self._tests(self._store.dependents((owner,)))
        return self._dependents[owner]

    def _tests(self, recordings: Iterable[int]) -> BitMap:
        return BitMap([self._numbers[one] for one in recordings if one in self._numbers])

    # -- what selection makes of it ----------------------------------------------------

    def selected(self, key: _Key) -> BitMap:
        """Return the tests that a change of a place selects."""
        found = [*self._rules.opaque(""), *self._affected(key)]
        return self._tests(BitMap().union(*(one.recordings for one in found)))

    def _affected(self, key: _Key) -> Iterator[Affected]:
        version = self._versions.get(key.path)
        match key:
            case _Read(path=path, kind=kind):
                yield from self._affected_readers(path, kind)
            case _ if version is None:
                return
            case _Ran(path=path, unit=unit):
                change = AtomicChange(ChangeKind.BLOCK, path, units=frozenset({unit}))
                yield from self._rules.code(change, version)
            case _Imported(path=path):
                yield from self._rules.code(AtomicChange(ChangeKind.EFFECT, path), version)
            case _Names(path=path):
                for name in self._bound(path):
                    change = AtomicChange(ChangeKind.VARIABLE, path, name=name)
                    yield from self._rules.code(change, version)

    def _affected_readers(self, path: RepoPath, kind: ReadKind) -> Iterator[Affected]:
        version = self._versions.get(path)
        added = self._rules.added
        match kind:
            case ReadKind.OPAQUE:
                return
            case ReadKind.LISTING:
                new = RepoPath(f"{path}/{_NEW_FILE}" if path else _NEW_FILE)
                yield from added(new, self._folders, frozenset())
            case ReadKind.MISSING:
                yield from added(path, self._folders, self._search)
            case _ if version is None:
                # A folder: it goes with all that is in it.
                below = (one for one in self._versions.values() if one.path.startswith(f"{path}/"))
                for inner in below:
                    yield from self._rules.removed(inner, self._folders - {path})
                    return
            case ReadKind.STATUS if is_source(path):
                yield from self._rules.removed(version, self._folders)
            case _:
                yield from self._rules.content(version, is_source=is_source(path))

    def module_names(self) -> Mapping[RepoPath, ModuleNames]:
        """Return who holds the modules."""
        numbers = {version.number: path for path, version in self._versions.items()}
        return {
            numbers[number]: names
            for number, names in self._store.modules.items()
            if number in numbers
        }

    def _bound(self, path: RepoPath) -> frozenset[str]:
        outline = self.outline(path)
        units = outline.units if outline is not None else ()
        return frozenset(name for unit in units if not unit.symbol for name in unit.names)

    def outline(self, path: RepoPath) -> Outline | None:
        """Return the outline of an executed file."""
        if path not in self._outlines:
            version = self._versions.get(path)
            self._outlines[path] = None if version is None else self._store.outline(version.blob)
        return self._outlines[path]

    @cached_property
    def _folders(self) -> frozenset[str]:
        found = {""}
        for path in self._store.versions:
            found.update(str(parent) for parent in PurePosixPath(path).parents if parent.name)
        return frozenset(found)

    @cached_property
    def _search(self) -> frozenset[RepoPath]:
        return frozenset().union(*(one.facts.search for one in self._store.snapshots))
