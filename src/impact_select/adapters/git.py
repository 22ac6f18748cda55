"""The files of a repository as git knows them: in the work tree, the index or a commit."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

from impact_select.adapters.git_commands import (
    GitCommands,
    Outcome,
    Repository,
    failure,
    locate,
    repository_at,
    split_records,
)
from impact_select.adapters.git_files import SUBMODULE, DiskReader
from impact_select.errors import GitFailed, NoMergeBase, UnknownRevision
from impact_select.model.ids import Blob, RepoPath, Revision
from impact_select.model.tree import TreeFile

__all__ = ["SUBMODULE", "GitHistory"]

_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

# The empty file, by SHA-1 and SHA-256: what the index holds for `git add --intent-to-add`.
_EMPTY = frozenset(
    {
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
    }
)


class GitHistory:
    """One repository with a work tree.

    The files of a populated submodule count as files of the repository, under the submodule's
    path, beside the entry of the submodule itself; in every tree, so that trees compare.

    Attributes:
        top: The top of the work tree, resolved.
    """

    top: Path

    def __init__(self, repository: Repository) -> None:
        """Speak for a repository that was located before; `find` does both."""
        self.top = repository.top
        self._git = GitCommands(repository.top, repository)
        self._disk = DiskReader(repository.top, self._git)
        # Repositories inside this one, by path, as far as they were met.
        self._inner: dict[str, GitHistory] = {}

    @classmethod
    def find(cls, start: Path) -> Self:
        """Find the repository in whose work tree a folder lies.

        Inside a git hook its index is the one of the commit being made (GIT_INDEX_FILE).

        Raises:
            NotARepository: No work tree there, or no such folder.
            GitMissing: There is no git command.
            GitFailed: Git refuses the repository, for example because of its owner.
        """
        return cls(locate(start))

    def worktree(self) -> Mapping[RepoPath, TreeFile]:
        """List the files on disk that are tracked, or untracked and not ignored.

        Where the index says not to look (assume-unchanged, skip-worktree), the disk is read all
        the same: the tests read it too. A file that is there and cannot be read has a blob id
        of zeros.

        Cost:
            One git process where nothing changed, two more for changed and untracked files;
            the same again for each populated submodule and untracked inner repository.
        """
        records = self._git.records(
            "ls-files", "-z", "-v", "--stage", "--cached", "--deleted", "--modified",
            "--others", "--exclude-standard",
        )  # fmt: skip
        files: dict[RepoPath, TreeFile] = {}
        doubtful: dict[RepoPath, TreeFile | None] = {}
        untracked_repositories: list[RepoPath] = []
        for record in records:
            if record[0] == "?":
                path = RepoPath(record[2:])
                if path.endswith("/"):
                    untracked_repositories.append(RepoPath(path[:-1]))
                else:
                    doubtful[path] = None
                continue
            entry = _index_entry(record)
            # H is an entry that agrees with the disk, unless a later record says otherwise.
            if record[0] == "H":
                files[entry.path] = entry
            else:
                doubtful[entry.path] = entry
        if doubtful:
            for path in doubtful:
                files.pop(path, None)
            files |= self._disk.read(doubtful)
        for link in [file for file in files.values() if file.mode == SUBMODULE]:
            files |= self._submodule_worktree(link)
        for path in untracked_repositories:
            files |= self._untracked_repository(path)
        return files

    def unlisted(self, paths: Iterable[RepoPath]) -> Mapping[RepoPath, TreeFile]:
        """Look at files that git does not list (ignored ones), as if they were added."""
        return self._disk.read(dict.fromkeys(paths))

    def index(self) -> Mapping[RepoPath, TreeFile]:
        """List what a commit made now would hold.

        An unmerged path, which no commit can hold, counts as the other side's version: it
        differs from HEAD for certain. A path that was only announced (intent-to-add) is absent.
        """
        files: dict[RepoPath, TreeFile] = {}
        for record in self._git.records("ls-files", "-z", "-v", "--stage"):
            if record[0] in "Mm" and not record.partition("\t")[0].endswith("3"):
                continue
            entry = _index_entry(record)
            files[entry.path] = entry
        if not _EMPTY.isdisjoint(file.blob for file in files.values()):
            for path in self._git.records("diff-files", "-z", "--name-only", "--diff-filter=A"):
                files.pop(RepoPath(path), None)
        return self._with_submodules(files)

    def tree(self, revision: Revision) -> Mapping[RepoPath, TreeFile]:
        """List the files of a commit.

        Raises:
            GitFailed: The commit or one of its trees is not in this clone.
        """
        files: dict[RepoPath, TreeFile] = {}
        for record in self._git.records("ls-tree", "-r", "-z", "--full-tree", revision):
            head, _, name = record.partition("\t")
            mode, _, blob = head.split(" ")
            path = RepoPath(name)
            files[path] = TreeFile(path, mode, Blob(blob))
        return self._with_submodules(files)

    def resolve(self, name: str) -> Revision:
        """Turn the name of a commit (branch, tag, `HEAD~3`, hash) into its hash.

        Raises:
            UnknownRevision: It names no commit of this clone.
        """
        # A leading hyphen would be an option; git allows no such name.
        if not name or name.startswith("-") or "\0" in name:
            raise UnknownRevision(name)
        outcome = self._verify(name)
        if outcome.status != 0:
            raise UnknownRevision(name)
        return _revision(outcome)

    def head(self) -> Revision | None:
        """Give the commit that is checked out; None before the first one.

        Raises:
            GitFailed: What HEAD names is damaged.
        """
        outcome = self._verify("HEAD")
        if outcome.status not in (0, 1):
            raise failure("rev-parse", outcome)
        return _revision(outcome) if outcome.status == 0 else None

    def merge_base(self, name: str) -> Revision:
        """Find the commit where HEAD and another commit parted.

        Raises:
            UnknownRevision: Either is no commit of this clone.
            NoMergeBase: They have none in common, or this clone is too shallow to know it.
        """
        outcome = self._git.attempt("merge-base", self.resolve(name), self.resolve("HEAD"))
        if outcome.status == 0:
            return _revision(outcome)
        if outcome.status == 1:
            raise NoMergeBase(name, self.is_shallow())
        raise failure("merge-base", outcome)

    def is_shallow(self) -> bool:
        """Tell whether this clone's history was cut off."""
        return self._git.run("rev-parse", "--is-shallow-repository").strip() == b"true"

    def read_blob(self, blob: Blob) -> bytes:
        """Read one stored file.

        Raises:
            GitFailed: This clone has no such blob.
        """
        content = self.read_blobs([blob]).get(blob)
        if content is None:
            raise GitFailed("git cat-file", f"no blob {blob} in this clone")
        return content

    def read_blobs(self, blobs: Iterable[Blob]) -> Mapping[Blob, bytes]:
        """Read stored files in one go; those that this clone does not have are left out.

        A file that `worktree` hashed on disk is usually not stored.
        Blobs of a submodule are found once a tree of this object has listed it.
        """
        wanted = [blob for blob in dict.fromkeys(blobs) if _OBJECT_ID.fullmatch(blob)]
        if not wanted:
            return {}
        output = self._git.run(
            "cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in wanted).encode("ascii")
        )
        contents = _parse_batch(wanted, output)
        for repository in self._inner.values():
            if len(contents) < len(wanted):
                contents |= repository.read_blobs(blob for blob in wanted if blob not in contents)
        return contents

    def ignored(self, paths: Iterable[RepoPath]) -> frozenset[RepoPath]:
        """Pick the paths that git ignores; they need not exist, and a tracked one is never ignored.

        A path that leaves the repository, also through a symbolic link, is not ignored.
        """
        own: list[RepoPath] = []
        inside: dict[str, list[RepoPath]] = {}
        holders: dict[str, str | None] = {"": ""}
        for path in paths:
            if not path or path.startswith("/") or ".." in path.split("/"):
                continue
            holder = self._holder(path.rpartition("/")[0], holders)
            if holder == "":
                own.append(path)
            elif holder is not None:
                inside.setdefault(holder, []).append(RepoPath(path.removeprefix(f"{holder}/")))
        found = set(self._ignored_here(own))
        for holder, rest in inside.items():
            repository = self._inner_repository(holder)
            if repository is not None:
                found |= {_below(holder, path) for path in repository.ignored(rest)}
        return frozenset(found)

    def _verify(self, name: str) -> Outcome:
        return self._git.attempt("rev-parse", "--quiet", "--verify", f"{name}^{{commit}}")

    def _submodule_worktree(self, link: TreeFile) -> Mapping[RepoPath, TreeFile]:
        """List a submodule's own files, and itself at the commit that is checked out there."""
        repository = self._inner_repository(link.path)
        if repository is None:
            return {}
        head = repository.head()
        files = _prefixed(link.path, repository.worktree())
        return files | {
            link.path: TreeFile(link.path, SUBMODULE, Blob(head) if head else link.blob)
        }

    def _untracked_repository(self, path: RepoPath) -> Mapping[RepoPath, TreeFile]:
        repository = self._inner_repository(path)
        if repository is None:
            raise GitFailed("git rev-parse", f"the repository at {self.top / path} is damaged")
        return _prefixed(path, repository.worktree())

    def _with_submodules(self, files: dict[RepoPath, TreeFile]) -> Mapping[RepoPath, TreeFile]:
        """Add the files of each submodule at its recorded commit, where that commit is here."""
        for link in [file for file in files.values() if file.mode == SUBMODULE]:
            repository = self._inner_repository(link.path)
            if repository is not None and repository._verify(link.blob).status == 0:  # noqa: SLF001 - its own class
                files |= _prefixed(link.path, repository.tree(Revision(link.blob)))
        return files

    def _inner_repository(self, path: str) -> "GitHistory | None":
        """Speak for the repository at a path; None where there is only a folder."""
        top = self.top / path
        if path not in self._inner and os.path.lexists(top / ".git"):
            repository = repository_at(top)
            if repository is not None:
                self._inner[path] = GitHistory(repository)
        return self._inner.get(path)

    def _ignored_here(self, paths: Sequence[RepoPath]) -> Iterable[RepoPath]:
        """Ask git about paths of this repository; it refuses those in an empty submodule."""
        if not paths:
            return ()
        outcome = self._check_ignore(paths)
        if outcome.status == 128 and "in submodule" in outcome.complaint:
            entries = self.index().values()
            links = tuple(f"{entry.path}/" for entry in entries if entry.mode == SUBMODULE)
            outcome = self._check_ignore([path for path in paths if not path.startswith(links)])
        if outcome.status not in (0, 1):
            raise failure("check-ignore", outcome)
        return map(RepoPath, split_records(outcome.output))

    def _check_ignore(self, paths: Iterable[RepoPath]) -> Outcome:
        given = b"".join(os.fsencode(path) + b"\0" for path in paths)
        return self._git.attempt("check-ignore", "-z", "--stdin", stdin=given)

    def _holder(self, folder: str, holders: dict[str, str | None]) -> str | None:
        """Find the repository that a folder belongs to: "" for this one, None beyond a link."""
        if folder not in holders:
            holder = self._holder(folder.rpartition("/")[0], holders)
            where = f"{self.top}/{folder}"
            if holder == "":
                if Path(where).is_symlink():
                    holder = None
                elif os.path.lexists(f"{where}/.git"):
                    holder = folder
            holders[folder] = holder
        return holders[folder]


