"""The project on disk: where its root is, its settings, its states."""

import configparser
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from impact_select.adapters.git import SUBMODULE, GitHistory
from impact_select.changes.project_files import (
    PYTEST_FILES,
    is_requirement_file,
    pytest_settings,
    requirements,
)
from impact_select.config import Settings, load_settings
from impact_select.model.ids import Blob, RepoPath
from impact_select.model.tree import Target
from impact_select.selection.globs import matches
from impact_select.selection.new_tests import TestNames

HEAD: Final = "head"
BASE: Final = "base"


def find_root(start: Path) -> Path:
    """Find what pytest will take for its rootdir when it is started in a folder.

    The nearest folder upwards with settings of pytest's, or of ours; else the top of the
    repository; else the folder itself.
    """
    for folder in (start, *start.parents):
        if (folder / ".impact").is_dir() or _has_settings(folder):
            return folder
        if (folder / ".git").exists():
            return folder
    return start


def _has_settings(folder: Path) -> bool:
    for name in PYTEST_FILES:
        path = folder / name
        try:
            content = path.read_bytes()
        except OSError:
            continue
        if name.endswith(".ini") and "pytest" in name:
            return True
        if pytest_settings({name: content}) != pytest_settings({}):
            return True
        if name == "pyproject.toml" and b"[tool.impact" in content:
            return True
    return False


def read_settings_at(root: Path) -> Settings:
    """Read `[tool.impact]` of the pyproject.toml in a folder.

    Raises:
        ConfigMistakes: It has mistakes.
    """
    path = root / "pyproject.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = None
    except UnicodeDecodeError:
        text = "\0"  # reported as the TOML mistake that it is
    return load_settings(text, str(path))


class Project:
    """One project in one repository.

    Attributes:
        history: Its repository.
        root: pytest's rootdir, in the repository.
        settings: Its settings.
    """

    def __init__(self, history: GitHistory, root: Path, settings: Settings) -> None:
        self.history = history
        self.root = root
        self.settings = settings
        self._required: dict[tuple[RepoPath, Blob], Mapping[str, str]] = {}

    @property
    def map_path(self) -> Path:
        """Where the map is."""
        return self.root / self.settings.map

    @property
    def prefix(self) -> RepoPath:
        """The root, relative to the top of the repository; empty for the top."""
        relative = os.path.relpath(self.root.resolve(), self.history.top)
        return RepoPath("" if relative == "." else relative.replace(os.sep, "/"))

    def worktree(self) -> Target:
        """Return the state on disk."""
        top = self.history.top

        def read(path: RepoPath) -> bytes:
            return (top / path).read_bytes()

        return Target(self._without_map(self.history.worktree()), read, HEAD)

    def staged(self) -> Target:
        """Return the state in the index."""
        files = self._without_map(self.history.index())
        return Target(files, lambda path: self.history.read_blob(files[path].blob), HEAD)

    def base(self, name: str) -> Target:
        """Return the state at the merge base of a revision and HEAD.

        Raises:
            UnknownRevision, NoMergeBase: There is none in this clone.
        """
        files = self._without_map(self.history.tree(self.history.merge_base(name)))
        return Target(files, lambda path: self.history.read_blob(files[path].blob), BASE)

    def _without_map(self, files: Mapping[RepoPath, Any]) -> dict[RepoPath, Any]:
        """Leave out the map itself, its lock, and what was set aside."""
        own = os.path.relpath(self.map_path, self.history.top).replace(os.sep, "/")
        folder, slash, name = own.rpartition("/")
        mine = (f"{own}.", f"{folder}{slash}.{name}.")
        return {
            path: file for path, file in files.items() if path != own and not path.startswith(mine)
        }

    def with_unlisted(self, target: Target, paths: Iterable[RepoPath]) -> Target:
        """Add files that git does not list (ignored ones), as they are on disk.

        Args:
            target: A state.
            paths: Files that some recording executed or read.
        """
        extra = [path for path in paths if path not in target.files]
        if not extra:
            return target
        found = self.history.unlisted(extra)
        return Target({**found, **target.files}, self._reader(target), target.label)

    def _reader(self, target: Target) -> Any:
        def read(path: RepoPath) -> bytes:
            if path in target.files:
                return target.read(path)
            return (self.history.top / path).read_bytes()

        return read

    def pytest_settings(self, target: Target) -> str:
        """Digest pytest's settings in a state."""
        prefix = f"{self.prefix}/" if self.prefix else ""
        texts = {
            name: target.read(RepoPath(f"{prefix}{name}"))
            for name in PYTEST_FILES
            if RepoPath(f"{prefix}{name}") in target.files
        }
        return pytest_settings(texts)

    def requirements(self, target: Target) -> dict[RepoPath, Mapping[str, str]]:
        """Read what a state asks to be installed, per file that asks for something."""
        found: dict[RepoPath, Mapping[str, str]] = {}
        for path, file in target.files.items():
            named = matches(path, self.settings.requirement_files)
            if file.mode != SUBMODULE and (named or is_requirement_file(path)):
                key = (path, file.blob)
                if key not in self._required:  # a lock file takes a while to read
                    self._required[key] = requirements(path, target.read(path))
                if self._required[key]:
                    found[path] = self._required[key]
        return found

    def test_names(self) -> TestNames:
        """Tell how pytest recognises tests here, as far as its settings say."""
        options = self._pytest_options()
        files = _words(options.get("python_files")) or ("test_*.py", "*_test.py")
        prefix = f"{self.prefix}/" if self.prefix else ""
        folders = tuple(
            RepoPath(f"{prefix}{word.strip('/').removeprefix('./')}")
            for word in _words(options.get("testpaths"))
        )
        if not folders and self.prefix:
            folders = (self.prefix,)
        custom = any(options.get(name) for name in ("python_functions", "python_classes"))
        flags = _words(options.get("addopts"))
        globs = [flag.partition("=")[2] for flag in flags if flag.startswith("--doctest-glob=")]
        globs += [flag for before, flag in pairwise(flags) if before == "--doctest-glob"]
        return TestNames(
            files,
            folders if "." not in folders else (),
            custom,
            tuple(glob.strip("'\"") for glob in globs) or TestNames().texts,
        )

    def _pytest_options(self) -> dict[str, Any]:
        for name in PYTEST_FILES:
            path = self.root / name
            if not path.is_file():
                continue
            if name.endswith(".toml"):
                try:
                    document = tomllib.loads(path.read_text(encoding="utf-8"))
                except (tomllib.TOMLDecodeError, UnicodeDecodeError):
                    continue
                table = document.get("tool", {}) if name == "pyproject.toml" else document
                section = table.get("pytest", {})
                section = section.get("ini_options", section)
                if section:
                    return dict(section)
                continue
            parser = configparser.RawConfigParser(strict=False)
            try:
                parser.read(path, encoding="utf-8")
            except (configparser.Error, UnicodeDecodeError):
                continue
            for title in ("pytest", "tool:pytest"):
                if parser.has_section(title) and (name != "setup.cfg" or title != "pytest"):
                    return dict(parser.items(title))
        return {}


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.split())
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    return ()


def open_project(start: Path, map_path: str | None = None, root: Path | None = None) -> Project:
    """Find the project of a folder.

    Raises:
        NotARepository, GitMissing: There is no repository to compare with.
        ConfigMistakes: The settings have mistakes.
    """
    found = root if root is not None else find_root(start)
    settings = read_settings_at(found)
    if map_path is not None:
        settings = replace(settings, map=str((start / map_path).absolute()))
    return Project(GitHistory.find(found), found, settings)
