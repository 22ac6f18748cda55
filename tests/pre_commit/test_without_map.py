"""A repository without a map: `tool.impact.without-map` decides, and the hook says so."""

import shutil

import pytest
from tests.pre_commit.hook_repository import Repository


@pytest.fixture
def unrecorded(repository: Repository) -> Repository:
    """Give a repository with the hook, a staged change that breaks a test, and no map."""
    shutil.rmtree(repository.top / ".impact")
    repository.edit("sums.py", "one + two", "one - two")
    return repository


def test_all_tests_run_and_are_recorded(unrecorded: Repository) -> None:
    """By default the missing map is made: all tests run, and they decide."""
    attempt = unrecorded.commit("--all")

    assert not attempt.committed
    assert attempt.ran == ["test_loud", "test_rates", "test_total"], attempt.output
    assert "there is no map yet (tool.impact.without-map is 'all') [no-map]" in attempt.output
    assert (unrecorded.top / ".impact/map.sqlite").is_file()


def test_a_warning_and_no_test(unrecorded: Repository) -> None:
    """With "warn" the commit passes untested, and the hook says so and what to do."""
    with (unrecorded.top / "pyproject.toml").open("a") as stream:
        stream.write('[tool.impact]\nwithout-map = "warn"\n')

    attempt = unrecorded.commit("--all")

    assert attempt.committed, attempt.output
    assert attempt.ran == []
    assert "impact: no test ran, because there is no map yet" in attempt.output
    assert "make one with impact record" in attempt.output
    assert "[no-map]" in attempt.output
    assert not (unrecorded.top / ".impact").exists()


def test_a_mistake_in_the_settings_blocks(unrecorded: Repository) -> None:
    """The hook names the mistake in one line instead of guessing."""
    with (unrecorded.top / "pyproject.toml").open("a") as stream:
        stream.write('[tool.impact]\nwithout-map = "none"\n')

    attempt = unrecorded.commit("--all")

    assert not attempt.committed
    assert attempt.ran == []
    assert "tool.impact.without-map: expected one of 'all', 'warn'" in attempt.output
    assert "Traceback" not in attempt.output
