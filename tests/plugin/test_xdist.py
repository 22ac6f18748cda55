"""Under pytest-xdist: the controller decides once, workers obey, and the map is the same."""

from pathlib import Path

import pytest
from tests.checkout import SHOP, Checkout, Done, make_checkout

pytest.importorskip("xdist")

XDIST = ["-p", "xdist", "-n", "2"]

EDITS = [
    ("shop/tax.py", "return 7", "return 6 + 1"),
    ("shop/tax.py", "RATE = 19", "RATE = 20 - 1"),
    ("shop/names.py", "name.lower()", "str(name).lower()"),
    ("shop/names.py", "def quiet", "# a comment\ndef quiet"),
    ("shop/rates.csv", "19\n", "19\n\n"),
    ("shop/base.py", "return 1", "return 2 - 1"),
    ("tests/conftest.py", "return number()", "return number() + 0"),
    ("tests/test_rates.py", "def test_rates", "# a comment\ndef test_rates"),
]

WIDER = {
    **SHOP,
    "shop/base.py": "def number():\n    return 1\n",
    "tests/conftest.py": (
        "import pytest\nfrom shop.base import number\n\n\n"
        "@pytest.fixture(scope='session')\ndef shared():\n    return number()\n"
    ),
    "tests/test_shared.py": (
        "import pytest\n\n\n"
        "@pytest.mark.xdist_group('one')\n"
        "@pytest.mark.parametrize('turn', range(4))\n"
        "def test_shared(shared, turn):\n    assert shared == 1\n\n\n"
        "def test_alone():\n    pass\n"
    ),
}
"""The shop, and a fixture that both workers set up."""


