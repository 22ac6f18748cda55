"""Imports that come and go: what else they load, and whether they can fail.

A module that is not loaded any more registers nothing; one that is loaded for the first
time does. Whoever loads it by another way notices neither.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from impact_select.changes.constants import moved_constants
from impact_select.changes.elsewhere import ImportKnown
from impact_select.changes.module_effects import (
    acts,
    bound_names,
    may_fail,
    surely_bound_names,
)
from impact_select.graph.deriving import Deriving
from impact_select.graph.loading import Foreign, KnownStatements, Loaded, Loading
from impact_select.graph.modules import ModuleIndex, module_names
from impact_select.graph.reach import Reacher
from impact_select.model.ids import RepoPath
from impact_select.model.impact_map import FileVersion
from impact_select.model.source import ClassFacts, ImportFact, Outline, UnitKind
from impact_select.model.tree import Target
from impact_select.outline.literals import fixed_names, literal_names
from impact_select.ports import EvidenceStore
from impact_select.selection.constants import ConstantImports, files_named

_LOADED_BY_RUNNER = frozenset({"pytest", "_pytest", "pluggy"})


@dataclass(frozen=True, slots=True)
class ImportState:
    """All modules of one state.

    Attributes:
        loading: Their imports.
        deriving: Their classes.
        recordings: Those that were made in it.
    """

    loading: Loading
    deriving: Deriving
    recordings: BitMap


@dataclass(frozen=True, slots=True)
class ImportStates:
    """The imports of all modules before and after a change.

    Attributes:
        path: The file whose imports differ.
        before: The states in which it was recorded as it was.
        after: As it is in the target.
        modules: The names of the recorded modules.
    """

    path: RepoPath
    before: Sequence[ImportState]
    after: ImportState
    modules: ModuleIndex
    _is_recorded: Callable[[RepoPath], bool]
    _import_known: Callable[[RepoPath], ImportKnown]
    _asks_for_subclasses: bool

    def can_import(self, fact: ImportFact) -> bool:
        """Tell whether an import of the project's own modules is known to succeed.

        They are as they were recorded, or do nothing that could fail, or are loaded with the
        file anyway; they bind the name; and none of them imports the file itself.
        """
        now = self.after.loading
        nodes = now.loaded_by(self.path, fact)
        loaded = now.loaded_beside(self.path, fact)
        # That one of these fails now, or does something else, concerns all that depend on
        # it, and so all that depend on the file.
        anyway = now.certainly(self.path)
        for state in self.before:
            anyway &= state.loading.certainly(self.path)
        return (
            bool(nodes)
            and self.modules.has_parents(self.path, fact.level)
            and not any(isinstance(node, Foreign) for node in nodes)
            and self.path not in loaded
            and all(
                node in anyway or self._is_sound(node)
                for node in loaded
                if not isinstance(node, Foreign)
            )
            and self._binds(self.path, fact)
        )

    def gives_wrapper(self, fact: ImportFact) -> bool:
        """Tell whether an import names a function that only wraps, in both states."""
        return all(
            state.loading.gives_wrapper(self.path, fact) for state in (*self.before, self.after)
        )

    def derived_quietly(self, facts: ClassFacts) -> bool:
        """Tell whether the bases of a class of the file did nothing when it was made."""
        return all(state.deriving.is_quiet(self.path, facts) for state in self.before)

    def derives_quietly(self, facts: ClassFacts) -> bool:
        """Tell whether the bases of a class of the file do nothing when it is made."""
        return self.after.deriving.is_quiet(self.path, facts)

    def _is_sound(self, path: RepoPath) -> bool:
        if self._is_recorded(path):
            return True
        outline = self.after.loading.outline(path)
        if outline is None or self._acts(path, self.after) or may_fail(outline):
            return False
        known = self._import_known(path)
        return all(known(fact) or self._is_own(path, fact) for fact in outline.imports)

    def _is_own(self, path: RepoPath, fact: ImportFact) -> bool:
        nodes = self.after.loading.loaded_by(path, fact)
        own = bool(nodes) and not any(isinstance(node, Foreign) for node in nodes)
        return own and self._binds(path, fact)

    def _binds(self, path: RepoPath, fact: ImportFact) -> bool:
        """Tell whether what an import names is bound: for sure, or as somebody found it."""
        now = self.after.loading
        if now.binds(path, fact, surely_bound_names):
            return True
        targets = set(now.targets(path, fact))
        homes = {file for one in targets for file in now.files(one.rpartition(".")[0])}
        return (
            bool(targets)
            and any(targets <= state.loading.taken() for state in self.before)
            and all(map(self._is_recorded, homes))
            and now.binds(path, fact, bound_names)
        )

    def affected(self, reacher: Reacher) -> BitMap:
        """Return the recordings that notice that the file loads other modules than before."""
        now = self.after.loading.direct(self.path)
        found = BitMap()
        for state in self.before:
            was = state.loading.direct(self.path)
            found |= state.recordings & (
                self._noticing(was - now, state, self.after, reacher)
                | self._noticing(now - was, self.after, state, reacher)
            )
        return found

    def _noticing(
        self, nodes: Iterable[Loaded], there: ImportState, elsewhere: ImportState, reacher: Reacher
    ) -> BitMap:
        """Return the recordings that load some modules in one state and not in the other."""
        held = elsewhere.loading.certainly(self.path) | {self.path}
        domain = reacher.evidence.depending(self.path)
        noticing = BitMap()
        for node in nodes:
            inside = there.loading.closure({node})
            left = domain - self._others(node, elsewhere.loading, inside, reacher)
            for each in inside - held if left else ():
                lacking = left - self._others(each, elsewhere.loading, inside, reacher)
                if lacking and not self._acts(each, there):
                    lacking &= self._users(each, reacher)
                noticing |= lacking
        return noticing

    def _others(
        self,
        node: Loaded,
        state: Loading,
        inside: frozenset[Loaded],
        reacher: Reacher,
    ) -> BitMap:
        """Return the recordings that load a module by another file, not one that it loads."""
        found = BitMap()
        for importer in state.importers(node):
            if importer != self.path and importer not in inside:
                found |= reacher.evidence.depending(importer)
        return found

    def _users(self, node: Loaded, reacher: Reacher) -> BitMap:
        """Return the recordings that find a module as an attribute of its package."""
        names = {node.name} if isinstance(node, Foreign) else reacher.modules.names(node)
        found = BitMap()
        for name in names:
            found |= reacher.evidence.users_of_submodule(name)
        return found

    def _acts(self, node: Loaded, state: ImportState) -> bool:
        if isinstance(node, Foreign):
            return "." not in node.name and node.name not in _LOADED_BY_RUNNER
        outline = state.loading.outline(node)
        if outline is None:
            return True
        return acts(
            outline,
            lambda facts: not self._asks_for_subclasses and state.deriving.is_quiet(node, facts),
        )


class ImportComparison:
    """Makes the states of the imports for changed files of one target."""

    def __init__(
        self,
        store: EvidenceStore,
        modules: ModuleIndex,
        target: Target,
        outline_at: Callable[[RepoPath], Outline | None],
        import_known: Callable[[RepoPath], ImportKnown],
    ) -> None:
        self._store = store
        self._modules = modules
        self._target = target
        self._outline_at = outline_at
        self._import_known = import_known
        search = frozenset().union(*(snapshot.facts.search for snapshot in store.snapshots))
        self._search = search
        added = {
            name: path
            for path in target.files
            if path.endswith(".py") and path not in store.versions
            for name in module_names(path, search)
        }
        now = {path: "" for path in (*store.versions, *added.values()) if path.endswith(".py")}
        after = Loading(modules, added, now, outline_at)
        self._after = ImportState(after, Deriving(after), BitMap())
        self._before = tuple(self._recorded_states())

    def of(self, version: FileVersion, domain: BitMap) -> ImportStates:
        """Return the states for one changed file.

        Args:
            version: What was recorded of it.
            domain: The recordings that are asked about.
        """
        return ImportStates(
            version.path,
            [
                state
                for manifest, state in self._before
                if version.number in manifest and state.recordings.intersect(domain)
            ],
            self._after,
            self._modules,
            self._is_recorded,
            self._import_known,
            bool(self._store.references("__subclasses__")),
        )

    def _recorded_states(self) -> Iterator[tuple[BitMap, ImportState]]:
        """Yield the recorded states that differ in modules: their files, and what they are."""
        files = self._store.files
        sources = BitMap([number for number, file in files.items() if file.path.endswith(".py")])
        recordings: dict[bytes, BitMap] = {}
        for snapshot in self._store.snapshots:
            key = (snapshot.manifest & sources).serialize()
            recordings[key] = recordings.get(key, BitMap()) | snapshot.recordings
        known: KnownStatements = {}
        for key, made in recordings.items():
            manifest = BitMap.deserialize(key)
            numbers = {files[number].path: number for number in manifest}
            loading = Loading(self._modules, {}, numbers, self._outlines(numbers), known)
            yield manifest, ImportState(loading, Deriving(loading), made)

    def _outlines(self, numbers: Mapping[RepoPath, int]) -> Callable[[RepoPath], Outline | None]:
        def outline_of(path: RepoPath) -> Outline | None:
            number = numbers.get(path)
            return None if number is None else self._store.outline(self._store.files[number].blob)

        return outline_of

    def unmoved(
        self, states: ImportStates, old: Outline, new: Outline, source: Callable[[], bytes]
    ) -> frozenset[str]:
        """Return the names of a changed file whose constant is written elsewhere now.

        Args:
            states: Of that file.
            old: What was recorded of it.
            new: What it is now.
            source: Reads it.
        """

        def now(path: RepoPath) -> tuple[Outline | None, ...]:
            return (self._outline_at(path),)

        def recorded(path: RepoPath) -> tuple[Outline | None, ...]:
            versions = self._store.versions.get(path, ())
            return tuple(self._store.outline(version.blob) for version in versions)

        before = ConstantImports(
            path=states.path,
            loadings=[state.loading for state in states.before],
            modules=self._modules,
            store=self._store,
            named=lambda dotted: self._named(dotted, self._store.versions),
            outlines=recorded,
            is_fixed=lambda *_: True,  # its outlines and what refers to it tell
        )
        after = ConstantImports(
            path=states.path,
            loadings=[self._after.loading],
            modules=self._modules,
            store=self._store,
            named=lambda dotted: self._named(dotted, self._target.files),
            outlines=now,
            is_fixed=lambda path, name: name in fixed_names(self._target.read(path)),
        )
        found = moved_constants(old, new, before, after)
        assigned = {
            name for unit in new.units if unit.kind is UnitKind.VARIABLE for name in unit.names
        }
        if found & assigned:
            found -= assigned - literal_names(source())
        return found

    def _named(self, dotted: str, paths: Iterable[RepoPath]) -> frozenset[RepoPath]:
        there = self._modules.files(dotted)
        return files_named(dotted, paths, self._search) | there.intersection(paths)

    def _is_recorded(self, path: RepoPath) -> bool:
        file = self._target.files.get(path)
        return file is not None and any(
            version.blob == file.blob for version in self._store.versions.get(path, ())
        )
