"""State that one test fills and others find filled."""

from collections.abc import Sequence
from dataclasses import replace
from textwrap import dedent

import pytest
from pyroaring import BitMap
from tests.unit.fakes import Session, outlined, referred

from impact_select.mapping.assemble import assemble
from impact_select.mapping.name_index import source_facts
from impact_select.mapping.shared_state import with_shared_state
from impact_select.model.ids import RepoPath
from impact_select.model.source import UnitKind, plain_name

TESTS = """\
import state
def test_first(): pass
def test_second(): pass
def test_other(): pass
"""


def dependents(
    source: str,
    symbol: str,
    fixture: Sequence[str] = (),
    used: str = "",
    blurred: str = "",
    **ran: list[str],
) -> set[str]:
    """Give the tests that depend on a function of state.py, by who ran what of it.

    A fixture that ran something is used by the test `other`. What tests ran of a second file,
    used.py, has names with `_used`.
    """
    path = RepoPath("state.py")
    text = dedent(source)
    session = Session(
        {path: text, "used.py": dedent(used), "test_state.py": TESTS},
        {
            f"test_state.py::test_{name}": [
                *(f"{path}:{item}" for item in ran.get(name, [])),
                *(f"used.py:{item}" for item in ran.get(f"{name}_used", [])),
            ]
            for name in ("first", "second", "other")
        },
        foreign={"used.py": ["elsewhere"]},
        shared={"box": ([f"{path}:{line}" for line in fixture], ["test_state.py::test_other"])},
    )
    sources = {
        RepoPath(file): source_facts(outlined(content), _units(content))
        for file, content in session.files.items()
    }
    run = replace(session.run(), blurred=frozenset({(path, blurred)}))
    evidence = assemble(with_shared_state(run, sources), frozenset())
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


def _units(content: str) -> dict[tuple[str, str], BitMap]:
    units: dict[tuple[str, str], BitMap] = {}
    for reference in referred(content):
        units.setdefault((reference.name, reference.root), BitMap()).add(reference.unit)
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
        pytest.param(
            """
            def kept(function):
                cache = {}
                def get():
                    if 1 not in cache:
                        cache[1] = function()
                    return cache[1]
                return get
            def handed(function):
                return kept(function)
            def load():
                return make()
            def make():
                return 1
            get = handed(load)
            """,
            ["5", "6", "12", "14"],
            ["5"],
            id="closure-made-on-import",
        ),
        pytest.param(
            """
            class Memo:
                def __init__(self, function):
                    self.function = function
                    self.table = {}
                def __call__(self, key):
                    if key not in self.table:
                        self.table[key] = self.function(key)
                    return self.table[key]
            @Memo
            def load(key):
                return make()
            def make():
                return 1
            """,
            ["7", "8", "12", "14"],
            ["7"],
            id="class-as-a-decorator",
        ),
        pytest.param(
            """
            class Source:
                value = None
                def use(self, handler):
                    self.handlers.append(handler)
                def get(self):
                    if self.value is None:
                        for handler in self.handlers:
                            self.value = handler()
                    return self.value
            def load():
                return make()
            def make():
                return 1
            SOURCE = Source()
            SOURCE.use(load)
            """,
            ["7", "8", "9", "12", "14"],
            ["7"],
            id="handlers",
        ),
        pytest.param(
            """
            @dataclass
            class Source:
                function: object
                value: object = None
                def get(self):
                    if self.value is None:
                        self.value = self.function()
                    return self.value
            def load():
                return make()
            def make():
                return 1
            SOURCE = Source(load)
            """,
            ["7", "8", "11", "13"],
            ["7"],
            id="field",
        ),
        pytest.param(
            """
            class Single(type):
                table = {}
                def __call__(cls):
                    if cls not in Single.table:
                        Single.table[cls] = super().__call__()
                    return Single.table[cls]
            class One(metaclass=Single):
                def __init__(self):
                    self.value = make()
            def make():
                return 1
            """,
            ["5", "6", "10", "12"],
            ["5"],
            id="metaclass",
        ),
        pytest.param(
            """
            TABLE = {}
            def get():
                fill(TABLE)
                return TABLE
            def fill(table):
                if 1 not in table:
                    table[1] = make()
            def make():
                return 1
            """,
            ["4", "7", "8", "10"],
            ["4", "7"],
            id="argument",
        ),
        pytest.param(
            """
            TABLE = {}
            def get():
                return run(fill, TABLE)
            def fill(table):
                if 1 not in table:
                    table[1] = make()
            def make():
                return 1
            """,
            ["4", "6", "7", "9"],
            ["4", "6"],
            id="argument-of-a-function-that-is-handed-out",
        ),
        pytest.param(
            """
            TABLE = {}
            def get():
                if not TABLE:
                    rows = make()
                    for row in rows:
                        TABLE[row] = 1
                return TABLE
            def make():
                return [1]
            """,
            ["4", "5", "7", "10"],
            ["4"],
            id="computed-before-a-loop",
        ),
    ],
)
def test_those_that_find_state_filled(source: str, filled: list[str], found: list[str]) -> None:
    """What filled the state counts for those that found it filled, and for no others."""
    assert dependents(source, "make", first=filled, second=found) == {"first", "second"}


