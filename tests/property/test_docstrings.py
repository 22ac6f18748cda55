"""Docstrings as Python keeps them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from impact_select.outline.docstrings import kept

TEXTS = st.text(st.sampled_from(" \t\n\r\fab\xa0é"), max_size=20)


@given(TEXTS)
@example("  A\n    b\n\n      c\n    ")
@example("A\n\tb\n        c")
@example("\n  \n   ")
def test_it_is_what_python_keeps(text: str) -> None:
    """Whatever the text is, at run time the docstring is what is fingerprinted."""
    module: dict[str, object] = {}
    exec(compile(f"def f():\n    {text!r}", "m.py", "exec"), module)

    assert kept(text) == module["f"].__doc__


@pytest.mark.parametrize("indent", ["  ", "\t", "        "])
def test_indentation(indent: str) -> None:
    """From Python 3.13 on, the depth at which a docstring stands is not seen."""
    module: dict[str, object] = {}
    exec(f'class A:\n{indent}"""A.\n\n{indent}B.\n{indent}  C.\n{indent}"""', module)

    assert kept(f"A.\n\n{indent}B.\n{indent}  C.\n{indent}") == module["A"].__doc__
