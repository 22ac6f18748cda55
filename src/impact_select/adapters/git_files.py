"""One file of a tree, and the files on disk as `git add` would store them."""

import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from impact_select.adapters.git_commands import GitCommands, failure
from impact_select.model.ids import Blob, RepoPath
from impact_select.model.tree import TreeFile

REGULAR = "100644"
EXECUTABLE = "100755"
SYMLINK = "120000"
SUBMODULE = "160000"

# Git's id of "no object": a file whose content nobody can read, the tests included.
_UNREADABLE = Blob("0" * 40)


class DiskReader:
    """Makes the entries that `git add` would make, for files of one work tree."""

    def __init__(self, top: Path, git: GitCommands) -> None:
        """Read files below top; git runs there."""
        self._top = top
        self._git = git

    def read(self, entries: Mapping[RepoPath, TreeFile | None]) -> Mapping[RepoPath, TreeFile]:
        """Look at each path on disk; one that is gone, or a folder now, is left out.

        Args:
            entries: By path what the index holds, None where that is nothing.
        """
        rules = _read_rules(self._git)
        files: dict[RepoPath, TreeFile] = {}
        modes: dict[RepoPath, str] = {}
        for path, entry in entries.items():
            where = f"{self._top}/{path}"
            try:
                status = os.lstat(where)
                if stat.S_ISLNK(status.st_mode):
                    # Path.readlink would tidy the target up, and git does not.
                    target = os.fsencode(os.readlink(where))  # noqa: PTH115
                    files[path] = TreeFile(path, SYMLINK, rules.blob_id(target))
                elif stat.S_ISREG(status.st_mode):
                    modes[path] = rules.mode(status, entry)
                elif stat.S_ISDIR(status.st_mode) and entry is not None and entry.mode == SUBMODULE:
                    files[path] = entry
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError:
                files[path] = TreeFile(path, entry.mode if entry else REGULAR, _UNREADABLE)
        for path, blob in self._blob_ids(list(modes), rules).items():
            files[path] = TreeFile(path, modes[path], blob)
        return files

    def _blob_ids(self, paths: Sequence[RepoPath], rules: "_Rules") -> Mapping[RepoPath, Blob]:
        """Hash regular files as git would, filters and line ends included.

        Git stops at the first file that it cannot read or filter: that one is hashed as it is,
        so that a change of it is still seen, and git goes on after it.
        """
        ids: dict[RepoPath, Blob] = {}
        rest = paths
        while rest:
            outcome = self._git.attempt(
                "hash-object", "--stdin-paths", stdin=b"".join(_quoted(path) for path in rest)
            )
            done = [Blob(line) for line in outcome.output.decode("ascii").split()]
            ids |= dict(zip(rest, done, strict=False))
            for culprit in rest[len(done) : len(done) + 1]:
                try:
                    ids[culprit] = rules.blob_id(Path(self._top, culprit).read_bytes())
                except (FileNotFoundError, NotADirectoryError):
                    continue
                except OSError:
                    ids[culprit] = _UNREADABLE
            rest = rest[len(done) + 1 :]
        return ids


@dataclass(frozen=True, slots=True)
class _Rules:
    """What decides an entry's mode and id, beside the file."""

    trusts_executable_bit: bool
    has_symlinks: bool
    algorithm: str

    @classmethod
    def parse(cls, config: bytes) -> Self:
        """Read `git config -z --get-regexp`: the last value counts, and none at all is true."""
        values: dict[str, str] = {}
        for record in os.fsdecode(config).split("\0")[:-1]:
            key, _, value = record.partition("\n")
            values[key] = value.lower() if "\n" in record else "true"
        off = ("false", "no", "off", "0", "")
        return cls(
            values.get("core.filemode", "true") not in off,
            values.get("core.symlinks", "true") not in off,
            values.get("extensions.objectformat", "sha1"),
        )

    def mode(self, status: os.stat_result, entry: TreeFile | None) -> str:
        """Give a regular file's mode; the index counts for what the disk cannot hold."""
        if entry is not None and entry.mode == SYMLINK and not self.has_symlinks:
            return SYMLINK
        if self.trusts_executable_bit:
            return EXECUTABLE if status.st_mode & stat.S_IXUSR else REGULAR
        return entry.mode if entry is not None and entry.mode == EXECUTABLE else REGULAR

    def blob_id(self, content: bytes) -> Blob:
        """Hash content as git stores it; no filter is applied."""
        header = b"blob %d\0" % len(content)
        digest = hashlib.new(self.algorithm, header + content, usedforsecurity=False)
        return Blob(digest.hexdigest())


def _read_rules(git: GitCommands) -> _Rules:
    outcome = git.attempt(
        "config", "-z", "--get-regexp", r"^(core\.(filemode|symlinks)|extensions\.objectformat)$"
    )
    # Status 1 is "none of them is set".
    if outcome.status not in (0, 1):
        raise failure("config", outcome)
    return _Rules.parse(outcome.output)


def _quoted(path: RepoPath) -> bytes:
    """Quote a path as C does, for a reader of lines that unquotes: it may hold line ends itself."""
    escaped = os.fsencode(path)
    for raw, code in ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\n", b"\\n")):
        escaped = escaped.replace(raw, code)
    return b'"%s"\n' % escaped
