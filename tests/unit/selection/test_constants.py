"""A constant that is written in another module than before, and imported from there."""

import pytest
from tests.unit.fakes import Session, affected
from tests.unit.selection.shop import names

PRICES = "import math\n\nRATE = 2\n\n\ndef gross(price):\n    return price * RATE\n"
IMPORTING = PRICES.replace("RATE = 2", "from .rates import RATE")
TESTS = {
    "test_gross.py": "from shop import prices\ndef test_gross(): prices.gross(1)\n",
    "test_other.py": "from shop import prices\ndef test_other(): pass\n",
}
RAN = {"test_gross.py::test_gross": ["shop/prices.py::gross"], "test_other.py::test_other": []}


def session(**files: str) -> Session:
    """Record a package of some modules."""
    modules = {f"shop/{name}.py": text for name, text in files.items()}
    return Session({"shop/__init__.py": "", **modules, **TESTS}, RAN)


def moved(importing: str = IMPORTING, rates: str = "RATE = 2\n", **files: str) -> set[str]:
    """Move a constant to a new module, where other modules were recorded."""
    found = session(prices=PRICES, **files)
    return names(affected(found, {"shop/prices.py": importing, "shop/rates.py": rates}))


@pytest.mark.parametrize(
    ("importing", "rates"),
    [
        pytest.param(IMPORTING, "RATE = 3\n", id="another-value"),
        pytest.param(IMPORTING, "RATE = 2.0\n", id="an-equal-value"),
        pytest.param(IMPORTING, "RATE: int = 2\n", id="annotated"),
        pytest.param(IMPORTING, "OTHER = RATE = 2\n", id="bound-with-another"),
        pytest.param(IMPORTING, "RATE = 2\nRATE = 3\n", id="bound-twice"),
        pytest.param(IMPORTING, "RATE = 2\nRATE += 1\n", id="added-to"),
        pytest.param(IMPORTING, "RATE = 2\nfrom os import *\n", id="star-import"),
        pytest.param(IMPORTING, "RATE = 2\nprint()\n", id="beside-an-effect"),
        pytest.param(IMPORTING, "if True:\n    RATE = 2\n", id="in-a-branch"),
        pytest.param(IMPORTING, "RATE = 2\ndef f():\n    global RATE\n    RATE = 3\n", id="global"),
        pytest.param(IMPORTING, "RATE = 2\ndef f(k):\n    globals()[k] = 3\n", id="computed-name"),
        pytest.param(
            PRICES.replace("RATE = 2", "from .rates import OTHER as RATE"),
            "RATE = OTHER = 2\n",
            id="by-another-name",
        ),
        pytest.param(
            PRICES.replace("RATE = 2", "from .rates import *"), "RATE = 2\n", id="by-a-star"
        ),
        pytest.param(
            PRICES.replace("RATE = 2", "from rates import RATE"), "RATE = 2\n", id="from-elsewhere"
        ),
        pytest.param(f"{IMPORTING}RATE = 2\n", "RATE = 2\n", id="bound-here-as-well"),
        pytest.param(
            PRICES.replace("RATE = 2", "if True:\n    from .rates import RATE"),
            "RATE = 2\n",
            id="imported-in-a-branch",
        ),
        pytest.param(IMPORTING.replace("rates", "..rates"), "RATE = 2\n", id="too-many-dots"),
    ],
)
def test_a_constant_that_may_be_another(importing: str, rates: str) -> None:
    """Whoever reads the name is affected as soon as it may be bound to something else."""
    assert "gross" in moved(importing, rates)


def test_a_constant_moved_to_a_new_module() -> None:
    """A name that is bound to what it was bound to affects nobody."""
    assert moved() == set()
    assert moved(PRICES.replace("RATE = 2", "from shop.rates import RATE")) == set()
    assert moved(rates="import os\n\nOTHER = []\nRATE = 2\n") == set()


def test_a_list_that_moves() -> None:
    """What can change is not the same in another module."""
    found = session(prices=PRICES.replace("RATE = 2", "RATE = []"))

    edits = {"shop/prices.py": IMPORTING, "shop/rates.py": "RATE = []\n"}
    assert names(affected(found, edits)) == {"gross"}


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ("RATE = 2\n", set()),
        ("RATE = 3\n", {"gross"}),
        ("RATE = 2\nprint()\n", {"gross", "other"}),
        ("RATE = 2\ndef f():\n    global RATE\n    RATE = 3\n", {"gross"}),
        ("RATE = 2\ndef f(k):\n    globals()[k] = 3\n", {"gross"}),
        ("RATE: int = 2\n", {"gross"}),
    ],
)
def test_a_constant_moved_back(rates: str, expected: set[str]) -> None:
    """The way back is judged alike."""
    found = session(prices=IMPORTING, rates=rates)

    assert names(affected(found, {"shop/prices.py": PRICES})) == expected


def test_a_constant_moved_from_one_module_to_another() -> None:
    """Both imports give the same constant."""
    found = session(prices=IMPORTING, rates="RATE = 2\n")
    edits = {
        "shop/prices.py": IMPORTING.replace(".rates", ".values"),
        "shop/values.py": "RATE = 2\n",
    }

    assert names(affected(found, edits)) == set()
    assert "gross" in names(affected(found, {**edits, "shop/values.py": "RATE = 3\n"}))


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("from .rates import RATE\n", set()),
        ("from . import rates\ndef f():\n    rates.RATE = 3\n", {"gross"}),
        ("from . import rates\ndef f():\n    setattr(rates, 'RATE', 3)\n", {"gross"}),
        ("from . import rates\ndef f(k):\n    setattr(rates, k, 3)\n", {"gross"}),
        ("def f(patch):\n    patch('shop.rates.RATE', 3)\n", {"gross"}),
        ("def f(patch):\n    patch(shop.rates, 'RATE', 3)\n", {"gross"}),
        ("def f(rates):\n    rates.RATE = 3\n", {"gross"}),
    ],
)
def test_a_known_module_that_somebody_may_patch(user: str, expected: set[str]) -> None:
    """A constant of a recorded module is the same where no code may set it to another."""
    found = session(prices=PRICES, rates="RATE = 2\n", user=user)
    found.files["test_other.py"] = "from shop import user\n" + found.files["test_other.py"]

    assert names(affected(found, {"shop/prices.py": IMPORTING})) == expected


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        ("from .plain import x\n", set()),
        ("DOUBLE = RATE * 2\n", {"gross", "other"}),
        ("print()\n", {"gross"}),
        ("from .circle import x\n", {"gross"}),
        ("from .acting import x\n", {"gross"}),
        ("def f(x=RATE): pass\n", {"gross"}),
        ("class C(dict): pass\n", {"gross"}),
        ("@app.route\ndef f(): pass\n", {"gross"}),
        ("@property\ndef f(): pass\n", set()),
    ],
)
def test_what_stood_below_the_constant(above: str, expected: set[str]) -> None:
    """A name that is bound later than before is missed by what runs above it now."""
    others = {
        "plain": "x = 1\n",
        "acting": "x = print()\n",
        "circle": "from .prices import RATE\nx = 1\n",
    }
    before = PRICES.replace("RATE = 2\n", f"RATE = 2\n{above}")
    after = PRICES.replace("RATE = 2\n", f"{above}from .rates import RATE\n")
    found = session(prices=before, **others)

    edits = {"shop/prices.py": after, "shop/rates.py": "RATE = 2\n"}
    assert expected <= names(affected(found, edits))
    assert expected or not affected(found, edits)
