"""Laws of what moved."""

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from impact_select.changes.order import moved


def is_ordered(keys: list[str], order: list[str]) -> bool:
    """Tell whether keys stand in an order."""
    return all(order.index(one) < order.index(two) for one, two in pairwise(keys))


orders = st.lists(st.sampled_from("abcdefg"), unique=True, max_size=7)


@given(orders, orders)
def test_the_others_are_in_order(old: list[str], new: list[str]) -> None:
    """Without the keys that moved, the common ones stand as they did."""
    rest = [key for key in new if key in old and key not in moved(old, new)]

    assert is_ordered(rest, old)


@given(orders, orders)
def test_as_few_as_possible_moved(old: list[str], new: list[str]) -> None:
    """No smaller set of keys leaves the others in order."""
    common = [key for key in new if key in old]
    fewest = next(
        count
        for count in range(len(common) + 1)
        if any(
            is_ordered([key for key in common if key not in taken], old)
            for taken in combinations(common, count)
        )
    )

    assert len(moved(old, new)) == fewest


@given(orders, orders)
def test_only_common_keys_move(old: list[str], new: list[str]) -> None:
    """What comes or goes has not moved."""
    assert moved(old, new) <= {*old} & {*new}
