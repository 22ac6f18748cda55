"""Names that mean the same in every module."""

import builtins
from typing import Final

ALWAYS_BOUND: Final = frozenset(dir(builtins)) | {
    "__file__",
    "__name__",
    "__doc__",
    "__path__",
    "__spec__",
    "__package__",
    "__annotations__",
    "__qualname__",
    "__module__",
    "__builtins__",
}
"""Names that a module may read though nothing in it binds them."""

_PLAIN_BASES: Final = frozenset(
    {"object", "ABC", "abc.ABC", "Generic", "typing.Generic", "Protocol", "typing.Protocol"}
    | {name for name in dir(builtins) if name.endswith(("Error", "Exception", "Warning"))}
)


QUIET_BUILT_IN: Final = frozenset(
    {"dict", "list", "tuple", "set", "frozenset", "str", "bytes", "bytearray", "int", "float"}
)
"""Built-in classes that let others derive from them, and do not notice."""

QUIET_STANDARD: Final = frozenset(
    {f"collections.{name}" for name in ("ChainMap", "Counter", "OrderedDict", "UserDict")}
    | {f"collections.{name}" for name in ("UserList", "UserString", "defaultdict", "deque")}
    | {"argparse.Action", "argparse.ArgumentParser", "html.parser.HTMLParser", "io.BytesIO"}
    | {"io.StringIO", "json.JSONDecoder", "json.JSONEncoder", "logging.Filter"}
    | {"logging.Formatter", "logging.Handler", "logging.LoggerAdapter", "string.Formatter"}
    | {"threading.Thread", "threading.local"}
)
"""Classes of the standard library that do so too."""

_ABSTRACT: Final = frozenset(
    {
        *("Container", "Hashable", "Iterable", "Iterator", "Reversible", "Generator", "Sized"),
        *("Callable", "Collection", "Sequence", "MutableSequence", "Set", "MutableSet"),
        *("Mapping", "MutableMapping", "MappingView", "ItemsView", "KeysView", "ValuesView"),
        *("Awaitable", "Coroutine", "AsyncIterable", "AsyncIterator", "AsyncGenerator"),
    }
)
_CONTEXTS: Final = frozenset(
    {
        *("AbstractContextManager", "AbstractAsyncContextManager", "ContextDecorator"),
        *("AsyncContextDecorator", "ExitStack", "AsyncExitStack", "nullcontext"),
    }
)
_ALIASES: Final = _ABSTRACT - {"Set"} | {"AbstractSet", "Dict", "List"}
_QUIET_BASES: Final = (
    QUIET_STANDARD
    | {f"builtins.{name}" for name in QUIET_BUILT_IN}
    | {f"collections.abc.{name}" for name in _ABSTRACT}
    | {f"contextlib.{name}" for name in _CONTEXTS}
    | {f"typing.{name}" for name in _ALIASES}
)


def is_quiet_base(base: str) -> bool:
    """Tell whether a class from elsewhere, by its dotted name, uses no member by a computed name.

    Nor does it note what derives from it. What it does use, its code names.
    """
    return base in _QUIET_BASES


def is_plain_base(base: str) -> bool:
    """Tell whether a base (dotted, as written) does nothing to its subclasses.

    It neither looks at their members nor notes that there are any.
    """
    return base in _PLAIN_BASES
