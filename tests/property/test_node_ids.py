"""Laws of what is handed to pytest."""

from hypothesis import given
from hypothesis import strategies as st

from impact_select.model.ids import RepoPath, TestId
from impact_select.model.selection import Cause, Subset
from impact_select.report.node_ids import ALL, NONE, arguments

_folders = st.sampled_from(["", "t/", "t/u/", "a b/", "-x/", "t[1]/"])
_files = st.sampled_from(["test_a.py", "test_b.py", "test c.py"])
_inside = st.sampled_from(
    ["test_a", "test_a[1]", "test_a[2 3]", "test_a[\n]", "TestC::test_b", "TestC::test_b[x]"]
)
tests = st.sets(st.builds("{}{}::{}".format, _folders, _files, _inside), max_size=8)
files = st.sets(st.builds("{}{}".format, _folders, _files), max_size=3)


def covers(argument: str, test: str) -> bool:
    """Tell whether pytest runs a test for an argument."""
    argument = argument.removeprefix("./")
    return (
        argument == ALL
        or test == argument
        or test.startswith((f"{argument}/", f"{argument}::", f"{argument}["))
    )


@given(tests, files, st.booleans(), st.data())
def test_everything_selected_is_covered(
    affected: set[str], new_files: set[str], as_words: bool, data: st.DataObject
) -> None:
    """Every selected test and file is given, or something that it is part of; nothing is none."""
    renewed = data.draw(st.sets(st.sampled_from(sorted(affected)))) if affected else set()
    selection = Subset(
        affected={TestId(test): (Cause("k", "c"),) for test in affected},
        unaffected=frozenset(),
        renewed=frozenset(TestId(test) for test in renewed),
        new_files=tuple(RepoPath(path) for path in new_files),
        new_tests=(),
        unread=(),
        saved_s=0.0,
    )

    found = arguments(selection, {}, as_words=as_words)

    assert found
    assert (found == [NONE]) == (not affected and not new_files)
    for test in affected | new_files:
        assert any(covers(argument, test) for argument in found)
    if as_words:
        assert all(len(argument.split()) == 1 for argument in found)
