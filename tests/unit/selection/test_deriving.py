"""Classes that come, go, or derive from something else: who notices beside those that use them."""

import pytest
from tests.unit.fakes import Session, affected
from tests.unit.selection.shop import names

BASE = "class Base:\n    def m(self):\n        return 1\n"
VIEWS = "from .base import Base\n\n\ndef used():\n    return 1\n"
ADDED = "\n\nclass View(Base):\n    pass\n"
TESTS = {
    "test_used.py": "from shop.views import used\ndef test_used(): used()\n",
    "test_other.py": "from shop import views\ndef test_other(): pass\n",
}
RAN = {"test_used.py::test_used": ["shop/views.py::used"], "test_other.py::test_other": []}
EVERY = {"used", "other"}


def noticing(views: str = VIEWS + ADDED, before: str = VIEWS, **files: str) -> set[str]:
    """Change the views of a package whose other modules are these."""
    modules = {f"shop/{name}.py": text for name, text in {"base": BASE, **files}.items()}
    found = Session({"shop/__init__.py": "", "shop/views.py": before, **modules, **TESTS}, RAN)
    return names(affected(found, {"shop/views.py": views}))


@pytest.mark.parametrize(
    "base",
    [
        BASE,
        "class Root: pass\nclass Base(Root): pass\n",
        "class Base(dict): pass\n",
        "import collections\nclass Base(collections.UserDict): pass\n",
        "from json import JSONEncoder\nclass Base(JSONEncoder): pass\n",
        "class Base(ValueError): pass\n",
        "from abc import ABC\nclass Base(ABC): pass\n",
        "from dataclasses import dataclass\n@dataclass\nclass Base: pass\n",
        "from .root import Root as Base\n",
        "from . import root\nclass Base(root.Root): pass\n",
        "import shop.root\nclass Base(shop.root.Root): pass\n",
        "import shop.root as r\nclass Base(r.Root): pass\n",
    ],
)
def test_a_class_that_only_is_made(base: str) -> None:
    """Nobody notices that there is another class, or one less."""
    files = {"base": base, "root": "class Root: pass\n"}

    assert noticing(**files) == set()
    assert noticing(VIEWS, VIEWS + ADDED, **files) == set()
    assert noticing(VIEWS + ADDED, VIEWS + ADDED.replace("(Base)", ""), **files) == set()


@pytest.mark.parametrize(
    "base",
    [
        "class Base:\n    def __init_subclass__(cls): KNOWN.append(cls)\n",
        "class Base:\n    __init_subclass__ = note\n",
        "class Base(metaclass=Meta): pass\n",
        "class Root(metaclass=Meta): pass\nclass Base(Root): pass\n",
        "from elsewhere import Base\n",
        "import elsewhere\nclass Base(elsewhere.Base): pass\n",
        "from elsewhere import *\n",
        "from enum import Enum\nclass Base(Enum): A = 1\n",
        "@note\nclass Base: pass\n",
        "class Base: pass\nBase = note(Base)\n",
        "if DEBUG:\n    class Base: pass\nelse:\n    class Base(Other): pass\n",
        "def Base(): pass\n",
        "if DEBUG:\n    class Base: pass\n",
        "try:\n    from .root import Root as Base\nexcept ImportError:\n    Base = None\n",
        "class Base(Base): pass\n",
        "class Base(make()): pass\n",
        "",
    ],
)
def test_a_base_that_may_notice(base: str) -> None:
    """All that depend on the module do, where a base is not known to ignore what derives."""
    assert noticing(base=base) == EVERY


@pytest.mark.parametrize(
    "members",
    [
        "A = 1\n    B = 'b'",
        "A = auto()\n    @property\n    def low(self): return 1\n    def __str__(self): return ''",
    ],
)
def test_an_enumeration(members: str) -> None:
    """Making members of constants is noticed by nobody."""
    before = f"from enum import Enum, auto\n{VIEWS}"

    assert noticing(f"{before}\n\nclass Kind(Enum):\n    {members}\n", before) == set()


@pytest.mark.parametrize(
    "members",
    [
        "A = note()",
        "A = 1\n    A = 2",
        "mro = 1",
        "_x_ = 1",
        "A = 1\n    def A(self): return 1",
        "A = 1\n    def __init__(self, value): note(value)",
        "def _generate_next_value_(name, *rest): return note(name)\n    A = auto()",
        "A = 1\n    if DEBUG:\n        B = 2",
        "A = 1\n    class Inner: pass",
    ],
)
def test_an_enumeration_that_may_fail_or_act(members: str) -> None:
    """All that depend on the module may notice it."""
    before = f"from enum import Enum, auto\n{VIEWS}"

    assert noticing(f"{before}\n\nclass Kind(Enum):\n    {members}\n", before) == EVERY


