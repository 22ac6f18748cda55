"""Which recordings an atomic change affects: one rule per kind.

The table of docs/safety.md, in code. Each rule gives nodes for the reacher to follow and
recordings of its own; what comes out is limited to recordings that depend on the file,
since nothing in a file can matter to a test that neither ran nor imported any of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pyroaring import BitMap

from impact_select.graph.constructors import MAKING
from impact_select.graph.data_names import Contents
from impact_select.graph.modules import ModuleIndex, cannot_be_hidden, module_names
from impact_select.graph.nodes import Attribute, Class, Effects, Marked, Name, Node, Ran, Use
from impact_select.graph.reach import NOT_REWRITTEN, Reacher
from impact_select.model.changes import AtomicChange, ChangeKind
from impact_select.model.ids import RepoPath
from impact_select.model.impact_map import FileVersion
from impact_select.model.recorded import ReadKind
from impact_select.model.reference import RECEIVER, SUPER
from impact_select.model.selection import Cause
from impact_select.model.source import ClassFacts, Shown, plain_name
from impact_select.outline.decorators import is_pure
from impact_select.ports import EvidenceStore, ForeignCode
from impact_select.selection.loading import ImportStates

_DOC_READERS: Final = (
    *("__doc__", "getdoc", "getcomments", "getsource", "getsourcelines", "help", "pydoc"),
    *("doctest",),
)
_LOOK: Final = (ReadKind.CONTENT, ReadKind.STATUS)
_DERIVING: Final = frozenset({ChangeKind.CLASS_ADDED, ChangeKind.CLASS_REMOVED, ChangeKind.BASES})
# Nobody finds out by anything but a call that a class has no such method any more.
_CALLED_IF_THERE: Final = frozenset(
    {"__bool__", "__delattr__", "__format__", "__getattr__", "__getattribute__", "__init__"}
    | {"__repr__", "__setattr__", "__str__"}
)
_MEMBER: Final = frozenset(
    {ChangeKind.METHOD_ADDED, ChangeKind.METHOD_REMOVED, ChangeKind.ATTRIBUTE}
)
_LOOKED_UP: Final = frozenset({ChangeKind.METHOD_ADDED, ChangeKind.METHOD_REMOVED})
# What importlib.metadata takes for the description of a distribution, in any folder.
_DESCRIPTIONS: Final = (".dist-info", ".egg-info", "/egg-info")


@dataclass(frozen=True, slots=True)
class Affected:
    """Recordings that a cause selects."""

    recordings: BitMap
    cause: Cause


class Rules:
    """Applies the rules to changes of files that the map knows."""

    def __init__(self, store: EvidenceStore, foreign: ForeignCode, contents: Contents) -> None:
        self._store = store
        self._reacher = Reacher(store, foreign, contents)

    @property
    def modules(self) -> ModuleIndex:
        """The names of the recorded modules."""
        return self._reacher.modules

    def code(
        self,
        change: AtomicChange,
        version: FileVersion,
        rewritten: Mapping[int, BitMap] = NOT_REWRITTEN,
    ) -> Iterator[Affected]:
        """Apply a change of a Python file that was recorded in some version.

        Args:
            change: The change.
            version: The file as it was recorded.
            rewritten: Units per file version that are changes themselves.
        """
        domain = self._reacher.evidence.depending(version.path)
        starts = dict.fromkeys(self._starts(change, version), domain)
        if change.kind in _LOOKED_UP:
            # Calls of others of that name come here now, or no longer, for objects of the class.
            touching = self._reacher.touching(change.path, change.symbol, change.name)
            meeting = domain if touching is None else domain & touching
            for node in self._reacher.methods(change.path, change.symbol, change.name):
                starts.setdefault(node, meeting)
        if change.kind is ChangeKind.DOC:
            holding = self._holding(change, version)
            readers = domain if holding is None else domain & holding
            starts = {**dict.fromkeys(self._doc_readers(), readers), **starts}
        for start, limit in starts.items():
            reach = self._reacher.follow([start], rewritten, self._passing(change, start))
            within = limit
            if isinstance(start, Attribute):
                met = self._reacher.touching(start.path, start.cls, start.name)
                within = limit if met is None else limit & met
            for node, recordings in reach.found.items():
                kept = recordings & within
                if kept:
                    chain = reach.chain(node)
                    shown = chain[1:] if chain and str(start) in str(change) else chain
                    yield Affected(kept, Cause(change.kind.value, str(change), shown))
        if change.kind in _DERIVING:
            # Whoever loaded the module, in this process all find the class.
            for node, recordings in self._reacher.follow(
                self._reacher.asking_for_subclasses()
            ).found.items():
                yield Affected(recordings, Cause(change.kind.value, str(change), (str(node),)))
        own = self._own(change)
        if own:
            yield Affected(own, Cause(change.kind.value, str(change)))

    def loading(self, change: AtomicChange, states: ImportStates) -> Iterator[Affected]:
        """Other modules are loaded: those that notice what these do."""
        recordings = states.affected(self._reacher)
        yield Affected(recordings, Cause(change.kind.value, str(change)))

    def removed(self, version: FileVersion, folders: frozenset[str]) -> Iterator[Affected]:
        """A file is gone: those that ran, imported or read it, or listed its folder.

        Args:
            version: The file.
            folders: Folders that are still there.
        """
        cause = Cause(ChangeKind.FILE_REMOVED.value, f"{version.path} removed")
        yield Affected(self._reacher.evidence.depending(version.path), cause)
        yield from self._looked(version.path, _LOOK, cause)
        folder = RepoPath(_parent(version.path))
        yield from self._listed(version.path, cause)
        while folder and folder not in folders:
            yield from self._looked(folder, _LOOK, cause)
            yield from self._listed(folder, cause)
            folder = RepoPath(_parent(folder))
        if version.path.rpartition("/")[2] == "conftest.py":
            yield Affected(self._below(folder), cause)

    def unparsed(self, version: FileVersion, detail: str) -> Iterator[Affected]:
        """A file does not parse any more: all that depend on it."""
        change = AtomicChange(ChangeKind.UNPARSED, version.path, detail=detail)
        cause = Cause(change.kind.value, str(change))
        yield Affected(self._reacher.evidence.depending(version.path), cause)

    def content(self, version: FileVersion, *, is_source: bool) -> Iterator[Affected]:
        """The bytes or the mode of a file differ: those that read it as data.

        A source file that is only looked for is there as before.
        """
        cause = Cause(ChangeKind.FILE_CHANGED.value, f"{version.path} changed")
        kinds = (ReadKind.CONTENT,) if is_source else _LOOK
        yield from self._looked(version.path, kinds, cause)
        if not is_source:
            yield Affected(self._reacher.evidence.depending(version.path), cause)

    def mode(self, version: FileVersion) -> Iterator[Affected]:
        """The mode of a file differs: those that ran, imported or looked at it."""
        cause = Cause(ChangeKind.FILE_CHANGED.value, f"{version.path} changed its mode")
        yield from self._looked(version.path, _LOOK, cause)
        yield Affected(self._reacher.evidence.depending(version.path), cause)

    def added(
        self, path: RepoPath, known_folders: frozenset[str], search: frozenset[RepoPath]
    ) -> Iterator[Affected]:
        """A file is new: those that looked for it, listed its folder, or now import it.

        Args:
            path: The file.
            known_folders: Folders that existed when it was recorded.
            search: Folders in which modules are looked for.
        """
        cause = Cause(ChangeKind.FILE_ADDED.value, f"{path} added")
        yield from self._looked(path, (ReadKind.MISSING,), cause)
        entry, folder = path, RepoPath(_parent(path))
        while folder and folder not in known_folders:
            yield from self._looked(folder, (ReadKind.MISSING,), cause)
            entry, folder = folder, RepoPath(_parent(folder))
        yield from self._listed(entry, cause)
        if path.endswith(".py"):
            yield from self._captured(path, search, cause)
        name = path.rpartition("/")[2]
        if name == "conftest.py":
            yield Affected(self._below(RepoPath(_parent(path))), cause)
        elif name == "__init__.py":
            below = [
                other for other in self._store.versions if other.startswith(f"{_parent(path)}/")
            ]
            for other in below:
                yield Affected(self._reacher.evidence.depending(other), cause)

    def opaque(self, change: str) -> Iterator[Affected]:
        """Any change at all: tests with child processes that could not be recorded."""
        cause = Cause("opaque", change, ("a child process that could not be recorded",))
        yield from self._looked(RepoPath(""), (ReadKind.OPAQUE,), cause)

    # -- the table -----------------------------------------------------------------------

    def _starts(self, change: AtomicChange, version: FileVersion) -> Iterator[Node]:
        path, symbol, name = change.path, change.symbol, change.name
        ran = self._ran(change, version)
        member = f"{symbol}.{name}" if symbol else name
        match change.kind:
            case ChangeKind.BLOCK:
                yield from ran
            case ChangeKind.FUNCTION_ADDED:
                yield Name(path, name, rebound=True)
            case ChangeKind.FUNCTION_REMOVED:
                yield from ran
                yield Name(path, name, gone=True, judged=True)
            case ChangeKind.METHOD_ADDED | ChangeKind.METHOD_REMOVED:
                yield from ran
                yield Attribute(path, symbol, name)
                yield from self._reacher.noted(path, symbol, frozenset({name}))
                seen_by_all = _is_special(name) and not (
                    change.kind is ChangeKind.METHOD_REMOVED and name in _CALLED_IF_THERE
                )
                yield from self._reacher.value_uses(path, member)
                if self._reacher.classes.is_abstract(path, symbol, name):
                    yield Class(path, symbol)
                elif seen_by_all:
                    yield Class(path, symbol, as_made=name not in MAKING)
            case ChangeKind.SIGNATURE:
                yield from ran
                yield from self._reacher.rebound(path, symbol)
            case ChangeKind.DEFAULTS:
                yield from ran
                yield from self._reacher.value_uses(path, symbol)
            case ChangeKind.ANNOTATIONS:
                yield from self._reacher.value_uses(path, symbol)
                yield from self._shown(path, symbol, Shown.SIGNATURE)
            case ChangeKind.DECORATORS:
                yield from ran
                yield from self._reacher.rebound(path, symbol)
                yield Class(path, symbol)
            case ChangeKind.MARKS:
                yield Marked(path, symbol)
                yield from self._reacher.symbol_blocks(path, symbol)
                yield Class(path, symbol)
            case ChangeKind.FIXTURE | ChangeKind.FIXTURE_ADDED | ChangeKind.AUTOUSE:
                yield from ran
                yield from self._reacher.rebound(path, symbol)
            case ChangeKind.CLASS_ADDED:
                yield Name(path, name, rebound=True)
            case ChangeKind.CLASS_REMOVED:
                yield from ran
                yield Class(path, symbol)
                if "." not in symbol:
                    yield Name(path, name, gone=True, judged=True)
            case ChangeKind.BASES:
                yield Class(path, symbol)
            case ChangeKind.ATTRIBUTE:
                yield from ran
                yield Attribute(path, symbol, name)
                is_new = not change.units
                yield from self._reacher.noted(path, symbol, frozenset({name}), every=is_new)
                if _is_special(name):
                    yield Class(path, symbol)
            case ChangeKind.VARIABLE | ChangeKind.IMPORT:
                yield from ran
                yield Name(path, name, rebound=True, typed=change.typed)
            case ChangeKind.VARIABLE_REMOVED:
                yield from ran
                yield Name(path, name, gone=True, judged=True)
            case ChangeKind.EFFECT | ChangeKind.UNCLASSIFIED:
                yield Effects(path)
                if symbol:
                    yield Class(path, symbol)
                yield from ran
            case ChangeKind.HOOK:
                if path.rpartition("/")[2] != "conftest.py":
                    yield Effects(path)
            case ChangeKind.DOC:
                yield from self._doc(path, symbol, version)
            case _:
                raise AssertionError(f"no rule for {change.kind} ({member})")

    def _passing(self, change: AtomicChange, start: Node) -> frozenset[tuple[RepoPath, str]]:
        """Return the classes whose objects find a member of their own, not one that changed."""
        if change.kind not in _MEMBER or not change.symbol:
            return frozenset()
        if isinstance(start, Class) and not start.as_made:
            return frozenset()  # whether it can be made depends on the member
        return self._reacher.overriding.of(change.path, change.symbol, change.name)

    def _ran(self, change: AtomicChange, version: FileVersion) -> list[Node]:
        if not change.units:
            return []
        label = f"{change.path}::{change.symbol}" if change.symbol else change.path
        return [Ran(version.number, version.path, change.units, label)]

    def _own(self, change: AtomicChange) -> BitMap:
        """Return what a change selects beside what it reaches: by fixture, hook or doctest."""
        within = self._governed(change.path)
        match change.kind:
            case ChangeKind.FIXTURE | ChangeKind.FIXTURE_ADDED:
                users = self._store.fixture_users(change.name) & within
                named = BitMap()
                for root, blob, units in self._store.references(change.name):
                    if root.startswith('"'):
                        for version in self._store.paths_by_blob.get(blob, ()):
                            named |= self._reacher.evidence.ran(
                                version.number, version.path, frozenset(units)
                            )
                return users | (named & within)
            case ChangeKind.AUTOUSE | ChangeKind.HOOK:
                return within
            case ChangeKind.DOC:
                return BitMap(
                    [
                        number
                        for number, recorded in self._store.recordings.items()
                        if recorded.reads_docs and recorded.path == change.path
                    ]
                )
            case _:
                return BitMap()

    def _governed(self, path: RepoPath) -> BitMap:
        """Return the recordings of the tests for which a file's fixtures and hooks count."""
        if path.rpartition("/")[2] == "conftest.py":
            return self._below(RepoPath(_parent(path)))
        return self._reacher.evidence.depending(path)

    def _below(self, folder: RepoPath) -> BitMap:
        return BitMap(
            [
                number
                for number, recorded in self._store.recordings.items()
                if not folder or recorded.path.startswith(f"{folder}/")
            ]
        )

    def _doc(self, path: RepoPath, symbol: str, version: FileVersion) -> Iterator[Node]:
        """A docstring counts where something can read it at run time."""
        if not symbol:
            yield Name(path, "__doc__")
        yield from self._shown(path, symbol, Shown.DOC)
        outline = self._reacher.outline(version.blob)
        outer, local, _ = symbol.partition(".<locals>.")
        for facts in outline.definitions if outline is not None else ():
            if plain_name(facts.qualname) != symbol:
                continue
            read = not all(is_pure(name) for name in facts.decorators)
            if local and (read or self._reacher.classes.showing(path, symbol, Shown.DOC)):
                yield from self._reacher.symbol_blocks(path, outer)
            elif read and outline is not None:
                yield from self._reacher.decorated(path, symbol, outline, facts.qualname)

    def _doc_readers(self) -> Iterator[Node]:
        """Yield the code that reads docstrings, of whatever it has got."""
        for reader in _DOC_READERS:
            for root, blob, units in self._store.references(reader):
                if root == "" and reader == "__doc__":
                    continue  # the module's own, above
                if root != "" and reader == "help":
                    continue  # an argument or attribute of that name reads nothing
                for other in self._store.paths_by_blob.get(blob, ()):
                    yield from self._reader_nodes(other, units)

    def _holding(self, change: AtomicChange, version: FileVersion) -> BitMap | None:
        """Return the recordings that may have got hold of what a docstring belongs to.

        Returns:
            None where code that does not name it may have got hold of it: its module is
            passed on, or a decorator or metaclass saw it.
        """
        path, symbol = change.path, change.symbol
        outline = self._reacher.outline(version.blob)
        if not symbol or ".<locals>." in symbol or outline is None:
            return None
        if self._reacher.modules.passed_on(path):
            return None
        facts = [one for one in outline.definitions if plain_name(one.qualname) == symbol]
        if not all(is_pure(name) for one in facts for name in one.decorators):
            return None
        # Hooks get hold of the tests themselves.
        tests = self._reacher.evidence.marked(path, symbol)
        if any(isinstance(one, ClassFacts) for one in facts):
            touching = self._reacher.touching(path, symbol)
            return None if touching is None else touching | tests
        reach = self._reacher.follow(self._reacher.value_uses(path, symbol, Use.VALUE))
        return tests.union(*reach.found.values())

    def _reader_nodes(self, version: FileVersion, units: BitMap) -> Iterator[Node]:
        outline = self._reacher.outline(version.blob)
        if outline is None:
            return
        for unit in units:
            if unit >= outline.loaded:
                continue
            label = f"{version.path}::{outline.units[unit].symbol}"
            yield Ran(version.number, version.path, frozenset({unit}), label)
            for name in outline.units[unit].names:
                if not outline.units[unit].symbol and outline.units[unit].kind.value != "import":
                    yield Name(version.path, name)

    def _shown(self, path: RepoPath, symbol: str, shown: Shown) -> Iterator[Node]:
        """A method or class that a framework may look at: all that touch its class."""
        for cls in (symbol, symbol.rpartition(".")[0]):
            for reader in sorted(self._reacher.classes.showing(path, cls, shown) if cls else ()):
                yield Class(*reader)

    # -- inputs --------------------------------------------------------------------------

    def _looked(
        self, path: RepoPath, kinds: Iterable[ReadKind], cause: Cause
    ) -> Iterator[Affected]:
        owners = self._store.readers(path, kinds)
        if owners:
            yield Affected(self._store.dependents(owners), cause)

    def _listed(self, entry: RepoPath, cause: Cause) -> Iterator[Affected]:
        """Those that list the folder of an entry that came or went."""
        yield from self._looked(RepoPath(_parent(entry)), (ReadKind.LISTING,), cause)
        if entry.lower().endswith(_DESCRIPTIONS):
            yield Affected(self._below(RepoPath("")), cause)

    def _captured(
        self, path: RepoPath, search: frozenset[RepoPath], cause: Cause
    ) -> Iterator[Affected]:
        """Imports that find a new file where they found another one, or nothing."""
        for dotted in module_names(path, search):
            head, _, last = dotted.rpartition(".")
            if last != "conftest":  # the tests below it are told apart by their folder
                for other in self._reacher.modules.files(dotted) - {path}:
                    yield Affected(self._reacher.evidence.depending(other), cause)
            for name, owners in self._store.missing_imports().items():
                if name == dotted or name.startswith(f"{dotted}."):
                    yield Affected(self._store.dependents(owners), cause)
            if cannot_be_hidden(dotted):
                continue
            for root, blob, units in self._store.references(last):
                if root in {"?", RECEIVER, SUPER} or (root == "" and head):
                    continue
                for version in self._store.paths_by_blob.get(blob, ()):
                    roots = self._reacher.modules.absolute(root.lstrip('"'), version.path)
                    if head not in roots:
                        continue
                    yield from self._importing(version, units, cause)
            for version, units in self._imports_through(dotted):
                yield from self._importing(version, units, cause)

    def _imports_through(self, dotted: str) -> Iterator[tuple[FileVersion, BitMap]]:
        """Yield the import statements that load a module, or anything in it."""
        for version in self._store.files.values():
            outline = self._reacher.outline(version.blob)
            if outline is None:
                continue
            units = BitMap()
            for fact in outline.imports:
                written = "." * fact.level + fact.module
                for base in self._reacher.modules.absolute(written, version.path):
                    loaded = f"{base}.{fact.name}" if fact.name else base
                    if f"{loaded}.".startswith(f"{dotted}."):
                        units.add(fact.unit)
            if units:
                yield version, units

    def _importing(self, version: FileVersion, units: BitMap, cause: Cause) -> Iterator[Affected]:
        outline = self._reacher.outline(version.blob)
        if outline is None:
            return
        for unit in units:
            if unit >= outline.loaded:
                continue
            if outline.units[unit].kind.value == "block":
                yield Affected(
                    self._reacher.evidence.ran(version.number, version.path, frozenset({unit})),
                    cause,
                )
            elif outline.units[unit].kind.value == "import":
                yield Affected(self._reacher.evidence.effects(version.path), cause)


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
