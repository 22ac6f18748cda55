"""docs/messages.md lists every reason to run all tests, and every kind of cause."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import impact_select
from impact_select import errors
from impact_select.model.changes import ChangeKind

PACKAGE = Path(impact_select.__file__).parent
MESSAGES = Path(__file__).parents[2] / "docs/messages.md"


def headings(section: str) -> list[str]:
    """List the headings of one section of the page."""
    _, _, rest = MESSAGES.read_text(encoding="utf-8").partition(f"\n## {section}\n")
    return re.findall(r"^### (.+)$", re.split(r"^## ", rest, flags=re.MULTILINE)[0], re.MULTILINE)


def slugs(tree: ast.Module, maker: str) -> Iterator[str]:
    """Yield the slugs with which a module makes a Fallback or a Cause.

    The slug is the first argument: a text, or the slug of the error that was caught.
    """
    caught: dict[ast.AST, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.type is not None:
            names = [one.id for one in ast.walk(node.type) if isinstance(one, ast.Name)]
            caught.update(dict.fromkeys(ast.walk(node), names))
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[slug, *_]) if name == maker:
                match slug:
                    case ast.Constant(value=str(text)):
                        yield text
                    case ast.Attribute(value=ast.Name(), attr="slug"):
                        yield from (getattr(errors, error).slug for error in caught[node])
                    case _:
                        # The kind of a change, of which all are listed below.
                        assert ast.unparse(slug).endswith(".value"), ast.unparse(node)


def made_in_the_package(maker: str) -> set[str]:
    """Collect the slugs of all modules, those of the sample project aside."""
    return {
        slug
        for path in PACKAGE.rglob("*.py")
        if "shop" not in path.relative_to(PACKAGE).parts
        for slug in slugs(ast.parse(path.read_bytes()), maker)
    }


def test_every_reason_has_a_heading() -> None:
    """The headings are the slugs with which a Fallback is made, sorted, each once."""
    reasons = made_in_the_package("Fallback")

    assert "run-all-on" in reasons
    assert headings("Reasons to run all tests") == sorted(reasons)


def test_every_cause_has_a_heading() -> None:
    """The headings are the kinds of changes and the circumstances, sorted, each once."""
    circumstances = made_in_the_package("Cause")

    assert "failed" in circumstances
    assert headings("Causes") == sorted(circumstances | set(ChangeKind))


def test_errors_of_the_demo() -> None:
    """The demo's own errors have headings in a section of their own."""
    text = "".join(path.read_text("utf-8") for path in (PACKAGE / "demo").glob("*.py"))

    assert headings("Errors of the demo") == sorted(re.findall(r'slug: .* = "(.+)"', text))


@pytest.mark.parametrize("section", ["Reasons to run all tests", "Errors of the demo"])
def test_advice(section: str) -> None:
    """Each heading of these sections comes with what to do."""
    text = MESSAGES.read_text(encoding="utf-8").partition(f"\n## {section}\n")[2]
    text = re.split(r"^## ", text, flags=re.MULTILINE)[0]

    assert text.count("**What to do:**") == len(headings(section))
