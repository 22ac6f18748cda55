"""What an input means: which look counts, for whom, and where in the project it was asked for.

The same rules hold for what this process looks at and for what others noted.
"""

import os
from collections.abc import Callable
from typing import Final

from impact_select.model.ids import RepoPath
from impact_select.model.recorded import Place, Read, ReadKind
from impact_select.recording.asking import Asked, Asker, Frame

_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_SOURCES: Final = (".py", ".pyc", ".pyi", ".pyw", ".pth", ".so")
# They list the folders of `sys.path` for those that describe a distribution.
_METADATA_READERS: Final = ("/importlib/metadata/__init__.py", "/importlib_metadata/__init__.py")


class InputNotes:
    """Inputs with their owner and with the place in the project that asked.

    Attributes:
        asked: Inputs per asking place.
        asked_afresh: Likewise, where the place looks each time that it asks.
        failed_imports: Dotted names that were looked for, per asking place; those that
            were found are among them.
        written: Files that were opened for writing.
        unpickled: Modules from which installed code unpickled something.

    Args:
        asker: Finds the place.
        on_read: Told what the owner of the moment reads.
    """

    def __init__(self, asker: Asker, on_read: Callable[[Read], None]) -> None:
        self._asker = asker
        self._on_read = on_read
        self.asked: dict[Place, set[Read]] = {}
        self.asked_afresh: dict[Place, set[Read]] = {}
        self.failed_imports: dict[Place, set[str]] = {}
        self.written: set[RepoPath] = set()
        self.unpickled: set[str] = set()

    def opened(
        self, path: RepoPath, mode: object, flags: object, frame: Frame | None, *, exists: bool
    ) -> None:
        """Note a file that is opened, by the arguments of the audit event."""
        if isinstance(flags, int) and flags & _WRITING:
            self.written.add(path)
            if flags & os.O_TRUNC or flags & os.O_ACCMODE == os.O_WRONLY:
                return
        elif isinstance(mode, str) and mode[:1] in {"w", "x", "a"}:
            self.written.add(path)
            return
        self.note(path, ReadKind.CONTENT if exists else ReadKind.MISSING, frame)

    def listed(self, path: RepoPath, frame: Frame | None) -> None:
        """Note a folder that is listed."""
        # The rules have an answer of their own to folders that describe distributions:
        # what is found is cached, and pytest may have been the first to look.
        if frame is None or not frame.f_code.co_filename.endswith(_METADATA_READERS):
            self.note(path, ReadKind.LISTING, frame)

    def looked(self, path: RepoPath, frame: Frame | None, *, exists: bool) -> None:
        """Note a file or folder whose status is asked for."""
        asked = self._asker.ask(frame)
        if not asked.tool and not asked.importing:
            self._keep(Read(path, ReadKind.STATUS if exists else ReadKind.MISSING), asked)

    def sought(self, name: str, frame: Frame | None) -> None:
        """Note a module that is not loaded, and is looked for."""
        place, tool, *_ = self._asker.ask(frame)
        if place is not None and not tool:
            self.failed_imports.setdefault(place, set()).add(name)

    def unpickles(self, module: str, frame: Frame | None) -> None:
        """Note that something of a module is unpickled."""
        # Where the project unpickles itself, its code says so.
        if not self._asker.ask(frame).direct:
            self.unpickled.add(module)

    def note(self, path: RepoPath, kind: ReadKind, frame: Frame | None) -> None:
        """Note any other look."""
        asked = self._asker.ask(frame)
        content = kind in {ReadKind.CONTENT, ReadKind.MISSING}
        if asked.tool or (asked.importing and (not content or path.endswith(_SOURCES))):
            return  # the import system: modules are owners, not inputs
        self._keep(Read(path, kind), asked)

    def _keep(self, read: Read, asked: Asked) -> None:
        self._on_read(read)
        if asked.place is not None:
            by_place = self.asked_afresh if asked.afresh else self.asked
            by_place.setdefault(asked.place, set()).add(read)
