"""A repository in which somebody commits, and what comes of it."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]

FILES = {
    "sums.py": "def total(one, two):\n    return one + two\n",
    "names.py": "def loud(name):\n    return name.upper()\n",
    "rates.csv": "0.19\n0.07\n",
    "tests/test_sums.py": (
        "import sums\n\n\ndef test_total():\n    assert sums.total(1, 2) == 3\n"
    ),
    "tests/test_names.py": (
        "import names\n\n\ndef test_loud():\n    assert names.loud('a') == 'A'\n"
    ),
    "tests/test_rates.py": (
        "from pathlib import Path\n\n\ndef test_rates():\n"
        "    assert Path('rates.csv').read_text() == '0.19\\n0.07\\n'\n"
    ),
    # Says which tests ran, in a file that is no part of the project.
    "conftest.py": (
        "import os\n\n\ndef pytest_runtest_logstart(nodeid):\n"
        "    with open(os.environ['RAN'], 'a') as stream:\n"
        "        stream.write(nodeid.partition('::')[2] + '\\n')\n"
    ),
    "pyproject.toml": (
        '[tool.pytest.ini_options]\npythonpath = ["."]\ntestpaths = ["tests"]\n'
        'addopts = "-p no:randomly -p no:cacheprovider -p no:django -p no:xdist"\n'
    ),
    ".gitignore": "__pycache__/\n",
}
"""A project of three tests: one of sums.py, one of names.py, one of a data file."""


@dataclass(frozen=True)
class Repository:
    """A work tree in which somebody commits.

    Attributes:
        top: Its folder.
        log: Where its tests say that they ran.
    """

    top: Path
    log: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command at the top; its two outputs come together."""
        return subprocess.run(
            command,
            cwd=self.top,
            env={**os.environ, "RAN": str(self.log)},
            check=False,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def git(self, *arguments: str) -> str:
        """Run a git command that has to succeed."""
        done = self.run("git", *arguments)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def commit(self, *arguments: str) -> "Attempt":
        """Try to commit."""
        return self.attempt("git", "commit", "--message", "a change", *arguments)

    def attempt(self, *command: str) -> "Attempt":
        """Run a command that may call the hook, and see what came of it."""
        before = self.git("rev-parse", "HEAD")
        self.log.write_text("")
        done = self.run(*command)
        ran = sorted(set(self.log.read_text().split()))
        committed = self.git("rev-parse", "HEAD") != before
        return Attempt(done.returncode == 0, committed, ran, done.stdout)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text that occurs in a file once."""
        file = self.top / path
        text = file.read_text()
        assert text.count(old) == 1
        file.write_text(text.replace(old, new))

    def copy(self, top: Path) -> "Repository":
        """Give another repository that is as this one is, the map included."""
        shutil.copytree(self.top, top, symlinks=True)
        return Repository(top, top.with_name(f"{top.name}.log"))

    def configure(self, config: str) -> None:
        """Commit a pre-commit configuration, without running it."""
        (self.top / ".pre-commit-config.yaml").write_text(config)
        self.git("add", ".pre-commit-config.yaml")
        self.git("commit", "--no-verify", "--quiet", "--message", "other hooks")


@dataclass(frozen=True)
class Attempt:
    """What came of a command that calls the hook.

    Attributes:
        passed: Whether it succeeded.
        committed: Whether HEAD moved.
        ran: Names of the tests that ran, sorted.
        output: What was printed.
    """

    passed: bool
    committed: bool
    ran: list[str]
    output: str


def local_config(hook: str = "impact") -> str:
    """Give a `repo: local` configuration with a hook of .pre-commit-hooks.yaml."""
    entries = re.split(r"^- ", (CHECKOUT / ".pre-commit-hooks.yaml").read_text(), flags=re.M)
    (entry,) = (entry for entry in entries if entry.startswith(f"id: {hook}\n"))
    lines = "\n".join(f"  {line}" for line in entry.splitlines())
    return f"repos:\n- repo: local\n  hooks:\n  - {lines.lstrip()}\n"
