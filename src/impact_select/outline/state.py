"""Functions that keep state outside the objects that they create.

The first test that needs such state fills it; the others find it filled and run nothing.
"""

import ast
from collections.abc import Set
from typing import Final, TypeAlias

from impact_select.model.source import Fill, Reuse
from impact_select.outline.suites import suites

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_MUTATORS: Final = frozenset(
    {"add", "append", "appendleft", "extend", "insert", "setdefault", "update"}
)
_CACHES: Final = frozenset({"cached_property"})
_CONSTRUCTORS: Final = frozenset({"__init__", "__new__", "__post_init__", "__setstate__"})
_SCOPES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def find_fills(node: _Function, modules: Set[str]) -> tuple[Fill, ...]:
    """Find where a function stores something that may outlive its call.

    That is: it assigns a global name, stores into or mutates an object that it reaches
    through a name that is not its own, tests and sets an attribute of its receiver, or
    is a cached property. A constructor that sets its own attributes is not meant, nor a
    function that patches a module: what it patches it puts back, or the order of the
    tests matters (docs/safety.md, assumption 1).

    Args:
        node: The function.
        modules: Names that are bound to modules around it.
    """
    for decorator in node.decorator_list:
        last = decorator.attr if isinstance(decorator, ast.Attribute) else ""
        last = decorator.id if isinstance(decorator, ast.Name) else last
        if last in _CACHES:
            return (Fill(node.name, node.body[0].lineno, Reuse.NAME),)
    own = _own_nodes(node)
    local = _local_names(node, own) | modules
    receiver = _receiver(node)
    declared = {
        name for some in own if isinstance(some, ast.Global | ast.Nonlocal) for name in some.names
    }
    written: dict[str, list[int]] = {}
    found: list[tuple[str, int]] = []
    for some in own:
        match some:
            case ast.Name(id=name, ctx=ast.Store(), lineno=line) if name in declared:
                found.append((name, line))
            case ast.alias(name=name, asname=other, lineno=line):
                bound = other or name.partition(".")[0]
                if bound in declared:
                    found.append((bound, line))
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == receiver:
                if not isinstance(some.ctx, ast.Load):
                    written.setdefault(attribute, []).append(some.lineno)
                    if name == "cls":
                        found.append((attribute, some.lineno))
            case ast.Attribute(value=value, attr=attribute, ctx=ast.Store()) if _is_type(value):
                found.append((attribute, some.lineno))
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                root = _root(some)
                if root is not None and (root not in local or root in declared):
                    found.append((_stored_name(some, root), some.lineno))
                elif root is not None and root == receiver:
                    written.setdefault(_stored_name(some, root), []).append(some.lineno)
                    if root == "cls":
                        found.append((_stored_name(some, root), some.lineno))
            case ast.Call(func=ast.Attribute(value=value, attr=attribute), lineno=line):
                root = _root(value) if attribute in _MUTATORS else None
                if root is not None and (root not in local or root in declared):
                    found.append((_stored_name(value, root), line))
                elif root is not None and root == receiver:
                    written.setdefault(_stored_name(value, root), []).append(line)
                    if root == "cls":
                        found.append((_stored_name(value, root), line))
            case _:
                pass
    tested = written.keys() & _tested(own, receiver) if node.name not in _CONSTRUCTORS else set()
    found += [(name, line) for name in sorted(tested) for line in written[name]]
    passes = _passes(node)
    return tuple(
        Fill(name, line, _reuse(name, *passes.get(line, (False, frozenset()))))
        for name, line in dict.fromkeys(found)
    )


def _reuse(name: str, branch: bool, ways_out: frozenset[str]) -> Reuse:
    if name in ways_out:
        return Reuse.EARLY
    return Reuse.BRANCH if branch else Reuse.NEVER


def _passes(node: _Function) -> dict[int, tuple[bool, frozenset[str]]]:
    """Return, per line, whether it stands in a branch, and what ways out before it look at."""
    found: dict[int, tuple[bool, frozenset[str]]] = {}

    def visit(body: list[ast.stmt], branch: bool, ways_out: frozenset[str]) -> None:
        for statement in body:
            for line in range(statement.lineno, (statement.end_lineno or 0) + 1):
                found[line] = (branch, ways_out)
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            branches = isinstance(statement, ast.If | ast.Try | ast.While | ast.Match)
            inner = suites(statement)
            for suite in inner:
                visit(suite.body, branch or branches, ways_out)
            if inner and any(isinstance(some, ast.Return) for some in ast.walk(statement)):
                ways_out |= _mentioned(statement)

    visit(node.body, branch=False, ways_out=frozenset())
    return found


def _mentioned(node: ast.AST) -> frozenset[str]:
    names: set[str] = set()
    for some in ast.walk(node):
        match some:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                names.add(name)
            case _:
                pass
    return frozenset(names)


def _tested(own: list[ast.AST], receiver: str | None) -> set[str]:
    """Return the attributes of the receiver that a function looks at before it decides."""
    tests: list[ast.AST] = []
    for some in own:
        if isinstance(some, ast.If | ast.While | ast.IfExp):
            tests.append(some.test)
        elif isinstance(some, ast.BoolOp):
            tests.append(some)
        elif isinstance(some, ast.Try):
            tests.extend(some.body)
    found: set[str] = set()
    for test in tests:
        for some in ast.walk(test):
            match some:
                case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == receiver:
                    found.add(attribute)
                case ast.Constant(value=str(text)):
                    found.add(text)
                case _:
                    pass
    return found


def _is_type(node: ast.expr) -> bool:
    """Tell whether an expression is the class of some object."""
    match node:
        case ast.Call(func=ast.Name(id="type")) | ast.Attribute(attr="__class__"):
            return True
        case _:
            return False


def _stored_name(node: ast.expr, root: str) -> str:
    """Return the name under which readers find what is stored."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.attr if isinstance(node, ast.Attribute) else root


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
    names = {argument.arg for argument in every} - _kept_defaults(arguments)
    for some in own:
        if isinstance(some, ast.Name) and isinstance(some.ctx, ast.Store):
            names.add(some.id)
        elif isinstance(some, ast.ExceptHandler) and some.name:
            names.add(some.name)
    return names


def _kept_defaults(arguments: ast.arguments) -> set[str]:
    """Return the parameters whose default is one object for all calls, which may change."""
    places = [*arguments.posonlyargs, *arguments.args]
    defaults: list[tuple[ast.arg, ast.expr | None]] = list(
        zip(reversed(places), reversed(arguments.defaults), strict=False)
    )
    defaults += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    fixed = (ast.Constant, ast.Tuple, ast.Name, ast.Attribute)
    return {some.arg for some, default in defaults if default and not isinstance(default, fixed)}


def _receiver(node: _Function) -> str | None:
    arguments = [*node.args.posonlyargs, *node.args.args]
    return arguments[0].arg if arguments and arguments[0].arg in {"self", "cls"} else None


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
