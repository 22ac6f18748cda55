"""What the pure stages need from the world, as protocols."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from pyroaring import BitMap

from impact_select.model.ids import Blob, RepoPath
from impact_select.model.impact_map import FileVersion, ModuleNames, Recorded, Snapshot
from impact_select.model.recorded import ReadKind
from impact_select.model.source import Outline


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
