"""Reachability over owners: who has the evidence of whom."""

from collections.abc import Iterable, Mapping

import networkx as nx
from pyroaring import BitMap


def spread(edges: Iterable[tuple[int, int]], seeds: Mapping[int, BitMap]) -> dict[int, BitMap]:
    """Pass bit sets along edges until nothing changes.

    Args:
        edges: Pairs (user, used): what the user has, the used one gets too.
        seeds: What some nodes have to begin with; not changed.

    Returns:
        For every node, the union of its own set and those of all that reach it. Nodes of
        a cycle share one set object.

    Cost:
        Linear in nodes and edges, times the size of a set.
    """
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(seeds)
    graph.add_edges_from(edges)
    condensed = nx.condensation(graph)
    result: dict[int, BitMap] = {}
    by_component: dict[int, BitMap] = {}
    for component in nx.topological_sort(condensed):
        members = condensed.nodes[component]["members"]
        parts = [seeds[member] for member in members if member in seeds]
        parts += [by_component[before] for before in condensed.predecessors(component)]
        total = BitMap.union(*parts) if parts else BitMap()
        by_component[component] = total
        for member in members:
            result[member] = total
    return result
