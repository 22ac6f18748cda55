"""Judging: what must run, what is missed, what cannot be missed."""

import pytest

from benchmarks.judge import Lines, Run, judge, read_outcome_lines

BASE = {"t.py::a": "passed", "t.py::b": "passed", "d/u.py::c": "passed"}


def run(outcomes: dict[str, str], collection: dict[str, str] | None = None, status: int = 0) -> Run:
    """Make a run that took no time."""
    return Run(status, outcomes, collection or {}, (), 0.0)


@pytest.mark.parametrize(
    ("full", "impacted", "missed"),
    [
        (run(BASE | {"t.py::a": "call failed"}), run({}), ["t.py::a"]),
        (run(BASE | {"t.py::a": "setup skipped"}), run({"t.py::b": "passed"}), ["t.py::a"]),
        (run(BASE | {"t.py::new": "passed"}), run({}), ["t.py::new"]),
        # The file cannot be collected, and the impacted run does not say so.
        (run({"d/u.py::c": "passed"}, {"t.py": "failed"}, 1), run({}), ["t.py::a", "t.py::b"]),
        (
            run({"t.py::a": "passed", "t.py::b": "passed"}, {"d": "failed"}, 1),
            run({}, {"t.py": "failed"}, 1),
            ["d/u.py::c"],
        ),
        # Nobody could run anything, and the impacted run was silent.
        (run({}, status=4), run({}), sorted(BASE)),
        (run({"t.py::a": "passed"}, status=-11), run({}), ["d/u.py::c", "t.py::b"]),
    ],
)
def test_what_is_missed(full: Run, impacted: Run, missed: list[str]) -> None:
    """A test that must run and neither ran nor had its collection reported is missed."""
    assert list(judge(BASE, (), full, impacted).missed) == missed


@pytest.mark.parametrize(
    ("full", "impacted"),
    [
        (run(BASE), run({})),
        (run(BASE | {"t.py::a": "call failed"}), run({"t.py::a": "call failed"})),
        # Removed by the edit: no selector can run it.
        (run({"t.py::b": "passed", "d/u.py::c": "passed"}), run({})),
        (run({"d/u.py::c": "passed"}, {"t.py": "failed"}, 1), run({}, {"t.py": "failed"}, 1)),
        (run({}, status=4), run({}, status=4)),
    ],
)
def test_what_is_not_missed(full: Run, impacted: Run) -> None:
    """Run, reported, removed or broken in both runs: not missed."""
    assert judge(BASE, (), full, impacted).missed == ()


def test_a_session_that_dies_between_tests() -> None:
    """What it was about to run is neither missed nor gone."""
    full = Run(1, {"t.py::a": "call failed"}, {}, (), 0.0, chosen=frozenset(BASE))
    impacted = Run(1, {}, {}, (), 0.0, chosen=frozenset({"t.py::a"}))

    judgement = judge(BASE, (), full, impacted)

    assert (judgement.must, judgement.missed, judgement.gone) == (("t.py::a",), (), ())


def test_flaky_tests_are_not_judged() -> None:
    """A flaky test neither must run nor can be missed."""
    full = run(BASE | {"t.py::a": "call failed"})

    judgement = judge(BASE, ("t.py::a",), full, run({}))

    assert (judgement.must, judgement.missed) == ((), ())


def test_a_test_that_passes_when_selected_and_fails_in_the_full_run_is_told() -> None:
    """The impacted run may run a test and see something else than the full run."""
    full = run(BASE | {"t.py::a": "call failed"})

    assert judge(BASE, (), full, run({"t.py::a": "passed"})).differing == ("t.py::a",)


def test_lines_become_one_word_per_test() -> None:
    """The worst report of each phase counts, a cut last line does not."""
    lines = [
        '{"id": "a", "when": "setup", "outcome": "passed"}',
        '{"id": "a", "when": "call", "outcome": "failed"}',
        '{"id": "a", "when": "call", "outcome": "passed"}',
        '{"id": "a", "when": "teardown", "outcome": "passed"}',
        '{"id": "b", "when": "setup", "outcome": "passed"}',
        '{"chosen": ["a", "b"]}',
        '{"collect": "t.py", "outcome": "failed", "why": ""}',
        '{"exit": 1, "outside": ["m"]}',
        '{"id": "c", "wh',
    ]

    assert read_outcome_lines(lines) == Lines(
        {"a": "call failed", "b": "unfinished"},
        {"t.py": "failed"},
        ("m",),
        is_finished=True,
        chosen=frozenset({"a", "b"}),
    )
