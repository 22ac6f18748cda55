"""A selection becomes arguments for pytest."""

import pytest

from impact_select.model.ids import RepoPath, TestId
from impact_select.model.selection import Cause, Fallback, RetestAll, Subset
from impact_select.report.node_ids import ALL, NONE, arguments, lines, shell_words

CAUSE = Cause("block-changed", "a.py::f block-changed")


def subset(
    *affected: str,
    renewed: tuple[str, ...] = (),
    new_files: tuple[str, ...] = (),
    new_tests: tuple[str, ...] = (),
) -> Subset:
    """Give a subset of tests."""
    return Subset(
        affected={TestId(test): (CAUSE,) for test in affected},
        unaffected=frozenset({TestId("test_z.py::test_z")}),
        renewed=frozenset(TestId(test) for test in renewed),
        new_files=tuple(RepoPath(path) for path in new_files),
        new_tests=new_tests,
        unread=(),
        saved_s=0.0,
    )


def given(selection: Subset | RetestAll, *, as_words: bool = False) -> list[str]:
    """Give the arguments for a selection, each of which is relative to where it is."""
    return arguments(selection, {}, as_words=as_words)


def test_all() -> None:
    """All tests are an option, so that nothing is left out where the plugin is missing."""
    assert given(RetestAll((Fallback("no-map", "there is none"),))) == [ALL]


def test_none() -> None:
    """No test is an option too: pytest without arguments runs everything."""
    assert given(subset()) == [NONE]


def test_tests() -> None:
    """Affected tests come first, then new files, then new tests, each once."""
    selection = subset(
        "test_a.py::test_a",
        "test_a.py::TestC::test_b[1-x]",
        new_files=("test_new.py",),
        new_tests=("test_a.py::test_new", "test_a.py::test_a"),
    )

    assert given(selection) == [
        "test_a.py::test_a",
        "test_a.py::TestC::test_b[1-x]",
        "test_new.py",
        "test_a.py::test_new",
    ]


def test_files_under_the_names_that_pytest_gives_them() -> None:
    """A file is named relative to pytest's root, which may lie below the repository's top."""
    selection = subset(new_files=("sub/test_a.py", "sub/test_b.py"))

    found = arguments(selection, {RepoPath("sub/test_a.py"): "test_a.py"})

    assert found == ["test_a.py", "sub/test_b.py"]


def test_renewed_variants() -> None:
    """A function stands for its variants when all of them run, and for new ones with them."""
    variants = ("test_a.py::test_a[1]", "test_a.py::test_a[b::c]", "test_a.py::test_b[1]")

    assert given(subset(*variants, renewed=variants[:2])) == [
        "test_a.py::test_a",
        "test_a.py::test_b[1]",
    ]


@pytest.mark.parametrize(
    ("tests", "new_files", "expected"),
    [
        (("t/test_a.py::test_a",), ("t/test_a.py",), ["t/test_a.py"]),
        (("test_a.py::TestC::test_a[1]", "test_a.py::TestC"), (), ["test_a.py::TestC"]),
        (("test_a.py::test_a[1]", "test_a.py::test_a"), (), ["test_a.py::test_a"]),
        (
            ("test_a.py::test_a", "test_a.py::test_ab"),
            (),
            ["test_a.py::test_a", "test_a.py::test_ab"],
        ),
        (("test_a.py::test_a",), ("test_ab.py",), ["test_a.py::test_a", "test_ab.py"]),
        (
            ("test_a.py::test_a[x]", "test_a.py::test_a[x[1]]"),
            (),
            ["test_a.py::test_a[x]", "test_a.py::test_a[x[1]]"],
        ),
    ],
)
def test_what_another_argument_covers(
    tests: tuple[str, ...], new_files: tuple[str, ...], expected: list[str]
) -> None:
    """A test that a given file, class or function stands for is not given again."""
    assert given(subset(*tests, new_files=new_files)) == expected


@pytest.mark.parametrize(
    ("test", "in_lines", "in_words"),
    [
        ("test_a.py::test_a[b c]", "test_a.py::test_a[b c]", "test_a.py::test_a"),
        ("test_a.py::test_a[b\tc]", "test_a.py::test_a[b\tc]", "test_a.py::test_a"),
        ("test_a.py::test_a[b\nc]", "test_a.py::test_a", "test_a.py::test_a"),
        ("test_a.py::test_a[b\x0cc]", "test_a.py::test_a", "test_a.py::test_a"),
        ("test_a.py::test_a[\u2028]", "test_a.py::test_a", "test_a.py::test_a"),
        ("a b/test_a.py::test_a", "a b/test_a.py::test_a", ALL),
        ("t/a b/test_a.py::test_a", "t/a b/test_a.py::test_a", "t"),
        ("t/test a.py::test_a[1]", "t/test a.py::test_a[1]", "t"),
        ("t/test_a[1].py::test_a", "t", "t"),
        ("test_a[1].py::test_a", ALL, ALL),
        ("t/a\nb/test_a.py::test_a", "t", "t"),
        ("a.txt::a b.txt", "a.txt::a b.txt", "a.txt"),
        ("-x/test_a.py::test_a", "./-x/test_a.py::test_a", "./-x/test_a.py::test_a"),
        ("@x/test_a.py::test_a", "./@x/test_a.py::test_a", "./@x/test_a.py::test_a"),
        ("test_a.py::test_a[é-$(x)]", "test_a.py::test_a[é-$(x)]", "test_a.py::test_a[é-$(x)]"),
    ],
)
def test_ids_that_would_not_arrive(test: str, in_lines: str, in_words: str) -> None:
    """What would be split on its way is given by something wider, never left out."""
    assert given(subset(test)) == [in_lines]
    assert given(subset(test), as_words=True) == [in_words]


def test_where_all_tests_are_wide_enough() -> None:
    """If one test can only be given by all tests, the others are among them."""
    assert given(subset("test_a.py::test_a", "a b/test_c.py::test_c"), as_words=True) == [ALL]


def test_paths_from_elsewhere() -> None:
    """Ids become relative to the folder in which pytest is going to be started."""
    found = arguments(
        subset("sub/test_a.py::test_a[x/y]"), {}, from_here=lambda path: path.removeprefix("sub/")
    )

    assert found == ["test_a.py::test_a[x/y]"]


def test_lines() -> None:
    """One argument a line is what pytest reads from a file."""
    assert lines(["a b", "c"]) == "a b\nc\n"


def test_shell_words() -> None:
    """On one line, each argument is quoted where a shell would split it."""
    assert shell_words(["a.py::test[b c]", "d"]) == "'a.py::test[b c]' d\n"
