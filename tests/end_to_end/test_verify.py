"""`impact verify --attribution`: real suites, recorded in several orders."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.checkout import SHOP, Checkout, Done, make_checkout

SETTINGS = '[tool.pytest.ini_options]\npythonpath = ["."]\ntestpaths = ["tests"]\n'
TABLES = (
    "import functools\n"
    "import os\n"
    "from pathlib import Path\n\n"
    "STATE = {}\n"
    "_single = None\n\n\n"
    "def rows():\n    return ['19', '7']\n\n\n"
    "def saved(text=None):\n"
    "    path = Path(os.environ['SHARED_FOLDER'], f'rates-{os.getpid()}.txt')\n"
    "    if text is not None:\n"
    "        path.write_text(text)\n"
    "    return path.read_text().split() if path.exists() else []\n\n\n"
    "def in_a_file():\n"
    "    found = saved()\n"
    "    if found:\n"
    "        return found\n"
    "    return saved(' '.join(rows()))\n\n\n"
    "def in_a_dict():\n"
    "    if 'rows' not in STATE:\n"
    "        STATE['rows'] = rows()\n"
    "    return STATE['rows']\n\n\n"
    "def in_a_global():\n"
    "    global _single\n"
    "    if _single is None:\n"
    "        _single = rows()\n"
    "    return _single\n\n\n"
    "@functools.cache\n"
    "def in_a_cache():\n    return rows()\n\n\n"
    "def in_the_environment():\n"
    "    if 'SHOP_ROWS' not in os.environ:\n"
    "        os.environ['SHOP_ROWS'] = ' '.join(rows())\n"
    "    return os.environ['SHOP_ROWS'].split()\n"
)


TESTS = (
    "import pytest\n"
    "from shop import tables\n\n\n"
    "@pytest.mark.parametrize('name', sorted(n for n in vars(tables) if n.startswith('in_')))\n"
    "def test_rows(name):\n    assert getattr(tables, name)()[0] == '19'\n\n\n"
    "def test_table(table):\n    assert table[0] == '19'\n"
)
SHAKEN = {
    "shop/__init__.py": "",
    "shop/tables.py": TABLES,
    "tests/conftest.py": (
        "import pytest\nfrom shop import tables\n\n\n"
        "@pytest.fixture(scope='session')\ndef table():\n    return tables.rows()\n"
    ),
    "tests/test_one.py": TESTS,
    "tests/test_two.py": f"{TESTS}\n\ndef test_broken():\n    assert tables.in_a_file() == 0\n",
    "tests/order/test_order.py": (
        "SEEN = []\n\n\ndef test_first():\n    SEEN.append(1)\n\n\n"
        "def test_second():\n    assert SEEN\n"
    ),
    "pyproject.toml": SETTINGS,
    ".gitignore": "__pycache__/\n",
}
"""Five ways to keep state, four of which selection sees, and a fixture; two tests need each.

