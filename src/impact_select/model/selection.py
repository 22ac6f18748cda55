"""The answer: which tests run, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from impact_select.model.ids import RepoPath, TestId


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a test is selected.

    Attributes:
        kind: Slug of the change or circumstance.
        change: What changed, in one line.
        chain: How it reaches the test: from the change to the code that the test ran or
            the input that it read. Empty when the change is the test's own affair.
    """

    kind: str
    change: str
    chain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fallback:
    """Why every test runs; the slug has a heading in docs/messages.md."""

    slug: str
    detail: str


@dataclass(frozen=True, slots=True)
class RetestAll:
    """No safe subset is known."""

    fallbacks: tuple[Fallback, ...]


@dataclass(frozen=True, slots=True)
class Subset:
    """A safe subset. A test in neither field is unknown to the map: it has to run.

    Attributes:
        affected: Known tests that have to run, each with at least one cause.
        unaffected: Known tests that provably behave as recorded.
        renewed: Affected tests whose parameters may be others now; they are named by
            their function.
        new_files: Files that may hold tests which the map does not know.
        new_tests: Node ids of test functions and classes that the map does not know.
        unread: Changed files that no test is known to look at.
        saved_s: Recorded duration of the unaffected tests.
    """

    affected: Mapping[TestId, tuple[Cause, ...]]
    unaffected: frozenset[TestId]
    renewed: frozenset[TestId]
    new_files: tuple[RepoPath, ...]
    new_tests: tuple[str, ...]
    unread: tuple[RepoPath, ...]
    saved_s: float


Selection: TypeAlias = Subset | RetestAll
