"""Which units of an outline a node of libcst's tree belongs to.

libcst finds positions by rendering the whole tree, which takes longer than parsing it.
`ast` has them for nothing, and both list the same statements in the same order; so a node
has the lines of its statement. Where these are of several units, and only there, the
statement is rendered after all.
"""

import ast
from collections.abc import Iterator, Mapping
from typing import Final

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from impact_select.graph.syntax import Statement
from impact_select.model.source import Outline, UnitKind, plain_name
from impact_select.outline.nodes import children
from impact_select.outline.suites import first_line

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_PARTS: Final = frozenset(
    {UnitKind.DECORATORS, UnitKind.DEFAULTS, UnitKind.ANNOTATIONS, UnitKind.BASES}
)
_RUN: Final = frozenset({UnitKind.BLOCK, UnitKind.EFFECT, UnitKind.VARIABLE})
_SUITES: Final = ("body", "handlers", "cases", "orelse", "finalbody")
_OTHER_NAMES: Final[Mapping[str, str]] = {
    "AsyncFunctionDef": "FunctionDef",
    "AsyncFor": "For",
    "AsyncWith": "With",
    "Delete": "Del",
}


class Places:
    """Where a walk through libcst's tree stands, statement by statement.

    Args:
        outline: Of the file.
        tree: Of the file.
    """

    def __init__(self, outline: Outline, tree: ast.Module) -> None:
        self._units = outline.units
        self._statements = _statements(tree.body)
        self._statement: ast.stmt = ast.Pass()
        self._node: Statement = cst.Pass()
        self._definitions: list[tuple[str, int]] = []
        self._exact: dict[int, int] = {}
        last = max((span.last for span in outline.lines), default=0)
        at: list[list[int]] = [[] for _ in range(last + 1)]
        for span in outline.lines:
            for line in range(span.first, span.last + 1):
                at[line].append(span.unit)
        self._at = [tuple(some) for some in at]
        self._symbols: dict[tuple[str, int], str] = {}
        for facts in outline.definitions:
            plain = plain_name(facts.qualname).rpartition(".")[2]
            self._symbols[plain, facts.first_line] = facts.qualname
        self._headers = {
            (unit.symbol, unit.kind): index
            for index, unit in enumerate(outline.units)
            if unit.kind in _PARTS
        }

    # -- going on -----------------------------------------------------------------------

    def enter(self, node: Statement) -> None:
        """Go to the next statement, which has to be this one.

        Raises:
            ValueError: It is another one for `ast`.
        """
        statement = next(self._statements, None)
        name = statement.__class__.__name__
        if statement is None or _OTHER_NAMES.get(name, name) != node.__class__.__name__:
            raise ValueError(f"{name} and {node.__class__.__name__} in one place")
        self._statement, self._node = statement, node

    def end(self) -> None:
        """Check that there are no more statements."""
        if next(self._statements, None) is not None:
            raise ValueError("libcst has left out a statement")

    def enter_definition(self, name: str) -> None:
        """Go into the function or class that is the present statement."""
        self._definitions.append((name, first_line(self._statement)))

    def leave_definition(self) -> None:
        """Leave it."""
        self._definitions.pop()

    @property
    def in_definition(self) -> bool:
        """Whether a function or class is around."""
        return bool(self._definitions)

    # -- units --------------------------------------------------------------------------

    def units(self, part: UnitKind | None) -> tuple[int, ...] | None:
        """Return the units of all nodes of the present statement, outside of its suites.

        Args:
            part: Of which part of the innermost definition's header, if of any.

        Returns:
            Indices; None when they differ from node to node.
        """
        definitions = self._definitions
        if part is not None and definitions:
            symbol = self._symbols.get(definitions[-1])
            unit = self._headers.get((symbol, part)) if symbol is not None else None
            if unit is not None:
                return (unit,)
            # The header of a local definition runs in the function around it.
            definitions = definitions[:-1]
        statement = self._statement
        first, last = first_line(statement), statement.end_lineno
        every = self._on(first)
        if first != last:
            for start, end in _own_lines(statement, self._node):
                for line in range(start, end + 1):
                    if self._on(line) != every:
                        return None
        return self._chosen(every, definitions)

    def units_of(self, node: cst.CSTNode, part: UnitKind | None) -> tuple[int, ...]:
        """Return the units of one node of the present statement."""
        definitions = self._definitions[:-1] if part is not None else self._definitions
        return self._chosen(self._on(self._line(node)), definitions)

    def importing(self, alias: cst.ImportAlias) -> int | None:
        """Return the unit of one name of an import that is the present statement."""
        bound = alias.evaluated_alias or alias.evaluated_name
        for index in self._on(self._statement.lineno):
            unit = self._units[index]
            if unit.kind is not UnitKind.IMPORT:
                continue
            if unit.names[0] in {bound, bound.partition(".")[0]}:
                return index
        return None

    def _on(self, line: int) -> tuple[int, ...]:
        return self._at[line] if line < len(self._at) else ()

    def _chosen(
        self, every: tuple[int, ...], definitions: list[tuple[str, int]]
    ) -> tuple[int, ...]:
        """Of several units choose those that run in a definition's body."""
        if len(every) <= 1:
            return every
        symbol = self._symbols.get(definitions[-1]) if definitions else ""
        own = tuple(
            index
            for index in every
            if self._units[index].symbol == symbol and self._units[index].kind in _RUN
        )
        return own or every

    def _line(self, node: cst.CSTNode) -> int:
        if id(node) not in self._exact:
            module = cst.Module([_on_its_own(self._node)])
            wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
            positions = wrapper.resolve(PositionProvider)
            shift = self._statement.lineno - positions[self._node].start.line
            for some, position in positions.items():
                self._exact[id(some)] = position.start.line + shift
        return self._exact[id(node)]


