"""The hooks as other projects get them, and the configuration of this one."""

import shutil
from pathlib import Path

import pytest
from tests.pre_commit.hook_repository import CHECKOUT, Repository


@pytest.fixture
def published(recorded: Repository, tmp_path: Path) -> Repository:
    """Give a repository that publishes our hooks, and nothing else."""
    top = tmp_path / "impact-select"
    top.mkdir()
    shutil.copy(CHECKOUT / ".pre-commit-hooks.yaml", top)
    publisher = Repository(top, recorded.log)
    publisher.git("init", "--quiet", "--initial-branch=main")
    publisher.git("add", "--all")
    publisher.git("commit", "--quiet", "--message", "hooks")
    return publisher


def test_from_a_repository(published: Repository, repository: Repository) -> None:
    """Named by repository and revision, the hook runs the affected test in the own environment."""
    revision = published.git("rev-parse", "HEAD").strip()
    repository.configure(
        f"repos:\n- repo: {published.top}\n  rev: {revision}\n  hooks:\n  - id: impact\n"
    )
    repository.edit("sums.py", "one + two", "one - two")

    attempt = repository.commit("--all")

    assert not attempt.committed
    assert attempt.ran == ["test_total"], attempt.output


def test_tried_out(published: Repository, repository: Repository) -> None:
    """`pre-commit try-repo` runs the hook on what is staged, without any configuration."""
    repository.edit("sums.py", "one + two", "one - two")
    repository.git("add", "sums.py")

    attempt = repository.attempt("pre-commit", "try-repo", str(published.top), "impact")

    assert not attempt.passed
    assert attempt.ran == ["test_total"], attempt.output


def test_our_own_files_are_valid(recorded: Repository) -> None:
    """pre-commit accepts the published hooks and the configuration of this repository."""
    hooks = recorded.run(
        "pre-commit", "validate-manifest", str(CHECKOUT / ".pre-commit-hooks.yaml")
    )
    config = recorded.run(
        "pre-commit", "validate-config", str(CHECKOUT / ".pre-commit-config.yaml")
    )

    assert (hooks.returncode, hooks.stdout) == (0, "")
    assert (config.returncode, config.stdout) == (0, "")
