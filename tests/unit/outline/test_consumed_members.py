"""Whether somebody else's code looks at the members of a class."""

import pytest
from tests.unit.builders import outline

from impact_select.outline.decorators import consumes_members


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class C(metaclass=M): pass", True),
        ("class C(Base, table=True): pass", True),
        ("@dataclass\nclass C: pass", True),
        ("@attrs.define\nclass C: pass", True),
        ("@register\nclass C: pass", True),
        ("class C: pass", False),
        # Whoever knows the hierarchy asks for each class in it.
        ("class C(Base): pass", False),
        ("@final\nclass C: pass", False),
    ],
)
def test_members_that_are_consumed(source: str, expected: bool) -> None:
    """A metaclass, a keyword or an unknown decorator may read all members."""
    (facts,) = outline(source).classes

    assert consumes_members(facts) is expected
