"""Functions that keep state outside the objects that they create.

The first test that needs such state fills it; the others find it filled and run nothing.
"""

import ast
from collections.abc import Set
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from impact_select.model.source import Fill, Holder, Reuse
from impact_select.outline.nodes import below
from impact_select.outline.suites import leaves, suites

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
            return (Fill(node.name, node.body[0].lineno, Reuse.NAME, Holder.OBJECT, plain=True),)
    own = below(node.body, stop=_SCOPES)
    stores = [store for some in own if (store := _store(some)) is not None]
    declared = {
        name for some in own if isinstance(some, ast.Global | ast.Nonlocal) for name in some.names
    }
    if not stores and not declared:
        return ()
    around = {name for some in own if isinstance(some, ast.Nonlocal) for name in some.names}
    local = _local_names(node, own) | modules
    receiver = _receiver(node)
    fills: list[_Store] = []
    written: list[_Store] = []
    for store in stores:
        if store.root == receiver and receiver is not None:
            (fills if receiver == "cls" else written).append(store)
        elif store.root is None or store.root not in local or store.root in declared:
            fills.append(store)
    fills += [
        _Store(name, name, line, True) for some in own for name, line in _bound(some, declared)
    ]
    found = {store: Holder.CALL if store.root in around else Holder.SHARED for store in fills}
    if written and node.name not in _CONSTRUCTORS:
        tested = _tested(own, receiver)
        found |= {store: Holder.OBJECT for store in written if store.name in tested}
    if not found:
        return ()
    passes = _passes(node)
    return tuple(
        Fill(
            store.name,
            store.line,
            passes.get(store.line, _Pass()).reuse(store.name),
            holder,
            store.plain,
        )
        for store, holder in found.items()
    )


@dataclass(frozen=True, slots=True)
class _Store:
    """A place that stores.

    Attributes:
        root: The variable through which it is reached; None for the class of an object.
        name: Under which readers find what is stored.
        line: 1-based.
        plain: True when it sets `name` itself, not something in what it holds.
    """

    root: str | None
    name: str
    line: int
    plain: bool


def _store(node: ast.AST) -> _Store | None:
    """Return what a node stores other than a variable, if it does."""
    match node:
        case ast.Attribute(value=value, attr=attribute, ctx=ast.Store()) if _is_type(value):
            return _Store(None, attribute, node.lineno, True)
        case (
            ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del())
        ):
            target: ast.expr = node
        case ast.Call(func=ast.Attribute(value=value, attr=attribute)) if attribute in _MUTATORS:
            target = value
        case _:
            return None
    root = _root(target)
    if root is None:
        return None
    plain = target is node and isinstance(node, ast.Attribute)
    return _Store(root, _stored_name(target, root), node.lineno, plain)


def _bound(node: ast.AST, declared: Set[str]) -> list[tuple[str, int]]:
    """Return the declared names that a node binds, with the line."""
    match node:
        case ast.Name(id=name, ctx=ast.Store(), lineno=line):
            pass
        case ast.alias(name=whole, asname=other, lineno=line):
            name = other or whole.partition(".")[0]
        case _:
            return []
    return [(name, line)] if name in declared else []


@dataclass(frozen=True, slots=True)
class _Pass:
    """How the statements of a line may be passed by.

    Attributes:
        branch: Whether they stand in a branch.
        ways_out: Names that the ways out before them look at.
    """

    branch: bool = False
    ways_out: frozenset[str] = frozenset()

    def reuse(self, name: str) -> Reuse:
        return Reuse.BRANCH if self.branch or name in self.ways_out else Reuse.NEVER


def _passes(node: _Function) -> dict[int, _Pass]:
    """Return, per line, how its statements may be passed by."""
    found: dict[int, _Pass] = {}

    def visit(body: list[ast.stmt], around: _Pass) -> None:
        for statement in body:
            for line in range(statement.lineno, (statement.end_lineno or 0) + 1):
                found[line] = around
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            branches = isinstance(statement, ast.If | ast.Try | ast.While | ast.Match)
            for suite in suites(statement):
                visit(suite.body, replace(around, branch=around.branch or branches))
            if leaves(statement):
                around = replace(around, ways_out=around.ways_out | _mentioned(statement))

    visit(node.body, _Pass())
    return found


def _mentioned(node: ast.AST) -> frozenset[str]:
    names: set[str] = set()
    for some in below([node]):
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
        for some in below([test]):
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
