"""Owners get the tests that depend on them."""

from dataclasses import replace

import pytest
from pyroaring import BitMap
from tests.unit.builders import places
from tests.unit.fakes import Session

from impact_select.mapping.assemble import Evidence, assemble, merge_runs, with_failures
from impact_select.model.ids import Blob, RepoPath, TestId
from impact_select.model.recorded import (
    Outcome,
    OwnerKey,
    OwnerKind,
    OwnerRecord,
    Read,
    ReadKind,
    RecordedRun,
    TestRecord,
)

FILES = {
    "conftest.py": "import help\n",
    "help.py": "x = 1\n",
    "tests/conftest.py": "y = 1\n",
    "tests/test_a.py": "import app\ndef test_a(): pass\ndef test_b(): pass\n",
    "test_c.py": "def test_c(): pass\n",
    "app/__init__.py": "",
    "app/core.py": "from app import base\ndef f():\n    import app.late\n    return 1\n",
    "app/base.py": "z = 1\n",
    "app/late.py": "w = 1\n",
}
A, B, C = "tests/test_a.py::test_a", "tests/test_a.py::test_b", "test_c.py::test_c"
SESSION = Session(FILES, {A: ["app/core.py::f"], B: [], C: []})


def assembled(run: RecordedRun, *doubtful: str) -> Evidence:
    """Assemble a run, of which some files changed meanwhile."""
    return assemble(run, frozenset(RepoPath(path) for path in doubtful))


def by_owner(evidence: Evidence) -> dict[str, set[str]]:
    """Give the last parts of the tests per owner's name."""
    return {
        key.name: those(evidence, dependents)
        for key, dependents in zip(evidence.owners, evidence.dependents, strict=True)
    }


def those(evidence: Evidence, numbers: BitMap) -> set[str]:
    """Give the last parts of some tests."""
    return {evidence.tests[number][0].rpartition("_")[2] for number in numbers}


def test_imports() -> None:
    """A test depends on what its file, its conftest files and the code that it ran import."""
    assert by_owner(assembled(SESSION.run())) == {
        A: {"a"},
        B: {"b"},
        C: {"c"},
        "tests/test_a.py": {"a", "b"},
        "test_c.py": {"c"},
        "tests/conftest.py": {"a", "b"},
        "conftest.py": {"a", "b", "c"},
        "help.py": {"a", "b", "c"},
        "app/__init__.py": {"a", "b"},
        "app/core.py": {"a"},
        "app/base.py": {"a"},
        "app/late.py": {"a"},
    }


def test_users_of_an_owner() -> None:
    """Who uses an owner has its evidence, and that of whatever it uses."""
    run = Session(FILES, {A: [], C: []}, shared={"db": (["app/core.py::f"], [C])}).run()

    found = by_owner(assembled(run))

    assert found["db"] == found["app/core.py"] == found["app/late.py"] == {"c"}


def test_owners_that_use_one_another() -> None:
    """A cycle of imports belongs to all that enter it."""
    files = {
        "a.py": "import b\n",
        "b.py": "import a\n",
        "test_a.py": "import a\ndef test_a(): pass\n",
        "test_b.py": "import b\ndef test_b(): pass\n",
    }
    found = by_owner(
        assembled(Session(files, {"test_a.py::test_a": [], "test_b.py::test_b": []}).run())
    )

    assert found["a.py"] == found["b.py"] == {"a", "b"}


def test_dynamic_imports() -> None:
    """A module that code asks for with a call belongs to those that ran the code."""
    session = replace(SESSION, dynamic={"app/core.py::f": ["help.py"]}, files={**FILES})
    files = {**FILES, "conftest.py": ""}

    assert by_owner(assembled(replace(session, files=files).run()))["help.py"] == {"a"}


def test_processes_of_a_place() -> None:
    """One that a library starts serves all who run the place; another one has its own users."""
    process = OwnerKey(OwnerKind.PROCESS, f"test:{A}")
    state = OwnerKey(OwnerKind.STATE, "state")
    place = (RepoPath("app/core.py"), 2)
    ran = {place[0]: BitMap([place[1]])}
    run = Session(FILES, {A: [], B: [], C: []}).run()
    owners = {
        **run.owners,
        process: OwnerRecord({}, frozenset(), frozenset()),
        state: OwnerRecord(ran, frozenset(), frozenset()),
        OwnerKey(OwnerKind.TEST, A): OwnerRecord({}, frozenset(), frozenset({process})),
        OwnerKey(OwnerKind.TEST, B): OwnerRecord(ran, frozenset(), frozenset()),
        OwnerKey(OwnerKind.TEST, C): OwnerRecord({}, frozenset(), frozenset({state})),
    }
    started = {place: frozenset({process})}
    shared = replace(run, owners=owners, shared_processes=started)
    own = replace(run, owners=owners, own_processes=started)

    assert by_owner(assembled(shared))[process.name] == {"a", "b", "c"}
    assert by_owner(assembled(own))[process.name] == {"a", "c"}


