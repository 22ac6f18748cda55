"""A pytest plugin that makes another order of the tests; `impact verify` loads it by its name.

Folders, modules and classes stay together, so that their fixtures are set up once; they
are shuffled among themselves, and so are the tests in each.
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from impact_select.model.attribution import Order
from impact_select.model.ids import TestId


def order_options(order: Order, log: Path) -> list[str]:
    """Return what pytest has to be given for an order, and for a list of what it came to."""
    options = ["-p", __name__, f"--impact-order-log={log}"]
    if order.seed is not None:
        options.append(f"--impact-order={order.seed}{'r' if order.backwards else ''}")
    return options


def read_log(log: Path) -> list[TestId]:
    """Read in which order the tests began, each once."""
    lines = log.read_text(encoding="utf-8", errors="surrogateescape").split("\0")
    return list(dict.fromkeys(TestId(line) for line in lines if line))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register options that the help does not show."""
    parser.addoption("--impact-order", default=None, help=argparse.SUPPRESS)
    parser.addoption("--impact-order-log", default=None, help=argparse.SUPPRESS)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep pytest-randomly from orders, and from random numbers, that no other run has."""
    if hasattr(config.option, "randomly_reorganize"):
        config.option.randomly_reorganize = False
        config.option.randomly_seed = 0
    log: str | None = config.getoption("--impact-order-log")
    if log is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Log(Path(log)), "impact-order-log")


class _Log:
    """Writes down which test begins, for all processes of the run."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._path.touch()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        with self._path.open("a", encoding="utf-8", errors="surrogateescape") as file:
            file.write(f"{nodeid}\0")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests into the order that was asked for."""
    wanted: str | None = config.getoption("--impact-order")
    if wanted is None:
        return
    generator = random.Random(int(wanted.removesuffix("r")))  # noqa: S311 - no secret
    items[:] = shuffled(items, generator)
    if wanted.endswith("r"):
        items.reverse()
    # pytest has sorted the tests by parametrised fixtures already: it has to do it again.
    fixtures = config.pluginmanager.get_plugin("funcmanage")
    if fixtures is not None:
        fixtures.pytest_collection_modifyitems(items)


def shuffled(
    items: Sequence[pytest.Item], generator: random.Random, depth: int = 1
) -> list[pytest.Item]:
    """Shuffle a tree of tests on every level.

    Args:
        items: Tests that have the same nodes above them, down to a depth.
        generator: Where chance comes from.
        depth: Of the nodes to shuffle now; the session is at 0.

    Returns:
        The tests; the nodes on each level are never in the order that they had, except
        for a single one.
    """
    groups: dict[pytest.Item | pytest.Collector, list[pytest.Item]] = {}
    for item in items:
        node: pytest.Item | pytest.Collector = item.listchain()[depth]  # type: ignore[assignment]
        groups.setdefault(node, []).append(item)
    before = list(groups)
    nodes = list(before)
    while len(nodes) > 1 and nodes == before:
        generator.shuffle(nodes)
    result: list[pytest.Item] = []
    for node in nodes:
        inner = groups[node]
        result += inner if inner == [node] else shuffled(inner, generator, depth + 1)
    return result
