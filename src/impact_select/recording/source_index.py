"""Which code is the project's, and which unit each of its lines belongs to."""

import os
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from hashlib import sha1
from pathlib import Path
from types import CodeType
from typing import TypeAlias

from impact_select.child.folder import Folder
from impact_select.model.ids import Blob, RepoPath
from impact_select.model.source import Outline, UnitKind, plain_name
from impact_select.outline.parse import UnparsedSource, is_source, parse_outline
from impact_select.recording.noted_frames import NotedCode

Code: TypeAlias = CodeType | NotedCode
OutlineLookup: TypeAlias = Callable[[Blob], Outline | None]
"""Finds an outline by the git blob id of the file's bytes."""


def no_outline(_blob: Blob) -> Outline | None:
    """Find none."""
    return None


class ProjectFolder(Folder):
    """The project, as this interpreter sees it.

    Args:
        top: Top of the repository's work tree, resolved.
    """

    def __init__(self, top: Path) -> None:
        roots = {sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}
        roots |= {sys.prefix, sys.base_prefix}
        inside = {os.path.realpath(root) + os.sep for root in roots}
        super().__init__(
            str(top), sorted(root for root in inside if root.startswith(str(top) + os.sep))
        )


class SourceFile:
    """One executed file: its outline, and the numbers of its units in this process.

    Attributes:
        path: Where it is.
        blob: Git blob id of its bytes.
        outline: None when it is no Python source that parses (a compiled template).
        base: Number of its first unit; unit i of the outline has number base + i.

    Args:
        path: Where it is.
        source: Its bytes.
        base: Number of its first unit.
        known: Looks an outline up before it is made.
    """

    def __init__(
        self, path: RepoPath, source: bytes, base: int, known: OutlineLookup = no_outline
    ) -> None:
        self.path = path
        self.blob = blob_id(source)
        self.base = base
        self.outline: Outline | None = None
        if is_source(path):
            with suppress(UnparsedSource):
                self.outline = known(self.blob) or parse_outline(source)
        self.loaded = base + (self.outline.loaded if self.outline else 0)
        self.end = self.loaded + 1
        self._by_line: dict[int, tuple[int, ...]] = {}
        self._entries: dict[tuple[str, int], tuple[int, ...]] = {}
        self._symbols: dict[tuple[str, int], str] = {}
        self._filling: dict[str, dict[str, bool]] = {}
        self._making: frozenset[str] = frozenset()
        self._classes: frozenset[str] = frozenset()
        if self.outline is not None:
            self._index(self.outline)

    def _index(self, outline: Outline) -> None:
        by_line: dict[int, list[int]] = {}
        for span in outline.lines:
            for line in range(span.first, span.last + 1):
                known = by_line.setdefault(line, [])
                if self.base + span.unit not in known:
                    known.append(self.base + span.unit)
        self._by_line = {line: tuple(units) for line, units in by_line.items()}
        self._classes = frozenset(facts.qualname for facts in outline.classes)
        for function in outline.functions:
            for fill in function.fills:
                if fill.is_met:
                    names = self._filling.setdefault(function.qualname, {})
                    names[fill.name] = names.get(fill.name, True) and fill.plain
        self._making = _constructors(outline, self._filling)
        entries: dict[str, int] = {}
        for index, unit in enumerate(outline.units):
            if unit.kind is UnitKind.BLOCK:
                entries.setdefault(unit.symbol, self.base + index)
        for facts in outline.definitions:
            plain = plain_name(facts.qualname)
            entry = entries.get(facts.qualname)
            self._symbols[plain.rpartition(".")[2], facts.first_line] = facts.qualname
            if entry is not None:
                self._entries[plain.rpartition(".")[2], facts.first_line] = (entry,)

    def units_at(self, line: int, code: Code | None = None) -> tuple[int, ...]:
        """Return the units of a 1-based line.

        Where several share it and the code object is known, those of its symbol.
        """
        units = self._by_line.get(line, ())
        if not units or self.outline is None:
            return units or (self.loaded,)
        if len(units) == 1 or code is None:
            return units
        symbol = self._symbols.get((code.co_name, code.co_firstlineno))
        blocks = [unit for unit in units if self._is_block(unit)]
        if code.co_name == "<module>" or (symbol is not None and symbol in self._classes):
            own = tuple(unit for unit in units if unit not in blocks)
        elif symbol is not None:
            outline, base = self.outline, self.base
            own = tuple(unit for unit in blocks if outline.units[unit - base].symbol == symbol)
        else:
            own = ()
        return own or units

    def _is_block(self, unit: int) -> bool:
        assert self.outline is not None
        return self.outline.units[unit - self.base].kind is UnitKind.BLOCK

    def entry_units(self, code: Code) -> tuple[int, ...]:
        """Return the units that a call of a code object runs whatever happens in it."""
        if code.co_name == "<module>":
            return (self.loaded,)
        found = self._entries.get((code.co_name, code.co_firstlineno))
        return found if found is not None else self.units_at(code.co_firstlineno, code)

    def filling_method(self, code: Code) -> tuple[str, Mapping[str, bool]] | None:
        """Return the qualified name of a method that fills its receiver, and what it fills.

        That is its attributes, and whether it only sets them; none for the constructor of an
        object with such methods.
        """
        symbol = self._symbols.get((code.co_name, code.co_firstlineno), "")
        if symbol in self._filling:
            return symbol, self._filling[symbol]
        return (symbol, {}) if symbol in self._making else None

    def filling_functions(self) -> Iterator[str]:
        """Iterate over the qualified names of the functions that fill anything."""
        if self.outline is not None:
            for function in self.outline.functions:
                if function.fills:
                    yield function.qualname

    def symbol(self, code: Code) -> str:
        """Return the qualified name of a function or class; empty for other code."""
        return self._symbols.get((code.co_name, code.co_firstlineno), "")

    def filling_methods(self) -> Iterator[str]:
        """Iterate over the qualified names of the methods that fill their receivers."""
        return iter(self._filling)

    def units_of_symbol(self, code: Code) -> tuple[int, ...]:
        """Return all units that running a code object, but no other, may touch."""
        units = set(self.entry_units(code))
        for line in code_lines(code):
            units.update(self.units_at(line, code))
        return tuple(sorted(units))


