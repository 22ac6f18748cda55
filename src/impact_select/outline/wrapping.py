"""Functions that only wrap: as decorators, they act on nothing but what they decorate.

Such a function defines functions, sets attributes of them and of its first argument, and
returns one of these; it calls nothing but a few functions of the standard library. Applied
to a function, it cannot fail either: what it reads is bound before it, and of a function
it reads only what every one has.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from impact_select.outline.bindings import dotted_name
from impact_select.outline.nodes import below
from impact_select.outline.stores import SCOPES

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

# `__annotations__` is not among them: to read it may evaluate them.
_OF_FUNCTIONS: Final = frozenset(
    {"__code__", "__defaults__", "__dict__", "__doc__", "__kwdefaults__", "__module__"}
    | {"__name__", "__qualname__"}
)
_TESTS: Final = frozenset(
    {"callable", "inspect.iscoroutinefunction", "inspect.isgeneratorfunction"}
    | {"inspect.isasyncgenfunction"}
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a function finds in its module when it is called, at any time after its definition.

    Attributes:
        origins: Names that are bound for good, and what imports gave them; empty for others.
        places: The indices of the units that bind them; builtins come before all.
        members: Values that classes of the module have for good, as `Class.name`.
        postponed: Whether annotations are not evaluated.
    """

    origins: Mapping[str, str]
    places: Mapping[str, int]
    members: frozenset[str]
    postponed: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """Variables that are bound at a point, and those of them that are functions."""

    values: frozenset[str]
    functions: frozenset[str]

    def bind(self, name: str, *, function: bool) -> "_Known":
        functions = self.functions | {name} if function else self.functions - {name}
        return replace(self, values=self.values | {name}, functions=functions)


class _NoWrapperError(Exception):
    pass


def only_wraps(node: _Function, place: int, around: Surroundings) -> bool:
    """Tell whether a function only wraps, when it is called with a function alone.

    Args:
        node: Its definition.
        place: The index of the unit that binds its name, for good.
        around: Its module.
    """
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = len(positional) - len(arguments.defaults)
    if isinstance(node, ast.AsyncFunctionDef) or node.decorator_list or not positional:
        return False
    if required > 1 or None in arguments.kw_defaults:
        return False
    every = [*positional, *arguments.kwonlyargs]
    every += [some for some in (arguments.vararg, arguments.kwarg) if some is not None]
    names = frozenset(argument.arg for argument in every)
    own = {
        some.id
        for some in below(node.body, stop=SCOPES)
        if isinstance(some, ast.Name) and not isinstance(some.ctx, ast.Load)
    }
    own |= {some.name for some in below(node.body, stop=SCOPES) if isinstance(some, _Function)}
    analysis = _Analysis(around, place, names | own)
    try:
        left = analysis.suite(node.body, _Known(names, frozenset({positional[0].arg})))
    except _NoWrapperError:
        return False
    return left is None


