"""Generated programs, edited step by step: no test is left out that a full run shows to change."""

import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.generated.edits import KINDS
from tests.generated.history import History, is_by_order, steps_of
from tests.generated.reduce import reduced
from tests.generated.runs import Runner, runner

EXAMPLES = 8
"""Histories. Chosen: with three steps each they take half a minute; `benchmarks.generated`
goes through thousands."""

edits = st.lists(st.sampled_from(KINDS), min_size=1, max_size=2).map(tuple)
histories = st.builds(
    History,
    seed=st.integers(0, 2**16),
    steps=st.lists(edits, min_size=2, max_size=3).map(tuple),
)


@pytest.fixture(scope="module")
def running() -> Iterator[Runner]:
    """Give a process that runs pytest."""
    with runner(sys.executable) as made:
        yield made


@settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=EXAMPLES,
    # Shrinking would make hundreds of histories; what is missed is made small as text.
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(history=histories)
def test_no_affected_test_is_left_out(running: Runner, history: History) -> None:
    """After each step of a history, every test that does something else was selected."""
    passed = []
    for step in steps_of(running, history):
        passed.append(step)
        missed = [test for test in step.missed if not is_by_order(running, step, test)]
        if missed:
            versions = [*(one.before.files for one in passed), step.after.files]
            small = reduced(running, versions, missed[0])
            pytest.fail(f"{missed} left out by {step.after.told}: {small}", pytrace=False)
