"""What this process looks at beside code: files, folders, absent files, modules."""

from __future__ import annotations

import os
import sys
from _thread import get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from impact_select.child.codes import Codes
    from impact_select.child.folder import Folder
    from impact_select.child.part import Part
    from impact_select.child.stacks import Stacks

# What gets around the functions that `starts` replaces.
_STARTS = frozenset({"os.system", "os.exec", "os.posix_spawn"})
_LOOKS = (
    frozenset({"open", "os.listdir", "os.scandir", "pickle.find_class", "sqlite3.connect"})
    | {"sys.settrace", "sys.setprofile"}
    | _STARTS
)
_STATUS_FUNCTIONS = ("stat", "lstat", "access")


class LookWatch:
    """Notes what is looked at, with the stack; what it means is for others to judge.

    Attributes:
        on_trace: Told when somebody sets the trace or the profile function.
        on_start: Told when somebody starts a process, and from where.
        context: Whose turn it is.
    """

    def __init__(self, folder: Folder, codes: Codes, stacks: Stacks, part: Part) -> None:
        self._folder = folder
        self._codes = codes
        self._stacks = stacks
        self._part = part
        self._seen: set[tuple[object, ...]] = set()
        self._sought: set[str] = set()
        self._path: list[str] = []
        self._busy: set[int] = set()
        self._stat: Callable[..., Any] = os.stat
        self.on_trace: Callable[[str], None] | None = None
        self.on_start: Callable[[FrameType | None], None] | None = None
        self.context = 0

    def start(self) -> None:
        """Begin to listen."""
        sys.addaudithook(self._on_event)
        for name in _STATUS_FUNCTIONS:
            original = getattr(os, name)
            wrapper = self._status_wrapper(original)
            setattr(os, name, wrapper)
            for supported in (
                os.supports_dir_fd,
                os.supports_fd,
                os.supports_follow_symlinks,
                os.supports_effective_ids,
            ):
                if original in supported:
                    supported.add(wrapper)
        sys.meta_path.insert(0, self)

    def callbacks(self) -> list[CodeType]:
        """Return the code of the functions during which Python tells nothing."""
        return [self._on_event.__code__]

    def renew(self, part: Part) -> None:
        """Begin again in a forked process."""
        self._part = part
        self._seen.clear()
        self._sought.clear()
        self._path = []
        self._busy.clear()
        self.context = 0

    def look_away(self, away: bool) -> None:
        """Begin or end some work of the tool in this thread."""
        (self._busy.add if away else self._busy.discard)(get_ident())

    def read(self, name: str, frame: FrameType, *, exists: bool) -> None:
        """Note a file that is going to be read, or one that is not there."""
        path = self._repo_path(name)
        if path is not None and self._exists(path) == exists:
            stack = self._stacks.number(frame)
            self._part.note("opened", self.context, stack, path, "r", 0, exists)

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Note a module that is not loaded, and find nothing (importlib.abc.MetaPathFinder)."""
        if name in self._sought or name.partition(".")[0] in sys.stdlib_module_names:
            return
        self._sought.add(name)
        self.note_path()
        self._part.note("sought", self.context, self._stacks.number(_frame(2)), name)

    def note_path(self) -> None:
        """Note where modules are looked for, whenever that changed."""
        if sys.path != self._path:
            self._path = list(sys.path)
            self._part.note(
                "path", [os.path.join(self._folder.here(), str(name)) for name in self._path]
            )

    def _on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _LOOKS:
            return
        thread = get_ident()
        if thread in self._busy or thread == self._part.writer:
            return
        self._busy.add(thread)
        try:
            if event == "open":
                self._opened(*arguments)
            elif event == "os.listdir" or event == "os.scandir":  # noqa: PLR1714 - no tuple
                self._listed(arguments[0] if arguments[0] is not None else ".")
            elif event == "pickle.find_class":
                self._unpickled(str(arguments[0]))
            elif event == "sqlite3.connect":
                self._connected(arguments[0])
            elif event in _STARTS:
                if self.on_start is not None:
                    self.on_start(_frame(2))
            elif self.on_trace is not None:
                self.on_trace(event)
        except Exception:  # noqa: BLE001 (whatever it is, the program does not fail of it)
            self._part.fail()
        finally:
            self._busy.discard(thread)

    def _opened(self, name: object, mode: object, flags: object) -> None:
        path = self._repo_path(name)
        if path is not None:
            known = self._exists(path)
            text = mode if isinstance(mode, str) else ""
            number = flags if isinstance(flags, int) else 0
            self._note_once(3, "opened", path, text, number, known)

    def _connected(self, name: object) -> None:
        if isinstance(name, str) and name.startswith("file:"):
            from urllib.parse import unquote, urlsplit  # the program has loaded sqlite3 already

            name = unquote(urlsplit(name).path)
        path = self._repo_path(name)
        if path is not None:
            self._note_once(3, "opened", path, "r", 0, self._exists(path))

    def _unpickled(self, module: str) -> None:
        self._note_once(3, "unpickled", module)

    def _listed(self, name: object) -> None:
        path = self._repo_path(name)
        if path is not None:
            self._note_once(3, "listed", path)

    def _note_once(self, depth: int, kind: str, *fields: object) -> None:
        stack = self._stacks.number(_frame(depth + 1))
        key = (kind, self.context, stack, *fields)
        if key not in self._seen:
            self._seen.add(key)
            self._part.note(*key)

    def _exists(self, path: str) -> bool:
        try:
            self._stat(f"{self._folder.top}/{path}")
        except OSError:
            return False
        return True

    def _repo_path(self, name: object) -> str | None:
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

    def _looked(self, name: object, found: object) -> None:
        thread = get_ident()
        self._busy.add(thread)
        try:
            path = self._repo_path(name)
            if path:
                missing = found is None or (found is False and not self._exists(path))
                self._note_once(3, "status", path, missing)
        except Exception:  # noqa: BLE001 (as above)
            self._part.fail()
        finally:
            self._busy.discard(thread)


def _frame(depth: int) -> FrameType | None:
    """Return a frame above; None where Python itself acts, as when it reads a script."""
    try:
        return sys._getframe(depth)  # noqa: SLF001 - the documented way
    except ValueError:
        return None
