"""Names in files that are no Python source."""

import pytest
from tests.unit.fakes import Session, store

from impact_select.graph import data_names
from impact_select.graph.data_names import DataNames
from impact_select.model.ids import RepoPath
from impact_select.model.recorded import Read, ReadKind

TEST = "test_a.py::test_a"
FILES = {
    "page.html": "<p>{{ item.label }} \xff “title” größe of shop.goods</p>".encode() + b" \xff",
    "settings.ini": b"made = shop.goods:Paper",
    "listed": b"label",
    "code.py": b"label",
}


def names() -> DataNames:
    reads = [Read(RepoPath(path), ReadKind.CONTENT) for path in (*FILES, "gone.txt")]
    reads.remove(Read(RepoPath("listed"), ReadKind.CONTENT))
    reads.append(Read(RepoPath("listed"), ReadKind.LISTING))
    session = Session({"test_a.py": "def test_a(): pass\n"}, {TEST: []}, reads={TEST: reads})
    return DataNames(store(session), FILES.get)


@pytest.mark.parametrize("large", [1 << 23, 0])
def test_words_of_files_that_were_read(large: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_names, "_LARGE", large)
    found = names()

    assert set(found.naming("label")) == {"page.html"}
    assert set(found.naming("goods")) == {"page.html", "settings.ini"}
    assert set(found.naming("title")) == {"page.html"}
    assert set(found.naming("größe")) == {"page.html"}
    assert set(found.naming("missing")) == set()
    assert set(found.naming_in(["shop.goods"], "Paper")) == {"settings.ini"}
    assert set(found.naming_in(["shop.tools"], "Paper")) == set()
