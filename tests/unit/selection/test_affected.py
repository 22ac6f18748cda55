"""From a change to the tests that it affects, one rule per kind of change."""

from dataclasses import replace
from importlib.machinery import FrozenImporter

import pytest
from tests.unit.fakes import Session, affected, affected_in, edited, select, store
from tests.unit.selection.shop import EVERY, FILES, OF_TAX, RAN, SESSION, names

from impact_select.model.ids import RepoPath
from impact_select.model.recorded import OPAQUE_READ, Read, ReadKind
from impact_select.model.selection import Subset

SHOP = store(SESSION)
TAX, ITEMS, CONFTEST = "shop/tax.py", "shop/items.py", "tests/conftest.py"
OF_ITEMS = {"total", "name", "show"}
OF_TEST_TAX = {"vat", "negative", "table", "nothing"}
UNUSED = '\n\ndef unused():\n    """Nobody runs it."""\n    return 1\n'
NAME = "    def name(self):\n        return self.kind\n\n"
OTHER = 'class Other:\n    weight = 9\n\n    def show(self):\n        return "other"\n'
FIXTURE = "@pytest.fixture\ndef price():\n    return 3\n"
HOOK = "def pytest_configure(config):\n    config.prices = 1\n"


@pytest.mark.parametrize(
    ("path", "edit", "expected"),
    [
        # -- functions
        pytest.param(
            TAX, ("price * rate", "price + rate"), {"vat", "negative", "total"}, id="body"
        ),
        pytest.param(TAX, ("raise ValueError", "raise KeyError"), {"negative"}, id="branch"),
        pytest.param(
            TAX,
            ("vat(price, rate", "vat(price, tax"),
            {"vat", "negative", "total", "dotted"},
            id="parameter",
        ),
        pytest.param(TAX, ("rate=RATE", "rate=5"), {"vat", "negative", "total"}, id="default"),
        pytest.param(
            TAX,
            ("def vat", "from functools import cache\n\n\n@cache\ndef vat"),
            {"vat", "negative", "total", "dotted"},
            id="decorator",
        ),
        pytest.param(TAX, ("def vat", "@register\ndef vat"), OF_TAX, id="decorator-that-acts"),
        pytest.param(
            TAX,
            ('def table():\n    return TABLE["std"]\n', ""),
            # Their file imports the name, and the import fails now.
            OF_TEST_TAX,
            id="function-removed",
        ),
        pytest.param(TAX, ("def vat", "def sum(): pass\ndef vat"), set(), id="function-added"),
        # -- variables and what else runs on import
        pytest.param(
            TAX,
            ("RATE = 2", "RATE = 3"),
            {"vat", "negative", "total", "table", "doubled"},
            id="variable",
        ),
        pytest.param(TAX, ('{"std": RATE}', '{"std": 4}'), {"table"}, id="table"),
        pytest.param(TAX, ('{"std": RATE}', "make()"), OF_TAX, id="variable-that-may-fail"),
        pytest.param(
            TAX,
            ('RATE = 2\nTABLE = {"std": RATE}', 'TABLE = {"std": 2}'),
            OF_TAX,
            id="variable-removed-that-a-default-reads",
        ),
        pytest.param(TAX, ('TABLE = {"std": RATE}\n', ""), {"table"}, id="variable-removed"),
        pytest.param(TAX, ("RATE = 2", "print()\nRATE = 2"), OF_TAX, id="effect"),
        pytest.param(TAX, ("RATE = 2", "__all__ = []\nRATE = 2"), {"doubled"}, id="all"),
        pytest.param(ITEMS, ("import tax", "import tax\nimport unknown"), OF_ITEMS, id="import"),
        # -- classes
        pytest.param(ITEMS, ('kind = "base"', 'kind = "x"'), {"name"}, id="attribute"),
        pytest.param(ITEMS, ("price = 1", "price = 2"), {"total"}, id="attribute-of-a-subclass"),
        pytest.param(
            ITEMS,
            ("price = 1", 'price = 1\n    kind = "item"'),
            {"name"},
            id="attribute-overridden",
        ),
        pytest.param(
            ITEMS,
            ("price = 1\n", "price = 1\n\n    def name(self): return 1\n"),
            {"name"},
            id="method-overridden",
        ),
        pytest.param(
            ITEMS,
            ("price = 1\n", "price = 1\n\n    def __len__(self): return 0\n"),
            {"total", "name"},
            id="special-method-added",
        ),
        pytest.param(ITEMS, (NAME, ""), {"name"}, id="method-removed"),
        pytest.param(ITEMS, ("Item(Base)", "Item"), {"total", "name"}, id="base-removed"),
        pytest.param(ITEMS, ("Item(Base)", "Item(Base, Foreign)"), OF_ITEMS, id="base-added"),
        pytest.param(ITEMS, (OTHER, ""), OF_ITEMS, id="class-removed"),
        pytest.param(ITEMS, ("class Other", "class Shown"), OF_ITEMS, id="class-renamed"),
        # -- pytest
        pytest.param(CONFTEST, ("return 3", "return 4"), {"vat"}, id="fixture-body"),
        pytest.param(
            CONFTEST, ("pytest.fixture", "pytest.fixture(scope='module')"), {"vat"}, id="scope"
        ),
        pytest.param(CONFTEST, (FIXTURE, ""), {"vat"}, id="fixture-removed"),
        pytest.param(
            CONFTEST, ("pytest.fixture", "pytest.fixture(autouse=True)"), EVERY, id="autouse"
        ),
        pytest.param(CONFTEST, (HOOK, ""), EVERY, id="hook-removed"),
        pytest.param(
            CONFTEST,
            (HOOK, f"{HOOK}\n\ndef pytest_runtest_setup(): pass\n"),
            EVERY,
            id="hook-added",
        ),
        pytest.param("tests/test_tax.py", ("== 6", "== 7"), {"vat"}, id="test-body"),
        pytest.param(
            "tests/test_tax.py",
            ("def test_table", "@pytest.mark.slow\ndef test_table"),
            {"table"},
            id="mark",
        ),
        pytest.param(
            "tests/test_tax.py",
            ("import pytest\n", "import pytest\n\npytestmark = pytest.mark.slow\n"),
            OF_TEST_TAX,
            id="marks-of-a-module",
        ),
        pytest.param(
            "tests/test_items.py",
            ("class TestItem:", "class TestItem:\n    pytestmark = []"),
            {"total", "name"},
            id="marks-of-a-class",
        ),
        # -- files
        pytest.param("shop/star.py", None, {"doubled"}, id="file-removed"),
        pytest.param("shop/star.py", "def (", {"doubled"}, id="file-that-does-not-parse"),
        pytest.param(CONFTEST, None, EVERY, id="conftest-removed"),
        pytest.param("shop/__init__.py", "print()", OF_TAX, id="package"),
        pytest.param("tests/test_tax.py", "x = 1", set(), id="tests-that-are-gone"),
    ],
)
def test_a_change_affects(path: str, edit: object, expected: set[str]) -> None:
    """A change affects the tests that ran what changed, or that its value reaches."""
    assert names(affected_in(SHOP, edited(FILES, {path: edit}))) == expected


