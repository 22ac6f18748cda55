"""Edits of what a module does on import: constants, imports, effects."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from benchmarks.edit import Edit, FileEdit, addition, splice_edit
from benchmarks.kinds.statements import deletion
from benchmarks.kinds.values import replace, value_changes
from benchmarks.project import Project
from benchmarks.source import Place, Role, SourceFile, Splice, is_docstring

HARMLESS_IMPORTS = ("import colorsys", "from string import ascii_letters")
MOVED = "moved_constants_of_the_benchmark"


def constant(source: SourceFile) -> Iterator[Edit]:
    """Change the value of a module-level variable."""
    for place in _top_level(source):
        statement = place.statement
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
            continue
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        name = source.text(target)[:40]
        for description, splice in value_changes(source, statement.value):
            yield splice_edit("constant", source.path, f"{name}: {description}", splice)
        if not isinstance(statement.value, ast.Constant):
            yield splice_edit(
                "constant",
                source.path,
                f"{name}: None",
                replace(source, statement.value, ast.Constant(None)),
            )


def constant_moved(project: Project) -> Iterator[Edit]:
    """Move a literal to the end of its module, or to a new module and import it."""
    for source in project.sources:
        for place in _top_level(source):
            statement = place.statement
            lines = source.whole_lines(statement)
            if (
                lines is None
                or not isinstance(statement, ast.Assign)
                or not isinstance(statement.targets[0], ast.Name)
                or any(isinstance(node, ast.Name | ast.Call) for node in ast.walk(statement.value))
            ):
                continue
            name, text = statement.targets[0].id, source.text(statement)
            yield splice_edit(
                "constant-moved",
                source.path,
                f"{name} moved to the end",
                Splice(*lines, ""),
                _at_end(source, text),
            )
            folder = PurePosixPath(source.path).parent
            dot = "." if str(folder / "__init__.py") in project.paths else ""
            yield Edit(
                "constant-moved",
                source.path,
                f"{name} moved to a new module",
                (
                    FileEdit(source.path, (Splice(*lines, f"from {dot}{MOVED} import {name}\n"),)),
                    addition(str(folder / f"{MOVED}.py"), f"{text}\n"),
                ),
            )


def import_removed(source: SourceFile) -> Iterator[Edit]:
    """Take away an import of the module, or one name of it."""
    for place in _top_level(source):
        statement = place.statement
        if not isinstance(statement, ast.Import | ast.ImportFrom) or _is_future(statement):
            continue
        if len(statement.names) == 1:
            yield splice_edit(
                "import-removed",
                source.path,
                f"{source.text(statement)[:60]} removed",
                deletion(source, place),
            )
            continue
        for alias in statement.names:
            names = [other for other in statement.names if other is not alias]
            if isinstance(statement, ast.Import):
                kept: ast.stmt = ast.Import(names)
            else:
                kept = ast.ImportFrom(statement.module, names, statement.level)
            yield splice_edit(
                "import-removed",
                source.path,
                f"{alias.name} removed from {source.text(statement)[:40]}",
                Splice(source.start(statement), source.end(statement), ast.unparse(kept)),
            )


def import_added(source: SourceFile) -> Iterator[Edit]:
    """Import something of the standard library; it may take the name of another import."""
    imports = [
        place
        for place in _top_level(source)
        if isinstance(place.statement, ast.Import | ast.ImportFrom)
        and not place.is_nested
        and source.whole_lines(place.statement) is not None
    ]
    if not imports:
        return
    lines = source.whole_lines(imports[-1].statement)
    assert lines is not None
    names = {
        (alias.asname or alias.name).partition(".")[0]: None
        for place in imports
        if not _is_future(place.statement)
        for alias in getattr(place.statement, "names", ())
        if alias.name != "*"
    }
    texts = [*HARMLESS_IMPORTS, *(f"import colorsys as {name}" for name in names)]
    for text in texts:
        yield splice_edit(
            "import-added", source.path, f"{text} added", Splice(lines[1], lines[1], f"{text}\n")
        )


def module_effect(source: SourceFile) -> Iterator[Edit]:
    """Take away a statement that runs on import, or add one that changes the module."""
    if source.role is not Role.PRODUCT:
        return
    for place in _top_level(source):
        statement = place.statement
        if is_docstring(place):
            continue
        if isinstance(statement, ast.Expr | ast.Delete | ast.AugAssign) or place.is_nested:
            yield splice_edit(
                "module-effect",
                source.path,
                f"line {statement.lineno}: {source.text(statement)[:40]} removed",
                deletion(source, place),
            )
        match statement:
            case ast.ClassDef(name=name):
                text = f'setattr({name}, "__str__", lambda self: "odd")'
            case ast.FunctionDef(name=name):
                text = f"globals().update({name}=None)"
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() | ast.List() | ast.Set()):
                text = f"{name}.clear()"
            case _:
                continue
        yield splice_edit("module-effect", source.path, f"{text} added", _at_end(source, text))


def _top_level(source: SourceFile) -> Iterator[Place]:
    return (place for place in source.places if place.function is None and place.class_ is None)


def _at_end(source: SourceFile, text: str) -> Splice:
    start = "" if source.data.endswith(b"\n") else "\n"
    return Splice(len(source.data), len(source.data), f"{start}{text}\n")


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
