"""The sample project: its history, its edits, and what the demo says about them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from impact_select.demo.project import (
    EDITS,
    SHOP,
    STEPS,
    DemoFolderNotEmpty,
    Edit,
    create_shop,
    project_environment,
)
from impact_select.demo.show import (
    SHOWN_TESTS,
    WIDTH,
    Answer,
    DemoPackagesMissing,
    Row,
    SelectedTest,
    answer_lines,
    diff_lines,
    read_answer,
    run_demo,
    table_lines,
)


def git(folder: Path, *arguments: str) -> str:
    """What git prints in a folder."""
    return subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=project_environment(),
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def files_of(folder: Path) -> dict[str, bytes]:
    """The files below a folder, without git's and those that Python makes."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
        if not {".git", "__pycache__", ".pytest_cache"} & set(file.relative_to(folder).parts)
    }


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop to look at; nobody writes to it."""
    folder = tmp_path_factory.mktemp("demo") / "deep" / "shop"
    create_shop(folder)
    return folder


@pytest.fixture
def own_shop(shop: Path, tmp_path: Path) -> Path:
    """A shop to change."""
    git(tmp_path, "clone", "--quiet", str(shop), "own")
    return tmp_path / "own"


def test_the_history_has_one_commit_a_step(shop: Path) -> None:
    """The oldest commit is the first step."""
    subjects = git(shop, "log", "--reverse", "--format=%s").splitlines()

    assert subjects == [step.subject for step in STEPS]


def test_the_work_tree_is_clean(shop: Path) -> None:
    """All files are committed, and nothing else lies about."""
    assert git(shop, "status", "--porcelain", "--ignored") == ""


def test_the_last_commit_is_the_whole_shop(shop: Path) -> None:
    """The copy has every file, byte for byte."""
    assert files_of(shop) == files_of(SHOP)


@pytest.mark.parametrize("step", range(1, len(STEPS)))
def test_each_step_brings_its_own_files(shop: Path, step: int) -> None:
    """What a step adds is not there before it, and all of it afterwards."""
    commit = f"main~{len(STEPS) - 1 - step}"

    added = git(shop, "diff", "--name-only", "--diff-filter=A", f"{commit}~", commit).splitlines()

    assert [path for path in added if not path.startswith(STEPS[step].adds)] == []
    for start in STEPS[step].adds:
        assert any(path.startswith(start) for path in added), start


def test_the_user_s_git_set_up_does_not_matter(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signing, hooks, ignored files and the repository of a running hook change no commit."""
    home = tmp_path / "home"
    (home / ".config/git").mkdir(parents=True)
    (home / ".config/git/ignore").write_text("tests/\n")
    (home / ".config/git/attributes").write_text("*.py text eol=crlf\n")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-commit").chmod(0o755)
    (home / ".gitconfig").write_text(
        f"[commit]\n gpgSign = true\n[core]\n hooksPath = {hooks}\n[init]\n templateDir = {hooks}\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))

    create_shop(tmp_path / "shop")

    newest = git(tmp_path / "shop", "rev-parse", "main")
    assert newest == git(shop, "rev-parse", "main")


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    """Somebody may have made the folder already."""
    create_shop(tmp_path)

    assert (tmp_path / "shop" / "app.py").is_file()


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch], ids=["folder", "file"])
def test_what_is_there_stays_as_it_is(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A folder with something in it is refused, and so is a file of that name."""
    make(tmp_path / "mine")
    folder = tmp_path if (tmp_path / "mine").is_dir() else tmp_path / "mine"

    with pytest.raises(DemoFolderNotEmpty) as refusal:
        create_shop(folder)

    assert refusal.value.folder == folder
    assert refusal.value.slug in str(refusal.value)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_an_edit_changes_one_file(own_shop: Path, edit: Edit) -> None:
    """The old text occurs once, and afterwards the new one instead."""
    before = files_of(own_shop)

    edit.apply(own_shop)

    after = files_of(own_shop)
    assert [path for path in after if after[path] != before.get(path)] == [edit.path]
    assert before[edit.path].decode().count(edit.old) == 1
    assert after[edit.path] == before[edit.path].replace(edit.old.encode(), edit.new.encode())


def test_an_edit_of_other_text_is_refused(own_shop: Path) -> None:
    """An edit fits the shop as it comes; twice is a programming mistake."""
    EDITS[0].apply(own_shop)

    with pytest.raises(ValueError, match=EDITS[0].path):
        EDITS[0].apply(own_shop)


@pytest.mark.parametrize(
    ("commit", "edits"),
    [("main~3", ()), ("main~2", ()), ("main", ()), ("main", EDITS)],
    ids=["first-commit", "second-commit", "last-commit", "edited"],
)
def test_the_tests_of_the_shop_pass(own_shop: Path, commit: str, edits: tuple[Edit, ...]) -> None:
    """At the end, after the edits, and at the commits that have few tests yet."""
    pytest.importorskip("flask")
    pytest.importorskip("sqlalchemy")
    pytest.importorskip("factory")
    git(own_shop, "checkout", "--quiet", "--detach", commit.replace("main", "origin/main"))
    for edit in edits:
        edit.apply(own_shop)

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:impact"],
        cwd=own_shop,
        env=project_environment(),
        check=False,
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stdout
    assert git(own_shop, "status", "--porcelain").splitlines() == sorted(
        f" M {edit.path}" for edit in edits
    )


@pytest.mark.parametrize("package", ["flask", "sqlalchemy", "factory"])
def test_a_missing_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    """The message says what to install, and no folder is made."""
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(DemoPackagesMissing) as missing:
        run_demo(tmp_path / "shop", print)

    assert "pip install 'impact-select[demo]'" in str(missing.value)
    assert any(name.startswith(package) for name in missing.value.names)
    assert not (tmp_path / "shop").exists()


def test_a_run_that_fails_ends_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What pytest printed is shown, and the status is 1."""
    pytest.importorskip("flask")
    pytest.importorskip("sqlalchemy")
    pytest.importorskip("factory")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "flask.py").write_text("raise OSError('no flask today')\n")
    monkeypatch.setenv("PYTHONPATH", str(broken), prepend=os.pathsep)
    lines: list[str] = []

    assert run_demo(tmp_path / "shop", lines.append) == 1

    text = "\n".join(lines)
    assert "failed with exit status" in text
    assert "no flask today" in text


