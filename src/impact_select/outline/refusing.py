"""Whether a literal in the body of a class may keep the class from being made.

Source: the documentation of `__slots__`, `enum`, `dataclasses` and `typing.NamedTuple`.
"""

import ast
from typing import Final

from impact_select.outline.bindings import dotted_name
from impact_select.outline.names import targets

_NUMBERED: Final = frozenset({"IntEnum", "IntFlag", "Flag"})
_CONTAINERS: Final = frozenset({"list", "dict", "set", "bytearray"})


def may_be_refused(
    holder: ast.ClassDef, statement: ast.Assign | ast.AnnAssign | ast.AugAssign
) -> bool:
    """Tell whether making a class may fail for what a statement in it binds.

    Args:
        holder: The class.
        statement: An assignment in its body.
    """
    names = set(targets(statement))
    if _has_slots(holder):
        slots = _slots(holder)
        wanted = _bound(holder) if "__slots__" in names else names
        if slots is None or not wanted.isdisjoint(slots):
            return True
    value = statement.value
    made_by = {_last(one) for one in (*holder.decorator_list, *holder.bases)}
    if "unique" in made_by or (not made_by.isdisjoint(_NUMBERED) and not _is(value, int)):
        return True
    if "StrEnum" in made_by and not _is(value, str):
        return True
    if "dataclass" in made_by and _is_shared(value):
        return True
    return not made_by.isdisjoint({"dataclass", "NamedTuple"}) and _comes_late(holder, statement)


def _last(node: ast.expr) -> str:
    target = node.func if isinstance(node, ast.Call) else node
    return (dotted_name(target) or "?").rpartition(".")[2]


def _has_slots(holder: ast.ClassDef) -> bool:
    return any("__slots__" in _names(statement) for statement in holder.body)


def _slots(holder: ast.ClassDef) -> set[str] | None:
    """Return the names in `__slots__`; None where they are not known."""
    found: set[str] = set()
    for statement in holder.body:
        if "__slots__" not in _names(statement):
            continue
        value = getattr(statement, "value", None)
        for item in value.elts if isinstance(value, ast.Tuple | ast.List | ast.Set) else [value]:
            if not (isinstance(item, ast.Constant) and isinstance(item.value, str)):
                return None
            found.add(item.value)
    return found


def _bound(holder: ast.ClassDef) -> set[str]:
    """Return what the statements of a class bind."""
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    found = {statement.name for statement in holder.body if isinstance(statement, defined)}
    return found.union(*map(_names, holder.body))


def _names(statement: ast.stmt) -> tuple[str, ...]:
    if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        return tuple(targets(statement))
    return ()


def _is(value: ast.expr | None, kind: type) -> bool:
    """Tell whether a member of an enumeration is of a type, as far as a literal tells."""
    if isinstance(value, ast.Constant):
        return isinstance(value.value, kind)
    if isinstance(value, ast.Call):
        return _last(value) == "auto"
    return isinstance(value, ast.Name | ast.UnaryOp | ast.BinOp)


def _is_shared(value: ast.expr | None) -> bool:
    """Tell whether a default is one that all objects would share, and could change."""
    if isinstance(value, ast.Call):
        return dotted_name(value.func) in _CONTAINERS
    return isinstance(value, ast.List | ast.Dict | ast.Set)


def _comes_late(holder: ast.ClassDef, statement: ast.stmt) -> bool:
    """Tell whether a field without a default comes after one that has one."""
    if not _is_field(statement) or _has_default(statement):
        return False
    fields = [one for one in holder.body if _is_field(one)]
    if any(
        "kw_only" in {keyword.arg for keyword in one.keywords}
        for one in holder.decorator_list
        if isinstance(one, ast.Call)
    ) or any("KW_ONLY" in ast.unparse(one) for one in fields):
        return False
    return any(_has_default(one) for one in fields[: fields.index(statement)])


def _is_field(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.AnnAssign) and "ClassVar" not in ast.unparse(
        statement.annotation
    )


def _has_default(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.AnnAssign) else None
    if isinstance(value, ast.Call) and _last(value) == "field":
        return not {"default", "default_factory", "init"}.isdisjoint(
            keyword.arg or "" for keyword in value.keywords
        )
    return value is not None
