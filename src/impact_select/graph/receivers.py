"""Whose attribute `self.x` is: one of the class around, or of one that shares objects with it.

A method is called with objects of its class, as long as nobody lends it to another class,
and these have, under each name, what the classes bind that they are made of, as long as no
hook looks it up elsewhere. Where that is not known, `self` is an object like any other.
"""

from collections.abc import Callable, Iterable
from typing import Final

from pyroaring import BitMap

from impact_select.graph.hierarchy import Hierarchy
from impact_select.model.ids import Blob, RepoPath
from impact_select.model.impact_map import FileVersion
from impact_select.model.source import Outline, Unit, UnitKind, plain_name
from impact_select.outline.decorators import keeps_receiver
from impact_select.ports import EvidenceStore

_LOOK_UP_HOOKS: Final = frozenset({"__getattr__", "__getattribute__", "__class__"})


class Receivers:
    """Tells which units in methods may mean some attribute or global by one of `self`.

    Args:
        store: The map.
        classes: Its classes.
        outline: Gives the outline of a content.
    """

    def __init__(
        self,
        store: EvidenceStore,
        classes: Hierarchy,
        outline: Callable[[Blob], Outline | None],
    ) -> None:
        self._store = store
        self._classes = classes
        self._outline = outline
        self._own: dict[tuple[RepoPath, str], bool] = {}
        self._methods: dict[tuple[FileVersion, str], bool] = {}

    def with_kin(self, version: FileVersion, units: BitMap, path: RepoPath, cls: str) -> BitMap:
        """Keep the units in methods that objects with members of a class may have."""
        outline = self._outline(version.blob)
        if outline is None:
            return units
        kept = BitMap()
        for unit in units:
            own, _ = _method_of(outline.units[unit])
            if not own or self._classes.may_share_objects((version.path, own), (path, cls)):
                kept.add(unit)
        return kept

    def with_any(self, version: FileVersion, units: BitMap) -> BitMap:
        """Keep the units in methods whose receiver may have what none of its classes binds."""
        outline = self._outline(version.blob)
        if outline is None:
            return units
        return BitMap(
            [unit for unit in units if not self._is_own(version, outline, outline.units[unit])]
        )

    def _is_own(self, version: FileVersion, outline: Outline, unit: Unit) -> bool:
        if unit.kind is not UnitKind.BLOCK:
            return False
        cls, method = _method_of(unit)
        if not cls:
            return False
        key = (version, f"{cls}.{method}")
        if key not in self._methods:
            self._methods[key] = self._is_own_method(version.path, outline, cls, method)
        return self._methods[key]

    def _is_own_method(self, path: RepoPath, outline: Outline, cls: str, method: str) -> bool:
        symbol = f"{cls}.{method}"
        return (
            all(
                keeps_receiver(decorator)
                for facts in outline.functions
                if plain_name(facts.qualname) == symbol
                for decorator in facts.decorators
            )
            and not self._store.references(f"&{method}")  # it may be lent to another class
            and not self._store.references(f"@{method}")  # it may be given any object
            and not self._store.references("new_class")  # it may be mixed into another class
            and self._has_own_members(path, cls)
        )

    def _has_own_members(self, path: RepoPath, cls: str) -> bool:
        key = (path, cls)
        known = self._own.get(key)
        if known is None:
            below = (key, *self._classes.descendants(path, cls))
            known = self._own[key] = all(
                self._classes.is_of_plain_objects(*one) for one in below
            ) and not self._have_hooks(
                {*below, *(base for one in below for base in self._classes.ancestors(*one))}
            )
        return known

    def _have_hooks(self, classes: Iterable[tuple[RepoPath, str]]) -> bool:
        for path, cls in classes:
            hooks = {f"{cls}.{hook}" for hook in _LOOK_UP_HOOKS}
            for version in self._store.versions.get(path, ()):
                outline = self._outline(version.blob)
                for unit in outline.units if outline is not None else ():
                    symbol = plain_name(unit.symbol)
                    if symbol in hooks or any(f"{symbol}.{name}" in hooks for name in unit.names):
                        return True
        return False


def _method_of(unit: Unit) -> tuple[str, str]:
    """Return the class and the name of the method that a unit stands in.

    Both are empty for a class in a function: it may be another one at each call.
    """
    first, *inner = plain_name(unit.symbol).split(".<locals>.")
    if any("." in part for part in inner):
        return "", ""
    cls, _, name = first.rpartition(".")
    return cls, name
