"""How functions hand code on: what they keep for later, call by a name of its own, and pass."""

import ast
from collections.abc import Iterator
from typing import Final

from impact_select.model.source import Handing
from impact_select.outline.nodes import below
from impact_select.outline.stores import ANY, Locals, stores_in

# They call what they are given.
_CALLERS: Final = frozenset(
    {
        *("apply", "call", "filter", "map", "max", "min", "partial", "reduce", "run", "send"),
        *("sort", "sorted", "starmap", "submit", "to_thread", "run_in_executor"),
        *("run_in_threadpool", "run_sync"),
    }
)


def find_handing(own: list[ast.AST], variables: Locals) -> Handing:
    """Find how a function hands on what it was given, or what others left.

    Args:
        own: Its nodes, without those of definitions in it.
        variables: Its variables.
    """
    sets: set[tuple[str, str]] = set()
    calls: set[str] = set()
    passes: set[tuple[str, str, str]] = set()
    returns: set[str] = set()
    defers: set[str] = set()
    for some in own:
        match some:
            case ast.Call():
                calls.update(_called(some))
                passes.update(_passed(some, variables))
                defers.update(_deferred(some))
            case ast.Assign() | ast.AnnAssign():
                sets.update(_set(some, variables))
            case ast.Return() | ast.Yield():
                returns.update(_returned(some, variables))
            case ast.Lambda():
                # It is no function of its own.
                for inner in below([some.body]):
                    calls.update(_called(inner))
            case _:
                pass
    keeps = {store.name for store in stores_in(own) if store.name != store.root and store.likely}
    return Handing(
        keeps=tuple(sorted(keeps - {ANY})),
        sets=tuple(sorted(sets)),
        calls=tuple(sorted(calls)),
        passes=tuple(sorted(passes)),
        returns=tuple(sorted(returns)),
        defers=tuple(sorted(defers)),
        generates=any(isinstance(some, ast.Yield | ast.YieldFrom) for some in own),
    )


def _called(node: ast.AST) -> Iterator[str]:
    """Yield the attributes that a call calls, or lets another function call."""
    if not isinstance(node, ast.Call):
        return
    function: ast.expr = node.func
    while isinstance(function, ast.Subscript):
        function = function.value
    if isinstance(function, ast.Attribute):
        yield function.attr
    if _last_name(node.func) in _CALLERS:
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            if isinstance(argument, ast.Attribute):
                yield argument.attr


def _passed(node: ast.AST, variables: Locals) -> Iterator[tuple[str, str, str]]:
    """Yield what a call passes on: the callee's last name, the place, where it comes from."""
    if not isinstance(node, ast.Call):
        return
    name = _last_name(node.func)
    places: list[tuple[str, ast.expr]] = []
    for index, argument in enumerate(node.args):
        if isinstance(argument, ast.Starred):
            break
        places.append((str(index), argument))
    places += [(some.arg, some.value) for some in node.keywords if some.arg is not None]
    for place, value in places if name else ():
        for source in variables.sources(value):
            yield name, place, source


def _set(node: ast.AST, variables: Locals) -> Iterator[tuple[str, str]]:
    """Yield the attributes that a statement sets, and where their values come from."""
    match node:
        case ast.Assign(targets=targets, value=value):
            pass
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            targets = [target]
        case _:
            return
    for some in below(targets):
        if isinstance(some, ast.Attribute) and isinstance(some.ctx, ast.Store):
            for source in variables.sources(value):
                yield some.attr, source


def _returned(node: ast.AST, variables: Locals) -> Iterator[str]:
    match node:
        case ast.Return(value=ast.expr() as value) | ast.Yield(value=ast.expr() as value):
            yield from variables.sources(value)
        case _:
            return


def _deferred(node: ast.AST) -> Iterator[str]:
    """Yield the names of what a table calls to make what is missing in it."""
    match node:
        case ast.Call(func=function, args=[factory, *_]) if _last_name(function) == "defaultdict":
            for some in below([factory]):
                if isinstance(some, ast.Name | ast.Attribute):
                    yield _last_name(some)
        case _:
            return


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
