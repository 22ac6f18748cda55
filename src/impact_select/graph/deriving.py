"""Whether deriving from a class does nothing but make another class.

A base may note its subclasses, look at their members or refuse them, in a metaclass, in
`__init_subclass__` or in a decorator. Where all bases of a class, of any depth, are found in
the project and do none of this, a class that is new, gone or derives from other bases
concerns only those that meet it; and making it fails only where its bases cannot be put in
order, or cannot share their layout.

Source: "Customizing class creation" and "The Python 2.3 method resolution order", Python
documentation.
"""

import builtins
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from impact_select.graph.loading import Loading
from impact_select.model.ids import RepoPath
from impact_select.model.source import ClassFacts, ImportFact, Outline, Unit, UnitKind, plain_name
from impact_select.outline.decorators import is_pure
from impact_select.outline.known_names import QUIET_BUILT_IN, QUIET_STANDARD, is_plain_base

_Place: TypeAlias = tuple[str, str]
"""A file and the name of a class in it; an empty path for a known class from elsewhere."""

_Order: TypeAlias = tuple[_Place, ...]
"""Classes in the order in which their members are looked up."""

_OBJECT: Final = ("", "object")
_TYPING: Final = {
    "ABC": (("", "ABC"), _OBJECT),
    "Generic": (("", "Generic"), _OBJECT),
    "Protocol": (("", "Protocol"), ("", "Generic"), _OBJECT),
}
_WITHOUT_LAYOUT: Final = frozenset({"object", *_TYPING})
_SUBSCRIPTED: Final = frozenset({"Generic", "dict", "list", "tuple", "set", "frozenset"})
_HOOKS: Final = frozenset({"__init_subclass__", "__class_getitem__"})
_ENUM: Final = ("", "enum.Enum")
# What the metaclass of enumerations calls while it makes the members.
_MEMBER_HOOKS: Final = frozenset(
    {"__new__", "__init__", "__init_subclass__", "__set_name__", "__eq__", "__hash__"}
)


class Deriving:
    """Follows the bases of classes in one state of the files.

    Args:
        loading: The imports of that state.
    """

    def __init__(self, loading: Loading) -> None:
        self._loading = loading
        self._orders: dict[tuple[RepoPath, str], _Order | None] = {}

    def is_quiet(self, path: RepoPath, facts: ClassFacts) -> bool:
        """Tell whether the bases of a class do nothing when it is made, and making it succeeds.

        Args:
            path: The file that it is in.
            facts: The class. Its decorators do not count.
        """
        outline = self._loading.outline(path)
        holder = facts.qualname.rpartition(".")[0]
        if outline is None or "<locals>" in holder:
            return False
        if holder:
            nearer = {name for unit in _members(outline, holder) for name in unit.names}
            if any(base.partition(".")[0] in nearer for base in facts.bases):
                return False
        order = self._derived(path, facts, (path, facts.qualname))
        if order is not None and _ENUM in order:
            return _makes_members(outline, facts.qualname)
        return order is not None

    def _derived(self, path: RepoPath, facts: ClassFacts, own: _Place) -> _Order | None:
        """Return a class and all that it derives from; None where something may be noticed."""
        if facts.keywords:
            return None
        orders: list[_Order] = []
        for base in facts.bases:
            order = self._order(path, base)
            if order is None or (base in facts.subscripted and not _takes_parameters(order)):
                return None
            orders.append(order)
        if len(orders) > 1 and (
            self._have_slots(orders) or not _fit(orders) or any(_ENUM in one for one in orders)
        ):
            return None
        heads = tuple(order[0] for order in orders)
        merged = _merge([*orders, heads, (_OBJECT,)])
        return None if merged is None else (own, *merged)

    def _order(self, path: RepoPath, name: str) -> _Order | None:
        key = (path, name)
        if key not in self._orders:
            self._orders[key] = None  # a class that derives from itself is none
            self._orders[key] = self._find_order(path, name)
        return self._orders[key]

    def _find_order(self, path: RepoPath, name: str) -> _Order | None:
        outline = self._loading.outline(path)
        if outline is None:
            return None
        head = name.partition(".")[0]
        # What is bound in a branch may not be there, or be something else.
        binding = {
            UnitKind.EFFECT if unit.is_conditional else unit.kind
            for unit in outline.units
            if head in unit.names and unit.symbol in {"", head}
        } - {UnitKind.BLOCK, UnitKind.DECORATORS, UnitKind.DOC}
        if binding == {UnitKind.BASES}:
            return self._defined(path, outline, name)
        if binding == {UnitKind.IMPORT}:
            facts = [fact for fact in outline.imports if fact.bound == head]
            orders = {self._imported(path, fact, name) for fact in facts}
            return orders.pop() if len(orders) == 1 else None
        if binding or any(fact.name == "*" for fact in outline.imports):
            return None
        return _built_in(name)

    def _defined(self, path: RepoPath, outline: Outline, name: str) -> _Order | None:
        """Return the order of the one class of this name in a module."""
        found = [facts for facts in outline.classes if plain_name(facts.qualname) == name]
        if len(found) != 1 or found[0].qualname != name or not _ignores_subclasses(outline, name):
            return None
        if not all(map(is_pure, found[0].decorators)) or not self.is_quiet(path, found[0]):
            return None
        order = self._derived(path, found[0], (path, name))
        # An enumeration that has members is no base.
        return None if order is None or _ENUM in order else order

    def _imported(self, path: RepoPath, fact: ImportFact, name: str) -> _Order | None:
        """Return the order of a class that an import binds, or that is in what it binds."""
        rest = name.partition(".")[2]
        targets = list(self._loading.targets(path, fact))
        if len(targets) != 1:
            return None
        whole = f"{targets[0]}.{rest}" if rest else targets[0]
        holder, _, last = whole.rpartition(".")
        files = self._loading.files(holder)
        if len(files) == 1 and not self._loading.files(whole):
            (file,) = files
            return self._order(file, last)
        return _standard(whole) if not files and self._loading.is_foreign(whole) else None

    def _have_slots(self, orders: Iterable[_Order]) -> bool:
        places = {place for order in orders for place in order if place[0]}
        outlines = ((self._loading.outline(RepoPath(path)), name) for path, name in places)
        return any(
            outline is None or any("__slots__" in unit.names for unit in _members(outline, name))
            for outline, name in outlines
        )


