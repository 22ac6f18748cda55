"""What recordings of the same tests in several orders say of each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from impact_select.model.ids import RepoPath, TestId
from impact_select.model.recorded import Outcome


@dataclass(frozen=True, slots=True)
class Order:
    """An order in which the tests run.

    Attributes:
        seed: Of the shuffle; None for the order in which they are collected.
        backwards: Whether the shuffled order is reversed. Of any two tests one comes first
            in it, and the other one in the order that is not reversed.
    """

    seed: int | None = None
    backwards: bool = False

    def __str__(self) -> str:
        """Name it for a report."""
        if self.seed is None:
            return "collected order"
        return f"shuffled order {self.seed}{', reversed' if self.backwards else ''}"


class Credit(StrEnum):
    """What a test is credited with.

    CODE that it ran, the IMPORT of a module, NAMES of a module that was handed out, the
    CONTENT of a file, the LISTING of a folder, the ABSENCE of a file, a child PROCESS that
    could not be recorded.
    """

    CODE = "code"
    IMPORT = "import"
    NAMES = "names"
    CONTENT = "content"
    LISTING = "listing"
    ABSENCE = "absence"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class CreditedPlace:
    """Something that a test can depend on.

    Attributes:
        credit: What a test has to do with it.
        path: The file or folder; empty for a process.
        symbol: Of code, the qualified name; empty on module level, and for the others.
        lines: Of code, the first and last line that differ, 1-based, both ends included;
            (0, 0) for the others.
    """

    credit: Credit
    path: RepoPath
    symbol: str = ""
    lines: tuple[int, int] = (0, 0)

    def __str__(self) -> str:
        """Name it for a report."""
        match self.credit:
            case Credit.CODE:
                first, last = self.lines
                where = f"line {first}" if first == last else f"lines {first}-{last}"
                symbol = f"::{self.symbol}" if self.symbol else ""
                return f"{self.path}{symbol} ({where})"
            case Credit.PROCESS:
                return "a child process that could not be recorded"
            case _:
                return f"{self.credit.value} of {self.path or '.'}"


@dataclass(frozen=True, slots=True)
class SharedState:
    """Places that are credited to other tests when the order is another one.

    Attributes:
        places: At least one; all have the same tests. Code comes first.
        tests: Per order, the tests that a change of the places selects, of those tests for
            which that differs.
    """

    places: tuple[CreditedPlace, ...]
    tests: Mapping[Order, frozenset[TestId]]

    @property
    def differing(self) -> frozenset[TestId]:
        """The tests that are selected after some orders, and not after others."""
        return frozenset().union(*self.tests.values())


@dataclass(frozen=True, slots=True)
class Attribution:
    """What a comparison of orders gives.

    Attributes:
        orders: What was recorded, the collected order first.
        compared: The tests whose evidence was compared.
        shared: State that is shared between tests, the most widely shared first.
        order_dependent: Tests with different outcomes, per order.
        failing: Tests that fail in every order; selection runs them anyway.
        not_everywhere: Tests that some recording does not have.
        rewritten: Source files that differed between the recordings.
    """

    orders: tuple[Order, ...]
    compared: frozenset[TestId]
    shared: tuple[SharedState, ...]
    order_dependent: Mapping[TestId, Mapping[Order, Outcome]]
    failing: frozenset[TestId]
    not_everywhere: frozenset[TestId]
    rewritten: frozenset[RepoPath]

    @property
    def differing(self) -> frozenset[TestId]:
        """The tests whose evidence depends on the order."""
        return frozenset[TestId]().union(*(shared.differing for shared in self.shared))

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.shared and not self.order_dependent