def _revision(outcome: Outcome) -> Revision:
    return Revision(outcome.output.decode("ascii").strip())


def _index_entry(record: str) -> TreeFile:
    """Read `TAG MODE ID STAGE<tab>PATH`."""
    head, _, path = record.partition("\t")
    return TreeFile(RepoPath(path), head[2:8], Blob(head[9:-2]))


def _parse_batch(wanted: Iterable[Blob], output: bytes) -> dict[Blob, bytes]:
    """Split what `git cat-file --batch` printed: `ID TYPE SIZE`, content; or `ID missing`."""
    contents: dict[Blob, bytes] = {}
    start = 0
    for blob in wanted:
        end = output.index(b"\n", start)
        words = output[start:end].split(b" ")
        start = end + 1
        if len(words) == 3:
            size = int(words[2])
            if words[1] == b"blob":
                contents[blob] = output[start : start + size]
            start += size + 1
    return contents


def _prefixed(folder: str, files: Mapping[RepoPath, TreeFile]) -> dict[RepoPath, TreeFile]:
    return {
        (path := _below(folder, file.path)): TreeFile(path, file.mode, file.blob)
        for file in files.values()
    }


def _below(folder: str, path: RepoPath) -> RepoPath:
    return RepoPath(f"{folder}/{path}")
