"""Where a function stores something other than a local variable, and what it may belong to.

An expression that is stored into is followed to the variable that it starts from, and that
one through the other variables of the function to where it comes from.
"""

import ast
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, TypeAlias

from impact_select.outline.nodes import below

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
SCOPES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
ANY: Final = ""
"""The name of what is stored under a name that is made at run time."""

_MUTATORS: Final = frozenset(
    {
        *("__setitem__", "add", "append", "appendleft", "extend", "extendleft", "insert"),
        *("push", "setdefault", "update"),
    }
)
_FIRST_ARGUMENT: Final = frozenset({"heappush", "insort", "insort_left", "insort_right"})
_LOGS: Final = frozenset({"log", "logger", "logging", "logs"})
_PARTS: Final = frozenset({"get", "setdefault", "getattr", "vars"})
# What these return holds what they were given.
_VIEWS: Final = frozenset(
    {"enumerate", "items", "iter", "keys", "list", "next", "reversed", "sorted", "values", "zip"}
)
_MAKERS: Final = frozenset(
    {
        *("bytearray", "copy", "deepcopy", "defaultdict", "deque", "dict", "frozenset", "list"),
        *("Counter", "OrderedDict", "object", "replace", "set", "sorted", "str", "tuple"),
    }
)


class Origin(IntEnum):
    """Where something comes from; of several the highest counts."""

    OWN = 0
    UNKNOWN = 1
    RECEIVER = 2
    MODULE = 3
    SHARED = 4


@dataclass(frozen=True, slots=True)
class Store:
    """A place that stores.

    Attributes:
        root: The variable, or the function whose result, it is reached through; None for
            the class of an object and for the names of the module.
        name: Under which readers find what is stored; ANY when it is made at run time.
        line: 1-based.
        plain: True when it sets `name` itself, not something in what it holds.
        called: True when `root` is the function whose result is stored into.
        likely: False when it is a call that may store, for all that is known.
        verb: The first word of what such a call calls.
        gone: True when it removes what was stored.
        direct: True when it sets an attribute of the variable, or the variable itself.
        near: True when an attribute of the variable holds it, or what that holds does.
    """

    root: str | None
    name: str
    line: int
    plain: bool
    called: bool = False
    likely: bool = True
    verb: str = ""
    gone: bool = False
    direct: bool = False
    near: bool = False


def stores_in(own: Iterable[ast.AST]) -> list[Store]:
    """Return where the nodes of a function store, local variables apart."""
    return [store for node in own if (store := _store(node)) is not None]


def _store(node: ast.AST) -> Store | None:
    match node:
        case (
            ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del())
        ):
            store = _at(node, node.lineno, plain=isinstance(node, ast.Attribute))
            direct = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Call)
            gone = isinstance(node.ctx, ast.Del)
            return replace(store, gone=gone, direct=direct) if store else None
        case ast.Call(func=ast.Name(id="setattr"), args=[held, key, *_]):
            return _named_at(held, key, node.lineno)
        case ast.Call(func=ast.Attribute(attr="__setattr__", value=owner), args=[*rest]):
            match owner, rest:
                case _, [held, key, _]:
                    return _named_at(held, key, node.lineno)
                case ast.Call(func=ast.Name(id="super")), [key, _]:
                    return _named_at(ast.Name("self", ast.Load()), key, node.lineno)
                case _, [key, _]:
                    return _named_at(owner, key, node.lineno)
                case _:
                    return None
        case ast.Call(func=ast.Name(id="exec"), args=[_, *_, held]):
            return _at(held, node.lineno)
        case ast.Call(func=ast.Attribute(value=held, attr=method)) if method in _MUTATORS:
            return _at(held, node.lineno)
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[held, *_]) if (
            name in _FIRST_ARGUMENT
        ):
            return _at(held, node.lineno)
        case ast.Expr(value=(ast.Call() as call) | ast.Await(value=ast.Call() as call)):
            return _by_method(call)
        case _:
            return None


