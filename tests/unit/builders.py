"""One-line notations for outlines and places, so that tests can state them literally."""

import re
from collections.abc import Iterable
from textwrap import dedent

from impact_select.model.source import Outline, UnitKind
from impact_select.outline.parse import parse_outline

_NAMED = {UnitKind.VARIABLE, UnitKind.IMPORT, UnitKind.EFFECT}
_AFTER = re.compile(r">[0-9a-f]{32}")
_SUITE = re.compile(r"/\??[0-9a-f]{32}\.(\d+)")


def outline(source: str) -> Outline:
    """Outline a source that is indented as its test is."""
    return parse_outline(dedent(source).encode())


def unit_lines(found: Outline, kinds: Iterable[UnitKind] = tuple(UnitKind)) -> list[str]:
    """Give each unit as `LINES KIND PLACE`.

    The place is the symbol, with the names that a statement binds. Each `/N` after that of
    a block is a suite on the way down to it, the first of its statement being 0; a `>` says
    that it comes after a way out.
    """
    wanted = set(kinds)
    return [
        f"{_lines(found, index)} {unit.kind.value} {_place(found, index)}".rstrip()
        for index, unit in enumerate(found.units)
        if unit.kind in wanted
    ]


def places(found: Outline, units: Iterable[int]) -> set[str]:
    """Give units as `KIND PLACE`."""
    return {f"{found.units[index].kind.value} {_place(found, index)}".rstrip() for index in units}


def block_lines(source: str) -> list[str]:
    """Give the blocks of a source as `LINES PLACE`."""
    found = unit_lines(outline(source), {UnitKind.BLOCK})
    return [line.replace(" block ", " ") for line in found]


def _lines(found: Outline, index: int) -> str:
    spans = sorted({(span.first, span.last) for span in found.lines if span.unit == index})
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def _place(found: Outline, index: int) -> str:
    unit = found.units[index]
    if unit.kind in _NAMED:
        return ".".join(part for part in (unit.symbol, ",".join(unit.names)) if part)
    suites = "".join(f"/{number}" for number in _SUITE.findall(unit.key))
    return f"{unit.symbol}{suites}{'>' * bool(_AFTER.search(unit.key))}"
