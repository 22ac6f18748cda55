"""What a changed attribute, method or class reaches."""

import pytest
from tests.unit.fakes import Session, affected

TESTS = {
    "test_look.py": "import look, models\ndef test_it():\n    look.look()\n",
    "test_other.py": "import look\nimport models\ndef test_other(): pass\n",
}
ITEM = "class Item:\n    kind = 'a'\n\n    def name(self):\n        return 1\n"
MADE = "import models as m\ndef made(): return m.Item()\n"


def reached(models: str, look: str, edit: tuple[str, str], *ran: str) -> set[str]:
    """Give the tests that an edit of models.py affects; one of two ran `look`, and more."""
    session = Session(
        {**TESTS, "models.py": models, "look.py": look},
        {"test_look.py::test_it": ["look.py::look", *ran], "test_other.py::test_other": []},
    )
    found = affected(session, {"models.py": edit})
    return {test.partition("::test_")[2] for test in found}


@pytest.mark.parametrize(
    "look",
    [
        "def look(item): return item.kind",
        "def look(item): return getattr(item, 'kind')",
        "def look(item): return attrgetter('kind')(item)",
        "def look(item): return '{0.kind}'.format(item)",
        "def look(item):\n    match item:\n        case Some(kind='a'): return 1",
        "def look(item): item.kind = 2",
        "def look(item): del item.kind",
        "def look(item): return make(kind=1)",
        "from models import Item\ndef look(name): return getattr(Item(), name)",
        "from models import Item\ndef look(): return vars(Item)",
        "import models\ndef look(): return models.Item.kind",
        "import models\nKIND = models.Item.kind\ndef look(): return KIND",
        "from models import Item\nclass C:\n    kind = Item.kind\ndef look(): return C.kind",
        "from models import Item\nclass C(Item): pass\ndef look(): return C().kind",
        "def look(item, kind=DEFAULT.kind): return kind",
        "look = lambda item: item.kind",
    ],
)
def test_ways_to_reach_an_attribute(look: str) -> None:
    """A class attribute reaches the tests that made an instance and ran code which looks it up."""
    edit = ("kind = 'a'", "kind = 'b'")
    assert "it" in reached(ITEM, f"{look}\n{MADE}", edit, "look.py::made")


@pytest.mark.parametrize(
    ("look", "models", "expected"),
    [
        ("def look(item): return item.kind", ITEM, set()),
        ("import models\ndef look(): return make(models.Item).kind", ITEM, {"it"}),
        ("from models import Item\nclass C(Item): pass\ndef look(): return C().kind", ITEM, {"it"}),
        ("import pickle\ndef look(s): return pickle.loads(s).kind", ITEM, {"it"}),
        ("def look(item): return item.kind", ITEM.replace("Item", "Item(lib.Model)"), {"it"}),
        ("def look(item): return item.kind", f"@lib.register\n{ITEM}", {"it"}),
        ("def look(item): return item.kind", f"@dataclass\n{ITEM}", set()),
        (
            "def look(item): return item.kind",
            f"class B:\n    def __init_subclass__(cls): pass\n{ITEM.replace('Item', 'Item(B)')}",
            {"it"},
        ),
    ],
)
def test_who_can_meet_an_instance(look: str, models: str, expected: set[str]) -> None:
    """A name alone does not do where the test never touched the class, and had to."""
    session = Session(
        {
            "test_look.py": "import look\ndef test_it():\n    look.look(1)\n",
            "models.py": models,
            "look.py": f"import models\n{look}",
        },
        {"test_look.py::test_it": ["look.py::look"]},
    )
    found = affected(session, {"models.py": ("kind = 'a'", "kind = 'b'")})

    assert {test.partition("::test_")[2] for test in found} == expected


@pytest.mark.parametrize(
    "look",
    [
        "def look(item): return item.kinds",
        "def look(kind): return kind",
        "def look(item): return item.name()",
        "import os\ndef look(): return os.kind",
        "import models\ndef look(): return models.kind",
        "def look(): return {'sort': 1}",
    ],
)
def test_what_does_not_reach_an_attribute(look: str) -> None:
    """Other names, local variables and names of modules are not the attribute."""
    assert reached(ITEM, look, ("kind = 'a'", "kind = 'b'")) == set()


@pytest.mark.parametrize(
    "models",
    [
        "@dataclass\nclass Item:\n    kind: str = 'a'\n",
        "@define\nclass Item:\n    kind: str = 'a'\n",
        "class Item(Model):\n    kind = 'a'\n",
        "class Item(Enum):\n    kind = 'a'\n",
        "class Item(metaclass=Meta):\n    kind = 'a'\n",
        "class Base(Model):\n    pass\nclass Item(Base):\n    kind = 'a'\n",
        "class Meta: pass\nclass Base(metaclass=Meta): pass\nclass Item(Base):\n    kind = 'a'\n",
    ],
)
def test_a_consumed_class(models: str) -> None:
    """Where somebody else reads all members, an attribute reaches all that touch the class."""
    look = "from models import Item\ndef look(): return Item()"

    assert "it" in reached(models, look, ("'a'", "'b'"))


@pytest.mark.parametrize(
    "models",
    [
        "class Item:\n    kind = 'a'\n",
        "class Item(ABC):\n    kind = 'a'\n",
        "class Item(ValueError):\n    kind = 'a'\n",
        "class Base: pass\nclass Item(Base):\n    kind = 'a'\n",
    ],
)
def test_a_plain_class(models: str) -> None:
    """Otherwise touching the class is not enough."""
    look = "from models import Item\ndef look(): return Item()"

    assert reached(models, look, ("'a'", "'b'")) == set()


