"""Mistakes in settings, and plugins that do not go together."""

import sys
from pathlib import Path

import pytest
from tests.checkout import Checkout

MISTAKES = """
[tool.impact]
map = 3
colector = "auto"
collector = "magic"
recordings-per-test = 0
ignore = "*.md"
"""


@pytest.fixture
def mistaken(shop: Checkout) -> Checkout:
    """Give the shop with five mistakes in its settings."""
    with (shop.top / "pyproject.toml").open("a") as stream:
        stream.write(MISTAKES)
    return shop


@pytest.mark.parametrize("command", ["select", "status", "--impacted", "--impact-record"])
def test_all_mistakes_at_once(mistaken: Checkout, command: str) -> None:
    """Each has its line with the key; nothing runs, and the map is as it was."""
    before = mistaken.map.read_bytes()

    plugin = command.startswith("--")
    done = mistaken.pytest(command) if plugin else mistaken.impact(command)

    assert done.status == (4 if plugin else 2)
    assert done.out == "" or plugin
    for key in ["map", "colector", "collector", "recordings-per-test", "ignore"]:
        assert f"tool.impact.{key}: " in done.err
    assert "did you mean 'collector'?" in done.err
    assert "[config-value]" in done.err
    assert "Traceback" not in done.out + done.err
    assert done.ran == []
    assert mistaken.map.read_bytes() == before


def test_mistakes_do_not_matter_without_us(mistaken: Checkout) -> None:
    """A plain run of pytest does not look at our settings."""
    assert mistaken.pytest().count("passed") == 7


def test_settings_that_are_no_toml(shop: Checkout) -> None:
    """The syntax error is told with its place."""
    shop.write("pyproject.toml", "[tool.impact\n")

    done = shop.impact("select")

    assert (done.status, done.out) == (2, "")
    assert "not valid TOML: " in done.err
    assert "[config-value]" in done.err


def test_an_unknown_collector(shop: Checkout) -> None:
    """The choices are given."""
    done = shop.pytest("--impacted", "--impact-collector=magic")

    assert done.status == 4
    assert "invalid choice: 'magic'" in done.err


@pytest.mark.parametrize("workers", [[], ["-p", "xdist", "-n", "2"]], ids=["serial", "xdist"])
def test_a_collector_that_cannot_work(shop: Checkout, workers: list[str]) -> None:
    """One that this interpreter, or another tool in use, rules out is refused before any test."""
    if workers:
        pytest.importorskip("xdist")
    if sys.version_info >= (3, 12):
        holder = "import sys\nsys.monitoring.use_tool_id(3, 'somebody')\n"
        wanted = "monitoring"
    else:
        holder, wanted = "", "monitoring"
    shop.write("holder.py", holder)

    done = shop.pytest(
        *("-p", "holder", "--impact-record", f"--impact-collector={wanted}", *workers),
        PYTHONPATH=f"{shop.top}:{':'.join(filter(None, sys.path))}",
    )

    assert done.status == 4, done.out + done.err
    assert "the monitoring collector needs " in done.err
    assert "[usage]" in done.err
    assert "Traceback" not in done.out + done.err


@pytest.fixture
def impacted_too(tmp_path: Path) -> dict[str, str]:
    """Give the variables of an environment with another plugin that registers --impacted."""
    site = tmp_path / "site"
    info = site / "pytest_impacted-0.36.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: pytest-impacted\nVersion: 0.36.0\n"
    )
    (info / "entry_points.txt").write_text("[pytest11]\nimpacted = impacted_plugin\n")
    (site / "impacted_plugin.py").write_text(
        "def pytest_addoption(parser):\n"
        "    parser.getgroup('impacted').addoption('--impacted', action='store_true')\n"
    )
    path = [str(site), *filter(None, sys.path)]
    return {"PYTHONPATH": ":".join(path)}


@pytest.mark.parametrize("first", ["impact", "impacted"])
def test_another_impacted(shop: Checkout, impacted_too: dict[str, str], first: str) -> None:
    """Whichever comes first, the message names both ways out."""
    second = "impacted" if first == "impact" else "impact"

    done = shop.pytest("-p", first, "-p", second, PYTEST_ADDOPTS="", **impacted_too)

    assert done.status == 4, done.out + done.err
    assert "[option-clash]" in done.err
    assert "pip uninstall pytest-impacted" in done.err
    assert "-p no:impacted" in done.err
    assert "Traceback" not in done.out + done.err


def test_another_impacted_left_out(shop: Checkout, impacted_too: dict[str, str]) -> None:
    """The second way out works."""
    done = shop.pytest("-p", "no:impacted", "--impacted", **impacted_too)

    assert (done.status, done.count("deselected")) == (0, 7), done.out + done.err


def test_another_impacted_by_itself(shop: Checkout, impacted_too: dict[str, str]) -> None:
    """So does leaving our plugin out."""
    done = shop.pytest(
        "-p", "no:impact", "-p", "impacted", "--impacted", PYTEST_ADDOPTS="", **impacted_too
    )

    assert (done.status, done.count("passed")) == (0, 7), done.out + done.err
