"""What dotted names stand for, where modules hand on each other."""

import pytest

from impact_select.graph.denoting import Denotations
from impact_select.model.ids import RepoPath
from impact_select.model.source import ImportFact


def denotations(imports: dict[str, list[str]]) -> Denotations:
    """Modules by dotted name; each import is `target` or `target as name` or `target.*`."""

    def taken(path: RepoPath) -> list[tuple[ImportFact, str]]:
        found = []
        for written in imports[path]:
            target, _, bound = written.partition(" as ")
            starred = target.endswith(".*")
            target = target.removesuffix(".*")
            name = "*" if starred else target.rpartition(".")[2]
            found.append((ImportFact(0, 0, target, name, bound or name), target))
        return found

    return Denotations(
        lambda name: [RepoPath(name)] if name in imports else [], lambda path: [path], taken
    )


@pytest.mark.parametrize(
    ("imports", "name", "expected"),
    [
        ({"shop": []}, "shop", {"shop"}),
        ({"shop": []}, "other", set()),
        ({"hub": ["shop"], "shop": []}, "hub.shop", {"shop"}),
        ({"hub": ["shop as store"], "shop": []}, "hub.store", {"shop"}),
        ({"hub": ["shop as store"], "shop": []}, "hub.shop", set()),
        ({"hub": ["inner.*"], "inner": ["shop"], "shop": []}, "hub.shop", {"shop"}),
        ({"hub": ["shop"], "shop": [], "shop.tax": []}, "hub.shop.tax", {"shop.tax"}),
        ({"a": ["b.*"], "b": ["a.*", "shop"], "shop": []}, "a.shop", {"shop"}),
        ({"a": ["b.*"], "b": ["a.*"]}, "a.b.a", set()),
        ({"a": ["b as x"], "b": ["a as y"]}, "a.x.y.x", {"b"}),
    ],
)
def test_names_that_are_handed_on(
    imports: dict[str, list[str]], name: str, expected: set[str]
) -> None:
    assert denotations(imports).of(name) == expected


def test_what_was_asked_before_does_not_matter() -> None:
    imports = {"a": ["b.*"], "b": ["c.*"], "c": ["a.*", "shop"], "shop": []}
    names = ["b.shop", "a.shop", "c.shop", "a"]
    one, other = denotations(imports), denotations(imports)
    assert [one.of(name) for name in names] == [other.of(name) for name in reversed(names)][::-1]


def test_many_modules_that_take_all_names_of_each_other() -> None:
    # One way after the other through them would take longer than anybody waits.
    modules = [f"m{number}" for number in range(25)]
    imports = {name: [f"{other}.*" for other in modules if other != name] for name in modules}
    imports["m24"].append("shop")
    imports["shop"] = []
    assert denotations(imports).of("m0.shop") == {"shop"}
    assert denotations(imports).of("m0.gone") == set()