@pytest.mark.parametrize(
    ("path", "edit"),
    [
        pytest.param(TAX, ("RATE = 2", "RATE = (2)  # why"), id="comment"),
        pytest.param(TAX, ("Taxes", "Duties"), id="docstring-of-a-module"),
        pytest.param(TAX, ("Nobody", "Somebody"), id="docstring"),
        pytest.param(TAX, ("    return 1\n", "    return 2\n"), id="function-that-nobody-runs"),
        pytest.param(TAX, (UNUSED, "\n"), id="function-that-nobody-runs-removed"),
        pytest.param(TAX, ("vat(price,", "vat(price: int,"), id="annotation"),
        pytest.param(ITEMS, ("weight = 9", "weight = 8"), id="attribute-that-nobody-reads"),
        pytest.param(
            ITEMS,
            ("    def shared(self):\n        return 1\n", ""),
            id="method-that-nobody-refers-to",
        ),
        pytest.param(ITEMS, (OTHER, f"{OTHER}\n\nclass New:\n    pass\n"), id="class-added"),
        pytest.param(ITEMS, ("import tax", "import tax\nimport json"), id="known-import"),
        pytest.param("data/prices.json", "[]", id="data-that-nobody-reads"),
        pytest.param("data/new.json", "[]", id="new-data"),
        pytest.param("README.md", "Read.", id="new-text"),
    ],
)
def test_a_change_affects_nobody(path: str, edit: object) -> None:
    """What no test can notice affects none."""
    assert affected_in(SHOP, edited(FILES, {path: edit})) == set()


