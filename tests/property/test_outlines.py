"""Laws of outlines and of what is compared in them."""

import ast

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.property.strategies import plain, programs, statements, styled, suites

from impact_select.adapters.map_schema import pack_outline, unpack_outline
from impact_select.changes.detect import detect_changes
from impact_select.changes.elsewhere import Elsewhere
from impact_select.model.ids import RepoPath
from impact_select.model.source import Outline
from impact_select.outline.parse import parse_outline

PATH = RepoPath("m.py")


def outline(text: str) -> Outline:
    """Outline a text."""
    return parse_outline(text.encode())


def changes(before: str, after: str) -> tuple[object, ...]:
    """Compare two texts; every import is known."""
    return detect_changes(PATH, outline(before), outline(after), Elsewhere(lambda fact: True))


@given(programs, st.integers(0, 1000))
def test_the_style_of_a_program(program: tuple, seed: int) -> None:
    """Comments, blank lines, quotes, parentheses and line breaks change no unit but its lines."""
    one, two = outline(plain(program)), outline(styled(program, seed))

    assert one.units == two.units
    assert changes(plain(program), styled(program, seed)) == ()


@given(programs)
def test_a_program_has_no_change_against_itself(program: tuple) -> None:
    """Nothing changed when nothing changed."""
    assert changes(plain(program), plain(program)) == ()


@given(programs)
def test_keys_are_unique(program: tuple) -> None:
    """Two units never share a key."""
    keys = [unit.key for unit in outline(plain(program)).units]

    assert len(set(keys)) == len(keys)


@given(programs, st.integers(0, 20))
def test_another_number(program: tuple, position: int) -> None:
    """One number that is another one is a change."""
    text = plain(program)
    tree = ast.parse(text)
    numbers = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, int)
    ]
    assume(numbers)
    numbers[position % len(numbers)].value += 1000

    assert changes(text, ast.unparse(tree))


@given(programs, programs)
def test_different_programs(before: tuple, after: tuple) -> None:
    """Outlines are alike only when the programs are."""
    one, two = plain(before), plain(after)
    assume(ast.dump(ast.parse(one)) != ast.dump(ast.parse(two)))

    assert outline(one).units != outline(two).units


@given(suites, suites)
def test_exchanged_branches(body: tuple, other: tuple) -> None:
    """Branches that change places are changed blocks."""
    assume(plain(body) != plain(other))

    def function(*branches: tuple) -> str:
        return plain((("def", "f", "", ("number", 1), (("if", ("name", "x"), *branches),)),))

    assert changes(function(body, other), function(other, body))


@given(st.lists(statements, min_size=2, max_size=4), st.data())
def test_the_order_of_statements_in_a_function(body: list[tuple], data: st.DataObject) -> None:
    """Statements of a function that change places are a changed block."""
    moved = data.draw(st.permutations(body))
    assume(plain(tuple(body)) != plain(tuple(moved)))

    def function(suite: list[tuple]) -> str:
        return plain((("def", "f", "", ("number", 1), tuple(suite)),))

    assert changes(function(body), function(moved))


@given(programs, programs)
def test_changes_name_units_of_the_old_version(before: tuple, after: tuple) -> None:
    """Whatever changed, its units are those of what was recorded."""
    old = outline(plain(before))

    for change in detect_changes(PATH, old, outline(plain(after)), Elsewhere()):
        assert change.units <= set(range(old.loaded))


@given(programs)
def test_every_statement_has_a_unit(program: tuple) -> None:
    """The lines of a file that hold code belong to units."""
    text = plain(program)
    found = outline(text)
    covered = {line for span in found.lines for line in range(span.first, span.last + 1)}

    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.stmt):
            assert node.lineno in covered


@given(programs)
def test_stored_outlines(program: tuple) -> None:
    """What is unpacked is what was packed."""
    found = outline(plain(program))

    assert unpack_outline(pack_outline(found)) == found
