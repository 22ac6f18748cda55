"""The choice among known tests, over several recordings and circumstances."""

from dataclasses import replace

import pytest
from tests.unit.fakes import (
    HERE,
    MemoryStore,
    Session,
    affected_in,
    edited,
    here,
    select,
    store,
)

from impact_select.config import Settings
from impact_select.model.ids import RepoPath, TestId
from impact_select.model.recorded import OPAQUE_READ, Read, ReadKind
from impact_select.model.selection import Cause, Fallback, RetestAll, Selection, Subset

FILES = {
    "one.py": "def f():\n    return 1\n",
    "two.py": "import lib\n\n\ndef g():\n    return 2\n",
    "test_one.py": "import one\ndef test_one(): one.f()\n",
    "test_two.py": "import two\ndef test_two(): two.g()\n",
}
ONE, TWO = TestId("test_one.py::test_one"), TestId("test_two.py::test_two")
RAN = {ONE: ["one.py::f"], TWO: ["two.py::g"]}
SESSION = Session(
    FILES,
    RAN,
    foreign={"two.py": ["lib"]},
    distributions={"lib": "1", "tool": "1"},
    settings="a",
    requirements={"requirements.txt": {"lib": "==1"}},
)
NOW = here(
    replace(HERE, distributions={"lib": "1", "tool": "1"}),
    pytest_settings="a",
    requirements={"requirements.txt": {"lib": "==1"}},
)
OTHER = edited(FILES, {"one.py": ("return 1", "return 3")})


def subset(selection: Selection) -> Subset:
    """Take a selection for a subset."""
    assert isinstance(selection, Subset)
    return selection


# -- when nothing is known --------------------------------------------------------------------


def test_an_empty_map() -> None:
    """Without a recording all tests run."""
    selection = select(MemoryStore(), FILES)

    assert selection == RetestAll((Fallback("no-recording", "the map holds no recording yet"),))


@pytest.mark.parametrize(
    "environment",
    [replace(HERE, python="cpython 3.12"), replace(HERE, platform="darwin-arm64")],
)
def test_another_interpreter(environment: object) -> None:
    """A recording of another interpreter or platform proves nothing here."""
    selection = select(store(replace(SESSION, environment=environment)), FILES)

    assert isinstance(selection, RetestAll)
    assert [fallback.slug for fallback in selection.fallbacks] == ["other-interpreter"]


def test_recordings_of_other_interpreters_beside_ours() -> None:
    """A recording that was made elsewhere is left aside."""
    elsewhere = replace(SESSION, environment=replace(HERE, python="cpython 3.12"), at=5)
    failed = replace(elsewhere, failed=[ONE])

    assert affected_in(store(SESSION, failed), FILES, circumstances=NOW) == set()


# -- circumstances ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("circumstances", "expected"),
    [
        pytest.param(replace(NOW, pytest_settings={"head": "b"}), {ONE, TWO}, id="settings"),
        pytest.param(
            replace(NOW, environment=replace(HERE, distributions={"lib": "2", "tool": "1"})),
            {TWO},
            id="upgraded",
        ),
        pytest.param(
            replace(NOW, environment=replace(HERE, distributions={"tool": "1"})),
            {TWO},
            id="uninstalled",
        ),
        pytest.param(
            replace(NOW, environment=replace(HERE, distributions={"lib": "1", "tool": "2"})),
            set(),
            id="upgraded-that-no-test-imports",
        ),
        pytest.param(
            replace(NOW, environment=replace(NOW.environment, variables={"TZ": "x"})),
            {ONE, TWO},
            id="variable",
        ),
        pytest.param(
            replace(NOW, requirements={"head": {RepoPath("requirements.txt"): {"lib": ">=2"}}}),
            {TWO},
            id="requirement",
        ),
        pytest.param(
            replace(NOW, requirements={"head": {RepoPath("requirements.txt"): {"lib": ">=1"}}}),
            set(),
            id="requirement-that-is-met",
        ),
        pytest.param(replace(NOW, requirements={"head": {}}), {TWO}, id="requirement-gone"),
        pytest.param(NOW, set(), id="as-recorded"),
    ],
)
def test_other_circumstances(circumstances: object, expected: set[str]) -> None:
    """What is installed concerns those that import it; settings and variables concern all."""
    assert affected_in(store(SESSION), FILES, circumstances=circumstances) == expected


def test_a_distribution_that_is_new() -> None:
    """A new distribution may be what somebody looked for in vain."""
    session = replace(SESSION, missing={"one.py::f": ["fast"]})
    now = replace(
        NOW, environment=replace(HERE, distributions={"lib": "1", "tool": "1", "fast": "1"})
    )

    assert affected_in(store(session), FILES, circumstances=now) == {ONE}


