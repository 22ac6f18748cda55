"""Hears what tests look at beside code: files, folders, absent files.

An audit hook sees files that are opened, folders that are listed and processes that are
started; it cannot be removed, only switched off. Python has no audit event for `os.stat`
and its relatives, so these are wrapped while recording.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import get_ident
from types import FrameType
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from impact_select.child.folder import Folder
from impact_select.model.ids import RepoPath
from impact_select.recording.input_notes import InputNotes

# What gets around the functions that `child.starts` replaces.
_STARTS: Final = frozenset({"os.system", "os.exec", "os.posix_spawn"})
_EVENTS: Final = (
    frozenset({"open", "os.listdir", "os.scandir", "import", "pickle.find_class"})
    | {"sqlite3.connect"}
    | _STARTS
)
_STATUS_FUNCTIONS: Final = ("stat", "lstat", "access")


class InputWatch:
    """Hears of inputs in this process.

    Attributes:
        on_start: Told of processes that are started by means that no ticket can be given to.
    """

    def __init__(self, folder: Folder, notes: InputNotes) -> None:
        self._folder = folder
        self._notes = notes
        self._busy: set[int] = set()  # threads in which we are at work
        self._originals: dict[str, Callable[..., Any]] = {}
        self._finder = _Finder(self._sought)
        self._path_hook = self._entry_hook()
        self.on_start: Callable[[FrameType], None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether the tool itself is at work in this thread."""
        return get_ident() in self._busy

    def look_away(self, away: bool) -> None:
        """Begin or end some work of the tool in this thread."""
        (self._busy.add if away else self._busy.discard)(get_ident())

    def start(self) -> None:
        """Begin to listen; wrap what has no audit event."""
        _hook.target = self._on_event
        _hook.install()
        for name in _STATUS_FUNCTIONS:
            original = getattr(os, name)
            self._originals[name] = original
            wrapper = self._status_wrapper(original)
            setattr(os, name, wrapper)
            for supported in _support_sets():
                if original in supported:
                    supported.add(wrapper)
        sys.meta_path.insert(0, self._finder)
        sys.path_hooks.insert(0, self._path_hook)

    def stop(self) -> None:
        """Stop listening."""
        _hook.target = None
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        if self._path_hook in sys.path_hooks:
            sys.path_hooks.remove(self._path_hook)
        for name, original in self._originals.items():
            wrapper = getattr(os, name)
            for supported in _support_sets():
                supported.discard(wrapper)
            setattr(os, name, original)
        self._originals.clear()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Look away from what the tool itself does."""
        before = self.is_busy
        self.look_away(True)
        try:
            yield
        finally:
            self.look_away(before)

    def read(self, name: str, frame: FrameType, *, exists: bool) -> None:
        """Note a file that another program is going to read, or one that is not there."""
        path = self._path(name)
        if path and self._exists(path) == exists:
            self._notes.opened(path, "r", 0, frame, exists=exists)

    def _on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        thread = get_ident()
        if thread in self._busy:
            return
        self._busy.add(thread)
        try:
            frame = sys._getframe(2)  # noqa: SLF001 - the documented way; below the hook
            if event == "open":
                self._opened(arguments, frame)
            elif event in {"os.listdir", "os.scandir"}:
                path = self._path(arguments[0] if arguments[0] is not None else ".")
                if path is not None:
                    self._notes.listed(path, frame)
            elif event == "import":
                if isinstance(arguments[0], str):
                    self._notes.sought(arguments[0], frame)
            elif event == "sqlite3.connect":
                self._connected(arguments[0], frame)
            elif event == "pickle.find_class":
                self._notes.unpickles(str(arguments[0]), frame)
            elif self.on_start is not None:
                self.on_start(frame)
        finally:
            self._busy.discard(thread)

    def _opened(self, arguments: tuple[Any, ...], frame: FrameType) -> None:
        name, mode, flags = arguments
        path = self._path(name)
        if path is not None:
            self._notes.opened(path, mode, flags, frame, exists=self._exists(path))

    def _entry_hook(self) -> Callable[[str], Any]:
        """Make a hook that is told the folders in which modules are looked for, and has none.

        The import system finds out by itself whether there is such a folder.
        """

        def entry(name: str) -> Any:
            path = None if self.is_busy else self._path(name)
            if path and not self._exists(path):
                self._looked(name, found=None)
            raise ImportError(name)

        return entry

    def _connected(self, name: object, frame: FrameType) -> None:
        if isinstance(name, str) and name.startswith("file:"):
            name = unquote(urlsplit(name).path)
        path = self._path(name)
        if path is not None:
            self._notes.opened(path, "r", 0, frame, exists=self._exists(path))

    def _sought(self, name: str) -> None:
        """Note a module that is not loaded; `import_module` and `find_spec` raise no event."""
        thread = get_ident()
        if thread not in self._busy:
            self._busy.add(thread)
            try:
                self._notes.sought(name, sys._getframe(2))  # noqa: SLF001
            finally:
                self._busy.discard(thread)

    def _exists(self, path: RepoPath) -> bool:
        status = self._originals["stat"]
        try:
            status(os.path.join(self._folder.top, path))
        except OSError:
            return False
        return True

    def _path(self, name: object) -> RepoPath | None:
        if isinstance(name, os.PathLike):
            name = os.fspath(name)
        if isinstance(name, bytes):
            name = os.fsdecode(name)
        if not isinstance(name, str) or name.startswith(("file:", ":")):
            return None
        return self._folder.repo_path(name)

    def _status_wrapper(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def status(path: Any, *arguments: Any, **named: Any) -> Any:
            if get_ident() in self._busy or not isinstance(path, (str, bytes, os.PathLike)):
                return original(path, *arguments, **named)
            try:
                found = original(path, *arguments, **named)
            except OSError:
                self._looked(path, found=None)
                raise
            self._looked(path, found=found)
            return found

        status.__name__ = original.__name__
        status.__qualname__ = original.__name__
        status.__module__ = "os"  # where others find it, to pickle it
        status.__doc__ = original.__doc__
        return status

    def _looked(self, name: object, found: Any) -> None:
        thread = get_ident()
        self._busy.add(thread)
        try:
            path = self._path(name)
            if path:
                missing = found is None or (found is False and not self._exists(path))
                self._notes.looked(path, sys._getframe(2), exists=not missing)  # noqa: SLF001
        finally:
            self._busy.discard(thread)


class _Finder:
    """Stands first in `sys.meta_path`, is told what is sought, and finds nothing."""

    def __init__(self, on_search: Callable[[str], None]) -> None:
        self._on_search = on_search

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """See importlib.abc.MetaPathFinder."""
        self._on_search(name)


class _AuditHook:
    """The one audit hook of this process; it forwards to whoever records."""

    def __init__(self) -> None:
        self.target: Callable[[str, tuple[Any, ...]], None] | None = None
        self._installed = False

    def install(self) -> None:
        if not self._installed:
            sys.addaudithook(self._on_event)
            self._installed = True

    def _on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _EVENTS and self.target is not None:
            self.target(event, arguments)


_hook = _AuditHook()


def _support_sets() -> tuple[set[Any], ...]:
    return (
        os.supports_dir_fd,
        os.supports_fd,
        os.supports_follow_symlinks,
        os.supports_effective_ids,
    )