def test_nothing_changed() -> None:
    """The recorded state affects no test."""
    selection = select(SHOP, FILES)

    assert isinstance(selection, Subset)
    assert not selection.affected
    assert names(set(selection.unaffected)) == EVERY
    assert selection.saved_s == len(RAN)


def test_causes() -> None:
    """A selected test carries the change and the way from there to what it ran."""
    selection = select(SHOP, edited(FILES, {TAX: ("RATE = 2", "RATE = 3")}))

    assert isinstance(selection, Subset)
    (cause,) = selection.affected["tests/test_tax.py::test_table"]
    assert cause.kind == "variable-changed"
    assert cause.change == "shop/tax.py::RATE variable-changed"
    assert cause.chain == ("shop/tax.py::TABLE", "shop/tax.py::table")


@pytest.mark.parametrize(
    "source",
    [
        "import shop.tax\ndef look(name): return getattr(shop.tax, name)",
        "from shop import tax\ndef look(name): return getattr(tax, name)",
        "from shop import tax as t\ndef look(name): return vars(t)[name]",
        "from shop import tax\ndef look(name): return search(tax, name)\ndef search(a, b): a.RATE",
        "import shop.tax\ndef look(name): return search(shop.tax)\ndef search(a): return a.RATE",
        "import shop.tax\ndef look(name): return operator.attrgetter('RATE')(shop.tax)",
        "def look(name): return load('shop.tax.RATE')",
        "def look(name): return load('shop.tax:RATE')",
        "def look(name):\n    from shop.tax import RATE\n    return RATE",
        "def look(name):\n    import shop.tax\n    return shop.tax.RATE",
        "from shop.tax import *\ndef look(name): return globals()[name]",
        "try:\n    import nowhere as t\nexcept ImportError:\n    import shop.tax as t\n"
        "def look(name): return t.RATE",
        "from shop.tax import RATE\ntable = {'a': RATE}\ndef look(name): return table['a']",
        "from shop.tax import RATE as R\nclass C:\n    r = R\ndef look(name): return C.r",
        "from shop.tax import RATE\ndef look(name, rate=RATE): return rate",
        "from shop.tax import RATE\nlook = lambda name: RATE",
    ],
)
def test_ways_to_reach_a_variable(source: str) -> None:
    """A variable reaches the tests that ran code which finds it, however it is found."""
    files = {
        "shop/__init__.py": "",
        "shop/tax.py": "RATE = 2\n",
        "look.py": source,
        "test_look.py": "import look\ndef test_it():\n    look.look('RATE')\n",
        "test_other.py": "import look\ndef test_other(): pass\n",
    }
    ran = {"test_look.py::test_it": ["look.py::look"], "test_other.py::test_other": []}
    if "def search" in source:
        ran["test_look.py::test_it"].append("look.py::search")
    dynamic = {"look.py::look": ["shop/tax.py"]} if "load" in source else {}

    found = affected(Session(files, ran, dynamic=dynamic), {"shop/tax.py": "RATE = 3\n"})

    assert names(found) == {"it"}


# -- owners beside tests ----------------------------------------------------------------------

