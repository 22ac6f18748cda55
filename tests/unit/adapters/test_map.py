"""The map's file: what is written is read, and nothing else is believed."""

import json
import sqlite3
import zlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyroaring import BitMap
from tests.unit.fakes import HERE, MemoryStore, Session, edited, store

from impact_select.adapters import map_schema
from impact_select.adapters.map_reader import ImpactMap
from impact_select.adapters.map_schema import (
    SCHEMA,
    bits,
    check_seal,
    pack,
    pack_outline,
    seal,
    text_map,
    unpack,
    unpack_outline,
)
from impact_select.adapters.map_writer import Addition, save
from impact_select.errors import MapNotWritten, MapSchema, MapUnreadable, NoMap
from impact_select.model.ids import RepoPath
from impact_select.model.recorded import OPAQUE_READ, Read, ReadKind
from impact_select.outline.parse import parse_outline

FILES = {
    "app.py": "import lib\nX = 1\nclass C(Base):\n    y = X\ndef f():\n    return X\n",
    "odd.py": "def (",
    "data.json": "{}",
    "test_app.py": "import app\ndef test_a(): app.f()\ndef test_b(x): pass\n",
}
A, B1, B2 = "test_app.py::test_a", "test_app.py::test_b[1]", "test_app.py::test_b[2]"
DATA = Read(RepoPath("data.json"), ReadKind.CONTENT)
SESSION = Session(
    FILES,
    {A: ["app.py::f"], B1: [], B2: ["app.py::f"]},
    shared={"db": (["app.py::f"], [B1])},
    requests={B1: ("db",), B2: ("db", "tmp")},
    reads={A: [DATA, OPAQUE_READ]},
    missing={"app.py::f": ["fast"]},
    failed=[B1],
    foreign={"app.py": ["lib"]},
    distributions={"lib": "1"},
    requirements={"requirements.txt": {"lib": ">=1"}},
    environment=replace(HERE, variables={"TZ": "x"}),
    unread=["odd.py"],
    empty=["test_empty.py"],
    settings="s",
    at=7,
)
LATER = replace(SESSION, files=edited(FILES, {"app.py": ("X = 1", "X = 2")}), at=8)


