"""Edits that change nothing: every kind is possible, and keeps the syntax tree."""

from pathlib import Path

import pytest

from benchmarks.edit import edited
from benchmarks.kinds import layout
from benchmarks.kinds.layout import KINDS, edited_all, is_unchanged, together
from benchmarks.source import SourceFile, parse_source

TEXT = '''\
"""Café: positions are bytes, not characters: é."""
import json, re
from os import path, sep
import os.path

LIMIT = 3
json.dumps("é"); re.purge()
if LIMIT: LIMIT = 4

class Base:
    """A base."""
    colour: str = "é" + "red"

    @property
    @re.sub("é", "b")
    def size(self) -> int:
        """How large."""
        if self.colour == "é" and len(self.colour, *[1], key=2) > 2:
            raise ValueError(f"{self.colour!r} {'é'}",
                             x for_ if True else 1)
        elif path: pass
        else:
            from a import (
                b,
                c as d,
            )
            from e import f
        values = [item for item in sep]
        other = (yield)
        return sum(x for x in values)
'''.replace("x for_ if", "other if")


def source(text: str = TEXT) -> SourceFile:
    """Read a file."""
    found = parse_source("shop.py", text.encode())
    assert found is not None
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_possible(kind: str) -> None:
    """All edits of a file can be made at once, and each alone, and change the text only."""
    file = source()
    edits = list(KINDS[kind](file))

    assert edits
    assert all(edit.kind == kind for edit in edits)
    for edit in edits:
        after = edited(edit.files[0], file.data)
        assert after is not None
        assert after != file.data
        assert is_unchanged(kind, file, after), edit.description
    assert together(kind, file, edits) == edits


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("comment-at-decorator", "@a\n@b\ndef f(): pass\n", "@a\n# A comment.\n@b\n# A comment.\n"),
        ("call-broken", "f(a, b=g(1))", "f(\n        a, b=g(\n        1,\n),\n)"),
        ("call-broken", "f(a,)", "f(\n        a,\n)"),
        ("line-continued", "x = y", "x = \\\n        y"),
        ("quotes", "x = 'a', \"it's\", '''b'''", 'x = "a", "it\'s", """b"""'),
        ("statements-joined", "a()\n\nb()\n# One.\nc()", "a(); b()\n# One.\nc()"),
        ("statements-split", "if a: b(); c()\n", "if a:\n    b()\n    c()\n"),
        ("statements-split", "a(); b()\n", "a()\nb()\n"),
        ("suite-joined", "while a:\n    b()\n", "while a: b()\n"),
        ("imports-split", "if a:\n    import b, c\n", "if a:\n    import b\n    import c\n"),
        ("imports-reversed", "import b\n\nimport a\n", "import a\n\nimport b\n"),
        ("indentation", "if a:\n    b()\nelse:\n    c()\n", "if a:\n\tb()\nelse:\n\tc()\n"),
        ("last-line-end", "a()\n\n", "a()"),
        ("line-ends", "a()\nb()\n", "a()\r\nb()\r\n"),
        ("encoding", "#!python\na()\n", "#!python\n# -*- coding: utf-8 -*-\na()\n"),
    ],
)
def test_what_an_edit_writes(kind: str, before: str, after: str) -> None:
    """The text after all edits of a kind."""
    file = source(before)
    edits = list(KINDS[kind](file))

    assert edited_all(file.data, edits).decode().startswith(after)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("imports-reversed", "from a import x\nfrom b import x\n"),
        ("imports-reversed", "from __future__ import annotations\nimport a\n"),
        ("imports-reversed", "from a import *\nimport b\n"),
        ("imports-reversed", "import a\nf()\nimport b\n"),
        ("encoding", "# coding: latin-1\n"),
        ("quotes", "x = '\"'\ny = '\\n'\n"),
        ("suite-joined", "if a:\n    if b: c()\n"),
        ("statements-joined", "if a:\n    b()\nc()\n"),
        ("call-broken", "f(x for x in y)\n"),
        ("line-ends", ""),
    ],
)
def test_where_no_edit_is_possible(kind: str, text: str) -> None:
    """What would change more than the text is left alone."""
    assert not list(KINDS[kind](source(text)))


def test_an_edit_that_changes_the_code_is_left_out() -> None:
    """The others are kept."""
    file = source("a = 1\nb = 2\n")
    whole = next(KINDS["comment-at-end"](file))
    wrong = next(KINDS["docstring"](source('"a"\n')))

    assert together("comment", file, [wrong, whole]) == [whole]


def test_edits_of_a_real_file() -> None:
    """All edits of a kind can be made at once there too, or nearly all."""
    path = Path(layout.__file__)
    file = parse_source(path.name, path.read_bytes())
    assert file is not None
    for kind, edits in KINDS.items():
        possible = list(edits(file))
        kept = together(kind, file, possible)
        assert len(kept) >= 0.95 * len(possible), kind
        assert is_unchanged(kind, file, edited_all(file.data, kept))
