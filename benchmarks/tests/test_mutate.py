"""Edits: every kind is possible on the example, and keeps its promises."""

import pytest

from benchmarks.edit import edit_from_json, edit_to_json
from benchmarks.mutate import KINDS, OPTIONAL_KINDS, is_valid, possible_edits, sample
from benchmarks.project import Project, read_project
from benchmarks.source import Splice, apply_splices, parse_source

FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": '''\
"""Café: positions are bytes, not characters: é."""
import json, re
from os import path, sep

RATES = {"de": 19, "fr": 20}
LIMIT = 3
json.dumps("é"); re.purge()


class Base:
    colour: str = "é" + "red"

    def total(self, items, rate=19): return sum(items) * rate

    @property
    def size(self) -> int:
        """How large."""
        if self.colour == "é" and LIMIT > 2:
            raise ValueError("é")
        return 1


class Cart(Base, object):
    pass


@re.sub("a", "b")
def checkout(cart: Cart, *, fast=True):
    try:
        return cart.total([1, 2])
    except (KeyError, ValueError):
        return None
''',
    "shop/data/rates.json": '{\n"de": 19}\n',
    "tests/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef cart():\n    return 1 + 2\n",
    "tests/test_cart.py": """\
import pytest


def helper(value):
    return value + 1


@pytest.mark.parametrize("number", [1, 2, 3])
def test_number(number):
    assert helper(number) == number + 1""",
}


@pytest.fixture(scope="module")
def project() -> Project:
    """Read the example."""
    return read_project(FILES, lambda path: FILES[path].encode(), bool)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_valid_edits(project: Project, kind: str) -> None:
    """Text compiles, unless it must not; what says that it changes code does."""
    edits = [edit for found in possible_edits(project, kind).values() for edit in found]

    assert any(is_valid(edit, project) for edit in edits)
    assert all(edit.kind == kind for edit in edits)


def test_the_same_seed_gives_the_same_edits(project: Project) -> None:
    """A larger count continues a smaller one."""
    kinds = [kind for kind in KINDS if kind not in OPTIONAL_KINDS]
    longer = [edit.key for edit in sample(project, kinds, 60, seed=1)]

    assert [edit.key for edit in sample(project, kinds, 40, seed=1)] == longer[:40]
    assert [edit.key for edit in sample(project, kinds, 40, seed=2)] != longer[:40]


def test_edits_spread_over_kinds(project: Project) -> None:
    """As many edits as kinds are one of each."""
    kinds = [kind for kind in KINDS if kind not in OPTIONAL_KINDS]

    assert sorted(edit.kind for edit in sample(project, kinds, len(kinds), seed=0)) == kinds


def test_edits_survive_json(project: Project) -> None:
    """A result holds all that is needed to make its edit again."""
    for edit in sample(project, KINDS, 50, seed=3):
        assert edit_from_json(edit_to_json(edit)) == edit


def test_splices_use_positions_of_the_base() -> None:
    """Splices do not move each other."""
    assert apply_splices(b"abc", [Splice(0, 1, "xy"), Splice(2, 3, "")]) == b"xyb"


@pytest.mark.parametrize("data", [b"\xff", b"\xef\xbb\xbfa = 1\n", b"a = 1\rb = 2\r", b"def ("])
def test_files_without_sure_positions_are_left_alone(data: bytes) -> None:
    """Not UTF-8, a byte order mark, lone carriage returns, no Python."""
    assert parse_source("a.py", data) is None
