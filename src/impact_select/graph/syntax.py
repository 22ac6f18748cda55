"""libcst's trees, walked without the nodes of layout, which are three quarters of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final, TypeAlias

import libcst as cst

Statement: TypeAlias = cst.BaseSmallStatement | cst.BaseStatement

# Fields that hold layout, operators or flags in every class that has them. What a later
# libcst adds is walked: a field too many costs time, one too few would lose references.
_LAYOUT: Final = frozenset(
    {
        *("asynchronous", "colon", "comma", "comment", "conversion", "dot", "empty_lines", "end"),
        *("equal", "first_colon", "first_line", "footer", "header", "indent", "last_line"),
        *("lbrace", "lbracket", "leading_lines", "leading_whitespace", "lines_after_decorators"),
        *("lpar", "newline", "operator", "posonly_ind", "rbrace", "rbracket", "relative", "rpar"),
        *("second_colon", "semicolon", "separator", "star", "start", "trailing_comma"),
        *("trailing_whitespace",),
    }
)

_fields_by_class: dict[type, tuple[str, ...]] = {}


def children(node: object) -> list[cst.CSTNode]:
    """Return what stands right below a node: nodes, and texts, which have nothing below."""
    cls = node.__class__
    try:
        names = _fields_by_class[cls]
    except KeyError:
        names = _fields_by_class[cls] = _walked_fields(cls)
    found: list[cst.CSTNode] = []
    for name in names:
        value = getattr(node, name)
        if value.__class__ is tuple or value.__class__ is list:
            found += value
        elif value is not None:
            found.append(value)
    return found


def statements(body: Iterable[cst.CSTNode]) -> list[Statement]:
    """Return the statements of a suite, those on one line each by itself, as `ast` has them."""
    found: list[Statement] = []
    for line in body:
        if line.__class__ is cst.SimpleStatementLine:
            found += line.body
        else:
            found.append(line)  # type: ignore[arg-type]
    return found


def header(node: Statement) -> list[cst.CSTNode]:
    """Return what stands in a statement outside of its suites; a simple one is all that.

    Not for definitions, whose parts differ in meaning.
    """
    parts = _HEADERS.get(node.__class__)
    return [node] if parts is None else [part for part in parts(node) if part is not None]


def suites(node: Statement) -> list[list[Statement]]:
    """Return the suites of a compound statement in source order; an `elif` is one."""
    holders = _SUITES.get(node.__class__)
    if holders is None:
        return []
    return [_suite(some) for some in holders(node) if some is not None]


def dotted_name(node: cst.CSTNode) -> str:
    """Return the names of an attribute chain; without its base when that is no name."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if isinstance(node, cst.Name):
        parts.append(node.value)
    return ".".join(reversed(parts))


def _walked_fields(cls: type) -> tuple[str, ...]:
    if not issubclass(cls, cst.CSTNode) or not is_dataclass(cls):
        return ()
    return tuple(
        one.name
        for one in fields(cls)
        if one.name not in _LAYOUT and not one.name.startswith("whitespace")
    )


def _suite(node: Any) -> list[Statement]:
    cls = type(node)
    if cls is cst.If:
        return [node]
    return statements(node.body if cls in _BLOCKS else node.body.body)


def _handled(node: Any) -> list[Any]:
    return [part for handler in node.handlers for part in (handler.type, handler.name)]


def _matched(node: Any) -> list[Any]:
    return [node.subject, *(part for case in node.cases for part in (case.pattern, case.guard))]


def _tried(node: Any) -> list[Any]:
    handlers = [handler.body for handler in node.handlers]
    return [node.body, *handlers, node.orelse, node.finalbody]


_BLOCKS: Final = frozenset({cst.IndentedBlock, cst.SimpleStatementSuite})
# By class: `isinstance` takes longer, as libcst's classes are abstract ones.
_HEADERS: Final[Mapping[type, Callable[[Any], list[Any]]]] = {
    cst.If: lambda node: [node.test],
    cst.While: lambda node: [node.test],
    cst.For: lambda node: [node.target, node.iter],
    cst.With: lambda node: list(node.items),
    cst.Try: _handled,
    cst.TryStar: _handled,
    cst.Match: _matched,
}
_SUITES: Final[Mapping[type, Callable[[Any], list[Any]]]] = {
    cst.If: lambda node: [node.body, node.orelse],
    cst.While: lambda node: [node.body, node.orelse],
    cst.For: lambda node: [node.body, node.orelse],
    cst.With: lambda node: [node.body],
    cst.Try: _tried,
    cst.TryStar: _tried,
    cst.Match: lambda node: [case.body for case in node.cases],
}
