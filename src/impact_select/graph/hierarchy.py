"""Classes, their bases and what derives from them, by name, in all recorded versions."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Final, TypeAlias

from impact_select.graph.modules import ModuleIndex
from impact_select.graph.origins import Origins
from impact_select.model.ids import Blob, RepoPath
from impact_select.model.source import (
    ClassFacts,
    Outline,
    Shown,
    Unit,
    UnitKind,
    plain_name,
)
from impact_select.outline.decorators import consumes_members, is_abstract, is_pure
from impact_select.ports import EvidenceStore, ForeignCode

# They make something of the members of a class, and nothing else that has to do with it.
_OF_FIELDS: Final = frozenset(
    {"typing.NamedTuple", "typing_extensions.NamedTuple", "enum.Enum", "enum.IntEnum"}
    | {"enum.StrEnum", "enum.Flag", "enum.IntFlag"}
)

_Class: TypeAlias = tuple[RepoPath, str]
"""A file, and the qualified name of a class in it."""


class Hierarchy:
    """Answers questions about the classes of one map.

    Args:
        store: The map.
        outline: Gives the outline of a content.
        modules: Names of the recorded modules.
        foreign: Code that is not the project's.
    """

    def __init__(
        self,
        store: EvidenceStore,
        outline: Callable[[Blob], Outline | None],
        modules: ModuleIndex,
        foreign: ForeignCode,
    ) -> None:
        self._store = store
        self._outline = outline
        self._modules = modules
        self.origins = Origins(store, modules)
        self._foreign = foreign
        self._showing: dict[tuple[RepoPath, str, Shown], frozenset[_Class]] = {}
        self._consuming: dict[tuple[RepoPath, str, str], frozenset[_Class]] = {}
        self._owning: dict[_Class, frozenset[tuple[_Class, str]]] = {}
        self._above: dict[_Class, frozenset[_Class]] = {}
        self._derived: dict[_Class, frozenset[_Class]] = {}
        self._kin: dict[_Class, frozenset[_Class]] = {}
        self._unknown: frozenset[_Class] | None = None

    def ancestors(self, path: RepoPath, cls: str) -> frozenset[_Class]:
        """Return the project classes that may be bases of a class, by name, of any depth."""
        if (path, cls) not in self._above:
            self._above[path, cls] = self._find_ancestors(path, cls)
        return self._above[path, cls]

    def _find_ancestors(self, path: RepoPath, cls: str) -> frozenset[_Class]:
        found: set[_Class] = set()
        pending = [(path, base) for facts in self.facts(path, cls) for base in facts.bases]
        seen: set[_Class] = set()
        while pending:
            place = pending.pop()
            if place in seen:
                continue
            seen.add(place)
            user, base = place
            for blob, qualname, bases in self.origins.classes(user, base):
                for version in self._store.paths_by_blob.get(blob, ()):
                    if "." in base or version.path == user or self.origins.may_bring(user, base):
                        found.add((version.path, plain_name(qualname)))
                        pending.extend((version.path, one) for one in bases)
        return frozenset(found - {(path, cls)})

    def descendants(self, path: RepoPath, cls: str) -> frozenset[_Class]:
        """Return the project classes that may derive from a class, by name, of any depth.

        By any name under which it is imported or kept, too.
        """
        if (path, cls) not in self._derived:
            self._derived[path, cls] = self._find_descendants(path, cls)
        return self._derived[path, cls]

    def _find_descendants(self, path: RepoPath, cls: str) -> frozenset[_Class]:
        found: set[_Class] = set()
        pending = [(path, cls.rpartition(".")[2])]
        seen: set[_Class] = set()
        while pending:
            place = pending.pop()
            if place in seen:
                continue
            seen.add(place)
            home, name = place
            for user, qualname in self._local_classes.get(name, ()):
                found.add((user, qualname))
                pending.append((user, qualname.rpartition(".")[2]))
            for root, blob, units in self._store.references(name):
                outline = self._outline(blob)
                if outline is None:
                    continue
                users = [
                    version.path
                    for version in self._store.paths_by_blob.get(blob, ())
                    if root or version.path == home or self.origins.may_bring(version.path, name)
                ]
                for unit in (outline.units[unit] for unit in units if unit < outline.loaded):
                    if unit.kind is UnitKind.BASES:
                        qualname = plain_name(unit.symbol)
                        pending.extend((user, qualname.rpartition(".")[2]) for user in users)
                        found.update((user, qualname) for user in users)
                    elif unit.kind in {UnitKind.IMPORT, UnitKind.VARIABLE}:
                        pending += [(user, kept) for user in users for kept in unit.names]
        return frozenset(found - {(path, cls)})

    @cached_property
    def _local_classes(self) -> dict[str, set[_Class]]:
        """The classes of functions, by the names of each base: those have no units."""
        found: dict[str, set[_Class]] = {}
        for blob, qualname, bases in self._store.classes():
            for base in bases if ".<locals>." in qualname else ():
                for version in self._store.paths_by_blob.get(blob, ()):
                    for name in {
                        base.rpartition(".")[2],
                        *self.origins.of(version.path, base).names,
                    }:
                        found.setdefault(name, set()).add((version.path, plain_name(qualname)))
        return found

    def may_share_objects(self, one: _Class, two: _Class) -> bool:
        """Tell whether an object whose class derives from one may have members of another."""
        return not self._below(one).isdisjoint(self._below(two))

    def _below(self, cls: _Class) -> frozenset[_Class]:
        """Return all classes whose objects may have members of one."""
        if cls not in self._kin:
            below = frozenset({cls, *self.descendants(*cls)})
            if any(self._is_handed_on(*one) for one in below):
                below |= self._of_unknown_bases()
            self._kin[cls] = below
        return self._kin[cls]

    def _is_handed_on(self, path: RepoPath, cls: str) -> bool:
        """Tell whether a class may become a base by another name than its own."""
        name = cls.rpartition(".")[2]
        return not self.is_only_made_by_name(path, cls) or any(
            unit is None or unit.kind is not UnitKind.ANNOTATIONS
            for unit in self._units(f"&{name}")
        )

    def _units(self, name: str) -> Iterator[Unit | None]:
        """Yield the units that refer to a name; None for one that is not known."""
        for _, blob, units in self._store.references(name):
            outline = self._outline(blob)
            for unit in units:
                known = outline is not None and unit < outline.loaded
                yield outline.units[unit] if outline is not None and known else None

    def _of_unknown_bases(self) -> frozenset[_Class]:
        """Return the classes that may derive from anything, and what derives from these."""
        if self._unknown is None:
            found = {
                (version.path, plain_name(qualname))
                for blob, qualname, bases in self._store.classes()
                for version in self._store.paths_by_blob.get(blob, ())
                if any(self.origins.may_be_any(version.path, base) for base in bases)
            }
            self._unknown = frozenset(found).union(*(self.descendants(*one) for one in found))
        return self._unknown

    def is_of_plain_objects(self, path: RepoPath, cls: str) -> bool:
        """Tell whether a class is no metaclass, and its bases from elsewhere answer for no name."""
        facts = list(self._with_bases(path, cls))
        return bool(facts) and all(
            self._is_plain(place, base) for place, one in facts for base in one.bases
        )

    def _is_plain(self, path: RepoPath, base: str) -> bool:
        if self.origins.is_quiet(path, base):
            return True
        origin = self.origins.of(path, base)
        known = bool(origin.foreign) and not origin.computed
        return known and not any(map(self._foreign.may_answer, origin.foreign))

    def consumers(self, path: RepoPath, cls: str, name: str) -> frozenset[_Class]:
        """Return the classes by which code from elsewhere may read a member of a class.

        A metaclass, a decorator or a base from elsewhere reads it: of the class, of one that
        derives from it, or of the one around it, which has it by the inner class.
        """
        key = (path, cls, name)
        if key not in self._consuming:
            self._consuming[key] = self._read_by(
                (path, cls),
                lambda file, base, inner: self._base_looks_up(file, base, inner or name),
            )
        return self._consuming[key]

    def showing(self, path: RepoPath, cls: str, shown: Shown) -> frozenset[_Class]:
        """Return the classes by which code from elsewhere may read that of a class's methods."""
        key = (path, cls, shown)
        if key not in self._showing:
            self._showing[key] = self._read_by(
                (path, cls), lambda file, base, _: self._base_reads(file, base, shown)
            )
        return self._showing[key]

    def noted(
        self, path: RepoPath, cls: str, names: frozenset[str], *, every: bool = False
    ) -> frozenset[_Class]:
        """Return the classes that are noted somewhere, with a member of one, when they are made.

        Code from elsewhere does so, in a metaclass, a base or a decorator, or a metaclass of
        the project, which is handed all members; other code of the project tells what it looks
        at.

        Args:
            path: The file of the class.
            cls: Its qualified name.
            names: Of the member, or what reads of it what matters.
            every: Whether whatever looks at members counts, by whatever name.
        """
        return frozenset(
            place
            for place, inner in self._having(path, cls)
            if self._is_noted(place, frozenset({inner}) if inner else names, every=every)
        )

    def _is_noted(self, cls: _Class, names: frozenset[str], *, every: bool) -> bool:
        for path, facts in self._with_bases(*cls):
            makers = [base for base in facts.bases if not self.origins.is_known(path, base)]
            if (path, plain_name(facts.qualname)) == cls:
                makers += [name for name in facts.decorators if not is_pure(name)]
            for maker in makers:
                origin = self.origins.of(path, maker)
                foreign = self._modules.foreign if origin.computed else origin.foreign
                if any(self._foreign.may_note(one, names, every=every) for one in sorted(foreign)):
                    return True
            if "metaclass" in facts.keywords and self._is_handed_members(path, facts):
                return True
        return False

    def _is_handed_members(self, path: RepoPath, facts: ClassFacts) -> bool:
        """Tell whether the metaclass that a class names may look at what the class binds."""
        heads = {base.partition(".")[0] for base in facts.bases}
        for version in self._store.versions.get(path, ()):
            outline = self._outline(version.blob)
            for unit in outline.units if outline is not None else ():
                if unit.kind is not UnitKind.BASES or unit.symbol != facts.qualname:
                    continue
                for name in set(unit.loads) - heads - {"abc", "ABCMeta"}:
                    rows = self.origins.classes(path, name)
                    if not rows or any(self._has_maker(*row) for row in rows):
                        return True
        return False

    def _has_maker(self, blob: Blob, qualname: str, bases: tuple[str, ...]) -> bool:
        outline = self._outline(blob)
        makers = {f"{qualname}.{name}" for name in ("__new__", "__init__", "__prepare__")}
        return (
            outline is None
            or not set(bases) <= {"type", "ABCMeta", "abc.ABCMeta"}
            or any(facts.qualname in makers for facts in outline.functions)
        )

    def having(self, path: RepoPath, cls: str) -> frozenset[_Class]:
        """Return the classes that have the members of one, or one that has them, as a member."""
        return frozenset(place for place, _ in self._having(path, cls))

    def _read_by(
        self, cls: _Class, reads: Callable[[RepoPath, str, str], bool]
    ) -> frozenset[_Class]:
        """Return the classes with the members of one that are read from elsewhere.

        Args:
            cls: The class.
            reads: Tells whether a base in a file reads the members; its last argument is the
                member by which a class has those of an inner one.
        """
        return frozenset(
            place
            for place, inner in self._having(*cls)
            if any(
                consumes_members(facts) or any(reads(file, base, inner) for base in facts.bases)
                for file, facts in self._with_bases(*place)
            )
        )

    def _having(self, path: RepoPath, cls: str) -> frozenset[tuple[_Class, str]]:
        """Return the classes that have the members of one, with the member that they have it by.

        That is empty for those that derive from it.
        """
        if (path, cls) not in self._owning:
            found = {((path, cls), "")}
            pending = [*found]
            while pending:
                place, inner = pending.pop()
                new = {(one, inner) for one in self.descendants(*place)}
                holder, _, last = place[1].rpartition(".")
                if holder and not holder.endswith("<locals>"):
                    new.add(((place[0], holder), last))
                pending.extend(new - found)
                found |= new
            self._owning[path, cls] = frozenset(found)
        return self._owning[path, cls]

    def _base_looks_up(self, path: RepoPath, base: str, name: str) -> bool:
        """Tell whether a base that is not the project's may look up a member by its name."""
        if self.origins.is_known(path, base):
            return False
        return not self.origins.is_quiet(path, base) or any(
            self._foreign.may_look_up(one, name) for one in self.origins.of(path, base).foreign
        )

    def _base_reads(self, path: RepoPath, base: str, shown: Shown) -> bool:
        """Tell whether a base that is not the project's may read something of methods."""
        if self.origins.is_known(path, base):
            return False
        packages = self.origins.of(path, base).packages
        return self.origins.may_be_any(path, base) or any(
            self._foreign.may_read(package, shown) for package in packages
        )

    def _with_bases(self, path: RepoPath, cls: str) -> Iterator[tuple[RepoPath, ClassFacts]]:
        """Yield what is said of a class, and of its bases, with the files."""
        for place in ((path, cls), *self.ancestors(path, cls)):
            for facts in self.facts(*place):
                yield place[0], facts

    def facts(self, path: RepoPath, cls: str) -> Iterator[ClassFacts]:
        """Yield what the recorded versions of a file say of a class."""
        for version in self._store.versions.get(path, ()):
            outline = self._outline(version.blob)
            for facts in outline.classes if outline is not None else ():
                if plain_name(facts.qualname) == cls:
                    yield facts

    @cached_property
    def _protocols(self) -> list[_Class]:
        """The classes that `isinstance` compares the members of any object with."""
        found = {
            (version.path, plain_name(facts.qualname))
            for _, blob, _ in self._store.references("runtime_checkable")
            for outline in (self._outline(blob),)
            if outline is not None
            for facts in outline.classes
            if any(name.rpartition(".")[2] == "runtime_checkable" for name in facts.decorators)
            for version in self._store.paths_by_blob.get(blob, ())
        }
        return sorted(found)

    def protocols(self, name: str) -> Iterator[_Class]:
        """Yield the protocols with a member of a name, for which any object may be asked."""
        for one in self._protocols:
            if any(self._binds(*cls, name) for cls in (one, *self.ancestors(*one))):
                yield one

    def _binds(self, path: RepoPath, cls: str, name: str) -> bool:
        """Tell whether a class statement binds a name."""
        for version in self._store.versions.get(path, ()):
            outline = self._outline(version.blob)
            for unit in outline.units if outline is not None else ():
                symbol = plain_name(unit.symbol)
                if symbol == f"{cls}.{name}" or (symbol == cls and name in unit.names):
                    return True
        return False

    def is_abstract(self, path: RepoPath, cls: str, name: str) -> bool:
        """Tell whether a method implements an abstract one, for a class or one derived from it."""
        bases = {
            base
            for derived in ((path, cls), *self.descendants(path, cls))
            for base in self.ancestors(*derived)
        }
        return any(
            plain_name(facts.qualname) == f"{qualname}.{name}"
            and any(is_abstract(decorator) for decorator in facts.decorators)
            for other, qualname in bases
            for version in self._store.versions.get(other, ())
            for outline in (self._outline(version.blob),)
            if outline is not None
            for facts in outline.functions
        )

    def _is_made_by_name(self, path: RepoPath, base: str) -> bool:
        origin = self.origins.of(path, base)
        return not origin.computed and bool(origin.foreign) and origin.foreign <= _OF_FIELDS

    def is_only_made_by_name(self, path: RepoPath, cls: str) -> bool:
        """Tell whether nobody makes instances of a class without naming it, or a subclass."""
        if ".<locals>." in cls or self._store.references("__subclasses__"):
            return False
        facts = list(self.facts(path, cls))
        hooks = {f"{cls}.__init_subclass__", f"{cls}.__set_name__", f"{cls}.__class_getitem__"}
        return (
            bool(facts)
            and not any(
                some.keywords
                or not all(is_pure(name) for name in some.decorators)
                or not all(
                    self.origins.is_quiet(path, base) or self._is_made_by_name(path, base)
                    for base in some.bases
                )
                for some in facts
            )
            and not any(
                plain_name(function.qualname) in hooks
                for version in self._store.versions.get(path, ())
                for outline in (self._outline(version.blob),)
                if outline is not None
                for function in outline.functions
            )
        )
