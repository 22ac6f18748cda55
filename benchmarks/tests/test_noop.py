"""The whole command on a small project with a stand-in for the selector."""

import json
from pathlib import Path

from click.testing import CliRunner

from benchmarks.noop import Answer, apart, main
from benchmarks.tests.stand_in import make_checkout, without_installed_plugins

SELECT = """
import json
import pathlib


def test(name, kind, change):
    return {"id": name, "causes": [{"kind": kind, "change": change, "chain": []}]}


selected = [test("always", "not-passed", "it failed")]
if "# A comment.\\n    return 1" in pathlib.Path("shop.py").read_text():
    selected.append(test("one", "block-changed", "shop.py::total block-changed"))
if "# A comment." in pathlib.Path("test_shop.py").read_text():
    selected.append(test("two", "file-changed", "test_shop.py changed"))
print(json.dumps({"verdict": "subset", "selected": selected, "fallbacks": []}))
"""
"""Selects for one of the comments in a file, and reads another file as text."""


def test_edits_that_select_are_found(tmp_path: Path) -> None:
    """Of all comments the one is named that selects; a second call edits nothing again."""
    results, table = tmp_path / "results.jsonl", tmp_path / "table.md"
    top = make_checkout(tmp_path / "shop", {"impact_select/__main__.py": SELECT})
    args = ["--project", str(top), "--results", str(results), "--table", str(table)]
    args += ["--pytest-args", without_installed_plugins(), "--include", "*shop.py"]
    args += ["--kinds", "comment,comment-at-end"]

    first = CliRunner().invoke(main, args)
    made = [json.loads(line) for line in results.read_text().splitlines()]
    second = CliRunner().invoke(main, args)

    assert first.exit_code == second.exit_code == 1, first.output
    assert len(results.read_text().splitlines()) == len(made) == 4
    [telling] = [result for result in made if result["selected"]]
    assert (telling["kind"], telling["path"]) == ("comment", "shop.py")
    assert telling["selected"] == ["one"]
    assert [culprit["edit"] for culprit in telling["culprits"]] == ["line 2"]
    assert [result["path"] for result in made if result["readers"]] == ["test_shop.py"]
    assert "| comment | 2 | 7 | 1 | 1 | 1 |" in table.read_text()
    assert "| comment-at-end | 2 | 2 | 0 | 0 | 0 |" in table.read_text()
    assert "comment shop.py line 2: 1 tests: block-changed shop.py::total" in second.output
    assert "test_shop.py is read by 1 tests: two" in second.output


def test_nothing_selected_is_a_success(tmp_path: Path) -> None:
    """Readers of text are told of, and are no fault."""
    top = make_checkout(tmp_path / "shop", {"impact_select/__main__.py": SELECT})
    args = ["--project", str(top), "--results", str(tmp_path / "results.jsonl")]
    args += ["--pytest-args", without_installed_plugins(), "--include", "test_shop.py"]

    result = CliRunner().invoke(main, [*args, "--kinds", "comment"])

    assert result.exit_code == 0, result.output


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    """A formatter is a kind only where it is installed."""
    result = CliRunner().invoke(main, ["--project", str(tmp_path), "--kinds", "black"])

    assert result.exit_code == 2
    assert "black; there are comment" in result.output


def test_halves_are_taken_apart_until_one_is_left() -> None:
    """Parts that select nothing stay together."""
    asked: list[list[int]] = []

    def select(some: list[int]) -> Answer:
        asked.append(list(some))
        return Answer(dict.fromkeys(map(str, {3, 6}.intersection(some)), frozenset()), {}, (), 0.0)

    found = [(part, answer.is_empty) for part, answer in apart(list(range(8)), select)]

    assert found == [
        ([0, 1], True),
        ([2], True),
        ([3], False),
        ([4, 5], True),
        ([6], False),
        ([7], True),
    ]
    assert len(asked) == 11
