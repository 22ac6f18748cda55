"""Edits after which every statement does what it did: comments, layout, order of imports."""

import ast
import copy
import io
import tokenize
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from benchmarks.edit import Edit, splice_edit
from benchmarks.source import (
    Place,
    SourceFile,
    Splice,
    apply_splices,
    expressions_of,
    is_docstring,
    suites_of,
)

COMPOUND = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Match),
    *(ast.Try, ast.TryStar),
)
HOLDERS = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
IMPORTS = (ast.Import, ast.ImportFrom)
DEEPER = "    "
IMPORT_KINDS = frozenset(
    {"imports-split", "imports-reversed", "imports-sorted", "imports-sorted-single"}
)
DOCSTRING_KINDS = frozenset(
    {"docstring", "black", "black-unstable", "ruff-format", "yapf", "autopep8"}
)


def comment(source: SourceFile) -> Iterator[Edit]:
    """Put a comment on a line of its own before a statement."""
    yield from _before_statements(source, "comment", "# A comment.")


def comment_after(source: SourceFile) -> Iterator[Edit]:
    """Put a comment behind a statement."""
    yield from _behind_statements(source, "comment-after", "  # A comment.")


def comment_at_top(source: SourceFile) -> Iterator[Edit]:
    """Put comments above all that the file has."""
    yield splice_edit("comment-at-top", source.path, "top", Splice(0, 0, "# One.\n\n# Two.\n\n"))


def comment_at_end(source: SourceFile) -> Iterator[Edit]:
    """Put comments below all that the file has."""
    end = len(source.data)
    before = "" if not source.data or source.data.endswith(b"\n") else "\n"
    text = f"{before}\n\n# One.\n\n    # Two.\n"
    yield splice_edit("comment-at-end", source.path, "end", Splice(end, end, text))


def comment_at_decorator(source: SourceFile) -> Iterator[Edit]:
    """Put a comment below a decorator."""
    for place in source.places:
        decorators = getattr(place.statement, "decorator_list", [])
        indent = source.indent(place.statement)
        if indent is None:
            continue
        for decorator in decorators:
            below = source.line_start((decorator.end_lineno or 0) + 1)
            yield splice_edit(
                "comment-at-decorator",
                source.path,
                f"line {decorator.lineno}",
                Splice(below, below, f"{indent}# A comment.\n"),
            )


def blank_line_added(source: SourceFile) -> Iterator[Edit]:
    """Put a blank line before a statement."""
    yield from _before_statements(source, "blank-line-added", "")


def blank_line_removed(source: SourceFile) -> Iterator[Edit]:
    """Take a blank line away."""
    for kind, start, end in _tokens(source):
        line = source.data[source.data.rfind(b"\n", 0, start) + 1 : end]
        if kind == tokenize.NL and not line.strip():
            yield splice_edit(
                "blank-line-removed",
                source.path,
                f"byte {start}",
                Splice(end - len(line), end, ""),
            )


def call_broken(source: SourceFile) -> Iterator[Edit]:
    """Break a call over lines, with a comma after its last argument."""
    for place, node in _expressions(source):
        if not isinstance(node, ast.Call):
            continue
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if not given or any(isinstance(some, ast.GeneratorExp) for some in given):
            continue
        first = min(source.start(some) for some in (*node.args, *node.keywords))
        last, close = max(map(source.end, given)), source.end(node) - 1
        has_comma = b"," in source.data[last:close] or b"#" in source.data[last:close]
        yield splice_edit(
            "call-broken",
            source.path,
            f"line {place.statement.lineno}",
            Splice(first, first, "\n        "),
            Splice(close, close, "\n" if has_comma else ",\n"),
        )


def line_continued(source: SourceFile) -> Iterator[Edit]:
    """Break a statement with a backslash before its value."""
    for place in source.places:
        value = getattr(place.statement, "value", None)
        value = getattr(place.statement, "test", None) if value is None else value
        if not isinstance(value, ast.expr) or source.start(value) == source.start(place.statement):
            continue
        start = source.start(value)
        yield splice_edit(
            "line-continued",
            source.path,
            f"line {place.statement.lineno}",
            Splice(start, start, "\\\n        "),
        )


def parentheses(source: SourceFile) -> Iterator[Edit]:
    """Put parentheses around an expression."""
    for place, node in _expressions(source):
        if isinstance(node, ast.Starred | ast.GeneratorExp | ast.Slice):
            continue
        if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            continue
        yield splice_edit(
            "parentheses",
            source.path,
            f"line {place.statement.lineno}: {type(node).__name__}",
            Splice(source.start(node), source.start(node), "("),
            Splice(source.end(node), source.end(node), ")"),
        )


