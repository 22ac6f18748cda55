"""Which statements of a module changed their place among the others."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise


def moved(old: Sequence[str], new: Sequence[str]) -> frozenset[str]:
    """Return the keys that leave the others in order when they are taken out.

    Args:
        old: Keys in their old order, each once.
        new: Keys in their new order, each once. Keys of one side only do not count.

    Returns:
        A smallest such set (the complement of a longest increasing subsequence).
    """
    position = {key: index for index, key in enumerate(old)}
    common = [key for key in new if key in position]
    places = [position[key] for key in common]
    if all(one < two for one, two in pairwise(places)):
        return frozenset()
    tails: list[int] = []
    tail_index: list[int] = []
    before: list[int] = [-1] * len(places)
    for index, place in enumerate(places):
        at = bisect_left(tails, place)
        if at == len(tails):
            tails.append(place)
            tail_index.append(index)
        else:
            tails[at] = place
            tail_index[at] = index
        before[index] = tail_index[at - 1] if at else -1
    kept: set[str] = set()
    index = tail_index[-1]
    while index >= 0:
        kept.add(common[index])
        index = before[index]
    return frozenset(common) - kept