def saved(path: Path, *sessions: Session, keep: int = 20) -> Path:
    """Save sessions, one after another."""
    for session in sessions:
        save(path, session.addition(), keep=keep, tool="test")
    return path


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    """Query a map's file."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def change(path: Path, statement: str, *values: object) -> None:
    """Change a map's file, and seal it again as nobody but the writer should."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)
    seal(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a map's file in a folder that is not there."""
    return tmp_path / "sub" / "map.sqlite"


# -- the port: the file answers like the fake --------------------------------------------------

Answers = dict[str, object]


def answers(kept: ImpactMap | MemoryStore) -> Answers:
    """Ask a store for all that it knows, by names instead of numbers."""
    tests = {number: f"{one.test} {one.at}" for number, one in kept.recordings.items()}

    def those(recordings: BitMap) -> set[str]:
        return {tests[number] for number in recordings}

    def owners(numbers: BitMap) -> set[object]:
        return {
            (kept.owner(number), frozenset(those(kept.dependents([number])))) for number in numbers
        }

    files = {number: (file.path, file.blob, file.mode) for number, file in kept.files.items()}
    names = ("X", "C", "y", "f", "lib", "app", "Base", "&X", "nothing", "*")
    reads = (DATA, OPAQUE_READ, Read(RepoPath("data.json"), ReadKind.STATUS))
    return {
        "tests": {
            (one.test, one.outcome, one.duration_s, one.path, one.function, one.reads_docs, one.at)
            for one in kept.recordings.values()
        },
        "snapshots": [
            (one.facts, {files[number] for number in one.manifest}, those(one.recordings))
            for one in kept.snapshots
        ],
        "files": set(files.values()),
        "versions": {path: {one.blob for one in found} for path, found in kept.versions.items()},
        "blobs": {blob: {one.path for one in found} for blob, found in kept.paths_by_blob.items()},
        "modules": {files[number]: names for number, names in kept.modules.items()},
        "unread": kept.unread_blobs,
        "outlines": {blob: kept.outline(blob) for blob in kept.paths_by_blob},
        "traces": {
            (files[number], frozenset(units), frozenset(owners(found)))
            for number in files
            for units, found in kept.traces(number)
        },
        "readers": {read: owners(kept.readers(read.path, [read.kind])) for read in reads},
        "missing": {name: owners(found) for name, found in kept.missing_imports().items()},
        "fixtures": {name: those(kept.fixture_users(name)) for name in ("db", "tmp", "no")},
        "distributions": {name: those(kept.distribution_users(name)) for name in ("lib", "no")},
        "references": {
            name: {(root, blob, frozenset(units)) for root, blob, units in kept.references(name)}
            for name in names
        },
        "classes": {name: set(kept.classes_named(name)) for name in ("C", "D")},
    }


@pytest.mark.parametrize("question", sorted(answers(store(SESSION))))
def test_what_is_written_is_read(path: Path, question: str) -> None:
    """The map answers every question of the port as the evidence in memory does."""
    saved(path, SESSION, LATER)

    with ImpactMap.open(path) as kept:
        assert answers(kept)[question] == answers(store(SESSION, LATER))[question]


def test_the_folder_of_a_new_map(path: Path) -> None:
    """A map's folder is made, and keeps itself out of git; one that is there is left alone."""
    saved(path, SESSION)
    other = saved(path.parent / ".." / "other.sqlite", SESSION)

    assert (path.parent / ".gitignore").read_text() == "*\n"
    assert sorted(file.name for file in path.parent.iterdir()) == [
        ".gitignore",
        "map.sqlite",
        "map.sqlite.lock",
    ]
    assert not (other.parent / ".gitignore").exists()


def test_an_odd_path(tmp_path: Path) -> None:
    """A map's path may hold what is special in addresses and patterns."""
    path = saved(tmp_path / "a b?c#d%20[e]" / "m*p.sqlite", SESSION, LATER)

    with ImpactMap.open(path) as kept:
        assert len(kept.snapshots) == 2


def test_a_file_name_that_is_no_text(path: Path) -> None:
    """A file whose name does not decode is a file like any other."""
    odd = "odd\udcff.txt"
    read = Read(RepoPath(odd), ReadKind.CONTENT)
    saved(path, replace(SESSION, files={**FILES, odd: ""}, reads={A: [read]}))

    with ImpactMap.open(path) as kept:
        assert RepoPath(odd) in kept.versions
        assert kept.readers(RepoPath(odd), [ReadKind.CONTENT])


# -- recordings that go ------------------------------------------------------------------------


def at(path: Path) -> dict[str, list[int]]:
    """Give the times of the recordings per test."""
    with ImpactMap.open(path) as kept:
        found: dict[str, list[int]] = {}
        for one in kept.recordings.values():
            found.setdefault(one.test, []).append(one.at)
        return {test: sorted(times) for test, times in found.items()}


def states(count: int) -> list[Session]:
    """Give sessions in as many states of the files."""
    return [
        replace(SESSION, files=edited(FILES, {"app.py": ("X = 1", f"X = {number}")}), at=number)
        for number in range(count)
    ]


def test_the_newest_recordings_are_kept(path: Path) -> None:
    """Of each test, as many recordings are kept as was asked for."""
    assert at(saved(path, *states(5), keep=2)) == {A: [3, 4], B1: [3, 4], B2: [3, 4]}


def test_recordings_are_counted_by_test(path: Path) -> None:
    """A test that ran less often than others keeps its older recordings."""
    first, *others = states(3)
    partial = [replace(session, ran={A: []}, shared={}, missing={}) for session in others]

    assert at(saved(path, first, *partial, keep=2)) == {A: [1, 2], B1: [0], B2: [0]}


def test_a_recording_in_the_same_state(path: Path) -> None:
    """A test that runs again in the state of a recording replaces it."""
    again = replace(SESSION, ran={A: ["app.py::f"]}, shared={}, at=9)

    assert at(saved(path, SESSION, again)) == {A: [9], B1: [7], B2: [7]}


@pytest.mark.parametrize(
    "other",
    [
        replace(SESSION, files={**FILES, "new.txt": ""}, at=9),
        replace(SESSION, files=edited(FILES, {"data.json": "[]"}), at=9),
        replace(SESSION, environment=replace(HERE, python="cpython 3.12"), at=9),
        replace(SESSION, distributions={"lib": "2"}, at=9),
    ],
)
def test_a_recording_in_another_state(path: Path, other: Session) -> None:
    """Where any file or the environment differs, both recordings are kept."""
    assert at(saved(path, SESSION, other)) == {A: [7, 9], B1: [7, 9], B2: [7, 9]}


@pytest.mark.parametrize("keep", [1, 2])
def test_nothing_dangles(path: Path, keep: int) -> None:
    """What a recording that is gone had to itself is gone, and nothing points to it."""
    moved = replace(
        SESSION,
        files=edited(FILES, {"data.json": None, "new.json": "{}"}),
        reads={A: [Read(RepoPath("new.json"), ReadKind.STATUS)]},
        requests={A: ("other",)},
        missing={"app.py::f": ["faster"]},
        at=-1,
    )
    saved(path, moved, *states(4), keep=keep)

    numbers = {table: ids(path, table) for table in ("recording", "owner", "file", "test")}
    assert len(numbers["recording"]) == 3 * keep
    assert members(path, "snapshot", "recordings") == numbers["recording"]
    assert members(path, "owner", "recordings") == numbers["recording"]
    assert members(path, "fixture", "recordings") <= numbers["recording"]
    assert members(path, "distribution", "recordings") <= numbers["recording"]
    assert members(path, "trace", "owners") == numbers["owner"]
    assert members(path, "reads", "owners") <= numbers["owner"]
    assert members(path, "missing_import", "owners") <= numbers["owner"]
    assert members(path, "snapshot", "manifest") == numbers["file"]
    assert ids(path, "trace", "file") <= numbers["file"]
    assert ids(path, "module", "file") <= numbers["file"]
    assert ids(path, "recording", "test") == numbers["test"]
    blobs = ids(path, "file", "blob")
    for table in ("outline", "refers", "refers_done", "class"):
        assert ids(path, table, "blob") <= blobs
    assert len(rows(path, "SELECT * FROM snapshot")) == keep
    assert rows(path, "SELECT name FROM fixture WHERE name = 'other'") == []
    assert rows(path, "SELECT path FROM reads WHERE path = 'new.json'") == []
    assert rows(path, "SELECT name FROM missing_import") == [("fast",)]


def ids(path: Path, table: str, column: str = "id") -> set[object]:
    """Give the values of a column."""
    return {value for (value,) in rows(path, f"SELECT {column} FROM {table}")}


def members(path: Path, table: str, column: str) -> set[object]:
    """Give the union of a column of sets, none of which is empty."""
    found = [bits(body) for (body,) in rows(path, f"SELECT {column} FROM {table}")]
    assert all(found)
    return set(BitMap.union(*found)) if found else set()


def test_the_map_stays_small(path: Path) -> None:
    """Many recordings later the map is about as large as with those that it keeps."""
    size = saved(path, *states(2), keep=2).stat().st_size
    saved(path, *states(12), keep=2)

    assert path.stat().st_size <= 1.5 * size


# -- damage ------------------------------------------------------------------------------------


def test_no_map(path: Path) -> None:
    """A map that is not there is an error of its own."""
    with pytest.raises(NoMap):
        ImpactMap.open(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"SQLite format 3\0", b"SQLite format 3\0" + b"\0" * 200, b"\0" * 5000],
)
def test_a_file_that_is_no_map(tmp_path: Path, content: bytes) -> None:
    """Any other file is refused."""
    path = tmp_path / "map.sqlite"
    path.write_bytes(content)

    with pytest.raises(MapUnreadable):
        ImpactMap.open(path)


