"""Maps that cannot be used: all tests run, the reason is given, the old file is kept."""

import os
import platform
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.checkout import ALL, SHOP, Checkout, make_checkout

from impact_select.adapters.map_schema import seal


def rewritten(path: Path, statement: str, *values: object) -> None:
    """Change a map as another version would have written it, seal included."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement, values)
    connection.close()
    seal(path)


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(path: Path) -> None:
    """Leave the first half, as a cache that was restored in part."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    """Leave nothing."""
    path.write_bytes(b"")


def text(path: Path) -> None:
    """Leave something else."""
    path.write_text("<html>not found</html>")


def other_database(path: Path) -> None:
    """Leave a database of another program."""
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE meta (key, value)")
    connection.commit()
    connection.close()


def older(path: Path) -> None:
    """Give it an older schema."""
    rewritten(path, "UPDATE meta SET value = '0' WHERE key = 'schema'")


def newer(path: Path) -> None:
    """Give it a newer schema."""
    rewritten(path, "UPDATE meta SET value = '99' WHERE key = 'schema'")


def without_schema(path: Path) -> None:
    """Give it a schema that is no number."""
    rewritten(path, "UPDATE meta SET value = 'x' WHERE key = 'schema'")


def senseless_set(path: Path) -> None:
    """Break a stored set behind a seal that is right."""
    rewritten(path, "UPDATE snapshot SET manifest = ?", b"no set")


def senseless_facts(path: Path) -> None:
    """Break the facts behind a seal that is right."""
    rewritten(path, "UPDATE snapshot SET facts = '[]'")


def without_a_table(path: Path) -> None:
    """Drop a table behind a seal that is right."""
    rewritten(path, "DROP TABLE recording")


DAMAGES = [
    (flip, "map-unreadable", "damaged"),
    (truncate, "map-unreadable", "damaged"),
    (empty, "map-unreadable", "damaged"),
    (text, "map-unreadable", "damaged"),
    (other_database, "map-unreadable", "damaged"),
    (without_schema, "map-unreadable", "damaged"),
    (older, "map-schema", "0"),
    (newer, "map-schema", "99"),
]


@pytest.mark.parametrize(
    ("damage", "slug", "suffix"), DAMAGES, ids=[one[0].__name__ for one in DAMAGES]
)
def test_an_unusable_map(
    shop: Checkout, damage: Callable[[Path], None], slug: str, suffix: str
) -> None:
    """All tests run and are recorded anew; the old file is kept beside the new one."""
    damage(shop.map)
    before = shop.map.read_bytes()

    asked = shop.impact("select")
    status = shop.impact("status")
    done = shop.pytest("--impacted")

    assert (asked.status, asked.out) == (0, "--impact-all\n")
    assert f"[{slug}]" in asked.err
    assert (status.status, status.out) == (2, "")
    assert f"[{slug}]" in status.err
    assert done.ran == ALL
    assert any(f"[{slug}]" in line for line in done.impact)
    aside = shop.map.with_name(f"map.sqlite.{suffix}")
    assert aside.read_bytes() == before
    assert f"the old map is kept as {aside.name}" in done.out
    assert "Traceback" not in asked.err + status.err + done.out + done.err
    assert shop.selected() == ["--impact-none"]


@pytest.mark.parametrize("damage", [senseless_set, senseless_facts, without_a_table])
def test_a_sealed_map_without_sense(shop: Checkout, damage: Callable[[Path], None]) -> None:
    """A right checksum is no reason to believe what is inside."""
    damage(shop.map)

    asked = shop.impact("select")
    done = shop.pytest("--impacted")

    assert (asked.status, asked.out) == (0, "--impact-all\n")
    assert "[map-unreadable]" in asked.err
    assert done.ran == ALL
    assert "Traceback" not in asked.err + done.out + done.err
    assert shop.selected() in (["--impact-none"], ["--impact-all"])


def test_a_damaged_map_read_only(shop: Checkout) -> None:
    """With --impact-readonly the damaged file stays where it is."""
    flip(shop.map)
    before = shop.map.read_bytes()

    done = shop.pytest("--impacted", "--impact-readonly")

    assert done.ran == ALL
    assert shop.map.read_bytes() == before


def test_a_map_of_another_python(shop: Checkout) -> None:
    """It says nothing of this one: all tests run, and both recordings share the map then."""
    here = f"{platform.python_implementation().lower()} {sys.version_info[0]}.{sys.version_info[1]}"
    rewritten(shop.map, "UPDATE snapshot SET facts = replace(facts, ?, 'cpython 3.9')", here)

    asked = shop.impact("select")
    done = shop.pytest("--impacted")

    assert asked.out == "--impact-all\n"
    assert "recorded with cpython 3.9 on " in asked.err
    assert "[other-interpreter]" in asked.err
    assert done.ran == ALL
    assert shop.selected() == ["--impact-none"]
    assert "not usable with cpython" in shop.impact("status").out


def test_a_directory(shop: Checkout) -> None:
    """A folder named as the map is neither read nor moved away."""
    done = shop.pytest("--impacted", "--impact-map=shop")
    recorded = shop.pytest("--impact-record", "--impact-map=shop")

    assert done.ran == recorded.ran == ALL
    assert any("[map-unreadable]" in line for line in done.impact)
    assert any("[map-not-written]" in line for line in done.impact)
    assert recorded.status == 3
    assert (shop.top / "shop/tax.py").is_file()
    assert "Traceback" not in done.out + done.err + recorded.out + recorded.err


def test_a_file_in_place_of_the_folder(shop: Checkout) -> None:
    """Where the map's folder cannot be made, all tests run, and the run says what it kept."""
    done = shop.pytest("--impact-record", "--impact-map=pyproject.toml/map.sqlite")

    assert done.status == 3
    assert done.ran == ALL
    assert any("[map-not-written]" in line for line in done.impact)
    assert "Traceback" not in done.out + done.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(shop: Checkout) -> None:
    """A map that may not be read is as good as none; one that may not be written is kept."""
    shop.map.chmod(0)
    assert shop.impact("select").out == "--impact-all\n"
    shop.map.chmod(0o400)
    shop.map.parent.chmod(0o500)

    done = shop.pytest("--impact-record")

    assert done.status == 3
    assert any("[map-not-written]" in line for line in done.impact)


