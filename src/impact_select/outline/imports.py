"""Imports that follow each other, in an order that does not depend on how they are written."""

import ast
from collections.abc import Iterator, Set
from typing import Final

_Import = ast.Import | ast.ImportFrom
_IMPORTS: Final = (ast.Import, ast.ImportFrom)


def in_one_order(body: list[ast.stmt], kept: Set[str] = frozenset()) -> Iterator[ast.stmt]:
    """Yield statements, with an import for each name, and runs of these sorted.

    Args:
        body: Some statements of a function that are all executed or left by an error with
            which the function ends.
        kept: Names that outlive the call of the function.

    Safety:
        The order of a run counts where two imports bind one name, or where what is bound
        before one that fails can be seen. Then it stays. Else docs/safety.md, assumption 8.
    """
    run: list[_Import] = []
    for statement in body:
        if isinstance(statement, _IMPORTS):
            run += _single(statement)
            continue
        yield from _sorted(run, kept)
        run = []
        yield statement
    yield from _sorted(run, kept)


def _single(statement: _Import) -> list[_Import]:
    """Cut an import into one for each name."""
    if isinstance(statement, ast.Import):
        return [ast.Import([alias]) for alias in statement.names]
    return [ast.ImportFrom(statement.module, [alias], statement.level) for alias in statement.names]


def _sorted(run: list[_Import], kept: Set[str]) -> list[_Import]:
    bound: dict[str, tuple[str, ...]] = {}
    for statement in run:
        name, origin = _binding(statement)
        if name in kept or bound.setdefault(name, origin) != origin:
            return run
    return sorted(run, key=_place)


def _binding(statement: _Import) -> tuple[str, tuple[str, ...]]:
    """Return the name that an import binds, and where that comes from."""
    alias = statement.names[0]
    if isinstance(statement, ast.ImportFrom):
        return alias.asname or alias.name, _place(statement)[:-1]
    if alias.asname is None:
        first = alias.name.partition(".")[0]
        return first, ("", first)
    return alias.asname, ("", alias.name)


def _place(statement: _Import) -> tuple[str, ...]:
    alias = statement.names[0]
    source = ""
    if isinstance(statement, ast.ImportFrom):
        source = "." * statement.level + (statement.module or "")
    return source, alias.name, alias.asname or ""
