"""Whether an expression at module level is inert: it cannot fail, and it does nothing else.

A changed constant reaches only those that read it; but a changed expression that raises
breaks the import of its module, and one that calls something may register, patch or
print. So an expression is inert only when this can be shown: it is folded to a value
here, or it is made of parts that only build a new object from names.

Evaluation happens with whitelisted constructors and literal operands alone, bounded in
size, so that nothing of the project runs.
"""

import ast
import datetime
import decimal
import fractions
import math
import operator
import pathlib
import re
from collections.abc import Callable
from typing import Final

from impact_select.outline.bindings import Bound, Constants, dotted_name
from impact_select.outline.type_forms import known_value, read_type_form

_MAX_SIZE: Final = 4096  # of a folded value or exponent; chosen, nothing depends on it

_BINARY: Final[dict[type[ast.operator], Callable[[object, object], object]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}
_UNARY: Final[dict[type[ast.unaryop], Callable[..., object]]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
# Constructors that act on nothing but their arguments, folded when these are literals.
_FOLDED_CALLS: Final[dict[str, Callable[..., object]]] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "tuple": tuple,
    "list": list,
    "set": set,
    "frozenset": frozenset,
    "dict": dict,
    "len": len,
    "decimal.Decimal": decimal.Decimal,
    "fractions.Fraction": fractions.Fraction,
    "datetime.timedelta": datetime.timedelta,
    "pathlib.Path": pathlib.PurePosixPath,
    "re.compile": re.compile,
}
# Methods of a text whose result is no longer than what goes in, times that.
_TEXT_METHODS: Final = frozenset(
    {
        *("split", "rsplit", "splitlines", "partition", "rpartition", "join", "replace"),
        *("strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "encode", "decode"),
        *("lower", "upper", "casefold", "capitalize", "title", "swapcase"),
    }
)
# Calls that neither fail nor act on project state, whatever (inert) arguments they get.
_INERT_CALLS: Final = frozenset(
    {
        "object",
        "logging.getLogger",
        "typing_extensions.TypeVar",
        "contextvars.ContextVar",
        "enum.auto",
        "threading.Lock",
        "threading.RLock",
        "threading.local",
    }
)
_TYPING_MODULES: Final = frozenset({"typing", "t", "collections", "typing_extensions"})
_GENERICS: Final = frozenset(
    {
        *("list", "dict", "set", "frozenset", "tuple", "type", "deque", "defaultdict", "Counter"),
        *("List", "Dict", "Set", "FrozenSet", "Tuple", "Type", "Deque", "DefaultDict"),
        *("Optional", "Union", "Callable", "Iterable", "Iterator", "Sequence", "Mapping"),
        *("MutableMapping", "MutableSequence", "Collection", "Generator", "AsyncIterator"),
        *("AsyncIterable", "AsyncGenerator", "Awaitable", "Coroutine", "ClassVar", "Final"),
        *("ContextManager", "Required", "NotRequired", "TypeGuard"),
    }
)


class _NotInertError(Exception):
    pass


def is_inert(node: ast.expr | None, constants: Constants) -> bool:
    """Tell whether evaluating a node can neither fail nor act, if its names are bound."""
    try:
        fold(node, constants)
    except _NotInertError:
        return False
    return True


def fold(node: ast.expr | None, constants: Constants) -> object:
    """Compute the value of an inert expression.

    Args:
        node: The expression; None counts as the value None.
        constants: What the module bound so far: values, or a Bound where there is none.

    Returns:
        The value, or a Bound for "some value".

    Raises:
        _NotInertError: It may fail or act. Private: callers ask `is_inert`.
    """
    match node:
        case None:
            return None
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            bound = constants.get(name, Bound())
            if isinstance(bound, Bound) and bound.origin:
                known = known_value(node, constants)
                return bound if isinstance(known, Bound) else known
            return bound
        case ast.Lambda(args=arguments):
            for default in (*arguments.defaults, *arguments.kw_defaults):
                fold(default, constants)
            return Bound()
        case ast.Tuple(elts=items) | ast.List(elts=items):
            values = [fold(item, constants) for item in items if not isinstance(item, ast.Starred)]
            if len(values) != len(items):
                raise _NotInertError
            if any(isinstance(value, Bound) for value in values):
                return Bound()
            return tuple(values) if isinstance(node, ast.Tuple) else values
        case ast.Set(elts=items):
            return _computed(lambda *some: set(some), *(fold(item, constants) for item in items))
        case ast.Dict(keys=keys, values=items):
            return _fold_dict(keys, items, constants)
        case ast.JoinedStr(values=items):
            return _fold_text(items, constants)
        case ast.UnaryOp(op=op, operand=operand):
            return _computed(_UNARY[type(op)], fold(operand, constants))
        case ast.BinOp(left=left, op=op, right=right):
            if isinstance(op, ast.BitOr) and read_type_form(node, constants):
                return _fold_type(node, constants)
            return _fold_binary(op, fold(left, constants), fold(right, constants))
        case ast.BoolOp(values=items):
            for item in items[:-1]:
                _tested(fold(item, constants))
            fold(items[-1], constants)
            return Bound()
        case ast.IfExp(test=test, body=body, orelse=orelse):
            _tested(fold(test, constants))
            fold(body, constants)
            fold(orelse, constants)
            return Bound()
        case ast.Call():
            return _fold_call(node, constants)
        case ast.Attribute():
            known = known_value(node, constants)
            if isinstance(known, Bound):
                raise _NotInertError  # looking it up may fail or act
            return known
        case ast.Subscript():
            return _fold_type(node, constants)
        case _:
            raise _NotInertError


def is_plain_annotation(node: ast.expr) -> bool:
    """Tell whether evaluating an annotation cannot fail, if its names are bound.

    Attributes of modules other than `typing`, and subscripts of anything that is not
    known to take some, could.
    """
    match node:
        case ast.Constant() | ast.Name():
            return True
        case ast.Attribute():
            return (dotted_name(node) or "").partition(".")[0] in _TYPING_MODULES
        case ast.Subscript(value=value, slice=index):
            name = (dotted_name(value) or "?").rpartition(".")[2]
            parts = index.elts if isinstance(index, ast.Tuple | ast.List) else [index]
            if name in {"Literal", "Annotated"}:
                return True
            return name in _GENERICS and all(is_plain_annotation(part) for part in parts)
        case ast.List(elts=items):
            return all(is_plain_annotation(item) for item in items)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            texts = [some for some in (left, right) if isinstance(some, ast.Constant)]
            if any(some.value is not None for some in texts):
                return False
            return is_plain_annotation(left) and is_plain_annotation(right)
        case _:
            return False


def _computed(function: Callable[..., object], *arguments: object, **named: object) -> object:
    if any(isinstance(value, Bound) for value in (*arguments, *named.values())):
        raise _NotInertError  # the operation may not be defined for it
    try:
        value = function(*arguments, **named)
    except Exception as error:
        raise _NotInertError from error
    if isinstance(value, (str, bytes, list, tuple)) and len(value) > _MAX_SIZE:
        raise _NotInertError
    return value


def _fold_type(node: ast.expr, constants: Constants) -> object:
    form = read_type_form(node, constants)
    if form is None or form.takes:
        raise _NotInertError  # what it takes may be no type
    return form.value


def _tested(value: object) -> None:
    if isinstance(value, Bound):
        raise _NotInertError  # its truth may not be defined


def _fold_binary(op: ast.operator, left: object, right: object) -> object:
    function = _BINARY.get(type(op))
    if function is None:
        raise _NotInertError
    for value in (left, right):
        if isinstance(value, int) and abs(value) > 10**18:
            raise _NotInertError
    sequence = (str, bytes, list, tuple)
    if isinstance(op, ast.Mult):
        for some, other in ((left, right), (right, left)):
            if isinstance(some, sequence) and isinstance(other, int) and other > _MAX_SIZE:
                raise _NotInertError
    if isinstance(op, ast.LShift) and isinstance(right, int) and right > math.log2(10**18):
        raise _NotInertError
    if isinstance(op, ast.Mod) and isinstance(left, (str, bytes)):
        raise _NotInertError  # a format string can ask for any width
    return _computed(function, left, right)


def _fold_dict(keys: list[ast.expr | None], values: list[ast.expr], constants: Constants) -> object:
    known = True
    result: dict[object, object] = {}
    for key_node, value_node in zip(keys, values, strict=True):
        if key_node is None:
            raise _NotInertError
        key, value = fold(key_node, constants), fold(value_node, constants)
        if isinstance(key, Bound):
            raise _NotInertError  # it may not be hashable
        try:
            result[key] = value
        except TypeError as error:
            raise _NotInertError from error
        known = known and not isinstance(value, Bound)
    return result if known else Bound()


def _fold_text(items: list[ast.expr], constants: Constants) -> object:
    texts: list[str] = []
    for item in items:
        if isinstance(item, ast.FormattedValue):
            if item.format_spec is not None:
                raise _NotInertError
            value = fold(item.value, constants)
            if not isinstance(value, (str, int)):
                raise _NotInertError
            texts.append(str(_computed(repr if item.conversion == ord("r") else str, value)))
        else:
            texts.append(str(fold(item, constants)))
    return "".join(texts)


def _fold_call(node: ast.Call, constants: Constants) -> object:
    if "*" in constants:
        raise _NotInertError
    if (form := read_type_form(node, constants)) is not None and not form.takes:
        return form.value
    arguments, named = _fold_arguments(node, constants)
    if isinstance(node.func, ast.Attribute) and node.func.attr in _TEXT_METHODS:
        text = fold(node.func.value, constants)
        if isinstance(text, str | bytes):
            return _computed(getattr(text, node.func.attr), *arguments, **named)
    name = dotted_name(node.func)
    if name is None:
        raise _NotInertError
    head, dot, rest = name.partition(".")
    if head in constants:
        known = constants[head]
        name = f"{known.origin}{dot}{rest}" if isinstance(known, Bound) else "?"
    elif dot:
        raise _NotInertError  # nothing has bound it
    if name in _INERT_CALLS:
        return Bound()
    function = _FOLDED_CALLS.get(name)
    if function is None:
        raise _NotInertError
    return _computed(function, *arguments, **named)


def _fold_arguments(node: ast.Call, constants: Constants) -> tuple[list[object], dict[str, object]]:
    if any(isinstance(item, ast.Starred) for item in node.args):
        raise _NotInertError
    named: dict[str, object] = {}
    for keyword in node.keywords:
        if keyword.arg is None:
            raise _NotInertError
        named[keyword.arg] = fold(keyword.value, constants)
    return [fold(item, constants) for item in node.args], named
