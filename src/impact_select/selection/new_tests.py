"""Tests that the map cannot know, by name: pytest alone finds out whether they are some."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch

from impact_select.graph.evidence import Evidence
from impact_select.graph.modules import ModuleIndex
from impact_select.model.ids import RepoPath
from impact_select.model.source import ClassFacts, FunctionFacts, Outline, UnitKind
from impact_select.ports import EvidenceStore


@dataclass(frozen=True, slots=True)
class TestNames:
    """How pytest recognises tests here.

    Attributes:
        files: Patterns of file names (`python_files`).
        folders: Folders of the repository in which it looks; empty for all.
        custom: True when functions or classes follow patterns other than pytest's own.
        texts: Patterns of the names of text files that hold doctests.
    """

    __test__ = False

    files: tuple[str, ...] = ("test_*.py", "*_test.py")
    folders: tuple[RepoPath, ...] = ()
    custom: bool = False
    texts: tuple[str, ...] = ("test*.txt",)


def new_tests(
    present: Collection[RepoPath],
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
    files += _with_new_doctests(present, known, outlines, store, names)
    files += _with_inherited_tests(known, outlines, store)
    files += _beside_tests_of_their_kind(present, known, store)
    tests: list[str] = []
    for path in sorted(known & outlines.keys()):
        recordings = [one for one in store.recordings.values() if one.path == path]
        prefixes = {recorded.test.partition("::")[0] for recorded in recordings}
        holders = {recorded.function.rpartition(".")[0] for recorded in recordings}
        before = _recorded_names(path, store)
        added = [facts for facts in _definitions(outlines[path]) if facts.qualname not in before]
        if _test_values(outlines[path]) - _recorded_values(path, store):
            files.append(path)
            continue
        if added and (names.custom or any(_may_hold_tests(facts, holders) for facts in added)):
            files.append(path)
            continue
        for facts in added:
            if _is_test(facts, holders):
                name = facts.qualname.replace(".", "::")
                tests.extend(f"{prefix}::{name}" for prefix in prefixes)
    return tuple(sorted(set(files))), tuple(sorted(tests))


def is_test_file(path: RepoPath, names: TestNames) -> bool:
    """Tell whether pytest would look for tests in a file."""
    return path.endswith(".py") and _is_within(path, names) and _is_named(path, names.files)


def _is_within(path: RepoPath, names: TestNames) -> bool:
    return not names.folders or any(
        path == folder or path.startswith(f"{folder}/") for folder in names.folders
    )


def _is_named(path: RepoPath, patterns: Iterable[str]) -> bool:
    return any(fnmatch(path.rpartition("/")[2], pattern) for pattern in patterns)


def _with_new_doctests(
    present: Collection[RepoPath],
    known: set[RepoPath],
    outlines: Mapping[RepoPath, Outline],
    store: EvidenceStore,
    names: TestNames,
) -> Iterator[RepoPath]:
    """Yield the files that may hold new doctests, where a map shows that doctests are run."""
    documented = {one.path for one in store.recordings.values() if one.reads_docs}
    in_code = any(path.endswith(".py") for path in documented)
    in_text = any(not path.endswith(".py") for path in documented)
    for path in present:
        if not _is_within(path, names):
            continue
        if path.endswith(".py"):
            if in_code and _has_new_text(path, outlines.get(path), store):
                yield path
        elif in_text and path not in known and _is_named(path, names.texts):
            yield path


def _has_new_text(path: RepoPath, outline: Outline | None, store: EvidenceStore) -> bool:
    """Tell whether a module has a docstring that no recorded version of it had."""
    versions = store.versions.get(path, ())
    if outline is None:
        return not versions
    before = {
        text
        for version in versions
        for known in [store.outline(version.blob)]
        if known is not None
        for text in _texts(known)
    }
    return not _texts(outline) <= before


def _texts(outline: Outline) -> set[tuple[str, str]]:
    return {(unit.symbol, unit.fingerprint) for unit in outline.units if unit.kind is UnitKind.DOC}


def _with_inherited_tests(
    known: set[RepoPath], outlines: Mapping[RepoPath, Outline], store: EvidenceStore
) -> Iterator[RepoPath]:
    """Yield the test files that may inherit or import a test which another file has now."""
    evidence = Evidence(store, ModuleIndex(store))
    for path, outline in outlines.items():
        before = _recorded_names(path, store)
        added = {
            facts.qualname.rpartition(".")[2]
            for facts in _definitions(outline)
            if facts.qualname not in before
        }
        if any(name.lower().startswith("test") for name in added):
            for number in evidence.depending(path):
                other = store.recordings[number].path
                if other != path and other in known:
                    yield other


def _beside_tests_of_their_kind(
    present: Collection[RepoPath], known: set[RepoPath], store: EvidenceStore
) -> Iterator[RepoPath]:
    """Yield the new files that somebody's collector may take: others near them are tests."""
    documented = {one.path for one in store.recordings.values() if one.reads_docs}
    kinds = {_kind(path) for path in known - documented if not path.endswith(".py")}
    for path in present if kinds else ():
        if path not in known and path not in store.versions and _kind(path) in kinds:
            yield path


def _kind(path: RepoPath) -> tuple[str, str, bool]:
    folder, _, name = path.rpartition("/")
    return folder, name.rpartition(".")[2], name.startswith("test")


def _recorded_values(path: RepoPath, store: EvidenceStore) -> set[tuple[str, str]]:
    return {
        value
        for version in store.versions.get(path, ())
        for outline in [store.outline(version.blob)]
        if outline is not None
        for value in _test_values(outline)
    }


def _test_values(outline: Outline) -> set[tuple[str, str]]:
    """Return what binds names by other means than a definition that pytest may take for tests."""
    kinds = {UnitKind.VARIABLE, UnitKind.IMPORT, UnitKind.EFFECT}
    return {
        (unit.symbol, unit.fingerprint)
        for unit in outline.units
        if unit.kind in kinds
        and any(name in {"*", "__test__"} or name.lower().startswith("test") for name in unit.names)
    }


def _definitions(outline: Outline) -> list[FunctionFacts | ClassFacts]:
    return [
        facts
        for facts in outline.definitions
        if "<locals>" not in facts.qualname and "#" not in facts.qualname
    ]


def _may_hold_tests(facts: FunctionFacts | ClassFacts, holders: set[str]) -> bool:
    """Tell whether only pytest can say which tests a definition brings.

    A class may be one of tests or a helper, and pytest stops at an id that names no test.
    """
    holder, _, name = facts.qualname.rpartition(".")
    if isinstance(facts, ClassFacts):
        return bool(facts.bases) or name.startswith("Test")
    return bool(holder) and holder not in holders and name.startswith("test")


def _is_test(facts: FunctionFacts | ClassFacts, holders: set[str]) -> bool:
    holder, _, name = facts.qualname.rpartition(".")
    if isinstance(facts, ClassFacts) or facts.fixture is not None:
        return False
    return name.startswith("test") and (not holder or holder in holders)


def _recorded_names(path: RepoPath, store: EvidenceStore) -> set[str]:
    """Return the qualified names of what a file defined in any recorded version."""
    return {
        facts.qualname
        for version in store.versions.get(path, ())
        for outline in [store.outline(version.blob)]
        if outline is not None
        for facts in outline.definitions
    }