def test_a_folder(tmp_path: Path) -> None:
    """A folder is no map, and none is made in its place."""
    with pytest.raises(MapUnreadable):
        ImpactMap.open(tmp_path)
    with pytest.raises(MapNotWritten):
        saved(tmp_path, SESSION)


def test_a_database_of_another_program(tmp_path: Path) -> None:
    """A SQLite file of somebody else is refused, and said to be one."""
    path = tmp_path / "map.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE meta (key, value)")

    with pytest.raises(MapUnreadable, match="another program"):
        ImpactMap.open(path)


@pytest.mark.parametrize("count", [1, 100, 5000])
def test_a_truncated_map(path: Path, count: int) -> None:
    """A map that lost its end is refused."""
    content = saved(path, SESSION).read_bytes()
    path.write_bytes(content[:-count])

    with pytest.raises(MapUnreadable):
        check_seal(path)


def test_a_map_of_another_schema(path: Path) -> None:
    """A map of another schema is refused with both numbers."""
    saved(path, SESSION)
    change(path, "UPDATE meta SET value = '99' WHERE key = 'schema'")

    with pytest.raises(MapSchema) as caught:
        ImpactMap.open(path)

    assert (caught.value.found, caught.value.expected) == (99, SCHEMA)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM meta",
        "UPDATE meta SET value = 'new' WHERE key = 'schema'",
        "DROP TABLE meta",
    ],
)
def test_a_map_without_a_schema(path: Path, statement: str) -> None:
    """A map that does not say what it is made of is refused."""
    saved(path, SESSION)
    change(path, statement)

    with pytest.raises(MapUnreadable):
        ImpactMap.open(path)


