"""The demo as somebody runs it: a real repository, real runs of pytest, real selections."""

import re
import subprocess
from pathlib import Path

import pytest

from impact_select.demo.project import EDITS, STEPS
from impact_select.demo.show import run_demo

AFFECTED = {"function": 5, "constant": 3, "template": 7, "comment": 0}
"""Tests that fail when the edited line raises instead: fewer must never be selected."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """One run of the demo: the folder, and the lines that it printed."""
    for package in ("flask", "sqlalchemy", "factory"):
        pytest.importorskip(package)
    folder = tmp_path_factory.mktemp("demo") / "shop"
    lines: list[str] = []
    status = run_demo(folder, lines.append)
    assert status == 0, "\n".join(lines)
    return folder, lines


def counts_in(lines: list[str]) -> dict[str, tuple[int, int]]:
    """The closing table: tests selected and tests there are, by the name of the edit."""
    rows = (re.match(r"  (\w+) +(\d+) of (\d+) +[\d.]+ s", line) for line in lines)
    return {row[1]: (int(row[2]), int(row[3])) for row in rows if row}


def test_each_edit_has_a_line_in_the_table(demo: tuple[Path, list[str]]) -> None:
    """In the order in which they were made."""
    assert list(counts_in(demo[1])) == [edit.name for edit in EDITS]


def test_no_affected_test_is_left_out(demo: tuple[Path, list[str]]) -> None:
    """At least the tests that run the edited line are selected."""
    counts = counts_in(demo[1])

    assert {name: count for name, (count, _) in counts.items() if count < AFFECTED[name]} == {}


def test_a_comment_selects_nothing(demo: tuple[Path, list[str]]) -> None:
    """And the run after it is green all the same."""
    assert counts_in(demo[1])["comment"][0] == 0


@pytest.mark.parametrize("name", ["function", "constant", "template"])
def test_other_edits_select_few(demo: tuple[Path, list[str]], name: str) -> None:
    """Less than half of the tests."""
    selected, total = counts_in(demo[1])[name]

    assert selected < total / 2


def test_lines_fit_the_terminal(demo: tuple[Path, list[str]]) -> None:
    """No line is wider than 80 columns, but for the folder's name."""
    folder, lines = demo

    assert [line for line in lines if len(line) > 80 and str(folder) not in line] == []


def test_the_edits_are_committed(demo: tuple[Path, list[str]]) -> None:
    """Each on its own, so that the shop can be played with afterwards."""
    folder, _ = demo

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
        ).stdout

    assert git("log", "--reverse", "--format=%s").splitlines() == [
        *(step.subject for step in STEPS),
        *(edit.story for edit in EDITS),
    ]
    assert git("status", "--porcelain") == ""
