"""Functions that only wrap what they decorate."""

import pytest
from tests.unit.builders import outline

from impact_select.outline.decorators import acting

HEAD = """\
import functools
import inspect
import typing as t
from functools import update_wrapper
from registry import register

F = t.TypeVar("F")
HELD = {}


class Kind:
    ONE = 1
    OTHER = register()


"""


def wraps(body: str, head: str = HEAD, after: str = "") -> bool:
    """Tell whether `deco`, given by its source, only wraps."""
    found = outline(f"{head}{body}{after}")
    return found.wraps("deco")


INNER = "    def inner(*a):\n        return f(*a)\n"


@pytest.mark.parametrize(
    "body",
    [
        # They register, print, or hand the function on.
        "def deco(f):\n    HELD[f.__name__] = f\n    return f",
        "def deco(f):\n    HELD.setdefault('f', f)\n    return f",
        "def deco(f):\n    register(f)\n    return f",
        "def deco(f):\n    print(f)\n    return f",
        "def deco(f):\n    HELD.last = f\n    return f",
        "def deco(f):\n    f.x[0] = 1\n    return f",
        "def deco(f):\n    global LAST\n    LAST = f\n    return f",
        "def deco(f):\n    Kind.last = f\n    return f",
        "def deco(f):\n    update_wrapper(HELD, f)\n    return f",
        f"def deco(f):\n{INNER}    return register(inner)",
        f"def deco(f):\n    @register\n{INNER}    return inner",
        f"def deco(f):\n    @functools.wraps(f)\n    @register\n{INNER}    return inner",
        "def deco(f):\n    def inner(a=register(f)):\n        return f\n    return inner",
        "def deco(f):\n    def inner(a: register(f)):\n        return f\n    return inner",
        "def deco(f):\n    f()\n    return f",
        "def deco(f):\n    for x in HELD:\n        pass\n    return f",
        "def deco(f):\n    class C:\n        x = register(f)\n    return C",
        "def deco(f):\n    yield f",
        "async def deco(f):\n    return f",
        # They may fail, or give something else than a function.
        "def deco(f):\n    pass",
        "def deco(f):\n    return None",
        "def deco(f):\n    return f, 1",
        "def deco(f):\n    return f.other",
        "def deco(f):\n    if f.__name__ == 'a':\n        return f\n    return f",
        "def deco(f):\n    if callable(f):\n        return f",
        "def deco(f):\n    if callable(f):\n        def inner(): pass\n    return inner",
        "def deco(f):\n    f.x = missing\n    return f",
        "def deco(f):\n    f.x = Kind.TWO\n    return f",
        "def deco(f):\n    f.x = Kind.OTHER\n    return f",
        "def deco(f):\n    f.__code__ = 1\n    return f",
        "def deco(f):\n    f = 1\n    return f",
        "def deco(f, g):\n    return f",
        "def deco(f, *, g):\n    return f",
        "def deco():\n    return 1",
        # It is another function in the end, or only sometimes.
        "def deco(f):\n    return f\ndeco = register(deco)",
        "def deco(f):\n    return f\nif HELD:\n    from other import deco",
        "def deco(f):\n    return f\ndef set():\n    global deco\n    deco = register",
        "def deco(f):\n    return f\nfrom other import *",
        "def deco(f):\n    return f\nx = (deco := register)",
        "if HELD:\n    def deco(f):\n        return f",
        "@register\ndef deco(f):\n    return f",
        "class deco:\n    def __init__(self, f): pass",
        "def deco(f):\n    f.x = LATER\n    return f\nLATER = 1",
        "def update_wrapper(a, b):\n    HELD[a] = b\n    return a\n"
        "def deco(f):\n    return update_wrapper(f, f)",
    ],
)
def test_functions_that_may_do_more(body: str) -> None:
    """Whatever is not shown to only wrap may register what it decorates, or fail."""
    assert not wraps(body)


@pytest.mark.parametrize(
    "body",
    [
        "def deco(f):\n    return f",
        "def deco(f):\n    'Doc.'\n    f.seen = True\n    return f",
        f"def deco(f):\n    @functools.wraps(f)\n{INNER}    return inner",
        f"def deco(f):\n    name = f.__name__\n{INNER}    return t.cast(F, update_wrapper(inner, f))",
        f"def deco(f):\n{INNER}    inner.calls = [0, f]\n    update_wrapper(inner, f)\n    return inner",
        "def deco(f):\n    f.kind = Kind.ONE\n    f.held = HELD\n    return f",
        "def deco(f=None, *, x=1):\n    if f is None:\n        return lambda g: g\n    return f",
        "def deco(f):\n    if inspect.iscoroutinefunction(f):\n        async def inner(): pass\n"
        "    else:\n        def inner(): pass\n    return inner",
        "def deco(f):\n    return lambda *a: register(f)",
    ],
)
def test_functions_that_only_wrap(body: str) -> None:
    """A decorator may define functions, and set attributes of these and of what it gets."""
    assert wraps(body)


WRAPPER = "import functools\ndef deco(f):\n    return f\n"


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ("@deco\ndef g(): pass", ()),
        ("class C:\n    @deco\n    def g(self): pass", ()),
        ("@property\n@deco\n@deco\ndef g(): pass", ()),
        ("@deco()\ndef g(): pass", ("deco",)),
        ("@deco()\n@deco\ndef g(): pass", ("deco", "deco")),
        ("@deco\n@property\ndef g(): pass", ("deco",)),
        ("@deco\n@other\ndef g(): pass", ("deco", "other")),
        ("@own.deco\ndef g(): pass", ("own.deco",)),
        ("class C:\n    def deco(f): return HELD\n    @deco\n    def g(self): pass", ("deco",)),
        ("@deco\nclass g: pass", ("deco",)),
    ],
)
def test_where_a_wrapper_is_applied(use: str, expected: tuple[str, ...]) -> None:
    """It counts where it is written without a call, and gets a function."""
    found = outline(f"{WRAPPER}{use}")
    facts = next(one for one in found.definitions if one.qualname.rpartition(".")[2] == "g")

    assert acting(facts, found, lambda fact: False) == expected


@pytest.mark.parametrize("imported", [True, False])
def test_an_imported_wrapper(imported: bool) -> None:
    """Of an imported decorator, who knows the other module says what it is."""
    found = outline("from m import deco\n@deco\ndef g(): pass")
    facts = found.functions[-1]

    assert acting(facts, found, lambda fact: imported) == (() if imported else ("deco",))
