"""Which names of a module hold a literal, and hold it for good."""

import pytest

from impact_select.outline.literals import fixed_names, literal_names


@pytest.mark.parametrize(
    "value",
    ["[]", "{}", "{1}", "([], 1)", "X", "str(1)", "lambda: 1", "f'{X}'", "(yield)", "1 / 0", "-X"],
)
def test_what_is_no_literal(value: str) -> None:
    """What can change, act or mean something else in another module is no literal."""
    assert literal_names(f"NAME = {value}\n".encode()) == set()


@pytest.mark.parametrize(
    "value", ["'a'", "b'a'", "1", "-1.5", "None", "True", "()", "(1, ('a', None))", "60 * 60", "2j"]
)
def test_what_is_a_literal(value: str) -> None:
    """Text, numbers, None and tuples of them are."""
    assert literal_names(f"NAME = {value}\n".encode()) == {"NAME"}


@pytest.mark.parametrize(
    "source",
    [
        "NAME: int = 1",
        "NAME = OTHER = 1",
        "NAME, OTHER = 1, 2",
        "NAME += 1",
        "class C:\n    NAME = 1",
        "if True:\n    NAME = 1",
    ],
)
def test_what_is_no_plain_assignment(source: str) -> None:
    """Only a statement of the module that assigns the one name counts."""
    assert literal_names(source.encode()) == set()


@pytest.mark.parametrize(
    "addition",
    [
        "NAME = 2",
        "del NAME",
        "import NAME",
        "from a import b as NAME",
        "from a import *",
        "def NAME(): pass",
        "class NAME: pass",
        "def f():\n    global NAME",
        "def f(x: (NAME := 2)): pass",
        "for NAME in (): pass",
        "try:\n    pass\nexcept OSError as NAME:\n    pass",
        "match 1:\n    case NAME: pass",
        "match 1:\n    case {**NAME}: pass",
        "def f(**more):\n    globals().update(more)",
        "def f(module):\n    setattr(module, 'N' + 'AME', 2)",
        "def f():\n    exec('NAME = 2')",
        "import sys\ndef f():\n    sys.modules[__name__].NAME = 2",
    ],
)
def test_what_may_bind_a_name_anew(addition: str) -> None:
    """A name is not fixed where anything else in the file may bind it."""
    assert fixed_names(f"NAME = 1\n{addition}\n".encode()) == set()


def test_a_fixed_name() -> None:
    """Other names and readers do not matter."""
    source = b"NAME = 1\nLIST = []\ndef f():\n    global OTHER\n    OTHER = NAME\n"

    assert fixed_names(source) == {"NAME"}