@dataclass(slots=True)
class _Analysis:
    around: Surroundings
    place: int
    own: frozenset[str]

    def suite(self, body: list[ast.stmt], known: _Known) -> _Known | None:
        """Go through a suite; return what is known after it, None when it has returned."""
        for statement in body:
            match statement:
                case ast.Pass() | ast.Expr(value=ast.Constant()):
                    continue
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self.definition(statement, known)
                    known = known.bind(statement.name, function=True)
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    function = self.is_function(value, known)
                    if not function:
                        self.value(value, known)
                    known = known.bind(name, function=function)
                case ast.Assign(targets=[ast.Attribute(value=holder, attr=name)], value=value):
                    if not self.is_function(holder, known) or name.startswith("__"):
                        raise _NoWrapperError
                    self.value(value, known)
                case ast.Expr(value=ast.Call() as call) if self.is_function(call, known):
                    continue
                case ast.If(test=test, body=inner, orelse=other):
                    self.test(test, known)
                    ways = [self.suite(inner, known), self.suite(other, known)]
                    left = [way for way in ways if way is not None]
                    if not left:
                        return None
                    known = _Known(
                        frozenset.intersection(*(way.values for way in left)),
                        frozenset.intersection(*(way.functions for way in left)),
                    )
                case ast.Return(value=ast.expr() as value) if self.is_function(value, known):
                    return None
                case _:
                    raise _NoWrapperError
        return known

    def definition(self, node: _Function, known: _Known) -> None:
        if getattr(node, "type_params", []):
            raise _NoWrapperError
        for decorator in node.decorator_list:
            match decorator:
                case ast.Call(func=function, args=[wrapped], keywords=[]):
                    if self.origin(function) != "functools.wraps":
                        raise _NoWrapperError
                    if not self.is_function(wrapped, known):
                        raise _NoWrapperError
                case _:
                    raise _NoWrapperError
        arguments = node.args
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self.value(default, known)
        annotated = [some for some in below([arguments]) if isinstance(some, ast.arg)]
        annotations = [some.annotation for some in annotated if some.annotation is not None]
        if node.returns is not None:
            annotations.append(node.returns)
        for annotation in annotations if not self.around.postponed else ():
            self.value(annotation, known)

    def is_function(self, node: ast.expr, known: _Known) -> bool:
        """Tell whether an expression gives a function that was defined or decorated here."""
        match node:
            case ast.Name(id=name):
                return name in known.functions
            case ast.Lambda(args=ast.arguments(defaults=[], kw_defaults=defaults)):
                return not any(defaults)
            case ast.Call(func=function, args=[ast.Name() as made, wrapped], keywords=[]) if (
                self.origin(function) == "functools.update_wrapper"
            ):
                return self.is_function(made, known) and self.is_function(wrapped, known)
            case ast.Call(func=function, args=[kind, value], keywords=[]) if (
                self.origin(function) == "typing.cast"
            ):
                self.value(kind, known)
                return self.is_function(value, known)
            case _:
                return False

    def value(self, node: ast.expr, known: _Known) -> None:
        """Check that an expression can neither fail nor act."""
        match node:
            case ast.Constant():
                return
            case ast.Name(id=name):
                if name not in known.values and not self.is_global(name):
                    raise _NoWrapperError
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                if name in known.functions and attribute in _OF_FUNCTIONS:
                    return
                if not self.is_global(name) or f"{name}.{attribute}" not in self.around.members:
                    raise _NoWrapperError
            case ast.Tuple(elts=items) | ast.List(elts=items):
                for item in items:
                    self.value(item, known)
            case ast.Dict(keys=keys, values=items):
                if not all(isinstance(key, ast.Constant) for key in keys):
                    raise _NoWrapperError
                for item in items:
                    self.value(item, known)
            case _ if self.is_function(node, known):
                return
            case _:
                self.test(node, known)

    def test(self, node: ast.expr, known: _Known) -> None:
        """Check the same of an expression, and that its truth is known to be defined."""
        match node:
            case ast.Constant():
                return
            case ast.Name(id=name) if name in known.functions:
                return
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self.test(operand, known)
            case ast.BoolOp(values=items):
                for item in items:
                    self.test(item, known)
            case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot()], comparators=[right]):
                self.value(left, known)
                self.value(right, known)
            case ast.Call(func=function, args=[item], keywords=[]):
                if self.origin(function) not in _TESTS or not self.is_function(item, known):
                    raise _NoWrapperError
            case _:
                raise _NoWrapperError

    def is_global(self, name: str) -> bool:
        """Tell whether a name is one of the module that is bound before the function."""
        return name not in self.own and self.around.places.get(name, self.place) < self.place

    def origin(self, function: ast.expr) -> str:
        """Return the absolute name of a function that is known by it; empty for others."""
        name = dotted_name(function) or "?"
        head, dot, rest = name.partition(".")
        if not self.is_global(head):
            return ""
        return f"{self.around.origins[head]}{dot}{rest}"
