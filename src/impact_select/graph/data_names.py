"""What files that are no Python source name: templates, settings, data.

A template engine looks up the attributes that a template names, and a library makes objects
of the class that a file of settings names: nothing in the code says so. So a word in a data
file counts as a name for those that read the file.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final, TypeAlias

from impact_select.model.ids import RepoPath
from impact_select.ports import EvidenceStore

Contents: TypeAlias = Callable[[RepoPath], bytes | None]
"""Gives the bytes of a file; None where there is no such file."""

# Beyond ASCII there are letters, which belong to a word, and quotes, which do not: both count.
_WORDS: Final = (
    re.compile(rb"[A-Za-z_]\w*"),
    re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*"),
)
_LARGE: Final = 1 << 23  # bytes; chosen: larger files are read each time, not kept as words


class DataNames:
    """Finds the data files that name something.

    Args:
        store: The map.
        contents: The files now. One that is not as it was selects its readers by that.
    """

    def __init__(self, store: EvidenceStore, contents: Contents) -> None:
        self._store = store
        self._contents = contents

    @cached_property
    def _words(self) -> Mapping[RepoPath, frozenset[bytes] | None]:
        """The words of each file; None for a large one."""
        found: dict[RepoPath, frozenset[bytes] | None] = {}
        for path in self._store.read_paths():
            content = None if path.endswith((".py", ".pyi")) else self._contents(path)
            if content is not None:
                large = len(content) > _LARGE
                found[path] = None if large else _words_in(content)
        return found

    def naming(self, name: str) -> Iterator[RepoPath]:
        """Yield the files in which a name is a word."""
        return (path for path in self._words if self._has(path, name))

    def naming_in(self, modules: Iterable[str], name: str) -> Iterator[RepoPath]:
        """Yield the files in which a name of a module stands, with the module's own name."""
        lasts = {module.rpartition(".")[2] for module in modules}
        for path in self.naming(name):
            if any(self._has(path, last) for last in lasts):
                yield path

    def _has(self, path: RepoPath, name: str) -> bool:
        words = self._words[path]
        return name.encode() in ((self._contents(path) or b"") if words is None else words)


def _words_in(content: bytes) -> frozenset[bytes]:
    return frozenset(word for pattern in _WORDS for word in pattern.findall(content))
