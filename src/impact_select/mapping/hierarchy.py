"""Whether somebody else's code looks at the members of a class by itself."""

import builtins
from typing import Final

from impact_select.model.source import ClassFacts
from impact_select.outline.decorators import reads_interface

# These bases call or read nothing that the class did not name itself.
_PLAIN_BASES: Final = frozenset(
    {"object", "ABC", "abc.ABC", "Generic", "typing.Generic", "Protocol", "typing.Protocol"}
    | {name for name in dir(builtins) if name.endswith(("Error", "Exception", "Warning"))}
)


def consumes_members(facts: ClassFacts) -> bool:
    """Tell whether a metaclass, decorator or unknown base may read all members of a class.

    A base of the project itself counts as unknown here; whoever knows the hierarchy asks
    for each class in it.
    """
    if facts.keywords:
        return True
    return any(reads_interface(decorator) for decorator in facts.decorators)


def is_plain_base(base: str) -> bool:
    """Tell whether a base class from elsewhere is known to leave members alone."""
    return base in _PLAIN_BASES
