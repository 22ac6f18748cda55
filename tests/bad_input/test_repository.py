"""Without git, without a commit, with a wrong name: a line with a slug, and never fewer tests."""

import os
import shutil
from pathlib import Path

import pytest
from tests.checkout import SHOP, Checkout, Done


def without_git(tmp_path: Path) -> dict[str, str]:
    """Give a PATH on which there is Python, and no git."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return {"PATH": str(folder)}


def assert_one_line(done: Done, slug: str) -> None:
    """Check that a command failed with one line of ours, and nothing on standard output."""
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("impact: ")
    assert done.err.endswith(f"[{slug}]\n")
    assert done.err.count("\n") == 1


def assert_usage_error(done: Done, slug: str) -> None:
    """Check that pytest refused to start, with our line and without a traceback."""
    assert done.status == 4, done.out + done.err
    assert done.err.startswith("ERROR: ")
    assert f"[{slug}]" in done.err
    assert "Traceback" not in done.out + done.err


@pytest.fixture
def outside(tmp_path: Path) -> Checkout:
    """Give the shop's files in no repository."""
    checkout = Checkout(tmp_path / "outside")
    for path, content in SHOP.items():
        checkout.write(path, content)
    return checkout


def test_no_repository(outside: Checkout) -> None:
    """Selecting runs all tests and records nothing; recording and the command refuse."""
    impacted = outside.pytest("--impacted")

    assert (impacted.status, impacted.count("passed")) == (0, 7)
    assert any(line.endswith("[not-a-repository]") for line in impacted.impact)
    assert not (outside.top / ".impact").exists()
    assert_usage_error(outside.pytest("--impact-record"), "not-a-repository")
    assert_one_line(outside.impact("select"), "not-a-repository")
    assert_one_line(outside.impact("status"), "not-a-repository")


def test_no_git(shop: Checkout, tmp_path: Path) -> None:
    """The same without a git command, though there is a map."""
    variables = without_git(tmp_path)
    before = shop.map.read_bytes()

    impacted = shop.pytest("--impacted", **variables)

    assert (impacted.status, impacted.count("passed")) == (0, 7)
    assert any(line.endswith("[git-missing]") for line in impacted.impact)
    assert shop.map.read_bytes() == before
    assert_usage_error(shop.pytest("--impact-record", **variables), "git-missing")
    assert_one_line(shop.impact("select", **variables), "git-missing")


def test_a_git_that_fails(shop: Checkout) -> None:
    """What git says is passed on."""
    with (shop.top / ".git/config").open("a") as stream:
        stream.write("[core\n")

    assert_one_line(shop.impact("select"), "git-failed")
    assert_usage_error(shop.pytest("--impacted"), "git-failed")


def test_a_damaged_index(shop: Checkout) -> None:
    """A repository that cannot be listed stops the run before its first test."""
    (shop.top / ".git/index").write_bytes(b"no index")

    assert_one_line(shop.impact("select"), "git-failed")
    assert_usage_error(shop.pytest("--impacted"), "git-failed")


def test_no_commit_yet(shop: Checkout) -> None:
    """The files on disk are all that is needed; only a base has to be a commit."""
    shutil.rmtree(shop.top / ".git")
    shutil.rmtree(shop.top / ".impact")
    shop.git("init", "--quiet")

    recorded = shop.pytest("--impact-record")
    shop.edit("shop/tax.py", "return 7", "return 6 + 1")

    assert (recorded.status, recorded.count("passed")) == (0, 7)
    assert shop.selected() == ["tests/test_tax.py::test_food"]
    assert "at no commit: 7 recordings" in shop.impact("status").out
    assert_one_line(shop.impact("select", "--base", "HEAD"), "unknown-revision")


def test_an_unknown_base(shop: Checkout) -> None:
    """The name is repeated; no test runs on a guess."""
    assert_one_line(shop.impact("select", "--base", "origin/main"), "unknown-revision")
    done = shop.pytest("--impacted", "--impact-base=origin/main")
    assert_usage_error(done, "unknown-revision")
    assert "'origin/main'" in done.err


def test_unrelated_histories(shop: Checkout) -> None:
    """Two commits without a common ancestor have no merge base."""
    shop.git("switch", "--quiet", "--orphan", "other")
    shop.git("commit", "--quiet", "--allow-empty", "--message", "another beginning")

    assert_one_line(shop.impact("select", "--base", "main"), "no-merge-base")


def test_a_shell_without_an_answer(outside: Checkout) -> None:
    """Where the command fails, `pytest $(impact select)` is `pytest`, which runs all tests."""
    done = outside.run("bash", "-c", "pytest $(impact select)")

    assert done.count("passed") == 7


@pytest.mark.parametrize(
    "content",
    [b"def rate(:\n", b"\xff\xfe = 1\n", b"x = '\0'\n", b"# coding: no\n"],
    ids=["syntax", "bytes", "nul", "coding"],
)
def test_a_source_that_cannot_be_read(shop: Checkout, content: bytes) -> None:
    """A file that does not parse or decode selects all that depend on it, and its repair too."""
    before = (shop.top / "shop/tax.py").read_bytes()
    (shop.top / "shop/tax.py").write_bytes(content)

    broken = shop.pytest("--impacted")

    assert broken.status == 2
    assert "1 error" in broken.out
    assert shop.selected() == ["tests/test_tax.py::test_food", "tests/test_tax.py::test_other"]
    (shop.top / "shop/tax.py").write_bytes(before.replace(b"return 7", b"return 6 + 1"))
    assert "test_food" in shop.pytest("--impacted").ran


def test_a_source_that_never_parsed(shop: Checkout) -> None:
    """A file that is broken on purpose, and read as data, harms nobody."""
    shop.write("tests/broken.py", "def rate(:\n")
    shop.write(
        "tests/test_broken.py",
        "from pathlib import Path\n\n\ndef test_broken():\n"
        "    assert 'rate(' in Path('tests/broken.py').read_text()\n",
    )
    shop.record()

    assert shop.selected() == ["--impact-none"]
    shop.write("tests/broken.py", "def rate((:\n")
    assert shop.selected() == ["tests/test_broken.py::test_broken"]


def test_a_folder_that_is_gone(shop: Checkout, tmp_path: Path) -> None:
    """A current folder that was removed is no reason for a traceback of ours."""
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"cd {gone}; rmdir {gone}; {shutil.which('impact', path=os.environ['PATH'])} select"

    done = shop.run("bash", "-c", script)

    assert done.status != 0
    assert done.out == ""
