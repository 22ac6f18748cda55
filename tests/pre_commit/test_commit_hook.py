"""The hook `impact`: a commit runs the tests that its content affects, and they decide."""

from pathlib import Path

from tests.pre_commit.hook_repository import Repository

BREAK_TOTAL = ("sums.py", "one + two", "one - two")
REWRITE_LOUD = ("names.py", "name.upper()", "str(name).upper()")


def test_a_broken_test_blocks_the_commit(repository: Repository) -> None:
    """Only the affected test runs; it fails, and nothing is committed."""
    repository.edit(*BREAK_TOTAL)
    repository.git("add", "sums.py")

    attempt = repository.commit()

    assert not attempt.passed
    assert not attempt.committed
    assert attempt.ran == ["test_total"], attempt.output
    assert "FAILED tests/test_sums.py::test_total" in attempt.output


def test_an_unstaged_change_is_ignored(repository: Repository) -> None:
    """What is not staged neither runs a test nor breaks one, and is still there afterwards."""
    repository.edit(*REWRITE_LOUD)
    repository.git("add", "names.py")
    repository.edit(*BREAK_TOTAL)

    attempt = repository.commit()

    assert attempt.committed, attempt.output
    assert attempt.ran == ["test_loud"]
    assert "one - two" in (repository.top / "sums.py").read_text()
    assert repository.git("status", "--porcelain") == " M sums.py\n"


def test_two_changes_of_a_file_of_which_one_is_staged(repository: Repository) -> None:
    """The file is tested as it is staged, not as it is on disk."""
    repository.edit("sums.py", "one + two", "two + one")
    repository.git("add", "sums.py")
    repository.edit("sums.py", "two + one", "two - one")

    attempt = repository.commit()

    assert attempt.committed, attempt.output
    assert attempt.ran == ["test_total"]


def test_a_comment_runs_nothing(repository: Repository) -> None:
    """No test is affected; the commit passes, and the hook says that nothing ran."""
    repository.edit("sums.py", "    return", "    # of two numbers\n    return")
    repository.git("add", "sums.py")

    attempt = repository.commit()

    assert attempt.committed, attempt.output
    assert attempt.ran == []
    assert "impact: 0 selected, 3 left out" in attempt.output


def test_a_deleted_data_file_runs_its_reader(repository: Repository) -> None:
    """A commit without any file to check runs the hook all the same."""
    repository.git("rm", "--quiet", "rates.csv")

    attempt = repository.commit()

    assert not attempt.committed
    assert attempt.ran == ["test_rates"], attempt.output


def test_a_test_that_failed_runs_until_it_passes(repository: Repository) -> None:
    """A blocked commit owes its failed test: another commit does not get past it."""
    repository.edit(*BREAK_TOTAL)
    repository.git("add", "sums.py")
    assert not repository.commit().committed
    (repository.top / "notes.txt").write_text("an unrelated file\n")
    repository.git("add", "notes.txt")

    attempt = repository.commit()

    assert not attempt.committed, attempt.output
    assert attempt.ran == ["test_total"]


def test_commit_of_all(repository: Repository) -> None:
    """With `git commit --all` the index has another name; the answer is the same."""
    repository.edit(*BREAK_TOTAL)

    attempt = repository.commit("--all")

    assert not attempt.committed
    assert attempt.ran == ["test_total"], attempt.output


def test_commit_of_one_file(repository: Repository) -> None:
    """With `git commit FILE` what else is staged is no part of the commit."""
    repository.edit(*BREAK_TOTAL)
    repository.git("add", "sums.py")
    repository.edit(*REWRITE_LOUD)

    attempt = repository.commit("names.py")

    assert attempt.committed, attempt.output
    assert attempt.ran == ["test_loud"]
    assert repository.git("status", "--porcelain") == "M  sums.py\n"


def test_commit_in_a_linked_work_tree(repository: Repository, tmp_path: Path) -> None:
    """There git names the repository in GIT_DIR; the hook looks at the work tree."""
    repository.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Repository(tmp_path / "linked", repository.log)
    (repository.top / ".impact").rename(linked.top / ".impact")
    linked.edit(*BREAK_TOTAL)
    linked.edit(*REWRITE_LOUD)
    linked.git("add", "sums.py")

    attempt = linked.commit()

    assert not attempt.committed
    assert attempt.ran == ["test_total"], attempt.output


def test_git_in_a_test_keeps_off_the_commit(repository: Repository) -> None:
    """A test that makes its own repository does not write to the index of the commit."""
    (repository.top / "tests/test_git.py").write_text(
        "import subprocess\n\n\ndef test_git(tmp_path):\n"
        "    (tmp_path / 'stray').write_text('')\n"
        "    for words in ('init -q', 'add stray', 'commit -qm one'):\n"
        "        subprocess.run(['git', *words.split()], cwd=tmp_path, check=True)\n"
    )
    repository.git("add", "tests")

    attempt = repository.commit("--all")

    assert attempt.committed, attempt.output
    assert attempt.ran == ["test_git"]
    assert repository.git("show", "--name-only", "--format=", "HEAD") == "tests/test_git.py\n"
    assert repository.git("status", "--porcelain") == ""


def test_arguments_reach_pytest(repository: Repository) -> None:
    """What `args` of the configuration gives is given to pytest."""
    config = (repository.top / ".pre-commit-config.yaml").read_text()
    repository.configure(f"{config}    args: [--exitfirst, -k, loud]\n")
    repository.edit(*BREAK_TOTAL)
    repository.edit(*REWRITE_LOUD)

    attempt = repository.commit("--all")

    assert attempt.committed, attempt.output
    assert attempt.ran == ["test_loud"]