@pytest.mark.parametrize("bases", ["Kind", "int, Enum", "Base, Enum"])
def test_enumerations_of_more_than_one_base(bases: str) -> None:
    """Members of an enumeration cannot be derived from, other bases may refuse a value."""
    before = f"from enum import Enum\n{VIEWS}\n\nclass Kind(Enum):\n    A = 1\n"

    assert noticing(f"{before}\n\nclass More({bases}):\n    B = 'b'\n", before) == EVERY


@pytest.mark.parametrize(
    ("bases", "root"),
    [
        ("Root, Base", "class Root: pass\nclass Base(Root): pass\n"),
        ("object, Base", "class Root: pass\nclass Base: pass\n"),
        (
            "Root, Base",
            "class Root:\n    __slots__ = ('a',)\nclass Base:\n    __slots__ = ('b',)\n",
        ),
        ("Root, Base", "class Root(dict): pass\nclass Base(list): pass\n"),
        (
            "Root, Base",
            "class Root(dict): pass\nclass Base(Thread): pass\nfrom threading import Thread\n",
        ),
        ("Base[int]", "class Root: pass\nclass Base: pass\n"),
        ("Base, metaclass=Root", "class Root(type): pass\nclass Base: pass\n"),
    ],
)
def test_a_class_that_may_not_be_made(bases: str, root: str) -> None:
    """Its module cannot be imported then."""
    views = VIEWS.replace("import Base", "import Base, Root")

    assert noticing(views + f"\nclass View({bases}): pass\n", views, base=root) == EVERY


@pytest.mark.parametrize(
    ("bases", "root"),
    [
        ("Base, Root", "class Root: pass\nclass Base(Root): pass\n"),
        ("Base, Root", "class Root: pass\nclass Base: pass\n"),
        ("Base, Root", "class Root(ValueError): pass\nclass Base(Exception): pass\n"),
        (
            "Base[int]",
            "from typing import Generic\nclass Root: pass\nclass Base(Generic[T]): pass\n",
        ),
        ("Base[int]", "class Root: pass\nclass Base(dict): pass\n"),
    ],
)
def test_a_class_with_bases_in_order(bases: str, root: str) -> None:
    """Several bases are no danger where they agree."""
    views = VIEWS.replace("import Base", "import Base, Root")

    assert noticing(views + f"\nclass View({bases}): pass\n", views, base=root) == set()


def test_an_inner_class_whose_base_the_outer_one_binds() -> None:
    """A name in a class body is the class's before it is the module's."""
    before = VIEWS + "\nclass Outer:\n    Base = make()\n"

    assert noticing(before + "    class View(Base): pass\n", before) == EVERY
    assert noticing(VIEWS + "\nclass Outer:\n    class View(Base): pass\n") == set()


@pytest.mark.parametrize(
    ("asking", "expected"),
    [
        ("def used():\n    return Base.__subclasses__()\n", {"used"}),
        ("ALL = Base.__subclasses__()\ndef used():\n    return 1\n", EVERY),
    ],
)
def test_who_asks_for_subclasses(asking: str, expected: set[str]) -> None:
    """Code that lists the classes that derive from one finds another list."""
    views = f"from .base import Base\n{asking}"

    assert noticing(views + ADDED, views) == expected
    assert noticing(views, views + ADDED) == expected


def test_a_module_with_such_a_class_is_imported() -> None:
    """A new module acts on nothing when its classes derive from classes that ignore it."""
    found = Session(
        {"shop/__init__.py": "", "shop/base.py": BASE, "shop/views.py": VIEWS, **TESTS}, RAN
    )
    importing = VIEWS.replace("import Base\n", "import Base\nfrom shop.more import More\n")
    quiet = "from shop.base import Base\nclass More(Base): pass\n"
    loud = "from shop.base import Base\nclass More(Base, metaclass=Meta): pass\n"

    assert names(affected(found, {"shop/views.py": importing, "shop/more.py": quiet})) == set()
    assert names(affected(found, {"shop/views.py": importing, "shop/more.py": loud})) == EVERY
