"""How a test or a run can end, and what is selected after it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.checkout import Checkout, make_checkout

FLAKY = (
    "import os\n\n\n"
    "def test_flaky():\n    assert 'BREAK' not in os.environ\n\n\n"
    "def test_steady():\n    pass\n"
)

SLEEPER = (
    "import os\nimport pathlib\nimport time\n\n\n"
    "def test_first():\n    pass\n\n\n"
    "def test_sleeps():\n"
    "    if 'MARK' in os.environ:\n"
    "        pathlib.Path(os.environ['MARK']).touch()\n"
    "        time.sleep(60)\n\n\n"
    "def test_last():\n    pass\n"
)


def interrupt_when(mark: Path, process: subprocess.Popen[str], with_signal: int) -> str:
    """Send a signal when the marked test has begun; return what the run printed."""
    end = time.monotonic() + 120
    while not mark.exists():
        assert time.monotonic() < end
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    os.killpg(process.pid, with_signal)
    return process.communicate(timeout=120)[0]


def start(checkout: Checkout, mark: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start pytest in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=checkout.top,
        env={**os.environ, "MARK": str(mark)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # A suite in the background ignores Ctrl-C, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


def test_a_failed_test_stays_selected(tmp_path: Path) -> None:
    """Whatever made it fail, it runs until it passes, also when nothing changed since."""
    checkout = make_checkout(tmp_path / "flaky", {"test_flaky.py": FLAKY})
    checkout.record()
    checkout.write("notes.py", "")

    failed = checkout.pytest("--impact-record", BREAK="1")
    again = checkout.pytest("--impacted", BREAK="1")
    passed = checkout.pytest("--impacted", "-v")
    after = checkout.pytest("--impacted")

    assert failed.status == 1
    assert (again.status, again.ran) == (1, ["test_flaky"])
    assert (passed.status, passed.ran) == (0, ["test_flaky"])
    assert "test_flaky.py::test_flaky: it failed when it last ran" in passed.out
    assert after.ran == []


@pytest.mark.parametrize("where", ["setup", "teardown"])
def test_an_error_around_a_test(tmp_path: Path, where: str) -> None:
    """An error in set-up or tear-down is a failure of the test."""
    steps = {"setup": "    check()\n    yield\n", "teardown": "    yield\n    check()\n"}
    checkout = make_checkout(
        tmp_path / "errors",
        {
            "test_error.py": (
                "import os\nimport pytest\n\n\n"
                "def check():\n    assert 'BREAK' not in os.environ\n\n\n"
                f"@pytest.fixture\ndef thing():\n{steps[where]}\n\n"
                "def test_thing(thing):\n    pass\n\n\ndef test_other():\n    pass\n"
            )
        },
    )
    checkout.pytest("--impact-record", BREAK="1")

    assert checkout.pytest("--impacted", "--impact-readonly").ran == ["test_thing"]


def test_skipped_and_expected_failures_settle(tmp_path: Path) -> None:
    """They are left out until something that they depend on changes."""
    checkout = make_checkout(
        tmp_path / "skips",
        {
            "reasons.py": "SKIP = True\n\n\ndef broken():\n    return False\n",
            "test_skips.py": (
                "import pytest\nimport reasons\n\n\n"
                "@pytest.mark.skipif(reasons.SKIP, reason='not now')\n"
                "def test_skipped():\n    pass\n\n\n"
                "def test_skips():\n    pytest.skip('inside')\n\n\n"
                "@pytest.mark.xfail\ndef test_expected():\n    assert reasons.broken()\n"
            ),
            "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
        },
    )
    checkout.record()

    assert checkout.pytest("--impacted", "-q").count("deselected") == 3
    checkout.edit("reasons.py", "SKIP = True", "SKIP = False")
    assert checkout.pytest("--impacted").ran == ["test_skipped"]
    checkout.edit("reasons.py", "return False", "return 0")
    assert checkout.pytest("--impacted").ran == ["test_expected"]


def test_a_file_that_does_not_import(shop: Checkout) -> None:
    """Its tests stay selected, and the others are not held up by it."""
    shop.edit("tests/test_tax.py", "import rate\n", "import rate, missing\n")

    first = shop.pytest("--impacted")
    second = shop.pytest("--impacted", "--continue-on-collection-errors")
    shop.edit("tests/test_tax.py", "import rate, missing\n", "import rate\n\nprint(rate)\n")
    third = shop.pytest("--impacted")

    assert first.status == 2
    assert "ImportError" in first.out
    assert second.status == 1
    assert third.ran == ["test_food", "test_other"], third.out


def test_a_new_file_that_does_not_import(shop: Checkout) -> None:
    """It does not count as empty: the answer names it until its tests are known."""
    shop.write("tests/test_new.py", "from shop.tax import later\n\n\ndef test_new():\n    pass\n")
    shop.pytest("--impacted", "--continue-on-collection-errors")
    shop.edit("shop/tax.py", "RATE = 19\n", "RATE = 19\nlater = None\n")

    assert "tests/test_new.py" in shop.selected()
    assert "test_new" in shop.pytest("--impacted").ran


def test_a_file_that_skips_itself(shop: Checkout) -> None:
    """Nor does it when it skips itself as a whole."""
    shop.write("tests/test_new.py", "import pytest\n\npytest.importorskip('missing_module')\n")
    shop.pytest("--impacted")

    assert shop.selected() == ["tests/test_new.py"]


@pytest.mark.parametrize("option", ["--impact-record", "--impacted"])
def test_interrupted(tmp_path: Path, option: str) -> None:
    """Ctrl-C keeps what finished; the test that was running, and the rest, stay owed."""
    checkout = make_checkout(tmp_path / "sleeper", {"test_sleeper.py": SLEEPER})
    mark = tmp_path / "mark"

    out = interrupt_when(mark, start(checkout, mark, "pytest", option), signal.SIGINT)

    assert "KeyboardInterrupt" in out
    assert "2 tests in .impact/map.sqlite" in out
    assert checkout.pytest("--impacted").ran == ["test_last", "test_sleeps"]
    assert checkout.pytest("--impacted").ran == []


def test_interrupted_when_all_was_known(tmp_path: Path) -> None:
    """The test that was running is selected, though it passed in the same state before."""
    checkout = make_checkout(tmp_path / "sleeper", {"test_sleeper.py": SLEEPER})
    checkout.record()
    mark = tmp_path / "mark"

    interrupt_when(mark, start(checkout, mark, "pytest", "--impact-record"), signal.SIGINT)

    assert checkout.pytest("--impacted").ran == ["test_sleeps"]


def test_interrupted_command(tmp_path: Path) -> None:
    """`impact record` lets pytest finish its report and keep what ran."""
    checkout = make_checkout(tmp_path / "sleeper", {"test_sleeper.py": SLEEPER})
    mark = tmp_path / "mark"
    process = start(checkout, mark, "impact_select", "record")

    out = interrupt_when(mark, process, signal.SIGINT)

    assert process.returncode == 2
    assert "recorded 2 tests" in out
    assert "Traceback" not in out


def test_killed(tmp_path: Path) -> None:
    """A run that is killed leaves the old map as it was, and the next one clears up."""
    checkout = make_checkout(tmp_path / "sleeper", {"test_sleeper.py": SLEEPER})
    checkout.record()
    before = checkout.map.read_bytes()
    left = checkout.map.with_name(".map.sqlite.123.tmp")
    left.write_text("half a map")
    mark = tmp_path / "mark"

    interrupt_when(mark, start(checkout, mark, "pytest", "--impact-record"), signal.SIGKILL)

    assert checkout.map.read_bytes() == before
    assert checkout.selected() == ["--impact-none"]
    checkout.record()
    assert not left.exists()


def test_pytest_exit(tmp_path: Path) -> None:
    """`pytest.exit` inside a test counts as an interruption."""
    checkout = make_checkout(
        tmp_path / "exits",
        {
            "test_exit.py": (
                "import os\nimport pytest\n\n\n"
                "def test_first():\n    pass\n\n\n"
                "def test_exits():\n    'BREAK' in os.environ and pytest.exit('enough')\n"
            )
        },
    )
    checkout.record()

    checkout.pytest("--impact-record", BREAK="1")

    assert checkout.pytest("--impacted").ran == ["test_exits"]