def test_a_file_that_two_processes_found_different() -> None:
    """Nobody knows which content such a file had."""
    path = RepoPath("app/core.py")
    one = SESSION.run()
    changed = replace(one.modules[path], blob=Blob("other"))
    two = replace(one, modules={path: changed})

    assert merge_runs([one, one]).modules[path].blob == one.modules[path].blob
    assert merge_runs([one, two]).modules[path].blob == ""


def test_owners_that_no_test_depends_on() -> None:
    """What no test depends on is left out."""
    run = Session(FILES, {C: []}, shared={"db": (["app/core.py::f"], [])}).run()

    assert set(by_owner(assembled(run))) == {C, "test_c.py", "conftest.py", "help.py"}


def test_traces() -> None:
    """Owners that ran the same units of a file share a trace."""
    evidence = assembled(Session(FILES, {A: ["app/core.py::f"], B: ["app/core.py::f"]}).run())
    traces = evidence.traces[RepoPath("app/core.py")]
    outline = SESSION.outlines[RepoPath("app/core.py")]

    found = {
        frozenset(
            places(outline, [unit for unit in BitMap.deserialize(units) if unit < outline.loaded])
        ): {evidence.owners[owner].name for owner in owners}
        for units, owners in traces.items()
    }

    assert found == {
        frozenset({"block f"}): {A, B},
        frozenset({"import base", "signature f"}): {"app/core.py"},
    }


def test_inputs_of_code() -> None:
    """An input counts for the owner that read it, and for all that ran the code that asked."""
    read = Read(RepoPath("data.json"), ReadKind.CONTENT)
    session = replace(
        SESSION,
        ran={A: ["app/core.py::f"], B: ["app/core.py::f"], C: []},
        reads={A: [read]},
        asked={"app/core.py::f": [read]},
    )
    evidence = assembled(session.run())

    assert {evidence.owners[owner].name for owner in evidence.reads[read]} == {A, B}


def test_inputs_that_code_reads_each_time() -> None:
    """An input that is read afresh counts for who read it, and for who finds what was read."""
    read = Read(RepoPath("data.json"), ReadKind.CONTENT)
    state = OwnerKey(OwnerKind.STATE, "kept")
    session = replace(
        SESSION,
        ran={A: ["app/core.py::f"], B: ["app/core.py::f"], C: []},
        reads={A: [read]},
        asked_afresh={"app/core.py::f": [read]},
    )
    run = session.run()
    finding = OwnerKey(OwnerKind.TEST, C)
    filled = run.owners[OwnerKey(OwnerKind.TEST, A)].units
    added = {
        state: OwnerRecord(filled, frozenset(), frozenset()),
        finding: replace(run.owners[finding], uses=frozenset({state})),
    }
    run = replace(run, owners={**run.owners, **added})
    evidence = assembled(run)

    assert {evidence.owners[owner].name for owner in evidence.reads[read]} == {A, "kept"}


def test_inputs_that_a_recording_made_itself() -> None:
    """What code asked for and no owner kept as an input is none."""
    read = Read(RepoPath("made.json"), ReadKind.CONTENT)
    session = replace(SESSION, asked={"app/core.py::f": [read]})

    assert assembled(session.run()).reads == {}


def test_missing_imports() -> None:
    """A module that was looked for in vain counts for those that ran the code."""
    session = replace(SESSION, missing={"app/core.py::f": ["fast", "faster"]})
    evidence = assembled(session.run())

    assert {
        name: {evidence.owners[owner].name for owner in owners}
        for name, owners in evidence.missing_imports.items()
    } == {"fast": {A}, "faster": {A}}


def test_fixtures() -> None:
    """A fixture's name counts for the tests that request it."""
    evidence = assembled(replace(SESSION, requests={A: ("db", "tmp"), C: ("db",)}).run())

    found = {name: those(evidence, users) for name, users in evidence.fixtures.items()}

    assert found == {"db": {"a", "c"}, "tmp": {"a"}}


