"""The files of a repository in one state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from impact_select.model.ids import Blob, RepoPath


@dataclass(frozen=True, slots=True)
class TreeFile:
    """One file, as git names its content.

    Attributes:
        path: Bytes that are no UTF-8 are kept as surrogates (PEP 383).
        mode: Git's six digits: 100644, 100755, 120000 for a symbolic link, 160000 for a
            submodule.
        blob: The content as git would store it, that is after filters and line-end
            conversion; of a link, its target; of a submodule, the commit.
    """

    path: RepoPath
    mode: str
    blob: Blob


@dataclass(frozen=True, slots=True)
class Target:
    """A state to select tests for.

    Attributes:
        files: Every file.
        read: Returns the bytes of one of them.
        label: How reports name it.
    """

    files: Mapping[RepoPath, TreeFile]
    read: Callable[[RepoPath], bytes]
    label: str