@pytest.mark.parametrize(
    ("source", "filled", "found"),
    [
        pytest.param(
            """
            VALUE = None
            def get():
                global VALUE
                VALUE = VALUE or make()
                return VALUE
            def make():
                return 1
            """,
            ["5", "8"],
            ["5"],
            id="within-an-expression",
        ),
        pytest.param(
            """
            def get():
                global get
                get = lambda: value
                value = make()
            def make():
                return 1
            """,
            ["3", "7"],
            ["3"],
            id="replaces-itself",
        ),
        pytest.param(
            """
            class Table(dict):
                def __missing__(self, key):
                    self[key] = make()
            TABLE = Table()
            def get():
                return TABLE[1]
            def make():
                return 1
            """,
            ["4", "7", "9"],
            ["7"],
            id="missing-item",
        ),
        pytest.param(
            """
            class Settings:
                def __getattr__(self, name):
                    setattr(self, name, make())
            class App:
                def __init__(self):
                    self.settings = Settings()
            APP = App()
            def get():
                return APP.settings.rate
            def make():
                return 1
            """,
            ["4", "10", "12"],
            ["10"],
            id="missing-attribute-of-an-object-in-another",
        ),
        pytest.param(
            """
            class Once:
                def __init__(self, function):
                    self.function = function
                def __get__(self, instance, owner):
                    instance.__dict__["rate"] = self.function(instance)
            class Shop:
                @Once
                def rate(self):
                    return make()
            def get(shop):
                return shop.rate
            def make():
                return 1
            """,
            ["6", "10", "12", "14"],
            ["12"],
            id="descriptor",
        ),
        pytest.param(
            """
            TABLE = defaultdict(make)
            def get():
                return TABLE[1]
            def make():
                return 1
            """,
            ["4", "6"],
            ["4"],
            id="factory",
        ),
        pytest.param(
            """
            def generate():
                yield make()
            VALUES = generate()
            def get():
                return next(VALUES)
            def make():
                return 1
            """,
            ["3", "6", "8"],
            ["6"],
            id="generator",
        ),
    ],
)
def test_those_that_ran_nothing_of_it(source: str, filled: list[str], found: list[str]) -> None:
    """Where the look is no code of the project's, or the same block, its users count."""
    assert dependents(source, "make", first=filled, second=found) == {"first", "second"}


