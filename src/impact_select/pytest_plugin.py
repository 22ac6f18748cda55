"""The pytest plugin's options; all else is loaded only when one of them is used."""

from collections.abc import Generator
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the options."""
    group = parser.getgroup("impact", "run only the tests that a change can affect")
    try:
        group.addoption(
            "--impacted",
            action="store_true",
            help="run the affected tests only, and refresh the map with what ran; "
            "without a map run all tests and record",
        )
    except ValueError as error:
        raise _clash() from error
    if not pluginmanager.is_blocked("impacted") and _has_impacted():
        raise _clash()
    group.addoption("--impact-record", action="store_true", help="run all tests and record the map")
    group.addoption(
        "--impact-readonly",
        action="store_true",
        help="with --impacted: leave the map as it is",
    )
    group.addoption(
        "--impact-base",
        metavar="REV",
        help="with --impacted: measure the change from the merge base of REV and HEAD",
    )
    group.addoption(
        "--impact-staged",
        action="store_true",
        help="with --impacted: test what is staged",
    )
    group.addoption("--impact-map", metavar="PATH", help="the map's file")
    group.addoption(
        "--impact-collector",
        choices=("auto", "monitoring", "coverage", "calls"),
        help="what watches the tests run",
    )
    group.addoption(
        "--impact-none",
        action="store_true",
        help="run no test and succeed (what `impact select` prints when none is affected)",
    )
    group.addoption(
        "--impact-all",
        action="store_true",
        help="run all tests (what `impact select` prints when no subset is safe)",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, Any]:
    """Begin to record before the first conftest file is imported."""
    options = early_config.known_args_namespace
    if options.impacted or options.impact_record or options.impact_none:
        from impact_select.plugin_session import begin

        begin(early_config)
    return (yield)


def _has_impacted() -> bool:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        distribution("pytest-impacted")
    except PackageNotFoundError:
        return False
    return True


def _clash() -> pytest.UsageError:
    from impact_select.errors import OptionClash

    return pytest.UsageError(str(OptionClash()))