def test_a_method_that_overrides() -> None:
    """A new method reaches those that ran the inherited one, and made an object."""
    models = "class Base:\n    def name(self): return 1\n\nclass Item(Base):\n    pass\n"
    edit = ("    pass\n", "    def name(self): return 2\n")

    look = f"def look(f): return f()\n{MADE}"
    assert reached(models, look, edit, "models.py::Base.name", "look.py::made") == {"it"}
    assert reached(models, look, edit, "models.py::Base.name") == set()
    assert reached(models, look, edit, "look.py::made") == set()


def test_a_method_that_no_longer_overrides() -> None:
    """A method that goes reaches those that ran it, and those that look up its name."""
    models = "class Base:\n    def name(self): return 1\n\nclass Item(Base):\n    pass\n"
    models = models.replace("    pass\n", "    def name(self): return 2\n")
    edit = ("    def name(self): return 2\n", "    pass\n")

    assert reached(models, "def look(f): return f()", edit, "models.py::Item.name") == {"it"}
    look = f"def look(item): return item.name()\n{MADE}"
    assert reached(models, look, edit, "look.py::made") == {"it"}


@pytest.mark.parametrize("name", ["__len__", "__eq__", "__getattr__", "__init__", "__bool__"])
def test_a_special_method(name: str) -> None:
    """Operators look special methods up without naming them: all that touch the class count."""
    look = "from models import Item\ndef look(): return Item()"
    edit = ("    kind = 'a'\n", f"    kind = 'a'\n    def {name}(self, *a): return 2\n")

    assert reached(ITEM, look, edit) == {"it"}


def test_a_base() -> None:
    """Other bases reach all that ran a method of the class or touch it."""
    models = f"class Base: pass\nclass Other: pass\n{ITEM.replace('Item', 'Item(Base)')}"
    edit = ("Item(Base)", "Item(Other)")

    assert reached(models, "def look(f): return f()", edit, "models.py::Item.name") == {"it"}
    assert reached(models, "from models import Item\ndef look(): return Item", edit) == {"it"}
    assert reached(models, "def look(f): return f()", edit) == set()


def test_a_subclass_elsewhere() -> None:
    """A changed class reaches those that touch a class which derives from it."""
    models = f"class Base: pass\n{ITEM.replace('Item', 'Item(Base)')}"
    look = "import models\nclass Sub(models.Item): pass\ndef look(): return Sub()"

    assert reached(models, look, ("Item(Base)", "Item")) == {"it"}


@pytest.mark.parametrize(
    ("edit", "ran"),
    [
        (("rate=RATE", "rate=2"), ["models.py::C.m"]),
        (("return 2", "return 3"), ["models.py::C.m"]),
        (("RATE = 1", "RATE = 2"), ["models.py::C.m"]),
        (("def m(self, rate=RATE): return 2", "pass"), ["models.py::C.m"]),
        (("def m(self, rate", "def m(self, tax"), ["models.py::C.m"]),
    ],
)
def test_the_second_class_of_a_name(edit: tuple[str, str], ran: list[str]) -> None:
    """A class that is defined under a condition is reached like the first of its name."""
    models = (
        "RATE = 1\nif old:\n    class C:\n        def m(self): return 1\n"
        "else:\n    class C:\n        def m(self, rate=RATE): return 2\n"
    )

    assert reached(models, "def look(f): return f()", edit, *ran) == {"it"}


def test_a_method_of_the_second_class_of_a_name() -> None:
    """A special method that it gets reaches those that ran its other methods."""
    models = "class C:\n    pass\nclass C:\n    def m(self): return 2\n"
    edit = ("return 2\n", "return 2\n    def __len__(self): return 0\n")

    assert reached(models, "def look(f): return f()", edit, "models.py::C.m") == {"it"}


@pytest.mark.parametrize(
    "look",
    [
        "from models import f\ndef look(): return f",
        "import models\ndef look(): return models.f",
        "import models\nTABLE = [models.f]\ndef look(): return TABLE",
        "from models import f as g\ndef look(): return g",
    ],
)
def test_annotations_reach_uses_as_a_value(look: str) -> None:
    """An annotation matters to those who pass the function on, not to those who call it."""
    models = "def f(a): return a\n"
    edit = ("f(a)", "f(a: int)")

    assert "it" in reached(models, look, edit)
    assert reached(models, "from models import f\ndef look(): return f(1)", edit) == set()


@pytest.mark.parametrize(
    ("look", "expected"),
    [
        # The import itself fails.
        ("from models import X\ndef look(): pass", {"it", "other"}),
        ("from models import X as Y\ndef look(): pass", {"it", "other"}),
        ("import models\nY = models.X\ndef look(): pass", {"it", "other"}),
        ("import models\nclass C(models.X): pass\ndef look(): pass", {"it", "other"}),
        ("import models\ndef look(a=models.X): pass", {"it", "other"}),
        ("import models\n@models.X\ndef look(a): pass", {"it", "other"}),
        # Only the function fails.
        ("import models\ndef look(): return models.X", {"it"}),
        ("def look():\n    from models import X", {"it"}),
        ("import models\ndef look(): pass", set()),
    ],
)
def test_a_name_that_is_gone(look: str, expected: set[str]) -> None:
    """A removed name breaks the import of what reads it on import."""
    assert reached("X = 1\nY = 2\n", look, ("X = 1\n", "")) == expected
