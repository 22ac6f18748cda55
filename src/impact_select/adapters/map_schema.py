"""The map's file: tables, version, and the seal that shows damage.

One SQLite file. It travels between machines through caches, so a reader trusts nothing in
it: the seal is checked first, then types and sizes; there is no pickle.

The seal is the CRC-32 of the whole file, kept in SQLite's `user_version` field (bytes 60
to 63 of the header, big-endian), which counts as zero while the sum is made. It guards
against truncation and decay, not against forgery.

Source of the header's layout: SQLite, "Database File Format", section 1.3.
"""

import json
import re
import sqlite3
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pyroaring import BitMap

from impact_select.errors import MapSchema, MapUnreadable, NoMap
from impact_select.model.ids import Fingerprint
from impact_select.model.source import (
    ClassFacts,
    Fill,
    FunctionFacts,
    Handing,
    Holder,
    ImportFact,
    LineUnit,
    Outline,
    Reuse,
    Unit,
    UnitKind,
)

SCHEMA: Final = 11
"""Version of the tables; a map of another version is set aside, never converted."""

_APPLICATION_ID: Final = 0x696D7063  # "impc": tells our files from other SQLite files
_SEAL_AT: Final = 60
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_STORED_SURROGATE: Final = re.compile("\0(d[89a-f][0-9a-f]{2})")
_LARGEST_TEXT: Final = 256 * 1024 * 1024  # bytes after decompression; chosen, a safety net

TABLES: Final = """
-- Facts about the map itself: schema, tool.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- One recording session: its circumstances, all files of the repository as they were
-- (a set of file.id), and the recordings made in it (a set of recording.id).
CREATE TABLE snapshot (
    id INTEGER PRIMARY KEY, facts TEXT NOT NULL, manifest BLOB NOT NULL,
    recordings BLOB NOT NULL);

-- A version of a file: git's blob id and mode.
CREATE TABLE file (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL, blob TEXT NOT NULL, mode TEXT NOT NULL,
    UNIQUE (path, blob, mode));

-- The outline of a blob, compressed JSON; without a row there is none.
CREATE TABLE outline (blob TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;

-- How an executed file was imported, and the top-level modules from elsewhere that it imports.
CREATE TABLE module (
    file INTEGER PRIMARY KEY, names TEXT NOT NULL, handed_out INTEGER NOT NULL,
    foreign_names TEXT NOT NULL);

-- What a blob's units refer to (sets of unit indices), see graph.references. A blob
-- with no row in refers_done was never read: anything in it may refer to anything.
CREATE TABLE refers (
    name TEXT NOT NULL, root TEXT NOT NULL, blob TEXT NOT NULL, units BLOB NOT NULL,
    PRIMARY KEY (name, root, blob)) WITHOUT ROWID;
CREATE TABLE refers_done (blob TEXT PRIMARY KEY) WITHOUT ROWID;

-- Classes of a blob, for looking up hierarchies by name.
CREATE TABLE class (
    name TEXT NOT NULL, blob TEXT NOT NULL, qualname TEXT NOT NULL, bases TEXT NOT NULL,
    PRIMARY KEY (name, blob, qualname)) WITHOUT ROWID;

-- An owner of one session, and the recordings that depend on it.
CREATE TABLE owner (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,
    recordings BLOB NOT NULL);

-- The owners (a set of owner.id) that ran exactly these units of a file.
CREATE TABLE trace (file INTEGER NOT NULL, units BLOB NOT NULL, owners BLOB NOT NULL);
CREATE INDEX trace_file ON trace (file);

-- The owners that looked at an input.
CREATE TABLE reads (
    path TEXT NOT NULL, kind TEXT NOT NULL, owners BLOB NOT NULL,
    PRIMARY KEY (path, kind)) WITHOUT ROWID;

-- The owners that looked for a module in vain.
CREATE TABLE missing_import (name TEXT PRIMARY KEY, owners BLOB NOT NULL) WITHOUT ROWID;

-- The recordings that request a fixture, or depend on a distribution.
CREATE TABLE fixture (name TEXT PRIMARY KEY, recordings BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE distribution (name TEXT PRIMARY KEY, recordings BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE test (id INTEGER PRIMARY KEY, nodeid TEXT NOT NULL UNIQUE);
CREATE TABLE recording (
    id INTEGER PRIMARY KEY, test INTEGER NOT NULL, outcome TEXT NOT NULL,
    duration_s REAL NOT NULL, path TEXT NOT NULL, function TEXT NOT NULL,
    reads_docs INTEGER NOT NULL, at INTEGER NOT NULL);
"""


