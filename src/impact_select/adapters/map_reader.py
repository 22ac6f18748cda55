"""The map, opened read-only: rows become values, and damage becomes one error."""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pyroaring import BitMap

from impact_select.adapters.map_schema import (
    bits,
    check_schema,
    check_seal,
    from_column,
    to_column,
    unpack_outline,
)
from impact_select.adapters.snapshot_facts import facts_from_json
from impact_select.errors import MapUnreadable
from impact_select.model.ids import Blob, RepoPath, TestId
from impact_select.model.impact_map import FileVersion, ModuleNames, Recorded, Snapshot
from impact_select.model.recorded import Outcome, ReadKind
from impact_select.model.reference import ANY_NAME
from impact_select.model.source import Outline


class ImpactMap:
    """A map opened for reading. Use as a context manager.

    Every method raises MapUnreadable when what it reads makes no sense.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._outlines: dict[Blob, Outline | None] = {}
        self._traces: dict[int, tuple[tuple[BitMap, BitMap], ...]] = {}

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a map.

        Raises:
            NoMap: There is none.
            MapUnreadable: It is damaged, or no map.
            MapSchema: Another version wrote it.
        """
        check_seal(path)
        # Nothing may change a file that is open as immutable; the writer replaces it.
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        try:
            connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            check_schema(connection, path)
        except sqlite3.Error as error:
            raise MapUnreadable(path, str(error)) from error
        return cls(path, connection)

    def __enter__(self) -> Self:
        """Return the map itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    # -- the whole --------------------------------------------------------------------

    @cached_property
    def tool(self) -> str:
        """Version of the tool that made the map."""
        with self._checked():
            (value,) = self._one("SELECT value FROM meta WHERE key = 'tool'") or ("",)
            return str(value)

    @cached_property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """All recording sessions, oldest first."""
        with self._checked():
            return tuple(
                Snapshot(facts_from_json(json.loads(facts)), bits(manifest), bits(recordings))
                for facts, manifest, recordings in self._rows(
                    "SELECT facts, manifest, recordings FROM snapshot ORDER BY id"
                )
            )

    @cached_property
    def files(self) -> Mapping[int, FileVersion]:
        """All file versions by number."""
        with self._checked():
            return {
                int(number): FileVersion(int(number), RepoPath(from_column(path)), Blob(blob), mode)
                for number, path, blob, mode in self._rows("SELECT id, path, blob, mode FROM file")
            }

    @cached_property
    def versions(self) -> Mapping[RepoPath, tuple[FileVersion, ...]]:
        """File versions by path."""
        found: dict[RepoPath, list[FileVersion]] = {}
        for version in self.files.values():
            found.setdefault(version.path, []).append(version)
        return {path: tuple(versions) for path, versions in found.items()}

    @cached_property
    def paths_by_blob(self) -> Mapping[Blob, tuple[FileVersion, ...]]:
        """File versions by content."""
        found: dict[Blob, list[FileVersion]] = {}
        for version in self.files.values():
            found.setdefault(version.blob, []).append(version)
        return {blob: tuple(versions) for blob, versions in found.items()}

    @cached_property
    def recordings(self) -> Mapping[int, Recorded]:
        """All recordings by number."""
        with self._checked():
            return {
                int(number): Recorded(
                    int(number),
                    TestId(from_column(test)),
                    Outcome(outcome),
                    float(duration),
                    RepoPath(from_column(path)),
                    function,
                    bool(reads_docs),
                    int(at),
                )
                for number, test, outcome, duration, path, function, reads_docs, at in self._rows(
                    "SELECT recording.id, nodeid, outcome, duration_s, path, function, reads_docs,"
                    " at FROM recording JOIN test ON test.id = test"
                )
            }

    @cached_property
    def modules(self) -> Mapping[int, ModuleNames]:
        """Import names by file number, for executed files."""
        with self._checked():
            return {
                int(number): ModuleNames(
                    frozenset(json.loads(names)), bool(handed_out), frozenset(json.loads(foreign))
                )
                for number, names, handed_out, foreign in self._rows(
                    "SELECT file, names, handed_out, foreign_names FROM module"
                )
            }

    # -- evidence ---------------------------------------------------------------------

    def outline(self, blob: Blob) -> Outline | None:
        """Return the outline of a content that was executed and parsed."""
        if blob not in self._outlines:
            with self._checked():
                row = self._one("SELECT body FROM outline WHERE blob = ?", blob)
                self._outlines[blob] = None if row is None else unpack_outline(row[0])
        return self._outlines[blob]

    def traces(self, file: int) -> tuple[tuple[BitMap, BitMap], ...]:
        """Return (units, owners) pairs of a file version."""
        if file not in self._traces:
            with self._checked():
                self._traces[file] = tuple(
                    (bits(units), bits(owners))
                    for units, owners in self._rows(
                        "SELECT units, owners FROM trace WHERE file = ?", file
                    )
                )
        return self._traces[file]

    def dependents(self, owners: Iterable[int]) -> BitMap:
        """Return the recordings that depend on any of some owners."""
        return BitMap().union(*(self._dependents.get(owner, BitMap()) for owner in owners))

    @cached_property
    def _dependents(self) -> Mapping[int, BitMap]:
        with self._checked():
            return {
                int(owner): bits(recordings)
                for owner, recordings in self._rows("SELECT id, recordings FROM owner")
            }

    def owner(self, number: int) -> tuple[str, str]:
        """Return the kind and name of an owner."""
        with self._checked():
            row = self._one("SELECT kind, name FROM owner WHERE id = ?", number)
            return ("", "") if row is None else (str(row[0]), from_column(str(row[1])))

    def readers(self, path: RepoPath, kinds: Iterable[ReadKind]) -> BitMap:
        """Return the owners that looked at a path in one of some ways."""
        total = BitMap()
        with self._checked():
            for kind in kinds:
                row = self._one(
                    "SELECT owners FROM reads WHERE path = ? AND kind = ?",
                    to_column(path),
                    kind.value,
                )
                if row is not None:
                    total |= bits(row[0])
        return total

    def looked_paths(self) -> frozenset[RepoPath]:
        """Return the paths that some owner looked at in any way."""
        with self._checked():
            return frozenset(
                RepoPath(from_column(path))
                for (path,) in self._rows("SELECT DISTINCT path FROM reads")
            )

    def read_paths(self) -> frozenset[RepoPath]:
        """Return the paths whose content somebody read."""
        with self._checked():
            rows = self._rows(
                "SELECT DISTINCT path FROM reads WHERE kind = ?", ReadKind.CONTENT.value
            )
            return frozenset(RepoPath(from_column(path)) for (path,) in rows)

    def missing_imports(self) -> Mapping[str, BitMap]:
        """Return the owners per module name that was looked for in vain."""
        with self._checked():
            return {
                name: bits(owners)
                for name, owners in self._rows("SELECT name, owners FROM missing_import")
            }

    def fixture_users(self, name: str) -> BitMap:
        """Return the recordings that request a fixture."""
        return self._set("SELECT recordings FROM fixture WHERE name = ?", name)

    def distribution_users(self, name: str) -> BitMap:
        """Return the recordings that depend on a distribution."""
        return self._set("SELECT recordings FROM distribution WHERE name = ?", name)

    # -- references -------------------------------------------------------------------

    def references(self, name: str) -> tuple[tuple[str, Blob, BitMap], ...]:
        """Return (root, blob, units) of all references to a name."""
        with self._checked():
            return tuple(
                (root, Blob(blob), bits(units))
                for root, blob, units in self._rows(
                    "SELECT root, blob, units FROM refers WHERE name = ?", name
                )
            )

    @cached_property
    def computed_references(self) -> tuple[tuple[str, str, Blob, BitMap], ...]:
        """(name, root, blob, units) of all references by names that are not known."""
        after = ANY_NAME[:-1] + chr(ord(ANY_NAME[-1]) + 1)
        with self._checked():
            return tuple(
                (str(name), str(root), Blob(blob), bits(units))
                for name, root, blob, units in self._rows(
                    "SELECT name, root, blob, units FROM refers WHERE name >= ? AND name < ?",
                    ANY_NAME,
                    after,
                )
            )

    @cached_property
    def unread_blobs(self) -> frozenset[Blob]:
        """Executed contents whose references are not known."""
        with self._checked():
            return frozenset(
                Blob(blob)
                for (blob,) in self._rows(
                    "SELECT DISTINCT blob FROM file JOIN trace ON trace.file = file.id"
                    " WHERE blob NOT IN (SELECT blob FROM refers_done)"
                )
            )

    def names_by_blob(self) -> Mapping[Blob, Mapping[tuple[str, str], BitMap]]:
        """Return, per content whose references are known, the units per name and root."""
        found: dict[Blob, dict[tuple[str, str], BitMap]] = {blob: {} for blob in self.read_blobs()}
        with self._checked():
            for name, root, blob, units in self._rows("SELECT name, root, blob, units FROM refers"):
                found.setdefault(Blob(blob), {})[name, root] = bits(units)
        return found

    def read_blobs(self) -> frozenset[Blob]:
        """Return the contents whose references are known."""
        with self._checked():
            return frozenset(Blob(blob) for (blob,) in self._rows("SELECT blob FROM refers_done"))

    def classes_named(self, name: str) -> tuple[tuple[Blob, str, tuple[str, ...]], ...]:
        """Return (blob, qualname, bases) of the classes of a simple name."""
        with self._checked():
            return tuple(
                (Blob(blob), str(qualname), tuple(json.loads(bases)))
                for blob, qualname, bases in self._rows(
                    "SELECT blob, qualname, bases FROM class WHERE name = ?", name
                )
            )

    def classes(self) -> tuple[tuple[Blob, str, tuple[str, ...]], ...]:
        """Return (blob, qualname, bases) of all classes."""
        with self._checked():
            return tuple(
                (Blob(blob), str(qualname), tuple(json.loads(bases)))
                for blob, qualname, bases in self._rows("SELECT blob, qualname, bases FROM class")
            )

    # -- rows -------------------------------------------------------------------------

    def _set(self, query: str, *arguments: object) -> BitMap:
        with self._checked():
            row = self._one(query, *arguments)
            return BitMap() if row is None else bits(row[0])

    def _rows(self, query: str, *arguments: object) -> Iterator[tuple[Any, ...]]:
        return self._connection.execute(query, arguments)

    def _one(self, query: str, *arguments: object) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connection.execute(query, arguments).fetchone()
        return row

    @contextmanager
    def _checked(self) -> Iterator[None]:
        try:
            yield
        except (
            sqlite3.Error,
            ValueError,
            TypeError,
            LookupError,
            ArithmeticError,
            AttributeError,
            RecursionError,
            zlib.error,
        ) as error:
            raise MapUnreadable(self.path, f"its content makes no sense: {error}") from error
