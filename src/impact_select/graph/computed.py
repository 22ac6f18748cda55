"""Code that looks up names which it computes: `getattr(thing, "on_" + event)`.

What is known of such a name has to fit; and where the object is the receiver of the method
that looks, it is one of the class around, or shares objects with it.
"""

from collections.abc import Callable, Iterator

from pyroaring import BitMap

from impact_select.graph.hierarchy import Hierarchy
from impact_select.graph.modules import ModuleIndex
from impact_select.graph.nodes import Attribute, Name
from impact_select.model.ids import Blob
from impact_select.model.impact_map import FileVersion
from impact_select.model.reference import RECEIVER, may_compute
from impact_select.model.source import Outline, UnitKind, plain_name
from impact_select.ports import EvidenceStore


class ComputedNames:
    """Finds who may reach a name without spelling it, in one map.

    Args:
        store: The map.
        modules: Names of the recorded modules.
        classes: Their classes.
        outline: Gives the outline of a content.
    """

    def __init__(
        self,
        store: EvidenceStore,
        modules: ModuleIndex,
        classes: Hierarchy,
        outline: Callable[[Blob], Outline | None],
    ) -> None:
        self._store = store
        self._modules = modules
        self._classes = classes
        self._outline = outline

    def in_module(self, node: Name) -> Iterator[tuple[FileVersion, BitMap]]:
        """Yield the units that may look for a name in its module."""
        path = node.path
        for root, blob, units in self._references(node.name):
            for version in self._store.paths_by_blob.get(blob, ()):
                looking = units
                if root == "":
                    hit = version.path == path
                elif root in {"?", RECEIVER}:
                    starred = path in self._modules.starred(version.path)
                    hit = starred or self._modules.passed_on(path)
                    if root == RECEIVER:
                        looking = self._with_any_receiver(version, units)
                else:
                    roots = self._modules.absolute(root, version.path)
                    hit = any(path in self._modules.denoted(one) for one in roots)
                if hit:
                    yield version, looking

    def on_class(self, node: Attribute) -> Iterator[tuple[FileVersion, BitMap]]:
        """Yield the units that may look for an attribute, and refer to its class too."""
        names = {node.cls.rpartition(".")[2]}
        names |= {
            qualname.rpartition(".")[2]
            for _, qualname in self._classes.ancestors(node.path, node.cls)
        }
        naming: set[Blob] = {blob for name in names for _, blob, _ in self._store.references(name)}
        naming |= {version.blob for version in self._store.versions.get(node.path, ())}
        for root, blob, units in self._references(node.name):
            if root == "" or (blob not in naming and root != RECEIVER):
                continue
            for version in self._store.paths_by_blob.get(blob, ()):
                if root == RECEIVER:
                    looking = self._with_kin(version, units, node)
                    if blob in naming:
                        looking |= self._with_any_receiver(version, units)
                    yield version, looking
                elif self._modules.may_hold_objects(root, version.path):
                    yield version, units

    def _references(self, name: str) -> Iterator[tuple[str, Blob, BitMap]]:
        """Yield the references by names that are not known, and may be a name."""
        spelled = any(root.startswith('"') for root, _, _ in self._store.references(name))
        for computed, root, blob, units in self._store.computed_references:
            if may_compute(computed, name, spelled=spelled):
                yield root, blob, units

    def _with_kin(self, version: FileVersion, units: BitMap, node: Attribute) -> BitMap:
        """Keep the units in methods that objects with an attribute may have."""
        outline = self._outline(version.blob)
        if outline is None:
            return units
        kept = BitMap()
        for unit in units:
            cls = _method_of(outline.units[unit].symbol)[0]
            if self._classes.may_share_objects((version.path, cls), (node.path, node.cls)):
                kept.add(unit)
        return kept

    def _with_any_receiver(self, version: FileVersion, units: BitMap) -> BitMap:
        """Keep the units in methods whose receiver may be no instance of their class."""
        outline = self._outline(version.blob)
        if outline is None:
            return units
        kept = BitMap()
        for unit in units:
            cls, method = _method_of(outline.units[unit].symbol)
            if (
                outline.units[unit].kind is not UnitKind.BLOCK
                or self._store.references(f"&{method}")  # it may be lent to another class
                or self._store.references("new_class")  # it may be mixed into another class
                or not self._classes.is_of_plain_objects(version.path, cls)
            ):
                kept.add(unit)
        return kept


def _method_of(symbol: str) -> tuple[str, str]:
    """Return the class and the name of the method that a symbol is, or stands in."""
    cls, _, name = plain_name(symbol).partition(".<locals>")[0].rpartition(".")
    return cls, name
