"""A real git repository with tests in it, and what comes of running things there."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(sysconfig.get_path("scripts"))

SHOP = {
    "shop/__init__.py": "",
    "shop/tax.py": (
        "RATE = 19\n\n\n"
        "def rate(kind):\n"
        "    if kind == 'food':\n"
        "        return 7\n"
        "    return RATE\n"
    ),
    "shop/names.py": (
        "def loud(name):\n    return name.upper()\n\n\ndef quiet(name):\n    return name.lower()\n"
    ),
    "shop/rates.csv": "19\n7\n",
    "tests/test_tax.py": (
        "import pytest\n"
        "from shop.tax import rate\n\n\n"
        "def test_food():\n    assert rate('food') == 7\n\n\n"
        "@pytest.mark.slow\n"
        "def test_other():\n    assert rate('toys') == 19\n"
    ),
    "tests/test_names.py": (
        "import pytest\n"
        "from shop.names import loud, quiet\n\n\n"
        "@pytest.mark.parametrize('name', ['anna', 'b [1]', 'c d'])\n"
        "def test_loud(name):\n    assert loud(name) == name.upper()\n\n\n"
        "class TestQuiet:\n"
        "    def test_quiet(self):\n        assert quiet('Anna') == 'anna'\n"
    ),
    "tests/test_rates.py": (
        "from pathlib import Path\n\n\n"
        "def test_rates():\n"
        "    assert Path('shop/rates.csv').read_text().split() == ['19', '7']\n"
    ),
    "pyproject.toml": (
        '[tool.pytest.ini_options]\npythonpath = ["."]\ntestpaths = ["tests"]\nmarkers = ["slow"]\n'
    ),
    ".gitignore": "__pycache__/\n.coverage*\n",
}
"""Seven tests: two of tax.py, four of names.py (three are variants of one), one of a file."""

LOUD = ["test_loud[anna]", "test_loud[b [1]]", "test_loud[c d]"]
ALL = ["test_food", *LOUD, "test_other", "test_rates", "TestQuiet::test_quiet"]

_RAN = re.compile(r"^(?:PASSED|FAILED|ERROR|XFAIL|XPASS) (.+?::.*?)(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Done:
    """How a command ended.

    Attributes:
        status: Its exit status.
        out: What it printed.
        err: What it said on standard error.
    """

    status: int
    out: str
    err: str

    @property
    def ran(self) -> list[str]:
        """The tests that ran, sorted, without their files."""
        names = {found.partition("::")[2] for found in _RAN.findall(self.out)}
        return sorted(names, key=lambda name: (name.lower(), name))

    def count(self, what: str) -> int:
        """Give the number before a word in pytest's last line."""
        found = re.findall(rf"(\d+) {what}", self.out.strip().rpartition("\n")[2])
        return int(found[0]) if found else 0

    @property
    def impact(self) -> list[str]:
        """The lines of ours."""
        return [line for line in self.out.splitlines() if line.startswith("impact: ")]


@dataclass(frozen=True)
class Checkout:
    """The work tree of a repository."""

    top: Path

    def write(self, path: str, content: str) -> Path:
        """Write a file, with its folders."""
        file = self.top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        return file

    def edit(self, path: str, before: str, after: str) -> None:
        """Replace a piece of a file that is there once."""
        text = (self.top / path).read_text(encoding="utf-8")
        assert text.count(before) == 1, (path, before)
        self.write(path, text.replace(before, after))

    def git(self, *arguments: str) -> str:
        """Run git at the top."""
        command = ["git", "-c", "protocol.file.allow=always", *arguments]
        done = subprocess.run(command, cwd=self.top, check=True, capture_output=True, text=True)
        return done.stdout

    def commit(self) -> str:
        """Commit everything; give the hash."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a step")
        return self.git("rev-parse", "HEAD").strip()

    def run(self, *command: str, cwd: str = "", **variables: str) -> Done:
        """Run a command at the top, or in a folder below it."""
        done = subprocess.run(
            command,
            cwd=self.top / cwd,
            env={**os.environ, **variables},
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=300,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def pytest(self, *arguments: str, cwd: str = "", **variables: str) -> Done:
        """Run pytest."""
        return self.run(sys.executable, "-m", "pytest", *arguments, cwd=cwd, **variables)

    def impact(self, *arguments: str, cwd: str = "", **variables: str) -> Done:
        """Run our command."""
        return self.run(sys.executable, "-m", "impact_select", *arguments, cwd=cwd, **variables)

    def record(self, *arguments: str) -> None:
        """Record the map; every test has to pass."""
        done = self.pytest("--impact-record", "-q", *arguments)
        assert done.status == 0, done.out + done.err

    def selected(self, *arguments: str) -> Sequence[str]:
        """Ask which arguments pytest gets, without running a test."""
        done = self.impact("select", "-o", str(self.top.parent / "answer"), *arguments)
        assert done.status == 0, done.err
        return (self.top.parent / "answer").read_text().splitlines()

    @property
    def map(self) -> Path:
        """The map's file."""
        return self.top / ".impact/map.sqlite"

    def copy(self, top: Path) -> "Checkout":
        """Copy everything, the map too."""
        shutil.copytree(self.top, top, symlinks=True)
        return Checkout(top)


def make_checkout(top: Path, files: dict[str, str]) -> Checkout:
    """Make a repository of one commit."""
    top.mkdir(parents=True)
    checkout = Checkout(top.resolve())
    for path, content in files.items():
        checkout.write(path, content)
    checkout.git("init", "--quiet", "--initial-branch=main")
    checkout.commit()
    return checkout
