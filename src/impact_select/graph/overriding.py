"""Which classes have a member of their own in the place of one that a base has.

Whoever meets only objects of these finds what the class itself defines, whatever becomes of
the member in the base. Source: "The Python 2.3 method resolution order", Python
documentation: a class comes before its bases in the order of look-up.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

from impact_select.graph.constructors import MAKING
from impact_select.graph.hierarchy import Hierarchy
from impact_select.model.ids import RepoPath
from impact_select.model.impact_map import FileVersion
from impact_select.model.reference import RECEIVER, SUPER, may_compute
from impact_select.model.source import Outline, UnitKind, plain_name
from impact_select.outline.decorators import consumes_members
from impact_select.ports import EvidenceStore

_Class: TypeAlias = tuple[RepoPath, str]
"""A file, and the qualified name of a class in it."""

# Code that names one of these may go through the classes below an object by itself.
_WALKING: Final = ("__mro__", "mro", "getmro", "__bases__", "__base__")
# One of them makes or unmakes another one.
_COUPLED: Final = frozenset({"__eq__", "__hash__"})


class Overriding:
    """Answers for the classes of one map.

    Args:
        store: The map.
        classes: The classes in it.
    """

    def __init__(self, store: EvidenceStore, classes: Hierarchy) -> None:
        self._store = store
        self._classes = classes
        self._reached: dict[str, bool] = {}

    def of(self, path: RepoPath, cls: str, name: str) -> frozenset[_Class]:
        """Return the classes below one that define a member themselves, and never ask above.

        Empty where some code may look the member up in the bases of a class, or make others of
        all that the bases have, as `dataclass` does.
        """
        if name in _COUPLED | MAKING or self._is_reached_from_below(name):
            return frozenset()
        below = self._classes.descendants(path, cls)
        if not all(self._is_plain(*one) for one in ((path, cls), *below)):
            return frozenset()
        return frozenset(one for one in below if self._always_binds(*one, name))

    def _is_plain(self, path: RepoPath, cls: str) -> bool:
        return self._classes.is_only_made_by_name(path, cls) and not any(
            map(consumes_members, self._classes.facts(path, cls))
        )

    def _is_reached_from_below(self, name: str) -> bool:
        if name not in self._reached:
            self._reached[name] = self._find_reached(name)
        return self._reached[name]

    def _find_reached(self, name: str) -> bool:
        store = self._store
        if store.unread_blobs:
            return True
        walking = {blob for word in _WALKING for _, blob, _ in store.references(word)}
        if any(root == SUPER or blob in walking for root, blob, _ in store.references(name)):
            return True
        asking = {blob for _, blob, _ in store.references("super")}
        return any(
            (blob in walking or (root == RECEIVER and blob in asking))
            and may_compute(computed, name, spelled=True)
            for computed, root, blob, _ in store.computed_references
        )

    def _always_binds(self, path: RepoPath, cls: str, name: str) -> bool:
        """Tell whether a class defines a member in each version, whatever happens."""
        versions = self._store.versions.get(path, ())
        return bool(versions) and all(
            outline is not None and _binds(outline, cls, name)
            for outline in map(self._outline, versions)
        )

    def _outline(self, version: FileVersion) -> Outline | None:
        return self._store.outline(version.blob)


def _binds(outline: Outline, cls: str, name: str) -> bool:
    """Tell whether a class statement binds a name, in any case; true where there is no such."""
    binding = list(_binding(outline, cls, name))
    return not any(plain_name(facts.qualname) == cls for facts in outline.classes) or (
        bool(binding)
        and all(
            kind in {UnitKind.SIGNATURE, UnitKind.VARIABLE} and not in_branch
            for kind, in_branch in binding
        )
    )


def _binding(outline: Outline, cls: str, name: str) -> Iterator[tuple[UnitKind, bool]]:
    """Yield the kinds of units that bind a name in a class, and whether they may be passed by."""
    for unit in outline.units:
        symbol = plain_name(unit.symbol)
        if symbol == f"{cls}.{name}" and unit.kind is UnitKind.SIGNATURE:
            yield unit.kind, unit.is_conditional
        elif symbol == cls and name in unit.names and not unit.annotates:
            if unit.kind is not UnitKind.BASES:
                yield unit.kind, unit.is_conditional
