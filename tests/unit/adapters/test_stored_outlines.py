"""Outlines that a recording takes from the map."""

from pathlib import Path

import pytest
from tests.unit.fakes import Session

import impact_select
from impact_select.adapters.map_writer import save
from impact_select.adapters.stored_outlines import StoredOutlines
from impact_select.model.ids import RepoPath
from impact_select.outline.parse import parse_outline
from impact_select.recording.source_index import ProjectFolder, SourceIndex, blob_id

SOURCE = b"def f(x):\n    if x:\n        return 1\n    return 2\n"


@pytest.fixture
def map_path(tmp_path: Path) -> Path:
    """Save a map of one file, as this version of the tool does."""
    path = tmp_path / "map.sqlite"
    session = Session({"app.py": SOURCE.decode(), "test_app.py": "def test_a(): pass\n"}, {})
    save(path, session.addition(), keep=1, tool=impact_select.__version__)
    return path


def test_what_the_map_has(map_path: Path) -> None:
    """The outline of the same bytes is the one that would be made; of others there is none."""
    outlines = StoredOutlines(map_path)

    assert outlines.find(blob_id(SOURCE)) == parse_outline(SOURCE)
    assert outlines.find(blob_id(SOURCE + b"\n")) is None


def test_a_source_index_takes_it(tmp_path: Path, map_path: Path) -> None:
    """What is found is not made again."""
    (tmp_path / "app.py").write_bytes(SOURCE)
    found = StoredOutlines(map_path).find(blob_id(SOURCE))
    index = SourceIndex(ProjectFolder(tmp_path), lambda _blob: found)

    file = index.file(str(tmp_path / "app.py"))

    assert file is not None
    assert file.outline is found
    assert index.known(RepoPath("app.py")) is file


@pytest.mark.parametrize("spoil", ["missing", "damaged", "other tool", "closed"])
def test_where_nothing_can_be_taken(map_path: Path, spoil: str) -> None:
    """Without a usable map of this very version, every outline is made."""
    match spoil:
        case "missing":
            map_path.unlink()
        case "damaged":
            map_path.write_bytes(map_path.read_bytes()[:-10])
        case "other tool":
            map_path.unlink()
            session = Session({"app.py": SOURCE.decode()}, {})
            save(map_path, session.addition(), keep=1, tool="0.0.0")
    outlines = StoredOutlines(map_path)
    if spoil == "closed":
        outlines.close()

    assert outlines.find(blob_id(SOURCE)) is None
