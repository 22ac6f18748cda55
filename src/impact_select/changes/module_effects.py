"""Whether executing a module does more than bind names."""

from impact_select.changes.elsewhere import Quiet, none_quiet
from impact_select.model.source import Outline, UnitKind
from impact_select.outline.decorators import is_pure
from impact_select.outline.known_names import ALWAYS_BOUND, is_plain_base


def acts(outline: Outline, is_quiet: Quiet = none_quiet) -> bool:
    """Tell whether a module may act on anything else when it is executed.

    What its imports do is not counted.

    Args:
        outline: Of the module.
        is_quiet: Asked for its classes.
    """
    if not all(
        (not facts.keywords and all(map(is_plain_base, facts.bases))) or is_quiet(facts)
        for facts in outline.classes
    ):
        return True
    decorators = (name for facts in outline.definitions for name in facts.decorators)
    if not all(is_pure(name) for name in decorators):
        return True
    return any(
        unit.acts and unit.kind not in {UnitKind.IMPORT, UnitKind.BASES, UnitKind.ANNOTATIONS}
        for unit in outline.units
        if not unit.key.startswith(":effect:future:")
    )


def may_fail(outline: Outline) -> bool:
    """Tell whether a module that does not act may still fail, for want of a name or a type."""
    bound = set(ALWAYS_BOUND)
    for unit in outline.units:
        if unit.kind is UnitKind.BLOCK:
            continue
        if unit.typed and not unit.inert:
            return True
        if not bound.issuperset(unit.loads):
            return True
        bound.update(unit.names)
    return False


def bound_names(outline: Outline) -> set[str]:
    """Return the names that a module binds, star imports left out."""
    headers = {UnitKind.SIGNATURE, UnitKind.BASES}
    return {
        name
        for unit in outline.units
        if (not unit.symbol if unit.kind not in headers else "." not in unit.symbol)
        and unit.kind is not UnitKind.BLOCK
        for name in unit.names
    } - {"*"}


def surely_bound_names(outline: Outline) -> set[str]:
    """Return the names that a module binds whenever it is executed to its end."""
    kinds = {UnitKind.VARIABLE, UnitKind.IMPORT, UnitKind.SIGNATURE, UnitKind.BASES}
    found: set[str] = set()
    doubtful: set[str] = set()
    for unit in outline.units:
        if unit.kind in kinds:
            place = unit.key.removeprefix(f"{unit.symbol}:{unit.kind.value}:")
            if not place.startswith("/"):
                found.update(unit.names)
        elif unit.kind is UnitKind.EFFECT:
            doubtful.update(unit.names)
    return (found & bound_names(outline)) - doubtful
