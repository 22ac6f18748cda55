"""One run of one tool beside the full run, judged."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.judge import Judgement, Run, judge
from benchmarks.tools import PLAIN
from benchmarks.workspace import Workspace

ALONE_LIMIT = 20
"""Missed tests of one run that are run alone; the rest count as missed. Chosen."""

Version = Callable[[], AbstractContextManager[None]]
"""Gives a context in which the copy holds a version of the project."""


@dataclass(frozen=True, slots=True)
class Alone:
    """Runs of single tests before and after a change; each is made once.

    Attributes:
        before: The copy before the change.
        after: The copy after the change.
    """

    workspace: Workspace
    before: Version
    after: Version
    _known: dict[str, bool] = field(default_factory=dict)

    def is_same(self, test: str) -> bool:
        """Tell whether a test does the same before and after when nothing runs beside it."""
        if test not in self._known:
            outcome = self._outcome(self.before, test)
            self._known[test] = outcome is not None and outcome == self._outcome(self.after, test)
        return self._known[test]

    def _outcome(self, version: Version, test: str) -> str | None:
        with version():
            return self.workspace.pytest(*PLAIN, only=test).outcomes.get(test)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a tool's run is found to have done.

    Attributes:
        missed: Those that depend on the order of tests are not among them.
        is_timed_out: The tool's run or the full run; then nothing is judged.
    """

    run: Run
    judgement: Judgement
    missed: tuple[str, ...]
    order_dependent: tuple[str, ...]
    is_timed_out: bool

    def facts(self) -> dict[str, Any]:
        """Give what results hold of it."""
        return {
            "ran_count": len(self.run.outcomes),
            "missed": list(self.missed),
            "order_dependent": list(self.order_dependent),
            "status": self.run.exit_status,
            "is_timed_out": self.is_timed_out,
            "s": round(self.run.duration_s, 3),
        }


def try_run(
    before: Mapping[str, str], unstable: Iterable[str], full: Run, selected: Run, alone: Alone
) -> Trial:
    """Judge a tool's run, and tell what it missed from what depends on order.

    Args:
        before: Outcomes before the change.
        unstable: Tests whose outcome says nothing.
        full: Every test, after the change.
        selected: The tool's run, after the change.
        alone: For the tests that look missed.
    """
    judgement = judge(before, unstable, full, selected)
    is_timed_out = full.is_timed_out or selected.is_timed_out
    missed = () if is_timed_out else judgement.missed
    by_order = tuple(test for test in missed[:ALONE_LIMIT] if alone.is_same(test))
    return Trial(
        selected,
        judgement,
        tuple(test for test in missed if test not in by_order),
        by_order,
        is_timed_out,
    )
