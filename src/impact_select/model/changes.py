"""Atomic changes: every difference between two versions of a file, one by one.

After Chianti (Ren, Shah, Tip, Ryder, Chesley: OOPSLA 2004), for Python.
"""

from dataclasses import dataclass
from enum import StrEnum

from impact_select.model.ids import RepoPath


class ChangeKind(StrEnum):
    """What changed. The value is the slug that reports show."""

    BLOCK = "block-changed"
    FUNCTION_ADDED = "function-added"
    FUNCTION_REMOVED = "function-removed"
    METHOD_ADDED = "method-added"
    METHOD_REMOVED = "method-removed"
    SIGNATURE = "signature-changed"
    DEFAULTS = "default-changed"
    ANNOTATIONS = "annotation-changed"
    DECORATORS = "decorator-changed"
    MARKS = "mark-changed"
    FIXTURE = "fixture-changed"
    FIXTURE_ADDED = "fixture-added-or-removed"
    AUTOUSE = "autouse-fixture-changed"
    CLASS_ADDED = "class-added"
    CLASS_REMOVED = "class-removed"
    BASES = "bases-changed"
    ATTRIBUTE = "class-attribute-changed"
    VARIABLE = "variable-changed"
    VARIABLE_REMOVED = "variable-removed"
    IMPORT = "import-changed"
    LOADING = "loaded-modules-changed"
    EFFECT = "module-effect-changed"
    HOOK = "hook-changed"
    DOC = "docstring-changed"
    FILE_ADDED = "file-added"
    FILE_REMOVED = "file-removed"
    FILE_CHANGED = "file-changed"
    UNPARSED = "source-unparsed"
    UNCLASSIFIED = "unclassified"


@dataclass(frozen=True, slots=True)
class AtomicChange:
    """One difference.

    Attributes:
        kind: What changed.
        path: The file.
        symbol: Qualified name of the symbol that changed, or of the class around it;
            empty for the module.
        name: The name that is bound, added or removed; empty where none is.
        units: Indices, in the old outline, of the units whose execution is affected.
        detail: Why a doubt widens it, for the report; empty for an exact change.
        typed: True for a variable that was a type and is one, for checkers.
    """

    kind: ChangeKind
    path: RepoPath
    symbol: str = ""
    name: str = ""
    units: frozenset[int] = frozenset()
    detail: str = ""
    typed: bool = False

    def __str__(self) -> str:
        """Render as `path::symbol kind`."""
        place = ".".join(part for part in (self.symbol, self.name) if part)
        if self.name and (self.symbol == self.name or self.symbol.endswith(f".{self.name}")):
            place = self.symbol
        text = f"{self.path}::{place}" if place else self.path
        suffix = f" ({self.detail})" if self.detail else ""
        return f"{text} {self.kind.value}{suffix}"
