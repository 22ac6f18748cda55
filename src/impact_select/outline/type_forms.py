"""Expressions that make types for checkers: `Union[A, None]`, `dict[str, A]`, `TypeVar("T")`.

They are evaluated here, by the interpreter that runs the tests, so that what it accepts is
not guessed. A name whose value is not known is taken for a class, and noted: the expression
neither fails nor acts as long as that name gives a type.
"""

import ast
import builtins
import collections
import collections.abc
import datetime
import decimal
import errno
import fractions
import math
import pathlib
import re
import stat
import string
import types
import typing
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from impact_select.outline.bindings import Bound, Constants, dotted_name

# Their names are the same in every program; of all but `typing` only classes are taken.
_MODULES: Final[Mapping[str, types.ModuleType]] = {
    module.__name__: module
    for module in (
        *(collections, collections.abc, datetime, decimal, fractions, pathlib, re, types),
        typing,
    )
}
# Their numbers and texts are the same wherever this interpreter runs on this platform.
_WITH_CONSTANTS: Final[Mapping[str, types.ModuleType]] = {
    module.__name__: module for module in (errno, math, re, stat, string)
}
_MAKERS: Final = frozenset(
    {"typing.TypeVar", "typing.ParamSpec", "typing.TypeVarTuple", "typing.NewType"}
)
# What may stand in a text that is taken for a type.
_IN_TEXT: Final = (
    *(ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.BinOp, ast.BitOr),
    *(ast.Constant, ast.Load),
)
_NO_TYPES: Final = (typing.ParamSpec, typing.TypeVarTuple)
_NO_ORIGINS: Final = (
    *(typing.ClassVar, typing.Final, typing.Generic, typing.Protocol, typing.Unpack),
    *(typing.Concatenate, typing.Required, typing.NotRequired),
)


class SomeClass:
    """Stands for a class of the project that does nothing to its subclasses."""


class _Unknown:
    """Stands for what a name gives whose value is not known."""


class _NoFormError(Exception):
    pass


@dataclass(frozen=True, slots=True)
class TypeForm:
    """An expression that a checker reads as a type, or that makes a variable for types.

    Attributes:
        value: What it gives, where all that it takes is known.
        takes: Names and attributes (dotted, as written) that are not known; with types
            for them, evaluating it can neither fail nor act.
    """

    value: object
    takes: tuple[str, ...]

    @property
    def gives_type(self) -> bool:
        """Whether it gives a type, and not something else that types are made with."""
        return is_type(self.value)


def read_type_form(node: ast.expr | None, constants: Constants) -> TypeForm | None:
    """Evaluate an expression that gives a type if what it takes does.

    Args:
        node: The expression.
        constants: What the module bound so far.

    Returns:
        None for any other expression, and where that is not known.
    """
    if node is None or "*" in constants:
        return None
    reader = _Reader(constants)
    try:
        value = reader.evaluate(node)
    except _NoFormError:
        return None
    return TypeForm(value, tuple(sorted(reader.takes)))


def known_value(node: ast.expr, constants: Constants) -> object:
    """Return what a name of a known module is: a type or a constant; a Bound for all else."""
    name = dotted_name(node)
    if name is None or "*" in constants:
        return Bound()
    origin = _origin(name, constants)
    module, _, last = origin.rpartition(".")
    value = vars(_WITH_CONSTANTS[module]).get(last) if module in _WITH_CONSTANTS else None
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        return value
    return _of_module(origin)


def is_type(value: object) -> bool:
    """Tell whether a value may stand wherever one that is written as a type may."""
    if value is None:
        return True
    if isinstance(value, _NO_TYPES) or typing.get_origin(value) in _NO_ORIGINS:
        return False
    known = isinstance(value, type | types.GenericAlias)
    if not known and type(value).__module__ not in {"typing", "types"}:
        return False
    checked: Any = value
    try:
        hash(checked)
        typing.Union[int, checked]  # noqa: UP007
        typing.Callable[[checked], checked]
        typing.TypeVar("T", bound=checked)
    except TypeError:
        return False
    return True


