"""What tests look at beside code: files, folders, absent files, child processes.

An audit hook sees files that are opened, folders that are listed and processes that are
started; it cannot be removed, only switched off. Python has no audit event for `os.stat`
and its relatives, so these are wrapped while recording.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from impact_select.model.ids import RepoPath
from impact_select.model.recorded import OPAQUE_READ, STARTING_READ, Place, Read, ReadKind
from impact_select.recording.asking import Asker
from impact_select.recording.owners import OwnerStack
from impact_select.recording.processes import ProcessWatch
from impact_select.recording.source_index import ProjectFolder

_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_SOURCES: Final = (".py", ".pyc", ".pyi", ".pyw", ".pth", ".so")
# They look at the machine, not at the project; `platform` and `ctypes.util` start them.
_INERT_PROGRAMS: Final = frozenset(
    {
        "uname",
        "ldconfig",
        "gcc",
        "cc",
        "ld",
        "objdump",
        "file",
        "lsb_release",
        "stty",
        "tput",
        "locale",
        "getconf",
        "hostname",
        "which",
        "id",
        "whoami",
    }
)
# They read what they are given as input or argument, and nothing else.
_FILTERS: Final = frozenset(
    {
        *("cat", "less", "more", "head", "tail", "sed", "grep", "sort", "uniq", "wc", "tr", "cut"),
        *("tee", "echo", "printf", "true", "false", "sleep", "date", "kill", "mkdir", "rm", "cp"),
        *("mv", "touch", "chmod", "ln", "stat", "gzip", "gunzip", "md5sum", "sha256sum", "diff"),
    }
)
_NAMED_STARTS: Final = frozenset({"subprocess.Popen", "os.posix_spawn", "os.exec"})
_STARTS: Final = frozenset(
    {"os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "pty.spawn"}
)
_EVENTS: Final = (
    frozenset({"open", "os.listdir", "os.scandir", "import", "pickle.find_class"})
    | {"sqlite3.connect", "subprocess.Popen"}
    | _STARTS
)
# They list the folders of `sys.path` for those that describe a distribution.
_METADATA_READERS: Final = ("/importlib/metadata/__init__.py", "/importlib_metadata/__init__.py")
_STATUS_FUNCTIONS: Final = ("stat", "lstat", "access")


class InputWatch:
    """Notes inputs with their owner and with the place in the project that asked.

    Attributes:
        asked: Inputs per asking place.
        asked_afresh: Likewise, where the place looks each time that it asks.
        failed_imports: Dotted names that were looked for, per asking place; those that
            were found are among them.
        written: Files that were opened for writing.
        unpickled: Modules from which installed code unpickled something.
    """

    def __init__(self, folder: ProjectFolder, owners: OwnerStack, asker: Asker) -> None:
        self._folder = folder
        self._owners = owners
        self._asker = asker
        self._busy = False
        self._originals: dict[str, Callable[..., Any]] = {}
        self.asked: dict[Place, set[Read]] = {}
        self.asked_afresh: dict[Place, set[Read]] = {}
        self.failed_imports: dict[Place, set[str]] = {}
        self.written: set[RepoPath] = set()
        self.unpickled: set[str] = set()
        self._processes = ProcessWatch(self._forked)
        self._finder = _Finder(self._sought)
        self._path_hook = self._entry_hook()

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

        self._processes.start()
        sys.meta_path.insert(0, self._finder)
        sys.path_hooks.insert(0, self._path_hook)

    def stop(self) -> None:
        """Stop listening."""
        _hook.target = None
        self._processes.stop()
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
        before, self._busy = self._busy, True
        try:
            yield
        finally:
            self._busy = before

    def _on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            if event == "open":
                self._opened(arguments)
            elif event in {"os.listdir", "os.scandir"}:
                self._listed(arguments)
            elif event == "import":
                self._imported(arguments)
            elif event == "sqlite3.connect":
                self._connected(arguments)
            elif event == "pickle.find_class":
                self._unpickled(arguments)
            else:
                self._started(event, arguments)
        finally:
            self._busy = False

    def _opened(self, arguments: tuple[Any, ...]) -> None:
        name, mode, flags = arguments
        path = self._path(name)
        if path is None:
            return
        if isinstance(flags, int) and flags & _WRITING:
            self.written.add(path)
            if flags & os.O_TRUNC or flags & os.O_ACCMODE == os.O_WRONLY:
                return
        elif isinstance(mode, str) and mode[:1] in {"w", "x", "a"}:
            self.written.add(path)
            return
        self._note(path, ReadKind.CONTENT, 4)

    def _listed(self, arguments: tuple[Any, ...]) -> None:
        path = self._path(arguments[0] if arguments[0] is not None else ".")
        if path is None:
            return
        # The rules have an answer of their own to folders that describe distributions:
        # what is found is cached, and pytest may have been the first to look.
        asking = sys._getframe(3)  # noqa: SLF001 - below the hook and its two callees
        if not asking.f_code.co_filename.endswith(_METADATA_READERS):
            self._note(path, ReadKind.LISTING, 4)

    def _imported(self, arguments: tuple[Any, ...]) -> None:
        name = arguments[0]
        place, tool, *_ = self._asker.ask(3)
        if place is not None and not tool and isinstance(name, str):
            self.failed_imports.setdefault(place, set()).add(name)

    def _unpickled(self, arguments: tuple[Any, ...]) -> None:
        # Where the project unpickles itself, its code says so.
        if not self._asker.ask(3).direct:
            self.unpickled.add(str(arguments[0]))

    def _sought(self, name: str) -> None:
        """Note a module that is not loaded; `import_module` and `find_spec` raise no event."""
        if not self._busy:
            self._busy = True
            try:
                self._imported((name,))
            finally:
                self._busy = False

    def _entry_hook(self) -> Callable[[str], Any]:
        """Make a hook that is told the folders in which modules are looked for, and has none.

        The import system finds out by itself whether there is such a folder.
        """

        def entry(name: str) -> Any:
            path = None if self._busy else self._path(name)
            if path and not self._exists(path):
                self._looked(name, found=None)
            raise ImportError(name)

        return entry

    def _connected(self, arguments: tuple[Any, ...]) -> None:
        name = arguments[0]
        if isinstance(name, str) and name.startswith("file:"):
            name = unquote(urlsplit(name).path)
        path = self._path(name)
        if path is not None:
            self._note(path, ReadKind.CONTENT, 4)

    def _started(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _NAMED_STARTS:
            program = _program(arguments)
            if program in _INERT_PROGRAMS:
                return
            if program in _FILTERS and isinstance(arguments[1], list | tuple):
                for argument in arguments[1][1:]:
                    path = self._path(argument)
                    if path and self._exists(path):
                        self._note(path, ReadKind.CONTENT, 4)
                return
        self._opaque(4)

    def _forked(self) -> None:
        if not self._busy:
            self._busy = True
            try:
                self._opaque(5)
            finally:
                self._busy = False

    def _opaque(self, depth: int) -> None:
        place, tool, _, direct, _ = self._asker.ask(depth)
        if tool:
            return
        self._owners.read(OPAQUE_READ)
        if place is not None:
            # Code from elsewhere may start one process for all who ask.
            asked = STARTING_READ if direct else OPAQUE_READ
            self.asked.setdefault(place, set()).add(asked)

    def _note(self, path: RepoPath, kind: ReadKind, depth: int) -> None:
        place, tool, importing, _, afresh = self._asker.ask(depth)
        if tool:
            return
        if importing and (kind is not ReadKind.CONTENT or path.endswith(_SOURCES)):
            return  # the import system: modules are owners, not inputs
        if kind is ReadKind.CONTENT and not self._exists(path):
            kind = ReadKind.MISSING
        read = Read(path, kind)
        self._owners.read(read)
        self._ask(place, read, afresh=afresh)

    def _ask(self, place: Place | None, read: Read, *, afresh: bool) -> None:
        if place is not None:
            asked = self.asked_afresh if afresh else self.asked
            asked.setdefault(place, set()).add(read)

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
            if self._busy or not isinstance(path, (str, bytes, os.PathLike)):
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
        status.__doc__ = original.__doc__
        return status

    def _looked(self, name: object, found: Any) -> None:
        self._busy = True
        try:
            path = self._path(name)
            if not path:
                return
            if found is None or (found is False and not self._exists(path)):
                kind = ReadKind.MISSING
            else:
                kind = ReadKind.STATUS
            place, tool, importing, _, afresh = self._asker.ask(2)
            if tool or importing:
                return
            read = Read(path, kind)
            self._owners.read(read)
            self._ask(place, read, afresh=afresh)
        finally:
            self._busy = False


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


def _program(arguments: tuple[Any, ...]) -> str:
    executable, argv = arguments[0], arguments[1]
    name = executable
    if name is None and isinstance(argv, (list, tuple)) and argv:
        name = argv[0]
    try:
        return os.path.basename(os.fsdecode(name))  # noqa: PTH119 - may be bytes
    except TypeError:
        return ""