def test_a_distribution_that_another_one_requires() -> None:
    """A distribution concerns the tests whose imports need it, directly or not."""
    session = replace(SESSION, requires={"lib": ["tool"]})
    now = replace(NOW, environment=replace(HERE, distributions={"lib": "1", "tool": "2"}))

    assert affected_in(store(session), FILES, circumstances=now) == {TWO}


# -- several recordings -----------------------------------------------------------------------


def test_going_back_to_a_recorded_state() -> None:
    """A state that was recorded before needs nothing, whatever was recorded since."""
    kept = store(SESSION, replace(SESSION, files=OTHER, at=1))

    assert affected_in(kept, FILES, circumstances=NOW) == set()
    assert affected_in(kept, OTHER, circumstances=NOW) == set()


def test_a_partial_recording() -> None:
    """A test that was selected and did not run stays selected."""
    other = edited(OTHER, {"two.py": ("return 2", "return 4")})
    partial = Session(other, {ONE: RAN[ONE]}, at=1, **_circumstances())

    assert affected_in(store(SESSION), other, circumstances=NOW) == {ONE, TWO}
    assert affected_in(store(SESSION, partial), other, circumstances=NOW) == {TWO}


def _circumstances() -> dict[str, object]:
    return {
        "foreign": SESSION.foreign,
        "distributions": SESSION.distributions,
        "settings": SESSION.settings,
        "requirements": SESSION.requirements,
    }


def test_each_recording_is_compared_with_its_own_state() -> None:
    """A change that came and went between recordings affects nobody."""
    back = Session(FILES, {TWO: RAN[TWO]}, at=2, **_circumstances())
    kept = store(SESSION, replace(SESSION, files=OTHER, at=1), back)

    assert affected_in(kept, FILES, circumstances=NOW) == set()


def test_failed_tests() -> None:
    """A test that failed when it last ran is selected, until it passed."""
    failed = replace(SESSION, failed=[ONE])
    passed = replace(SESSION, at=1)

    selection = subset(select(store(failed), FILES, circumstances=NOW))
    assert selection.affected == {ONE: (Cause("failed", "it failed when it last ran"),)}
    assert affected_in(store(failed, passed), FILES, circumstances=NOW) == set()
    assert affected_in(store(passed, replace(failed, at=2)), FILES, circumstances=NOW) == {ONE}


def test_a_failure_in_another_state() -> None:
    """A failure is forgotten in a state in which the test is known to pass."""
    failed = replace(SESSION, files=OTHER, failed=[ONE], at=1)

    assert affected_in(store(SESSION, failed), FILES, circumstances=NOW) == set()


# -- against a base ---------------------------------------------------------------------------


def test_a_base() -> None:
    """A test is left out when one recording holds for the base and for the head."""
    both = edited(OTHER, {"two.py": ("return 2", "return 4")})
    kept = store(SESSION)

    assert affected_in(kept, OTHER, base=FILES, circumstances=NOW) == {ONE}
    assert affected_in(kept, FILES, base=OTHER, circumstances=NOW) == {ONE}
    # What the base has and the head lacks differs too.
    assert affected_in(kept, both, base=OTHER, circumstances=NOW) == {ONE, TWO}


def test_a_base_that_is_the_head() -> None:
    """Without any difference only what failed is left to do."""
    kept = store(replace(SESSION, failed=[ONE]))

    assert affected_in(kept, OTHER, base=OTHER, circumstances=NOW) == {ONE}


def test_a_base_with_a_recording_of_its_own() -> None:
    """Recordings of either side alone do not make head and base alike."""
    kept = store(SESSION, replace(SESSION, files=OTHER, at=1))

    assert affected_in(kept, OTHER, base=FILES, circumstances=NOW) == {ONE}


# -- settings ---------------------------------------------------------------------------------


def test_always_run() -> None:
    """Tests that the configuration names run whatever changed."""
    for name in ("test_one.py", "test_one.py::", "*_one.py*"):
        settings = Settings(always_run=(name,))

        assert affected_in(store(SESSION), FILES, settings=settings, circumstances=NOW) == {ONE}


def test_run_all_on() -> None:
    """A file that the configuration names makes all tests run when it changes."""
    settings = Settings(run_all_on=("*.cfg",))
    files = {**FILES, "a.cfg": ""}

    selection = select(store(SESSION), files, settings=settings, circumstances=NOW)

    assert isinstance(selection, RetestAll)
    assert [fallback.slug for fallback in selection.fallbacks] == ["run-all-on"]


