"""Imports that come and go: what else they load, and whether they can fail.

A module that is not loaded any more registers nothing; one that is loaded for the first
time does. Whoever loads it by another way notices neither.
"""

from collections.abc import Callable, Iterable
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
from impact_select.graph.loading import Foreign, Loaded, Loading
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
class ImportStates:
    """The imports of all modules before and after a change.

    Attributes:
        path: The file whose imports differ.
        before: As it was recorded.
        after: As it is in the target.
        modules: The names of the recorded modules.
    """

    path: RepoPath
    before: Loading
    after: Loading
    modules: ModuleIndex
    _is_recorded: Callable[[RepoPath], bool]
    _import_known: Callable[[RepoPath], ImportKnown]
    _asks_for_subclasses: bool
    _deriving_before: Deriving
    _deriving_after: Deriving

    def can_import(self, fact: ImportFact) -> bool:
        """Tell whether an import of the project's own modules is known to succeed.

        They are as they were recorded, or do nothing that could fail, or are loaded with the
        file anyway; they bind the name; and none of them imports the file itself.
        """
        nodes = self.after.loaded_by(self.path, fact)
        loaded = self.after.loaded_beside(self.path, fact)
        # That one of these fails now, or does something else, concerns all that depend on
        # it, and so all that depend on the file.
        anyway = self.before.certainly(self.path) & self.after.certainly(self.path)
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
        return self.before.gives_wrapper(self.path, fact) and self.after.gives_wrapper(
            self.path, fact
        )

    def derived_quietly(self, facts: ClassFacts) -> bool:
        """Tell whether the bases of a class of the file did nothing when it was made."""
        return self._deriving_before.is_quiet(self.path, facts)

    def derives_quietly(self, facts: ClassFacts) -> bool:
        """Tell whether the bases of a class of the file do nothing when it is made."""
        return self._deriving_after.is_quiet(self.path, facts)

    def _is_sound(self, path: RepoPath) -> bool:
        if self._is_recorded(path):
            return True
        outline = self.after.outline(path)
        if outline is None or self._acts(path, self.after) or may_fail(outline):
            return False
        known = self._import_known(path)
        return all(known(fact) or self._is_own(path, fact) for fact in outline.imports)

    def _is_own(self, path: RepoPath, fact: ImportFact) -> bool:
        nodes = self.after.loaded_by(path, fact)
        own = bool(nodes) and not any(isinstance(node, Foreign) for node in nodes)
        return own and self._binds(path, fact)

    def _binds(self, path: RepoPath, fact: ImportFact) -> bool:
        """Tell whether what an import names is bound: for sure, or as somebody found it."""
        if self.after.binds(path, fact, surely_bound_names):
            return True
        targets = set(self.after.targets(path, fact))
        homes = {file for one in targets for file in self.after.files(one.rpartition(".")[0])}
        return (
            bool(targets)
            and targets <= self.before.taken()
            and all(map(self._is_recorded, homes))
            and self.after.binds(path, fact, bound_names)
        )

    def affected(self, reacher: Reacher) -> BitMap:
        """Return the recordings that notice that the file loads other modules than before."""
        was, now = self.before.direct(self.path), self.after.direct(self.path)
        return self._noticing(was - now, self.before, self.after, reacher) | (
            self._noticing(now - was, self.after, self.before, reacher)
        )

    def _noticing(
        self,
        nodes: Iterable[Loaded],
        there: Loading,
        elsewhere: Loading,
        reacher: Reacher,
    ) -> BitMap:
        """Return the recordings that load some modules in one state and not in the other."""
        held = elsewhere.closure(elsewhere.direct(self.path)) | {self.path}
        domain = reacher.depending(self.path)
        noticing = BitMap()
        for node in nodes:
            inside = there.closure({node})
            left = domain - self._others(node, elsewhere, inside, reacher)
            for each in inside - held if left else ():
                lacking = left - self._others(each, elsewhere, inside, reacher)
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
                found |= reacher.depending(importer)
        return found

    def _users(self, node: Loaded, reacher: Reacher) -> BitMap:
        """Return the recordings that find a module as an attribute of its package."""
        names = {node.name} if isinstance(node, Foreign) else reacher.modules.names(node)
        found = BitMap()
        for name in names:
            found |= reacher.users_of_submodule(name)
        return found

    def _acts(self, node: Loaded, state: Loading) -> bool:
        if isinstance(node, Foreign):
            return "." not in node.name and node.name not in _LOADED_BY_RUNNER
        outline = state.outline(node)
        if outline is None:
            return True
        deriving = self._deriving_after if state is self.after else self._deriving_before
        return acts(
            outline, lambda facts: not self._asks_for_subclasses and deriving.is_quiet(node, facts)
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
        paths = [path for path in (*store.versions, *added.values()) if path.endswith(".py")]
        self._before = Loading(modules, {}, store.versions, self._recorded)
        self._after = Loading(modules, added, paths, outline_at)
        self._deriving_after = Deriving(self._after)

    def of(self, version: FileVersion) -> ImportStates:
        """Return the states for one changed file."""
        before = self._before.replaced(version.path, self._store.outline(version.blob))
        return ImportStates(
            version.path,
            before,
            self._after,
            self._modules,
            self._is_recorded,
            self._import_known,
            bool(self._store.references("__subclasses__")),
            Deriving(before),
            self._deriving_after,
        )

    def _recorded(self, path: RepoPath) -> Outline | None:
        for version in reversed(self._store.versions.get(path, ())):
            outline = self._store.outline(version.blob)
            if outline is not None:
                return outline
        return None

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
            loading=states.before,
            modules=self._modules,
            store=self._store,
            named=lambda dotted: self._named(dotted, self._store.versions),
            outlines=recorded,
            is_fixed=lambda *_: True,  # its outlines and what refers to it tell
        )
        after = ConstantImports(
            path=states.path,
            loading=self._after,
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
