"""Which classes derive from which, as far as the names in all executed files tell."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Set
from typing import Final, TypeAlias, TypeVar

from impact_select.model.ids import RepoPath
from impact_select.model.source import ImportFact, Outline, UnitKind
from impact_select.outline.known_names import QUIET_BUILT_IN, is_plain_base, is_quiet_base

_T = TypeVar("_T", bound=Hashable)
ClassPlace: TypeAlias = tuple[RepoPath, str]
"""A file, and the qualified name of a class in it."""
# They answer for names that no class binds.
_ANSWERING: Final = frozenset({"__getattr__", "__getattribute__"})


class ClassNames:
    """Relations between the classes of all executed files."""

    def __init__(self) -> None:
        self._derived: dict[str, set[str]] = {}
        self._named: dict[str, set[ClassPlace]] = {}
        self._bases: dict[ClassPlace, set[str]] = {}
        self._imports: dict[RepoPath, dict[str, set[str]]] = {}
        self._answering: set[ClassPlace] = set()
        self._related: dict[ClassPlace, set[ClassPlace]] | None = None
        self._kin: dict[ClassPlace, frozenset[ClassPlace] | None] = {}

    def add(self, path: RepoPath, outline: Outline, names_at: Callable[[int], Set[str]]) -> None:
        """Add the classes of a file.

        Args:
            path: The file.
            outline: Of the file.
            names_at: Gives the names that a unit refers to.
        """
        for cls in outline.classes:
            place = (path, cls.qualname)
            self._named.setdefault(last_name(cls.qualname), set()).add(place)
            self._bases[place] = {base for base in cls.bases if not _has_no_variables(base)}
            if cls.keywords:
                self._answering.add(place)  # a metaclass may do anything
            for base in cls.bases:
                derived = self._derived.setdefault(base.rpartition(".")[2], set())
                derived.add(last_name(cls.qualname))
        keyed = {cls.qualname for cls in outline.classes if cls.keywords}
        for unit, found in enumerate(outline.units):
            if found.kind is UnitKind.BASES and found.symbol in keyed:
                # What a metaclass does, it does to the classes that are made by it.
                for name in names_at(unit):
                    self._derived.setdefault(name, set()).add(last_name(found.symbol))
        for function in outline.functions:
            if last_name(function.qualname) in _ANSWERING:
                self._answering.add((path, function.qualname.rpartition(".")[0]))
        self._imports[path] = _imported(outline.imports)

    def with_derived(self, name: str) -> frozenset[str]:
        """Return the names of a class, of those that derive from it and that it makes."""
        return _closed({name}, lambda one: self._derived.get(one, ()))

    def kin(self, cls: ClassPlace) -> frozenset[ClassPlace] | None:
        """Return the classes whose variables an object with methods of one may have.

        Those are all bases of all classes that derive from it.

        Returns:
            None where something else may answer for a name: a base that is not the project's
            or is computed, a metaclass, a hook for missing names.
        """
        if self._related is None:
            self._related = {}
            for place in self._bases:
                for base in self._bases_of(place):
                    self._related.setdefault(base, set()).add(place)
        if cls not in self._kin:
            below = _closed({cls}, lambda one: (self._related or {}).get(one, ()))
            found = _closed(below, self._bases_of)
            known = found <= self._bases.keys() - self._answering
            self._kin[cls] = found if known else None
        return self._kin[cls]

    def _bases_of(self, cls: ClassPlace) -> Iterator[ClassPlace]:
        """Yield the classes that a class may derive from; one of no file for another thing."""
        path = cls[0]
        for base in self._bases.get(cls, ()):
            head, dot, _ = base.partition(".")
            name = last_name(base)
            own = {place for place in self._named.get(name, ()) if place[0] == path}
            yield from own
            imported = self._imports.get(path, {})
            # A star import may give anything that the file itself does not bind.
            if head in imported or not own:
                for given in {name} if dot else imported.get(head, {name}):
                    others = {
                        place
                        for place in self._named.get(given, ())
                        if place[0] != path and ".<locals>." not in place[1]
                    }
                    yield from others
                    if not others:
                        yield RepoPath(""), base


def _has_no_variables(base: str) -> bool:
    """Tell whether a base is none whose variables hold anything of the project's."""
    return is_plain_base(base) or is_quiet_base(base) or base in QUIET_BUILT_IN


def _imported(facts: Iterable[ImportFact]) -> dict[str, set[str]]:
    """Return what each name that a file's imports bind is called where it comes from."""
    found: dict[str, set[str]] = {}
    for fact in facts:
        if fact.name != "*":
            found.setdefault(fact.bound, set()).add(fact.name or fact.bound)
    return found


def _closed(start: Set[_T], leading: Callable[[_T], Iterable[_T]]) -> frozenset[_T]:
    found = set(start)
    pending = list(start)
    while pending:
        new = set(leading(pending.pop())) - found
        found |= new
        pending.extend(new)
    return frozenset(found)


def last_name(qualname: str) -> str:
    """Return the last part of a qualified name, without the number that tells equals apart."""
    return qualname.rpartition(".")[2].partition("#")[0]
