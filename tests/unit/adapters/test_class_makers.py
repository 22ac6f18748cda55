"""What the files of a package say of what runs when a class is made."""

import pytest

from impact_select.adapters.class_makers import ClassMakers

PACKAGE = (
    b"""
class Making(type):
    def __new__(mcs, name, bases, namespace):
        return namespace["options"]

class Model(metaclass=Making):
    pass
""",
    b"""
from models import Model

class Entry(Model):
    pass

class View:
    title = ""

class Abstract(metaclass=ABCMeta):
    pass

class Plugin:
    def __init_subclass__(cls):
        cls.registered = collect(cls)

    def run(self):
        return self.speed

def collect(cls):
    return [name for name in NAMES if cls.colour]

NAMES = ("put", "get")

class Shaping(ABCMeta):
    def __new__(mcs, name, bases, namespace):
        return namespace["shape"]

class Shaped(metaclass=making.Shaping):
    pass

class Reshaping(Shaping):
    def __new__(mcs, name, bases, namespace):
        return namespace["height"]

class Reshaped(metaclass=Reshaping):
    pass

class Computed(make()):
    pass

class Odd(Missing, Generic[T]):
    pass

class Kind(Enum):
    pass
""",
    b"""
def register(cls):
    return cls.code
""",
    b"class Broken(:",
)


@pytest.mark.parametrize(
    ("name", "word", "noted"),
    [
        ("Model", b"options", True),
        ("Entry", b"options", True),
        ("Making", b"options", True),
        ("Shaped", b"shape", True),
        ("Entry", b"title", False),
        ("Reshaped", b"height", True),
        ("Plugin", b"registered", True),
        ("Plugin", b"colour", True),
        ("Plugin", b"put", True),
        ("Plugin", b"speed", False),
        ("register", b"code", True),
    ],
)
def test_words_are_those_of_what_acts(name: str, word: bytes, noted: bool) -> None:
    """Code that runs when a class is made counts, with what it names and the file's tables."""
    words = ClassMakers(PACKAGE).words(name)

    assert words is not None
    assert (word in words) is noted


@pytest.mark.parametrize("name", ["View", "Abstract", "Odd"])
def test_a_class_that_looks_at_nothing_has_no_words(name: str) -> None:
    """Neither abstract classes nor bases that are not found, above a known one, look."""
    assert ClassMakers(PACKAGE).words(name) == frozenset()


@pytest.mark.parametrize("name", ["Gone", "Computed", "Kind", "Broken"])
def test_what_is_not_found_is_not_known(name: str) -> None:
    """A class that no file defines, or one that is made of something computed, may do anything."""
    assert ClassMakers(PACKAGE).words(name) is None
