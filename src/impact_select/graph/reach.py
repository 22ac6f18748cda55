"""From what changed to all that it reaches through what code refers to.

Nodes are things whose value may differ now: a name of a module, an attribute of a class,
a class as a whole, the effects of a module. An edge leads from a thing to the unit that
refers to it: a unit that runs when it is called gives the tests that ran it; one that
runs on import gives another thing (the variable that it computes, the class that it
derives), and so on until nothing new is reached.

Example: `VAT` of tax.py changed. `RATES = {"std": tax.VAT}` in shop.py refers to it, so
the name `RATES` of shop.py may differ; `price` refers to that, so the tests that ran the
block of `price` in which it does are affected, by VAT > RATES > price.

A name that was removed breaks the import of what reads it on import: its module's
effects are reached then, and all tests that depend on the module.

Ignored on purpose: an attribute of that name on an object from the standard library;
a plain string that equals a module's name where the module is nowhere used as a value.

Cases: tests/cases/reach.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from pyroaring import BitMap

from impact_select.graph.modules import ModuleIndex
from impact_select.model.ids import Blob, RepoPath
from impact_select.model.impact_map import FileVersion
from impact_select.model.source import ClassFacts, Outline, UnitKind, plain_name
from impact_select.outline.decorators import (
    is_abstract,
    is_fixture,
    is_mark,
    is_pure,
    reads_interface,
)
from impact_select.outline.known_names import is_plain_base
from impact_select.ports import EvidenceStore

# They make instances of classes that only their data name.
_UNPICKLERS: Final = ("pickle", "dill", "cloudpickle", "joblib", "shelve", "copyreg")


class Use(Enum):
    """Which uses of a name matter: all, or only those as a value that is passed on."""

    ANY = "any"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Name:
    """A name that a module binds.

    Attributes:
        path: The module's file.
        name: The name.
        gone: The module binds it no longer: what reads it on import fails.
        use: Which uses of it matter.
        rebound: It may stand for something of another kind now: what applies it as a
            decorator or a base on import may fail, or act differently.
        judged: Whether the module itself misses it on import is known already.
    """

    path: RepoPath
    name: str
    gone: bool = False
    use: Use = Use.ANY
    rebound: bool = False
    judged: bool = False

    def __str__(self) -> str:
        """Render as path::name."""
        return f"{self.path}::{self.name}"


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of the instances or subclasses of a class."""

    path: RepoPath
    cls: str
    name: str
    use: Use = Use.ANY

    def __str__(self) -> str:
        """Render as path::class.name."""
        return f"{self.path}::{self.cls}.{self.name}"


@dataclass(frozen=True, slots=True)
class Class:
    """A class as a whole: how its instances behave in any respect."""

    path: RepoPath
    cls: str

    def __str__(self) -> str:
        """Render as path::class."""
        return f"{self.path}::{self.cls}"


@dataclass(frozen=True, slots=True)
class Effects:
    """What importing a module does: all that depend on it are concerned."""

    path: RepoPath

    def __str__(self) -> str:
        """Render as an import."""
        return f"import of {self.path}"


@dataclass(frozen=True, slots=True)
class Ran:
    """Units of one version of a file, by the tests that ran them."""

    file: int
    path: RepoPath
    units: frozenset[int]
    label: str

    def __str__(self) -> str:
        """Render as path::symbol."""
        return self.label


@dataclass(frozen=True, slots=True)
class Marked:
    """The tests that a function or class defines."""

    path: RepoPath
    symbol: str

    def __str__(self) -> str:
        """Render as path::symbol."""
        return f"{self.path}::{self.symbol}" if self.symbol else self.path


Node: TypeAlias = Name | Attribute | Class | Effects | Ran | Marked