def _constructors(outline: Outline, methods: Iterable[str]) -> frozenset[str]:
    """Return the constructors of the classes with some methods, and of their bases here."""
    bases = {
        facts.qualname: [base.rpartition(".")[2] for base in facts.bases]
        for facts in outline.classes
    }
    pending = [method.rpartition(".")[0] for method in methods]
    found: set[str] = set()
    while pending:
        cls = pending.pop()
        if cls in bases and cls not in found:
            found.add(cls)
            pending += bases[cls]
    return frozenset(f"{cls}.__init__" for cls in found)


class SourceIndex:
    """The executed project files of this process, outlined when they are first met.

    Unit numbers are unique in the process.

    Args:
        folder: What belongs to the project.
        known_outline: Looks an outline up by the id of the bytes.
    """

    def __init__(self, folder: Folder, known_outline: OutlineLookup = no_outline) -> None:
        self.folder = folder
        self._known_outline = known_outline
        self._by_filename: dict[str, SourceFile | None] = {}
        self._by_path: dict[RepoPath, SourceFile] = {}
        self._files: list[SourceFile] = []
        self._next = 0
        self.on_new_file: Callable[[str], None] | None = None

    def file(self, filename: str) -> SourceFile | None:
        """Return the source file behind a code object's filename, if it is the project's."""
        try:
            return self._by_filename[filename]
        except KeyError:
            found = self._load(filename)
            self._by_filename[filename] = found
            return found

    def known(self, path: RepoPath) -> SourceFile | None:
        """Return an executed file by its path."""
        return self._by_path.get(path)

    def files(self) -> Iterator[SourceFile]:
        """Iterate over the executed files, in the order in which they were met."""
        return iter(self._files)

    def _load(self, filename: str) -> SourceFile | None:
        path = self.folder.repo_path(filename)
        if path is None or not path:
            return None
        known = self._by_path.get(path)
        if known is not None:
            return known
        try:
            with open(os.path.join(self.folder.top, path), "rb") as stream:  # noqa: PTH123
                source = stream.read()
        except OSError:
            return None
        file = SourceFile(path, source, self._next, self._known_outline)
        self._next = file.end
        self._by_path[path] = file
        self._files.append(file)
        if self.on_new_file is not None:
            self.on_new_file(os.path.join(self.folder.top, path))
        return file


def blob_id(content: bytes) -> Blob:
    """Return git's id for a content, in a repository that uses SHA-1."""
    digest = sha1(b"blob %d\0" % len(content), usedforsecurity=False)
    digest.update(content)
    return Blob(digest.hexdigest())


def code_lines(code: Code) -> set[int]:
    """Return the 1-based lines that a code object can report."""
    return {line for _, _, line in code.co_lines() if line}
