"""A small project whose selectors are stand-ins, so that their choices are known."""

import subprocess
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path

CONFTEST = """
import pathlib

import pytest


def pytest_addoption(parser):
    for name in ("--impact-record", "--impacted", "--impact-readonly"):
        parser.addoption(name, action="store_true")


def pytest_configure(config):
    is_impact = config.getoption("--impact-record") or config.getoption("--impacted")
    is_peer = config.pluginmanager.hasplugin("stand_in_peer")
    for name, is_own in ((".impact", is_impact), (".testmondata", is_peer)):
        if pathlib.Path(name).exists() and not is_own:
            raise pytest.UsageError(f"{name} of another tool")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--impact-record"):
        pathlib.Path(".impact").mkdir(exist_ok=True)
        pathlib.Path(".impact/map.sqlite").write_text("recorded")
    if config.getoption("--impacted"):
        assert pathlib.Path(".impact/map.sqlite").exists()
        items[:] = [item for item in items if "left_out" not in item.name]
"""
"""Stands in for impact, and ends a run that sees the state of another tool."""

PEER = """
import pathlib


def pytest_addoption(parser):
    parser.addoption("--testmon", action="store_true")


def pytest_collection_modifyitems(config, items):
    state = pathlib.Path(".testmondata")
    runs = state.read_text().splitlines() if state.exists() else []
    state.write_text("run\\n" * (len(runs) + 1))
    if len(runs) >= 2:
        items[:] = [item for item in items if "left_out" not in item.name]
"""
"""Stands in for another tool; leaves a test out from the second run after recording on."""

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
LEFT_OUT = "test_shop.py::test_left_out"


def make_checkout(top: Path, *later: Mapping[str, str]) -> Path:
    """Commit the project, and then each later set of files."""
    top.mkdir()
    git(top, "init", "-q")
    for files in (FILES, *later):
        write(top, files)
        git(top, "add", "-A")
        git(top, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "step")
    return top


def make_peer(folder: Path) -> Path:
    """Install the other tool in a folder, with the entry point that pytest looks for."""
    write(
        folder,
        {
            "stand_in_peer.py": PEER,
            "stand_in-1.dist-info/METADATA": "Name: stand-in\nVersion: 1\n",
            "stand_in-1.dist-info/entry_points.txt": "[pytest11]\nstand_in_peer = stand_in_peer\n",
        },
    )
    return folder


def without_installed_plugins() -> str:
    """Give pytest options that keep every installed plugin out, the selector included."""
    return " ".join(f"-p no:{point.name}" for point in entry_points(group="pytest11"))


def write(top: Path, files: Mapping[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)


def git(top: Path, *args: str) -> None:
    """Run git in a folder."""
    subprocess.run(["git", *args], cwd=top, check=True)
