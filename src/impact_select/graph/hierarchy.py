"""Classes, their bases and what derives from them, by name, in all recorded versions."""

from collections.abc import Callable, Iterator
from functools import cached_property

from impact_select.graph.modules import ModuleIndex
from impact_select.model.ids import Blob, RepoPath
from impact_select.model.impact_map import FileVersion
from impact_select.model.source import ClassFacts, Outline, Shown, Unit, UnitKind, plain_name
from impact_select.outline.decorators import consumes_members, is_abstract, is_pure
from impact_select.outline.known_names import is_plain_base
from impact_select.ports import EvidenceStore


class Hierarchy:
    """Answers questions about the classes of one map.

    Args:
        store: The map.
        outline: Gives the outline of a content.
        modules: Names of the recorded modules.
        may_read: Tells whether a package, by its top-level name, may read something of the
            methods of classes derived from its own.
    """

    def __init__(
        self,
        store: EvidenceStore,
        outline: Callable[[Blob], Outline | None],
        modules: ModuleIndex,
        may_read: Callable[[str, Shown], bool],
    ) -> None:
        self._store = store
        self._outline = outline
        self._modules = modules
        self._origins: dict[tuple[RepoPath, str], frozenset[str]] = {}
        self._may_read = may_read
        self._showing: dict[tuple[RepoPath, str, Shown], bool] = {}
        self._consumed: dict[tuple[RepoPath, str], bool] = {}
        self._kin: dict[tuple[RepoPath, str], frozenset[tuple[RepoPath, str]]] = {}
        self._names: dict[tuple[RepoPath, str], frozenset[str]] = {}
        self._brought: dict[tuple[RepoPath, str], bool] = {}
        self._unknown: frozenset[tuple[RepoPath, str]] | None = None

    def ancestors(self, path: RepoPath, cls: str) -> frozenset[tuple[RepoPath, str]]:
        """Return the project classes that may be bases of a class, by name, of any depth."""
        found: set[tuple[RepoPath, str]] = set()
        pending = [(path, base) for facts in self._facts(path, cls) for base in facts.bases]
        seen: set[tuple[RepoPath, str]] = set()
        while pending:
            place = pending.pop()
            if place in seen:
                continue
            seen.add(place)
            user, base = place
            for blob, qualname, bases, _ in self._classes_of(user, base):
                for version in self._store.paths_by_blob.get(blob, ()):
                    if "." in base or version.path == user or self._may_bring(user, base):
                        found.add((version.path, plain_name(qualname)))
                        pending.extend((version.path, one) for one in bases)
        return frozenset(found - {(path, cls)})

    def _classes_of(
        self, path: RepoPath, base: str
    ) -> tuple[tuple[Blob, str, tuple[str, ...], bool], ...]:
        """Return the rows of the classes that a base in a file may be, by their own names."""
        names = sorted(self._names_of(path, base))
        return tuple(row for name in names for row in self._store.classes_named(name))

    def _names_of(self, path: RepoPath, base: str) -> frozenset[str]:
        """Return the names that what a file has as a base may have where it is defined."""
        key = (path, base)
        if key not in self._names:
            self._names[key] = frozenset()  # a circle of imports adds nothing
            self._names[key] = frozenset(self._find_names(path, base))
        return self._names[key]

    def _find_names(self, path: RepoPath, base: str) -> Iterator[str]:
        head, _, rest = base.partition(".")
        is_imported = False
        for version in self._store.versions.get(path, ()):
            outline = self._outline(version.blob)
            for fact in outline.imports if outline is not None else ():
                if fact.bound != head:
                    continue
                is_imported = True
                for target in self._modules.targets(path, fact):
                    holder, _, name = f"{target}.{rest}".rstrip(".").rpartition(".")
                    files = self._modules.files(holder)
                    for file in files:
                        yield from self._names_of(file, name)
                    if not files:
                        yield name
        name = base.rpartition(".")[2]
        own = {version.blob for version in self._store.versions.get(path, ())}
        if not is_imported or any(row[0] in own for row in self._store.classes_named(name)):
            yield name

    def _may_bring(self, path: RepoPath, name: str) -> bool:
        """Tell whether a name of a file may be a class of another file.

        It is not where class statements of the file, and nothing else in it, bind the name.
        """
        known = self._brought.get((path, name))
        if known is None:
            outlines = [self._outline(version.blob) for version in self._store.versions[path]]
            known = self._brought[path, name] = any(
                outline is None
                or any(fact.bound == name or fact.name == "*" for fact in outline.imports)
                or {unit.kind for unit in outline.units if name in unit.names} != {UnitKind.BASES}
                for outline in outlines
            )
        return known

    def descendants(self, path: RepoPath, cls: str) -> frozenset[tuple[RepoPath, str]]:
        """Return the project classes that may derive from a class, by name, of any depth.

        By any name under which it is imported or kept, too.
        """
        found: set[tuple[RepoPath, str]] = set()
        pending = [(path, cls.rpartition(".")[2])]
        seen: set[tuple[RepoPath, str]] = set()
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
                    if root or version.path == home or self._may_bring(version.path, name)
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
    def _local_classes(self) -> dict[str, set[tuple[RepoPath, str]]]:
        """The classes of functions, by the names of each base: those have no units."""
        found: dict[str, set[tuple[RepoPath, str]]] = {}
        for blob, qualname, bases in self._store.classes():
            for base in bases if ".<locals>." in qualname else ():
                for version in self._store.paths_by_blob.get(blob, ()):
                    for name in {base.rpartition(".")[2], *self._names_of(version.path, base)}:
                        found.setdefault(name, set()).add((version.path, plain_name(qualname)))
        return found

    def may_share_objects(self, one: tuple[RepoPath, str], two: tuple[RepoPath, str]) -> bool:
        """Tell whether an object whose class derives from one may have members of another."""
        return not self._below(one).isdisjoint(self._below(two))

    def _below(self, cls: tuple[RepoPath, str]) -> frozenset[tuple[RepoPath, str]]:
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

    def _of_unknown_bases(self) -> frozenset[tuple[RepoPath, str]]:
        """Return the classes that may derive from anything, and what derives from these."""
        if self._unknown is None:
            found = {
                (version.path, plain_name(qualname))
                for blob, qualname, bases in self._store.classes()
                for version in self._store.paths_by_blob.get(blob, ())
                if any(self._may_be_any(version, qualname, base) for base in bases)
            }
            self._unknown = frozenset(found).union(*(self.descendants(*one) for one in found))
        return self._unknown

    def _may_be_any(self, version: FileVersion, cls: str, base: str) -> bool:
        """Tell whether a base of a class may be any class: an argument, the result of a call."""
        outline = self._outline(version.blob)
        around = {cls[:at] for at in range(len(cls)) if cls.startswith(".<locals>.", at)}
        if outline is None or any(
            base.partition(".")[0] in function.parameters
            for function in (outline.functions if around else ())
            if function.qualname in around
        ):
            return True
        return not self._is_known_base(version.path, base) and not self._packages(
            version.path, base
        )

    def is_of_plain_objects(self, path: RepoPath, cls: str) -> bool:
        """Tell whether a class is no metaclass: all its bases are known, and none is `type`."""
        facts = [
            (some[0], facts)
            for some in ((path, cls), *self.ancestors(path, cls))
            for facts in self._facts(*some)
        ]
        return bool(facts) and all(
            self._is_known_base(place, base) for place, one in facts for base in one.bases
        )

    def is_consumed(self, path: RepoPath, cls: str) -> bool:
        """Tell whether a metaclass, a decorator or a foreign base may read all members."""
        key = (path, cls)
        known = self._consumed.get(key)
        if known is None:
            self._consumed[key] = False  # a cycle adds nothing
            known = any(self._facts_consume(path, facts) for facts in self._facts(path, cls))
            self._consumed[key] = known
        return known

    def shows(self, path: RepoPath, cls: str, shown: Shown) -> bool:
        """Tell whether a metaclass, a decorator or a foreign base may read that of methods."""
        key = (path, cls, shown)
        known = self._showing.get(key)
        if known is None:
            self._showing[key] = False  # a cycle adds nothing
            known = self.is_consumed(path, cls) and any(
                consumes_members(facts)
                or any(self._base_reads(path, base, shown) for base in facts.bases)
                for facts in self._facts(path, cls)
            )
            self._showing[key] = known
        return known

    def _base_reads(self, path: RepoPath, base: str, shown: Shown) -> bool:
        name = base.rpartition(".")[2]
        if is_plain_base(name):
            return False
        packages = self._packages(path, base)
        known = self._classes_of(path, base)
        if not packages and not known:
            return True
        return any(self._may_read(package, shown) for package in packages) or any(
            consumed
            or any(
                self.shows(version.path, plain_name(qualname), shown)
                for version in self._store.paths_by_blob.get(blob, ())
            )
            for blob, qualname, _, consumed in known
        )

    def _packages(self, path: RepoPath, base: str) -> frozenset[str]:
        """Return the packages from elsewhere that a base of a class in a file may come from.

        By their top-level names; through other files that import it from there, too.
        """
        key = (path, base)
        if key not in self._origins:
            self._origins[key] = frozenset()  # a circle of imports adds nothing
            self._origins[key] = frozenset(self._find_packages(path, base))
        return self._origins[key]

    def _find_packages(self, path: RepoPath, base: str) -> Iterator[str]:
        head, _, rest = base.partition(".")
        for version in self._store.versions.get(path, ()):
            outline = self._outline(version.blob)
            for fact in outline.imports if outline is not None else ():
                starred = fact.name == "*"
                if fact.bound != head and not starred:
                    continue
                if not fact.level and self._modules.is_foreign(fact.module):
                    yield fact.module.partition(".")[0]
                    continue
                for target in self._modules.targets(path, fact):
                    whole = ".".join(filter(None, (target, base if starred else rest)))
                    holder, _, name = whole.rpartition(".")
                    for file in self._modules.files(holder):
                        yield from self._packages(file, name)

    def _facts_consume(self, path: RepoPath, facts: ClassFacts) -> bool:
        if consumes_members(facts):
            return True
        for base in facts.bases:
            name = base.rpartition(".")[2]
            if is_plain_base(name):
                continue
            known = self._classes_of(path, base)
            if not known or self._packages(path, base):
                return True
            for blob, qualname, _, consumed in known:
                if consumed:
                    return True
                for version in self._store.paths_by_blob.get(blob, ()):
                    if self.is_consumed(version.path, plain_name(qualname)):
                        return True
        return False

    def _facts(self, path: RepoPath, cls: str) -> Iterator[ClassFacts]:
        for version in self._store.versions.get(path, ()):
            outline = self._outline(version.blob)
            for facts in outline.classes if outline is not None else ():
                if plain_name(facts.qualname) == cls:
                    yield facts

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

    def is_only_made_by_name(self, path: RepoPath, cls: str) -> bool:
        """Tell whether nobody makes instances of a class without naming it, or a subclass."""
        if ".<locals>." in cls or self._store.references("__subclasses__"):
            return False
        facts = list(self._facts(path, cls))
        hooks = {f"{cls}.__init_subclass__", f"{cls}.__set_name__", f"{cls}.__class_getitem__"}
        return (
            bool(facts)
            and not any(
                some.keywords
                or not all(is_pure(name) for name in some.decorators)
                or not all(self._is_known_base(path, base) for base in some.bases)
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

    def _is_known_base(self, path: RepoPath, base: str) -> bool:
        """Tell whether a base of a class in a file is a class of the project, or a plain one.

        That the project has a class of that name does not do, where the file has its own from
        elsewhere.
        """
        if is_plain_base(base.rpartition(".")[2]):
            return True
        names = self._names_of(path, base)
        return (
            bool(names)
            and all(map(self._store.classes_named, names))
            and not self._packages(path, base)
        )