def _by_method(call: ast.Call) -> Store | None:
    """Return what a call whose result nobody wants may store: what it is handed."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    if not isinstance(call.func, ast.Attribute) or all(
        isinstance(one, ast.Constant) for one in given
    ):
        return None
    held = call.func.value
    if call.func.attr in _MUTATORS or isinstance(held, ast.Call):
        return None
    store = _at(held, call.lineno)
    if store is None or store.root is None or _is_log(store.root) or _is_log(store.name):
        return None
    verb = call.func.attr.lstrip("_").partition("_")[0]
    return Store(store.root, store.name, store.line, plain=False, likely=False, verb=verb)


def _is_log(name: str) -> bool:
    """Tell whether a name is one that loggers have: nothing comes back from them."""
    return not _LOGS.isdisjoint(name.lower().split("_"))


def _at(node: ast.expr, line: int, *, plain: bool = False) -> Store | None:
    name: str | None = None
    depth = 0
    while isinstance(node, ast.Subscript):
        inner = _namespace_of(node.value)
        if inner is not None:
            name, plain = _text(node.slice), True
            node = inner
            break
        node = node.value
        depth += 1
    inner = _namespace_of(node)
    if inner is not None:
        name, node = name or ANY, inner
    near = bool(name) and isinstance(node, ast.Name)
    if name is None and isinstance(node, ast.Attribute):
        name = node.attr
        near = isinstance(node.value, ast.Name)
        if is_type(node.value):
            return Store(None, name, line, plain)
    if is_type(node) or _is_globals(node):
        return Store(None, name or ANY, line, plain)
    root, called = _root(node)
    if root is None:
        return None
    direct = plain and name is not None
    name = root if name is None else name
    return Store(root, name, line, plain, called, direct=direct, near=near and depth < 2)


def _named_at(held: ast.expr, key: ast.expr, line: int) -> Store | None:
    if is_type(held):
        return Store(None, _text(key), line, plain=True)
    root, called = _root(held)
    if root is None:
        return None
    name, direct = _text(key), isinstance(held, ast.Name)
    near = direct and name != ANY
    return Store(root, name, line, plain=True, called=called, direct=direct, near=near)


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case _:
            return ANY


def _tells_of(node: ast.expr) -> bool:
    """Tell whether a value is, or says something of, what it was looked up in."""
    match node:
        case ast.Call(func=ast.Name(id="any" | "all" | "bool" | "getattr" | "hasattr" | "len")):
            return True
        case ast.Call(func=ast.Attribute(attr="get" | "pop" | "setdefault")):
            return True
        case ast.Call() | ast.JoinedStr() | ast.BinOp() | ast.Constant():
            return False
        case _:
            return True


def is_copy(node: ast.expr, name: str) -> bool:
    """Tell whether an expression makes a new object from what a variable holds."""
    match node:
        case ast.Call(func=ast.Name(id=maker) | ast.Attribute(attr=maker)) if maker in _MAKERS:
            return name in names_in([node])
        case _:
            return False


def _namespace_of(node: ast.expr) -> ast.expr | None:
    """Return the object whose namespace an expression is, if it is one."""
    match node:
        case ast.Attribute(value=inner, attr="__dict__"):
            return inner
        case ast.Call(func=ast.Name(id="vars"), args=[inner]):
            return inner
        case _ if _is_globals(node):
            return node
        case _:
            return None


def _is_globals(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="globals")):
            return True
        case _:
            return False


def is_type(node: ast.expr) -> bool:
    """Tell whether an expression is the class of some object."""
    match node:
        case ast.Call(func=ast.Name(id="type"), args=[_]) | ast.Attribute(attr="__class__"):
            return True
        case _:
            return False


def _root(node: ast.expr) -> tuple[str | None, bool]:
    """Return the variable that an expression starts from, or the function that it calls."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    match node:
        case ast.Name(id=name):
            return name, False
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name != "super":
            return name, True
        case _:
            return None, False


