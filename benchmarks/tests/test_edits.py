"""The whole command on a small project with a stand-in for the selector."""

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.edits import main

CONFTEST = """
import pathlib


def pytest_addoption(parser):
    for name in ("--impact-record", "--impacted", "--impact-readonly"):
        parser.addoption(name, action="store_true")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--impact-record"):
        pathlib.Path(".impact").mkdir(exist_ok=True)
        pathlib.Path(".impact/map.sqlite").write_text("recorded")
    if config.getoption("--impacted"):
        items[:] = [item for item in items if "left_out" not in item.name]
"""
FILES = {
    "shop.py": "def total():\n    return 1\n",
    "test_shop.py": (
        "import shop\n\n\n"
        "def test_run():\n    assert shop.total() == 1\n\n\n"
        "def test_left_out():\n    assert shop.total() == 1\n"
    ),
    "conftest.py": CONFTEST,
    "impact_select/__init__.py": "",
    "impact_select/__main__.py": (
        'print(\'{"verdict": "subset", "selected": [{"id": "a", "causes": [{"kind": "c"}]}]}\')\n'
    ),
    ".gitignore": "/.impact/\n__pycache__/\n",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A committed project whose stand-in selector always leaves one test out."""
    top = tmp_path / "shop"
    for name, text in FILES.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for command in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "base")):
        subprocess.run(["git", *command], cwd=top, check=True)
    return top


def test_a_left_out_test_is_missed_once(checkout: Path, tmp_path: Path) -> None:
    """Breaking the function misses one of two tests; a second call makes no edit again."""
    results = tmp_path / "results.jsonl"
    args = ["--project", str(checkout), "--results", str(results)]
    args += ["--pytest-args", "-p no:impact"]  # The selector itself may be installed.
    args += ["--kinds", "body", "--include", "shop.py", "--count", "9"]

    first = CliRunner().invoke(main, args)
    made = [json.loads(line) for line in results.read_text().splitlines()]
    second = CliRunner().invoke(main, args)

    assert first.exit_code == second.exit_code == 1, first.output
    assert {tuple(result["missed"]) for result in made} == {("test_shop.py::test_left_out",)}
    assert {result["must_count"] for result in made} == {2}
    assert {result["ran_count"] for result in made} == {1}
    assert made[0]["cause_counts"] == {"c": 1}
    assert len(results.read_text().splitlines()) == len(made) == 2
    assert "MISSED test_shop.py::test_left_out" in second.output