def test_ignore() -> None:
    """A file that the configuration ignores counts for nothing, not even for opaque tests."""
    session = replace(SESSION, reads={ONE: [OPAQUE_READ, Read(RepoPath(""), ReadKind.LISTING)]})
    files = {**FILES, "a.md": ""}
    settings = Settings(ignore=("*.md",))

    assert affected_in(store(session), files, circumstances=NOW) == {ONE}
    assert affected_in(store(session), files, settings=settings, circumstances=NOW) == set()


# -- what else the answer holds ---------------------------------------------------------------


def test_unread_files() -> None:
    """The answer names the changed files that no test looks at."""
    files = edited(FILES, {"one.py": ("return 1", "return 3"), "README.md": "Read."})

    assert subset(select(store(SESSION), files, circumstances=NOW)).unread == ("README.md",)


def test_new_tests() -> None:
    """The answer names files and functions that may hold tests which the map does not know."""
    files = edited(
        FILES,
        {
            "test_new.py": "def test_new(): pass",
            "test_one.py": "import one\ndef test_one(): one.f()\ndef test_more(): pass\n",
        },
    )

    selection = subset(select(store(SESSION), files, circumstances=NOW))

    assert selection.new_files == ("test_new.py",)
    assert selection.new_tests == ("test_one.py::test_more",)


def test_tests_that_are_gone() -> None:
    """A test that is no more is neither selected nor left out for good."""
    files = edited(FILES, {"test_one.py": "import one\n", "test_two.py": None})

    selection = subset(select(store(SESSION), files, circumstances=NOW))

    assert selection.affected == {}


@pytest.mark.parametrize(
    ("source", "gone"),
    [
        ("def test_a(): pass", False),
        ("from m import test_a", False),
        ("from m import *", False),
        ("test_a = make()", False),
        ("def test_b(): pass", True),
    ],
)
def test_whether_a_test_is_gone(source: str, gone: bool) -> None:
    """A test stays as long as its name may still be bound in its file."""
    files = {"test_a.py": "def test_a(): pass\n"}
    kept = store(Session(files, {"test_a.py::test_a": []}, failed=["test_a.py::test_a"]))

    found = affected_in(kept, {"test_a.py": f"{source}\n"})

    assert found == (set() if gone else {"test_a.py::test_a"})


@pytest.mark.parametrize(
    ("source", "gone"),
    [
        ("class TestC:\n    def test_a(self): pass", False),
        ("class TestC(Base):\n    pass", False),
        ("class TestC:\n    pass", True),
        ("class TestD(Base):\n    pass", True),
        ("if x:\n    class TestC:\n        pass\nclass TestC:\n    def test_a(self): pass", False),
    ],
)
def test_whether_a_method_is_gone(source: str, gone: bool) -> None:
    """A test method may be inherited where its class has a base."""
    test = "test_a.py::TestC::test_a"
    files = {"test_a.py": "class TestC:\n    def test_a(self): pass\n"}
    kept = store(Session(files, {test: []}, failed=[test]))

    assert affected_in(kept, {"test_a.py": f"{source}\n"}) == (set() if gone else {test})


def test_renewed_parameters() -> None:
    """Variants are named by their function when none of them is left out."""
    files = {
        "one.py": "def f():\n    return 1\n",
        "test_a.py": "import one\ndef test_a(x): pass\ndef test_b(x): pass\n",
    }
    tests = ["test_a.py::test_a[1]", "test_a.py::test_a[2]", "test_a.py::test_b[1]"]
    ran = {tests[0]: ["one.py::f"], tests[1]: ["one.py::f"], tests[2]: []}
    kept = store(Session({**files}, {**ran, "test_a.py::test_b[2]": ["one.py::f"]}))

    selection = subset(select(kept, edited(files, {"one.py": ("return 1", "return 2")})))

    assert set(selection.affected) == {*tests[:2], "test_a.py::test_b[2]"}
    assert selection.renewed == set(tests[:2])


def test_saved_time() -> None:
    """What is saved is the recorded duration of the tests that are left out."""
    assert subset(select(store(SESSION), OTHER, circumstances=NOW)).saved_s == 1.0


def test_the_number_of_causes() -> None:
    """A report stays readable: of many causes a few are kept, each once."""
    source = "".join(f"def f{index}():\n    return 1\n" for index in range(9))
    session = Session(
        {"one.py": source, "test_a.py": "import one\ndef test_a(): pass\n"},
        {"test_a.py::test_a": [f"one.py::f{index}" for index in range(9)]},
    )

    files = edited(session.files, {"one.py": source.replace("1\n", "2\n")})
    (causes,) = subset(select(store(session), files)).affected.values()

    assert len(causes) == len(set(causes)) == 5
