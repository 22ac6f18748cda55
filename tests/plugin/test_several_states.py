"""Maps that hold recordings of several states, as partial runs leave them."""

from pathlib import Path

import pytest
from tests.checkout import Checkout, make_checkout

_REGISTRY = (
    "HANDLERS = {}\n\n\n"
    "def register(function):\n"
    "    HANDLERS[function.__name__] = function\n"
    "    return function\n"
)
_FILES = {
    "registry.py": _REGISTRY,
    "handlers.py": "import registry\n\n\n@registry.register\ndef hello():\n    return 1\n",
    "app.py": "import registry\n",
    "web.py": "import registry\n",
    "test_app.py": (
        "import app\nimport web\n\n\n"
        "def test_empty():\n    assert not (app.registry.HANDLERS or web.registry.HANDLERS)\n"
    ),
    "test_other.py": "import app\nimport web\n\n\ndef test_other():\n    assert app and web\n",
}


@pytest.fixture
def checkout(own_settings: None, tmp_path: Path) -> Checkout:
    """Give a project of two modules that both come to import a third, as it was recorded."""
    checkout = make_checkout(tmp_path / "registry", _FILES)
    checkout.record()
    return checkout


def test_two_imports_of_a_module_are_no_excuse_for_each_other(checkout: Checkout) -> None:
    """That another test was recorded with both says nothing of one that was with neither."""
    checkout.write("app.py", "import registry\nimport handlers\n")
    checkout.write("web.py", "import registry\nimport handlers\n")
    checkout.record("test_other.py")

    assert checkout.selected() == ["test_app.py::test_empty"]


def test_who_had_it_by_another_import_is_still_let_off(checkout: Checkout) -> None:
    """An import that moves from one module to another, both used, is judged the same later."""
    checkout.write("test_app.py", "import handlers\n" + _FILES["test_app.py"].replace("not ", ""))
    checkout.record()
    checkout.write("test_app.py", _FILES["test_app.py"].replace("not ", ""))
    checkout.write("app.py", "import registry\nimport handlers\n")
    first = checkout.selected()
    checkout.record("test_other.py")

    assert (first, checkout.selected()) == (["test_other.py::test_other"], ["--impact-none"])
