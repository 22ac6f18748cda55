"""State that one test fills and others find filled."""

from collections.abc import Sequence
from textwrap import dedent

import pytest
from pyroaring import BitMap
from tests.unit.fakes import Session, outlined, referred

from impact_select.mapping.assemble import assemble
from impact_select.mapping.shared_state import SourceFacts, with_shared_state
from impact_select.model.ids import RepoPath
from impact_select.model.source import UnitKind, plain_name

TESTS = """\
import state
def test_first(): pass
def test_second(): pass
def test_other(): pass
"""


def dependents(source: str, symbol: str, fixture: Sequence[str] = (), **ran: list[str]) -> set[str]:
    """Give the tests that depend on a function of state.py, by who ran what of it.

    A fixture that ran something is used by the test `other`.
    """
    path = RepoPath("state.py")
    text = dedent(source)
    session = Session(
        {path: text, "test_state.py": TESTS},
        {
            f"test_state.py::test_{name}": [f"{path}:{item}" for item in ran.get(name, [])]
            for name in ("first", "second", "other")
        },
        shared={"box": ([f"{path}:{line}" for line in fixture], ["test_state.py::test_other"])},
    )
    sources = {
        RepoPath(file): SourceFacts(outlined(content), _units_by_name(content))
        for file, content in session.files.items()
    }
    evidence = assemble(with_shared_state(session.run(), sources), frozenset())
    found = outlined(text)
    wanted = BitMap(
        [
            index
            for index, unit in enumerate(found.units)
            if unit.kind is UnitKind.BLOCK and plain_name(unit.symbol) == symbol
        ]
    )
    numbers = BitMap()
    for units, owners in evidence.traces[path].items():
        if BitMap.deserialize(units).intersect(wanted):
            numbers |= BitMap.union(*(evidence.dependents[owner] for owner in owners))
    return {evidence.tests[number][0].rpartition("_")[2] for number in numbers}


def _units_by_name(content: str) -> dict[str, BitMap]:
    units: dict[str, BitMap] = {}
    for reference in referred(content):
        units.setdefault(reference.name, BitMap()).add(reference.unit)
    return units


@pytest.mark.parametrize(
    ("source", "filled", "found"),
    [
        pytest.param(
            """
            STATE = None
            def get():
                global STATE
                if STATE is None:
                    STATE = make()
                return STATE
            def make():
                return 1
            """,
            ["5", "6", "9"],
            ["5"],
            id="global",
        ),
        pytest.param(
            """
            CACHE = {}
            def get(key):
                if key not in CACHE:
                    CACHE[key] = make(key)
                return CACHE[key]
            def make(key):
                return 1
            """,
            ["4", "5", "8"],
            ["4"],
            id="table",
        ),
        pytest.param(
            """
            class C:
                value = None
                def get(self):
                    if self.value is None:
                        self.value = make()
                    return self.value
            def make():
                return 1
            SHARED = C()
            """,
            ["5", "6", "9"],
            ["5"],
            id="attribute",
        ),
        pytest.param(
            """
            class C:
                def __init__(self):
                    self.table = {}
                def get(self, key):
                    if key not in self.table:
                        self.table[key] = make(key)
                    return self.table[key]
            def make(key):
                return 1
            SHARED = C()
            """,
            ["6", "7", "10"],
            ["6"],
            id="table-of-an-instance",
        ),
        pytest.param(
            """
            STATE = None
            def get():
                global STATE
                if STATE is not None:
                    return STATE
                STATE = make()
                return STATE
            def make():
                return 1
            """,
            ["5", "7", "10"],
            ["5", "6"],
            id="early-return",
        ),
        pytest.param(
            """
            def get():
                try:
                    return get.value
                except AttributeError:
                    get.value = make()
                    return get.value
            def make():
                return build()
            def build():
                return 1
            """,
            ["3", "4", "6", "9"],
            ["3", "4"],
            id="attribute-of-a-function",
        ),
    ],
)
def test_those_that_find_state_filled(source: str, filled: list[str], found: list[str]) -> None:
    """What filled the state counts for those that found it filled, and for no others."""
    assert dependents(source, "make", first=filled, second=found) == {"first", "second"}


OWN_OBJECT = """
class Box:
    def __init__(self):
        self.value = None
    def get(self):
        if self.value is None:
            self.value = make()
        return self.value
def make():
    return 1
"""
OWN_CALL = """
def once():
    value = None
    def get():
        nonlocal value
        if value is None:
            value = make()
        return value
    return get
def make():
    return 1
"""


@pytest.mark.parametrize(
    ("source", "made"), [(OWN_OBJECT, "4"), (OWN_CALL, "3")], ids=["object", "call"]
)
def test_those_that_made_the_holder_themselves(source: str, made: str) -> None:
    """What a test made itself holds what the test stored; what came from elsewhere does not."""
    fill = ["6", "7", "8", "10", "11"]
    own = dependents(source, "make", first=[made, *fill], second=[made, "6"])
    assert own == {"first"}
    given = dependents(source, "make", first=[made, *fill], second=["6"])
    assert given == {"first", "second"}


def test_what_a_fixture_made_is_there_beside_ones_own() -> None:
    """A test that makes an object of its own may use one that lasts as well."""
    source = OWN_OBJECT
    session = ["6", "7", "10"]
    assert dependents(source, "make", ["4"], first=["4", *session], second=["4", "6"]) == {
        "first",
        "second",
    }


def test_several_places_that_set_the_same() -> None:
    """Whoever took one of several branches that set an attribute found it as it set it."""
    source = """
        class Box:
            def get(self, a):
                if a:
                    self.value = make()
                else:
                    self.value = None
                return self.value
        def make():
            return 1
        """
    ran = {"first": ["4", "5", "10"], "second": ["4", "7"]}
    assert dependents(source, "make", **ran) == {"first"}


@pytest.mark.parametrize(
    "source",
    [
        "def get():\n    value = make()\n    return value\ndef make():\n    return 1\n",
        "def get(a):\n    a.value = make()\n    return a\ndef make():\n    return 1\n",
    ],
)
def test_those_that_share_nothing(source: str) -> None:
    """Without state a function counts for those that ran it."""
    assert dependents(source, "make", first=["2", "5"], second=["2"]) == {"first"}


def test_state_that_nobody_filled_in_a_test() -> None:
    """Where nobody ran the filling block, nothing is added."""
    source = "X = None\ndef get():\n    global X\n    if a:\n        X = make()\ndef make(): pass\n"

    assert dependents(source, "make", first=["4"], second=["4"]) == set()
