"""Laws of what is passed along edges."""

from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from impact_select.graph.closure import spread

nodes = st.integers(0, 7)
graphs = st.lists(st.tuples(nodes, nodes), max_size=14)
seeds = st.dictionaries(nodes, st.sets(st.integers(0, 5)).map(BitMap), max_size=8)


def reaching(edges: list[tuple[int, int]], node: int) -> set[int]:
    """Give the nodes from which a node can be reached, itself included."""
    found = {node}
    while True:
        more = {user for user, used in edges if used in found} - found
        if not more:
            return found
        found |= more


@given(graphs, seeds)
def test_spread_is_the_union_of_all_that_reach(
    edges: list[tuple[int, int]], start: dict[int, BitMap]
) -> None:
    """A node has its own set and those of all that reach it."""
    found = spread(edges, start)

    assert found == {
        node: BitMap().union(*(start.get(other, BitMap()) for other in reaching(edges, node)))
        for node in {*start, *(node for edge in edges for node in edge)}
    }


@given(graphs, graphs, seeds)
def test_more_edges_never_give_less(
    edges: list[tuple[int, int]], extra: list[tuple[int, int]], start: dict[int, BitMap]
) -> None:
    """Safety is monotonic: an edge too many only ever adds."""
    few, many = spread(edges, start), spread(edges + extra, start)

    assert all(few[node] <= many[node] for node in few)
