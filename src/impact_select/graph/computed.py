"""Code that looks up names which it computes: `getattr(thing, "on_" + event)`.

What is known of such a name has to fit; what is looked up in `self`, `graph/receivers.py`
tells.
"""

from collections.abc import Iterator

from pyroaring import BitMap

from impact_select.graph.hierarchy import Hierarchy
from impact_select.graph.modules import ModuleIndex
from impact_select.graph.nodes import Attribute, Name
from impact_select.graph.receivers import Receivers
from impact_select.model.ids import Blob, RepoPath
from impact_select.model.impact_map import FileVersion
from impact_select.model.reference import DEFINED, RECEIVER, has_known_part, may_compute
from impact_select.ports import EvidenceStore


class ComputedNames:
    """Finds who may reach a name without spelling it, in one map.

    Args:
        store: The map.
        modules: Names of the recorded modules.
        classes: Their classes.
        receivers: Tells what `self` may be.
    """

    def __init__(
        self,
        store: EvidenceStore,
        modules: ModuleIndex,
        classes: Hierarchy,
        receivers: Receivers,
    ) -> None:
        self._store = store
        self._modules = modules
        self._classes = classes
        self._receivers = receivers

    def in_module(self, node: Name) -> Iterator[tuple[FileVersion, BitMap]]:
        """Yield the units that may look for a name in its module."""
        path = node.path
        for root, blob, units, _ in self._references(node.name):
            for version in self._store.paths_by_blob.get(blob, ()):
                looking = units
                if root == DEFINED:
                    continue  # it is no module
                if root == "":
                    hit = version.path == path
                elif root in {"?", RECEIVER}:
                    starred = path in self._modules.starred(version.path)
                    hit = starred or self._modules.passed_on(path)
                    if root == RECEIVER:
                        looking = self._receivers.with_any(version, units)
                else:
                    roots = self._modules.absolute(root, version.path)
                    hit = any(path in self._modules.denoted(one) for one in roots)
                if hit:
                    yield version, looking

    def on_class(self, node: Attribute) -> Iterator[tuple[FileVersion, BitMap]]:
        """Yield the units that may look for an attribute, and refer to its class too."""
        names = {
            qualname.rpartition(".")[2]
            for _, qualname in (
                (node.path, node.cls),
                *self._classes.ancestors(node.path, node.cls),
                *self._classes.descendants(node.path, node.cls),
            )
        }
        naming: set[Blob] = {blob for name in names for _, blob, _ in self._store.references(name)}
        naming |= {version.blob for version in self._store.versions.get(node.path, ())}
        for root, blob, units, is_known in self._references(node.name):
            # A name of which a part is known is not looked up in just anything.
            if root == "" or (blob not in naming and root != RECEIVER and not is_known):
                continue
            for version in self._store.paths_by_blob.get(blob, ()):
                if root == RECEIVER:
                    looking = self._receivers.with_kin(version, units, node.path, node.cls)
                    if blob in naming:
                        looking |= self._receivers.with_any(version, units)
                    yield version, looking
                elif self._modules.may_hold_objects(root, version.path):
                    yield version, units

    def while_made(self, path: RepoPath, cls: str, name: str) -> Iterator[RepoPath]:
        """Yield the modules on whose import a class is made and code may look for a member.

        A decorator or `__init_subclass__` that lists members keeps them where others find them.
        """
        places = self._classes.having(path, cls)
        homes = {home for home, _ in places}
        for root, blob, units, _ in self._references(name):
            if root not in {"?", RECEIVER}:
                continue
            for version in self._store.paths_by_blob.get(blob, ()):
                looking = units
                if root == RECEIVER:
                    looking = BitMap().union(
                        *(self._receivers.with_kin(version, units, *place) for place in places)
                    )
                for ran, owners in self._store.traces(version.number):
                    if ran.intersect(looking):
                        for owner in owners:
                            kind, home = self._store.owner(owner)
                            if kind == "import" and home in homes:
                                yield RepoPath(home)

    def _references(self, name: str) -> Iterator[tuple[str, Blob, BitMap, bool]]:
        """Yield the references by computed names that may be a name, and if a part is known."""
        spelled = any(root.startswith('"') for root, _, _ in self._store.references(name))
        for computed, root, blob, units in self._store.computed_references:
            if may_compute(computed, name, spelled=spelled):
                yield root, blob, units, has_known_part(computed)
