"""Which keys moved among the others."""

import pytest

from impact_select.changes.order import moved


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("abc", "cab", {"c"}),
        ("abc", "bca", {"a"}),
        ("abcd", "dbca", {"a", "d"}),
        ("abcde", "abdec", {"c"}),
    ],
)
def test_what_moved(old: str, new: str, expected: set[str]) -> None:
    """A key that passed others is taken out, not the others."""
    assert moved(old, new) == expected


def test_an_exchange() -> None:
    """Of two neighbours that changed places, one is enough."""
    assert len(moved("abcd", "acbd") & {"b", "c"}) == len(moved("abcd", "acbd")) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [("", ""), ("abc", "abc"), ("abc", "ac"), ("ac", "abc"), ("ab", "cd"), ("axb", "ayb")],
)
def test_what_did_not_move(old: str, new: str) -> None:
    """Keys that come or go move no other."""
    assert moved(old, new) == frozenset()
