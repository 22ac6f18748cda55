"""Which classes an object may have the variables of."""

import pytest
from tests.unit.builders import outline

from impact_select.mapping.class_names import ClassNames
from impact_select.model.ids import RepoPath

SHAPES = RepoPath("shapes.py")


def kin(source: str, cls: str, **files: str) -> set[str] | None:
    """Give the kin of a class of shapes.py as `FILE:CLASS`, without the ending."""
    names = ClassNames()
    for stem, text in {"shapes": source, **files}.items():
        names.add(RepoPath(f"{stem}.py"), outline(text), lambda _: frozenset())
    found = names.kin((SHAPES, cls))
    return None if found is None else {f"{path[:-3]}:{name}" for path, name in found}


def test_bases_of_what_derives_from_it_are_kin_and_its_own_are() -> None:
    """An object of a derived class runs methods of both its bases."""
    source = """
        class Base: pass
        class Mixin: pass
        class Square(Base): pass
        class Tile(Mixin, Square): pass
        class Other: pass
        class Part(Other): pass
        """
    assert kin(source, "Square") == {
        "shapes:Base",
        "shapes:Mixin",
        "shapes:Square",
        "shapes:Tile",
    }


def test_classes_of_one_name_in_different_files_are_told_apart() -> None:
    """A class of a function elsewhere is no base, whatever it is called."""
    source = """
        class Field: pass
        class Text(Field): pass
        """
    other = """
        def make():
            class Text: pass
            class Loose(Text): pass
        """
    assert kin(source, "Field", other=other) == {"shapes:Field", "shapes:Text"}


def test_a_base_is_found_by_the_name_that_an_import_gives_it() -> None:
    """`import ... as` hides neither the base nor what derives from it."""
    source = """
        from origins import Origin as Root
        class Field(Root): pass
        """
    found = kin(source, "Field", origins="class Origin: pass")
    assert found == {"origins:Origin", "shapes:Field"}


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("class Field(elsewhere.Base): pass", id="a base from elsewhere"),
        pytest.param("class Field(make()): pass", id="a computed base"),
        pytest.param("class Field(metaclass=Meta): pass", id="a metaclass"),
        pytest.param(
            "class Field:\n    def __getattr__(self, name): pass", id="a hook for missing names"
        ),
        pytest.param(
            "class Field: pass\nclass Proxy(Field, Strange): pass", id="a strange base below"
        ),
    ],
)
def test_nothing_is_known_where_something_else_may_answer(source: str) -> None:
    """Whatever is not a plain class of the project may have any attribute."""
    assert kin(source, "Field") is None
