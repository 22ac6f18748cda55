"""Globs of the configuration, as in .gitignore."""

import pytest

from impact_select.selection.globs import matches


@pytest.mark.parametrize(
    ("path", "glob"),
    [
        ("README.md", "*.md"),
        ("docs/a/README.md", "*.md"),
        ("docs/a.txt", "docs/"),
        ("docs/a/b.txt", "docs"),
        ("src/docs/a.txt", "docs/"),
        ("docs/a.txt", "/docs/"),
        ("docs/a.txt", "docs/*.txt"),
        ("docs/a/b.txt", "docs/**"),
        ("docs/a/b/c.txt", "docs/**/c.txt"),
        ("docs/c.txt", "docs/**/c.txt"),
        ("a/b/c.txt", "**/c.txt"),
        ("c.txt", "**/c.txt"),
        ("a1.txt", "a?.txt"),
        ("a+b.txt", "a+b.txt"),
    ],
)
def test_paths_that_match(path: str, glob: str) -> None:
    """A glob matches names at any depth, whole folders, and across folders with `**`."""
    assert matches(path, [glob])


@pytest.mark.parametrize(
    ("path", "glob"),
    [
        ("README.mdx", "*.md"),
        ("src/docs/a.txt", "docs/*.txt"),
        ("docs/a/b.txt", "docs/*.txt"),
        ("docs2/a.txt", "docs"),
        ("a/1.txt", "a?1.txt"),
        ("aab.txt", "a+b.txt"),
        ("docs", "docs/**"),
        ("a.txt", ""),
    ],
)
def test_paths_that_do_not(path: str, glob: str) -> None:
    """An inner slash ties a glob to the top; a star stays within a folder's name."""
    assert not matches(path, [glob])


def test_no_globs() -> None:
    """Without globs nothing matches."""
    assert not matches("a.txt", [])