def _members(outline: Outline, cls: str) -> Iterator[Unit]:
    return (unit for unit in outline.units if unit.symbol == cls)


def _ignores_subclasses(outline: Outline, cls: str) -> bool:
    hooks = {f"{cls}.{hook}" for hook in _HOOKS}
    return not any(plain_name(facts.qualname) in hooks for facts in outline.functions) and not any(
        _HOOKS.intersection(unit.names) for unit in _members(outline, cls)
    )


def _makes_members(outline: Outline, cls: str) -> bool:
    """Tell whether an enumeration makes members of what can neither fail nor act."""
    bound: list[str] = []
    for unit in outline.units:
        holder, _, name = unit.symbol.rpartition(".")
        if unit.symbol == cls:
            if unit.kind in {UnitKind.EFFECT, UnitKind.IMPORT}:
                return False
            if unit.kind is UnitKind.VARIABLE:
                if not unit.inert or unit.is_conditional or unit.annotates:
                    return False
                bound += unit.names
        elif holder == cls and unit.kind in {UnitKind.BASES, UnitKind.SIGNATURE}:
            if unit.kind is UnitKind.BASES or name in _MEMBER_HOOKS:
                return False
            bound.append(name)
    names = {name.partition("#")[0] for name in bound}
    return (
        len(names) == len(bound)
        and "mro" not in names
        and not any(name.startswith("_") and not name.endswith("__") for name in names)
    )


def _built_in(name: str) -> _Order | None:
    """Return the order of a class that every module knows, or that typing and abc have."""
    if name in QUIET_BUILT_IN or (is_plain_base(name) and hasattr(builtins, name)):
        return tuple(("", cls.__name__) for cls in getattr(builtins, name).__mro__)
    return None


def _standard(name: str) -> _Order | None:
    """Return the order of a class of the standard library, by its dotted name."""
    module, _, last = name.rpartition(".")
    if module in {"abc", "typing", "typing_extensions"} and is_plain_base(last):
        return _TYPING.get(last)
    return (("", name), _OBJECT) if name in QUIET_STANDARD or name == _ENUM[1] else None


def _takes_parameters(order: _Order) -> bool:
    """Tell whether a class can be subscripted."""
    return any(
        not path and (name in _SUBSCRIPTED or name.startswith("collections."))
        for path, name in order
    )


def _fit(orders: Iterable[_Order]) -> bool:
    """Tell whether objects can have the layout of several classes at once."""
    names = {name for order in orders for path, name in order if not path} - _WITHOUT_LAYOUT
    if any("." in name for name in names):
        return len(names) == 1
    types = [getattr(builtins, name) for name in sorted(names)]
    solid = [one for one in types if not any(one in some.__mro__[1:] for some in types)]
    try:
        type("_", tuple(solid), {})
    except TypeError:
        return False
    return True


def _merge(orders: Iterable[_Order]) -> _Order | None:
    """Put classes in one order that agrees with several (C3); None where there is none."""
    rest = [list(order) for order in orders if order]
    merged: list[_Place] = []
    while rest:
        later = {place for order in rest for place in order[1:]}
        first = next((order[0] for order in rest if order[0] not in later), None)
        if first is None:
            return None
        merged.append(first)
        rest = [[place for place in order if place != first] for order in rest]
        rest = [order for order in rest if order]
    return tuple(merged)
