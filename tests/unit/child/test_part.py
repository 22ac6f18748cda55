"""What a process writes is there whatever becomes of it."""

import itertools
import sys
import threading
from pathlib import Path

import pytest

from impact_select.child.part import CODE_SHIFT, Part
from impact_select.recording.parts import Part as Found
from impact_select.recording.parts import read_parts


def read(folder: Path, ticket: str = "1") -> Found:
    """Read what is written so far."""
    return read_parts(folder)[ticket]


def test_lines_in_contexts(tmp_path: Path) -> None:
    """A line is stored with its code object and whose turn it was, in as many files as it takes."""
    part = Part(str(tmp_path / "1"))
    code = part.next_code()
    for line in range(1, 10_000):
        part.hit(code | line)
    part.attribute(3)
    part.hit(code | 5)

    assert read(tmp_path).lines == {code | n for n in range(1, 10_000)} | {3 << 48 | code | 5}
    assert code == 1 << CODE_SHIFT


def test_notes(tmp_path: Path) -> None:
    """Notes of any length arrive, and whoever wrote them has begun."""
    part = Part(str(tmp_path / "1.2"))
    texts = ["short", "x" * 100_000, "\udcff", *map(str, range(5000))]
    for text in texts:
        part.note("kind", text)

    assert not read(tmp_path, "1.2").is_whole
    part.note("began", 7, ["-c", "pass"])
    found = read(tmp_path, "1.2")
    assert found.is_whole
    assert (found.pid, found.words) == (7, ("-c", "pass"))
    assert sorted(text for (text,) in found.of("kind")) == sorted(texts)


def test_notes_of_several_threads(tmp_path: Path) -> None:
    """None waits for another one, and none is lost."""
    part = Part(str(tmp_path / "1"))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [
            threading.Thread(
                target=lambda base=base: [part.note("n", base + n) for n in range(500)]
            )
            for base in range(0, 2000, 500)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)

    assert sorted(itertools.chain(*read(tmp_path).of("n"))) == list(range(2000))


def test_a_note_that_was_cut_off(tmp_path: Path) -> None:
    """The last one of a process that was killed over it is left out."""
    part = Part(str(tmp_path / "1"))
    part.note("kind", "one")
    part.note("kind", "two")
    (path,) = tmp_path.glob("*.notes")
    path.write_bytes(path.read_bytes().rstrip(b"\0")[:-1])

    assert list(read(tmp_path).of("kind")) == [("one",)]


def test_what_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a note or a file cannot be written, the program goes on, and the part is broken."""
    part = Part(str(tmp_path / "1"))
    part.note("began", 7, [])
    part.note("kind", object())
    assert not read(tmp_path).is_whole

    other = Part(str(tmp_path / "2"))
    other.note("began", 7, [])
    monkeypatch.setattr(other, "_stem", str(tmp_path / "absent/2"))
    for line in range(10_000):
        other.hit(1 << CODE_SHIFT | line)
    assert not read(tmp_path, "2").is_whole
