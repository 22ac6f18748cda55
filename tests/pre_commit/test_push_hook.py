"""The hook `impact-push`: a push runs what has not run since a change, and it decides."""

from pathlib import Path

import pytest
from tests.pre_commit.hook_repository import Repository, local_config


@pytest.fixture
def pushing(repository: Repository, tmp_path: Path) -> Repository:
    """Give a repository with a remote and the push hook instead of the commit hook."""
    repository.git("init", "--quiet", "--bare", str(tmp_path / "remote.git"))
    repository.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    repository.configure(local_config("impact-push"))
    repository.git("push", "--quiet", "origin", "main")
    repository.run("pre-commit", "uninstall")
    done = repository.run("pre-commit", "install", "--hook-type", "pre-push")
    assert done.returncode == 0, done.stdout
    return repository


def test_a_broken_test_blocks_the_push(pushing: Repository) -> None:
    """Only the tests affected by the commits run; one fails, and nothing is pushed."""
    before = pushing.git("ls-remote", "origin", "main")
    pushing.edit("sums.py", "one + two", "one - two")
    assert pushing.commit("--all").committed

    attempt = pushing.attempt("git", "push", "origin", "main")

    assert not attempt.passed
    assert attempt.ran == ["test_total"], attempt.output
    assert pushing.git("ls-remote", "origin", "main") == before


def test_what_has_run_does_not_run_again(pushing: Repository) -> None:
    """A push of what was tested before runs nothing and passes."""
    pushing.edit("sums.py", "one + two", "two + one")
    done = pushing.run("python", "-m", "pytest", "-q", "--impacted")
    assert done.returncode == 0, done.stdout
    assert pushing.commit("--all").committed

    attempt = pushing.attempt("git", "push", "origin", "main")

    assert attempt.passed, attempt.output
    assert attempt.ran == []
    assert "impact: 0 selected, 3 left out" in attempt.output
