"""Verify: record the tests in several orders, and compare what selection makes of it."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

from impact_select.adapters.map_reader import ImpactMap
from impact_select.adapters.project import Project
from impact_select.adapters.shuffled_order import read_log
from impact_select.errors import NotRecorded
from impact_select.model.attribution import Attribution, Order
from impact_select.selection.attribution import RecordedOrder, compare_orders

Record: TypeAlias = Callable[[Order, Path], int]
"""Records the tests in an order into a folder, as `map.sqlite` with the list `begun`.

Returns pytest's exit status.
"""

_PASSED_OR_FAILED: Final = (0, 1)


def orders(rounds: int, seed: int) -> tuple[Order, ...]:
    """Return the orders to record.

    Args:
        rounds: How many beside the collected order. Every other one is the one before it
            backwards, so two are enough to have any two tests in both orders.
        seed: Of the first shuffle; the next one takes the next number.
    """
    shuffles = (Order(seed + number // 2, bool(number % 2)) for number in range(rounds))
    return (Order(), *shuffles)


def verify_attribution(project: Project, rounds: int, seed: int, record: Record) -> Attribution:
    """Record the tests in several orders, into maps of their own, and compare them.

    Raises:
        NotRecorded: A run did not get to its end, or kept nothing.
    """
    with TemporaryDirectory(prefix="impact-verify-") as folder, ExitStack() as maps:
        recorded: list[RecordedOrder] = []
        for number, order in enumerate(orders(rounds, seed)):
            place = Path(folder) / str(number)
            place.mkdir()
            status = record(order, place)
            path = place / "map.sqlite"
            if status not in _PASSED_OR_FAILED or not path.exists():
                raise NotRecorded(str(order), status)
            begun = read_log(place / "begun")
            store = maps.enter_context(ImpactMap.open(path))
            recorded.append(RecordedOrder(order, store, store.looked_paths(), begun))
        return compare_orders(recorded, project.settings)
