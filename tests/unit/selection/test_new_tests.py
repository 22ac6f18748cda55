"""Tests that the map cannot know."""

import pytest
from tests.unit.builders import outline
from tests.unit.fakes import MemoryStore, Session, store

from impact_select.model.ids import RepoPath
from impact_select.selection.new_tests import TestNames, is_test_file, new_tests

TEXT = "def test_one(): pass\n\nclass TestC:\n    def test_two(self): pass\n"
KNOWN = RepoPath("test_a.py")


@pytest.fixture(scope="module")
def known() -> MemoryStore:
    """Give a map with one test file."""
    return store(
        Session({KNOWN: TEXT}, {f"{KNOWN}::test_one": [], f"{KNOWN}::TestC::test_two": []})
    )


def found(
    kept: MemoryStore, text: str, names: TestNames | None = None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Look for new tests where the known file has another text."""
    return new_tests(
        [KNOWN], {KNOWN}, frozenset(), {KNOWN: outline(text)}, kept, names or TestNames()
    )


@pytest.mark.parametrize(
    "more",
    [
        "class TestD:\n    def test_three(self): pass",
        "class Things(TestCase):\n    def check(self): pass",
        "    class TestInner:\n        def test_three(self): pass",
        "class Mixin:\n    def test_three(self): pass",
    ],
)
def test_new_classes_that_may_hold_tests(known: MemoryStore, more: str) -> None:
    """Only pytest can tell which tests a new class brings, so its file is given whole."""
    assert found(known, f"{TEXT}{more}\n") == ((KNOWN,), ())


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("def test_three(): pass", "test_three"),
        ("async def test_three(): pass", "test_three"),
        ("    def test_three(self): pass", "TestC::test_three"),
        ("if x:\n    def test_three(): pass", "test_three"),
    ],
)
def test_new_functions(known: MemoryStore, more: str, expected: str) -> None:
    """A new function beside known tests is named as pytest would name it."""
    assert found(known, f"{TEXT}{more}\n") == ((), (f"{KNOWN}::{expected}",))


@pytest.mark.parametrize(
    "more",
    [
        "def helper(): pass",
        "class Helper:\n    def run(self): pass",
        "def f():\n    def test_inner(): pass",
        "x = 1",
        "    def help(self): pass",
        "@pytest.fixture\ndef test_client(): pass",
    ],
)
def test_what_is_no_test(known: MemoryStore, more: str) -> None:
    """Helpers, fixtures and local functions are no tests."""
    assert found(known, f"{TEXT}{more}\n") == ((), ())


@pytest.mark.parametrize(
    ("path", "before", "after", "expected"),
    [
        ("a.py", "def f(): pass\n", "def f():\n    '>>> f()'\n", True),
        ("a.py", "def f():\n    '>>> 1'\n", "def f():\n    '>>> 2'\n", True),
        ("a.py", "def f():\n    '>>> 1'\n", "def f():\n    '>>> 1'\n    pass\n", False),
        ("a.py", "def f():\n    '>>> 1'\n", "def f(): pass\n", False),
    ],
)
def test_new_doctests(path: str, before: str, after: str, expected: bool) -> None:
    """Where doctests are run, a file with a new docstring is given whole."""
    files = {path: before, "b.py": "'>>> 1'\n"}
    kept = store(Session(files, {"b.py::b": []}, doctests=["b.py::b"]))
    present = [RepoPath(path), RepoPath("b.py")]

    new = new_tests(
        present,
        {RepoPath("b.py")},
        frozenset(),
        {RepoPath(path): outline(after)},
        kept,
        TestNames(),
    )

    assert new == ((path,) if expected else (), ())


def test_custom_names(known: MemoryStore) -> None:
    """Where names follow other patterns, a file with any new definition is given whole."""
    names = TestNames(custom=True)

    assert found(known, f"{TEXT}def check(): pass\n", names) == ((KNOWN,), ())
    assert found(known, f"{TEXT}x = 1\n", names) == ((), ())


def test_unknown_files(known: MemoryStore) -> None:
    """A file that may hold tests is new, unless it was collected and held none."""
    empty = RepoPath("test_empty.py")
    present = [RepoPath(path) for path in ("test_b.py", "b.py", empty, KNOWN)]

    one = new_tests(present, {KNOWN}, frozenset({empty}), {}, known, TestNames())
    two = new_tests(present, {KNOWN}, frozenset({empty}), {empty: outline("")}, known, TestNames())

    assert one == (("test_b.py",), ())
    assert two == (("test_b.py", empty), ())


@pytest.mark.parametrize(
    ("path", "names", "expected"),
    [
        ("test_a.py", TestNames(), True),
        ("a/b_test.py", TestNames(), True),
        ("a.py", TestNames(), False),
        ("test_a.txt", TestNames(), False),
        ("check_a.py", TestNames(files=("check_*.py",)), True),
        ("a/test_a.py", TestNames(folders=(RepoPath("a"),)), True),
        ("ab/test_a.py", TestNames(folders=(RepoPath("a"),)), False),
        ("a/test_a.py", TestNames(folders=(RepoPath("a/test_a.py"),)), True),
    ],
)
def test_test_files(path: str, names: TestNames, expected: bool) -> None:
    """A test file has a name of the patterns and stands where pytest looks."""
    assert is_test_file(RepoPath(path), names) is expected
