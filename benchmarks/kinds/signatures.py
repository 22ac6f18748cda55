"""Edits of what a definition says before its body: parameters, decorators, bases, name."""

import ast
import re
from collections.abc import Iterator

from benchmarks.edit import Edit, splice_edit
from benchmarks.kinds.values import other_constant, replace, value_changes
from benchmarks.source import Definition, Function, Role, SourceFile, Splice

NAME = re.compile(rb"(?:async\s+)?def\s+(\w+)")

MIXIN = """class OddMixin:
{indent}    def __str__(self):
{indent}        return "mixed in"


{indent}"""


def default(source: SourceFile) -> Iterator[Edit]:
    """Change the default of a parameter."""
    for node in _functions(source):
        for value in (*node.args.defaults, *node.args.kw_defaults):
            if value is None:
                continue
            other: ast.expr = ast.Constant(None)
            if isinstance(value, ast.Constant):
                other = other_constant(value) or ast.Constant(0)
            yield splice_edit(
                "default",
                source.path,
                f"default of {node.name}: {source.text(value)[:40]} becomes {ast.unparse(other)}",
                replace(source, value, other),
            )


def annotation(source: SourceFile) -> Iterator[Edit]:
    """Change the annotation of a parameter, a result, or a variable."""
    found: list[tuple[str, ast.expr]] = []
    for node in _functions(source):
        arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        found.extend(
            (f"{node.name}({one.arg})", one.annotation) for one in arguments if one.annotation
        )
        if node.returns is not None:
            found.append((f"result of {node.name}", node.returns))
    found.extend(
        (ast.unparse(place.statement.target), place.statement.annotation)
        for place in source.places
        if isinstance(place.statement, ast.AnnAssign) and place.function is None
    )
    if source.role is not Role.PRODUCT:
        return
    for where, node_ in found:
        other = "int" if ast.unparse(node_) != "int" else "bytes"
        yield splice_edit(
            "annotation",
            source.path,
            f"annotation of {where}: {source.text(node_)[:40]} becomes {other}",
            replace(source, node_, ast.Name(other)),
        )


def decorator_argument(source: SourceFile) -> Iterator[Edit]:
    """Change a value that a decorator is called with, or drop a keyword."""
    for node in _definitions(source):
        for decorator in node.decorator_list:
            if not isinstance(decorator, ast.Call):
                continue
            values = (*decorator.args, *(keyword.value for keyword in decorator.keywords))
            for value in values:
                for description, splice in value_changes(source, value):
                    yield splice_edit(
                        "decorator-argument",
                        source.path,
                        f"decorator of {node.name}, line {decorator.lineno}: {description}",
                        splice,
                    )


def decorator_removed(source: SourceFile) -> Iterator[Edit]:
    """Take one decorator away."""
    for node in _definitions(source):
        for decorator in node.decorator_list:
            assert decorator.end_lineno is not None
            yield splice_edit(
                "decorator-removed",
                source.path,
                f"decorator {source.text(decorator)[:40]} of {node.name} removed",
                Splice(
                    source.line_start(decorator.lineno),
                    source.line_start(decorator.end_lineno + 1),
                    "",
                ),
            )


def function_renamed(source: SourceFile) -> Iterator[Edit]:
    """Rename a function or method; callers keep the old name."""
    for node in _functions(source):
        if source.role is not Role.PRODUCT or node.name.startswith("__"):
            continue
        start = source.line_start(node.lineno) + node.col_offset
        match = NAME.match(source.data, start)
        if match is not None:
            yield splice_edit(
                "function-renamed",
                source.path,
                f"{node.name} becomes {node.name}_renamed, line {node.lineno}",
                Splice(match.end(1), match.end(1), "_renamed"),
            )


def base_class_changed(source: SourceFile) -> Iterator[Edit]:
    """Drop a base class, or put a class with a method of its own before the bases."""
    for place in source.places:
        node = place.statement
        if not isinstance(node, ast.ClassDef) or not node.bases or place.function is not None:
            continue
        if any(isinstance(base, ast.Starred) for base in node.bases):
            continue
        items = [source.text(base) for base in node.bases]
        keywords = [f"{keyword.arg}={source.text(keyword.value)}" for keyword in node.keywords]
        last = node.keywords[-1].value if node.keywords else node.bases[-1]
        start, end = source.start(node.bases[0]), source.end(last)
        for index, base in enumerate(items):
            kept = [*items[:index], *items[index + 1 :], *keywords]
            yield splice_edit(
                "base-class-changed",
                source.path,
                f"{node.name} loses its base {base}",
                Splice(start, end, ", ".join(kept)),
            )
        indent = source.indent(node)
        if indent is not None:
            where = source.start(node)
            yield splice_edit(
                "base-class-changed",
                source.path,
                f"{node.name} gains a base with __str__",
                Splice(where, where, MIXIN.replace("{indent}", indent)),
                Splice(start, start, "OddMixin, "),
            )


def _definitions(source: SourceFile) -> Iterator[Definition]:
    for place in source.places:
        if isinstance(place.statement, Definition) and place.function is None:
            yield place.statement


def _functions(source: SourceFile) -> Iterator[Function]:
    for place in source.places:
        if isinstance(place.statement, Function):
            yield place.statement