def quotes(source: SourceFile) -> Iterator[Edit]:
    """Write a string in the other quotes."""
    for kind, start, end in _tokens(source):
        text = source.data[start:end].decode()
        mark = next((some for some in ('"""', "'''", '"', "'") if text.endswith(some)), None)
        if kind != tokenize.STRING or mark is None:
            continue
        other = mark.translate({ord('"'): "'", ord("'"): '"'})
        prefix, _, rest = text.partition(mark)
        body = rest.removesuffix(mark)
        if not {"'", '"', "\\"}.isdisjoint(body):
            continue
        yield splice_edit(
            "quotes",
            source.path,
            f"byte {start}",
            Splice(start, end, f"{prefix}{other}{body}{other}"),
        )


def docstring(source: SourceFile) -> Iterator[Edit]:
    """Change a docstring."""
    for place in source.places:
        if not is_docstring(place):
            continue
        statement = place.statement
        assert isinstance(statement, ast.Expr)
        assert isinstance(statement.value, ast.Constant)
        yield splice_edit(
            "docstring",
            source.path,
            f"line {statement.lineno}",
            Splice(
                source.start(statement),
                source.end(statement),
                repr("Changed. " + str(statement.value.value)),
            ),
        )


def type_ignore(source: SourceFile) -> Iterator[Edit]:
    """Put a comment for type checkers behind a statement."""
    yield from _behind_statements(source, "type-ignore", "  # type: ignore[misc]")


def type_comment(source: SourceFile) -> Iterator[Edit]:
    """Put the type of a variable, a loop's target or a function behind it, in a comment."""
    for place in source.places:
        statement = place.statement
        if isinstance(statement, ast.Assign):
            at, text = source.end(statement), "  # type: int"
            if source.whole_lines(statement) is None:
                continue
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            at, text = source.start(statement.body[0]), "# type: (...) -> int\n"
            indent = source.indent(statement.body[0])
            if indent is None:
                continue
            text += indent
        else:
            continue
        yield splice_edit(
            "type-comment", source.path, f"line {statement.lineno}", Splice(at, at, text)
        )


def format_off(source: SourceFile) -> Iterator[Edit]:
    """Tell formatters to leave a statement as it is."""
    yield from _before_statements(source, "format-off", "# fmt: off")


def format_skip(source: SourceFile) -> Iterator[Edit]:
    """Tell formatters and linters to leave a line as it is."""
    yield from _behind_statements(source, "format-skip", "  # fmt: skip  # noqa: E501")


def line_ends(source: SourceFile) -> Iterator[Edit]:
    """End all lines as Windows does, or as Unix does."""
    data = source.data
    text = data.replace(b"\r\n", b"\n") if b"\r\n" in data else data.replace(b"\n", b"\r\n")
    if text != data:
        yield _whole("line-ends", source, text)


def last_line_end(source: SourceFile) -> Iterator[Edit]:
    """End the file without an end of line."""
    end = len(source.data.rstrip())
    if end < len(source.data):
        yield splice_edit("last-line-end", source.path, "end", Splice(end, len(source.data), ""))


def encoding(source: SourceFile) -> Iterator[Edit]:
    """Say at the top how the file is encoded."""
    first = source.data.partition(b"\n")[0]
    if b"coding" in b"".join(source.data.splitlines()[:2]):
        return
    at = len(first) + 1 if first.startswith(b"#!") else 0
    yield splice_edit("encoding", source.path, "top", Splice(at, at, "# -*- coding: utf-8 -*-\n"))


