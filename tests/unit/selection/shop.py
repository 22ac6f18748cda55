"""A small project that the cases of this folder edit."""

from tests.unit.fakes import Session

FILES = {
    "shop/__init__.py": "",
    "shop/tax.py": """\
\"\"\"Taxes.\"\"\"
RATE = 2
TABLE = {"std": RATE}


def vat(price, rate=RATE):
    if price < 0:
        raise ValueError(price)
    return price * rate


def table():
    return TABLE["std"]


def unused():
    \"\"\"Nobody runs it.\"\"\"
    return 1
""",
    "shop/items.py": """\
from shop import tax


class Base:
    kind = "base"

    def name(self):
        return self.kind

    def shared(self):
        return 1


class Item(Base):
    price = 1

    def total(self):
        return tax.vat(self.price)


class Other:
    weight = 9

    def show(self):
        return "other"
""",
    "shop/star.py": """\
from shop.tax import *


def doubled():
    return RATE * 2
""",
    "shop/lookup.py": """\
def dotted():
    return load("shop.tax.vat")
""",
    "tests/conftest.py": """\
import pytest


@pytest.fixture
def price():
    return 3


def pytest_configure(config):
    config.prices = 1
""",
    "tests/test_tax.py": """\
import pytest

from shop.tax import table, vat


def test_vat(price):
    assert vat(price) == 6


def test_negative():
    with pytest.raises(ValueError):
        vat(-1)


def test_table():
    assert table() == 2


def test_nothing():
    pass
""",
    "tests/test_items.py": """\
from shop.items import Item, Other


class TestItem:
    def test_total(self):
        assert Item().total() == 2

    def test_name(self):
        assert Item().name() == "base"


def test_show():
    assert Other().show()
""",
    "tests/test_star.py": """\
from shop import star


def test_doubled():
    assert star.doubled() == 4
""",
    "tests/test_lookup.py": """\
from shop import lookup


def test_dotted():
    assert lookup.dotted()
""",
    "tests/test_apart.py": """\
def test_apart():
    pass
""",
    "data/prices.json": "{}",
}
RAN = {
    "tests/test_tax.py::test_vat": ["tests/conftest.py::price", "shop/tax.py:9"],
    "tests/test_tax.py::test_negative": ["shop/tax.py::vat"],
    "tests/test_tax.py::test_table": ["shop/tax.py::table"],
    "tests/test_tax.py::test_nothing": [],
    "tests/test_items.py::TestItem::test_total": ["shop/items.py::Item.total", "shop/tax.py:9"],
    "tests/test_items.py::TestItem::test_name": ["shop/items.py::Base.name"],
    "tests/test_items.py::test_show": ["shop/items.py::Other.show"],
    "tests/test_star.py::test_doubled": ["shop/star.py::doubled"],
    "tests/test_lookup.py::test_dotted": ["shop/lookup.py::dotted"],
    "tests/test_apart.py::test_apart": [],
}
SESSION = Session(
    FILES,
    RAN,
    requests={"tests/test_tax.py::test_vat": ("price",)},
    dynamic={"shop/lookup.py::dotted": ["shop/tax.py"]},
)


def names(tests: set[str]) -> set[str]:
    """Give tests by the last part of their ids, without `test_`."""
    return {test.rpartition("::")[2].removeprefix("test_") for test in tests}


EVERY = names(set(RAN))
OF_TAX = EVERY - {"apart"}
"""The tests that depend on the import of `shop.tax`."""
