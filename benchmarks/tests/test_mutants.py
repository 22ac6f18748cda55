"""The whole command on a small project with stand-ins for the selectors."""

import json
from pathlib import Path

from click.testing import CliRunner

from benchmarks.mutants import main
from benchmarks.tests.stand_in import (
    LEFT_OUT,
    make_checkout,
    make_peer,
    without_installed_plugins,
)


def test_a_left_out_test_is_missed_once(tmp_path: Path) -> None:
    """Impact misses one of two tests, the peer none; a second call makes no edit again."""
    results, table = tmp_path / "results.jsonl", tmp_path / "table.md"
    args = ["--project", str(make_checkout(tmp_path / "shop"))]
    args += ["--results", str(results), "--table", str(table)]
    args += ["--pytest-args", without_installed_plugins()]
    args += ["--peer", f"testmon={make_peer(tmp_path / 'peer')}"]
    args += ["--kinds", "body", "--include", "shop.py", "--count", "1"]

    first = CliRunner().invoke(main, args)
    made = [json.loads(line) for line in results.read_text().splitlines()]
    second = CliRunner().invoke(main, args)

    assert first.exit_code == second.exit_code == 1, first.output
    assert {tuple(result["missed"]) for result in made} == {(LEFT_OUT,)}
    assert {result["must_count"] for result in made} == {2}
    assert {result["ran_count"] for result in made} == {1}
    assert made[0]["cause_counts"] == {"c": 1}
    # The run without an edit is its second, but what that left is thrown away.
    peer = made[0]["peers"]["testmon"]
    assert (peer["ran_count"], peer["missed"], peer["status"]) == (2, [], 1)
    assert made[0]["base"]["tools"]["testmon"]["state_bytes"] == len("run\n")
    assert len(results.read_text().splitlines()) == len(made) == 1
    assert f"MISSED {LEFT_OUT}" in second.output
    assert "| impact | 1 | 1 | 1 | 50.0 | 50.0 |" in table.read_text()
    assert "| testmon | 1 | 0 | 0 | 100.0 | 100.0 |" in table.read_text()


def test_an_unknown_peer_is_refused(tmp_path: Path) -> None:
    """Only tools whose options and state are known can be compared."""
    args = ["--project", str(tmp_path), "--peer", f"other={tmp_path}"]

    result = CliRunner().invoke(main, args)

    assert result.exit_code == 2
    assert "testmon, blast-radius" in result.output
