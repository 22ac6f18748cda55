"""What making an object does."""

import ast

import pytest
from tests.unit.builders import outline

from impact_select.outline.making import kept_by


def made(source: str) -> dict[str, tuple[str, ...]]:
    """Give what the last variable of a module calls, if evaluating it does nothing else."""
    unit = outline(source).units[-1]
    return {unit.names[0]: unit.makes}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("X = Rates(3)", ("Rates",)),
        ("X = {'a': Rates(3), 'b': [pkg.Other(key=4)]}", ("Rates", "pkg.Other")),
        ("X = Outer(Inner(1))", ("Inner", "Outer")),
        ("X = Rates(lambda: act())", ("Rates",)),
        ("X = Rates(3) + 1", ()),
        ("X = Rates(*items)", ()),
        ("X = Rates(config.level)", ()),
        ("X = {Rates(3)}", ()),
        ("X = Rates(3).first", ()),
        ("X = make()()", ()),
        ("X = [Rates(n) for n in names]", ()),
        ("X = 3", ()),
    ],
)
def test_calls_of_an_expression_that_does_nothing_else(source: str, names: tuple[str, ...]) -> None:
    """Operators, look-ups and unpacked arguments may do anything."""
    assert made(source) == {"X": names}


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("self.a = a", ("a",)),
        ("'''Doc.'''\n    self.a: int = a\n    self.b = self.c = []", ("a", "b", "c")),
        ("self.a = [] if a is None else a", ("a",)),
        ("super().__init__(a)\n    self.b = {'k': a}", ("b",)),
        ("pass", ()),
        ("self.a = a.b", None),
        ("self.a = GLOBAL", None),
        ("self.a = make(a)", None),
        ("self.a = a or []", None),
        ("other.a = a", None),
        ("self.a.b = a", None),
        ("if a: self.a = a", None),
        ("self.a += a", None),
        ("register(self)", None),
    ],
)
def test_where_a_constructor_keeps_its_arguments(body: str, kept: tuple[str, ...] | None) -> None:
    """One that does anything else is not known."""
    tree = ast.parse(f"def __init__(self, a):\n    {body}\n")
    assert isinstance(tree.body[0], ast.FunctionDef)
    assert kept_by(tree.body[0]) == kept
