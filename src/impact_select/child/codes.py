"""The code objects of the project that ran in this process."""

from __future__ import annotations

from posix import stat
from sys import modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

    from impact_select.child.folder import Folder
    from impact_select.child.part import Part


class Codes:
    """Tells project code from other code, and numbers it.

    Attributes:
        numbers: Shifted number per id of a code object.
        kept: The code objects, which live as long as their ids are used.
        foreign: File names that are none of the project's.
    """

    def __init__(self, folder: Folder, part: Part) -> None:
        self._folder = folder
        self._part = part
        self._files: dict[str, str] = {}
        self._paths: set[str] = set()
        self.numbers: dict[int, int] = {}
        self.kept: list[CodeType] = []
        self.foreign: set[str] = set()

    def renew(self, part: Part) -> None:
        """Begin again, for a process that was forked."""
        self._part = part
        self._files.clear()
        self._paths.clear()
        self.numbers.clear()
        self.kept.clear()

    def file(self, filename: str) -> str | None:
        """Return the path in the repository of a file that exists and is the project's.

        What it is like is noted once, to see later whether it is still the same.
        """
        if filename in self._files:
            return self._files[filename]
        if filename in self.foreign:
            return None
        path = self._folder.repo_path(filename)
        found = None
        if path:
            try:
                found = stat(f"{self._folder.top}/{path}")
            except OSError:
                path = None
        if not path or found is None:
            if filename[:1] in {"/", "<"}:
                self.foreign.add(filename)
            return None
        if path not in self._paths:
            self._paths.add(path)
            self._part.note("file", path, found.st_mtime_ns, found.st_size, found.st_ino)
        if filename[0] == "/":
            self._files[filename] = path  # others mean another file in another folder
        return path

    def number(self, code: CodeType, frame: FrameType | None) -> int | None:
        """Return a code object's shifted number; None for what is not the project's.

        Args:
            code: Any.
            frame: Where a module's code runs, to learn the module's name.
        """
        number = self.numbers.get(id(code))
        if number is not None:
            return number
        path = self.file(code.co_filename)
        if path is None:
            return None
        number = self._part.next_code()
        self._part.note("code", number, path, code.co_name, code.co_firstlineno)
        if code.co_name == "<module>" and frame is not None:
            self._note_module(path, frame.f_globals)
        self.kept.append(code)
        self.numbers[id(code)] = number
        return number

    def note_all(self, code: CodeType) -> None:
        """Note that any line of a code object may have run."""
        lines = sorted({line for _, _, line in code.co_lines() if line})
        self._part.note("all", self.numbers[id(code)], lines)

    def _note_module(self, path: str, namespace: dict[str, Any]) -> None:
        """Note what a file is run as: a script, or a module by `-m`, is not imported."""
        filename = namespace.get("__file__")
        if not isinstance(filename, str) or self.file(filename) != path:
            return  # code that another module executes by itself
        spec = namespace.get("__spec__")
        # A script is in no package, wherever it lies: its relative imports fail.
        name = namespace.get("__name__") if spec is None else getattr(spec, "name", None)
        package = namespace.get("__package__") or ""
        if isinstance(name, str) and isinstance(package, str):
            self._part.note("module", path, name, package)


def loaded_files() -> list[tuple[str, str, str]]:
    """Return name, package and file of all modules that are in memory."""
    found = []
    for name, module in list(modules.items()):
        namespace = getattr(module, "__dict__", None)
        if isinstance(namespace, dict):
            filename = namespace.get("__file__")
            package = namespace.get("__package__") or ""
            if isinstance(filename, str) and filename.endswith(".py"):
                found.append((name, package if isinstance(package, str) else "", filename))
    return found