@pytest.mark.parametrize(
    ("source", "filled", "found"),
    [
        pytest.param(
            """
            def get():
                fill({})
            def fill(table):
                if 1 not in table:
                    table[1] = make()
            def make():
                return 1
            """,
            ["3", "5", "6", "8"],
            ["3", "5"],
            id="new-argument",
        ),
        pytest.param(
            """
            def get():
                table = build()
                if 1 not in table:
                    table[1] = make()
            def build():
                return {}
            def make():
                return 1
            """,
            ["3", "5", "7", "9"],
            ["3", "7"],
            id="new-result",
        ),
        pytest.param(
            """
            class Context:
                def __init__(self):
                    self.values = {}
            def fill(context):
                if 1 not in context.values:
                    context.values[1] = make()
            def get(contexts):
                for context in contexts:
                    fill(context)
            def make():
                return 1
            """,
            ["4", "6", "7", "9", "12"],
            ["4", "6", "9"],
            id="object-that-only-tests-make",
        ),
    ],
)
def test_those_that_find_nothing_filled(source: str, filled: list[str], found: list[str]) -> None:
    """What ends with the test, or is none of the project's code, is not given to others."""
    assert dependents(source, "make", first=filled, second=found) == {"first"}


@pytest.mark.parametrize(
    ("line", "call", "symbol"),
    [
        ("from elsewhere import load", "load()", "load"),
        ("import elsewhere as load", "load.x", "load"),
        ("", "list()", "list"),
        ("from state import load", "load()", ""),
        ("", "load()", ""),
        ("from elsewhere import load", "value.load()", ""),
    ],
)
def test_names_that_are_not_the_project_s(line: str, call: str, symbol: str) -> None:
    """A name of the file that comes from elsewhere, or is built in, leads to no project code."""
    source = f"""
        class Shop:
            def {symbol or "load"}(self):
                return make()
        def make():
            return 1
        """
    fill = f"""\
        {line}
        STATE = None
        def get(value):
            global STATE
            if STATE is None:
                STATE = {call}
        """
    found = dependents(
        source,
        "make",
        first=["4", "6"],
        second=[],
        used=fill,
        first_used=["5", "6"],
        second_used=["5"],
    )

    assert found == ({"first"} if symbol else {"first", "second"})


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


def test_those_of_which_only_calls_are_known() -> None:
    """Where it is not known how far a function ran, each may have found what it fills."""
    source = (
        "X = None\ndef get():\n    global X\n    if not X:\n        X = make()\ndef make(): pass\n"
    )
    ran = {"first": ["4", "5", "6"], "second": ["4", "5"]}

    assert dependents(source, "make", **ran) == {"first"}
    assert dependents(source, "make", blurred="get", **ran) == {"first", "second"}


def test_state_that_nobody_filled_in_a_test() -> None:
    """Where nobody ran the filling block, nothing is added."""
    source = "X = None\ndef get():\n    global X\n    if a:\n        X = make()\ndef make(): pass\n"

    assert dependents(source, "make", first=["4"], second=["4"]) == set()


def test_what_a_method_reads_of_its_object_is_no_variable_of_another_class() -> None:
    """Only what is bound in the object's own classes can have been put there on import."""
    source = """
        class Field:
            name = None
            def bind(self):
                self.name = self.name or "field"
        class Unrelated:
            @property
            def name(self):
                return made()
        def made():
            return Helper()
        class Helper:
            def __init__(self):
                self.x = 1
        class Schema:
            name = made()
        SHARED = Field()
        """
    ran = ["5", "11", "14"]
    assert dependents(source, "made", first=ran, second=["5"]) == {"first"}


def test_a_constructor_that_ran_on_import_is_over_when_what_it_made_is_used() -> None:
    """Its operators are not: those who find the state filled may depend on them."""
    source = """
        LIMIT = Limit()
        STATE = None
        class Limit:
            def __init__(self):
                self.x = 1
            def __add__(self, other):
                return 1
        def get():
            global STATE
            if STATE is None:
                STATE = LIMIT + 1
            return STATE
        """
    ran = ["6", "8", "11", "12"]
    assert dependents(source, "Limit.__init__", first=ran, second=["11"]) == {"first"}
    assert dependents(source, "Limit.__add__", first=ran, second=["11"]) == {"first", "second"}