def _on_its_own(node: Statement) -> cst.SimpleStatementLine | cst.BaseCompoundStatement:
    if isinstance(node, cst.BaseSmallStatement):
        return cst.SimpleStatementLine([node])
    assert isinstance(node, cst.BaseCompoundStatement)
    return node


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a suite and of those in them, in source order."""
    pending = body[::-1]
    while pending:
        node: ast.AST = pending.pop()
        if isinstance(node, ast.stmt):
            yield node
        for name in reversed(_SUITES):
            pending += getattr(node, name, ())[::-1]


def _own_lines(statement: ast.stmt, node: Statement) -> list[tuple[int, int]]:
    """Return the lines on which nodes of a statement can start, outside of its suites.

    Args:
        statement: For `ast`.
        node: For libcst.
    """
    first = last = statement.lineno
    if not hasattr(statement, "body") and not hasattr(statement, "cases"):
        return [(first, statement.end_lineno or first)]
    if isinstance(statement, _Definition):
        first = first_line(statement)
    found: list[tuple[int, int]] = []
    handlers: Iterator[cst.ExceptHandler | cst.ExceptStarHandler] = iter(())
    if isinstance(node, cst.Try | cst.TryStar):
        handlers = iter(node.handlers)
    for part in children(statement):
        if isinstance(part, ast.ExceptHandler):
            handler = next(handlers)
            end = _last(part.type)
            if part.name:
                # It has no position, and may stand on a line after the types.
                shared = handler.body.__class__ is cst.SimpleStatementSuite
                end = max(end, first_line(part.body[0]) - (not shared))
            found.append((part.lineno, end))
        elif isinstance(part, ast.match_case):
            found.append((part.pattern.lineno, max(_last(part.pattern), _last(part.guard))))
        elif not isinstance(part, ast.stmt):
            last = max(last, _last(part))
    return [(first, last), *found]


def _last(node: ast.AST | None) -> int:
    """Return the last line of a node; 0 of nothing."""
    if node is None:
        return 0
    end = getattr(node, "end_lineno", None)
    return end if end is not None else max(map(_last, children(node)), default=0)