@dataclass(slots=True)
class Locals:
    """The variables of a function, and what they are bound to.

    Attributes:
        values: Per variable, the expressions that are assigned to it.
        unknown: Variables that are bound in other ways as well.
        drawn: Of these, those that come out of an expression, as by a loop.
        fresh: Parameters that take what is left over, and what holds an exception.
        modules: Names that are bound to modules.
        receiver: `self` or `cls`, if the function has one.
        declared: Names that are not its own although it assigns them.
        parameters: Those that callers give one value each.
    """

    modules: Set[str]
    receiver: str | None
    declared: Set[str]
    parameters: Set[str]
    values: dict[str, list[ast.expr]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    fresh: set[str] = field(default_factory=set)
    drawn: dict[str, list[ast.expr]] = field(default_factory=dict)

    def origin(self, store: Store) -> tuple[Origin, str]:
        """Return where what is stored into comes from, and the name that it has there."""
        if store.root is None:
            return Origin.SHARED, store.name
        if store.called:
            return Origin.UNKNOWN, store.name
        origin, name = self._of_name(store.root, frozenset())
        return origin, name if store.name == store.root and name else store.name

    def _of_name(self, name: str, seen: frozenset[str]) -> tuple[Origin, str]:
        if name in self.declared:
            return Origin.SHARED, name
        if name == self.receiver:
            return Origin.RECEIVER, ""
        if name in self.fresh:
            return Origin.OWN, name
        if name in self.modules:
            return Origin.MODULE, name
        if name not in self.values and name not in self.unknown:
            return Origin.SHARED, name
        if name in seen:
            return Origin.OWN, name
        found = [(Origin.UNKNOWN, name)] if name in self.unknown else []
        found += [self._of(value, seen | {name}) for value in self.values.get(name, ())]
        return max(found, default=(Origin.OWN, name))

    def _of(self, node: ast.expr, seen: frozenset[str]) -> tuple[Origin, str]:
        match node:
            case ast.Name(id=name):
                return self._of_name(name, seen)
            case ast.Attribute(value=value, attr=name):
                return self._of(value, seen)[0], name
            case ast.Subscript(value=value) | ast.Starred(value=value):
                return self._of(value, seen)
            case ast.NamedExpr(value=value):
                return self._of(value, seen)
            case ast.IfExp(body=one, orelse=two):
                return max(self._of(one, seen), self._of(two, seen))
            case ast.BoolOp(values=values):
                return max(self._of(value, seen) for value in values)
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in _PARTS:
                return self._of(value, seen)
            case ast.Call(func=ast.Name(id=name), args=[value, *_]) if name in _PARTS:
                return self._of(value, seen)
            case ast.Call(func=ast.Name(id="globals")):
                return Origin.SHARED, ANY
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _MAKERS:
                return Origin.OWN, name
            case ast.Call() | ast.Await():
                return Origin.UNKNOWN, ""
            case _:
                return Origin.OWN, ""

    def sources(self, node: ast.expr, seen: frozenset[str] = frozenset()) -> frozenset[str]:
        """Return where an object may come from, if it was there before.

        That is one of the sources that `Handing` tells of.
        """
        match node:
            case ast.Name(id=name):
                return self._sources_of_name(name, seen)
            case ast.Attribute(value=value, attr=name):
                return frozenset(
                    f"@{name}" if source == "@" else "." if source[0] == "." else source
                    for source in self.sources(value, seen)
                )
            case ast.Subscript(value=value):
                return self.sources(value, seen)
            case ast.NamedExpr(value=value) | ast.Starred(value=value) | ast.Await(value=value):
                return self.sources(value, seen)
            case ast.IfExp(body=one, orelse=two):
                return self.sources(one, seen) | self.sources(two, seen)
            case (
                ast.BoolOp(values=values)
                | ast.List(elts=values)
                | ast.Tuple(elts=values)
                | ast.Set(elts=values)
            ):
                return frozenset().union(*(self.sources(value, seen) for value in values))
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in _PARTS | _VIEWS:
                return self.sources(value, seen)
            case ast.Call(func=ast.Name(id=name), args=[*values]) if name in _PARTS | _VIEWS:
                return frozenset().union(*(self.sources(value, seen) for value in values))
            case ast.Call(func=ast.Name(id="globals")):
                return frozenset({"."})
            case ast.Call(func=ast.Attribute(value=ast.Name(id="object"), attr="__new__")):
                return frozenset()
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                # A class makes a new object.
                made = name in _MAKERS or name.lstrip("_")[:1].isupper()
                made = made or name.endswith(("class", "cls"))
                return frozenset() if made else frozenset({name})
            case ast.Call(func=function):
                return frozenset() if is_type(function) else frozenset({"."})
            case _:
                return frozenset()

    def _sources_of_name(self, name: str, seen: frozenset[str]) -> frozenset[str]:
        if name in self.fresh or name in seen:
            return frozenset()
        if name == self.receiver:
            return frozenset({"@" if name == "self" else "."})
        if name in self.modules:
            return frozenset({"."})
        known = (*self.values.get(name, ()), *self.drawn.get(name, ()))
        found = [self.sources(value, seen | {name}) for value in known]
        if name in self.parameters:
            found.append(frozenset({f"({name}"}))
        elif name in self.declared or not (known or name in self.values or name in self.unknown):
            found.append(frozenset({f".{name}"}))
        return frozenset().union(*found)

    def expanded(self, nodes: Iterable[ast.AST]) -> list[ast.AST]:
        """Return some nodes and what the variables in them, and in those, tell of."""
        found = list(nodes)
        seen: set[str] = set()
        pending = found
        while pending:
            new = names_in(pending) - seen
            seen |= new
            pending = [
                value
                for name in sorted(new)
                for value in self.values.get(name, ())
                if _tells_of(value)
            ]
            found = [*found, *pending]
        return found


def names_in(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names, attributes and texts below some nodes."""
    names: set[str] = set()
    for some in below(nodes):
        match some:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                names.add(name)
            case _:
                pass
    return names


def find_locals(node: _Function, own: list[ast.AST], modules: Set[str]) -> Locals:
    """Find the variables of a function and what they are bound to.

    Args:
        node: The function.
        own: Its nodes, without those of definitions in it.
        modules: Names that are bound to modules around it.
    """
    declared = {
        name for some in own if isinstance(some, ast.Global | ast.Nonlocal) for name in some.names
    }
    arguments = node.args
    places = [*arguments.posonlyargs, *arguments.args]
    receiver = places[0].arg if places and places[0].arg in {"self", "cls", "mcs"} else None
    imported = {
        alias.asname or alias.name.partition(".")[0]
        for some in own
        if isinstance(some, ast.Import)
        for alias in some.names
    }
    every = {argument.arg for argument in (*places, *arguments.kwonlyargs)}
    parameters = every - _kept_defaults(arguments)
    found = Locals(modules | imported, receiver, declared, parameters)
    found.unknown |= parameters
    found.fresh |= {some.arg for some in (arguments.vararg, arguments.kwarg) if some is not None}
    valued: set[int] = set()
    for some in own:
        for target, value in _assignments(some):
            found.values.setdefault(target.id, []).append(value)
            valued.add(id(target))
        for name, value in _drawn(some):
            found.drawn.setdefault(name, []).append(value)
        if isinstance(some, ast.ExceptHandler) and some.name:
            found.fresh.add(some.name)
        elif isinstance(some, ast.AugAssign):
            valued.add(id(some.target))
    for some in own:
        if isinstance(some, ast.Name) and isinstance(some.ctx, ast.Store):
            if id(some) not in valued:
                found.unknown.add(some.id)
            else:
                found.values.setdefault(some.id, [])
    found.modules = {name for name in found.modules if name not in found.values}
    return found


def _assignments(node: ast.AST) -> Iterator[tuple[ast.Name, ast.expr]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((one, value) for one in targets if isinstance(one, ast.Name))
        case (
            ast.AnnAssign(target=ast.Name() as name, value=ast.expr() as value)
            | ast.NamedExpr(target=name, value=value)
        ):
            yield name, value
        case _:
            return


def _drawn(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield variables that are bound to something out of an expression."""
    pairs: list[tuple[ast.expr | None, ast.expr]] = []
    match node:
        case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
            pairs = [(target, value)]
        case ast.comprehension(target=target, iter=value):
            pairs = [(target, value)]
        case ast.withitem(optional_vars=some, context_expr=value):
            pairs = [(some, value)]
        case ast.Assign(targets=targets, value=value):
            pairs = [(one, value) for one in targets if isinstance(one, ast.Tuple | ast.List)]
        case _:
            return
    for some, value in pairs:
        for name in below([some] if some is not None else []):
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                yield name.id, value


def _kept_defaults(arguments: ast.arguments) -> set[str]:
    """Return the parameters whose default is one object for all calls, which may change."""
    places = [*arguments.posonlyargs, *arguments.args]
    defaults: list[tuple[ast.arg, ast.expr | None]] = list(
        zip(reversed(places), reversed(arguments.defaults), strict=False)
    )
    defaults += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    fixed = (ast.Constant, ast.Tuple, ast.Name, ast.Attribute)
    return {some.arg for some, default in defaults if default and not isinstance(default, fixed)}
