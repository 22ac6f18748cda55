"""Adding a recording to the map, so that the old map is whole until the new one is."""

import fcntl
import glob
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyroaring import BitMap

from impact_select.adapters.map_schema import (
    bits,
    check_schema,
    check_seal,
    create,
    pack_outline,
    seal,
    to_column,
)
from impact_select.adapters.snapshot_facts import facts_to_json
from impact_select.errors import ImpactError, MapBusy, MapNotWritten, MapSchema, MapUnreadable
from impact_select.mapping.assemble import Evidence
from impact_select.model.ids import Blob, RepoPath
from impact_select.model.impact_map import ModuleNames, SnapshotFacts
from impact_select.model.reference import Reference
from impact_select.model.source import Outline, plain_name
from impact_select.model.tree import TreeFile

_LOCK_WAIT_S: Final = 60.0  # chosen: saving takes seconds at most
_LOCK_STEP_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Addition:
    """One recording session, ready to be kept.

    Attributes:
        facts: Its circumstances.
        evidence: What it proves.
        files: Every file of the repository, and every other file that was executed or
            read, as it was.
        modules: How each executed file was imported.
        outlines: Of executed files, by blob; a file that does not parse has none.
        references: By blob; None for a blob that could not be read.
    """

    facts: SnapshotFacts
    evidence: Evidence
    files: Mapping[RepoPath, TreeFile]
    modules: Mapping[RepoPath, ModuleNames]
    outlines: Mapping[Blob, Outline]
    references: Mapping[Blob, frozenset[Reference] | None]


