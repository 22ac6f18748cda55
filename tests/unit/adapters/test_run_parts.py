"""What a worker recorded, on its way to the controller."""

from dataclasses import replace
from pathlib import Path

from pyroaring import BitMap
from tests.unit.selection.shop import SESSION

from impact_select.adapters.run_parts import read_part, write_part
from impact_select.model.ids import RepoPath
from impact_select.model.recorded import (
    OPAQUE_READ,
    OwnerKey,
    OwnerKind,
    OwnerRecord,
    Read,
    ReadKind,
)


def test_a_part_arrives_whole(tmp_path: Path) -> None:
    """A run that is read is equal to the one that was written, and nothing else is left."""
    odd = Read(RepoPath("odd\udcff é.txt"), ReadKind.MISSING)
    key = OwnerKey(OwnerKind.SESSION, "")
    run = replace(
        SESSION.run(),
        owners={
            **SESSION.run().owners,
            key: OwnerRecord(
                {odd.path: BitMap([0, 9])}, frozenset({odd, OPAQUE_READ}), frozenset({key})
            ),
        },
        asked={(RepoPath("a.py"), 3): frozenset({odd})},
        asked_afresh={(RepoPath("b.py"), 0): frozenset({odd})},
        failed_imports={(RepoPath("a.py"), 3): frozenset({"fast"})},
        distributions={"lib": "1"},
        requires={"lib": frozenset({"base"})},
        provides={"lib": frozenset({"lib", "other"})},
        loaded_distributions=frozenset({"lib"}),
        empty_files=frozenset({RepoPath("test_empty.py")}),
        written=frozenset({RepoPath("made.txt")}),
        blurred=frozenset({(RepoPath("a.py"), "Shop.rows")}),
        shared_processes={(RepoPath("a.py"), 3): frozenset({key})},
        own_processes={(RepoPath("b.py"), 0): frozenset({key})},
    )
    part = tmp_path / "1.part"

    write_part(run, part)

    assert read_part(part) == run
    assert list(tmp_path.iterdir()) == [part]
