"""Functions that keep state outside the objects that they create.

The first test that needs such state fills it; the others find it filled and run nothing.
"""

import ast
from typing import Final, TypeAlias

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_MUTATORS: Final = frozenset(
    {"add", "append", "appendleft", "extend", "insert", "setdefault", "update"}
)
_CACHES: Final = frozenset({"cached_property"})
_SCOPES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def keeps_state(node: _Function) -> bool:
    """Tell whether a function may store something that outlives its call.

    That is: it assigns a global name, stores into or mutates an object that it reaches
    through a name that is not its own, tests and sets an attribute of its receiver, or
    is a cached property. A constructor that sets its own attributes is not meant.
    """
    for decorator in node.decorator_list:
        last = decorator.attr if isinstance(decorator, ast.Attribute) else ""
        last = decorator.id if isinstance(decorator, ast.Name) else last
        if last in _CACHES:
            return True
    own = _own_nodes(node)
    local = _local_names(node, own)
    receiver = _receiver(node)
    written: set[str] = set()
    read: set[str] = set()
    for some in own:
        match some:
            case ast.Global():
                return True
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == receiver:
                (read if isinstance(some.ctx, ast.Load) else written).add(attribute)
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                root = _root(some)
                if root is not None and (root not in local or root == "cls"):
                    return True
            case ast.Call(func=ast.Attribute(value=value, attr=attribute)):
                root = _root(value)
                if attribute in _MUTATORS and root is not None and root not in local:
                    return True
    return node.name != "__init__" and bool(written & read)


def _own_nodes(node: _Function) -> list[ast.AST]:
    found: list[ast.AST] = []
    pending: list[ast.AST] = list(node.body)
    while pending:
        some = pending.pop()
        found.append(some)
        if not isinstance(some, _SCOPES):
            pending.extend(ast.iter_child_nodes(some))
    return found


def _local_names(node: _Function, own: list[ast.AST]) -> set[str]:
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [some for some in (arguments.vararg, arguments.kwarg) if some is not None]
    names = {argument.arg for argument in every}
    for some in own:
        if isinstance(some, ast.Name) and isinstance(some.ctx, ast.Store):
            names.add(some.id)
        elif isinstance(some, ast.ExceptHandler) and some.name:
            names.add(some.name)
    return names


def _receiver(node: _Function) -> str | None:
    arguments = [*node.args.posonlyargs, *node.args.args]
    return arguments[0].arg if arguments and arguments[0].arg in {"self", "cls"} else None


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