One more test fails in any order, and one passes in one order only.
"""


def verify(checkout: Checkout, *arguments: str) -> Done:
    """Run the command; what the tests share is in a folder of its own."""
    shared = checkout.top.parent / "shared"
    shared.mkdir(exist_ok=True)
    return checkout.impact(
        "verify", "--attribution", "--seed", "4", *arguments, SHARED_FOLDER=str(shared)
    )


@pytest.fixture(scope="module")
def shaken(own_settings: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Any]:
    """Give the report on a project with shared state, and the same as JSON."""
    checkout = make_checkout(tmp_path_factory.mktemp("shaken") / "shop", SHAKEN)
    return (
        verify(checkout, "--rounds", "1"),
        json.loads(verify(checkout, "--rounds", "1", "--format", "json").out),
    )


def test_what_was_compared(shaken: tuple[Done, Any]) -> None:
    """The report begins with the orders; a test that fails in both is selected in any case."""
    assert shaken[0].status == 1, shaken[0].out + shaken[0].err
    assert shaken[0].out.startswith(
        "13 tests compared in 2 orders:\n"
        "  collected order\n"
        "  shuffled order 4\n"
        "not compared, because they fail in every order: 1\n"
        "\n"
        "What 2 tests are credited with depends on the\norder."
    )


def test_state_in_a_file(shaken: tuple[Done, Any]) -> None:
    """What fills a file outside the project is credited to whoever comes first: a finding.

    The line that reads it, if it is there already, is none.
    """
    assert (
        "\nshop/tables.py::in_a_file (line 24)\n"
        "shop/tables.py::rows (line 10)\n"
        "shop/tables.py::saved (line 16)\n"
        "  credited in collected order to\n"
        "    tests/test_one.py::test_rows[in_a_file]\n"
        "  credited in shuffled order 4 to\n"
        "    tests/test_two.py::test_rows[in_a_file]\n"
    ) in shaken[0].out


def test_state_that_selection_sees(shaken: tuple[Done, Any]) -> None:
    """In a cache, a dictionary, a global, a fixture: a change selects all that find it."""
    named = {place["symbol"] for one in shaken[1]["shared"] for place in one["places"]}

    assert named == {"in_a_file", "rows", "saved"}


def test_json(shaken: tuple[Done, Any]) -> None:
    """The same for programs, with nothing else on standard output."""
    found = shaken[1]
    (shared,) = found["shared"]

    assert found["compared"] == 13
    assert [order["seed"] for order in found["orders"]] == [None, 4]
    assert shared["places"] == [
        {"credit": "code", "path": "shop/tables.py", "symbol": symbol, "lines": [line, line]}
        for symbol, line in (("in_a_file", 24), ("rows", 10), ("saved", 16))
    ]
    assert shared["tests"] == {
        "collected order": ["tests/test_one.py::test_rows[in_a_file]"],
        "shuffled order 4": ["tests/test_two.py::test_rows[in_a_file]"],
    }
    assert found["failing"] == ["tests/test_two.py::test_broken"]


def test_a_test_that_needs_another_one(shaken: tuple[Done, Any]) -> None:
    """A test that passes in one order only is no evidence of anything; it is named by itself."""
    assert shaken[0].out.endswith(
        "  tests/order/test_order.py::test_second\n"
        "    passed in collected order\n"
        "    failed in shuffled order 4\n"
    )


def test_a_project_without_shared_state(shop: Checkout) -> None:
    """Nothing is found, and nothing is left in the project: no map, no pytest cache."""
    map_before, files = shop.map.read_bytes(), shop.git("status", "--short", "--ignored")

    done = verify(shop)

    assert done.status == 0, done.out + done.err
    assert done.out == (
        "7 tests compared in 3 orders:\n"
        "  collected order\n  shuffled order 4\n  shuffled order 4, reversed\n\n"
        "Nothing found: a change of any unit or file selects the same tests after each.\n"
    )
    assert shop.map.read_bytes() == map_before
    assert shop.git("status", "--short", "--ignored") == files


def test_what_pytest_is_given(tmp_path: Path) -> None:
    """Arguments after -- choose the tests as usual; what pytest says is not on standard output."""
    shop = make_checkout(tmp_path / "shop", SHOP)

    done = verify(shop, "--", "-k", "loud", "-q")

    assert (done.status, done.out.splitlines()[0]) == (0, "3 tests compared in 3 orders:")
    assert "impact: recording in collected order" in done.err
    assert "3 passed, 4 deselected" in done.err


def test_workers(tmp_path: Path) -> None:
    """With xdist all workers have the same order."""
    pytest.importorskip("xdist")
    shop = make_checkout(tmp_path / "shop", SHOP)

    done = verify(shop, "--", "-p", "xdist", "-n", "2")

    assert done.status == 0, done.out + done.err
    assert "7 tests compared in 3 orders:" in done.out


def test_no_check_is_named(shop: Checkout) -> None:
    """The command does nothing by itself, and names what it can do."""
    done = shop.impact("verify")

    assert (done.status, done.out) == (2, "")
    assert done.err == (
        "impact: impact verify needs to know what to check; name it: --attribution [usage]\n"
    )


@pytest.mark.parametrize(
    ("argument", "status"), [("--no-such-option", 4), ("-k=nothing_of_that_name", 5)]
)
def test_a_run_that_does_not_get_anywhere(shop: Checkout, argument: str, status: int) -> None:
    """It is an error, not a clean bill."""
    done = verify(shop, "--", argument)

    assert (done.status, done.out) == (2, "")
    assert done.err.endswith(
        f"pytest ended with status {status}; put right what it says above,"
        " then run again [not-recorded]\n"
    )