HELPER = {
    "helper.py": "def make():\n    return build()\n\n\ndef build():\n    return 1\n",
    "test_a.py": "def test_one(): pass\n\n\ndef test_two(): pass\n",
    "test_b.py": "import helper\n\n\ndef test_three(): pass\n",
}


def test_a_shared_fixture_affects_every_user() -> None:
    """What a wider fixture ran counts for all that use it, whoever came first."""
    session = Session(
        HELPER,
        {"test_a.py::test_one": [], "test_a.py::test_two": [], "test_b.py::test_three": []},
        shared={"db": (["helper.py::make"], ["test_a.py::test_one", "test_b.py::test_three"])},
    )

    found = affected(session, {"helper.py": ("return build()", "return 2")})

    assert names(found) == {"one", "three"}


def test_a_docstring_that_a_doctest_is() -> None:
    """A docstring affects the doctests of its file."""
    session = Session(
        {"a.py": 'def f():\n    """Say.\n\n    >>> f()\n    """\n    return None\n'},
        {"a.py::a.f": ["a.py::f"]},
        doctests=["a.py::a.f"],
    )

    assert affected(session, {"a.py": (">>> f()", ">>> f() or 1")}) == {"a.py::a.f"}


def test_a_docstring_that_code_reads() -> None:
    """A docstring affects the tests that ran a reader of docstrings."""
    session = Session(
        {
            "a.py": "def f():\n    'One.'\n",
            "test_a.py": "import a\ndef test_doc(): a.f.__doc__\ndef test_other(): a.f()\n",
        },
        {"test_a.py::test_doc": [], "test_a.py::test_other": ["a.py::f"]},
    )

    assert names(affected(session, {"a.py": ("One", "Two")})) == {"doc"}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("@app.command()\ndef f():\n    'One.'\n", "f"),
        ("@app.register\nclass C:\n    'One.'\n", "C"),
        ("class C(Foreign):\n    'One.'\n    def m(self): pass\n", "C"),
        ("class C(Foreign):\n    def m(self):\n        'One.'\n", "C"),
        ("def make():\n    @app.command()\n    def f():\n        'One.'\n    return f\n", "make"),
        ("def make():\n    class C(Foreign):\n        'One.'\n    return C\n", "make"),
    ],
)
def test_a_docstring_that_others_may_read(source: str, name: str) -> None:
    """A docstring counts where somebody else's decorator or base class gets hold of it."""
    files = {"a.py": source, "test_a.py": f"import a\ndef test_it():\n    a.{name}\n"}
    session = Session(files, {"test_a.py::test_it": ["a.py::make"] if name == "make" else []})

    assert names(affected(session, {"a.py": ("One", "Two")})) == {"it"}


# -- inputs -----------------------------------------------------------------------------------

READER = {
    "load.py": "def load(name):\n    return open(name)\n\n\ndef cached():\n    return CACHE\n",
    "data/a.json": "{}",
    "data/b.json": "{}",
    "test_a.py": "import load\n"
    + "".join(f"def test_{n}(): pass\n" for n in ("one", "two", "three")),
}
ONE, TWO, THREE = (f"test_a.py::test_{name}" for name in ("one", "two", "three"))


def reading(**reads: Read) -> Session:
    """Give a session of three tests, some of which look at something."""
    by_test = {f"test_a.py::test_{name}": [read] for name, read in reads.items()}
    return Session(READER, {ONE: [], TWO: [], THREE: []}, reads=by_test)


