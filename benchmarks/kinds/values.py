"""Other values and other expressions in the place of what is written."""

import ast
import copy
from collections.abc import Iterator

from benchmarks.source import SourceFile, Splice

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
ATOMS = (ast.Constant, ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.List, ast.Dict)


def other_constant(node: ast.Constant) -> ast.Constant | None:
    """Give a constant of the same type that is not equal, where there is one."""
    value = node.value
    if isinstance(value, bool):
        return ast.Constant(not value)
    if isinstance(value, int | float | complex):
        return ast.Constant(value + 1)
    if isinstance(value, str):
        return ast.Constant(value + "x")
    if isinstance(value, bytes):
        return ast.Constant(value + b"x")
    return None


def other_operation(node: ast.expr) -> ast.expr | None:
    """Give the expression with its outermost operator changed."""
    changed = copy.copy(node)
    match changed:
        case ast.Compare(ops=[first, *others]) if type(first) in COMPARISONS:
            changed.ops = [COMPARISONS[type(first)](), *others]
        case ast.BinOp(op=operator) if type(operator) in OPERATORS:
            changed.op = OPERATORS[type(operator)]()
        case ast.BoolOp(op=ast.And()):
            changed.op = ast.Or()
        case ast.BoolOp(op=ast.Or()):
            changed.op = ast.And()
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return operand
        case _:
            return None
    return changed


def replace(source: SourceFile, node: ast.expr, other: ast.expr) -> Splice:
    """Write another expression in the place of one; its own formatting is lost."""
    text = ast.unparse(other)
    return Splice(
        source.start(node),
        source.end(node),
        text if isinstance(other, ATOMS) else f"({text})",
    )


def has_format_string(node: ast.AST) -> bool:
    """Tell whether writing this anew could need the grammar of a later Python."""
    return any(isinstance(inner, ast.JoinedStr) for inner in ast.walk(node))


def value_changes(source: SourceFile, node: ast.expr) -> Iterator[tuple[str, Splice]]:
    """Give the ways to change constants within a value, or its last element."""
    for inner in walk_value(node):
        if isinstance(inner, ast.Constant):
            other = other_constant(inner)
            if other is not None:
                yield f"{_short(inner)} becomes {_short(other)}", replace(source, inner, other)
        elif isinstance(inner, ast.List | ast.Set | ast.Tuple) and len(inner.elts) > 1:
            last, before = inner.elts[-1], inner.elts[-2]
            yield (
                f"last element {_short(last)} removed",
                Splice(source.end(before), source.end(last), ""),
            )
        elif isinstance(inner, ast.Dict) and len(inner.values) > 1:
            yield (
                f"last value {_short(inner.values[-1])} removed",
                Splice(source.end(inner.values[-2]), source.end(inner.values[-1]), ""),
            )


def walk_value(node: ast.expr) -> Iterator[ast.expr]:
    """Walk an expression; f-strings are not entered."""
    pending: list[ast.AST] = [node]
    while pending:
        inner = pending.pop(0)
        if isinstance(inner, ast.expr):
            yield inner
        if not isinstance(inner, ast.JoinedStr):
            pending.extend(ast.iter_child_nodes(inner))


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 30 else text[:29] + "…"