def test_a_damaged_map_is_set_aside(path: Path) -> None:
    """A recording does not build on a map that it cannot trust, and keeps it beside its own."""
    content = saved(path, SESSION).read_bytes()
    path.write_bytes(content[:-1])

    note = save(path, LATER.addition(), keep=2, tool="test")

    assert note is not None
    assert "map.sqlite.damaged" in note
    assert path.with_name("map.sqlite.damaged").read_bytes() == content[:-1]
    assert at(path) == {A: [8], B1: [8], B2: [8]}


def test_a_map_of_another_schema_is_set_aside(path: Path) -> None:
    """The name of what is set aside says which schema it has."""
    saved(path, SESSION)
    change(path, "UPDATE meta SET value = '99' WHERE key = 'schema'")

    note = save(path, LATER.addition(), keep=2, tool="test")

    assert note is not None
    assert path.with_name("map.sqlite.99").exists()
    assert at(path) == {A: [8], B1: [8], B2: [8]}


DEEP = zlib.compress(b"[" * 100_000 + b"]" * 100_000)
HUGE = zlib.compress(b'[[], [["f", Infinity, [], null, false, [], []]], [], [], []]')


@pytest.mark.parametrize(
    ("statement", "value", "question"),
    [
        ("UPDATE outline SET body = ?", b"", "outlines"),
        ("UPDATE outline SET body = ?", b"no", "outlines"),
        ("UPDATE outline SET body = ?", None, "outlines"),
        ("UPDATE outline SET body = ?", pack([]), "outlines"),
        ("UPDATE outline SET body = ?", pack([[1], [], [], [], []]), "outlines"),
        ("UPDATE outline SET body = ?", DEEP, "outlines"),
        ("UPDATE outline SET body = ?", HUGE, "outlines"),
        ("UPDATE trace SET units = ?", b"no", "traces"),
        ("UPDATE trace SET owners = ?", 3, "traces"),
        ("UPDATE owner SET recordings = ?", b"\x3a", "traces"),
        ("UPDATE snapshot SET facts = ?", "{}", "snapshots"),
        ("UPDATE snapshot SET facts = ?", "[", "snapshots"),
        ("UPDATE snapshot SET facts = ?", "[" * 100_000, "snapshots"),
        ("UPDATE snapshot SET facts = ?", '{"environment": 3}', "snapshots"),
        ("UPDATE snapshot SET manifest = ?", "text", "snapshots"),
        ("UPDATE recording SET outcome = ?", "lost", "tests"),
        ("UPDATE recording SET duration_s = ?", "long", "tests"),
        ("UPDATE recording SET at = ?", float("inf"), "tests"),
        ("UPDATE module SET names = ?", "no", "modules"),
        ("UPDATE module SET names = ?", "3", "modules"),
        ("UPDATE class SET bases = ?", "no", "classes"),
        ("UPDATE refers SET units = ?", b"no", "references"),
        ("UPDATE reads SET owners = ?", b"no", "readers"),
        ("UPDATE missing_import SET owners = ?", b"no", "missing"),
        ("UPDATE fixture SET recordings = ?", b"no", "fixtures"),
        ("UPDATE distribution SET recordings = ?", b"no", "distributions"),
    ],
)
def test_a_forged_map(path: Path, statement: str, value: object, question: str) -> None:
    """A map that is sealed and makes no sense gives one error, whatever is asked of it."""
    saved(path, SESSION)
    if value is None:
        statement, value = statement.replace("?", "length(?)"), ""
    change(path, statement, value)

    with ImpactMap.open(path) as kept, pytest.raises(MapUnreadable):
        answers(kept)[question]


