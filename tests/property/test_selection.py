"""Laws of selection, on the shop of the unit tests."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.fakes import affected_in, edited, store
from tests.unit.selection.shop import FILES, RAN, SESSION

from impact_select.mapping.assemble import assemble, merge_runs
from impact_select.model.recorded import RecordedRun

SHOP = store(SESSION)
EDITS = {
    "shop/tax.py": [
        ("RATE = 2", "RATE = 3"),
        ("price * rate", "price + rate"),
        ("rate=RATE", "rate=4"),
        ("Nobody", "Somebody"),
        ('TABLE["std"]', 'TABLE.get("std")'),
    ],
    "shop/items.py": [
        ("price = 1", "price = 2"),
        ('kind = "base"', 'kind = "b"'),
        ("class Other", "class Another"),
        ("Item(Base)", "Item"),
    ],
    "tests/conftest.py": [("return 3", "return 4"), ("prices = 1", "prices = 2")],
    "tests/test_tax.py": [("== 6", "== 7"), ("vat(-1)", "vat(-2)")],
}
edits = st.dictionaries(st.sampled_from(sorted(EDITS)), st.integers(0, 4), max_size=len(EDITS)).map(
    lambda chosen: {path: EDITS[path][number % len(EDITS[path])] for path, number in chosen.items()}
)


@settings(max_examples=30)
@given(edits)
def test_changes_together(chosen: dict[str, tuple[str, str]]) -> None:
    """Changes of several files affect together what each affects alone."""
    together = affected_in(SHOP, edited(FILES, chosen))
    alone = [affected_in(SHOP, edited(FILES, {path: edit})) for path, edit in chosen.items()]

    assert together == set().union(*alone)


@settings(max_examples=30)
@given(edits)
def test_a_base_only_adds(chosen: dict[str, tuple[str, str]]) -> None:
    """What is affected against the recording is affected against any base that differs."""
    head = edited(FILES, chosen)

    if chosen:
        assert affected_in(SHOP, head) <= affected_in(SHOP, head, base=FILES)
        assert affected_in(SHOP, head) <= affected_in(SHOP, FILES, base=head)


def part(tests: list[str]) -> RecordedRun:
    """Give what a worker recorded that ran some tests."""
    return replace(SESSION, ran={test: RAN[test] for test in tests}).run()


@settings(max_examples=30)
@given(st.permutations(sorted(RAN)), st.integers(1, 4), st.randoms(use_true_random=False))
def test_workers(order: list[str], count: int, random: object) -> None:
    """However tests were dealt to workers, and whoever finished first, the evidence is the same."""
    parts = [part(order[number::count]) for number in range(count)]
    random.shuffle(parts)  # type: ignore[attr-defined]

    assert assemble(merge_runs(parts), frozenset()) == assemble(SESSION.run(), frozenset())
