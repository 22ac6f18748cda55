"""Beside pytest-cov: its results are the same with and without us, and ours beside it."""

import json
import sys
from pathlib import Path

import pytest
from tests.checkout import Checkout

pytest.importorskip("pytest_cov")

COVER = ["-p", "pytest_cov", "--cov=shop", "--cov-report=json:cov.json"]


def measured(checkout: Checkout, *options: str, **variables: str) -> dict[str, object]:
    """Run all tests under coverage; return what it found of each file."""
    done = checkout.pytest(*COVER, *options, "-q", **variables)
    assert done.status == 0, done.out + done.err
    assert "CoverageWarning" not in done.out + done.err
    report = json.loads((checkout.top / "cov.json").read_text())
    return {path: in_order(found) for path, found in report["files"].items()}


def in_order(value: object) -> object:
    """Sort every list: coverage.py gives contexts in any order."""
    if isinstance(value, dict):
        return {key: in_order(item) for key, item in value.items()}
    return sorted(map(repr, value)) if isinstance(value, list) else value


@pytest.fixture(scope="module")
def branching(recorded_shop: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Give the shop with code that is covered in part; to be copied, not used."""
    shop = recorded_shop.copy(tmp_path_factory.mktemp("branching") / "shop")
    shop.write(
        "shop/steps.py",
        "def steps(count):\n    for number in range(count):\n        if number > 5:\n"
        "            return number\n        yield number\n    else:\n        return None\n\n\n"
        "def unused():\n    return 1\n",
    )
    shop.write(
        "tests/test_steps.py",
        "import threading\nfrom shop.steps import steps\n\n\n"
        "def test_few():\n    assert list(steps(2)) == [0, 1]\n\n\n"
        "def test_many():\n    found = []\n"
        "    thread = threading.Thread(target=lambda: found.extend(steps(9)))\n"
        "    thread.start()\n    thread.join()\n    assert len(found) == 6\n",
    )
    return shop


def test_same_branches(branching: Checkout, tmp_path: Path) -> None:
    """Lines and branches are those of a run without us, recording or selecting."""
    shop = branching.copy(tmp_path / "shop")

    plain = measured(shop, "--cov-branch")
    recorded = measured(shop, "--cov-branch", "--impact-record")
    selected = measured(shop, "--cov-branch", "--impacted", "--impact-map=none.sqlite")

    assert recorded == plain
    assert selected == plain


@pytest.mark.skipif(sys.version_info < (3, 12), reason="there is no sys.monitoring")
def test_beside_its_monitoring(branching: Checkout, tmp_path: Path) -> None:
    """Two users of sys.monitoring do not take events from each other."""
    shop = branching.copy(tmp_path / "shop")

    plain = measured(shop, COVERAGE_CORE="sysmon")
    recorded = measured(shop, "--impact-record", COVERAGE_CORE="sysmon")

    assert recorded == plain


def test_contexts_of_tests(branching: Checkout, tmp_path: Path) -> None:
    """--cov-context=test names the same tests for each line."""
    shop = branching.copy(tmp_path / "shop")
    shop.write(".coveragerc", "[json]\nshow_contexts = True\n")

    plain = measured(shop, "--cov-branch", "--cov-context=test")
    recorded = measured(shop, "--cov-branch", "--cov-context=test", "--impact-record")

    assert recorded == plain
    assert "tests/test_steps.py::test_few|run" in json.dumps(plain)


def test_our_map_beside_it(branching: Checkout, tmp_path: Path) -> None:
    """What is recorded under coverage selects the affected tests."""
    shop = branching.copy(tmp_path / "shop")
    shop.map.unlink()
    measured(shop, "--impact-record")
    shop.edit("shop/tax.py", "return 7", "return 6 + 1")

    done = shop.pytest("--impacted", *COVER, "--cov-branch")

    assert "test_food" in done.ran
    assert not {"test_rates", "TestQuiet::test_quiet", "test_few"} & set(done.ran)


def test_coverage_run(branching: Checkout, tmp_path: Path) -> None:
    """`coverage run -m pytest` measures the same too."""
    shop = branching.copy(tmp_path / "shop")
    command = ["-m", "coverage", "run", "--branch", "--source=shop", "-m", "pytest", "-q"]

    def lines(*options: str) -> str:
        done = shop.run("python", *command, *options)
        assert done.status == 0, done.out + done.err
        return shop.run("python", "-m", "coverage", "json", "-o", "-").out.partition('"files"')[2]

    assert lines("--impact-record") == lines()