def answer_of(
    verdict: str, *, tests: int = 0, fallbacks: tuple[tuple[str, str], ...] = ()
) -> Answer:
    """Read an answer of `impact select`, with so many tests in it."""
    selected = [
        {
            "id": f"tests/test_a.py::test_{number}",
            "causes": [
                {"kind": "block", "change": "shop/a.py:f", "chain": ["shop/a.py:f", "shop/b.py:g"]},
                {"kind": "block", "change": "shop/a.py:h", "chain": []},
            ],
        }
        for number in range(tests)
    ]
    entries = [{"slug": slug, "detail": detail} for slug, detail in fallbacks]
    text = json.dumps({"verdict": verdict, "selected": selected, "fallbacks": entries})
    return read_answer(text)


def test_a_test_is_shown_with_its_first_cause() -> None:
    """The chain leads from the change to the test; its start is not said twice."""
    assert answer_lines(answer_of("subset", tests=1), 76) == [
        "  selects 1 of 76 tests",
        "    tests/test_a.py::test_0",
        "      because shop/a.py:f > shop/b.py:g",
    ]


def test_a_long_list_is_cut() -> None:
    """The last line counts what is not shown."""
    lines = answer_lines(answer_of("subset", tests=SHOWN_TESTS + 3), 76)

    assert lines[0] == f"  selects {SHOWN_TESTS + 3} of 76 tests"
    assert lines[-1] == "    ... and 3 more"


def test_an_empty_selection_is_said_out_loud() -> None:
    """Nothing is selected; that is not the same as everything."""
    answer = answer_of("none")

    assert answer.count(76) == 0
    assert answer_lines(answer, 76) == ["  selects none of 76 tests"]


@pytest.mark.parametrize("fallbacks", [(), (("no-map", "no impact map"),)])
def test_a_selection_of_everything_counts_everything(
    fallbacks: tuple[tuple[str, str], ...],
) -> None:
    """Even when the answer lists no tests."""
    answer = answer_of("all", fallbacks=fallbacks)

    assert answer.count(76) == 76
    assert answer_lines(answer, 76)[0].startswith("  all 76 tests run: no ")


def test_lines_fit_the_terminal() -> None:
    """Long ids and diffs lose their middle, not their end."""
    test = SelectedTest(f"tests/test_a.py::test_{'x' * 90}[end]", "y" * 90)

    lines = answer_lines(Answer((test,), ()), 76)
    lines += [line for edit in EDITS for line in diff_lines(edit)]
    lines += table_lines([Row(edit.name, 76, 1000.0) for edit in EDITS], 76, 1000.0)

    assert max(map(len, lines)) <= WIDTH
    assert lines[1].endswith("x[end]")


def test_the_table_adds_up() -> None:
    """One line an edit, and all of them together."""
    rows = [Row("function", 5, 1.25), Row("comment", 0, 0.5)]

    assert [line.split() for line in table_lines(rows, 76, 4.0)] == [
        ["change", "tests", "time", "all", "tests"],
        ["function", "5", "of", "76", "1.2", "s", "4.0", "s"],
        ["comment", "0", "of", "76", "0.5", "s", "4.0", "s"],
        ["together", "1.8", "s", "8.0", "s"],
    ]
