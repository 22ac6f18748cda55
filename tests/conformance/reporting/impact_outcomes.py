"""A pytest plugin that writes the outcome of every test to a file, for the parent process."""

import json
import os
from pathlib import Path

import pytest

_found: dict[str, str] = {}
_broken: list[str] = []


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _broken.append(report.nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    before = _found.get(report.nodeid, "passed")
    outcome = "xfailed" if hasattr(report, "wasxfail") and report.skipped else report.outcome
    _found[report.nodeid] = before if outcome == "passed" else outcome


def pytest_sessionfinish() -> None:
    text = json.dumps({"outcomes": _found, "broken": _broken})
    Path(os.environ["IMPACT_OUTCOMES"]).write_text(text, encoding="utf-8")
