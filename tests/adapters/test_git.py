"""The git adapter against real repositories; git itself is the oracle where it has an opinion."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from impact_select.adapters.git import SUBMODULE, GitHistory
from impact_select.errors import (
    GitFailed,
    GitMissing,
    NoMergeBase,
    NotARepository,
    UnknownRevision,
)
from impact_select.model.ids import Blob, RepoPath, Revision
from impact_select.model.tree import TreeFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conftest import Sample

ODD_NAMES = [
    "with space.py",
    "tab\there.py",
    "line\nend.py",
    "carriage\r",
    '"quoted".py',
    "back\\slash.py",
    "'apostrophe'.py",
    "?question.py",
    "-hyphen.py",
    "naïve/größe.py",
    os.fsdecode(b"latin-\xe9.py"),
    "deep/er/and/deeper.py",
]


def plain(files: Mapping[RepoPath, TreeFile]) -> dict[str, tuple[str, str]]:
    """Reduce a tree to what can be compared with git's own listing."""
    assert all(path == file.path for path, file in files.items())
    return {path: (file.mode, file.blob) for path, file in files.items()}


def paths(*names: str) -> list[RepoPath]:
    """Name paths."""
    return [RepoPath(name) for name in names]


class TestFind:
    """From a folder to its repository."""

    @pytest.mark.parametrize("below", ["", "sub", "sub/deeper"])
    def test_top_is_found_from_any_folder(self, sample: Sample, below: str) -> None:
        """The top is found from the top itself and from folders below it."""
        (sample.top / "sub/deeper").mkdir(parents=True)

        assert GitHistory.find(sample.top / below).top == sample.top

    def test_top_is_resolved(self, sample: Sample, tmp_path: Path) -> None:
        """A start through a symbolic link gives the real folder."""
        (tmp_path / "link").symlink_to(sample.top)

        assert GitHistory.find(tmp_path / "link").top == sample.top

    def test_a_name_with_odd_bytes(self, new_sample: Callable[..., Sample]) -> None:
        """The folder's own name may hold line ends and bytes that are no text."""
        sample = new_sample(os.fsdecode(b"odd\n--x\ntrue\n\xff"))
        sample.write("a.py", "1")

        assert plain(sample.history().worktree()) == {"a.py": ("100644", sample.blob("1"))}

    def test_a_linked_worktree_has_its_own_top(self, sample: Sample, tmp_path: Path) -> None:
        """A linked worktree is a top with its own files and HEAD."""
        sample.commit(a="1")
        sample.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))
        (tmp_path / "linked/b.py").write_text("2")
        history = GitHistory.find(tmp_path / "linked")

        assert history.top == tmp_path / "linked"
        assert set(history.worktree()) == {"a.py", "b.py"}

    @pytest.mark.parametrize("missing", [False, True])
    def test_outside_is_an_error(self, tmp_path: Path, missing: bool) -> None:
        """A folder without repository, and one that does not exist, are refused by name."""
        folder = tmp_path / "nowhere" if missing else tmp_path

        with pytest.raises(NotARepository) as caught:
            GitHistory.find(folder)
        assert caught.value.folder == folder

    def test_bare_is_an_error(self, new_sample: Callable[..., Sample]) -> None:
        """A bare repository has no files to select for."""
        with pytest.raises(NotARepository):
            new_sample("bare.git", "--bare").history()

    def test_refused_owner_is_told(self, sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
        """Git's own advice for somebody else's repository is passed on, on one line."""
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")

        with pytest.raises(GitFailed, match=r"safe\.directory") as caught:
            sample.history()
        assert "\n" not in str(caught.value)

    def test_a_dangling_gitfile_is_told(self, tmp_path: Path) -> None:
        """A `.git` file that leads nowhere is not taken for "no repository"."""
        (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n")

        with pytest.raises(GitFailed, match="/nowhere/at/all"):
            GitHistory.find(tmp_path)


class TestGitMissing:
    """Without a git command."""

    def test_missing_at_the_start(self, sample: Sample, tmp_path: Path) -> None:
        """The error comes before GitPython is imported, and no variable is left behind."""
        program = (
            "import os, sys; from pathlib import Path\n"
            "from impact_select.adapters.git import GitHistory\n"
            "from impact_select.errors import GitMissing\n"
            "before = dict(os.environ)\n"
            "try: GitHistory.find(Path.cwd())\n"
            "except GitMissing as error: print(error.slug, 'git' in sys.modules)\n"
            "assert dict(os.environ) == before\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=sample.top,
            env={"PATH": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )

        assert (done.stdout, done.stderr) == ("git-missing False\n", "")

    def test_missing_later(
        self, sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A git that vanished after the repository was found is the same error."""
        history = sample.history()
        monkeypatch.setenv("PATH", str(tmp_path))

        with pytest.raises(GitMissing):
            history.worktree()

    def test_variables_stay(self, sample: Sample) -> None:
        """Looking for a repository changes no environment variable."""
        before = dict(os.environ)
        sample.history().worktree()

        assert dict(os.environ) == before


def rename(sample: Sample) -> None:
    """Rename."""
    (sample.top / "kept.py").rename(sample.top / "moved.py")


def file_to_folder(sample: Sample) -> None:
    """Replace a file by a folder of the same name."""
    (sample.top / "kept.py").unlink()
    sample.write("kept.py/inner.py", "1")


def folder_to_file(sample: Sample) -> None:
    """Replace a folder by a file of the same name."""
    (sample.top / "pkg/mod.py").unlink()
    (sample.top / "pkg").rmdir()
    sample.write("pkg", "1")


def file_to_link(sample: Sample) -> None:
    """Replace a file by a symbolic link."""
    (sample.top / "kept.py").unlink()
    (sample.top / "kept.py").symlink_to("pkg/mod.py")


def link_to_file(sample: Sample) -> None:
    """Replace a symbolic link by a file."""
    (sample.top / "link").unlink()
    sample.write("link", "no link")


def link_elsewhere(sample: Sample) -> None:
    """Let links point elsewhere: untidy, dangling, and to a folder."""
    (sample.top / "link").unlink()
    (sample.top / "link").symlink_to("./pkg//mod.py")
    (sample.top / "dangling").symlink_to(os.fsdecode(b"no\xff where"))
    (sample.top / "to-folder").symlink_to("pkg")


def executable(sample: Sample) -> None:
    """Change modes, of a tracked and of an untracked file."""
    (sample.top / "kept.py").chmod(0o755)
    sample.write("script.sh", "#!/bin/sh\n").chmod(0o755)


def same_size(sample: Sample) -> None:
    """Change a file without changing its size or time."""
    file = sample.top / "kept.py"
    times = file.stat()
    file.write_text("kepT\n")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def touched(sample: Sample) -> None:
    """Give a file another time only."""
    os.utime(sample.top / "kept.py", (1, 1))


def odd_names(sample: Sample) -> None:
    """Write files with every odd name."""
    for name in ODD_NAMES:
        sample.write(name, f"content of {name!r}")


def intent_to_add(sample: Sample) -> None:
    """Announce files, one of which is empty."""
    sample.write("announced.py", "1")
    sample.write("announced_empty.py", "")
    sample.git("add", "--intent-to-add", "announced.py", "announced_empty.py")


def staged_then_changed(sample: Sample) -> None:
    """Stage one content, then write another; stage a deletion, then write again."""
    sample.write("kept.py", "staged")
    sample.git("add", "kept.py")
    sample.write("kept.py", "changed after")
    sample.git("rm", "--quiet", "--cached", "pkg/mod.py")


def staged_then_deleted(sample: Sample) -> None:
    """Stage a new file, then delete it."""
    sample.write("brief.py", "1")
    sample.git("add", "brief.py")
    (sample.top / "brief.py").unlink()


def ignored_files(sample: Sample) -> None:
    """Ignore by several files; a tracked file stays tracked."""
    sample.write(".gitignore", "*.log\nbuild/\nkept.py\n")
    sample.write("pkg/.gitignore", "!important.log\n")
    sample.write(".git/info/exclude", "private*\n")
    for name in ("a.log", "build/x.py", "pkg/important.log", "private.txt", "seen.txt"):
        sample.write(name, name)


def line_ends(sample: Sample) -> None:
    """Let attributes convert line ends of changed and untracked files."""
    sample.write(".gitattributes", "*.py text eol=crlf\n*.bin binary\n")
    sample.write("kept.py", "one\r\ntwo\r\n")
    sample.write("new.py", "one\r\ntwo\r\n")
    sample.write("new.bin", "one\r\ntwo\r\n")


def automatic_line_ends(sample: Sample) -> None:
    """Let a setting convert line ends."""
    sample.git("config", "core.autocrlf", "true")
    sample.write("new.txt", "one\r\ntwo\r\n")


def clean_filter(sample: Sample) -> None:
    """Let a clean filter, an encoding and $Id$ change what is stored."""
    sample.git("config", "filter.shout.clean", "tr a-z A-Z")
    attributes = "*.loud filter=shout\n*.u16 working-tree-encoding=UTF-16\n*.id ident\n"
    sample.write(".gitattributes", attributes)
    sample.write("line\nend.loud", "quiet")
    sample.write("a.loud", "quiet")
    sample.write("b.u16", "wide".encode("utf-16"))
    sample.write("c.id", "$Id: something $\n")


def no_file_mode(sample: Sample) -> None:
    """Distrust the executable bit."""
    sample.git("config", "core.fileMode", "false")
    (sample.top / "kept.py").chmod(0o755)
    (sample.top / "run.sh").chmod(0o644)
    sample.write("run.sh", "changed")
    sample.write("new.sh", "1").chmod(0o755)


def no_symlinks(sample: Sample) -> None:
    """Keep links as small files, as on a file system without them."""
    sample.git("config", "core.symlinks", "false")
    (sample.top / "link").unlink()
    sample.write("link", "pkg/other.py")


def big_index_version(sample: Sample) -> None:
    """Use the compressed index format."""
    sample.git("update-index", "--index-version", "4")
    sample.write("new.py", "1")


def emptied(sample: Sample) -> None:
    """Delete every file."""
    for path in sample.git("ls-files").split():
        (sample.top / path).unlink()


def special_files(sample: Sample) -> None:
    """Leave things that git never stores."""
    os.mkfifo(sample.top / "pipe")
    (sample.top / "empty-folder").mkdir()


class TestWorktree:
    """The files on disk."""

    @pytest.fixture
    def started(self, sample: Sample) -> Sample:
        """Give a repository with a file of each kind, committed."""
        sample.write("kept.py", "kept\n")
        sample.write("pkg/mod.py", "mod\n")
        sample.write("run.sh", "#!/bin/sh\n").chmod(0o755)
        (sample.top / "link").symlink_to("pkg/mod.py")
        sample.commit()
        return sample

    @pytest.mark.parametrize(
        "change",
        [
            rename, file_to_folder, folder_to_file, file_to_link, link_to_file, link_elsewhere,
            executable, same_size, touched, odd_names, intent_to_add, staged_then_changed,
            staged_then_deleted, ignored_files, line_ends, automatic_line_ends, clean_filter,
            no_file_mode, no_symlinks, big_index_version, emptied, special_files,
        ],
    )  # fmt: skip
    def test_is_what_git_would_store(
        self, started: Sample, tmp_path: Path, change: Callable[[Sample], None]
    ) -> None:
        """Modes and blob ids are those of `git add --all`, before anything was added."""
        change(started)

        assert plain(started.history().worktree()) == started.staged_by_git(tmp_path)

    def test_odd_names_when_tracked(self, sample: Sample) -> None:
        """Names come back as they are on disk, from the index, the commit and the work tree."""
        odd_names(sample)
        revision = Revision(sample.commit())
        history = sample.history()

        assert set(history.worktree()) == set(ODD_NAMES)
        assert history.worktree() == history.index() == history.tree(revision)

    def test_before_the_first_commit(self, sample: Sample) -> None:
        """Without any commit, untracked files are there and the index is empty."""
        sample.write("a.py", "1")
        history = sample.history()

        assert (set(history.worktree()), set(history.index())) == ({"a.py"}, set())
        assert history.head() is None

    def test_an_empty_repository(self, sample: Sample) -> None:
        """No files at all is an empty tree."""
        assert sample.history().worktree() == {}

    def test_from_a_subfolder(self, started: Sample) -> None:
        """Paths are relative to the top, and files outside of the starting folder count."""
        started.write("outside.py", "1")

        assert GitHistory.find(started.top / "pkg").worktree() == started.history().worktree()

    def test_a_conflict_is_read_from_disk(self, sample: Sample) -> None:
        """An unmerged file is what stands on disk, conflict marks included."""
        sample.commit(a="base\n", both="base\n", gone="base\n")
        sample.git("checkout", "--quiet", "-b", "side")
        (sample.top / "gone.py").unlink()
        theirs = sample.commit(both="theirs\n")
        sample.git("checkout", "--quiet", "main")
        sample.commit(both="ours\n", gone="changed\n")
        subprocess.run(["git", "merge", "side"], cwd=sample.top, capture_output=True, check=False)
        text = (sample.top / "both.py").read_bytes()
        history = sample.history()

        assert b"<<<<<<<" in text
        assert plain(history.worktree())["both.py"] == ("100644", sample.blob(text))
        assert plain(history.worktree())["gone.py"] == ("100644", sample.blob("changed\n"))
        assert history.index() == history.tree(Revision(theirs))

    @pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
    def test_files_that_git_was_told_not_to_look_at(self, started: Sample, flag: str) -> None:
        """The disk counts: the tests read it whatever the index says."""
        started.git("update-index", flag, "kept.py", "pkg/mod.py", "run.sh")
        started.write("kept.py", "changed")
        (started.top / "pkg/mod.py").unlink()
        files = plain(started.history().worktree())

        assert files["kept.py"] == ("100644", started.blob("changed"))
        assert "pkg/mod.py" not in files
        assert files["run.sh"] == ("100755", started.blob("#!/bin/sh\n"))

    def test_a_sparse_checkout(self, started: Sample) -> None:
        """Files left out of a sparse checkout are not on disk, and not in the work tree."""
        started.git("sparse-checkout", "set", "--cone", "--sparse-index", "other")
        history = started.history()

        assert set(history.worktree()) == {"kept.py", "run.sh", "link"}
        assert "pkg/mod.py" in history.index()

    def test_a_failing_filter(self, sample: Sample) -> None:
        """A file that a filter refuses is hashed as it is, and the files after it as usual."""
        sample.git("config", "filter.lfs.clean", "exit 1")
        sample.git("config", "filter.lfs.required", "true")
        sample.write(".gitattributes", "*.dat filter=lfs\n")
        for name in ("a.py", "b.dat", "c.py", "d.dat", "e.py"):
            sample.write(name, name)
        files = sample.history().worktree()

        assert {path: file.blob for path, file in files.items() if path[0] != "."} == {
            name: sample.blob(name) for name in ("a.py", "b.dat", "c.py", "d.dat", "e.py")
        }

    def test_unreadable_files(self, sample: Sample) -> None:
        """A file that cannot be read has an id of zeros, and the files after it are hashed."""
        for name in ("a.py", "b.py", "c.py"):
            sample.write(name, name)
        (sample.top / "b.py").chmod(0)
        if os.access(sample.top / "b.py", os.R_OK):
            pytest.skip("this user reads every file")
        files = plain(sample.history().worktree())

        assert files["b.py"] == ("100644", "0" * 40)
        assert files["c.py"] == ("100644", sample.blob("c.py"))

    def test_other_hash_function(self, new_sample: Callable[..., Sample], tmp_path: Path) -> None:
        """A SHA-256 repository gives ids of 64 digits, for links and files."""
        sample = new_sample("sha256", "--object-format=sha256")
        sample.commit(a="1")
        sample.write("b.py", "2")
        (sample.top / "link").symlink_to("b.py")
        files = plain(sample.history().worktree())

        assert files == sample.staged_by_git(tmp_path)
        assert {len(blob) for _, blob in files.values()} == {64}

    def test_the_index_is_left_alone(self, started: Sample) -> None:
        """Looking takes no lock and writes nothing, even where git status would refresh."""
        touched(started)
        index = started.top / ".git/index"
        before = index.read_bytes(), index.stat().st_mtime_ns
        started.write(".git/index.lock", "held by somebody")
        history = started.history()
        history.worktree()
        history.index()

        assert (index.read_bytes(), index.stat().st_mtime_ns) == before

    def test_user_settings_do_not_matter(self, started: Sample, tmp_path: Path) -> None:
        """Settings that change what git prints, or which files it shows, change no answer."""
        for setting in (
            "status.showUntrackedFiles=no", "core.quotePath=true", "diff.noprefix=true",
            "color.ui=always", "diff.ignoreSubmodules=all", "diff.external=false",
            "core.untrackedCache=true", "feature.manyFiles=true",
        ):  # fmt: skip
            started.git("config", *setting.split("="))
        odd_names(started)

        assert plain(started.history().worktree()) == started.staged_by_git(tmp_path)

    @pytest.mark.parametrize(("dirty", "processes"), [(False, 1), (True, 3)])
    def test_few_processes(
        self,
        started: Sample,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        dirty: bool,
        processes: int,
    ) -> None:
        """A clean tree takes one git process and a changed one three, however many the files."""
        for number in range(50 * dirty):
            started.write(f"new{number}.py", str(number))
        history = started.history()
        trace = tmp_path / "trace"
        monkeypatch.setenv("GIT_TRACE", str(trace))
        history.worktree()

        assert trace.read_text().count("trace: built-in:") == processes


class TestInnerRepositories:
    """Submodules and untracked repositories."""

    @pytest.fixture
    def library(self, new_sample: Callable[..., Sample]) -> Sample:
        """Give a repository to be used as a submodule, with a submodule of its own."""
        leaf = new_sample("leaf")
        leaf.commit(leaf="leaf")
        library = new_sample("library")
        library.commit(lib="1")
        library.git("submodule", "--quiet", "add", str(leaf.top), "in side")
        library.commit()
        return library

    @pytest.fixture
    def using(self, sample: Sample, library: Sample) -> Sample:
        """Give a repository that has the other as populated submodule `vendor/lib`."""
        sample.commit(a="1")
        sample.git("submodule", "--quiet", "add", str(library.top), "vendor/lib")
        sample.git("submodule", "--quiet", "update", "--init", "--recursive")
        sample.commit()
        return sample

    def test_submodule_files_are_listed(self, using: Sample, library: Sample) -> None:
        """A submodule is one entry with its commit, and its files stand under its path."""
        commit = library.git("rev-parse", "HEAD").strip()
        files = plain(using.history().worktree())

        assert files["vendor/lib"] == (SUBMODULE, commit)
        assert files["vendor/lib/lib.py"] == ("100644", library.blob("1"))
        assert files["vendor/lib/in side"][0] == SUBMODULE
        assert files["vendor/lib/in side/leaf.py"] == ("100644", library.blob("leaf"))

    def test_every_tree_lists_them(self, using: Sample) -> None:
        """Index and commit list the same files, so that nothing differs where nothing changed."""
        history = using.history()
        head = history.head()

        assert head is not None
        assert history.worktree() == history.index() == history.tree(head)

    def test_submodule_changes(self, using: Sample) -> None:
        """Changed, untracked and newly committed files of a submodule are seen at once."""
        using.write("vendor/lib/lib.py", "changed")
        using.write("vendor/lib/new.py", "new")
        using.write("vendor/lib/in side/leaf.py", "committed")
        inside = using.top / "vendor/lib/in side"
        subprocess.run(["git", "commit", "-qam", "x"], cwd=inside, check=True)
        files = plain(using.history().worktree())

        assert files["vendor/lib/lib.py"][1] == using.blob("changed")
        assert files["vendor/lib/new.py"][1] == using.blob("new")
        assert files["vendor/lib/in side/leaf.py"][1] == using.blob("committed")
        assert files["vendor/lib/in side"] != plain(using.history().index())["vendor/lib/in side"]

    def test_start_inside_a_submodule(self, using: Sample) -> None:
        """A folder of a submodule belongs to the submodule."""
        history = GitHistory.find(using.top / "vendor/lib")

        assert history.top == using.top / "vendor/lib"
        assert "lib.py" in history.worktree()

    def test_unpopulated_submodule(self, using: Sample, tmp_path: Path) -> None:
        """In a clone without its submodules only the entry is there, with the commit asked for."""
        using.git("clone", "--quiet", ".", str(tmp_path / "clone"))
        history = GitHistory.find(tmp_path / "clone")

        assert set(history.worktree()) == {".gitmodules", "a.py", "vendor/lib"}
        assert history.worktree() == history.index()

    @pytest.mark.parametrize("replaced", [False, True])
    def test_removed_submodule(self, using: Sample, replaced: bool) -> None:
        """A submodule whose folder is gone is absent; a file in its place is a file."""
        subprocess.run(["rm", "-r", "vendor/lib"], cwd=using.top, check=True)
        if replaced:
            using.write("vendor/lib", "file")
        files = plain(using.history().worktree())

        assert {path: mode for path, (mode, _) in files.items() if path.startswith("vendor")} == (
            {"vendor/lib": "100644"} if replaced else {}
        )

    def test_submodule_commit_that_is_missing(self, using: Sample) -> None:
        """Where the commit asked for is not in the submodule's clone, only the entry is listed."""
        using.git("update-index", "--cacheinfo", f"{SUBMODULE},{'1' * 40},vendor/lib")

        assert set(using.history().index()) == {".gitmodules", "a.py", "vendor/lib"}

    def test_blobs_of_submodules_are_read(self, using: Sample) -> None:
        """A blob that only the submodule has is found once a tree was listed."""
        history = using.history()
        blobs = [file.blob for path, file in history.index().items() if path.endswith(".py")]

        assert sorted(history.read_blobs(blobs).values()) == [b"1", b"leaf"]

    @pytest.mark.parametrize("commits", [False, True])
    def test_untracked_repository(self, sample: Sample, commits: bool) -> None:
        """Files of an untracked repository inside count, with or without commits there."""
        sample.commit(a="1")
        sample.git("init", "--quiet", "cloned")
        sample.write("cloned/b.py", "2")
        if commits:
            subprocess.run(["git", "add", "."], cwd=sample.top / "cloned", check=True)
            subprocess.run(["git", "commit", "-qm", "x"], cwd=sample.top / "cloned", check=True)
            sample.write("cloned/c.py", "3")

        assert set(sample.history().worktree()) == {"a.py", "cloned/b.py"} | (
            {"cloned/c.py"} if commits else set()
        )


class TestIndex:
    """What a commit would hold."""

    def test_only_what_is_staged(self, sample: Sample) -> None:
        """Staged content counts, later edits and untracked files do not."""
        sample.commit(a="1", b="1", gone="1")
        sample.write("a.py", "2")
        sample.git("rm", "--quiet", "gone.py")
        sample.git("add", "a.py")
        sample.write("a.py", "3")
        sample.write("b.py", "3")
        sample.write("new.py", "3")

        assert plain(sample.history().index()) == {
            "a.py": ("100644", sample.blob("2")),
            "b.py": ("100644", sample.blob("1")),
        }

    def test_announced_files_are_absent(self, sample: Sample) -> None:
        """Intent-to-add stages nothing; a really empty staged file is there."""
        sample.write("staged_empty.py", "")
        sample.git("add", "staged_empty.py")
        intent_to_add(sample)

        assert set(sample.history().index()) == {"staged_empty.py"}


class TestHook:
    """Inside a git hook, where variables name the repository and its index."""

    PROGRAM = """
import json, os, sys
from pathlib import Path
from impact_select.adapters.git import GitHistory
where, start, out = sys.argv[1:]
os.chdir(where)
history = GitHistory.find(Path(start))
index = {path: file.blob for path, file in history.index().items()}
Path(out).write_text(json.dumps([str(history.top), index, sorted(history.worktree())]))
"""

    def staged_in_hook(
        self, sample: Sample, top: Path, tmp_path: Path, commit: list[str], where: str, start: Path
    ) -> tuple[str, dict[str, str], list[str]]:
        """Commit with a hook that looks at the repository of a folder, from another folder."""
        import json

        program, out = tmp_path / "program.py", tmp_path / "out.json"
        program.write_text(self.PROGRAM)
        hook = sample.write(
            ".git/hooks/pre-commit",
            "#!/bin/sh\n"
            f'PYTHONPATH="{os.pathsep.join(sys.path)}" exec "{sys.executable}" '
            f'"{program}" "{where}" "{start}" "{out}"\n',
        )
        hook.chmod(0o755)
        subprocess.run(["git", "commit", "-qm", "hooked", *commit], cwd=top, check=True)
        top_seen, index, files = json.loads(out.read_text())
        return top_seen, index, files

    @pytest.fixture(params=["main", "linked"])
    def top(self, request: pytest.FixtureRequest, sample: Sample, tmp_path: Path) -> Path:
        """Give the top of a main work tree or of a linked one, with two changed files."""
        sample.write("pkg/__init__.py", "")
        sample.commit(a="1", b="1")
        top = sample.top
        if request.param == "linked":
            top = tmp_path / "linked"
            sample.git("worktree", "add", "--quiet", "-b", "side", str(top))
        (top / "a.py").write_text("2")
        (top / "b.py").write_text("2")
        return top

    @pytest.mark.parametrize("where", [".", "pkg"])
    @pytest.mark.parametrize(
        ("commit", "b"), [(["a.py"], "1"), (["--all"], "2"), (["--only", "b.py", "a.py"], "2")]
    )
    def test_the_index_of_the_commit_counts(
        self, sample: Sample, top: Path, tmp_path: Path, commit: list[str], b: str, where: str
    ) -> None:
        """`git commit FILE` and `--all` commit a temporary index, from any current folder."""
        seen, index, files = self.staged_in_hook(sample, top, tmp_path, commit, where, top / where)

        assert Path(seen) == top
        assert index["a.py"] == sample.blob("2")
        assert index["b.py"] == sample.blob(b)
        assert files == ["a.py", "b.py", "pkg/__init__.py"]

    def test_another_repository_is_not_mixed_up(
        self, sample: Sample, new_sample: Callable[..., Sample], top: Path, tmp_path: Path
    ) -> None:
        """A test that makes its own repository while a hook runs the tests sees that one."""
        other = new_sample("other")
        other.commit(elsewhere="1")
        seen, index, files = self.staged_in_hook(sample, top, tmp_path, ["--all"], ".", other.top)

        assert Path(seen) == other.top
        assert (list(index), files) == (["elsewhere.py"], ["elsewhere.py"])

    def test_a_repository_inside_is_not_mixed_up(
        self, sample: Sample, top: Path, tmp_path: Path
    ) -> None:
        """The same holds below the top, where tests may keep their temporary folders."""
        subprocess.run(["git", "init", "-q", "inner"], cwd=top, check=True)
        (top / "inner/c.py").write_text("1")
        seen, index, files = self.staged_in_hook(
            sample, top, tmp_path, ["--all"], ".", top / "inner"
        )

        assert Path(seen) == top / "inner"
        assert (index, files) == ({}, ["c.py"])

    def test_variables_name_a_repository_kept_elsewhere(
        self, sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """GIT_DIR and GIT_WORK_TREE by hand are respected where nothing else is found."""
        sample.commit(a="1")
        (sample.top / ".git").rename(tmp_path / "kept.git")
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "kept.git"))
        monkeypatch.setenv("GIT_WORK_TREE", str(sample.top))
        history = sample.history()

        assert history.top == sample.top
        assert history.worktree() == history.index() != {}

    def test_submodules_have_their_own_index(
        self, new_sample: Callable[..., Sample], sample: Sample, tmp_path: Path
    ) -> None:
        """The variables are not carried over into a submodule."""
        library = new_sample("library")
        library.commit(lib="1")
        sample.git("submodule", "--quiet", "add", str(library.top), "lib")
        sample.commit(a="1")
        sample.write("lib/lib.py", "2")
        (sample.top / "a.py").write_text("2")
        _, index, files = self.staged_in_hook(
            sample, sample.top, tmp_path, ["--all"], ".", sample.top
        )

        assert index["lib/lib.py"] == sample.blob("1")
        assert files == [".gitmodules", "a.py", "lib", "lib/lib.py"]

    def test_a_relative_git_dir_after_a_change_of_folder(
        self, sample: Sample, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where git itself would be lost, the index of the commit still counts."""
        sample.write("pkg/mod.py", "1")
        sample.git("add", ".", GIT_INDEX_FILE=".git/next-index.lock")
        monkeypatch.setenv("GIT_DIR", ".git")
        monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index.lock")
        monkeypatch.chdir(sample.top / "pkg")

        assert set(GitHistory.find(Path.cwd()).index()) == {"pkg/mod.py"}


class TestRevisions:
    """Commits by name."""

    def test_names(self, sample: Sample) -> None:
        """Branches, tags, hashes, HEAD and ancestors are resolved to full hashes."""
        first = sample.commit(a="1")
        sample.git("tag", "--annotate", "--message", "m", "v1")
        sample.git("branch", "feature/with/slash")
        second = sample.commit(a="2")
        history = sample.history()

        assert history.resolve("feature/with/slash") == first
        assert history.resolve("v1") == history.resolve("HEAD~1") == first
        assert history.resolve(first[:8]) == first
        assert history.resolve("main") == history.head() == second

    @pytest.mark.parametrize(
        "name",
        [
            "",
            "nowhere",
            "origin/main",
            "-h",
            "--all",
            "HEAD:a.py",
            "HEAD~9",
            "1" * 40,
            "a\0b",
            "a b",
        ],
    )
    def test_unknown_names(self, sample: Sample, name: str) -> None:
        """What names no commit is refused by name, options and files included."""
        sample.commit(a="1")

        with pytest.raises(UnknownRevision) as caught:
            sample.history().resolve(name)
        assert caught.value.revision == name

    def test_detached_head(self, sample: Sample) -> None:
        """A detached HEAD is a HEAD."""
        first = sample.commit(a="1")
        sample.commit(a="2")
        sample.git("checkout", "--quiet", "--detach", first)

        assert sample.history().head() == first

    def test_damaged_head(self, sample: Sample) -> None:
        """A HEAD that cannot be read is not "no commit yet"."""
        first = sample.commit(a="1")
        stored = sample.top / ".git/objects" / first[:2] / first[2:]
        stored.chmod(stat.S_IRUSR | stat.S_IWUSR)
        stored.write_bytes(b"damaged")

        with pytest.raises(GitFailed):
            sample.history().head()

    def test_merge_base(self, sample: Sample) -> None:
        """The merge base is where the branches parted, not the tip of either."""
        base = sample.commit(a="1")
        sample.git("checkout", "--quiet", "-b", "side")
        sample.commit(b="1")
        sample.git("checkout", "--quiet", "main")
        sample.commit(a="2")

        assert sample.history().merge_base("side") == base

    def test_unrelated_histories(self, sample: Sample) -> None:
        """Branches without a common commit are told apart from a clone cut short."""
        sample.commit(a="1")
        sample.git("checkout", "--quiet", "--orphan", "other")
        sample.commit(a="2")

        with pytest.raises(NoMergeBase) as caught:
            sample.history().merge_base("main")
        assert not caught.value.shallow

    def test_merge_base_before_the_first_commit(self, sample: Sample) -> None:
        """Without a commit there is nothing to part from."""
        with pytest.raises(UnknownRevision):
            sample.history().merge_base("HEAD")

    def test_shallow_clone(self, sample: Sample, tmp_path: Path) -> None:
        """In a shallow clone trees work, missing history is told, and deepening is advised."""
        first = sample.commit(a="1")
        sample.git("branch", "side")
        sample.commit(a="2")
        sample.git("checkout", "--quiet", "side")
        sample.commit(b="3")
        options = ("--quiet", "--depth=1", "--no-single-branch")
        sample.git("clone", *options, sample.top.as_uri(), str(tmp_path / "shallow"))
        history = GitHistory.find(tmp_path / "shallow")
        head = history.head()

        assert history.is_shallow()
        assert not sample.history().is_shallow()
        assert head is not None
        assert history.tree(head) == history.worktree() == history.index()
        with pytest.raises(UnknownRevision):
            history.resolve(first)
        with pytest.raises(NoMergeBase, match="--unshallow") as caught:
            history.merge_base("origin/main")
        assert caught.value.shallow

    def test_tree_is_the_commit(self, sample: Sample) -> None:
        """A tree has the content of its commit, with modes, whatever is on disk."""
        sample.write("run.sh", "1").chmod(0o755)
        (sample.top / "link").symlink_to("run.sh")
        first = Revision(sample.commit(a="1"))
        sample.commit(a="2", b="2")

        assert plain(sample.history().tree(first)) == {
            "a.py": ("100644", sample.blob("1")),
            "link": ("120000", sample.blob("run.sh")),
            "run.sh": ("100755", sample.blob("1")),
        }

    def test_unknown_tree(self, sample: Sample) -> None:
        """A hash that this clone lacks is git's failure, not an empty tree."""
        with pytest.raises(GitFailed):
            sample.history().tree(Revision("1" * 40))


class TestBlobs:
    """Stored content."""

    def test_contents(self, sample: Sample) -> None:
        """Content comes back byte for byte, also where it looks like git's own answer."""
        contents = [b"", b"\n", b"a\r\nb", bytes(range(256)) * 300, b"1" * 40 + b" blob 3\nabc\n"]
        for number, content in enumerate(contents):
            sample.write(f"{number}.bin", content)
        sample.commit()
        history = sample.history()
        files = history.index()
        blobs = [files[RepoPath(f"{number}.bin")].blob for number in range(len(contents))]

        assert [history.read_blobs(blobs)[blob] for blob in blobs] == contents
        assert [history.read_blob(blob) for blob in blobs] == contents

    def test_missing_blobs(self, sample: Sample) -> None:
        """What this clone lacks, a commit, and what is no id at all are left out."""
        commit = sample.commit(a="1")
        history = sample.history()
        known = history.index()[RepoPath("a.py")].blob
        odd = [Blob("1" * 40), Blob(commit), Blob("HEAD:a.py"), Blob("x\ny"), Blob("")]

        assert history.read_blobs([*odd, known, known]) == {known: b"1"}
        assert history.read_blobs([]) == {}
        with pytest.raises(GitFailed, match="1111"):
            history.read_blob(odd[0])


class TestIgnored:
    """Paths that git ignores."""

    def test_ignored_paths(self, sample: Sample) -> None:
        """Every ignore file counts, paths need not exist, tracked files are never ignored."""
        sample.write(".gitignore", "*.log\nbuild/\n")
        sample.write("pkg/.gitignore", "!keep.log\n")
        sample.write("tracked.log", "1")
        sample.git("add", "--force", ".")
        odd = os.fsdecode(b"odd\n\xff.log")
        asked = paths("a.log", odd, "build/x", "pkg/keep.log", "pkg/b.log", "tracked.log", "a.py")

        assert sample.history().ignored(asked) == {"a.log", odd, "build/x", "pkg/b.log"}
        assert sample.history().ignored([]) == frozenset()

    def test_paths_that_git_refuses(self, sample: Sample) -> None:
        """Paths outside, beyond a link and empty ones are not ignored; the others are answered."""
        sample.write(".gitignore", "*.log\n")
        (sample.top / "folder").mkdir()
        (sample.top / "link").symlink_to("folder")
        asked = paths("", "../a.log", "/a.log", "x/../a.log", "link/a.log", "link/b/a.log", "b.log")

        assert sample.history().ignored(asked) == {"b.log"}

    def test_paths_in_inner_repositories(
        self, sample: Sample, new_sample: Callable[..., Sample], tmp_path: Path
    ) -> None:
        """A submodule's own rules count in it; in an empty one nothing is ignored."""
        library = new_sample("library")
        library.write(".gitignore", "*.tmp\n")
        library.commit()
        sample.write(".gitignore", "*.log\n")
        sample.git("submodule", "--quiet", "add", str(library.top), "lib")
        sample.commit()
        sample.git("clone", "--quiet", ".", str(tmp_path / "clone"))
        asked = paths("a.log", "lib/a.log", "lib/a.tmp", "lib/deep/a.tmp")

        assert sample.history().ignored(asked) == {"a.log", "lib/a.tmp", "lib/deep/a.tmp"}
        assert GitHistory.find(tmp_path / "clone").ignored(asked) == {"a.log"}
