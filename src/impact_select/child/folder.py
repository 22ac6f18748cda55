"""Which files belong to the project."""

from __future__ import annotations

import os
from posix import lstat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from impact_select.model.ids import RepoPath

_KIND, _LINK = 0o170000, 0o120000  # as in <sys/stat.h>
_FOREIGN_PARTS = frozenset(
    {"site-packages", "dist-packages", ".tox", ".nox", ".venv", "node_modules", ".git"}
)
_DERIVED_PARTS = frozenset({"__pycache__", ".pytest_cache", ".impact", ".hypothesis"})


class Folder:
    """The part of the file system that counts as the project.

    Installed packages and derived files below the folder do not belong to it.

    Attributes:
        top: Top of the repository's work tree.
        foreign: Folders below it that do not belong to it, with a separator at the end.

    Args:
        top: As above, resolved.
        foreign: As above.
    """

    def __init__(self, top: str, foreign: Iterable[str]) -> None:
        self.top = top
        self.foreign = tuple(foreign)
        self._prefix = top + os.sep
        self._known: dict[str, RepoPath | None] = {}
        self._folders: dict[str, str] = {}

    def repo_path(self, filename: str) -> RepoPath | None:
        """Name a file or folder of the project; None for all others.

        Symbolic links on the way are resolved where the plain name lies outside.
        """
        try:
            return self._known[filename]
        except KeyError:
            found = self._find(filename)
            if filename[:1] in {os.sep, "<"}:  # others mean another file in another folder
                self._known[filename] = found
            return found

    def _resolved(self, full: str) -> str:
        """Resolve symbolic links, the folder's once for all that is in it."""
        folder, _, name = full.rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder or "/").rstrip("/")
        full = f"{self._folders[folder]}/{name}"
        try:
            is_link = lstat(full).st_mode & _KIND == _LINK
        except OSError:
            return full
        return os.path.realpath(full) if is_link else full

    def here(self) -> str:
        """Return the current folder; empty when it was removed."""
        try:
            return os.getcwd()
        except OSError:
            return ""

    def _find(self, filename: str) -> RepoPath | None:
        if not filename or filename[0] == "<":
            return None
        if filename[0] != os.sep:
            here = self.here()
            if not here:
                return None  # the folder is gone, and what was in it
            filename = os.path.join(here, filename)
        full = os.path.normpath(filename)
        if not full.startswith(self._prefix):
            full = self._resolved(full)
            if full == self.top:
                return _as_path("")
            if not full.startswith(self._prefix):
                return None
        if full.startswith(self.foreign):
            return None
        relative = full[len(self._prefix) :].replace(os.sep, "/")
        parts = relative.split("/")
        if not _FOREIGN_PARTS.isdisjoint(parts) or not _DERIVED_PARTS.isdisjoint(parts):
            return None
        return _as_path(relative)


def _as_path(text: str) -> RepoPath:
    return text  # type: ignore[return-value]  # the name of the type is not loaded
