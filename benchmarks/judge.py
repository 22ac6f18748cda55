"""Which tests an edit affects, and which of these a selection left out.

Terms: the base run is the full run before the edit, the full run is the one after it,
the impacted run is a selection of tests after it, by impact or another tool. A test
*must* run when its outcome differs between base and full run, when it is new, or when
its file cannot be collected any more. A must test is *missed* when the impacted run
neither ran it nor reported the failed collection that takes it away; one that it was about
to run when its session died (of an exception outside of the tests) is not missed. Tests
that the edit removed cannot be missed: a selector cannot run them either. When a session
breaks as a whole, in both runs, then whoever looks at the impacted run sees it, and nothing
is missed.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

WORST_FIRST = ("failed", "xpassed", "xfailed", "skipped", "passed")
WHOLE_SESSION_STATUSES = frozenset({0, 1, 5})
"""Exit statuses of a session that went to its end: passed, tests failed, no tests."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one pytest run did.

    Attributes:
        outcomes: Test to a word for its outcome over set-up, call and teardown.
        collection: Collector's node id to "failed" or "skipped".
        outside: Modules loaded from the checkout that was copied, not from the copy.
        is_finished: Whether pytest came to the end of its session.
        chosen: What it was about to run; a session that dies does not come to all of it.
    """

    exit_status: int
    outcomes: Mapping[str, str]
    collection: Mapping[str, str]
    outside: tuple[str, ...]
    duration_s: float
    is_finished: bool = True
    is_timed_out: bool = False
    tail: str = ""
    chosen: frozenset[str] = frozenset()

    @property
    def is_broken(self) -> bool:
        """Tell whether the session ended before its tests could, crash included."""
        return not self.is_finished or self.exit_status not in WHOLE_SESSION_STATUSES


@dataclass(frozen=True, slots=True)
class Lines:
    """What the plugin wrote; the fields are those of Run."""

    outcomes: Mapping[str, str]
    collection: Mapping[str, str]
    outside: tuple[str, ...]
    is_finished: bool
    chosen: frozenset[str]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of the tests of one edit.

    Attributes:
        gone: Tests of the base that the edit removed or renamed.
        differing: Tests that the impacted run ran with another outcome than the full run.
    """

    must: tuple[str, ...]
    missed: tuple[str, ...]
    gone: tuple[str, ...]
    differing: tuple[str, ...]


def judge(base: Mapping[str, str], flaky: Iterable[str], full: Run, impacted: Run) -> Judgement:
    """Compare an impacted run with what the full run showed.

    Args:
        base: Outcomes before the edit.
        flaky: Tests whose outcome says nothing.
        full: Every test, after the edit.
        impacted: The selection, after the edit.
    """
    unstable = frozenset(flaky)
    must: list[str] = []
    gone: list[str] = []
    missed: list[str] = []
    for test in sorted({*base, *full.outcomes} - unstable):
        after = full.outcomes.get(test)
        if after == base.get(test):
            continue
        collectors = collectors_above(test, full.collection)
        if after is None and not collectors and not full.is_broken:
            if test not in full.chosen:
                gone.append(test)
            continue
        must.append(test)
        reported = collectors & collectors_above(test, impacted.collection)
        is_seen_broken = full.is_broken and impacted.is_broken
        is_tried = test in impacted.outcomes or test in impacted.chosen
        if not is_tried and not reported and not is_seen_broken:
            missed.append(test)
    differing = (
        test
        for test, outcome in impacted.outcomes.items()
        if test not in unstable and full.outcomes.get(test, outcome) != outcome
    )
    return Judgement(tuple(must), tuple(missed), tuple(gone), tuple(sorted(differing)))


def collectors_above(test: str, collection: Mapping[str, str]) -> frozenset[str]:
    """Give the collectors without success that hold a test, by their node ids."""
    return frozenset(
        collector
        for collector in collection
        if not collector or collector == "." or test.startswith((f"{collector}/", f"{collector}::"))
    )


def read_outcome_lines(lines: Iterable[str]) -> Lines:
    """Read what the plugin wrote."""
    phases: dict[str, dict[str, str]] = {}
    collection: dict[str, str] = {}
    outside: tuple[str, ...] = ()
    is_finished = False
    chosen: frozenset[str] = frozenset()
    for line in lines:
        try:
            values = json.loads(line)
        except ValueError:
            continue  # The last line of a killed run.
        if "id" in values:
            known = phases.setdefault(values["id"], {})
            before = known.get(values["when"], "passed")
            known[values["when"]] = min(before, values["outcome"], key=WORST_FIRST.index)
        elif "collect" in values:
            collection[values["collect"]] = values["outcome"]
        elif "chosen" in values:
            chosen = frozenset(values["chosen"])
        else:
            outside, is_finished = tuple(values["outside"]), True
    outcomes = {test: _word(known) for test, known in phases.items()}
    return Lines(outcomes, collection, outside, is_finished, chosen)


def _word(phases: Mapping[str, str]) -> str:
    if not all(outcome == "passed" for outcome in phases.values()):
        return " ".join(
            f"{when} {outcome}" for when, outcome in phases.items() if outcome != "passed"
        )
    return "passed" if "teardown" in phases else "unfinished"
