"""What a comparison of orders found, as lines and as JSON."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from impact_select.model.attribution import Attribution, Credit, CreditedPlace, SharedState
from impact_select.report.text import count_of

SCHEMA: Final = 1
_SHOWN: Final = 6  # places and tests of one finding; chosen for readable reports

_SURE: Final = 3  # the collected order, a shuffled one, and that one backwards


def attribution_lines(found: Attribution) -> Iterator[str]:
    """Render a comparison for people."""
    yield f"{count_of(len(found.compared), 'test')} compared in {len(found.orders)} orders:"
    yield from (f"  {order}" for order in found.orders)
    if found.failing:
        yield f"not compared, because they fail in every order: {len(found.failing)}"
    if found.not_everywhere:
        yield f"not compared, because some recording lacks them: {len(found.not_everywhere)}"
        yield from _some(sorted(found.not_everywhere))
    if found.rewritten:
        yield "not compared, because their content differs between the recordings:"
        yield from _some(sorted(found.rewritten))
    if found.shared:
        verb = "is" if len(found.differing) == 1 else "are"
        yield ""
        yield f"What {count_of(len(found.differing), 'test')} {verb} credited with depends on the"
        yield "order. Some state is shared: the first test that needs it runs this, and the"
        yield "others find it done. A change of it selects some of the tests below, not all."
        for shared in found.shared:
            yield ""
            yield from _shared_lines(shared)
    if found.order_dependent:
        yield ""
        dependent = count_of(len(found.order_dependent), "test")
        yield f"{dependent} with another outcome in another order. Selection takes for granted"
        yield "that there are none."
        yield ""
        for test, outcomes in found.order_dependent.items():
            yield f"  {test}"
            yield from (f"    {outcomes[order]} in {order}" for order in found.orders)
    if found.clean:
        yield ""
        yield "Nothing found: a change of any unit or file selects the same tests after each."
        if len(found.orders) < _SURE:
            yield "With --rounds 2 each test comes before each other one in some order."


def _shared_lines(shared: SharedState) -> Iterator[str]:
    places = [str(place) for place in shared.places]
    yield places[0]
    yield from _some(places[1:], indent="")
    for order, tests in shared.tests.items():
        yield f"  credited in {order} to" + ("" if tests else " none of them")
        yield from _some(sorted(tests), indent="    ")


def _some(names: Sequence[str], indent: str = "  ") -> Iterator[str]:
    yield from (f"{indent}{name}" for name in names[:_SHOWN])
    if len(names) > _SHOWN:
        yield f"{indent}and {len(names) - _SHOWN} more"


def attribution_to_json(found: Attribution) -> str:
    """Render a comparison for programs."""
    value = {
        "schema": SCHEMA,
        "orders": [
            {"name": str(order), "seed": order.seed, "backwards": order.backwards}
            for order in found.orders
        ],
        "compared": len(found.compared),
        "shared": [
            {
                "places": [_place(place) for place in shared.places],
                "tests": _by_order(
                    (str(order), sorted(tests)) for order, tests in shared.tests.items()
                ),
            }
            for shared in found.shared
        ],
        "order_dependent": [
            {
                "id": test,
                "outcomes": _by_order(
                    (str(order), outcome.value) for order, outcome in outcomes.items()
                ),
            }
            for test, outcomes in found.order_dependent.items()
        ],
        "failing": sorted(found.failing),
        "not_everywhere": sorted(found.not_everywhere),
        "rewritten": sorted(found.rewritten),
    }
    return json.dumps(value, indent=2) + "\n"


def _by_order(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    return dict(pairs)


def _place(place: CreditedPlace) -> dict[str, object]:
    lines = list(place.lines) if place.credit is Credit.CODE else None
    return {"credit": place.credit, "path": place.path, "symbol": place.symbol, "lines": lines}
