"""What comparing two versions of a file has to know of all other files."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from impact_select.model.source import ClassFacts, ImportFact
from impact_select.outline.decorators import WrapperImported

ImportKnown: TypeAlias = Callable[[ImportFact], bool]
"""Tells whether an import is known to succeed in this place."""

Quiet: TypeAlias = Callable[[ClassFacts], bool]
"""Tells whether making a class does nothing else, and succeeds, as far as its bases go."""


def _no_import(_: ImportFact) -> bool:
    return False


def none_quiet(_: ClassFacts) -> bool:
    """Know no class that is quiet."""
    return False


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Answers about other files; the defaults know nothing.

    Attributes:
        import_known: Asked for each import that is new.
        unmoved: Names of the module that are bound to what they were bound to, though by
            another statement.
        wrapper_imported: Asked for decorators that are imported.
        was_quiet: Asked for classes of the old version.
        is_quiet: Asked for classes of the new version.
    """

    import_known: ImportKnown = _no_import
    unmoved: frozenset[str] = frozenset()
    wrapper_imported: WrapperImported = _no_import
    was_quiet: Quiet = none_quiet
    is_quiet: Quiet = none_quiet
