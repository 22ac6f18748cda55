"""Which recordings ran something, or depend on a file."""

from collections.abc import Iterable, Iterator

from pyroaring import BitMap

from impact_select.graph.modules import ModuleIndex
from impact_select.graph.nodes import Data, Effects, Marked, Node, Ran
from impact_select.model.ids import RepoPath
from impact_select.model.impact_map import FileVersion
from impact_select.model.recorded import ReadKind
from impact_select.model.reference import RECEIVER, SUPER
from impact_select.model.source import UnitKind, plain_name
from impact_select.ports import EvidenceStore


class Evidence:
    """Looks up who ran what in one map.

    Args:
        store: The map.
        modules: Names of the recorded modules.
    """

    def __init__(self, store: EvidenceStore, modules: ModuleIndex) -> None:
        self._store = store
        self._modules = modules
        self._effects: dict[RepoPath, BitMap] = {}
        self._depending: dict[RepoPath, BitMap] = {}

    def of(self, node: Node) -> BitMap:
        """Return the recordings that a node gives."""
        match node:
            case Ran(file=file, units=units, path=path, called=called):
                return self.ran(file, path, units, called=called)
            case Effects(path=path):
                return self.effects(path)
            case Marked(path=path, symbol=symbol):
                return self.marked(path, symbol)
            case Data(path=path):
                return self._store.dependents(self._store.readers(path, (ReadKind.CONTENT,)))
            case _:
                return BitMap()

    def ran(
        self, file: int, path: RepoPath, units: frozenset[int], *, called: bool = False
    ) -> BitMap:
        """Return the recordings whose owners ran any of some units.

        What runs on import runs for the import: there, only other owners count (a lambda
        in a variable that a test calls).

        Args:
            file: The number of a file version.
            path: Its path.
            units: Indices in its outline.
            called: Leave out those that ran them when a module was imported.
        """
        wanted = BitMap(units)
        owners = BitMap()
        for ran, who in self._store.traces(file):
            if ran.intersect(wanted):
                owners |= who
        if called:
            owners = BitMap([owner for owner in owners if self._store.owner(owner)[0] != "import"])
        outline = self._store.outline(self._store.files[file].blob)
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
                outline = self._store.outline(version.blob)
                for ran, who in self._store.traces(version.number):
                    if outline is None or any(
                        unit >= outline.loaded or outline.units[unit].kind is not UnitKind.BLOCK
                        for unit in ran
                    ):
                        owners |= who
            known = self._store.dependents(owners) | self._through_package(path)
            self._effects[path] = known
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

        Whoever came first imported it (PEP 562, `mock.patch("package.module.name")`); the
        others found it there.
        """
        found = BitMap()
        for dotted in self._modules.names(path):
            for version, units in (*self._naming(dotted), *self._spelling(path, dotted)):
                for node in self.blocks(version, units):
                    found |= self.of(node)
        return found

    def _spelling(self, path: RepoPath, dotted: str) -> Iterator[tuple[FileVersion, BitMap]]:
        """Yield the units that spell a module, or a name in it, with the dots before it."""
        spelled = {dotted} if "." in dotted else set()
        for version in self._store.versions.get(path, ()):
            outline = self._store.outline(version.blob)
            for unit in outline.units if outline is not None else ():
                symbol = plain_name(unit.symbol)
                for name in (symbol, *(f"{symbol}.{name}" for name in unit.names)):
                    spelled.add(f"{dotted}.{name.strip('.')}")
        wanted = {(name.rpartition(".")[2], f'"{name.rpartition(".")[0]}') for name in spelled}
        for name, root in wanted:
            for found, blob, units in self._store.references(name):
                if found == root:
                    for version in self._store.paths_by_blob.get(blob, ()):
                        yield version, units

    def users_of_submodule(self, dotted: str) -> BitMap:
        """Return the recordings that ran code which takes a module from its package.

        An import statement does more: it loads the module.
        """
        found = BitMap()
        for version, units in self._naming(dotted):
            for node in self.blocks(version, units):
                found |= self.of(node)
            outline = self._store.outline(version.blob)
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
            if root in {"", "?", RECEIVER, SUPER} or root.startswith('"'):
                continue
            for version in self._store.paths_by_blob.get(blob, ()):
                if package in self._modules.absolute(root, version.path):
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

    def blocks(self, version: FileVersion, units: BitMap) -> Iterator[Ran]:
        """Yield the blocks among some units of a file version, by their functions."""
        outline = self._store.outline(version.blob)
        if outline is None:
            return
        yield from self.by_symbol(
            version,
            (
                unit
                for unit in units
                if unit < outline.loaded and outline.units[unit].kind is UnitKind.BLOCK
            ),
        )

    def by_symbol(
        self, version: FileVersion, units: Iterable[int], *, called: bool = False
    ) -> Iterator[Ran]:
        """Yield some units of a file version whose outline is known, by their symbols.

        Args:
            version: The file version.
            units: Indices in its outline.
            called: As `Ran` has it.
        """
        outline = self._store.outline(version.blob)
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
            yield Ran(version.number, version.path, frozenset(found), label, called)