@dataclass(frozen=True, slots=True)
class _How:
    """How units refer to what may differ.

    Attributes:
        gone: It is not there any more.
        direct: They name it through its module, as an import does.
        use: Which uses matter further on.
        by_text: They hold its name as a plain string.
        rebound: It may be of another kind now.
        name: The global name that they read, if it is one.
    """

    gone: bool = False
    direct: bool = False
    use: Use = Use.ANY
    by_text: bool = False
    rebound: bool = False
    name: str = ""


@dataclass(slots=True)
class Reach:
    """What one starting node reaches.

    Attributes:
        found: Recordings per node that gives some.
        before: The node through which each one was reached first, so by a shortest way.
    """

    found: dict[Node, BitMap] = field(default_factory=dict)
    before: dict[Node, Node] = field(default_factory=dict)

    def chain(self, node: Node) -> tuple[str, ...]:
        """Return a shortest way from a start to a node, rendered."""
        steps = [node]
        while steps[-1] in self.before:
            steps.append(self.before[steps[-1]])
        return tuple(str(step) for step in reversed(steps))


class Reacher:
    """Follows references in one map. Outlines and rows are read once."""

    def __init__(self, store: EvidenceStore) -> None:
        self._store = store
        self.modules = ModuleIndex(store)
        self._outlines: dict[Blob, Outline | None] = {}
        self._effects: dict[RepoPath, BitMap] = {}
        self._depending: dict[RepoPath, BitMap] = {}
        self._touching: dict[tuple[RepoPath, str], BitMap | None] = {}
        self._consumed: dict[tuple[RepoPath, str], bool] = {}

    def follow(self, starts: Iterable[Node]) -> Reach:
        """Reach all that some nodes lead to."""
        reach = Reach()
        pending = deque(starts)
        seen: set[Node] = set(pending)
        while pending:
            node = pending.popleft()
            recordings = self._recordings(node)
            if recordings:
                reach.found[node] = recordings
            for successor in self._successors(node):
                if successor not in seen:
                    seen.add(successor)
                    pending.append(successor)
                    reach.before[successor] = node
        return reach

    # -- what nodes give -----------------------------------------------------------------

    def _recordings(self, node: Node) -> BitMap:
        match node:
            case Ran(file=file, units=units, path=path):
                return self.ran(file, path, units)
            case Effects(path=path):
                return self.effects(path)
            case Marked(path=path, symbol=symbol):
                return self.marked(path, symbol)
            case _:
                return BitMap()

    def ran(self, file: int, path: RepoPath, units: frozenset[int]) -> BitMap:
        """Return the recordings whose owners ran any of some units.

        What runs on import runs for the import: there, only other owners count (a lambda
        in a variable that a test calls).
        """
        wanted = BitMap(units)
        owners = BitMap()
        for ran, who in self._store.traces(file):
            if ran.intersect(wanted):
                owners |= who
        outline = self.outline(self._store.files[file].blob)
        if outline is not None and all(
            outline.units[unit].kind is not UnitKind.BLOCK
            for unit in units
            if unit < outline.loaded
        ):
            own = ("import", path)
            owners = BitMap([owner for owner in owners if self._store.owner(owner) != own])
        return self._store.dependents(owners)

    def effects(self, path: RepoPath) -> BitMap:
        """Return the recordings that depend on the execution of a module."""
        known = self._effects.get(path)
        if known is None:
            owners = BitMap()
            for version in self._store.versions.get(path, ()):
                outline = self.outline(version.blob)
                for ran, who in self._store.traces(version.number):
                    if outline is None or any(
                        unit >= outline.loaded or outline.units[unit].kind is not UnitKind.BLOCK
                        for unit in ran
                    ):
                        owners |= who
            known = self._effects[path] = self._store.dependents(owners)
        return known

    def depending(self, path: RepoPath) -> BitMap:
        """Return the recordings that ran or imported anything of a file."""
        known = self._depending.get(path)
        if known is None:
            owners = BitMap()
            for version in self._store.versions.get(path, ()):
                for _, who in self._store.traces(version.number):
                    owners |= who
            known = self._store.dependents(owners) | self._through_package(path)
            self._depending[path] = known
        return known

    def _through_package(self, path: RepoPath) -> BitMap:
        """Return the recordings that ran code which names a module as part of its package.

        Whoever came first imported it (PEP 562); the others found it there.
        """
        found = BitMap()
        for dotted in self.modules.names(path):
            for version, units in self._naming(dotted):
                for node in self._blocks_of(version, units):
                    found |= self._recordings(node)
        return found

    def users_of_submodule(self, dotted: str) -> BitMap:
        """Return the recordings that ran code which takes a module from its package.

        An import statement does more: it loads the module.
        """
        found = BitMap()
        for version, units in self._naming(dotted):
            for node in self._blocks_of(version, units):
                found |= self._recordings(node)
            outline = self.outline(version.blob)
            apart = {UnitKind.BLOCK, UnitKind.IMPORT}
            if outline is not None and any(
                unit < outline.loaded and outline.units[unit].kind not in apart for unit in units
            ):
                found |= self.depending(version.path)
        return found

    def _naming(self, dotted: str) -> Iterator[tuple[FileVersion, BitMap]]:
        """Yield the units that name a module as part of its package."""
        package, _, last = dotted.rpartition(".")
        for root, blob, units in self._store.references(last) if package else ():
            if root in {"", "?"} or root.startswith('"'):
                continue
            for version in self._store.paths_by_blob.get(blob, ()):
                if package in self.modules.absolute(root, version.path):
                    yield version, units

    def marked(self, path: RepoPath, symbol: str) -> BitMap:
        """Return the recordings of the tests that a symbol of a file defines."""
        return BitMap(
            [
                number
                for number, recorded in self._store.recordings.items()
                if recorded.path == path
                and (
                    not symbol
                    or recorded.function == symbol
                    or recorded.function.startswith(f"{symbol}.")
                )
            ]
        )

    def outline(self, blob: Blob) -> Outline | None:
        """Return an outline, read once."""
        if blob not in self._outlines:
            self._outlines[blob] = self._store.outline(blob)
        return self._outlines[blob]

    # -- where nodes lead ------------------------------------------------------------------

    def _successors(self, node: Node) -> Iterator[Node]:
        match node:
            case Name():
                yield from self._name(node)
            case Attribute():
                yield from self._attribute(node)
            case Class():
                yield from self._class(node)
            case _:
                return

    def _name(self, node: Name) -> Iterator[Node]:
        if self.modules.handed_out(node.path):
            yield Effects(node.path)
        rows = list(self._store.references(node.name))
        if node.use is Use.VALUE:
            rows = [*self._store.references(f"&{node.name}"), *self._imports_only(rows)]
        for root, blob, units in rows:
            for version in self._store.paths_by_blob.get(blob, ()):
                if self._name_matches(node, root, version.path):
                    how = _How(
                        gone=node.gone and not (node.judged and root == ""),
                        direct=bool(root) and not root.startswith('"'),
                        use=node.use,
                        by_text=root == '"',
                        rebound=node.rebound,
                        name=node.name if root == "" else "",
                    )
                    yield from self._units(version, units, how)
        for root, blob, units in self._store.references("*"):
            for version in self._store.paths_by_blob.get(blob, ()):
                roots = self.modules.absolute(root, version.path)
                if not roots.isdisjoint(self.modules.names(node.path)):
                    if node.name == "__all__":
                        yield Effects(version.path)
                    else:
                        yield Name(version.path, node.name, node.gone, node.use, node.rebound)
                    yield from self._blocks_of(version, units)
        yield from self._unread()
        yield from self._dynamic_in(node.path)

    def _imports_only(
        self, rows: Iterable[tuple[str, Blob, BitMap]]
    ) -> Iterator[tuple[str, Blob, BitMap]]:
        for root, blob, units in rows:
            outline = self.outline(blob)
            if outline is None:
                continue
            kept = BitMap([u for u in units if outline.units[u].kind is UnitKind.IMPORT])
            if kept:
                yield root, blob, kept

    def _name_matches(self, node: Name, root: str, path: RepoPath) -> bool:
        if root == "":
            return path == node.path
        if root == "?":
            return self.modules.passed_on(node.path)
        if root.startswith('"'):
            prefix = root[1:]
            if not prefix:
                return self.modules.passed_on(node.path)
            return prefix in self.modules.names(node.path) or not self.modules.is_module(prefix)
        roots = self.modules.absolute(root, path)
        if not roots.isdisjoint(self.modules.names(node.path)):
            return True
        if all(self.modules.is_module(one) or self.modules.is_foreign(one) for one in roots):
            return False
        return self.modules.passed_on(node.path)

    def _attribute(self, node: Attribute) -> Iterator[Node]:
        if self.is_consumed(node.path, node.cls):
            yield Class(node.path, node.cls)
        name = node.name if node.use is Use.ANY else f"&{node.name}"
        for root, blob, units in self._store.references(name):
            for version in self._store.paths_by_blob.get(blob, ()):
                if self._attribute_matches(node, root, version.path):
                    kept = units
                    if root == "":
                        kept = self._in_class(version, units, node.cls)
                    yield from self._units(version, kept, _How(by_text=root == '"'))
                elif root == "":
                    yield from self._same_field(version, units)
        yield from self._unread()
        yield from self._dynamic_on(node)

    def _attribute_matches(self, node: Attribute, root: str, path: RepoPath) -> bool:
        if root == "":
            return path == node.path
        if root == "?":
            return True
        if root.startswith('"'):
            prefix = root[1:]
            return not prefix or not self.modules.is_module(prefix)
        roots = self.modules.absolute(root, path)
        return not all(
            self.modules.is_module(one) or self.modules.is_standard(one) for one in roots
        )

    def _in_class(self, version: FileVersion, units: BitMap, cls: str) -> BitMap:
        outline = self.outline(version.blob)
        if outline is None:
            return units
        return BitMap(
            [
                unit
                for unit in units
                if outline.units[unit].kind is not UnitKind.BLOCK
                and plain_name(outline.units[unit].symbol).startswith(cls)
            ]
        )

    def _class(self, node: Class) -> Iterator[Node]:
        holder, _, name = node.cls.rpartition(".")
        if holder:
            yield Attribute(node.path, holder, name)
        else:
            yield Name(node.path, name)
        for path, qualname in (*self.ancestors(node.path, node.cls), (node.path, node.cls)):
            for version in self._store.versions.get(path, ()):
                outline = self.outline(version.blob)
                if outline is None:
                    continue
                yield from self._ran_by_symbol(
                    version,
                    (
                        index
                        for index, unit in enumerate(outline.units)
                        if unit.kind is UnitKind.BLOCK
                        and plain_name(unit.symbol).startswith(f"{qualname}.")
                    ),
                )

    def methods(self, path: RepoPath, cls: str, name: str) -> Iterator[Node]:
        """Yield the same-named methods in a class's hierarchy, by who ran them."""
        for other, qualname in (*self.ancestors(path, cls), *self.descendants(path, cls)):
            for version in self._store.versions.get(other, ()):
                outline = self.outline(version.blob)
                if outline is None:
                    continue
                yield from self._ran_by_symbol(
                    version,
                    (
                        index
                        for index, unit in enumerate(outline.units)
                        if unit.kind is UnitKind.BLOCK
                        and plain_name(unit.symbol) == f"{qualname}.{name}"
                    ),
                )

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
            for outline in (self.outline(version.blob),)
            if outline is not None
            for facts in outline.functions
        )

    def touching(self, path: RepoPath, cls: str) -> BitMap | None:
        """Return the recordings that touch a class: only they can meet an instance of it.

        They ran code that refers to the class, one of its subclasses or something made of
        them, or a method of the hierarchy.

        Returns:
            None where an instance may come from code that names none of them.
        """
        key = (path, cls)
        if key not in self._touching:
            hierarchy = {key, *self.ancestors(path, cls), *self.descendants(path, cls)}
            found: BitMap | None = None
            if all(self._is_only_made_by_name(*one) for one in hierarchy):
                starts = [Class(*one) for one in (key, *self.descendants(path, cls))]
                makers = [node for name in _UNPICKLERS for node in self._naming_blocks(name)]
                reached = self.follow([*starts, *makers]).found.values()
                found = BitMap().union(*reached)
            self._touching[key] = found
        return self._touching[key]

    def _is_only_made_by_name(self, path: RepoPath, cls: str) -> bool:
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
                or not all(self._is_known_base(base) for base in some.bases)
                for some in facts
            )
            and not any(
                plain_name(function.qualname) in hooks
                for version in self._store.versions.get(path, ())
                for outline in (self.outline(version.blob),)
                if outline is not None
                for function in outline.functions
            )
        )

    def _is_known_base(self, base: str) -> bool:
        name = base.rpartition(".")[2]
        return is_plain_base(name) or bool(self._store.classes_named(name))

    def _naming_blocks(self, name: str) -> Iterator[Node]:
        """Yield the blocks that name something, whatever it is."""
        for _, blob, units in self._store.references(name):
            for version in self._store.paths_by_blob.get(blob, ()):
                yield from self._blocks_of(version, units)

    def symbol_blocks(self, path: RepoPath, symbol: str) -> Iterator[Node]:
        """Yield the blocks of a function in all its recorded versions."""
        for version in self._store.versions.get(path, ()):
            outline = self.outline(version.blob)
            if outline is None:
                continue
            yield from self._ran_by_symbol(
                version,
                (
                    index
                    for index, unit in enumerate(outline.units)
                    if unit.kind is UnitKind.BLOCK
                    and (
                        plain_name(unit.symbol) == symbol
                        or plain_name(unit.symbol).startswith(f"{symbol}.<locals>.")
                    )
                ),
            )

    # -- units ---------------------------------------------------------------------------

    def _same_field(self, version: FileVersion, units: BitMap) -> Iterator[Node]:
        """Yield classes with a member of that name that a framework may copy to or from."""
        outline = self.outline(version.blob)
        if outline is None:
            return
        for index in units:
            if index < outline.loaded and outline.units[index].kind is UnitKind.VARIABLE:
                cls = plain_name(outline.units[index].symbol)
                if cls and self.is_consumed(version.path, cls):
                    yield Class(version.path, cls)

    def _units(self, version: FileVersion, units: BitMap, how: "_How") -> Iterator[Node]:
        """Follow units that refer to something whose value may differ."""
        outline = self.outline(version.blob)
        if outline is None:
            yield Effects(version.path)
            return
        yield from self._blocks_of(version, units)
        for index in units:
            if index >= outline.loaded:
                continue
            unit = outline.units[index]
            if unit.kind is not UnitKind.BLOCK:
                yield from self._definition(version, outline, index, how)

    def _definition(
        self, version: FileVersion, outline: Outline, index: int, how: "_How"
    ) -> Iterator[Node]:
        unit = outline.units[index]
        path, symbol = version.path, plain_name(unit.symbol)
        # A lambda in it may be called by tests.
        yield from self._ran_by_symbol(version, (index,))
        breaks = how.gone and (how.direct or unit.kind is not UnitKind.IMPORT)
        if breaks and not (unit.kind is UnitKind.ANNOTATIONS and _postponed(outline)):
            yield Effects(path)
        match unit.kind:
            case UnitKind.VARIABLE:
                if not unit.inert:
                    yield Effects(path)
                yield from self._bound(path, symbol, unit.names)
            case UnitKind.IMPORT:
                for name in unit.names:
                    if name == "*":
                        continue
                    if symbol:
                        yield Attribute(path, symbol, name)
                    else:
                        yield Name(path, name, use=how.use, rebound=how.rebound)
            case UnitKind.EFFECT:
                yield Effects(path)
                yield from self._bound(path, symbol, unit.names)
            case UnitKind.BASES:
                if how.rebound:
                    yield Effects(path)
                yield Class(path, symbol)
            case UnitKind.DECORATORS if how.by_text:
                # The text is the same; it can only be looked up when the function is used.
                yield Marked(path, symbol)
                yield from self.symbol_blocks(path, symbol)
            case UnitKind.DECORATORS:
                applied = {name.partition(".")[0] for name in outline.decorators_of(unit.symbol)}
                if how.rebound and how.name in applied:
                    yield Effects(path)  # nothing is known of the new decorator
                yield from self._decorated(path, symbol, outline, unit.symbol)
            case UnitKind.DEFAULTS:
                if not unit.inert:
                    yield Effects(path)
                yield from self.symbol_blocks(path, symbol)
                yield from self.value_uses(path, symbol)
            case UnitKind.ANNOTATIONS:
                if any(reads_interface(name) for name in outline.decorators_of(unit.symbol)):
                    yield Effects(path)
                yield from self.value_uses(path, symbol)
            case _:
                return

    def _bound(self, path: RepoPath, symbol: str, names: Iterable[str]) -> Iterator[Node]:
        for name in names:
            if symbol:
                yield Attribute(path, symbol, name)
            elif name == "pytestmark":
                yield Marked(path, "")
            else:
                yield Name(path, name, rebound=True)

    def value_uses(self, path: RepoPath, symbol: str) -> Iterator[Node]:
        """Yield the node of a function for those who pass it on."""
        holder, _, name = symbol.rpartition(".")
        if holder:
            yield Attribute(path, holder, name, Use.VALUE)
        else:
            yield Name(path, name, use=Use.VALUE)

    def rebound(self, path: RepoPath, symbol: str) -> Iterator[Node]:
        """Yield the node of a function or class that is another object now."""
        holder, _, name = symbol.rpartition(".")
        if holder:
            yield Attribute(path, holder, name)
        else:
            yield Name(path, name)

    def _decorated(
        self, path: RepoPath, symbol: str, outline: Outline, qualname: str
    ) -> Iterator[Node]:
        decorators = outline.decorators_of(qualname)
        if not all(is_pure(name) for name in decorators):
            yield Effects(path)
        if any(is_mark(name) for name in decorators):
            yield Marked(path, symbol)
        if not all(is_mark(name) for name in decorators):
            yield from self.symbol_blocks(path, symbol)
            if not all(is_mark(name) or is_fixture(name) for name in decorators):
                yield from self.rebound(path, symbol)

    def _blocks_of(self, version: FileVersion, units: BitMap) -> Iterator[Node]:
        outline = self.outline(version.blob)
        if outline is None:
            return
        yield from self._ran_by_symbol(
            version,
            (
                unit
                for unit in units
                if unit < outline.loaded and outline.units[unit].kind is UnitKind.BLOCK
            ),
        )

    def _ran_by_symbol(self, version: FileVersion, units: Iterable[int]) -> Iterator[Node]:
        outline = self.outline(version.blob)
        assert outline is not None
        by_symbol: dict[str, set[int]] = {}
        for unit in units:
            symbol = outline.units[unit].symbol
            if outline.units[unit].kind is not UnitKind.BLOCK:
                symbol = ".".join(
                    [part for part in (symbol, *outline.units[unit].names[:1]) if part]
                )
            by_symbol.setdefault(symbol, set()).add(unit)
        for symbol, found in by_symbol.items():
            label = f"{version.path}::{symbol}" if symbol else version.path
            yield Ran(version.number, version.path, frozenset(found), label)

    # -- doubt ------------------------------------------------------------------------------

    def _unread(self) -> Iterator[Node]:
        """Yield everything of the files whose references are not known."""
        for blob in self._store.unread_blobs:
            for version in self._store.paths_by_blob.get(blob, ()):
                outline = self.outline(blob)
                if outline is not None:
                    yield from self._ran_by_symbol(version, range(outline.loaded))
                yield Effects(version.path)

    def _dynamic_in(self, path: RepoPath) -> Iterator[Node]:
        """Yield the code that looks up names which it computes in a module."""
        for root, blob, units in self._store.references("**"):
            for version in self._store.paths_by_blob.get(blob, ()):
                if root == "":
                    hit = version.path == path
                elif root == "?":
                    hit = self.modules.passed_on(path)
                else:
                    roots = self.modules.absolute(root, version.path)
                    hit = not roots.isdisjoint(self.modules.names(path))
                if hit:
                    yield from self._units(version, units, _How())

    def _dynamic_on(self, node: Attribute) -> Iterator[Node]:
        """Yield code that computes attribute names and refers to the class too."""
        names = {node.cls.rpartition(".")[2]}
        names |= {
            qualname.rpartition(".")[2] for _, qualname in self.ancestors(node.path, node.cls)
        }
        naming: set[Blob] = {blob for name in names for _, blob, _ in self._store.references(name)}
        naming |= {version.blob for version in self._store.versions.get(node.path, ())}
        for root, blob, units in self._store.references("**"):
            if root == "" or blob not in naming:
                continue
            for version in self._store.paths_by_blob.get(blob, ()):
                if root == "?" or self._attribute_matches(node, root, version.path):
                    yield from self._units(version, units, _How())

    # -- hierarchies ---------------------------------------------------------------------------

    def ancestors(self, path: RepoPath, cls: str) -> frozenset[tuple[RepoPath, str]]:
        """Return the project classes that may be bases of a class, by name, of any depth."""
        found: set[tuple[RepoPath, str]] = set()
        pending = [base for facts in self._facts(path, cls) for base in facts.bases]
        seen: set[str] = set()
        while pending:
            name = pending.pop().rpartition(".")[2]
            if name in seen:
                continue
            seen.add(name)
            for blob, qualname, bases, _ in self._store.classes_named(name):
                for version in self._store.paths_by_blob.get(blob, ()):
                    found.add((version.path, plain_name(qualname)))
                pending.extend(bases)
        return frozenset(found - {(path, cls)})

    def descendants(self, path: RepoPath, cls: str) -> frozenset[tuple[RepoPath, str]]:
        """Return the project classes that may derive from a class, by name, of any depth."""
        found: set[tuple[RepoPath, str]] = set()
        pending = [cls.rpartition(".")[2]]
        seen: set[str] = set()
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            for _, blob, units in self._store.references(name):
                outline = self.outline(blob)
                if outline is None:
                    continue
                for unit in units:
                    if unit < outline.loaded and outline.units[unit].kind is UnitKind.BASES:
                        qualname = plain_name(outline.units[unit].symbol)
                        pending.append(qualname.rpartition(".")[2])
                        for version in self._store.paths_by_blob.get(blob, ()):
                            found.add((version.path, qualname))
        return frozenset(found - {(path, cls)})

    def is_consumed(self, path: RepoPath, cls: str) -> bool:
        """Tell whether a metaclass, a decorator or a foreign base may read all members."""
        key = (path, cls)
        known = self._consumed.get(key)
        if known is None:
            self._consumed[key] = False  # a cycle adds nothing
            known = any(self._facts_consume(facts) for facts in self._facts(path, cls))
            self._consumed[key] = known
        return known

    def _facts_consume(self, facts: ClassFacts) -> bool:
        if facts.keywords or any(reads_interface(name) for name in facts.decorators):
            return True
        for base in facts.bases:
            name = base.rpartition(".")[2]
            if is_plain_base(name):
                continue
            known = self._store.classes_named(name)
            if not known:
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
            outline = self.outline(version.blob)
            for facts in outline.classes if outline is not None else ():
                if plain_name(facts.qualname) == cls:
                    yield facts


def _postponed(outline: Outline) -> bool:
    return any(unit.key.startswith(":effect:future:annotations") for unit in outline.units)
