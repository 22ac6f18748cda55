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


def is_plain_base(base: str) -> bool:
    """Tell whether a base (dotted, as written) does nothing to its subclasses.

    It neither looks at their members nor notes that there are any.
    """
    return base in _PLAIN_BASES