def save(path: Path, addition: Addition, *, keep: int, tool: str) -> str | None:
    """Add a recording session to the map at a path, making it if need be.

    Args:
        path: The map's file; its folder is made, with a .gitignore.
        addition: What to add.
        keep: How many recordings of a test to keep, at least 1.
        tool: The writing tool's version.

    Returns:
        What was done with an unusable old map, None where there was none.

    Raises:
        MapBusy: Another process holds the lock for too long.
        MapNotWritten: The disk is full or refuses. The old map is as it was.
        MapUnreadable: The old map is sealed, and makes no sense all the same.
    """
    note = None
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        _make_folder(path.parent)
        with _lock(path):
            for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
                left.unlink()  # of a run that was killed: nobody else has the lock
            usable, note = _usable(path)
            if usable:
                shutil.copyfile(path, temporary)
            _write(temporary, addition, keep=keep, tool=tool, fresh=not usable)
            seal(temporary)
            _sync(temporary)
            os.replace(temporary, path)  # noqa: PTH105 - says what it does
    except (OSError, sqlite3.Error) as error:
        raise MapNotWritten(path, getattr(error, "strerror", None) or str(error)) from error
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise MapUnreadable(path, f"its content makes no sense: {error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink()
    return note


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    # The map is a build product: shared through caches, never through commits.
    (folder / ".gitignore").write_text("*\n")


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.with_name(f"{path.name}.lock").open("w") as stream:
        end = time.monotonic() + _LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise MapBusy(path) from None
                time.sleep(_LOCK_STEP_S)
        yield


def _usable(path: Path) -> tuple[bool, str | None]:
    """Tell whether the old map can be added to; set it aside when it cannot."""
    if not path.exists():
        return False, None
    if path.is_dir():
        raise MapNotWritten(path, "it is a directory")
    try:
        check_seal(path)
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            check_schema(connection, path)
    except (MapUnreadable, MapSchema, sqlite3.Error) as error:
        suffix = f"{error.found}" if isinstance(error, MapSchema) else "damaged"
        aside = path.with_name(f"{path.name}.{suffix}")
        os.replace(path, aside)  # noqa: PTH105
        reason = error.message() if isinstance(error, ImpactError) else str(error)
        return False, f"the old map is kept as {aside.name}: {reason}"
    return True, None


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _write(path: Path, addition: Addition, *, keep: int, tool: str, fresh: bool) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = MEMORY")
        connection.execute("PRAGMA synchronous = OFF")  # the file is synced as a whole
        if fresh:
            create(connection, tool)
        with connection:
            numbers = _Numbers(connection)
            dead = _superseded(connection, addition)
            _add(connection, addition, numbers)
            dead |= _beyond(connection, keep, dead)
            if dead:
                _forget(connection, dead)
        if _share_free(connection) > 0.25:  # chosen; a vacuum rewrites the file
            connection.execute("VACUUM")


class _Numbers:
    """The next free ids."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.owners = _next_id(connection, "owner")
        self.recordings = _next_id(connection, "recording")
        self.snapshot = _next_id(connection, "snapshot")


def _next_id(connection: sqlite3.Connection, table: str) -> int:
    row = connection.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()  # noqa: S608
    return int(row[0])


def _shifted(numbers: BitMap, base: int) -> bytes:
    return numbers.shift(base).serialize()


def _add(connection: sqlite3.Connection, addition: Addition, numbers: _Numbers) -> None:
    evidence = addition.evidence
    file_ids = _add_files(connection, addition)
    _add_sources(connection, addition)
    count = len(evidence.tests)
    first = numbers.recordings
    everything = BitMap(range(first, first + count))
    connection.execute(
        "INSERT INTO snapshot VALUES (?, ?, ?, ?)",
        (
            numbers.snapshot,
            json.dumps(facts_to_json(addition.facts)),
            BitMap(file_ids.values()).serialize(),
            everything.serialize(),
        ),
    )
    connection.executemany(
        "INSERT OR REPLACE INTO module VALUES (?, ?, ?, ?)",
        [
            (
                file_ids[path],
                json.dumps(sorted(names.names)),
                names.handed_out,
                json.dumps(sorted(names.foreign)),
            )
            for path, names in addition.modules.items()
            if path in file_ids
        ],
    )
    connection.executemany(
        "INSERT INTO owner VALUES (?, ?, ?, ?)",
        [
            (
                numbers.owners + index,
                key.kind.value,
                to_column(key.name),
                _shifted(dependents, first),
            )
            for index, (key, dependents) in enumerate(
                zip(evidence.owners, evidence.dependents, strict=True)
            )
        ],
    )
    connection.executemany(
        "INSERT INTO trace VALUES (?, ?, ?)",
        [
            (file_ids[path], units, _shifted(owners, numbers.owners))
            for path, variants in evidence.traces.items()
            if path in file_ids
            for units, owners in variants.items()
        ],
    )
    _add_tests(connection, addition, first)
    reads = [
        ((to_column(read.path), read.kind.value), owners) for read, owners in evidence.reads.items()
    ]
    _merge(connection, "reads", "path, kind", "owners", reads, numbers.owners)
    missing = [((name,), owners) for name, owners in evidence.missing_imports.items()]
    _merge(connection, "missing_import", "name", "owners", missing, numbers.owners)
    for table, sets in (("fixture", evidence.fixtures), ("distribution", evidence.distributions)):
        rows = [((name,), tests) for name, tests in sets.items()]
        _merge(connection, table, "name", "recordings", rows, first)


def _add_files(connection: sqlite3.Connection, addition: Addition) -> dict[RepoPath, int]:
    connection.executemany(
        "INSERT OR IGNORE INTO file (path, blob, mode) VALUES (?, ?, ?)",
        [(to_column(file.path), file.blob, file.mode) for file in addition.files.values()],
    )
    known = {
        (path, blob, mode): number
        for number, path, blob, mode in connection.execute("SELECT id, path, blob, mode FROM file")
    }
    return {
        path: known[to_column(file.path), file.blob, file.mode]
        for path, file in addition.files.items()
    }


def _add_sources(connection: sqlite3.Connection, addition: Addition) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO outline VALUES (?, ?)",
        [(blob, pack_outline(outline)) for blob, outline in addition.outlines.items()],
    )
    connection.executemany(
        "INSERT OR IGNORE INTO class VALUES (?, ?, ?, ?)",
        [
            (
                plain_name(facts.qualname).rpartition(".")[2],
                blob,
                facts.qualname,
                json.dumps(facts.bases),
            )
            for blob, outline in addition.outlines.items()
            for facts in outline.classes
        ],
    )
    done = {blob for (blob,) in connection.execute("SELECT blob FROM refers_done")}
    for blob, references in addition.references.items():
        if references is None or blob in done:
            continue
        units: dict[tuple[str, str], BitMap] = {}
        for reference in references:
            units.setdefault((reference.name, reference.root), BitMap()).add(reference.unit)
        connection.executemany(
            "INSERT OR REPLACE INTO refers VALUES (?, ?, ?, ?)",
            [(name, root, blob, found.serialize()) for (name, root), found in units.items()],
        )
        connection.execute("INSERT INTO refers_done VALUES (?)", (blob,))


def _add_tests(connection: sqlite3.Connection, addition: Addition, first: int) -> None:
    tests = addition.evidence.tests
    connection.executemany(
        "INSERT OR IGNORE INTO test (nodeid) VALUES (?)", [(to_column(test),) for test, _ in tests]
    )
    ids = dict(connection.execute("SELECT nodeid, id FROM test"))
    connection.executemany(
        "INSERT INTO recording VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                first + index,
                ids[to_column(test)],
                record.outcome.value,
                record.duration_s,
                to_column(record.path),
                record.function,
                record.reads_docs,
                addition.facts.recorded_at,
            )
            for index, (test, record) in enumerate(tests)
        ],
    )


def _merge(
    connection: sqlite3.Connection,
    table: str,
    columns: str,
    column: str,
    rows: Iterable[tuple[tuple[str, ...], BitMap]],
    base: int,
) -> None:
    """Add sets to those that rows of a table hold already."""
    names = columns.split(", ")
    where = " AND ".join(f"{name} = ?" for name in names)
    marks = ", ".join("?" for _ in (*names, column))
    for key, numbers in rows:
        total = numbers.shift(base)
        found = connection.execute(
            f"SELECT {column} FROM {table} WHERE {where}",  # noqa: S608 - our own names
            key,
        ).fetchone()
        if found is not None:
            total |= bits(found[0])
        connection.execute(
            f"INSERT OR REPLACE INTO {table} ({columns}, {column}) VALUES ({marks})",  # noqa: S608
            (*key, total.serialize()),
        )


def _superseded(connection: sqlite3.Connection, addition: Addition) -> BitMap:
    """Return the recordings made in this very state before, of the tests that ran again."""
    ids = {
        (path, blob, mode): number
        for number, path, blob, mode in connection.execute("SELECT id, path, blob, mode FROM file")
    }
    manifest = BitMap()
    for file in addition.files.values():
        number = ids.get((to_column(file.path), file.blob, file.mode))
        if number is None:
            return BitMap()
        manifest.add(number)
    same = BitMap()
    environment = facts_to_json(addition.facts)["environment"]
    for facts, stored, recordings in connection.execute(
        "SELECT facts, manifest, recordings FROM snapshot"
    ):
        if bits(stored) == manifest and json.loads(facts)["environment"] == environment:
            same |= bits(recordings)
    if not same:
        return same
    again = {to_column(test) for test, _ in addition.evidence.tests}
    return BitMap(
        [
            number
            for number, test in connection.execute(
                "SELECT recording.id, nodeid FROM recording JOIN test ON test.id = test"
            )
            if number in same and test in again
        ]
    )


def _beyond(connection: sqlite3.Connection, keep: int, gone: BitMap) -> BitMap:
    """Return the recordings of a test that come after its newest `keep`, of those not gone."""
    counts: dict[int, int] = {}
    dead = BitMap()
    for number, test in connection.execute(
        "SELECT id, test FROM recording ORDER BY at DESC, id DESC"
    ):
        if number in gone:
            continue
        counts[test] = counts.get(test, 0) + 1
        if counts[test] > keep:
            dead.add(number)
    return dead


def _forget(connection: sqlite3.Connection, dead: BitMap) -> None:
    """Take recordings out of all sets, and drop what nothing depends on any more."""
    _subtract(connection, "snapshot", "id", "recordings", dead)
    dead_owners = _subtract(connection, "owner", "id", "recordings", dead)
    _subtract(connection, "fixture", "name", "recordings", dead)
    _subtract(connection, "distribution", "name", "recordings", dead)
    connection.executemany("DELETE FROM recording WHERE id = ?", [(number,) for number in dead])
    connection.execute("DELETE FROM test WHERE id NOT IN (SELECT test FROM recording)")
    owners = BitMap([number for number in dead_owners if isinstance(number, int)])
    if owners:
        _subtract(connection, "trace", "rowid", "owners", owners)
        _subtract(connection, "reads", "path || char(0) || kind", "owners", owners)
        _subtract(connection, "missing_import", "name", "owners", owners)
    used = BitMap()
    for (manifest,) in connection.execute("SELECT manifest FROM snapshot"):
        used |= bits(manifest)
    gone = [
        (number,) for (number,) in connection.execute("SELECT id FROM file") if number not in used
    ]
    connection.executemany("DELETE FROM file WHERE id = ?", gone)
    connection.execute("DELETE FROM trace WHERE file NOT IN (SELECT id FROM file)")
    connection.execute("DELETE FROM module WHERE file NOT IN (SELECT id FROM file)")
    for table in ("outline", "refers", "refers_done", "class"):
        connection.execute(f"DELETE FROM {table} WHERE blob NOT IN (SELECT blob FROM file)")  # noqa: S608


def _subtract(
    connection: sqlite3.Connection, table: str, key: str, column: str, dead: BitMap
) -> list[object]:
    """Take numbers out of a column of sets; delete rows left empty and return their keys."""
    changed: list[tuple[bytes, object]] = []
    empty: list[object] = []
    for identity, body in connection.execute(f"SELECT {key}, {column} FROM {table}"):  # noqa: S608
        found = bits(body)
        if not found.intersect(dead):
            continue
        left = found - dead
        if left:
            changed.append((left.serialize(), identity))
        else:
            empty.append(identity)
    connection.executemany(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", changed)  # noqa: S608
    connection.executemany(
        f"DELETE FROM {table} WHERE {key} = ?",  # noqa: S608
        [(identity,) for identity in empty],
    )
    return empty


def _share_free(connection: sqlite3.Connection) -> float:
    free = int(connection.execute("PRAGMA freelist_count").fetchone()[0])
    total = int(connection.execute("PRAGMA page_count").fetchone()[0])
    return free / max(total, 1)