@pytest.mark.parametrize(
    ("kind", "path", "edit"),
    [
        (ReadKind.CONTENT, "data/a.json", "[]"),
        (ReadKind.STATUS, "data/a.json", "[]"),
        (ReadKind.CONTENT, "data/a.json", None),
        (ReadKind.STATUS, "data/a.json", None),
        (ReadKind.MISSING, "data/c.json", "[]"),
        (ReadKind.LISTING, "data", "data/c.json"),
        (ReadKind.LISTING, "data", "-data/a.json"),
        (ReadKind.LISTING, "", "new.json"),
        (ReadKind.MISSING, "other", "other/c.json"),
        (ReadKind.CONTENT, "load.py", "# more\n"),
    ],
)
def test_a_changed_input_affects_those_that_looked(
    kind: ReadKind, path: str, edit: str | None
) -> None:
    """An input that changed, came or went affects the tests that looked at it that way."""
    session = reading(one=Read(RepoPath(path), kind), two=Read(RepoPath("data/b.json"), kind))
    edits: dict[str, object] = {path: edit}
    if kind is ReadKind.LISTING or path == "other":
        edits = {edit.removeprefix("-"): None if edit.startswith("-") else "[]"} if edit else {}
    if path == "load.py":
        edits = {path: READER[path] + str(edit)}

    assert affected(session, edits) == {ONE}


@pytest.mark.parametrize(
    ("kind", "path", "edits"),
    [
        (ReadKind.LISTING, "data", {"data/a.json": "[]"}),
        (ReadKind.LISTING, "data", {"other/c.json": "[]"}),
        (ReadKind.MISSING, "data/c.json", {"data/d.json": "[]"}),
        (ReadKind.STATUS, "load.py", {"load.py": READER["load.py"] + "# more\n"}),
    ],
)
def test_an_input_that_is_as_it_was(kind: ReadKind, path: str, edits: dict[str, object]) -> None:
    """A look at something else, or in another way, gives the same answer as before."""
    assert affected(reading(one=Read(RepoPath(path), kind)), edits) == set()


@pytest.mark.parametrize("folder", ["new.dist-info", "data/New.egg-info", "data/EGG-INFO"])
def test_a_described_distribution_that_comes_or_goes(folder: str) -> None:
    """Entry points are found in it by whoever looks, pytest before all tests among them."""
    session = reading()
    described = Session({**READER, f"{folder}/METADATA": ""}, session.ran)

    assert affected(session, {f"{folder}/METADATA": ""}) == {ONE, TWO, THREE}
    assert affected(described, {f"{folder}/METADATA": None}) == {ONE, TWO, THREE}
    assert affected(described, {f"{folder}/METADATA": "Name: new"}) == set()


def test_an_input_that_code_asked_for() -> None:
    """A cached input counts for all that ran the code which asked for it."""
    read = Read(RepoPath("data/a.json"), ReadKind.CONTENT)
    session = Session(
        READER,
        {ONE: ["load.py::load"], TWO: ["load.py::load"], THREE: ["load.py::cached"]},
        reads={ONE: [read]},
        asked={"load.py::load": [read]},
    )

    assert affected(session, {"data/a.json": "[]"}) == {ONE, TWO}


@pytest.mark.parametrize("path", ["data/a.json", "data/new.json", "README.md"])
def test_an_opaque_test_is_affected_by_any_change(path: str) -> None:
    """A test with child processes that were not recorded runs whatever changed."""
    assert affected(reading(one=OPAQUE_READ), {path: "[]"}) == {ONE}


def test_an_opaque_test_is_not_affected_by_text() -> None:
    """A comment changes nothing that a child process could run."""
    edits = {"load.py": READER["load.py"] + "# more\n"}

    assert affected(reading(one=OPAQUE_READ), edits) == set()


def test_a_mode() -> None:
    """A file whose mode changed affects those that ran, imported or looked at it."""
    session = reading(one=Read(RepoPath("data/a.json"), ReadKind.STATUS))
    kept = store(session)

    assert affected_in(kept, READER, modes={"data/a.json": "100755"}) == {ONE}
    assert affected_in(kept, READER, modes={"load.py": "100755"}) == {ONE, TWO, THREE}


# -- new modules ------------------------------------------------------------------------------

