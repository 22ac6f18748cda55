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

Cases: tests/conformance/cases.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from pyroaring import BitMap

from impact_select.graph.computed import ComputedNames
from impact_select.graph.constructors import Constructors
from impact_select.graph.data_names import Contents, DataNames
from impact_select.graph.evidence import Evidence
from impact_select.graph.hierarchy import Hierarchy
from impact_select.graph.modules import ModuleIndex
from impact_select.graph.nodes import (
    Attribute,
    Class,
    Data,
    Effects,
    Marked,
    Name,
    Node,
    Ran,
    Reach,
    Use,
)
from impact_select.graph.overriding import Overriding
from impact_select.graph.receivers import Receivers
from impact_select.model.ids import Blob, RepoPath
from impact_select.model.impact_map import FileVersion
from impact_select.model.reference import RECEIVER, SUPER
from impact_select.model.source import ImportFact, Outline, Shown, Unit, UnitKind, plain_name
from impact_select.outline.decorators import (
    acting,
    is_fixture,
    is_mark,
    is_property,
    is_pure,
    reads_interface,
)
from impact_select.ports import EvidenceStore, ForeignCode

# They make instances of classes that only their data name.
_UNPICKLERS: Final = ("pickle", "dill", "cloudpickle", "joblib", "shelve", "copyreg")
# Code that reads parameters, defaults or annotations of what it has names one of these.
_READERS: Final = (
    *("__annotations__", "__defaults__", "__kwdefaults__", "__signature__", "__annotate__"),
    *("get_annotations", "get_type_hints", "getfullargspec", "getargspec"),
    *("signature", "Signature"),
)
# What a class is called by: their parameters are those of the class.
_CALLED_AS_CLASS: Final = frozenset({"__init__", "__new__"})
NOT_REWRITTEN: Final[Mapping[int, BitMap]] = {}
"""No unit differs."""


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
        read: The name of a module that they read, by whatever way.
        typed: It is a type, for checkers.
        as_made: It is a class whose objects are made as before.
    """

    gone: bool = False
    direct: bool = False
    use: Use = Use.ANY
    by_text: bool = False
    rebound: bool = False
    name: str = ""
    read: str = ""
    typed: bool = False
    as_made: bool = False

    def keeps_inert(self, unit: Unit) -> bool:
        """Tell whether evaluating a unit can neither fail nor act with what may differ."""
        if unit.inert:
            return True
        if not unit.typed or not self.read:
            return False
        taken = [name.split(".") for name in unit.takes]
        if any(self.read in parts[:-1] for parts in taken):
            return False
        return self.typed or not any(self.read == parts[-1] for parts in taken)


class Reacher:
    """Follows references in one map. Outlines and rows are read once.

    Args:
        store: The map.
        foreign: Code that is not the project's.
        contents: The files that are no source.
    """

    def __init__(
        self,
        store: EvidenceStore,
        foreign: ForeignCode,
        contents: Contents,
    ) -> None:
        self._store = store
        self.modules = ModuleIndex(store)
        self.evidence = Evidence(store, self.modules)
        self.classes = Hierarchy(store, self.outline, self.modules, foreign)
        self.overriding = Overriding(store, self.classes)
        self._constructors = Constructors(store, self.classes)
        self._data = DataNames(store, contents)
        self._foreign = foreign
        self._taken: dict[str, bool] = {}
        self._receivers = Receivers(store, self.classes, self.outline)
        self._computed = ComputedNames(store, self.modules, self.classes, self._receivers)
        self._touching: dict[tuple[RepoPath, str, str], BitMap | None] = {}
        self._named: dict[tuple[RepoPath, str], bool] = {}
        self._rewritten: Mapping[int, BitMap] = NOT_REWRITTEN
        self._given: dict[Node, BitMap] = {}
        # By the id of what is rewritten, which has to live as long.
        self._next: dict[int, tuple[Mapping[int, BitMap], dict[Node, tuple[Node, ...]]]] = {}

    def follow(
        self,
        starts: Iterable[Node],
        rewritten: Mapping[int, BitMap] = NOT_REWRITTEN,
        passing: Set[tuple[RepoPath, str]] = frozenset(),
    ) -> Reach:
        """Reach all that some nodes lead to.

        Args:
            starts: The nodes.
            rewritten: Units per file version that are not followed, since they are not as
                they were: what follows from that is another change.
            passing: Classes as a whole that are passed by; the others are then met by those
                that name them alone.
        """
        self._rewritten = rewritten
        known = self._next.setdefault(id(rewritten), (rewritten, {}))[1]
        reach = Reach()
        pending = deque(starts)
        seen: set[Node] = set(pending)
        while pending:
            node = pending.popleft()
            if node not in self._given:
                self._given[node] = self.evidence.of(node)
            recordings = self._given[node]
            # A method of a class that counts may have run for one that is passed by.
            if recordings and not (passing and isinstance(node, Ran) and node.called):
                reach.found[node] = recordings
            if node not in known:
                known[node] = tuple(self._successors(node))
            for successor in known[node]:
                if isinstance(successor, Class) and (successor.path, successor.cls) in passing:
                    continue
                if successor not in seen:
                    seen.add(successor)
                    pending.append(successor)
                    reach.before[successor] = node
        return reach

    def outline(self, blob: Blob) -> Outline | None:
        """Return the outline of a content."""
        return self._store.outline(blob)

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
        if node.use is Use.ANY:
            for version, units in self.modules.handing_on(node.path):
                yield from self._units(version, units, _How())
            for path in self._data.naming_in(self.modules.names(node.path), node.name):
                yield Data(path)
        rows = list(self._store.references(node.name))
        if node.use is not Use.ANY:
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
                        read=node.name,
                        typed=node.typed or not node.rebound,
                        as_made=node.as_made,
                    )
                    kept = self._as_before(version, units)
                    if root == RECEIVER:
                        kept = self._receivers.with_any(version, kept)
                    yield from self._units(version, kept, how)
        for root, blob, units in self._store.references("*"):
            for version in self._store.paths_by_blob.get(blob, ()):
                roots = self.modules.absolute(root, version.path)
                if any(node.path in self.modules.denoted(one) for one in roots):
                    if node.name == "__all__":
                        yield Effects(version.path)
                    else:
                        yield replace(node, path=version.path, judged=False)
                    yield from self.evidence.blocks(version, units)
        yield from self._unread()
        for version, units in self._computed.in_module(node):
            yield from self._units(version, units, _How())

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
        if root == SUPER:
            return False  # no class looks into a module
        if root in {"?", RECEIVER, '"'}:
            starred = node.path in self.modules.starred(path)
            return starred or self.modules.passed_on(node.path)
        if root.startswith('"'):
            prefix = root[1:]
            if node.path in self.modules.denoted(prefix):
                return True
            return not self.modules.is_module(prefix)
        roots = self.modules.absolute(root, path)
        if any(node.path in self.modules.denoted(one) for one in roots):
            return True
        if all(self.modules.is_module(one) or self.modules.is_foreign(one) for one in roots):
            return False
        return self.modules.passed_on(node.path)

    def _attribute(self, node: Attribute) -> Iterator[Node]:
        if node.use is Use.SIGNATURE:
            readers = self.classes.showing(node.path, node.cls, Shown.SIGNATURE)
        else:
            readers = self.classes.consumers(node.path, node.cls, node.name)
            for path in self._data.naming(node.name):
                yield Data(path)
            for path, cls in (
                (node.path, node.cls),
                *self.classes.descendants(node.path, node.cls),
            ):
                if "." not in cls:
                    yield Name(path, cls, use=Use.MEMBERS)
            for protocol in self.classes.protocols(node.name):
                yield Class(*protocol)
            if self._is_taken(node.name):
                # Objects are handed to all kinds of code.
                is_kept = self._constructors.keeps_on_making(node.path, node.cls, node.name)
                yield Class(node.path, node.cls, as_made=not is_kept)
        for reader in sorted(readers):
            yield Class(*reader)
        name = node.name if node.use is Use.ANY else f"&{node.name}"
        for root, blob, units in self._store.references(name):
            for version in self._store.paths_by_blob.get(blob, ()):
                if self._attribute_matches(node, root, version.path):
                    kept = self._as_before(version, units)
                    if root == "":
                        kept = self._in_class(version, kept, node.cls)
                    elif root in {RECEIVER, SUPER}:
                        looking = self._receivers.with_kin(version, kept, node.path, node.cls)
                        if root == RECEIVER:
                            looking |= self._receivers.with_any(version, kept)
                        kept = looking
                    yield from self._units(version, kept, _How(by_text=root == '"'))
                elif root == "":
                    yield from self._same_field(version, units, node.name)
        yield from self._unread()
        for version, units in self._computed.on_class(node):
            yield from self._units(version, units, _How())

    def _is_taken(self, name: str) -> bool:
        """Tell whether code from elsewhere takes attributes of a name, whatever they are of.

        Special ones have rules of their own: Python looks them up.
        """
        if name.startswith("__") and name.endswith("__"):
            return False
        if name not in self._taken:
            self._taken[name] = any(
                self._foreign.may_take(package, name) for package in self.modules.foreign
            )
        return self._taken[name]

    def _as_before(self, version: FileVersion, units: BitMap) -> BitMap:
        """Return those of some units that are as they were."""
        rewritten = self._rewritten.get(version.number)
        return units if rewritten is None else units - rewritten

    def _attribute_matches(self, node: Attribute, root: str, path: RepoPath) -> bool:
        if root == "":
            return path == node.path
        return self.modules.may_hold_objects(root, path)

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
            yield Name(node.path, name, as_made=node.as_made)
        running = [(node.path, node.cls)]
        # Whose methods ran on import, the names lead to those that may meet it.
        called = self._is_met_by_name(node.path, node.cls)
        if called:
            yield Marked(node.path, node.cls)  # pytest makes its objects
            for maker in _UNPICKLERS:
                yield from self._naming_blocks(maker)
        else:
            running += self.classes.ancestors(node.path, node.cls)
        for path, qualname in running:
            for version in self._store.versions.get(path, ()):
                outline = self.outline(version.blob)
                if outline is None:
                    continue
                yield from self.evidence.by_symbol(
                    version,
                    (
                        index
                        for index, unit in enumerate(outline.units)
                        if unit.kind is UnitKind.BLOCK
                        and plain_name(unit.symbol).startswith(f"{qualname}.")
                    ),
                    called=called,
                )

    def methods(self, path: RepoPath, cls: str, name: str) -> Iterator[Node]:
        """Yield the same-named methods in a class's hierarchy, by who ran them."""
        for other, qualname in (
            *self.classes.ancestors(path, cls),
            *self.classes.descendants(path, cls),
        ):
            for version in self._store.versions.get(other, ()):
                outline = self.outline(version.blob)
                if outline is None:
                    continue
                yield from self.evidence.by_symbol(
                    version,
                    (
                        index
                        for index, unit in enumerate(outline.units)
                        if unit.kind is UnitKind.BLOCK
                        and plain_name(unit.symbol) == f"{qualname}.{name}"
                    ),
                )

    def noted(
        self, path: RepoPath, cls: str, names: frozenset[str], *, every: bool = False
    ) -> Iterator[Node]:
        """Yield the modules on whose import a member of a class may be noted elsewhere.

        Args:
            path: The file of the class.
            cls: Its qualified name.
            names: Of the member, or what reads of it what matters.
            every: Whether whatever looks at members counts, by whatever name.
        """
        homes = {home for home, _ in self.classes.noted(path, cls, names, every=every)}
        for name in names:
            homes.update(self._computed.while_made(path, cls, name))
        for home in sorted(homes):
            yield Effects(home)

    def touching(self, path: RepoPath, cls: str, name: str = "") -> BitMap | None:
        """Return the recordings that touch a class: only they can meet an instance of it.

        They ran code that refers to the class, one of its subclasses or something made of
        them, or a method of one of these.

        Args:
            path: The file.
            cls: The class.
            name: A member of it; subclasses that have their own do not count.

        Returns:
            None where an instance may come from code that names none of them.
        """
        key = (path, cls, name)
        if key not in self._touching:
            found: BitMap | None = None
            if self._is_met_by_name(path, cls):
                passing = self.overriding.of(path, cls, name) if name else frozenset()
                below = self.classes.descendants(path, cls) - passing
                starts = [Class(*one) for one in ((path, cls), *sorted(below))]
                reach = self.follow(starts, passing=passing)
                found = BitMap().union(*reach.found.values())
            self._touching[key] = found
        return self._touching[key]

    def _is_met_by_name(self, path: RepoPath, cls: str) -> bool:
        """Tell whether objects of a class, and of those below it, come from who names one."""
        key = (path, cls)
        if key not in self._named:
            hierarchy = {
                key,
                *self.classes.ancestors(path, cls),
                *self.classes.descendants(path, cls),
            }
            self._named[key] = all(self.classes.is_only_made_by_name(*one) for one in hierarchy)
        return self._named[key]

    def asking_for_subclasses(self) -> Iterator[Node]:
        """Yield what any code makes of the classes that derive from one."""
        for _, blob, units in self._store.references("__subclasses__"):
            for version in self._store.paths_by_blob.get(blob, ()):
                yield from self._units(version, units, _How())

    def _naming_blocks(self, name: str) -> Iterator[Node]:
        """Yield the blocks that name something, whatever it is."""
        for _, blob, units in self._store.references(name):
            for version in self._store.paths_by_blob.get(blob, ()):
                yield from self.evidence.blocks(version, units)

    def symbol_blocks(self, path: RepoPath, symbol: str) -> Iterator[Node]:
        """Yield the blocks of a function in all its recorded versions."""
        for version in self._store.versions.get(path, ()):
            outline = self.outline(version.blob)
            if outline is None:
                continue
            yield from self.evidence.by_symbol(
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

    def _same_field(self, version: FileVersion, units: BitMap, name: str) -> Iterator[Node]:
        """Yield classes with a member of that name that a framework may copy to or from."""
        outline = self.outline(version.blob)
        if outline is None:
            return
        for index in units:
            if index < outline.loaded and outline.units[index].kind is UnitKind.VARIABLE:
                cls = plain_name(outline.units[index].symbol)
                for reader in sorted(
                    self.classes.consumers(version.path, cls, name) if cls else ()
                ):
                    yield Class(*reader)

    def _units(self, version: FileVersion, units: BitMap, how: "_How") -> Iterator[Node]:
        """Follow units that refer to something whose value may differ."""
        outline = self.outline(version.blob)
        if outline is None:
            yield Effects(version.path)
            return
        yield from self.evidence.blocks(version, units)
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
        yield from self.evidence.by_symbol(version, (index,))
        breaks = how.gone and (how.direct or unit.kind is not UnitKind.IMPORT)
        if breaks and not (unit.kind is UnitKind.ANNOTATIONS and outline.postpones_annotations):
            yield Effects(path)
        match unit.kind:
            case UnitKind.VARIABLE:
                if not (how.keeps_inert(unit) or self._makes_as_before(path, unit, how)):
                    yield Effects(path)
                if unit.annotates and symbol:
                    # Its value is not from here; the class shows what it is annotated with.
                    for reader in sorted(self.classes.showing(path, symbol, Shown.SIGNATURE)):
                        yield Class(*reader)
                    yield from self._signature_readers()
                    yield from self.value_uses(path, symbol)
                    return
                yield from self._bound(path, symbol, unit.names, how.typed and unit.typed)
            case UnitKind.IMPORT:
                for name in unit.names:
                    if name == "*":
                        continue
                    if symbol:
                        yield Attribute(path, symbol, name)
                    else:
                        yield Name(
                            path,
                            name,
                            use=how.use,
                            rebound=how.rebound,
                            typed=how.typed,
                            as_made=how.as_made,
                        )
            case UnitKind.EFFECT:
                yield Effects(path)
                yield from self._bound(path, symbol, unit.names)
            case UnitKind.BASES | UnitKind.ANNOTATIONS if how.use is Use.MEMBERS:
                return
            case UnitKind.BASES if how.use is Use.SIGNATURE:
                yield from self.value_uses(path, symbol)
            case UnitKind.BASES:
                if how.rebound:
                    yield Effects(path)
                yield Class(path, symbol, as_made=how.as_made)
            case UnitKind.DECORATORS if how.by_text:
                # The text is the same; it can only be looked up when the function is used.
                yield Marked(path, symbol)
                yield from self.symbol_blocks(path, symbol)
            case UnitKind.DECORATORS:
                applied = {name.partition(".")[0] for name in outline.decorators_of(unit.symbol)}
                if (how.rebound and how.name in applied) or (unit.makes and not how.as_made):
                    # Nothing is known of the new decorator; its arguments may fail.
                    yield Effects(path)
                yield from self.decorated(path, symbol, outline, unit.symbol)
            case UnitKind.DEFAULTS:
                if not unit.inert:
                    yield Effects(path)
                yield from self.symbol_blocks(path, symbol)
                yield from self.value_uses(path, symbol)
            case UnitKind.ANNOTATIONS:
                yield from self._read_interface(path, outline, unit.symbol)
                if is_property(outline.decorators_of(unit.symbol)):
                    # What an object gives by its name is no function.
                    cls = symbol.rpartition(".")[0]
                    for reader in sorted(self.classes.showing(path, cls, Shown.SIGNATURE)):
                        yield Class(*reader)
                else:
                    yield from self.value_uses(path, symbol)
            case _:
                return

    def _makes_as_before(self, path: RepoPath, unit: Unit, how: "_How") -> bool:
        """Tell whether a unit only makes objects that keep what may differ, or are of its class."""
        made = {name.rpartition(".")[2] for name in unit.makes}
        return (
            bool(made)
            and bool(how.read)
            and (how.as_made or how.read not in made)
            and all(self._constructors.is_made_quietly(path, name) for name in unit.makes)
        )

    def _bound(
        self, path: RepoPath, symbol: str, names: Iterable[str], typed: bool = False
    ) -> Iterator[Node]:
        for name in names:
            if symbol:
                yield Attribute(path, symbol, name)
            elif name == "pytestmark":
                yield Marked(path, "")
            else:
                yield Name(path, name, rebound=True, typed=typed)

    def value_uses(self, path: RepoPath, symbol: str, use: Use = Use.SIGNATURE) -> Iterator[Node]:
        """Yield the node of a function for those who pass it on, or what is called as it."""
        holder, _, name = symbol.rpartition(".")
        if holder:
            yield Attribute(path, holder, name, use)
            if use is Use.SIGNATURE and name in _CALLED_AS_CLASS:
                yield from self._signature_readers()
                for some in ((path, holder), *self.classes.descendants(path, holder)):
                    yield from self.value_uses(*some)
            elif use is Use.SIGNATURE and name == "__call__":
                yield Class(path, holder)  # whoever has an object may read it
        else:
            yield Name(path, name, use=use)

    def rebound(self, path: RepoPath, symbol: str) -> Iterator[Node]:
        """Yield the node of a function or class that is another object now."""
        holder, _, name = symbol.rpartition(".")
        if holder:
            yield Attribute(path, holder, name)
        else:
            yield Name(path, name)

    def decorated(
        self, path: RepoPath, symbol: str, outline: Outline, qualname: str
    ) -> Iterator[Node]:
        """Yield what decorators make of a definition that they may make another thing of."""
        decorators = outline.decorators_of(qualname)
        if self._acting(path, outline, qualname):
            yield Effects(path)
        if any(is_mark(name) for name in decorators):
            yield Marked(path, symbol)
        if not all(is_mark(name) for name in decorators):
            yield from self.symbol_blocks(path, symbol)
            if not all(is_mark(name) or is_fixture(name) for name in decorators):
                yield from self.rebound(path, symbol)

    def _read_interface(self, path: RepoPath, outline: Outline, qualname: str) -> Iterator[Node]:
        """Yield what decorators that may read annotations or members make of them."""
        readers = {name for name in outline.decorators_of(qualname) if reads_interface(name)}
        acting_ones = self._acting(path, outline, qualname)
        if not self._project_reads_signatures:
            # What is left of the others is the project's own, and only wraps.
            readers = {name for name in readers if is_pure(name) or name in acting_ones}
        if any(is_pure(name) or name in acting_ones for name in readers):
            yield Effects(path)
        elif readers:
            yield from self.decorated(path, plain_name(qualname), outline, qualname)

    @cached_property
    def _project_reads_signatures(self) -> bool:
        """Whether any code of the project may read parameters, defaults or annotations."""
        return bool(self._store.unread_blobs) or any(map(self._store.references, _READERS))

    def _signature_readers(self) -> Iterator[Node]:
        """Yield the project's code that may read a class's own, of the class that it is in."""
        for name in _READERS:
            for _, blob, units in self._store.references(name):
                for version in self._store.paths_by_blob.get(blob, ()):
                    yield from self._units(version, units, _How())

    def _acting(self, path: RepoPath, outline: Outline, qualname: str) -> set[str]:
        """Return the decorators of a definition that may act on anything else."""
        return {
            name
            for facts in outline.definitions
            if facts.qualname == qualname
            for name in acting(facts, outline, lambda fact: self._imports_wrapper(path, fact))
        }

    def _imports_wrapper(self, path: RepoPath, fact: ImportFact) -> bool:
        """Tell whether an import gives a function that only wraps, in all recorded versions."""
        outlines = [
            self.outline(version.blob)
            for base in self.modules.absolute("." * fact.level + fact.module, path)
            for file in self.modules.files(base)
            for version in self._store.versions.get(file, ())
        ]
        return bool(outlines) and all(
            outline is not None and outline.wraps(fact.name) for outline in outlines
        )

    # -- doubt ------------------------------------------------------------------------------

    def _unread(self) -> Iterator[Node]:
        """Yield everything of the files whose references are not known."""
        for blob in self._store.unread_blobs:
            for version in self._store.paths_by_blob.get(blob, ()):
                outline = self.outline(blob)
                if outline is not None:
                    yield from self.evidence.by_symbol(version, range(outline.loaded))
                yield Effects(version.path)
