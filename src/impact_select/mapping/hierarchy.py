"""Whether somebody else's code looks at the members of a class by itself."""

from impact_select.model.source import ClassFacts
from impact_select.outline.decorators import reads_interface


def consumes_members(facts: ClassFacts) -> bool:
    """Tell whether a metaclass, decorator or unknown base may read all members of a class.

    A base of the project itself counts as unknown here; whoever knows the hierarchy asks
    for each class in it.
    """
    if facts.keywords:
        return True
    return any(reads_interface(decorator) for decorator in facts.decorators)
