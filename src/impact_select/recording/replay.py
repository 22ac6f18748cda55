"""Gives what other processes noted to those who started them, by the rules of this process."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pyroaring import BitMap

from impact_select.child.part import CODE_MASK, CODE_SHIFT, CONTEXT_SHIFT, LINE_MASK
from impact_select.model.ids import RepoPath
from impact_select.model.recorded import (
    OPAQUE_READ,
    STARTING_READ,
    Method,
    OwnerKey,
    OwnerKind,
    Place,
    Read,
    ReadKind,
)
from impact_select.recording.asking import Asker, Frame
from impact_select.recording.children import ChildWatch, Start
from impact_select.recording.imports import ImportNotes
from impact_select.recording.input_notes import InputNotes
from impact_select.recording.noted_frames import NotedCode, NotedFrame, noted_frames
from impact_select.recording.owners import OwnerStack
from impact_select.recording.parts import Part, read_parts
from impact_select.recording.source_index import SourceFile, SourceIndex

_CODE_BITS: Final = CODE_MASK << CODE_SHIFT
# What Python runs on its way to a script or a module; it keeps nothing of either.
_RUNNERS: Final = ("<frozen runpy>", "<frozen importlib._bootstrap", "<frozen zipimport>")


class Replay:
    """What all processes together did that tests started.

    Attributes:
        imports: What they imported.
        inputs: What they looked at.
        units: Unit numbers per owner.
        search: Folders in which they looked for modules.
        sought: Top-level names of modules that are not Python's own, loaded or not.
        changed: Files that were different when they were loaded.
        filled: Methods that fill their receivers, and ran in forked processes.
        blurred: Functions that fill something, and ran nobody knows how far in such.
        started: Per place, the processes that may serve all who run it.
        kept: Per place, the processes that who runs it may have kept.
    """

    def __init__(
        self, index: SourceIndex, owners: OwnerStack, asker: Asker, children: ChildWatch
    ) -> None:
        self._index = index
        self._owners = owners
        self._asker = asker
        self._children = children
        self._owner = OwnerKey(OwnerKind.SESSION, "")
        self._codes: dict[tuple[str, str, int], tuple[SourceFile, NotedCode]] = {}
        self._bases: dict[str, OwnerKey | None] = {}
        self._units: dict[tuple[int, int], tuple[int, ...]] = {}
        self.imports = ImportNotes(asker)
        self.inputs = InputNotes(asker, self._read)
        self.units: dict[OwnerKey, BitMap] = {}
        self.search: set[str] = set()
        self.sought: set[str] = set()
        self.changed: set[RepoPath] = set()
        self.filled: set[Method] = set()
        self.blurred: set[Method] = set()
        self.started: dict[Place, set[OwnerKey]] = {}
        self.kept: dict[Place, set[OwnerKey]] = {}

    def run(self) -> None:
        """Go through all parts."""
        self._parts = read_parts(self._children.folder)
        self._contexts = {
            ticket: {fields[2]: RepoPath(fields[3]) for fields in part.of("import")}
            for ticket, part in self._parts.items()
        }
        self._bound = {
            fields[1]: (ticket, fields[0])
            for ticket, part in self._parts.items()
            for fields in part.of("bound")
        }
        self._works = {
            (ticket, fields[0]): fields[1]
            for ticket, part in self._parts.items()
            for fields in part.of("bound")
        }
        self._starters = {
            fields[2]: (ticket, fields[0])
            for ticket, part in self._parts.items()
            for kind in ("start", "fork", "hand")
            for fields in part.of(kind)
        }
        pids = dict(self._children.pids)
        for part in self._parts.values():
            pids.update(part.of("started"))
        for ticket, start in self._children.tickets.items():
            self._begin(ticket, start, pids)
        for ticket, part in self._parts.items():
            base = self._base(ticket)
            if part.pid and base is not None:
                try:
                    self._replay(ticket, part, pids)
                except (KeyError, IndexError, TypeError, ValueError, AttributeError):
                    self._owners.link_read(base, OPAQUE_READ)  # it is damaged

    # -- who ----------------------------------------------------------------------------

    def _begin(self, ticket: str, start: Start, pids: Mapping[str, int]) -> None:
        """Give a process of this one to its starter, or give the starter up."""
        if not self._is_seen(ticket, start.words, pids, exact=start.exact):
            self._children.give_up(start)
            return
        base = self._base(ticket)
        if base is None:
            return
        if start.is_forked:
            for key in start.caches:
                self._owners.link(start.owner, key)
            if start.place is not None:
                read = STARTING_READ if start.direct else OPAQUE_READ
                self._children.asked.setdefault(start.place, set()).add(read)
        else:
            self._owners.link(start.owner, base)
            if start.place is not None:
                places = self.kept if start.direct else self.started
                places.setdefault(start.place, set()).add(base)

    def _is_seen(
        self,
        ticket: str,
        words: Iterable[str] | None,
        pids: Mapping[str, int],
        *,
        exact: bool,
    ) -> bool:
        """Tell whether a process that got a ticket wrote down all that it did."""
        if ticket in self._bound:
            return self._parts[self._bound[ticket][0]].is_whole
        part = self._parts.get(ticket)
        if part is None or not part.is_whole:
            return False
        if words is None:
            return True
        if exact and pids.get(ticket, part.pid) != part.pid:
            return False  # another one, further down, has inherited it
        expected = tuple(words)
        return not expected or part.words[-len(expected) :] == expected

    def _base(self, ticket: str) -> OwnerKey | None:
        """Return whose doing is what a process does outside imports."""
        if ticket not in self._bases:
            self._bases[ticket] = None  # one that is its own cause is nobody's
            self._bases[ticket] = self._find_base(ticket)
        return self._bases[ticket]

    def _find_base(self, ticket: str) -> OwnerKey | None:
        start = self._children.tickets.get(ticket)
        if start is not None:
            return start.owner if start.is_forked else process_of(start.owner)
        if ticket not in self._starters:
            return None  # a process of the tool, or one whose starter broke off
        starter, context = self._starters[ticket]
        return self._owner_of(starter, context)

    def _owner_of(self, ticket: str, context: int) -> OwnerKey | None:
        path = self._contexts.get(ticket, {}).get(context)
        if path is not None:
            return OwnerKey(OwnerKind.IMPORT, path)
        work = self._works.get((ticket, context))
        return self._base(ticket if work is None else work)

    # -- what -----------------------------------------------------------------------------

    def _replay(self, ticket: str, part: Part, pids: Mapping[str, int]) -> None:
        frames = {
            number: noted_frames(self._index.folder.top, files, place)
            for number, files, place in part.of("stack")
        }
        self._compare_files(part)
        self._replay_modules(ticket, part, frames)
        self._replay_lines(ticket, part)
        self._replay_looks(ticket, part, frames)
        for context, stack, *rest in part.of("start"):
            child, words, exact = rest
            if not self._is_seen(child, words, pids, exact=exact):
                self._give_up(ticket, context, frames[stack])
        for kind in ("fork", "hand"):
            for context, stack, child in part.of(kind):
                if not self._is_seen(child, None, pids, exact=True):
                    self._give_up(ticket, context, frames[stack])
        for context, stack in part.of("other"):
            self._give_up(ticket, context, frames[stack])
        for context, _ in part.of("bound"):
            worker, server = self._owner_of(ticket, context), self._base(ticket)
            if worker is not None and server is not None and worker != server:
                self._owners.link(worker, server)  # it goes on with what that one loaded

    def _give_up(self, ticket: str, context: int, frame: Frame | None) -> None:
        owner = self._owner_of(ticket, context)
        place, tool, _, direct, *_ = self._asker.ask(frame)
        if tool or owner is None:
            return
        self._owners.link_read(owner, OPAQUE_READ)
        if place is not None:
            read = STARTING_READ if direct else OPAQUE_READ
            self._children.asked.setdefault(place, set()).add(read)

    def _compare_files(self, part: Part) -> None:
        """Note which files are not as the process found them."""
        for path, *facts in part.of("file"):
            try:
                found = Path(self._index.folder.top, path).stat()
            except OSError:
                self.changed.add(RepoPath(path))
                continue
            if facts != [found.st_mtime_ns, found.st_size, found.st_ino]:
                self.changed.add(RepoPath(path))

    def _replay_modules(
        self, ticket: str, part: Part, frames: Mapping[int, NotedFrame | None]
    ) -> None:
        for below, stack, _, path, name, package in part.of("import"):
            frame = frames[stack]
            user = self._owner_of(ticket, below)
            if user is not None:
                self._owners.link(user, OwnerKey(OwnerKind.IMPORT, path))
            if _is_run(frame):
                self.imports.names.setdefault(path, set()).add((name, package))
            else:
                self.imports.executed(path, name, package, frame)
            self._file(path)
        for context, stack, path in part.of("found"):
            user = self._owner_of(ticket, context)
            if user is not None:
                self._owners.link(user, OwnerKey(OwnerKind.IMPORT, path))
            frame = frames[stack]
            below_frame = frame.f_back if frame is not None else None
            held = below_frame is not None and self._is_project(below_frame)
            self.imports.found(path, frame, held=held)
        for path, name, package in part.of("module"):
            names = self.imports.names.setdefault(path, set())
            if name:
                names.add((name, package))
        for path, name, package in part.of("loaded"):
            self.imports.names.setdefault(path, set()).add((name, package))
            file = self._file(path)
            base = self._base(ticket)
            if file is not None and base is not None:
                self._units_of(base).update(range(file.base, file.end))
        for (paths,) in part.of("path"):
            self.search.update(paths)

    def _is_project(self, frame: NotedFrame) -> bool:
        return self._index.file(frame.f_code.co_filename) is not None

    def _replay_lines(self, ticket: str, part: Part) -> None:
        codes: dict[int, tuple[SourceFile, NotedCode]] = {}
        for number, path, name, first in part.of("code"):
            key = (path, name, first)
            if key not in self._codes:
                file = self._file(path)
                if file is not None:
                    self._codes[key] = file, NotedCode(path, name, first)
            if key in self._codes:
                codes[number] = self._codes[key]
        units: dict[int, set[int]] = {}
        for value in part.lines:
            known = codes.get(value & _CODE_BITS)
            if known is not None:
                found = self._units_at(known, value & LINE_MASK)
                units.setdefault(value >> CONTEXT_SHIFT, set()).update(found)
        is_forked = self._is_forked(ticket)
        for context, numbers in units.items():
            owner = self._owner_of(ticket, context)
            if owner is not None:
                self._units_of(owner).update(numbers)
        for number, lines in part.of("all"):
            known, base = codes.get(number), self._base(ticket)
            if known is not None and base is not None:
                file, code = known
                whole = NotedCode("", code.co_name, code.co_firstlineno, tuple(lines))
                self._units_of(base).update(file.units_of_symbol(whole))
                if is_forked and file.symbol(code) in file.filling_functions():
                    self.blurred.add((file.path, file.symbol(code)))
        if is_forked:
            for file, code in codes.values():
                method = file.filling_method(code)
                if method is not None and method[1]:
                    self.filled.add((file.path, method[0]))

    def _is_forked(self, ticket: str) -> bool:
        start = self._children.tickets.get(ticket)
        if start is not None:
            return start.is_forked
        starter = self._starters.get(ticket)
        return starter is not None and self._is_forked(starter[0])

    def _units_at(self, known: tuple[SourceFile, NotedCode], line: int) -> tuple[int, ...]:
        file, code = known
        key = (id(code), line)
        found = self._units.get(key)
        if found is None:
            found = file.units_at(line, code) if line else file.entry_units(code)
            if not found:
                found = file.entry_units(code)
            self._units[key] = found
        return found

    def _units_of(self, owner: OwnerKey) -> BitMap:
        return self.units.setdefault(owner, BitMap())

    def _replay_looks(
        self, ticket: str, part: Part, frames: Mapping[int, NotedFrame | None]
    ) -> None:
        for context, stack, path, mode, flags, exists in part.of("opened"):
            if exists and path.endswith(".py") and _is_run(frames[stack]):
                continue  # Python reads its script: that is code, and runs
            if self._turn(ticket, context):
                self.inputs.opened(path, mode, flags, frames[stack], exists=exists)
        for context, stack, path in part.of("listed"):
            if self._turn(ticket, context):
                self.inputs.listed(path, frames[stack])
        for context, stack, path, missing in part.of("status"):
            if self._turn(ticket, context):
                self.inputs.looked(path, frames[stack], exists=not missing)
        for _, stack, module in part.of("unpickled"):
            self.inputs.unpickles(module, frames[stack])
        folders = {folder for (paths,) in part.of("path") for folder in paths}
        for context, stack, name in part.of("sought"):
            self.sought.add(name.partition(".")[0])
            self.inputs.sought(name, frames[stack])
            if self._asker.ask(frames[stack]).place is None and self._turn(ticket, context):
                self._seek(name, folders)

    def _seek(self, name: str, folders: Iterable[str]) -> None:
        """Note where a module was looked for that no code of the project asked for."""
        stem = name.replace(".", "/")
        for folder in folders:
            for end in (".py", "/__init__.py"):
                path = self._index.folder.repo_path(os.path.join(folder, stem + end))
                if path and not os.path.lexists(os.path.join(self._index.folder.top, path)):
                    self._read(Read(path, ReadKind.MISSING))

    def _turn(self, ticket: str, context: int) -> bool:
        owner = self._owner_of(ticket, context)
        if owner is not None:
            self._owner = owner
        return owner is not None

    def _read(self, read: Read) -> None:
        self._owners.link_read(self._owner, read)

    def _file(self, path: Any) -> SourceFile | None:
        return self._index.file(os.path.join(self._index.folder.top, path))


def process_of(owner: OwnerKey) -> OwnerKey:
    """Return the owner of what the processes do that an owner starts."""
    return OwnerKey(OwnerKind.PROCESS, f"{owner.kind.value}:{owner.name}")


def _is_run(frame: NotedFrame | None) -> bool:
    """Tell whether Python itself imports, on its way to what it was told to run."""
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_RUNNERS):
            return False
        frame = frame.f_back
    return True
