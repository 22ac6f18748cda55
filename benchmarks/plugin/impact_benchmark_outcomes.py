"""Pytest plugin: write what happened to each test as JSON lines; any pytest from 7 on.

The file to append to is named by IMPACT_BENCHMARK_OUTCOMES. A line is one of
  {"id": node id, "when": "setup" | "call" | "teardown", "outcome": word, "s": seconds}
  {"collect": node id, "outcome": "failed" | "skipped", "why": text}
  {"chosen": [node ids that are left to run]}
  {"exit": status, "outside": [modules that were loaded from IMPACT_BENCHMARK_OUTSIDE]}
It imports nothing of the benchmarks: it runs with the interpreter of the project.
"""

import json
import os
import sys

import pytest


class OutcomeLines:
    """Appends a line per report and flushes it, so that a crash loses nothing."""

    def __init__(self, path: str, outside: str) -> None:
        self._file = open(path, "a", encoding="ascii")  # noqa: PTH123, SIM115 - closed last
        self._outside = outside

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write a phase of a test."""
        outcome = str(report.outcome)
        if hasattr(report, "wasxfail"):
            outcome = "xpassed" if report.passed else "xfailed"
        self._write(
            {
                "id": report.nodeid,
                "when": report.when,
                "outcome": outcome,
                "s": round(getattr(report, "duration", 0.0), 4),
            }
        )

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Write a collection that failed or was skipped."""
        if not report.passed:
            self._write(
                {
                    "collect": report.nodeid,
                    "outcome": report.outcome,
                    "why": str(report.longrepr)[-400:],
                }
            )

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Write what is about to run; a session may end before it comes to all of it."""
        self._write({"chosen": [item.nodeid for item in session.items]})

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write how the session ended and what it loaded from elsewhere."""
        top = self._outside + os.sep
        outside = sorted(
            name
            for name, module in list(sys.modules.items())
            if self._outside and str(getattr(module, "__file__", None) or "").startswith(top)
        )
        self._write({"exit": int(exitstatus), "outside": outside[:10]})

    def pytest_unconfigure(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, values: dict[str, object]) -> None:
        self._file.write(json.dumps(values) + "\n")
        self._file.flush()


def pytest_configure(config: pytest.Config) -> None:
    """Register the writer where reports arrive: not in a worker of pytest-xdist."""
    path = os.environ.get("IMPACT_BENCHMARK_OUTCOMES")
    if path and not hasattr(config, "workerinput"):
        outside = os.environ.get("IMPACT_BENCHMARK_OUTSIDE", "")
        config.pluginmanager.register(OutcomeLines(path, outside), "impact_benchmark_lines")