def test_distributions() -> None:
    """A distribution counts for those that import it or one that requires it."""
    session = replace(
        SESSION,
        foreign={"app/core.py": ["lib"], "help.py": ["tool"]},
        distributions={"lib": "1", "base": "1", "tool": "1", "apart": "1"},
        requires={"lib": ["base"], "base": ["lib"]},
    )
    evidence = assembled(session.run())

    found = {name: those(evidence, users) for name, users in evidence.distributions.items()}

    assert found == {"lib": {"a"}, "base": {"a"}, "tool": {"a", "b", "c"}}


def test_distributions_that_nobody_imports() -> None:
    """A distribution in memory that no project code imports counts for all tests."""
    run = replace(
        replace(SESSION, distributions={"plugin": "1", "apart": "1"}).run(),
        loaded_distributions=frozenset({"plugin"}),
    )
    evidence = assembled(run)

    assert evidence.distributions == {"plugin": BitMap([0, 1, 2])}


@pytest.mark.parametrize(
    ("doubtful", "expected"),
    [
        ("app/core.py", {B, C}),
        ("app/base.py", {B, C}),
        ("tests/test_a.py", {C}),
        ("help.py", set()),
        ("data.json", {A, B}),
        ("other.json", {A, B, C}),
    ],
)
def test_files_that_changed_meanwhile(doubtful: str, expected: set[str]) -> None:
    """Nothing is known of the tests that depend on such a file, so they are left out."""
    reads = {C: [Read(RepoPath("data.json"), ReadKind.CONTENT)]}
    evidence = assembled(replace(SESSION, reads=reads).run(), doubtful)

    assert {test for test, _ in evidence.tests} == expected
    assert set().union(*by_owner(evidence).values()) == {test[-1] for test in expected}


# -- several processes ------------------------------------------------------------------------


def test_two_processes() -> None:
    """What two processes recorded adds up to what one would have."""
    one = Session(FILES, {A: ["app/core.py::f"]}).run()
    two = Session(FILES, {B: [], C: []}).run()

    assert assembled(merge_runs([one, two])) == assembled(SESSION.run())


def test_an_owner_of_two_processes() -> None:
    """An owner that several processes had did all of it."""
    key = OwnerKey(OwnerKind.FIXTURE, "db")
    path = RepoPath("a.py")
    reads = [Read(RepoPath(name), ReadKind.CONTENT) for name in ("x", "y")]
    runs = [
        replace(
            Session({}, {}).run(),
            owners={
                key: OwnerRecord(
                    {path: BitMap([number])}, frozenset({reads[number]}), frozenset({key})
                )
            },
        )
        for number in (0, 1)
    ]

    merged = merge_runs(runs).owners[key]

    assert merged == OwnerRecord({path: BitMap([0, 1])}, frozenset(reads), frozenset({key}))
    assert [run.owners[key].units[path] for run in runs] == [BitMap([0]), BitMap([1])]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_test_that_failed_in_one_process(order: tuple[int, int]) -> None:
    """A test that ran twice failed when it failed once."""
    runs = [SESSION.run(), replace(SESSION, failed=[A]).run()]

    merged = merge_runs(runs[number] for number in order)

    assert merged.tests[TestId(A)].outcome is Outcome.FAILED
    assert merged.tests[TestId(B)].outcome is Outcome.PASSED


def test_one_process() -> None:
    """A single run stays as it is."""
    run = SESSION.run()

    assert merge_runs([run]) is run


@pytest.mark.parametrize(("prefix", "path"), [("", "test_x.py"), ("sub/dir", "sub/dir/test_x.py")])
def test_tests_that_crashed(prefix: str, path: str) -> None:
    """A test that is only known to have failed is a failed test of its file."""
    test = TestId("test_x.py::test_x[a::b]")
    run = with_failures(SESSION.run(), [test], prefix)

    assert run.tests[test] == TestRecord(
        Outcome.FAILED, 0.0, (), RepoPath(path), "", reads_docs=False
    )
    assert test in dict(assembled(run).tests)


def test_a_test_that_crashed_after_it_ran() -> None:
    """What a crashed test ran before is kept."""
    run = with_failures(SESSION.run(), [TestId(A)], "")

    assert run.tests[TestId(A)].outcome is Outcome.FAILED
    assert by_owner(assembled(run))["app/core.py"] == {"a"}
