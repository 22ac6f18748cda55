"""What the pure stages need from the world, as protocols."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from pyroaring import BitMap

from impact_select.model.ids import Blob, RepoPath
from impact_select.model.impact_map import FileVersion, ModuleNames, Recorded, Snapshot
from impact_select.model.recorded import ReadKind
from impact_select.model.source import Outline, Shown


class ForeignCode(Protocol):
    """What the code that is installed beside the project can do with classes of the project."""

    def may_read(self, package: str, shown: Shown) -> bool:
        """Tell whether a package may read something of methods of classes derived from its own.

        Args:
            package: The name of a top-level module that is not the project's.
            shown: What it may read.
        """

    def may_look_up(self, base: str, name: str) -> bool:
        """Tell whether a class may look up an attribute of objects of classes derived from it.

        Args:
            base: The dotted name of the class, one that computes no names (`is_quiet_base`).
            name: The attribute.
        """

    def may_answer(self, base: str) -> bool:
        """Tell whether objects of a class may have attributes that none of its classes binds.

        Args:
            base: The dotted name of the class.
        """

    def may_take(self, package: str, name: str) -> bool:
        """Tell whether a package, or one that it imports, takes an attribute of any object.

        Args:
            package: The name of a top-level module that is not the project's.
            name: The attribute.
        """

    def may_note(self, maker: str, names: frozenset[str], *, every: bool = False) -> bool:
        """Tell whether a base, metaclass or decorator may note members of a class when it is made.

        Args:
            maker: Its dotted name; that of a package for whatever it has.
            names: Of the members, or what reads of them what matters.
            every: Whether whatever looks at members counts, by whatever name.
        """


class UnknownCode:
    """Stands for installed code of which nothing is known: it may do whatever is asked."""

    def may_read(self, package: str, shown: Shown) -> bool:
        """Tell that it may."""
        return True

    def may_look_up(self, base: str, name: str) -> bool:
        """Tell that it may."""
        return True

    def may_answer(self, base: str) -> bool:
        """Tell that they may."""
        return True

    def may_take(self, package: str, name: str) -> bool:
        """Tell that it may."""
        return True

    def may_note(self, maker: str, names: frozenset[str], *, every: bool = False) -> bool:
        """Tell that it may."""
        return True


class EvidenceStore(Protocol):
    """The map, as selection asks it. `adapters.map_reader.ImpactMap` says what each gives."""

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """All recording sessions, oldest first."""

    @property
    def files(self) -> Mapping[int, FileVersion]:
        """All file versions by number."""

    @property
    def versions(self) -> Mapping[RepoPath, tuple[FileVersion, ...]]:
        """File versions by path."""

    @property
    def paths_by_blob(self) -> Mapping[Blob, tuple[FileVersion, ...]]:
        """File versions by content."""

    @property
    def recordings(self) -> Mapping[int, Recorded]:
        """All recordings by number."""

    @property
    def modules(self) -> Mapping[int, ModuleNames]:
        """Import names by file number."""

    @property
    def unread_blobs(self) -> frozenset[Blob]:
        """Executed contents whose references are not known."""

    def outline(self, blob: Blob) -> Outline | None:
        """Return the outline of a content."""

    def traces(self, file: int) -> tuple[tuple[BitMap, BitMap], ...]:
        """Return (units, owners) pairs of a file version."""

    def dependents(self, owners: Iterable[int]) -> BitMap:
        """Return the recordings that depend on any of some owners."""

    def owner(self, number: int) -> tuple[str, str]:
        """Return the kind and name of an owner."""

    def readers(self, path: RepoPath, kinds: Iterable[ReadKind]) -> BitMap:
        """Return the owners that looked at a path."""

    def read_paths(self) -> frozenset[RepoPath]:
        """Return the paths whose content somebody read."""

    def missing_imports(self) -> Mapping[str, BitMap]:
        """Return the owners per module name that was looked for in vain."""

    def fixture_users(self, name: str) -> BitMap:
        """Return the recordings that request a fixture."""

    def distribution_users(self, name: str) -> BitMap:
        """Return the recordings that depend on a distribution."""

    @property
    def computed_references(self) -> tuple[tuple[str, str, Blob, BitMap], ...]:
        """(name, root, blob, units) of all references by names that are not known."""

    def references(self, name: str) -> tuple[tuple[str, Blob, BitMap], ...]:
        """Return (root, blob, units) of all references to a name."""

    def classes(self) -> tuple[tuple[Blob, str, tuple[str, ...]], ...]:
        """Return (blob, qualname, bases) of all classes."""

    def classes_named(self, name: str) -> tuple[tuple[Blob, str, tuple[str, ...]], ...]:
        """Return (blob, qualname, bases) of the classes of a simple name."""
