"""What constant an import gives: where it comes from, and that nobody sets it to another."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from impact_select.changes.constants import binding_of
from impact_select.changes.module_effects import acts
from impact_select.graph.loading import Foreign, Loading
from impact_select.graph.modules import ModuleIndex, module_names
from impact_select.model.ids import Blob, Fingerprint, RepoPath
from impact_select.model.reference import DEFINED, RECEIVER, SUPER, may_compute
from impact_select.model.source import ImportFact, Outline, UnitKind
from impact_select.ports import EvidenceStore

# Code with these may bind a name of its module without spelling it as one.
_BINDING: Final = (
    *("globals", "vars", "locals", "exec", "eval", "setattr", "delattr"),
    *("__dict__", "__setattr__", "__delattr__", "modules"),
)


@dataclass(frozen=True, slots=True)
class ConstantImports:
    """The imports of one file in one state.

    Attributes:
        path: The file.
        loadings: The imports of all modules in that state, or in each that it may be.
        modules: Names of the recorded modules.
        store: The map.
        named: Gives the files of the state that a dotted name can stand for.
        outlines: Gives all that a file may be in that state; None for what is not known.
        is_fixed: Tells whether the file binds a name to a literal that is never replaced, as
            far as the file itself shows.
    """

    path: RepoPath
    loadings: Sequence[Loading]
    modules: ModuleIndex
    store: EvidenceStore
    named: Callable[[str], frozenset[RepoPath]]
    outlines: Callable[[RepoPath], Sequence[Outline | None]]
    is_fixed: Callable[[RepoPath, str], bool]

    def constant(self, fact: ImportFact) -> Fingerprint | None:
        """Return the digest of the assignment that alone decides what an import binds."""
        if fact.name in {"", "*"} or not self.modules.has_parents(self.path, fact.level):
            return None
        bases = self.modules.absolute("." * fact.level + fact.module, self.path)
        if len(bases) != 1:
            return None
        (base,) = bases
        if not base or self.modules.is_foreign(base) or self.named(f"{base}.{fact.name}"):
            return None
        files = self.named(base)
        if len(files) != 1 or self.path in files:
            return None
        (file,) = files
        found = {self._assigned(outline, fact.name) for outline in self.outlines(file)}
        if len(found) != 1 or None in found or not self.is_fixed(file, fact.name):
            return None
        return None if self._is_touched(file, base, fact.name) else found.pop()

    def is_apart(self, fact: ImportFact) -> bool:
        """Tell whether an import runs nothing that could look into the importing file."""
        if not self.modules.has_parents(self.path, fact.level) or fact.name == "*":
            return False
        return all(self._is_apart(loading, fact) for loading in self.loadings)

    def _is_apart(self, loading: Loading, fact: ImportFact) -> bool:
        nodes = loading.loaded_beside(self.path, fact)
        files = [node for node in nodes if not isinstance(node, Foreign)]
        bases = self.modules.absolute("." * fact.level + fact.module, self.path)
        if not nodes and not all(map(self.modules.is_foreign, bases)):
            return False
        outlines = [loading.outline(file) for file in files]
        return self.path not in files and not any(
            outline is None or acts(outline) for outline in outlines
        )

    def _assigned(self, outline: Outline | None, name: str) -> Fingerprint | None:
        if outline is None or acts(outline):
            return None
        index = binding_of(outline, name)
        if index is None or outline.units[index].kind is not UnitKind.VARIABLE:
            return None
        return outline.units[index].fingerprint

    def _is_touched(self, file: RepoPath, dotted: str, name: str) -> bool:
        """Tell whether recorded code may set a name of a module, as a test does that patches it.

        Of a module that no recording has, none of it can have known.
        """
        versions = self.store.versions.get(file, ())
        if not versions:
            return False
        if self.store.unread_blobs:
            return True
        own = {version.blob for version in versions}
        if any(blob in own for word in _BINDING for _, blob, _ in self.store.references(word)):
            return True
        names = {dotted, *self.modules.names(file)}
        return any(
            self._may_set(blob, units, in_blocks=root == "" and blob in own)
            for root, blob, units in self.store.references(name)
            if self._denotes(root, blob, names, own) or root in {"?", RECEIVER}
        ) or any(
            self._denotes(root, blob, names, own)
            for computed, root, blob, _ in self.store.computed_references
            if may_compute(computed, name, spelled=False)
        )

    def _may_set(self, blob: Blob, units: Iterable[int], *, in_blocks: bool) -> bool:
        """Tell whether units that refer to a name may set it; the module's own are known."""
        outline = self.store.outline(blob)
        if outline is None:
            return True
        for index in units:
            unit = outline.units[index] if index < outline.loaded else None
            if unit is None or unit.kind is UnitKind.BLOCK:
                return True
            if not in_blocks and unit.kind is not UnitKind.IMPORT and unit.names != ("__all__",):
                return True
        return False

    def _denotes(self, root: str, blob: Blob, names: set[str], own: set[Blob]) -> bool:
        """Tell whether a name below a root may be one of a module."""
        if root in {"", "?", RECEIVER, SUPER, DEFINED}:
            return root == "" and blob in own
        if root.startswith('"'):
            head = root[1:]
            return not head or any(one == head or one.endswith(f".{head}") for one in names)
        return any(
            not names.isdisjoint(self.modules.absolute(root, version.path))
            for version in self.store.paths_by_blob.get(blob, ())
        )


def files_named(
    dotted: str, paths: Iterable[RepoPath], search: frozenset[RepoPath]
) -> frozenset[RepoPath]:
    """Return the files that an import of a dotted name may find."""
    last = dotted.rpartition(".")[2]
    ends = (f"{last}.py", f"{last}/__init__.py")
    return frozenset(
        path for path in paths if path.endswith(ends) and dotted in module_names(path, search)
    )
