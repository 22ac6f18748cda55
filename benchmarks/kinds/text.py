"""Edits that no statement's meaning changes with: docstrings, comments, layout."""

import ast
from collections.abc import Iterator

from benchmarks.edit import Edit, splice_edit
from benchmarks.source import SourceFile, Splice, expressions_of, is_docstring


def docstring(source: SourceFile) -> Iterator[Edit]:
    """Change or delete a docstring."""
    for place in source.places:
        if not is_docstring(place):
            continue
        statement = place.statement
        assert isinstance(statement, ast.Expr)
        assert isinstance(statement.value, ast.Constant)
        where = f"docstring, line {statement.lineno}"
        changed = repr("Changed. " + str(statement.value.value))
        start, end = source.start(statement), source.end(statement)
        yield splice_edit(
            "docstring", source.path, f"{where}: changed", Splice(start, end, changed)
        )
        lines = source.whole_lines(statement)
        if lines is not None and len(place.suite) > 1:
            yield splice_edit("docstring", source.path, f"{where}: deleted", Splice(*lines, ""))


def comment(source: SourceFile) -> Iterator[Edit]:
    """Put a comment before a statement or after it."""
    for place in source.places:
        statement = place.statement
        lines, indent = source.whole_lines(statement), source.indent(statement)
        if lines is None or indent is None:
            continue
        where = f"line {statement.lineno}"
        yield splice_edit(
            "comment",
            source.path,
            f"comment before {where}",
            Splice(lines[0], lines[0], f"{indent}# A comment.\n"),
        )
        yield splice_edit(
            "comment",
            source.path,
            f"comment after {where}",
            Splice(source.end(statement), source.end(statement), "  # A comment."),
        )


def reformat(source: SourceFile) -> Iterator[Edit]:
    """Put a blank line before a statement, or break a line within a call's parentheses."""
    for place in source.places:
        statement = place.statement
        lines = source.whole_lines(statement)
        where = f"line {statement.lineno}"
        if lines is not None:
            yield splice_edit(
                "reformat",
                source.path,
                f"blank line before {where}",
                Splice(lines[0], lines[0], "\n"),
            )
        for node in expressions_of(statement):
            if isinstance(node, ast.Call) and node.args:
                first = node.args[0]
                if not isinstance(first, ast.GeneratorExp):
                    start = source.start(first)
                    yield splice_edit(
                        "reformat",
                        source.path,
                        f"line broken in a call, {where}",
                        Splice(start, start, "\n        "),
                    )