def create(connection: sqlite3.Connection, tool: str) -> None:
    """Make the tables in an empty database."""
    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    connection.executescript(TABLES)
    connection.executemany(
        "INSERT INTO meta VALUES (?, ?)", [("schema", str(SCHEMA)), ("tool", tool)]
    )


def seal(path: Path) -> None:
    """Write the checksum of a finished file into it."""
    content = bytearray(path.read_bytes())
    content[_SEAL_AT : _SEAL_AT + 4] = b"\0\0\0\0"
    with path.open("r+b") as stream:
        stream.seek(_SEAL_AT)
        stream.write(zlib.crc32(content).to_bytes(4, "big"))


def check_seal(path: Path) -> None:
    """Refuse a file that is not as `seal` left it.

    Raises:
        NoMap: There is no such file.
        MapUnreadable: It is no map, or it is damaged.
    """
    try:
        content = bytearray(path.read_bytes())
    except FileNotFoundError as error:
        raise NoMap(path) from error
    except OSError as error:
        raise MapUnreadable(path, error.strerror or str(error)) from error
    if not content.startswith(b"SQLite format 3\0") or len(content) < 100:
        raise MapUnreadable(path, "it is no SQLite file")
    if int.from_bytes(content[68:72], "big") != _APPLICATION_ID:
        raise MapUnreadable(path, "it is a SQLite file of another program")
    found = int.from_bytes(content[_SEAL_AT : _SEAL_AT + 4], "big")
    content[_SEAL_AT : _SEAL_AT + 4] = b"\0\0\0\0"
    if zlib.crc32(content) != found:
        raise MapUnreadable(path, "its checksum is wrong, so it was truncated or damaged")


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a map of another schema.

    Raises:
        MapSchema: It was written by another version of the tool.
    """
    row = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    if row is None or not str(row[0]).isdecimal():
        raise MapUnreadable(path, "it does not say which schema it has")
    found = int(row[0])
    if found != SCHEMA:
        raise MapSchema(path, found, SCHEMA)


def pack(value: object) -> bytes:
    """Compress a JSON value."""
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode(), 6)


def unpack(body: bytes) -> Any:
    """Undo `pack`; ValueError or zlib.error for anything else."""
    engine = zlib.decompressobj()
    text = engine.decompress(body, _LARGEST_TEXT)
    if engine.unconsumed_tail:
        raise ValueError("a packed value is larger than any real one")
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("a packed value is nested deeper than any real one") from error


def to_column(text: str) -> str:
    """Make a text one that SQLite takes: it refuses what stands for no UTF-8 (PEP 383)."""
    if text.isascii():
        return text
    return _SURROGATE.sub(lambda found: f"\0{ord(found.group()):04x}", text)


def from_column(text: str) -> str:
    """Undo `to_column`; no path and no node id has a NUL of its own."""
    if "\0" not in text:
        return text
    return _STORED_SURROGATE.sub(lambda found: chr(int(found.group(1), 16)), text)


def bits(body: bytes) -> BitMap:
    """Read a stored set; ValueError for anything that is none."""
    try:
        return BitMap.deserialize(body)
    except (ValueError, IndexError, TypeError) as error:
        raise ValueError("a stored set is malformed") from error


def pack_outline(outline: Outline) -> bytes:
    """Store an outline."""
    return pack(
        [
            [
                [
                    u.kind.value,
                    u.symbol,
                    u.names,
                    u.key,
                    u.fingerprint,
                    u.inert,
                    u.loads,
                    u.typed,
                    u.takes,
                    u.annotates,
                    u.makes,
                ]
                for u in outline.units
            ],
            [
                [
                    f.qualname,
                    f.first_line,
                    f.decorators,
                    f.fixture,
                    f.autouse,
                    [
                        [
                            fill.name,
                            fill.line,
                            fill.reuse.value,
                            fill.holder.value,
                            fill.plain,
                            fill.sources,
                            fill.attributes,
                            fill.around,
                            fill.own,
                        ]
                        for fill in f.fills
                    ],
                    f.parameters,
                    [
                        f.handing.keeps,
                        f.handing.sets,
                        f.handing.calls,
                        f.handing.passes,
                        f.handing.returns,
                        f.handing.defers,
                        f.handing.generates,
                    ],
                    f.wraps,
                    f.bare,
                    f.keeps,
                ]
                for f in outline.functions
            ],
            [
                [c.qualname, c.first_line, c.decorators, c.bases, c.keywords, c.subscripted]
                for c in outline.classes
            ],
            [[line.first, line.last, line.unit] for line in outline.lines],
            [[i.unit, i.level, i.module, i.name, i.bound] for i in outline.imports],
        ]
    )


def unpack_outline(body: bytes) -> Outline:
    """Read an outline; ValueError, TypeError or zlib.error when it is malformed."""
    units, functions, classes, lines, imports = unpack(body)
    return Outline(
        units=tuple(
            Unit(
                UnitKind(kind),
                _text(symbol),
                _texts(names),
                _text(key),
                Fingerprint(_text(print_)),
                bool(inert),
                _texts(loads),
                bool(typed),
                _texts(takes),
                bool(annotates),
                _texts(makes),
            )
            for (
                kind,
                symbol,
                names,
                key,
                print_,
                inert,
                loads,
                typed,
                takes,
                annotates,
                makes,
            ) in units
        ),
        functions=tuple(
            FunctionFacts(
                _text(qualname),
                int(first),
                _texts(decorators),
                None if fixture is None else _text(fixture),
                bool(autouse),
                _texts(parameters),
                tuple(
                    Fill(
                        _text(name),
                        int(line),
                        Reuse(reuse),
                        Holder(holder),
                        bool(plain),
                        None if sources is None else _texts(sources),
                        _texts(attributes),
                        None if around is None else (int(around[0]), int(around[1])),
                        bool(own),
                    )
                    for name, line, reuse, holder, plain, sources, attributes, around, own in fills
                ),
                Handing(
                    _texts(keeps),
                    tuple((_text(name), _text(one)) for name, one in sets),
                    _texts(calls),
                    tuple((_text(name), _text(place), _text(one)) for name, place, one in passes),
                    _texts(returns),
                    _texts(defers),
                    bool(generates),
                ),
                bool(wraps),
                _texts(bare),
                None if kept is None else _texts(kept),
            )
            for (
                qualname,
                first,
                decorators,
                fixture,
                autouse,
                fills,
                parameters,
                (keeps, sets, calls, passes, returns, defers, generates),
                wraps,
                bare,
                kept,
            ) in functions
        ),
        classes=tuple(
            ClassFacts(
                _text(qualname),
                int(first),
                _texts(decorators),
                _texts(bases),
                _texts(words),
                _texts(subscripted),
            )
            for qualname, first, decorators, bases, words, subscripted in classes
        ),
        lines=tuple(LineUnit(int(first), int(last), int(unit)) for first, last, unit in lines),
        imports=tuple(
            ImportFact(int(unit), int(level), _text(module), _text(name), _text(bound))
            for unit, level, module, name, bound in imports
        ),
    )


def text_map(value: object) -> Mapping[str, str]:
    """Check that a JSON value maps texts to texts."""
    if not isinstance(value, dict):
        raise TypeError("a stored mapping is malformed")
    return {_text(key): _text(item) for key, item in value.items()}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a stored text is malformed")
    return value


def _texts(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(_text(value) for value in values)
