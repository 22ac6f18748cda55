"""Syntax trees, walked faster than `ast` does."""

import ast
from collections.abc import Iterable
from typing import Final

# Fields that hold texts, numbers, operators or contexts in every class that has them.
_LEAVES: Final = frozenset(
    {
        *("arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "level"),
        *("module", "op", "ops", "simple", "tag", "type_comment", "type_ignores"),
    }
)

_fields_by_class: dict[type, tuple[str, ...]] = {}


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes right below one, in source order, without operators and contexts."""
    cls = node.__class__
    try:
        fields = _fields_by_class[cls]
    except KeyError:
        fields = tuple(name for name in cls._fields if name not in _LEAVES)
        _fields_by_class[cls] = fields
    found: list[ast.AST] = []
    for name in fields:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def below(nodes: Iterable[ast.AST], stop: tuple[type, ...] = ()) -> list[ast.AST]:
    """Return some nodes and all below them, but nothing below those of some classes."""
    pending = list(nodes)
    found: list[ast.AST] = []
    while pending:
        node = pending.pop()
        found.append(node)
        if not isinstance(node, stop):
            pending += children(node)
    return found
