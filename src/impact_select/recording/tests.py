"""The pytest hooks that tell which test or file is on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from impact_select.model.ids import RepoPath, TestId
from impact_select.model.recorded import Outcome, OwnerKey, OwnerKind, TestRecord
from impact_select.recording.caches import CacheWatch
from impact_select.recording.owners import SESSION, OwnerStack
from impact_select.recording.source_index import ProjectFolder


class TestWatch:
    """Makes each test, and the collection of each file, an owner.

    Attributes:
        tests: The tests that ran to the end of their tear-down.
    """

    __test__ = False

    def __init__(self, folder: ProjectFolder, owners: OwnerStack, caches: CacheWatch) -> None:
        self._folder = folder
        self._owners = owners
        self._caches = caches
        self._running: dict[str, tuple[Outcome, float]] = {}
        self._facts: dict[str, tuple[tuple[str, ...], RepoPath, str, bool]] = {}
        self._ids: dict[str, TestId] = {}
        self._collected: set[RepoPath] = set()
        self._read_through: set[RepoPath] = set()
        self._with_tests: set[RepoPath] = set()
        self.tests: dict[TestId, TestRecord] = {}

    def collected_files(self) -> frozenset[RepoPath]:
        """Return the files that pytest looked for tests in."""
        return frozenset(self._collected)

    def empty_files(self) -> frozenset[RepoPath]:
        """Return the files that were collected and held no test."""
        return frozenset(self._read_through - self._with_tests)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note which files hold tests, before anything is deselected."""
        for item in items:
            path = self._folder.repo_path(str(item.path))
            if path:
                self._with_tests.add(path)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """Give the whole protocol of a test to it."""
        test = self._ids[item.nodeid] = node_id(item)
        key = OwnerKey(OwnerKind.TEST, test)
        self._caches.note_hits()
        self._facts[item.nodeid] = _facts(item, self._folder)
        with self._owners.turn(key):
            self._owners.link(key, SESSION)
            path = self._facts[item.nodeid][1]
            if path:
                self._owners.link(key, OwnerKey(OwnerKind.COLLECT, path))
            try:
                return (yield)
            except BaseException:
                self._broken_off(item.nodeid)
                raise
            finally:
                self._caches.note_hits()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Any:
        """Give what runs while a file is collected to all tests of the file."""
        path: Path | None = getattr(collector, "path", None)
        is_file = isinstance(collector, pytest.File | pytest.Class)
        repo_path = self._folder.repo_path(str(path)) if path is not None and is_file else None
        if not repo_path:
            return (yield)
        self._collected.add(repo_path)
        with self._owners.turn(OwnerKey(OwnerKind.COLLECT, repo_path)):
            report = yield
        # A file that failed, skipped itself, or was passed over (--lf) may hold tests.
        if report.passed and self._owners.had_turn(OwnerKey(OwnerKind.IMPORT, repo_path)):
            self._read_through.add(repo_path)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: pytest.Collector) -> Any:
        """Generating the parameters of a test happens in here too."""
        path = self._folder.repo_path(str(collector.path))
        if not path:
            return (yield)
        with self._owners.turn(OwnerKey(OwnerKind.COLLECT, path)):
            return (yield)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Add a phase's report to its test."""
        outcome, duration = self._running.get(report.nodeid, (Outcome.PASSED, 0.0))
        if report.failed:
            outcome = Outcome.FAILED
        elif report.outcome not in {"passed", "skipped"}:
            outcome = Outcome.FAILED  # a rerun: not to be relied on
        elif report.skipped and not hasattr(report, "wasxfail") and outcome is Outcome.PASSED:
            outcome = Outcome.SKIPPED
        duration += getattr(report, "duration", 0.0)
        self._running[report.nodeid] = (outcome, duration)
        if report.when == "teardown" and report.nodeid in self._facts:
            del self._running[report.nodeid]
            self._keep(report.nodeid, outcome, duration)

    def _broken_off(self, nodeid: str) -> None:
        """Count a test that was interrupted as failed: it has to run again."""
        _, duration = self._running.pop(nodeid, (Outcome.FAILED, 0.0))
        self._keep(nodeid, Outcome.FAILED, duration)

    def _keep(self, nodeid: str, outcome: Outcome, duration: float) -> None:
        test = self._ids[nodeid]
        before = self.tests.get(test)
        if before is not None and before.outcome is Outcome.FAILED:
            outcome = Outcome.FAILED  # it ran twice, and once is enough
        fixtures, path, function, reads_docs = self._facts[nodeid]
        self.tests[test] = TestRecord(outcome, duration, fixtures, path, function, reads_docs)


def node_id(item: pytest.Item) -> TestId:
    """Return a test's node id as pytest made it.

    With --dist loadgroup the workers of xdist append `@` and the names of its groups.
    """
    if not getattr(item.config.option, "loadgroup", False):
        return TestId(item.nodeid)
    groups = {
        str(mark.args[0] if mark.args else mark.kwargs.get("name", "default"))
        for mark in item.iter_markers("xdist_group")
    }
    return TestId(item.nodeid.removesuffix(f"@{'_'.join(sorted(groups))}" if groups else ""))


def _facts(item: pytest.Item, folder: ProjectFolder) -> tuple[tuple[str, ...], RepoPath, str, bool]:
    fixtures = tuple(getattr(item, "fixturenames", ()))
    path = folder.repo_path(str(item.path)) or RepoPath("")
    function: Callable[..., Any] | None = getattr(item, "obj", None)
    qualname = getattr(getattr(function, "__func__", function), "__qualname__", "")
    reads_docs = isinstance(item, pytest.DoctestItem)
    parent = getattr(item, "cls", None)
    if parent is not None and function is not None:
        qualname = f"{parent.__qualname__}.{getattr(item, 'originalname', item.name)}"
    return fixtures, path, str(qualname), reads_docs