@dataclass(slots=True)
class _Reader:
    constants: Constants
    takes: set[str] = field(default_factory=set)

    def evaluate(self, node: ast.expr) -> object:
        match node:
            case ast.Constant(value=None):
                return None
            case ast.Name() | ast.Attribute():
                return self.named(node)
            case ast.Subscript(value=ast.Name() | ast.Attribute() as base, slice=index):
                return self.subscript(base, index)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self.either(self.evaluate(left), self.evaluate(right))
            case ast.Call():
                return self.made(node)
            case _:
                raise _NoFormError

    def named(self, node: ast.expr) -> object:
        name = dotted_name(node)
        if name is None:
            raise _NoFormError
        head, dot, _ = name.partition(".")
        if head not in self.constants:
            known = getattr(builtins, name, None) if not dot else None
            if not isinstance(known, type):
                raise _NoFormError  # nothing has bound it
            return known
        bound = self.constants[head]
        if not isinstance(bound, Bound):
            if dot or not is_type(bound):
                raise _NoFormError
            return bound
        value = _of_module(_origin(name, self.constants))
        if not isinstance(value, Bound):
            return value
        if dot and not bound.origin:
            raise _NoFormError  # looking it up may act
        self.takes.add(name)
        return _Unknown

    def argument(self, node: ast.expr) -> object:
        match node:
            case ast.Constant(value=str(text)):
                return _text(text)
            case ast.Constant(value=value) if value is Ellipsis:
                return value
            case ast.List(elts=items):
                return [self.argument(item) for item in items]
            case ast.Tuple(elts=[]):
                return ()
            case _:
                return self.evaluate(node)

    def subscript(self, node: ast.expr, index: ast.expr) -> object:
        taken = set(self.takes)
        base: Any = self.named(node)
        if self.takes != taken or base is SomeClass:
            raise _NoFormError  # whether it can be subscribed is not known
        if base is typing.Literal:
            return _computed(lambda: base[_literals(index)])
        if isinstance(index, ast.Tuple) and index.elts:
            arguments: object = tuple(self.argument(item) for item in index.elts)
        else:
            arguments = self.argument(index)
        return _computed(lambda: base[arguments])

    def either(self, left: Any, right: Any) -> object:
        if left is _Unknown or right is _Unknown:
            raise _NoFormError  # two of None have no `|`
        return _computed(lambda: left | right)

    def made(self, node: ast.Call) -> object:
        origin = _origin(dotted_name(node.func) or "?", self.constants)
        maker: Any = _of_module(origin)
        if origin not in _MAKERS or not node.args:
            raise _NoFormError
        match node.args[0]:
            case ast.Constant(value=str(name)):
                arguments = [self.argument(item) for item in node.args[1:]]
            case _:
                raise _NoFormError
        named: dict[str, object] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise _NoFormError
            match keyword.value:
                case ast.Constant(value=bool(value)):
                    named[keyword.arg] = value
                case value:
                    named[keyword.arg] = self.argument(value)
        return _computed(lambda: maker(name, *arguments, **named))


def _computed(compute: typing.Callable[[], object]) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return compute()
    except Exception as error:
        raise _NoFormError from error


def _origin(name: str, constants: Constants) -> str:
    """Return the absolute name of what a dotted name stands for; empty if it is not known."""
    head, dot, rest = name.partition(".")
    bound = constants.get(head)
    return f"{bound.origin}{dot}{rest}" if isinstance(bound, Bound) and bound.origin else ""


def _of_module(origin: str) -> object:
    module, _, name = origin.rpartition(".")
    known = _MODULES.get(module)
    if known is None or name.startswith("_") or name not in vars(known):
        return Bound()
    value = vars(known)[name]
    return value if known is typing or isinstance(value, type) else Bound()


def _text(text: str) -> str:
    """Return a text that can be taken for a type."""
    try:
        nodes = list(ast.walk(ast.parse(text, mode="eval").body))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _NoFormError from error
    if not all(isinstance(node, _IN_TEXT) for node in nodes):
        raise _NoFormError
    return text


def _literals(index: ast.expr) -> object:
    match index:
        case ast.Constant(value=value):
            return value
        case ast.Tuple(elts=[_, *_] as items):
            return tuple(_literals(item) for item in items)
        case _:
            raise _NoFormError
