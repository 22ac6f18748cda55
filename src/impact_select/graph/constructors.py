"""Which calls only make an object, and what making one uses of its class."""

from collections.abc import Iterator
from typing import Final

from impact_select.graph.hierarchy import Hierarchy
from impact_select.model.ids import RepoPath
from impact_select.model.source import FunctionFacts, Unit, UnitKind, plain_name
from impact_select.outline.decorators import consumes_members, is_abstract, is_pure
from impact_select.ports import EvidenceStore

MAKING: Final = frozenset(
    {"__init__", "__new__", "__post_init__", "__setattr__", "__getattribute__", "__set_name__"}
    | {"__init_subclass__", "__class_getitem__", "__prepare__", "__slots__", "__del__"}
)
"""What may run when an object is made."""


class Constructors:
    """Answers for the classes of one map.

    Args:
        store: The map.
        classes: The classes in it.
    """

    def __init__(self, store: EvidenceStore, classes: Hierarchy) -> None:
        self._store = store
        self._classes = classes

    def is_made_quietly(self, path: RepoPath, name: str) -> bool:
        """Tell whether a call of a name in a file makes an object that keeps what it is given.

        Args:
            path: The file.
            name: Dotted, as written.
        """
        found = {
            (version.path, plain_name(qualname))
            for blob, qualname, _ in self._classes.origins.classes(path, name)
            for version in self._store.paths_by_blob.get(blob, ())
        }
        return (
            bool(found)
            and self._classes.origins.is_known(path, name)
            and all(
                self._only_keeps(*place)
                for cls in found
                for place in (cls, *self._classes.ancestors(*cls))
            )
            and not any(self._is_set_otherwise(*cls) for cls in found)
        )

    def _only_keeps(self, path: RepoPath, cls: str) -> bool:
        """Tell whether a class adds nothing to how objects are made but a plain constructor."""
        facts = list(self._classes.facts(path, cls))
        hooks = {f"{cls}.{name}" for name in MAKING - {"__init__"}}
        return bool(facts) and not (
            any(
                some.keywords
                or not all(is_pure(name) for name in some.decorators)
                or not all(self._classes.origins.is_known(path, base) for base in some.bases)
                for some in facts
            )
            or any(
                plain_name(one.qualname) in hooks
                or (plain_name(one.qualname) == f"{cls}.__init__" and one.keeps is None)
                or any(is_abstract(decorator) for decorator in one.decorators)
                for one in self._functions(path)
                if plain_name(one.qualname).rpartition(".")[0] == cls
            )
            or any(not MAKING.isdisjoint(unit.names) for unit in self._variables(path, cls))
            or (
                any(consumes_members(some) for some in facts)
                and not all(unit.inert for unit in self._variables(path, cls))
            )
        )

    def _is_set_otherwise(self, path: RepoPath, cls: str) -> bool:
        """Tell whether anything but an object itself may take what its constructor sets."""
        places = ((path, cls), *self._classes.ancestors(path, cls))
        kept = {name for place in places for name in self._kept(*place)}
        return any(
            plain_name(one.qualname) in {f"{place[1]}.{name}" for name in kept}
            for place in places
            for one in self._functions(place[0])
        ) or any(
            not (unit.inert or kept.isdisjoint(unit.names))
            for place in places
            for unit in self._variables(*place)
        )

    def keeps_on_making(self, path: RepoPath, cls: str, name: str) -> bool:
        """Tell whether making objects may use a member of their class, of a plain one or not."""
        related = {
            (path, cls),
            *self._classes.ancestors(path, cls),
            *self._classes.descendants(path, cls),
        }
        return name in MAKING or any(name in self._kept(*place) for place in related)

    def _kept(self, path: RepoPath, cls: str) -> set[str]:
        """Return the attributes that the plain constructor of a class sets."""
        return {
            name
            for one in self._functions(path)
            if plain_name(one.qualname) == f"{cls}.__init__"
            for name in one.keeps or ()
        }

    def _functions(self, path: RepoPath) -> Iterator[FunctionFacts]:
        for version in self._store.versions.get(path, ()):
            outline = self._store.outline(version.blob)
            yield from outline.functions if outline is not None else ()

    def _variables(self, path: RepoPath, cls: str) -> Iterator[Unit]:
        """Yield what the statements of a class bind, definitions left out."""
        for version in self._store.versions.get(path, ()):
            outline = self._store.outline(version.blob)
            for unit in outline.units if outline is not None else ():
                bound = unit.kind in {UnitKind.VARIABLE, UnitKind.EFFECT, UnitKind.IMPORT}
                if bound and plain_name(unit.symbol) == cls:
                    yield unit
