"""Tests that the map cannot know, by name: pytest alone finds out whether they are some."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch

from impact_select.model.ids import RepoPath
from impact_select.model.source import Outline
from impact_select.ports import EvidenceStore


@dataclass(frozen=True, slots=True)
class TestNames:
    """How pytest recognises tests here.

    Attributes:
        files: Patterns of file names (`python_files`).
        folders: Folders of the repository in which it looks; empty for all.
        custom: True when functions or classes follow patterns other than pytest's own.
    """

    __test__ = False

    files: tuple[str, ...] = ("test_*.py", "*_test.py")
    folders: tuple[RepoPath, ...] = ()
    custom: bool = False


def new_tests(
    present: Iterable[RepoPath],
    known: set[RepoPath],
    empty: frozenset[RepoPath],
    outlines: Mapping[RepoPath, Outline],
    store: EvidenceStore,
    names: TestNames,
) -> tuple[tuple[RepoPath, ...], tuple[str, ...]]:
    """Find what may hold unknown tests.

    Args:
        present: All files.
        known: Files of which the map knows tests.
        empty: Files that were collected and held none.
        outlines: Of the files that changed since.
        store: The map.
        names: How pytest recognises tests.

    Returns:
        Whole files, and node ids within known files.
    """
    files = [
        path
        for path in present
        if path not in known
        and (path not in empty or path in outlines)
        and is_test_file(path, names)
    ]
    tests: list[str] = []
    for path in sorted(known & outlines.keys()):
        prefixes = {
            recorded.test.partition("::")[0]
            for recorded in store.recordings.values()
            if recorded.path == path
        }
        before = {
            facts.qualname
            for version in store.versions.get(path, ())
            for outline in [store.outline(version.blob)]
            if outline is not None
            for facts in outline.definitions
        }
        added = [name for name in _definitions(outlines[path]) if name not in before]
        if added and names.custom:
            files.append(path)
            continue
        for name in added:
            if _is_test(name, added):
                tests.extend(f"{prefix}::{name.replace('.', '::')}" for prefix in prefixes)
    return tuple(sorted(files)), tuple(sorted(tests))


def is_test_file(path: RepoPath, names: TestNames) -> bool:
    """Tell whether pytest would look for tests in a file."""
    if not path.endswith(".py"):
        return False
    if names.folders and not any(
        path == folder or path.startswith(f"{folder}/") for folder in names.folders
    ):
        return False
    return any(fnmatch(path.rpartition("/")[2], pattern) for pattern in names.files)


def _definitions(outline: Outline) -> list[str]:
    return [
        facts.qualname
        for facts in outline.definitions
        if "<locals>" not in facts.qualname and "#" not in facts.qualname
    ]


def _is_test(qualname: str, added: list[str]) -> bool:
    holder, _, name = qualname.rpartition(".")
    if holder in added:
        return False  # its class is named already
    if holder:
        return name.startswith(("test", "Test"))
    return name.startswith(("test", "Test")) or name.endswith(("Test", "Tests", "TestCase"))
