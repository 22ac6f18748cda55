"""Whether executing a module does more than bind names."""

from impact_select.changes.elsewhere import Quiet, none_quiet
from impact_select.model.source import ClassFacts, Outline, Unit, UnitKind
from impact_select.outline.decorators import is_pure
from impact_select.outline.known_names import ALWAYS_BOUND, is_plain_base


def acts(outline: Outline, is_quiet: Quiet = none_quiet) -> bool:
    """Tell whether a module may act on anything else when it is executed.

    What its imports do is not counted.

    Args:
        outline: Of the module.
        is_quiet: Asked for its classes.
    """
    if not all(made_quietly(facts, is_quiet) for facts in outline.classes):
        return True
    decorators = (name for facts in outline.definitions for name in facts.decorators)
    if not all(is_pure(name) for name in decorators):
        return True
    return any(
        unit.acts and unit.kind not in {UnitKind.IMPORT, UnitKind.BASES, UnitKind.ANNOTATIONS}
        for unit in outline.units
        if not unit.key.startswith(":effect:future:")
    )


def made_quietly(facts: ClassFacts, is_quiet: Quiet) -> bool:
    """Tell whether making a class runs no code of its bases.

    Args:
        facts: The class. Its decorators and its body do not count.
        is_quiet: Asked where the class itself does not tell.
    """
    return (not facts.keywords and all(map(is_plain_base, facts.bases))) or is_quiet(facts)


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
    return {name for unit in outline.units if _binds_in_module(unit) for name in unit.names} - {"*"}


def surely_bound_names(outline: Outline) -> set[str]:
    """Return the names that a module binds whenever it is executed to its end."""
    units = [unit for unit in outline.units if _binds_in_module(unit)]
    sure = {
        name
        for unit in units
        if unit.kind is not UnitKind.EFFECT and not unit.is_conditional
        for name in unit.names
    }
    # A deleted name, and what loops and one-line suites bind.
    doubtful = {name for unit in units if unit.kind is UnitKind.EFFECT for name in unit.names}
    return sure - doubtful - {"*"}


def _binds_in_module(unit: Unit) -> bool:
    if unit.kind in {UnitKind.SIGNATURE, UnitKind.BASES}:
        return "." not in unit.symbol
    return not unit.symbol and unit.kind is not UnitKind.BLOCK
