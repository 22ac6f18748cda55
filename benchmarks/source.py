"""A source file with byte positions, and the splices that edit it."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import PurePosixPath
from typing import TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Definition: TypeAlias = Function | ast.ClassDef

TEST_FOLDERS = frozenset({"test", "tests", "testing"})


class Role(Enum):
    """What pytest takes a Python file for."""

    PRODUCT = "product"
    TEST = "test"
    CONFTEST = "conftest"


@dataclass(frozen=True, slots=True)
class Splice:
    """Put text in place of a range of bytes.

    Attributes:
        start: First byte replaced, 0-based.
        end: First byte after the range; equal to start for an insertion.
        text: Encoded as UTF-8 when applied.
    """

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """A statement, and where it stands.

    Attributes:
        suite: The statements of the suite that holds it, itself included.
        function: Innermost function around it.
        class_: The class whose body it belongs to, not through a function.
        is_nested: Whether a compound statement (if, for, with, try, match) of the
            same scope stands around it.
    """

    statement: ast.stmt
    suite: Sequence[ast.stmt]
    function: Function | None
    class_: ast.ClassDef | None
    is_nested: bool


@dataclass(frozen=True, slots=True, eq=False)
class SourceFile:
    """One parsed Python file.

    Attributes:
        path: Relative to the top of the project, POSIX separators.
        line_starts: Offset of each line's first byte; one more entry than lines, so
            that the last one is the length of the data.
    """

    path: str
    data: bytes
    role: Role
    tree: ast.Module
    places: tuple[Place, ...]
    line_starts: tuple[int, ...] = field(repr=False)

    def line_start(self, line: int) -> int:
        """Give the offset of a 1-based line; past the end, the length of the data."""
        return self.line_starts[min(line - 1, len(self.line_starts) - 1)]

    def start(self, node: ast.expr | ast.stmt | ast.alias) -> int:
        """Give the offset of a node; decorators belong to their definition."""
        if isinstance(node, Definition) and node.decorator_list:
            first = node.decorator_list[0]
            return self.data.rindex(b"@", 0, self.line_start(first.lineno) + first.col_offset)
        return self.line_start(node.lineno) + node.col_offset

    def end(self, node: ast.expr | ast.stmt | ast.alias) -> int:
        """Give the offset after a node."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.line_start(node.end_lineno) + node.end_col_offset

    def text(self, node: ast.expr | ast.stmt | ast.alias) -> str:
        """Give a node's source, decorators included."""
        return self.data[self.start(node) : self.end(node)].decode()

    def indent(self, statement: ast.stmt) -> str | None:
        """Give what stands before a statement on its line, if that is blank only."""
        start = self.start(statement)
        before = self.data[self.data.rfind(b"\n", 0, start) + 1 : start].decode()
        return before if not before.strip() else None

    def whole_lines(self, statement: ast.stmt) -> tuple[int, int] | None:
        """Give the byte range of a statement's lines, if it has them to itself."""
        indent = self.indent(statement)
        if indent is None or statement.end_lineno is None:
            return None
        after = self.line_start(statement.end_lineno + 1)
        rest = self.data[self.end(statement) : after].strip()
        if rest and not rest.startswith(b"#"):
            return None
        return self.start(statement) - len(indent.encode()), after


def parse_source(path: str, data: bytes) -> SourceFile | None:
    """Read a file, or give nothing where positions could not be trusted.

    That is: not UTF-8, a byte order mark, old Mac line ends, form feeds, or text that
    does not parse here.
    """
    if data.startswith(b"\xef\xbb\xbf") or b"\r" in data.replace(b"\r\n", b"") or b"\f" in data:
        return None
    try:
        tree = ast.parse(data.decode())
    except (SyntaxError, UnicodeDecodeError, ValueError):
        return None
    starts = [0]
    for line in data.splitlines(keepends=True) if b"\r" not in data else _split(data):
        starts.append(starts[-1] + len(line))
    places = tuple(_places(tree.body, None, None, is_nested=False))
    return SourceFile(path, data, role_of(path), tree, places, tuple(starts))


def role_of(path: str) -> Role:
    """Tell test code from the rest by its path alone."""
    pure = PurePosixPath(path)
    if pure.name == "conftest.py":
        return Role.CONFTEST
    is_test = pure.name.startswith("test_") or pure.name.endswith("_test.py")
    if is_test or not TEST_FOLDERS.isdisjoint(pure.parts[:-1]):
        return Role.TEST
    return Role.PRODUCT


def apply_splices(data: bytes, splices: Iterable[Splice]) -> bytes:
    """Edit bytes; splices do not overlap and may come in any order."""
    for splice in sorted(splices, key=lambda one: (one.start, one.end), reverse=True):
        data = data[: splice.start] + splice.text.encode() + data[splice.end :]
    return data


def expressions_of(statement: ast.stmt) -> Iterator[ast.expr]:
    """Walk a statement's own expressions, not those of the suites below it.

    F-strings are one expression: before Python 3.12 the positions within are wrong.
    """
    pending: list[ast.AST] = [
        child
        for child in ast.iter_child_nodes(statement)
        if isinstance(child, (ast.expr, ast.withitem, ast.keyword))
    ]
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.expr):
            yield node
        if not isinstance(node, ast.JoinedStr):
            pending.extend(ast.iter_child_nodes(node))


def suites_of(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Give the suites of a compound statement, handlers and cases included."""
    for name in ("body", "orelse", "finalbody"):
        suite = getattr(statement, name, None)
        if suite:
            yield suite
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield part.body


def is_docstring(place: Place) -> bool:
    """Tell whether a statement is the docstring of its module, class or function."""
    return (
        place.statement is place.suite[0]
        and not place.is_nested
        and isinstance(place.statement, ast.Expr)
        and isinstance(place.statement.value, ast.Constant)
        and isinstance(place.statement.value.value, str)
    )


def dotted_name(node: ast.expr) -> str:
    """Give `a.b.c` for a name or an attribute chain, else the empty string."""
    if isinstance(node, ast.Call):
        return dotted_name(node.func)
    if isinstance(node, ast.Attribute):
        base = dotted_name(node.value)
        return f"{base}.{node.attr}" if base else ""
    return node.id if isinstance(node, ast.Name) else ""


def is_fixture(node: Function) -> bool:
    """Tell whether a function is decorated as a pytest fixture."""
    return any(
        dotted_name(decorator).rpartition(".")[2] == "fixture" for decorator in node.decorator_list
    )


def _places(
    suite: Sequence[ast.stmt],
    function: Function | None,
    class_: ast.ClassDef | None,
    *,
    is_nested: bool,
) -> Iterator[Place]:
    for statement in suite:
        yield Place(statement, suite, function, class_, is_nested)
        if isinstance(statement, Function):
            yield from _places(statement.body, statement, None, is_nested=False)
        elif isinstance(statement, ast.ClassDef):
            yield from _places(statement.body, None, statement, is_nested=False)
        else:
            for inner in suites_of(statement):
                yield from _places(inner, function, class_, is_nested=True)


def _split(data: bytes) -> list[bytes]:
    return [line + b"\n" for line in data.split(b"\n")[:-1]] + [data.split(b"\n")[-1]]