def indentation(source: SourceFile) -> Iterator[Edit]:
    """Indent statements by tabs."""
    splices = []
    is_new = True
    for kind, start, _ in _tokens(source):
        if kind in {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT}:
            continue
        line = source.data.rfind(b"\n", 0, start) + 1
        if is_new and line < start:
            if source.data[line:start].strip(b" ") or (start - line) % 4:
                return
            splices.append(Splice(line, start, "\t" * ((start - line) // 4)))
        is_new = kind == tokenize.NEWLINE
    if splices:
        yield splice_edit("indentation", source.path, "by tabs", *splices)


def statements_joined(source: SourceFile) -> Iterator[Edit]:
    """Write two statements on one line."""
    for one, two in _neighbours(source):
        if isinstance(one, COMPOUND) or isinstance(two, COMPOUND):
            continue
        between = source.data[source.end(one) : source.start(two)]
        if b"\n" in between and not between.strip():
            yield splice_edit(
                "statements-joined",
                source.path,
                f"line {one.lineno}",
                Splice(source.end(one), source.start(two), "; "),
            )


def statements_split(source: SourceFile) -> Iterator[Edit]:
    """Write statements that share a line on lines of their own."""
    for place in source.places:
        for suite in suites_of(place.statement):
            yield from _split_suite(source, suite, place.statement)
    yield from _split_suite(source, source.tree.body, None)


def suite_joined(source: SourceFile) -> Iterator[Edit]:
    """Write the only statement of a branch, loop or function behind the colon."""
    for place in source.places:
        for suite in suites_of(place.statement):
            if len(suite) != 1 or isinstance(suite[0], COMPOUND):
                continue
            start = source.start(suite[0])
            before = source.data[:start].rstrip()
            if before.endswith(b":") and b"\n" in source.data[len(before) : start]:
                yield splice_edit(
                    "suite-joined",
                    source.path,
                    f"line {suite[0].lineno}",
                    Splice(len(before), start, " "),
                )


def imports_split(source: SourceFile) -> Iterator[Edit]:
    """Import each name by a statement of its own."""
    for place in source.places:
        statement = place.statement
        lines, indent = source.whole_lines(statement), source.indent(statement)
        if not isinstance(statement, IMPORTS) or lines is None or len(statement.names) < 2:
            continue
        texts = [
            ast.unparse(_of_names(statement, [alias])).replace("\n", "")
            for alias in statement.names
        ]
        yield splice_edit(
            "imports-split",
            source.path,
            f"line {statement.lineno}",
            Splice(source.start(statement), source.end(statement), f"\n{indent}".join(texts)),
        )


def imports_reversed(source: SourceFile) -> Iterator[Edit]:
    """Write the imports that follow each other in the opposite order."""
    suites: list[Sequence[ast.stmt]] = [source.tree.body]
    suites += [suite for place in source.places for suite in suites_of(place.statement)]
    for suite in suites:
        for run in _runs(source, suite):
            yield splice_edit(
                "imports-reversed",
                source.path,
                f"line {run[0].lineno}",
                *(
                    Splice(source.start(one), source.end(one), source.text(other))
                    for one, other in zip(run, reversed(run), strict=True)
                ),
            )


KINDS: Mapping[str, Callable[[SourceFile], Iterator[Edit]]] = {
    "comment": comment,
    "comment-after": comment_after,
    "comment-at-top": comment_at_top,
    "comment-at-end": comment_at_end,
    "comment-at-decorator": comment_at_decorator,
    "type-ignore": type_ignore,
    "type-comment": type_comment,
    "format-off": format_off,
    "format-skip": format_skip,
    "blank-line-added": blank_line_added,
    "blank-line-removed": blank_line_removed,
    "call-broken": call_broken,
    "line-continued": line_continued,
    "parentheses": parentheses,
    "quotes": quotes,
    "indentation": indentation,
    "statements-joined": statements_joined,
    "statements-split": statements_split,
    "suite-joined": suite_joined,
    "line-ends": line_ends,
    "last-line-end": last_line_end,
    "encoding": encoding,
    "docstring": docstring,
    "imports-split": imports_split,
    "imports-reversed": imports_reversed,
}


def is_unchanged(kind: str, source: SourceFile, after: bytes) -> bool:
    """Tell whether an edited file compiles to what it was, but for what its kind may change."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(after)
            compile(after, source.path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    if kind in IMPORT_KINDS:
        return _without_imports(tree) == _without_imports(source.tree)
    if kind in DOCSTRING_KINDS:
        return _without_docstrings(tree) == _without_docstrings(source.tree)
    return ast.dump(tree) == ast.dump(source.tree)


def together(kind: str, source: SourceFile, edits: Sequence[Edit]) -> list[Edit]:
    """Give those of a file's edits that can be made at once and change nothing."""
    kept: list[Edit] = []
    pending = [list(edits)]
    while pending:
        some = pending.pop()
        if is_unchanged(kind, source, edited_all(source.data, [*kept, *some])):
            kept += some
        elif len(some) > 1:
            half = len(some) // 2
            pending += [some[half:], some[:half]]
    return kept


def edited_all(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Make several edits of one file."""
    splices = [splice for edit in edits for file in edit.files for splice in file.splices]
    return apply_splices(data, splices)


def _before_statements(source: SourceFile, kind: str, text: str) -> Iterator[Edit]:
    for place in source.places:
        statement = place.statement
        lines, indent = source.whole_lines(statement), source.indent(statement)
        if lines is not None:
            line = f"{indent}{text}".rstrip() + "\n"
            where = f"line {statement.lineno}"
            yield splice_edit(kind, source.path, where, Splice(lines[0], lines[0], line))


def _behind_statements(source: SourceFile, kind: str, text: str) -> Iterator[Edit]:
    for place in source.places:
        if source.whole_lines(place.statement) is not None:
            end = source.end(place.statement)
            where = f"line {place.statement.lineno}"
            yield splice_edit(kind, source.path, where, Splice(end, end, text))


def _expressions(source: SourceFile) -> Iterator[tuple[Place, ast.expr]]:
    for place in source.places:
        for node in expressions_of(place.statement):
            yield place, node


def _neighbours(source: SourceFile) -> Iterator[tuple[ast.stmt, ast.stmt]]:
    yield from pairwise(source.tree.body)
    for place in source.places:
        for suite in suites_of(place.statement):
            yield from pairwise(suite)


def _split_suite(
    source: SourceFile, suite: Sequence[ast.stmt], holder: ast.stmt | None
) -> Iterator[Edit]:
    """Give each statement of a suite a line, where one has none."""
    if all(source.indent(statement) is not None for statement in suite):
        return
    around = "" if holder is None else source.indent(holder)
    indent = source.indent(suite[0])
    if indent is None and around is not None:
        indent = around + DEEPER
    if indent is None:
        return
    splices = []
    for statement in suite:
        start = source.start(statement)
        before = source.data[:start].rstrip(b" \t;")
        if source.indent(statement) is None:
            splices.append(Splice(len(before), start, f"\n{indent}"))
    where = f"line {suite[0].lineno}"
    yield splice_edit("statements-split", source.path, where, *splices)


def _runs(source: SourceFile, suite: Sequence[ast.stmt]) -> Iterator[list[ast.stmt]]:
    run: list[ast.stmt] = []
    for statement in (*suite, ast.Pass()):
        if isinstance(statement, IMPORTS) and _may_move(source, statement):
            run.append(statement)
            continue
        if len(run) > 1 and not _is_rebinding(run):
            yield run
        run = []


def _may_move(source: SourceFile, statement: ast.Import | ast.ImportFrom) -> bool:
    is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
    is_star = any(alias.name == "*" for alias in statement.names)
    return not is_future and not is_star and source.whole_lines(statement) is not None


def _is_rebinding(run: Sequence[ast.stmt]) -> bool:
    """Tell whether two imports bind one name to what may be two things."""
    bound: dict[str, str] = {}
    for statement in run:
        assert isinstance(statement, IMPORTS)
        for alias in statement.names:
            if isinstance(statement, ast.Import) and alias.asname is None:
                name = target = alias.name.partition(".")[0]
            else:
                name = alias.asname or alias.name
                target = f"{getattr(statement, 'module', '')}:{alias.name}"
            if bound.setdefault(name, target) != target:
                return True
    return False


def _of_names(
    statement: ast.Import | ast.ImportFrom, names: list[ast.alias]
) -> ast.Import | ast.ImportFrom:
    if isinstance(statement, ast.Import):
        return ast.Import(names)
    return ast.ImportFrom(statement.module, names, statement.level)


def _without_imports(tree: ast.Module) -> tuple[str, frozenset[str]]:
    """Render a file without its imports, and what these import."""
    imports: set[str] = set()

    class Cut(ast.NodeTransformer):
        def visit_Import(self, node: ast.Import) -> None:
            imports.update(ast.dump(_of_names(node, [alias])) for alias in node.names)

        def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
            imports.update(ast.dump(_of_names(node, [alias])) for alias in node.names)

    rest = ast.dump(Cut().visit(copy.deepcopy(tree)))
    return rest, frozenset(imports)


def _without_docstrings(tree: ast.Module) -> str:
    copied = copy.deepcopy(tree)
    for node in ast.walk(copied):
        if isinstance(node, HOLDERS) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(copied)


def _whole(kind: str, source: SourceFile, after: bytes) -> Edit:
    return splice_edit(kind, source.path, "all", Splice(0, len(source.data), after.decode()))


def _tokens(source: SourceFile) -> Iterator[tuple[int, int, int]]:
    """Give the type and byte range of each token."""
    lines = io.StringIO(source.data.decode(), newline="")
    for token in tokenize.generate_tokens(lines.readline):
        yield token.type, _offset(source, *token.start), _offset(source, *token.end)


def _offset(source: SourceFile, row: int, column: int) -> int:
    start = source.line_start(row)
    line = source.data[start : source.line_start(row + 1)].decode()
    return start + len(line[:column].encode())