@pytest.fixture(scope="module")
def serial(own_settings: None, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Give the wider shop, recorded in one process; to be copied, not used."""
    checkout = make_checkout(tmp_path_factory.mktemp("serial") / "shop", WIDER)
    checkout.record()
    return checkout


@pytest.fixture(scope="module")
def parallel(serial: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Give the wider shop, recorded by two workers; to be copied, not used."""
    checkout = serial.copy(tmp_path_factory.mktemp("parallel") / "shop")
    checkout.map.unlink()
    done = checkout.pytest("--impact-record", *XDIST)
    assert done.status == 0, done.out + done.err
    assert "recorded 12 tests in .impact/map.sqlite" in done.out
    return checkout


def answers(checkout: Checkout, top: Path) -> list[list[str]]:
    """Select for each edit in turn."""
    found = []
    for number, (path, before, after) in enumerate(EDITS):
        copy = checkout.copy(top / str(number))
        text = (copy.top / path).read_text()
        copy.write(path, text.replace(before, after, 1))
        found.append(list(copy.selected()))
    return found


def test_the_same_selections(serial: Checkout, parallel: Checkout, tmp_path: Path) -> None:
    """A map of one process and a map of two workers select the same tests, edit by edit."""
    one = answers(serial, tmp_path / "serial")
    two = answers(parallel, tmp_path / "parallel")

    assert one == two
    assert one[0] == ["tests/test_tax.py::test_food"]
    assert one[3] == one[7] == ["--impact-none"]


def test_select_and_refresh(parallel: Checkout, tmp_path: Path) -> None:
    """Two workers run the affected tests only; the map has them afterwards."""
    shop = parallel.copy(tmp_path / "shop")
    shop.edit("shop/tax.py", "return 7", "return 6 + 1")

    first = shop.pytest("--impacted", *XDIST)
    second = shop.pytest("--impacted", *XDIST)

    assert (first.status, first.ran) == (0, ["test_food"]), first.out
    assert "refreshed 1 test in .impact/map.sqlite" in first.out
    assert any(line.startswith("impact: 1 selected, 11 left out") for line in first.impact)
    assert (second.status, second.ran) == (0, []), second.out
    assert "no test is affected: nothing was run" in second.out


@pytest.mark.parametrize("mode", ["load", "loadscope", "loadfile", "loadgroup", "worksteal"])
def test_modes(serial: Checkout, tmp_path: Path, mode: str) -> None:
    """However tests are dealt out, all are recorded, and the affected ones selected."""
    shop = serial.copy(tmp_path / "shop")
    shop.map.unlink()
    recorded = shop.pytest("--impact-record", *XDIST, "--dist", mode)
    shop.edit("shop/base.py", "return 1", "return 2 - 1")

    done = shop.pytest("--impacted", *XDIST, "--dist", mode)

    assert "recorded 12 tests" in recorded.out, recorded.out
    assert without_groups(done) == [f"test_shared[{turn}]" for turn in range(4)], done.out
    assert shop.selected() == ["--impact-none"]


def without_groups(done: Done) -> list[str]:
    """Name the tests that ran without the group that loadgroup adds to their names."""
    return sorted(name.partition("@")[0] for name in done.ran)


def test_groups_change_no_name(serial: Checkout, tmp_path: Path) -> None:
    """Tests are the same ones with and without --dist loadgroup."""
    shop = serial.copy(tmp_path / "shop")
    groups = [*XDIST, "--dist", "loadgroup"]

    unchanged = shop.pytest("--impacted", *groups)
    shop.edit("shop/base.py", "return 1", "return 2 - 1")
    grouped = shop.pytest("--impacted", "-v", *groups)
    after = shop.pytest("--impacted")

    assert (unchanged.status, unchanged.ran) == (0, [])
    assert without_groups(grouped) == [f"test_shared[{turn}]" for turn in range(4)]
    assert "tests/test_shared.py::test_shared[3]: shop/base.py::number block-changed" in grouped.out
    assert after.ran == []
    assert "tests: 12, " in shop.impact("status").out


def test_each(serial: Checkout, tmp_path: Path) -> None:
    """With --dist each both workers run every test; one failure is enough to stay selected."""
    shop = serial.copy(tmp_path / "shop")
    shop.map.unlink()
    shop.write(
        "tests/test_one_worker.py",
        "import os\n\n\ndef test_one_worker():\n"
        "    assert os.environ.get('PYTEST_XDIST_WORKER') != 'gw0'\n\n\n"
        "def test_other_worker():\n"
        "    assert os.environ.get('PYTEST_XDIST_WORKER') != 'gw1'\n",
    )
    each = ["-p", "xdist", "--dist", "each", "--tx", "2*popen"]
    recorded = shop.pytest("--impact-record", *each)

    done = shop.pytest("--impacted")

    assert recorded.status == 1
    assert "recorded 14 tests" in recorded.out, recorded.out
    assert done.ran == ["test_one_worker", "test_other_worker"]


def test_no_workers(serial: Checkout, tmp_path: Path) -> None:
    """With -n 0 the tests run, and are recorded, in the one process there is."""
    shop = serial.copy(tmp_path / "shop")
    shop.edit("shop/tax.py", "return 7", "return 6 + 1")

    done = shop.pytest("--impacted", "-p", "xdist", "-n", "0")

    assert done.ran == ["test_food"]
    assert "refreshed 1 test" in done.out


def test_as_many_workers_as_there_are(serial: Checkout, tmp_path: Path) -> None:
    """-n auto counts as what it comes to, also when that is none."""
    shop = serial.copy(tmp_path / "shop")
    shop.edit("shop/tax.py", "return 7", "return 6 + 1")
    options = ["--impacted", "--impact-readonly", "-p", "xdist", "-n", "auto"]

    one = shop.pytest(*options, PYTEST_XDIST_AUTO_NUM_WORKERS="1")
    none = shop.pytest("--impacted", "-p", "xdist", "-n", "auto", PYTEST_XDIST_AUTO_NUM_WORKERS="0")

    assert one.ran == none.ran == ["test_food"]
    assert "refreshed 1 test" in none.out


def test_readonly_and_none(parallel: Checkout, tmp_path: Path) -> None:
    """Neither option writes anything; nothing to run is a success for the workers too."""
    shop = parallel.copy(tmp_path / "shop")
    shop.edit("shop/tax.py", "return 7", "return 6 + 1")
    before = shop.map.read_bytes()

    readonly = shop.pytest("--impacted", "--impact-readonly", *XDIST)
    none = shop.pytest("--impact-none", *XDIST)

    assert readonly.ran == ["test_food"]
    assert (none.status, none.ran) == (0, [])
    assert shop.map.read_bytes() == before


def test_a_crashed_worker(tmp_path: Path) -> None:
    """The test that took its worker down is selected, though it had passed before."""
    checkout = make_checkout(
        tmp_path / "crash",
        {
            "test_crash.py": (
                "import os\n\n\ndef test_crash():\n    'BREAK' in os.environ and os._exit(3)\n\n\n"
                "def test_fine():\n    pass\n"
            )
        },
    )
    checkout.record()

    crashed = checkout.pytest("--impact-record", *XDIST, BREAK="1")
    done = checkout.pytest("--impacted", "-v")

    assert crashed.status == 1
    assert "ended early: what it ran is not kept" in crashed.out
    assert done.ran == ["test_crash"], done.out
    assert checkout.pytest("--impacted").ran == []


def test_outside_of_a_repository(tmp_path: Path) -> None:
    """All tests run in the workers, and the reason is given once."""
    (tmp_path / "test_here.py").write_text("def test_here():\n    pass\n")

    done = Checkout(tmp_path).pytest("--impacted", *XDIST)

    assert (done.status, done.ran) == (0, ["test_here"]), done.out + done.err
    assert sum("[not-a-repository]" in line for line in done.impact) == 1


def test_a_run_inside_a_worker(serial: Checkout, tmp_path: Path) -> None:
    """A pytest that a test starts in a worker is no worker, whatever the environment says."""
    shop = serial.copy(tmp_path / "shop")
    shop.edit("shop/tax.py", "return 7", "return 6 + 1")

    done = shop.pytest(
        "--impacted",
        PYTEST_XDIST_WORKER="gw0",
        PYTEST_XDIST_WORKER_COUNT="2",
        PYTEST_XDIST_TESTRUNUID="0",
    )

    assert (done.status, done.ran) == (0, ["test_food"]), done.out + done.err


def test_randomly(serial: Checkout, tmp_path: Path) -> None:
    """Shuffled and dealt out at once."""
    pytest.importorskip("pytest_randomly")
    shop = serial.copy(tmp_path / "shop")
    shop.edit("shop/tax.py", "return 7", "return 6 + 1")

    assert shop.pytest("--impacted", *XDIST, "-p", "randomly").ran == ["test_food"]
