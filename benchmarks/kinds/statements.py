"""Edits of statements within functions: bodies, branches, exceptions, test code."""

import ast
from collections.abc import Callable, Iterator

from benchmarks.edit import Edit, splice_edit
from benchmarks.kinds.values import (
    has_format_string,
    other_constant,
    other_operation,
    replace,
)
from benchmarks.source import (
    Place,
    Role,
    SourceFile,
    Splice,
    dotted_name,
    expressions_of,
    is_docstring,
    is_fixture,
)


def body(source: SourceFile) -> Iterator[Edit]:
    """Change an operator, constant, result or condition, or delete a statement."""
    return _in_functions(
        source, "body", lambda place: source.role is Role.PRODUCT and not place.is_nested
    )


def branch(source: SourceFile) -> Iterator[Edit]:
    """Do as `body`, in the suite of an if, for, with, try or match."""
    return _in_functions(
        source, "branch", lambda place: source.role is Role.PRODUCT and place.is_nested
    )


def test_body(source: SourceFile) -> Iterator[Edit]:
    """Do as `body`, in a test function."""
    return _in_functions(
        source,
        "test-body",
        lambda place: source.role is Role.TEST and _kind_of_test_code(place) == "test",
    )


def test_helper(source: SourceFile) -> Iterator[Edit]:
    """Do as `body`, in a function of test code that is neither test nor fixture."""
    return _in_functions(
        source,
        "test-helper",
        lambda place: source.role is not Role.PRODUCT and _kind_of_test_code(place) == "helper",
    )


def fixture_body(source: SourceFile) -> Iterator[Edit]:
    """Do as `body`, in a fixture."""
    return _in_functions(
        source, "fixture-body", lambda place: _kind_of_test_code(place) == "fixture"
    )


def exception_type(source: SourceFile) -> Iterator[Edit]:
    """Raise or catch another exception."""
    if source.role is not Role.PRODUCT:
        return
    for place in source.places:
        statement = place.statement
        if isinstance(statement, ast.Raise) and statement.exc is not None:
            raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
            if dotted_name(raised):
                yield _edit(
                    source,
                    "exception-type",
                    place,
                    f"raises LookupError for {dotted_name(raised)}",
                    replace(source, raised, ast.Name("LookupError")),
                )
        for handler in getattr(statement, "handlers", ()):
            if handler.type is not None:
                yield _edit(
                    source,
                    "exception-type",
                    place,
                    f"catches ZeroDivisionError for {source.text(handler.type)}",
                    replace(source, handler.type, ast.Name("ZeroDivisionError")),
                )


def deletion(source: SourceFile, place: Place) -> Splice:
    """Delete a statement, or write `pass` where its suite would be empty."""
    lines = source.whole_lines(place.statement)
    if lines is None or len(place.suite) == 1:
        return Splice(source.start(place.statement), source.end(place.statement), "pass")
    return Splice(*lines, "")


def _in_functions(
    source: SourceFile, kind: str, is_wanted: Callable[[Place], bool]
) -> Iterator[Edit]:
    for place in source.places:
        if place.function is not None and not is_docstring(place) and is_wanted(place):
            yield from (
                _edit(source, kind, place, description, splice)
                for description, splice in _changes(source, place)
            )


def _changes(source: SourceFile, place: Place) -> Iterator[tuple[str, Splice]]:
    statement = place.statement
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    for node in expressions_of(statement):
        other: ast.expr | None = None
        if isinstance(node, ast.Constant):
            other = other_constant(node)
        elif not has_format_string(node):
            other = other_operation(node)
        if other is not None:
            before, after = ast.unparse(node)[:40], ast.unparse(other)[:40]
            yield f"{before} becomes {after}", replace(source, node, other)
    match statement:
        case ast.Return(value=ast.expr() as value) if not (
            isinstance(value, ast.Constant) and value.value is None
        ):
            yield "returns None", replace(source, value, ast.Constant(None))
        case ast.If(test=test) if not has_format_string(test):
            yield "condition negated", replace(source, test, ast.UnaryOp(ast.Not(), test))
        case ast.Assign() | ast.AugAssign() | ast.Expr() | ast.Raise() | ast.Assert():
            yield "statement deleted", deletion(source, place)
        case _:
            pass


def _kind_of_test_code(place: Place) -> str:
    function = place.function
    if function is None:
        return ""
    if is_fixture(function):
        return "fixture"
    return "test" if function.name.startswith("test") else "helper"


def _edit(source: SourceFile, kind: str, place: Place, description: str, splice: Splice) -> Edit:
    where = f"line {place.statement.lineno}"
    if place.function is not None:
        where += f" in {place.function.name}"
    return splice_edit(kind, source.path, f"{where}: {description}", splice)
