"""Literals with which a class cannot be made."""

import pytest
from tests.unit.builders import outline


def inert(source: str) -> dict[str, bool]:
    """Give the variables of the classes of a source, and whether each can neither fail nor act."""
    units = [unit for unit in outline(source).units if unit.symbol and unit.kind == "variable"]
    return {unit.names[0]: unit.inert for unit in units}


@pytest.mark.parametrize(
    ("source", "known"),
    [
        ("class C:\n    a = 1", {"a": True}),
        ("class C:\n    __slots__ = ('b',)\n    a = 1", {"__slots__": True, "a": True}),
        ("class C:\n    __slots__ = ('a',)\n    a = 1", {"__slots__": False, "a": False}),
        ("class C:\n    __slots__ = 'a'\n    def a(self): pass", {"__slots__": False}),
        ("class C:\n    __slots__ = ()\n    a: int", {"__slots__": True, "a": True}),
        ("class C:\n    __slots__ = names\n    a = 1", {"__slots__": False, "a": False}),
        ("@dataclass\nclass C:\n    a: list = []", {"a": False}),
        ("@dataclass\nclass C:\n    a: tuple = ()", {"a": True}),
        ("@dataclass\nclass C:\n    a: int = 1\n    b: int", {"a": True, "b": False}),
        ("@dataclass\nclass C:\n    a: int\n    b: int = 1", {"a": True, "b": True}),
        ("@dataclass(kw_only=True)\nclass C:\n    a: int = 1\n    b: int", {"a": True, "b": True}),
        ("class C(NamedTuple):\n    a: int = 1\n    b: int", {"a": True, "b": False}),
        ("@unique\nclass C(Enum):\n    A = 1", {"A": False}),
        ("class C(Enum):\n    A = 1", {"A": True}),
        ("class C(IntEnum):\n    A = 1\n    B = 'b'", {"A": True, "B": False}),
        ("class C(StrEnum):\n    A = 1\n    B = 'b'", {"A": False, "B": True}),
    ],
)
def test_what_making_a_class_may_refuse(source: str, known: dict[str, bool]) -> None:
    """Such a literal breaks the import of its module."""
    assert inert(source) == known
