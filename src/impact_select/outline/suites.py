"""The suites of a compound statement, and the lines that belong to none of them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from impact_select.outline.nodes import children

_SUITES: Final = ("body", "handlers", "cases", "orelse", "finalbody")
_DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_COMPOUND: Final = (
    *_DEFINITIONS,
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Match),
    *(ast.Try, ast.TryStar),
)
_WAYS_OUT: Final = (ast.Return, ast.Raise, ast.Break, ast.Continue)


@dataclass(frozen=True, slots=True)
class Suite:
    """The statements of one branch, body, handler or case.

    Attributes:
        body: At least one statement.
        own_lines: True when it starts on a line after all that stands before it, so that
            lines can tell it apart.
        header: Lines from the suite before it, or the start of the statement, up to its own
            first one; 1-based, both ends included.
    """

    body: list[ast.stmt]
    own_lines: bool
    header: tuple[int, int]


def suites(statement: ast.stmt) -> list[Suite]:
    """Return the suites of a statement in source order; none for a simple statement."""
    if not isinstance(statement, _COMPOUND):
        return []
    found: list[Suite] = []
    end = _header_end(statement)
    start = first_line(statement)
    for name in _SUITES:
        value = getattr(statement, name, None)
        if not isinstance(value, list) or not value:
            continue
        for head, body in _bodies(value, end):
            first = first_line(body[0])
            found.append(Suite(body, first > head, (start, first)))
            end = body[-1].end_lineno or end
            start = end + 1
    return found


def own_spans(statement: ast.stmt, inner: list[Suite]) -> list[tuple[int, int]]:
    """Return the lines of a statement outside its suites with own lines.

    Args:
        statement: The statement.
        inner: Its suites.

    Returns:
        Spans, 1-based, both ends included. Of a definition only the header counts.
    """
    first, last = first_line(statement), statement.end_lineno or statement.lineno
    if isinstance(statement, _DEFINITIONS):
        return [(first, max(statement.lineno, first_line(statement.body[0]) - 1))]
    spans: list[tuple[int, int]] = []
    start = first
    for suite in inner:
        if not suite.own_lines:
            continue
        suite_first = first_line(suite.body[0])
        if suite_first > start:
            spans.append((start, suite_first - 1))
        start = (suite.body[-1].end_lineno or suite_first) + 1
    if start <= last:
        spans.append((start, last))
    return spans


def segments(body: list[ast.stmt]) -> list[list[ast.stmt]]:
    """Cut a suite after each statement that may leave it before its end."""
    found: list[list[ast.stmt]] = [[]]
    for statement in body:
        found[-1].append(statement)
        if statement is not body[-1] and leaves(statement):
            found.append([])
    return found


def leaves(statement: ast.stmt) -> bool:
    """Tell whether a compound statement may end the suite that it stands in."""
    if not isinstance(statement, _COMPOUND):
        return False
    pending: list[tuple[ast.AST, bool]] = [(statement, False)]
    while pending:
        node, in_loop = pending.pop()
        if isinstance(node, _DEFINITIONS):
            continue
        if isinstance(node, _WAYS_OUT):
            if not in_loop or not isinstance(node, ast.Break | ast.Continue):
                return True
            continue
        in_loop = in_loop or isinstance(node, ast.For | ast.AsyncFor | ast.While)
        for name in _SUITES:
            pending += [(some, in_loop) for some in getattr(node, name, ())]
    return False


def first_line(node: ast.stmt) -> int:
    """Return the line on which a statement starts, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(some.lineno for some in decorators)])


def _bodies(value: list[ast.AST], end: int) -> Iterator[tuple[int, list[ast.stmt]]]:
    """Yield the last line before each body, and the body."""
    for item in value:
        if isinstance(item, ast.ExceptHandler):
            yield _last_line([item.type], item.lineno), item.body
        elif isinstance(item, ast.match_case):
            yield _last_line([item.pattern, item.guard], 0), item.body
    if isinstance(value[0], ast.stmt):
        yield end, [item for item in value if isinstance(item, ast.stmt)]


def _header_end(statement: ast.stmt) -> int:
    parts: list[ast.AST | None] = []
    for name in ("test", "target", "iter", "subject", "returns", "args"):
        value = getattr(statement, name, None)
        if isinstance(value, ast.arguments):
            parts += children(value)
        elif isinstance(value, ast.AST):
            parts.append(value)
    for name in ("decorator_list", "bases", "keywords", "type_params"):
        parts += getattr(statement, name, [])
    for item in getattr(statement, "items", []):
        parts += [item.context_expr, item.optional_vars]
    return _last_line(parts, statement.lineno)


def _last_line(nodes: list[ast.AST | None], least: int) -> int:
    return max([least, *(getattr(node, "end_lineno", 0) or 0 for node in nodes)])
