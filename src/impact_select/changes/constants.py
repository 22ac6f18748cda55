"""Names that hold the same constant as before, though it is written in another module now.

Where `RATE = 2` becomes `from .rates import RATE`, and `RATE = 2` stands there, the name is
bound to what it was bound to. This holds while nothing else binds it in either version, and
while it is bound before and after the same statements as far as these can notice.

Cases: tests/conformance/cases, `a_constant_moved_*`.
"""

from collections.abc import Iterator
from typing import Final, Protocol

from impact_select.model.ids import Fingerprint
from impact_select.model.source import ImportFact, Outline, Unit, UnitKind
from impact_select.outline.decorators import is_pure
from impact_select.outline.known_names import ALWAYS_BOUND, is_plain_base

_SETTINGS: Final = frozenset(
    {
        *("__all__", "__test__", "pytestmark", "pytest_plugins"),
        *("collect_ignore", "collect_ignore_glob", "load_tests"),
    }
)
_FUTURE: Final = f":{UnitKind.EFFECT.value}:future:"


class ImportsOf(Protocol):
    """What the imports of one file give in one state."""

    def constant(self, fact: ImportFact) -> Fingerprint | None:
        """Return the digest of the assignment that alone decides what an import binds."""

    def is_apart(self, fact: ImportFact) -> bool:
        """Tell whether an import runs nothing that could look into the importing file."""


def binding_of(outline: Outline, name: str) -> int | None:
    """Return the only unit that binds a name in a module; None when several may.

    It is an assignment of the name alone, or an import.
    """
    found: list[int] = []
    for index, unit in enumerate(outline.units):
        if unit.kind is UnitKind.BLOCK:
            continue
        is_header = unit.kind in {UnitKind.SIGNATURE, UnitKind.BASES}
        own = "." not in unit.symbol if is_header else not unit.symbol
        if own and not {name, "*"}.isdisjoint(unit.names):
            found.append(index)
    if len(found) != 1:
        return None
    unit = outline.units[found[0]]
    plain = unit.key.startswith(f":{unit.kind.value}::") and unit.names == (name,)
    if unit.kind is UnitKind.VARIABLE:
        return found[0] if plain and unit.inert and not unit.loads else None
    return found[0] if plain and unit.kind is UnitKind.IMPORT else None


def moved_constants(
    old: Outline, new: Outline, before: ImportsOf, after: ImportsOf
) -> frozenset[str]:
    """Return the names whose binding is another statement now, and gives what it gave.

    Whether this is a literal is for the caller to know.

    Args:
        old: What was recorded.
        new: What is there now.
        before: The imports of the file when it was recorded.
        after: The same now.
    """
    changed = set(_bound(old, new)) & set(_bound(new, old))
    found: set[str] = set()
    for name in changed - _SETTINGS - ALWAYS_BOUND:
        first, second = binding_of(old, name), binding_of(new, name)
        if first is None or second is None:
            continue
        was = _constant(old, first, before)
        if (
            was is not None
            and was == _constant(new, second, after)
            and _is_placed_alike(old, first, new, second, before, after)
        ):
            found.add(name)
    return frozenset(found)


def _bound(outline: Outline, other: Outline) -> Iterator[str]:
    """Yield the names that an outline binds by a statement that the other has not."""
    known = {(unit.key, unit.fingerprint) for unit in other.units}
    for unit in outline.units:
        if unit.kind in {UnitKind.VARIABLE, UnitKind.IMPORT} and not unit.symbol:
            if (unit.key, unit.fingerprint) not in known:
                yield from unit.names


def _constant(outline: Outline, index: int, imports: ImportsOf) -> Fingerprint | None:
    unit = outline.units[index]
    if unit.kind is UnitKind.VARIABLE:
        return unit.fingerprint
    facts = [fact for fact in outline.imports if fact.unit == index]
    return imports.constant(facts[0]) if len(facts) == 1 else None


def _is_placed_alike(
    old: Outline, first: int, new: Outline, second: int, before: ImportsOf, after: ImportsOf
) -> bool:
    """Tell whether what is on the other side of a binding now cannot notice that."""
    name = old.units[first].names[0]
    above = {unit.key for unit in old.units[:first]}, {unit.key for unit in new.units[:second]}
    crossed = above[0] ^ above[1]
    return all(
        _is_still(unit, index, outline, imports, name)
        for outline, imports in ((old, before), (new, after))
        for index, unit in enumerate(outline.units)
        if unit.key in crossed
        and unit.kind is not UnitKind.BLOCK
        and not (outline is old and index == first)
        and not (outline is new and index == second)
    )


def _is_still(unit: Unit, index: int, outline: Outline, imports: ImportsOf, name: str) -> bool:
    """Tell whether executing a unit neither reads a name nor runs what could."""
    if name in unit.loads:
        return False
    match unit.kind:
        case UnitKind.IMPORT:
            facts = [fact for fact in outline.imports if fact.unit == index]
            return bool(facts) and all(map(imports.is_apart, facts))
        case UnitKind.DECORATORS:
            return all(map(is_pure, outline.decorators_of(unit.symbol)))
        case UnitKind.BASES:
            return all(
                not facts.keywords and all(map(is_plain_base, facts.bases))
                for facts in outline.classes
                if facts.qualname == unit.symbol
            )
        case UnitKind.ANNOTATIONS:
            return unit.inert or outline.postpones_annotations
        case UnitKind.EFFECT:
            return unit.key.startswith(_FUTURE)
        case _:
            return unit.inert