def test_two_recordings_at_once(shop: Checkout) -> None:
    """Both are kept, whichever ends first."""
    shop.map.unlink()
    files = ["tests/test_tax.py", "tests/test_names.py", "tests/test_rates.py"]
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", "--impact-record", file],
            cwd=shop.top,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for file in files
    ]
    for run in runs:
        out = run.communicate(timeout=300)[0]
        assert run.returncode == 0, out

    assert shop.selected() == ["--impact-none"]
    assert "tests: 7, " in shop.impact("status").out


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """Give a folder on a file system of its own that is soon full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    done = subprocess.run(mount, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no file system may be mounted: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(tmp_path: Path, small_disk: Path) -> None:
    """The old map stays whole, and the run says that the new one was not written."""
    many = "".join(
        f"def rate_{number}(kind):\n    return kind + {number}\n\n\n" for number in range(900)
    )
    checkout = make_checkout(tmp_path / "shop", SHOP)
    option = f"--impact-map={small_disk}/map.sqlite"
    before = None
    if checkout.pytest("--impact-record", option, "tests/test_rates.py").status == 0:
        before = (small_disk / "map.sqlite").read_bytes()
    checkout.write("shop/tax.py", f"{SHOP['shop/tax.py']}\n\n{many}")

    done = checkout.pytest("--impact-record", option)

    assert done.status == 3, done.out
    assert done.ran == ALL
    assert any("[map-not-written]" in line for line in done.impact)
    assert "Traceback" not in done.out + done.err
    if before is not None:
        assert (small_disk / "map.sqlite").read_bytes() == before
    assert [left.name for left in small_disk.glob(".map*")] == []
