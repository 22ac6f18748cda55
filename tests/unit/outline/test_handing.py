"""How functions hand on what others gave them."""

import pytest
from tests.unit.builders import outline

from impact_select.model.source import Handing


def handing(source: str) -> Handing:
    """Give how the last function of a source hands things on."""
    return outline(source).functions[-1].handing


def test_what_it_keeps() -> None:
    """Attributes that are set, or put something into, are kept; the values' sources are known."""
    found = handing(
        "class C:\n    def f(self, g, h):\n        self.one = g\n        self.two.append(h)\n"
        "        self.three = []\n"
    )

    assert found.keeps == ("one", "three", "two")
    assert found.sets == (("one", "(g"),)


def test_what_it_calls() -> None:
    """An attribute is called directly, out of a table, or by what it is passed to."""
    found = handing("def f(x):\n    x.one()\n    x.two[0]()\n    map(x.three, x.four.five)")

    assert found.calls == ("five", "one", "three", "two")


@pytest.mark.parametrize(
    ("argument", "source"),
    [
        ("a", "(a"),
        ("a.b[0]", "(a"),
        ("TABLE", ".TABLE"),
        ("TABLE.x", "."),
        ("find()", "find"),
        ("find_or(1) or a", "find_or"),
        ("globals()", "."),
    ],
)
def test_what_it_passes(argument: str, source: str) -> None:
    """Arguments that were there before are known by place and source."""
    found = handing(f"def f(a):\n    g(1, {argument}, k={argument})")

    assert {("g", "1", source), ("g", "k", source)} <= set(found.passes)


@pytest.mark.parametrize("argument", ["1", "{}", "[x for x in a]", "Table(a)", "dict(a)", "str(a)"])
def test_what_it_makes(argument: str) -> None:
    """What is new is not passed on."""
    found = handing(f"def f(a):\n    g({argument})").passes

    assert not any(name == "g" for name, _, _ in found)


def test_what_it_returns() -> None:
    """Sources of what is returned or yielded are known."""
    assert handing("def f(a):\n    if a:\n        return TABLE\n    return a").returns == (
        "(a",
        ".TABLE",
    )


def test_what_it_defers() -> None:
    """The factory of a table is called later."""
    found = handing("class C:\n    def __init__(self):\n        self.t = defaultdict(make)")

    assert found.defers == ("make",)
    assert found.keeps == ("t",)


def test_generators() -> None:
    """A function with a yield of its own makes a generator."""
    assert handing("def f():\n    yield 1").generates
    assert not handing("def f():\n    return lambda: (yield)").generates
