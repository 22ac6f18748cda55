"""One pytest session with the plugin in use: select, deselect, record, report.

Under xdist the controller selects, once, and keeps what the workers recorded; workers
obey, and write what they saw to files of a folder that the controller names.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, Final

import pytest

from impact_select.adapters.map_reader import ImpactMap
from impact_select.adapters.progress import progress
from impact_select.adapters.project import Project, open_project
from impact_select.adapters.reference_worker import ReferenceWorker, finish, read_all
from impact_select.adapters.run_parts import read_part, write_part
from impact_select.adapters.stored_outlines import StoredOutlines
from impact_select.errors import GitMissing, ImpactError, NotARepository, UsageMistake
from impact_select.mapping.assemble import merge_runs, with_failures
from impact_select.model.ids import Blob, TestId
from impact_select.model.impact_map import MapSummary
from impact_select.model.recorded import RecordedRun
from impact_select.model.reference import Reference
from impact_select.model.selection import Fallback, RetestAll, Selection, Subset
from impact_select.model.tree import Target
from impact_select.recording.session import Recording
from impact_select.recording.tests import node_id
from impact_select.report.text import (
    cause_lines,
    count_of,
    fallback_lines,
    header_line,
    summary_line,
)
from impact_select.workflows.keep import keep_recording
from impact_select.workflows.select import Comparison, select_tests

_NOTHING_COLLECTED: Final = 5
# What xdist gives as the phase of a test whose worker crashed.
_CRASHED: Final = "???"


def begin(config: pytest.Config) -> None:
    """Set a session up; registers itself with the plugin manager.

    Raises:
        pytest.UsageError: The options or the project do not allow what was asked.
    """
    options = config.known_args_namespace
    if options.impact_none:
        config.pluginmanager.register(_NoTests(), "impact-none")
        return
    try:
        if options.impacted and options.impact_record:
            raise UsageMistake(
                "--impacted and --impact-record are both given; recording needs every test to"
                " run, so choose one"
            )
        session = _Worker(config) if _is_worker() else Session(config)
        config.add_cleanup(session.close)
        config.pluginmanager.register(session, "impact-session")
        session.begin()
    except ImpactError as error:
        raise pytest.UsageError(str(error)) from error


class _NoTests:
    """Runs nothing, and calls that a success."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        config.hook.pytest_deselected(items=list(items))
        items.clear()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if exitstatus == _NOTHING_COLLECTED:
            session.exitstatus = 0

    def pytest_report_header(self) -> str:
        return "impact: no test is affected, so none runs (--impact-none)"


