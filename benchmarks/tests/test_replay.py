"""A walk through a small history with stand-ins for the selectors."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from benchmarks.replay import main
from benchmarks.tests.stand_in import (
    FILES,
    LEFT_OUT,
    make_checkout,
    make_peer,
    without_installed_plugins,
)

WRONG = {"shop.py": "def total():\n    return 2\n"}
BROKEN = {"conftest.py": "syntax error"}
RIGHT = {"shop.py": FILES["shop.py"], "conftest.py": FILES["conftest.py"]}


def missed(step: dict[str, Any]) -> dict[str, list[str]]:
    """Give what each tool missed at a step."""
    return {name: run["missed"] for name, run in step["tools"].items()}


def test_each_tool_goes_on_from_its_own_state(tmp_path: Path) -> None:
    """The peer misses at its second step only, also when that is made by another call."""
    results = tmp_path / "results.jsonl"
    checkout = make_checkout(tmp_path / "shop", WRONG, BROKEN, RIGHT)
    args = ["--project", str(checkout), "--results", str(results)]
    args += ["--pytest-args", without_installed_plugins()]
    args += ["--peer", f"testmon={make_peer(tmp_path / 'peer')}"]

    args += ["--scratch", str(tmp_path / "scratch")]

    first = CliRunner().invoke(main, [*args, "--commits", "2", "--until", "HEAD~1"])
    (tmp_path / "scratch/copy/.testmondata").write_text("left by an interrupted run")
    done = CliRunner().invoke(main, [*args, "--commits", "3"])

    assert first.exit_code == done.exit_code == 1, first.output + done.output
    wrong, broken, right = (json.loads(line) for line in results.read_text().splitlines())
    assert missed(wrong) == {"impact": [LEFT_OUT], "testmon": []}
    assert (broken["is_broken"], broken["tools"]) == (True, {})
    assert missed(right) == {"impact": [LEFT_OUT], "testmon": [LEFT_OUT]}
    assert (right["compared_with"], right["changed_count"]) == (wrong["commit"], 1)
    assert [line.split()[:5] for line in done.output.splitlines() if line[:9] == "testmon  "] == [
        ["testmon", "2", "1", "1", "25.0"]
    ]
    assert "not judged, the full run ended with status 4" in done.output


def test_a_history_that_is_too_short_is_refused(tmp_path: Path) -> None:
    """There is one commit before each step."""
    checkout = make_checkout(tmp_path / "shop", WRONG)

    done = CliRunner().invoke(main, ["--project", str(checkout), "--commits", "2"])

    assert done.exit_code == 2
    assert "there are 2 up to HEAD" in done.output
