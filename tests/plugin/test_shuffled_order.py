"""The orders in which `impact verify` has pytest run the tests."""

from itertools import groupby
from pathlib import Path

import pytest
from tests.checkout import Checkout, make_checkout

FILES = {
    f"tests/{folder}/test_{name}.py": (
        "import pytest\n\n\n"
        "@pytest.mark.parametrize('n', range(5))\ndef test_n(n):\n    pass\n\n\n"
        "class TestThese:\n"
        "    def test_a(self):\n        pass\n\n"
        "    def test_b(self):\n        pass\n\n"
        "    def test_c(self):\n        pass\n"
    )
    for folder, name in (("one", "a"), ("one", "b"), ("one", "c"), ("two", "d"), ("two", "e"))
}
SHARED = {
    "conftest.py": (
        "import pytest\n\n\n"
        "@pytest.fixture(scope='session', params=['x', 'y'])\n"
        "def server(request):\n    return request.param\n"
    ),
    "test_a.py": "def test_1(server):\n    pass\n\n\ndef test_2(server):\n    pass\n",
    "test_b.py": "def test_1(server):\n    pass\n\n\ndef test_2(server):\n    pass\n",
}


@pytest.fixture(scope="module")
def project(own_settings: None, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Give a project of two folders, five modules, five classes and forty tests."""
    return make_checkout(tmp_path_factory.mktemp("orders") / "project", FILES)


def collected(project: Checkout, *arguments: str) -> list[str]:
    """Ask pytest for its order."""
    plugin = ("-p", "impact_select.adapters.shuffled_order")
    done = project.pytest("--collect-only", "-q", *plugin, *arguments)
    return [line for line in done.out.splitlines() if "::" in line]


def parts(tests: list[str], depth: int) -> list[str]:
    """Name the folders, modules or classes of some tests, as often as one begins."""
    names = ("/".join(test.replace("::", "/").split("/")[:depth]) for test in tests)
    return [name for name, _ in groupby(names)]


def test_a_shuffled_order(project: Checkout) -> None:
    """All tests are there, in another order, and their folders and modules stay together."""
    before, after = collected(project), collected(project, "--impact-order=1")

    assert sorted(before) == sorted(after)
    for depth in (2, 3):
        assert sorted(parts(before, depth)) == sorted(parts(after, depth))
        assert parts(before, depth) != parts(after, depth)
    assert [test for test in before if "TestThese" not in test] != [
        test for test in after if "TestThese" not in test
    ]


def test_classes_stay_together(project: Checkout) -> None:
    """A fixture of a class is set up once."""
    after = collected(project, "--impact-order=1")
    inside = [test.rpartition("::")[0] for test in after if "::TestThese" in test]

    assert len(parts(inside, 4)) == 5


def test_a_seed_gives_one_order(project: Checkout) -> None:
    """The same seed the same one, another seed another one."""
    first = collected(project, "--impact-order=1")

    assert collected(project, "--impact-order=1") == first
    assert collected(project, "--impact-order=2") != first


def test_backwards(project: Checkout) -> None:
    """Of any two tests each is the first one once."""
    forwards = collected(project, "--impact-order=1")

    assert collected(project, "--impact-order=1r") == forwards[::-1]


def test_pytest_randomly(project: Checkout) -> None:
    """It has no say in any order."""
    pytest.importorskip("pytest_randomly")
    for order in ((), ("--impact-order=1",)):
        assert collected(project, *order, "-p", "randomly") == collected(project, *order)


def test_parametrised_fixtures(tmp_path: Path) -> None:
    """A session fixture is set up once for each parameter all the same."""
    project = make_checkout(tmp_path / "project", SHARED)

    after = collected(project, "--impact-order=1")

    assert len(after) == 8
    assert len([key for key, _ in groupby(test[-2] for test in after)]) == 2
