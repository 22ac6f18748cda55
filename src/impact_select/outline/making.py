"""What making an object does, as far as code tells: calls that only make, and constructors."""

import ast
import copy
from collections.abc import Iterable
from typing import Final

from impact_select.outline.bindings import Constants, dotted_name
from impact_select.outline.evaluate import is_inert

# Stands for an object that was just made; no name of a module is like it.
_MADE: Final = "<made>"


def made_by(node: ast.expr | None, constants: Constants) -> tuple[str, ...]:
    """Return what an expression calls that is inert but for these calls.

    Args:
        node: The expression.
        constants: What the module bound so far.

    Returns:
        Dotted names as written; none where it does anything else.
    """
    if node is None or _MADE in constants:
        return ()
    calls = _Calls(constants)
    left = calls.visit(copy.deepcopy(node))
    return tuple(sorted(calls.names)) if is_inert(left, constants) else ()


def called_in(nodes: Iterable[ast.expr], constants: Constants) -> tuple[str, ...]:
    """Return what expressions call, but for what is known to neither fail nor act.

    Args:
        nodes: The expressions.
        constants: What the module bound so far.

    Returns:
        Dotted names as written; `?` for anything else that is called.
    """
    return tuple(
        sorted(
            {
                dotted_name(call.func) or "?"
                for node in nodes
                for call in ast.walk(node)
                if isinstance(call, ast.Call) and not is_inert(call, constants)
            }
        )
    )


class _Calls(ast.NodeTransformer):
    """Puts names in the place of calls whose arguments are inert."""

    def __init__(self, constants: Constants) -> None:
        self._constants = constants
        self.names: set[str] = set()

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        """Leave what is called later."""
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Note a call."""
        if is_inert(node, self._constants):
            return node
        self.generic_visit(node)
        name = dotted_name(node.func)
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if (
            name is None
            or _MADE in name
            or not all(is_inert(some, self._constants) for some in given)
        ):
            return node
        self.names.add(name)
        return ast.Name(id=_MADE, ctx=ast.Load())


def kept_by(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...] | None:
    """Return the attributes in which a constructor keeps its arguments and new containers.

    Returns:
        None where it does anything else.
    """
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    if isinstance(node, ast.AsyncFunctionDef) or node.decorator_list or not every:
        return None
    more = [some for some in (arguments.vararg, arguments.kwarg) if some is not None]
    given = frozenset(argument.arg for argument in (*every, *more))
    found: set[str] = set()
    for statement in node.body:
        kept = _kept(statement, every[0].arg, given)
        if kept is None:
            return None
        found.update(kept)
    return tuple(sorted(found))


def _kept(statement: ast.stmt, receiver: str, given: frozenset[str]) -> list[str] | None:
    """Return the attributes of its object that a statement binds; None where it does more."""
    targets: list[ast.expr] = []
    values: list[ast.expr] = []
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return []
        case ast.Assign():
            targets, values = statement.targets, [statement.value]
        case ast.AnnAssign(target=target, value=value) if value is not None:
            targets, values = [target], [value]
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"),
                args=passed,
                keywords=keywords,
            )
        ):
            values = [*passed, *(keyword.value for keyword in keywords)]
        case _:
            return None
    names = [_own_attribute(target, receiver) for target in targets]
    if None in names or not all(_is_kept(value, given) for value in values):
        return None
    return [name for name in names if name is not None]


def _own_attribute(target: ast.expr, receiver: str) -> str | None:
    match target:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == receiver:
            return attribute
        case _:
            return None


def _is_kept(value: ast.expr, given: frozenset[str]) -> bool:
    match value:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return name in given
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return all(_is_kept(item, given) for item in items)
        case ast.Dict(keys=keys, values=items):
            return all(isinstance(key, ast.Constant) for key in keys) and all(
                _is_kept(item, given) for item in items
            )
        case ast.Call(func=ast.Name(id="dict" | "list" | "set"), args=[], keywords=[]):
            return True
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _asks_for_none(test, given) and _is_kept(body, given) and _is_kept(orelse, given)
        case _:
            return False


def _asks_for_none(test: ast.expr, given: frozenset[str]) -> bool:
    match test:
        case ast.Compare(
            left=ast.Name(id=name),
            ops=[ast.Is() | ast.IsNot()],
            comparators=[ast.Constant(value=None)],
        ):
            return name in given
        case _:
            return False
