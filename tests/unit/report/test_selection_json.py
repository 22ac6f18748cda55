"""A selection as JSON."""

import json
from dataclasses import replace
from typing import Any

from impact_select.model.ids import RepoPath, TestId
from impact_select.model.selection import Cause, Fallback, RetestAll, Selection, Subset
from impact_select.report.selection_json import SCHEMA, selection_to_json

A, B = TestId("test_a.py::test_a"), TestId("test_a.py::test_b")
SUBSET = Subset(
    affected={A: (Cause("k", "X changed", ("Y", "f")), Cause("failed", "it failed"))},
    unaffected=frozenset({B}),
    renewed=frozenset(),
    new_files=(RepoPath("sub/test_new.py"),),
    new_tests=("test_a.py::test_c",),
    unread=(RepoPath("README.md"),),
    saved_s=1.23456,
)


def value(selection: Selection) -> Any:
    """Read the JSON of a selection back."""
    text = selection_to_json(selection, ["one"], {RepoPath("sub/test_new.py"): "test_new.py"})
    assert text.endswith("}\n")
    return json.loads(text)


def test_a_subset() -> None:
    """Selected tests have their causes; new ones are named as pytest names them."""
    new = [{"kind": "new", "change": "not in the map", "chain": []}]

    assert value(SUBSET) == {
        "schema": SCHEMA,
        "verdict": "subset",
        "selected": [
            {
                "id": A,
                "causes": [
                    {"kind": "k", "change": "X changed", "chain": ["Y", "f"]},
                    {"kind": "failed", "change": "it failed", "chain": []},
                ],
            },
            {"id": "test_new.py", "causes": new},
            {"id": "test_a.py::test_c", "causes": new},
        ],
        "left_out": 1,
        "known": 2,
        "fallbacks": [],
        "saved_s": 1.235,
        "unread": ["README.md"],
        "arguments": ["one"],
    }


def test_none() -> None:
    """A subset of nothing has a verdict of its own; one of new tests has not."""
    known = replace(SUBSET, affected={}, new_files=(), new_tests=())

    assert value(known)["verdict"] == "none"
    assert value(known)["selected"] == []
    assert value(replace(known, new_files=(RepoPath("test_b.py"),)))["verdict"] == "subset"


def test_all() -> None:
    """All tests come with every reason, and with the same keys."""
    found = value(RetestAll((Fallback("no-map", "there is none"),)))

    assert found["verdict"] == "all"
    assert found["fallbacks"] == [{"slug": "no-map", "detail": "there is none"}]
    assert found.keys() == value(SUBSET).keys()