# -- values ------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [[], {}, "é", [1, 2.5, None, True, {"a": ["b"]}]])
def test_packed_values(value: object) -> None:
    """What is packed is unpacked."""
    assert unpack(pack(value)) == value


@pytest.mark.parametrize("body", [b"", b"no", pack([1])[:-6], zlib.compress(b"no"), DEEP])
def test_malformed_packed_values(body: bytes) -> None:
    """Anything else is refused as a value or by zlib."""
    with pytest.raises((ValueError, zlib.error)):
        unpack(body)


def test_a_packed_value_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value is unpacked up to a limit, so that a small map cannot fill the memory."""
    monkeypatch.setattr(map_schema, "_LARGEST_TEXT", 100)

    assert len(unpack(pack("x" * 98))) == 98
    with pytest.raises(ValueError, match="larger"):
        unpack(pack("x" * 99))


@pytest.mark.parametrize("body", [b"", b"no", b"\x3a\x30\0\0\xff\xff\xff\xff", None, 3, "text"])
def test_malformed_sets(body: Any) -> None:
    """A set that cannot be read is a ValueError."""
    with pytest.raises(ValueError, match="malformed"):
        bits(body)


@pytest.mark.parametrize("value", [[], 3, None, {"a": 3}, {"a": None}])
def test_malformed_mappings(value: object) -> None:
    """A mapping from texts to texts is that alone."""
    with pytest.raises(TypeError):
        text_map(value)


def test_outlines_are_stored_whole() -> None:
    """An outline that is unpacked is equal to the one that was packed."""
    source = b"""
'''Doc.'''
from a.b import c as d
import e
@pytest.fixture(autouse=True)
def f(x, *, y: int = 1) -> None:
    global z
    z = x
@g
class H(I, metaclass=J):
    k: int = 1
    def l(self):
        self.m = self.m or 1
"""
    outline = parse_outline(source)

    assert unpack_outline(pack_outline(outline)) == outline


def test_a_text_that_is_none(path: Path) -> None:
    """A surrogate in a source is kept."""
    outline = parse_outline(rb"x = '\ud800'; '\udfff'.y = 1")

    assert unpack_outline(pack_outline(outline)) == outline


@pytest.mark.parametrize(
    "value",
    [
        3,
        [],
        [[], [], [], []],
        [[["nothing", "", [], "", "", True, []]], [], [], [], []],
        [[["block", 3, [], "", "", True, []]], [], [], [], []],
        [[["block", "", [3], "", "", True, []]], [], [], [], []],
        [[["block", "", "names", "", 3, True, []]], [], [], [], []],
        [[], [["f", "one", [], None, False, [], []]], [], [], []],
        [[], [], [["C", 1, [], 3, []]], [], []],
        [[], [], [], [[1, 2]], []],
        [[], [], [], [["a", 2, 3]], []],
        [[], [], [], [], [[1, 2, 3, 4, 5]]],
    ],
)
def test_malformed_outlines(value: object) -> None:
    """An outline is checked part by part."""
    with pytest.raises((ValueError, TypeError)):
        unpack_outline(pack(value))


def test_an_addition_is_not_changed(path: Path) -> None:
    """Saving takes nothing from what is saved, and adds nothing to it."""
    addition: Addition = SESSION.addition()
    before = json.dumps(sorted(map(str, addition.evidence.dependents)))
    save(path, addition, keep=2, tool="test")
    save(path, addition, keep=2, tool="test")

    assert json.dumps(sorted(map(str, addition.evidence.dependents))) == before
    assert addition == SESSION.addition()