IMPORTING = {
    "app/__init__.py": "",
    "app/core.py": "def f():\n    try:\n        import fast\n    except ImportError: pass\n",
    "app/use.py": "import json\nimport os, time, math\nfrom os import path\n"
    "import yaml.nodes\nfrom app import helper\n",
    "helper.py": "",
    "app/helper.py": "",
    "test_a.py": "from app import core\ndef test_core(): pass\n",
    "test_b.py": "from app import use\ndef test_use(): pass\n",
}
IMPORTED = Session(
    IMPORTING,
    {"test_a.py::test_core": ["app/core.py::f"], "test_b.py::test_use": []},
    missing={"app/core.py::f": ["fast"]},
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("fast.py", {"core"}, id="looked-for-in-vain"),
        pytest.param("fast/__init__.py", {"core"}, id="package-looked-for-in-vain"),
        pytest.param("json.py", {"use"}, id="hides-the-standard-library"),
        pytest.param("yaml/__init__.py", {"use"}, id="hides-a-distribution"),
        pytest.param("app/helper/__init__.py", {"use"}, id="hides-a-module"),
        pytest.param("conftest.py", {"core", "use"}, id="conftest"),
        pytest.param("math.py", {"use"}, id="built-in-by-some-interpreters"),
        pytest.param("os.py", set(), id="frozen"),
        pytest.param("os/__init__.py", set(), id="package-named-like-a-frozen-module"),
        pytest.param("os/path.py", {"use"}, id="below-a-frozen-module"),
        pytest.param("time.py", set(), id="built-in"),
        pytest.param("other.py", set(), id="nobody-imports-it"),
        pytest.param("app/other.py", set(), id="nobody-imports-it-from-a-package"),
    ],
)
def test_a_new_module(path: str, expected: set[str]) -> None:
    """A new module affects the imports that find it now instead of another, or of nothing."""
    assert names(affected(IMPORTED, {path: "x = 1\n"})) == expected


def test_a_new_module_without_frozen_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Python uses none of its frozen modules, a file can hide any of them."""
    monkeypatch.setattr(FrozenImporter, "find_spec", lambda name: None)

    assert names(affected(IMPORTED, {"os.py": "x = 1\n"})) == {"use"}
    assert affected(IMPORTED, {"time.py": "x = 1\n"}) == set()


def test_a_new_module_that_somebody_listed_or_missed() -> None:
    """A file that can capture no import is there all the same."""
    read = {"test_a.py::test_one": [Read(RepoPath("time.py"), ReadKind.MISSING)]}
    session = Session(
        READER,
        {ONE: [], TWO: ["load.py::load"], THREE: []},
        reads=read,
        missing={"load.py::load": ["time.zone"]},
    )

    assert affected(session, {"time.py": "x = 1\n"}) == {ONE, TWO}


def test_a_new_package_file() -> None:
    """A new `__init__.py` affects all that import from its folder."""
    session = Session(
        {"app/core.py": "", "test_a.py": "import app.core\ndef test_a(): pass\n", "test_b.py": ""},
        {"test_a.py::test_a": [], "test_b.py::test_b": []},
    )

    assert names(affected(session, {"app/__init__.py": "print()"})) == {"a"}


# -- files that were not outlined -------------------------------------------------------------


def test_a_file_that_did_not_parse() -> None:
    """A Python file without an outline affects all that depend on it, whatever changed."""
    session = Session(
        {"a.py": "x = 1\n", "test_a.py": "import a\ndef test_a(): pass\n"},
        {"test_a.py::test_a": []},
    )
    addition = session.addition()
    kept = store()
    kept._add(replace(addition, outlines={}))

    assert names(affected_in(kept, edited(session.files, {"a.py": "x = 1  # one\n"}))) == {"a"}


def test_a_file_whose_references_are_not_known() -> None:
    """Anything in it may refer to anything, so any value that changes reaches it."""
    files = {
        "a.py": "X = 1\n",
        "b.py": "import a\ndef f(): pass\n",
        "test_b.py": "import b\ndef test_f(): pass\ndef test_other(): pass\n",
    }
    ran = {"test_b.py::test_f": ["b.py::f"], "test_b.py::test_other": []}

    assert affected(Session(files, ran), {"a.py": "X = 2\n"}) == set()
    assert affected(Session(files, ran, unread=["b.py"]), {"a.py": "X = 2\n"}) == set(ran)
