"""Sets that are passed along edges."""

from pyroaring import BitMap

from impact_select.graph.closure import spread


def test_a_chain() -> None:
    """What a user has, those that it uses get, and those that they use."""
    assert spread([(1, 2), (2, 3)], {1: BitMap([7]), 2: BitMap([8])}) == {
        1: BitMap([7]),
        2: BitMap([7, 8]),
        3: BitMap([7, 8]),
    }


def test_a_cycle() -> None:
    """All nodes of a cycle have what any of them has."""
    found = spread([(1, 2), (2, 1), (2, 3)], {1: BitMap([7]), 2: BitMap([8])})

    assert found[1] == found[2] == found[3] == BitMap([7, 8])


def test_seeds_are_left_alone() -> None:
    """The sets that come in are not changed."""
    seeds = {1: BitMap([7]), 2: BitMap([8])}
    spread([(1, 2)], seeds)

    assert seeds == {1: BitMap([7]), 2: BitMap([8])}


def test_nothing() -> None:
    """Without edges every node keeps its own set."""
    assert spread([], {}) == {}
    assert spread([], {1: BitMap([7])}) == {1: BitMap([7])}
    assert spread([(1, 2)], {}) == {1: BitMap(), 2: BitMap()}
