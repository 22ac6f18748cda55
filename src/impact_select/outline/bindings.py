"""What the names of a module stand for while it is outlined, from top to bottom."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Constants: TypeAlias = Mapping[str, object]
"""What a module bound so far: values, or a Bound where there is none; `*` after a star import."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A value that is not computed here, of a name or an expression.

    Attributes:
        origin: The absolute dotted name that an import gave it; empty without one.
    """

    origin: str = ""


def dotted_name(node: ast.expr) -> str | None:
    """Return `a.b.c` for a chain of names, None for any other expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    parts.append(node.id)
    return ".".join(reversed(parts))
