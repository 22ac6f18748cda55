"""Real git repositories in temporary folders, out of reach of the user's own git settings."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from impact_select.adapters.git import GitHistory


@dataclass(frozen=True)
class Sample:
    """A repository that a test builds with plain git commands."""

    top: Path

    def git(self, *arguments: str, **variables: str) -> str:
        """Run git at the top; bytes that are no text become surrogates."""
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *arguments],
            cwd=self.top,
            env={**os.environ, **variables},
            check=True,
            capture_output=True,
        )
        return os.fsdecode(done.stdout)

    def write(self, path: str, content: str | bytes = "") -> Path:
        """Write a file, with its folders."""
        file = self.top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def commit(self, **files: str) -> str:
        """Commit everything, after writing `name="content"` to `name.py`; give the hash."""
        for name, content in files.items():
            self.write(f"{name}.py", content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a step")
        return self.git("rev-parse", "HEAD").strip()

    def history(self) -> GitHistory:
        """Look at the repository with the adapter."""
        return GitHistory.find(self.top)

    def blob(self, content: str | bytes) -> str:
        """Hash content as an unfiltered file."""
        raw = content if isinstance(content, bytes) else content.encode()
        done = subprocess.run(
            ["git", "hash-object", "--stdin"],
            cwd=self.top,
            input=raw,
            check=True,
            capture_output=True,
        )
        return done.stdout.decode().strip()

    def staged_by_git(self, tmp_path: Path) -> dict[str, tuple[str, str]]:
        """Say what `git add --all` would put into the index, without touching it."""
        index = tmp_path / "index-of-the-oracle"
        original = self.top / self.git("rev-parse", "--git-path", "index").strip()
        if original.exists():
            # With its time: git takes entries as new as their index for doubtful.
            shutil.copy2(original, index)
        self.git("add", "--all", GIT_INDEX_FILE=str(index))
        listing = self.git("ls-files", "-z", "--stage", GIT_INDEX_FILE=str(index))
        records = (record.partition("\t") for record in listing.split("\0")[:-1])
        return {path: (head.split()[0], head.split()[1]) for head, _, path in records}


@pytest.fixture(autouse=True)
def own_git_settings(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Give git a fixed author and no settings of the machine or of a surrounding hook."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "A Tester")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "tester@example.org")


@pytest.fixture
def new_sample(tmp_path: Path) -> Callable[..., Sample]:
    """Give a maker of empty repositories, by folder name below tmp_path."""

    def make(name: str, *options: str) -> Sample:
        top = tmp_path / name
        top.mkdir(parents=True)
        sample = Sample(top.resolve())
        sample.git("init", "--quiet", "--initial-branch=main", *options)
        return sample

    return make


@pytest.fixture
def sample(new_sample: Callable[..., Sample]) -> Sample:
    """Give an empty repository."""
    return new_sample("project")
