"""Which commands are Pythons that the hook gets into."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from impact_select.child.programs import Program, find_program

PYTHON = sys.executable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with scripts that can be run."""
    scripts = {
        "tool": f"#!{PYTHON}\n",
        "tool-alone": f"#!{PYTHON} -I\n",
        "tool-bare": f"#!{PYTHON} -S\n",
        "tool-found": "#!/usr/bin/env python3\n",
        "tool-far": f"#!/bin/sh\n'''exec' \"{PYTHON}\" \"$0\" \"$@\"\n' '''\n",
        "python": "#!/bin/sh\nexec true\n",
        "shell-script": "#!/bin/sh\npython script.py\n",
        "git": "\x7fELF",
        "cat": "\x7fELF",
        "uname": "\x7fELF",
    }
    for name, text in scripts.items():
        path = tmp_path / name
        path.write_text(text)
        path.chmod(0o755)
    (tmp_path / "real").mkdir()
    for name in ("python3", "python3.13t", "pythonic"):
        (tmp_path / "real" / name).symlink_to(PYTHON)
    return tmp_path


def found(folder: Path, words: Sequence[str], *, everywhere: bool = False) -> Program:
    """Look a command up whose program is in a folder."""
    path = os.pathsep.join([str(folder / "real"), "/usr/bin", "/bin"])
    program = words[0] if "/" in words[0] else str(folder / words[0])
    return find_program(words, [program], str(folder), path, everywhere=everywhere)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ([PYTHON], "python"),
        ([PYTHON, "script.py", "-S"], "python"),
        ([PYTHON, "-m", "tool", "-I"], "python"),
        ([PYTHON, "-mtool"], "python"),
        ([PYTHON, "-c", "pass", "-E"], "python"),
        ([PYTHON, "-W", "S", "-X", "dev", "-uB", "script.py"], "python"),
        ([PYTHON, "-WS", "-"], "python"),
        ([PYTHON, "--check-hash-based-pycs", "-S", "script.py"], "python"),
        ([PYTHON, "-S", "script.py"], "other"),
        ([PYTHON, "-uS", "script.py"], "other"),
        ([PYTHON, "-I", "script.py"], "other"),
        ([PYTHON, "-E", "script.py"], "other"),
        (["real/python3"], "python"),
        (["real/python3.13t"], "python"),
        (["real/pythonic"], "other"),
        (["python", "script.py"], "other"),
        (["tool"], "python"),
        (["tool-alone"], "other"),
        (["tool-bare"], "other"),
        (["tool-found"], "python"),
        (["tool-far"], "python"),
        (["shell-script"], "other"),
        (["git", "status"], "other"),
        (["cat", "a.txt"], "filter"),
        (["uname"], "inert"),
        (["absent"], "none"),
        (["/bin/sh", "-c", "python3 script.py"], "python"),
        (["/bin/sh", "-c", "python3 -S script.py"], "other"),
        (["/bin/sh", "-c", "python3 script.py > out"], "other"),
        (["/bin/sh", "-c", "python3 script.py; true"], "other"),
        (["/bin/sh", "-c", "A=1 python3 script.py"], "other"),
        (["/bin/sh", "-c", "cd ."], "other"),
        (["/bin/sh", "-c", ""], "other"),
        (["/bin/sh", "shell-script"], "other"),
    ],
)
def test_kinds(folder: Path, words: list[str], kind: str) -> None:
    """A Python is one that loads what its installation has for it to load."""
    assert found(folder, words).kind == kind


@pytest.mark.parametrize("option", ["-I", "-E", "-Eu"])
def test_a_hook_that_is_installed(folder: Path, option: str) -> None:
    """Such a hook gets into Pythons that look at no variable."""
    assert found(folder, [PYTHON, option, "script.py"], everywhere=True).kind == "python"
    assert found(folder, ["tool-alone"], everywhere=True).kind == "python"
    assert found(folder, ["tool-bare"], everywhere=True).kind == "other"


def test_what_is_read_before_the_program_runs(folder: Path) -> None:
    """That is the script, whose first line says what runs it, or what a filter is given."""
    assert found(folder, ["tool", "-x"]).files == [str(folder / "tool")]
    assert found(folder, ["cat", "a.txt"]).files == [str(folder / "a.txt")]
    assert found(folder, [PYTHON, "script.py"]).files == ()


def test_how_a_process_is_known(folder: Path) -> None:
    """By its arguments; a shell may stand between it and the process that was started."""
    direct = found(folder, [PYTHON, "script.py", "one"])
    by_shell = found(folder, ["/bin/sh", "-c", "python3 script.py one"])

    assert (direct.words, direct.exact) == (["script.py", "one"], True)
    assert (by_shell.words, by_shell.exact) == (["script.py", "one"], False)


def test_where_a_program_is_not(folder: Path) -> None:
    """The places before the one where it is found are remembered."""
    candidates = [str(folder / name) for name in ("none", "tool", "git")]

    assert find_program(["x"], candidates, "/", None, everywhere=False).absent == candidates[:1]
