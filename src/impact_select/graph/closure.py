"""Reachability over owners: who has the evidence of whom."""

from collections.abc import Iterable, Mapping

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
    pairs = list(edges)
    users = {user for user, _ in pairs}
    used = {node for _, node in pairs}
    own = {node: BitMap(bits) for node, bits in seeds.items()}
    # Most nodes are tests, which nobody uses, or which use nothing when edges are turned
    # round. They are on no cycle, and need no graph.
    inner: list[tuple[int, int]] = []
    last: dict[int, list[int]] = {}
    for user, node in pairs:
        if user not in used:
            if user in seeds:
                own.setdefault(node, BitMap()).update(seeds[user])
        elif node not in users:
            last.setdefault(node, []).append(user)
        else:
            inner.append((user, node))
    result = {node: own.get(node, BitMap()) for node in users | used | own.keys()}
    result |= _condensed(inner, own)
    for node, before in last.items():
        result[node] = BitMap.union(result[node], *(result[user] for user in before))
    return result


def _condensed(edges: Iterable[tuple[int, int]], own: Mapping[int, BitMap]) -> dict[int, BitMap]:
    import networkx as nx

    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_edges_from(edges)
    condensed = nx.condensation(graph)
    result: dict[int, BitMap] = {}
    by_component: dict[int, BitMap] = {}
    for component in nx.topological_sort(condensed):
        members = condensed.nodes[component]["members"]
        parts = [own[member] for member in members if member in own]
        parts += [by_component[before] for before in condensed.predecessors(component)]
        total = BitMap.union(*parts) if parts else BitMap()
        by_component[component] = total
        for member in members:
            result[member] = total
    return result