class Session:
    """The session of a process that is no xdist worker."""

    def __init__(self, config: pytest.Config) -> None:
        options = config.known_args_namespace
        self._config = config
        self._selects = bool(options.impacted)
        self._writes = bool(options.impact_record) or not options.impact_readonly
        self._comparison = Comparison(options.impact_base, options.impact_staged)
        self._controls = _is_controller(options)
        self._collect_only = bool(getattr(options, "collectonly", False))
        self._project: Project | None = None
        self._selection: Selection | None = None
        self._summary: MapSummary | None = None
        self._before: Target | None = None
        self._recording: Recording | None = None
        self._outlines: StoredOutlines | None = None
        self._references: ReferenceWorker | None = None
        self._parts: TemporaryDirectory[str] | None = None
        self._ran_elsewhere: dict[TestId, None] = {}
        self._crashed: set[TestId] = set()
        self._left_out = 0
        self._selected = 0
        self._notes: list[str] = []
        self._problems: list[str] = []
        self._causes: list[str] = []
        try:
            self._project = open_project(Path.cwd(), options.impact_map, root=config.rootpath)
        except (NotARepository, GitMissing) as error:
            if not self._selects:
                raise
            self._selection = RetestAll((Fallback(error.slug, error.message()),))
            self._writes = False
        if self._project is not None and self._comparison.base is None:
            self._comparison = Comparison(self._project.settings.base, options.impact_staged)

    def begin(self) -> None:
        """Select if asked to, then start to record."""
        project = self._project
        if project is None:
            return
        if self._selects:
            self._selection, self._summary = select_tests(project, self._comparison)
        if not self._writes or self._collect_only:
            return
        self._before = project.worktree()
        options = self._config.known_args_namespace
        collector = options.impact_collector or project.settings.collector
        if self._controls and collector == "auto":
            return
        # A worker would fail for the same reason, less legibly.
        self._outlines = StoredOutlines(project.map_path)
        recording = Recording(
            project.history.top,
            collector,
            coverage_follows=_coverage_follows(options),
            known_outline=self._outlines.find,
        )
        if self._controls:
            return
        self._references = ReferenceWorker(self._known_references(project))
        for plugin in recording.plugins():
            self._config.pluginmanager.register(plugin)
        recording.on_new_file(self._references.send)
        recording.start()
        self._recording = recording

    def _known_references(self, project: Project) -> frozenset[Blob]:
        try:
            with ImpactMap.open(project.map_path) as store:
                return store.read_blobs()
        except ImpactError:
            return frozenset()

    # -- reports ------------------------------------------------------------------------

    def pytest_report_header(self) -> list[str]:
        """Say what was decided."""
        if self._selects:
            assert self._selection is not None
            return header_line(self._selection, self._summary, self._comparison.base, time.time())
        if self._collect_only:
            return ["impact: nothing is recorded, because no test runs (--collect-only)"]
        collector = f" with {self._recording.collector.name}" if self._recording else ""
        return [f"impact: recording{collector}"]

    def pytest_terminal_summary(self, terminalreporter: Any, config: pytest.Config) -> None:
        """Say what it came to; less of it with -q, and with -qq only what went wrong."""
        verbosity = config.option.verbose
        lines: list[str] = []
        if verbosity >= -1:
            lines += self._summary_lines(verbosity, header_shown=terminalreporter.showheader)
        lines += self._problems
        if not lines:
            return
        if verbosity >= 0:
            terminalreporter.write_sep("=", "impact")
        else:
            terminalreporter.ensure_newline()
        for line in lines:
            terminalreporter.write_line(line)

    def _summary_lines(self, verbosity: int, *, header_shown: bool) -> list[str]:
        lines: list[str] = []
        if self._selects and self._selection is not None:
            if isinstance(self._selection, RetestAll) and not header_shown:
                lines += [f"impact: {line}" for line in fallback_lines(self._selection)]
            lines.append(summary_line(self._selection, self._selected, self._left_out))
        if verbosity >= 0:
            lines += self._notes
        if verbosity > 0:
            lines += self._causes
            if isinstance(self._selection, Subset):
                lines += cause_lines(self._selection, self._ran_elsewhere)
        return lines

    # -- selection ------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Take out what provably behaves as recorded."""
        if not isinstance(self._selection, Subset):
            self._selected = len(items)
            return
        self._causes = cause_lines(self._selection, [TestId(item.nodeid) for item in items])
        self._left_out = _deselect(config, items, self._selection.unaffected)
        self._selected = len(items)

    # -- xdist ----------------------------------------------------------------------------

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker what to leave out, and where to put what it sees."""
        if self._parts is None:
            self._parts = TemporaryDirectory(prefix="impact-")
            folder = Path(self._parts.name)
            left_out: list[str] | None = None
            if isinstance(self._selection, Subset):
                left_out = sorted(self._selection.unaffected)
            (folder / "unaffected.json").write_text(json.dumps(left_out))
        project = self._project
        records = self._writes and not self._collect_only and project is not None
        node.workerinput["impact"] = {"folder": self._parts.name, "records": records}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take over what a worker counted."""
        counts = getattr(node, "workeroutput", {}).get("impact")
        if counts is not None:
            self._left_out, self._selected = counts["left_out"], counts["selected"]
        elif error and self._before is not None:
            self._problems.append(f"worker {node.gateway.id} ended early: what it ran is not kept")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what ran in workers; of a test whose worker crashed nobody else is left to tell."""
        if not self._controls:
            return
        test = _without_group(report.nodeid, self._config.known_args_namespace)
        self._ran_elsewhere[test] = None
        if report.failed and str(report.when) == _CRASHED:
            self._crashed.add(test)

    # -- the end -----------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Any:
        """Keep what was recorded; nothing left to run is a success if we alone left it out."""
        result = yield
        if int(session.exitstatus) == _NOTHING_COLLECTED and self._left_out:
            session.exitstatus = 0
            self._notes.append("no test is affected: nothing was run")
        try:
            self._keep()
        except ImpactError as error:
            self._problems.append(f"impact: {error}")
            if not self._selects and not session.exitstatus:
                session.exitstatus = int(pytest.ExitCode.INTERNAL_ERROR)
        return result

    def close(self) -> None:
        """Stop what is still running, also after a crash or a usage error."""
        if self._recording is not None:
            self._recording.stop()
            self._recording = None
        if self._outlines is not None:
            self._outlines.close()
            self._outlines = None
        if self._references is not None:
            self._references.close()
            self._references = None
        if self._parts is not None:
            self._parts.cleanup()
            self._parts = None

    def _keep(self) -> None:
        project, before = self._project, self._before
        if project is None or before is None:
            return
        recording = self._recording
        run = self._finished_run()
        outlines = recording.outlines() if recording is not None else {}
        if self._outlines is not None:
            self._outlines.close()  # the map is replaced soon
        if run is None:
            if self._controls:
                self._problems.append("impact: nothing was recorded, because no worker ended")
            return
        references = self._read_references(project, run)
        kept = keep_recording(project, before, run, outlines, references)
        if kept.note:
            self._problems.append(f"impact: {kept.note}")
        if kept.doubtful:
            shown = ", ".join(sorted(kept.doubtful)[:3])
            more = f" and {len(kept.doubtful) - 3} more" if len(kept.doubtful) > 3 else ""
            self._problems.append(
                f"impact: {shown}{more} changed meanwhile, so the tests that depend on them"
                " were not recorded"
            )
        if kept.test_count:
            verb = "refreshed" if self._selects else "recorded"
            tests = count_of(kept.test_count, "test")
            self._notes.append(f"{verb} {tests} in {_shown(project.map_path)}")

    def _finished_run(self) -> RecordedRun | None:
        if self._recording is not None:
            recording, self._recording = self._recording, None
            return recording.stop()
        if self._parts is None:
            return None
        runs = [read_part(path) for path in sorted(Path(self._parts.name).glob("*.run"))]
        if not runs:
            return None
        prefix = self._project.prefix if self._project is not None else ""
        return with_failures(merge_runs(runs), self._crashed, prefix)

    def _read_references(
        self, project: Project, run: RecordedRun
    ) -> Mapping[Blob, frozenset[Reference] | None]:
        """Wait for the references of the executed files, or have them read."""
        if self._references is not None:
            workers = [self._references]
        else:
            paths = [str(project.history.top / path) for path in sorted(run.modules)]
            workers = list(read_all(paths, self._known_references(project)))
        count = sum(worker.sent_count for worker in workers)
        with progress("impact: reading references", count) as advance:
            try:
                return finish(workers, advance)
            finally:
                for worker in workers:
                    worker.close()


class _Worker:
    """The session of an xdist worker."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._recording: Recording | None = None
        self._outlines: StoredOutlines | None = None
        self._counts = {"left_out": 0, "selected": 0}

    def begin(self) -> None:
        """Start to record, if the controller wants it."""
        # xdist hands its orders over only after the conftest files are loaded; the options
        # are there from the start.
        options = self._config.known_args_namespace
        writes = bool(options.impact_record) or not options.impact_readonly
        if not writes or getattr(options, "collectonly", False):
            return
        try:
            project = open_project(Path.cwd(), options.impact_map, root=self._config.rootpath)
        except (NotARepository, GitMissing):
            return  # as the controller has said
        self._outlines = StoredOutlines(project.map_path)
        recording = Recording(
            project.history.top,
            options.impact_collector or project.settings.collector,
            coverage_follows=_coverage_follows(options),
            known_outline=self._outlines.find,
        )
        for plugin in recording.plugins():
            self._config.pluginmanager.register(plugin)
        recording.start()
        self._recording = recording

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what the controller found unaffected."""
        orders = config.workerinput["impact"]  # type: ignore[attr-defined]
        left_out = json.loads((Path(orders["folder"]) / "unaffected.json").read_text())
        if left_out is not None:
            self._counts["left_out"] = _deselect(config, items, frozenset(left_out))
        self._counts["selected"] = len(items)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self) -> Any:
        """Hand over what was seen."""
        result = yield
        workerinput: Any = self._config.workerinput  # type: ignore[attr-defined]
        self._config.workeroutput["impact"] = self._counts  # type: ignore[attr-defined]
        if self._recording is not None:
            recording, self._recording = self._recording, None
            run = recording.stop()
            orders = workerinput["impact"]
            if orders["records"]:
                write_part(run, Path(orders["folder"]) / f"{workerinput['workerid']}.run")
        return result

    def close(self) -> None:
        """Stop what is still running, also after a crash or a usage error."""
        if self._recording is not None:
            self._recording.stop()
            self._recording = None
        if self._outlines is not None:
            self._outlines.close()
            self._outlines = None


def _deselect(
    config: pytest.Config, items: list[pytest.Item], unaffected: frozenset[TestId] | frozenset[str]
) -> int:
    dropped = [item for item in items if node_id(item) in unaffected]
    if dropped:
        items[:] = [item for item in items if node_id(item) not in unaffected]
        config.hook.pytest_deselected(items=dropped)
    return len(dropped)


def _without_group(nodeid: str, options: Any) -> TestId:
    """Undo what the workers append with --dist loadgroup; see `recording.tests.node_id`."""
    if getattr(options, "dist", "no") == "loadgroup" and not nodeid.endswith("]"):
        return TestId(nodeid.rpartition("@")[0] or nodeid)
    return TestId(nodeid)


def _is_worker() -> bool:
    """Tell whether xdist runs this session as a worker.

    The processes and sessions that a test starts inherit the variable, so it is not enough.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return False
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 - the documented way
    while frame is not None:
        module = frame.f_globals.get("__name__")
        if module == "__channelexec__":  # xdist.remote, as execnet runs it
            return True
        if module == "_pytest.runner":
            return False
        frame = frame.f_back
    return False


def _is_controller(options: Any) -> bool:
    """Tell whether xdist is going to run the tests in other processes."""
    count = getattr(options, "numprocesses", None)
    if count in {"auto", "logical"}:
        # What xdist does a little later.
        return not options.usepdb and os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS") != "0"
    if count is not None:
        return bool(count != 0)
    return bool(getattr(options, "tx", None)) and getattr(options, "dist", "no") != "no"


def _coverage_follows(options: Any) -> bool:
    """Tell whether pytest-cov is going to measure."""
    return bool(getattr(options, "cov_source", None)) and not getattr(options, "no_cov", False)


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
