"""Laws of the map's file."""

import sysconfig
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.selection.shop import SESSION

from impact_select.adapters.map_schema import check_seal, pack_outline, unpack_outline
from impact_select.adapters.map_writer import save
from impact_select.errors import MapUnreadable
from impact_select.outline.parse import parse_outline

LIBRARY = Path(sysconfig.get_path("stdlib"))
MODULES = (
    *("abc", "argparse", "ast", "asyncio/tasks", "collections/__init__", "contextlib", "copy"),
    *("csv", "dataclasses", "datetime", "decimal", "enum", "functools", "inspect", "ipaddress"),
    *("json/decoder", "keyword", "pathlib", "pickle", "random", "shutil", "string", "types"),
)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Give the content of a map's file."""
    path = tmp_path_factory.mktemp("sealed") / "map.sqlite"
    save(path, SESSION.addition(), keep=2, tool="test")
    return path.read_bytes()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_byte_that_flipped(sealed: bytes, tmp_path: Path, data: st.DataObject) -> None:
    """A map in which any one byte is another one is refused."""
    offset = data.draw(st.integers(0, 100) | st.integers(0, len(sealed) - 1))
    content = bytearray(sealed)
    content[offset] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "map.sqlite"
    path.write_bytes(content)

    with pytest.raises(MapUnreadable):
        check_seal(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_map_that_lost_its_end(sealed: bytes, tmp_path: Path, data: st.DataObject) -> None:
    """A map of which any part at the end is missing is refused."""
    path = tmp_path / "map.sqlite"
    path.write_bytes(sealed[: data.draw(st.integers(0, len(sealed) - 1))])

    with pytest.raises(MapUnreadable):
        check_seal(path)


def test_the_map_as_it_was_sealed(sealed: bytes, tmp_path: Path) -> None:
    """The same bytes elsewhere are accepted."""
    path = tmp_path / "map.sqlite"
    path.write_bytes(sealed)

    check_seal(path)


@pytest.mark.parametrize("name", MODULES)
def test_outlines_of_real_files(name: str) -> None:
    """An outline of real code is unpacked as it was packed, and its keys are unique."""
    path = LIBRARY / f"{name}.py"
    if not path.exists():
        path = LIBRARY / name / "__init__.py"
    found = parse_outline(path.read_bytes())

    assert unpack_outline(pack_outline(found)) == found
    assert len({unit.key for unit in found.units}) == len(found.units)
