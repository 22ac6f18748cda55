"""The text of a program's files."""

from collections.abc import Iterable, Iterator

from tests.generated.model import (
    Binding,
    Class,
    Effect,
    Function,
    Import,
    Item,
    Line,
    Module,
    Param,
    Program,
    Stmt,
)

SETTINGS = '[tool.pytest.ini_options]\npythonpath = [".", "tests"]\ntestpaths = ["tests"]\n'
IGNORED = "__pycache__/\n.impact/\n"

HEADERS = {
    "code": ("import functools", "import json", "import sys", "from contextlib import contextmanager",
             "from dataclasses import asdict, dataclass, field, fields", "from enum import Enum",
             "from pathlib import Path"),
    "test": ("import pytest",),
}  # fmt: skip
"""What the files of a kind import from elsewhere; each line only where a file needs it."""


def render(program: Program) -> dict[str, str]:
    """Give every file of a project, by path."""
    files = {"pyproject.toml": SETTINGS, ".gitignore": IGNORED, **program.data}
    for module in program.modules:
        files[module.path] = render_module(module)
    return files


def render_module(module: Module) -> str:
    """Give the text of a Python file."""
    blocks: list[str] = []
    for item in module.items:
        wide = isinstance(item, Function | Class)
        text = "\n".join(_item(item, module))
        blocks.append(f"\n\n{text}\n\n" if wide else text)
    body = "\n".join(blocks)
    header = [line for line in _headers(module) if _needed(line, body)]
    comment = [f"# {module.comment}"] if module.comment else []
    text = "\n".join([*comment, *header, body]).strip()
    while "\n\n\n\n" in text:
        text = text.replace("\n\n\n\n", "\n\n\n")
    return f"{text}\n" if text else ""


def import_lines(item: Import, module: Module) -> list[str]:
    """Give an import statement, as it stands in a module."""
    source = item.source
    package = module.package
    if item.relative and package and source.startswith(f"{package}."):
        source = source.removeprefix(package)
    elif item.relative and package and source == package and module.role != "package":
        source = "."
    match item.form:
        case "star":
            line = f"from {source} import *"
        case "module":
            here = item.names[0][1]
            parent, _, last = item.source.rpartition(".")
            if not parent:
                line = f"import {item.source}" + (f" as {here}" if here != item.source else "")
            else:
                dotted = "." if item.relative and parent == package else parent
                alias = f" as {here}" if here != last else ""
                line = f"from {dotted} import {last}{alias}"
        case _:
            pairs = (f"{there} as {here}" if there != here else there for there, here in item.names)
            line = f"from {source} import {', '.join(pairs)}"
    match item.guard:
        case "try":
            fallbacks = [f"    {here} = {item.fallback}" for _, here in item.names] or ["    pass"]
            return ["try:", f"    {line}", "except ImportError:", *fallbacks]
        case "if":
            fallbacks = [f"    {here} = {item.fallback}" for _, here in item.names] or ["    pass"]
            return ["if not hasattr(__builtins__, 'nothing'):", f"    {line}", "else:", *fallbacks]
    return [line]


def _headers(module: Module) -> Iterable[str]:
    return (
        (*HEADERS["test"], *HEADERS["code"])
        if module.role in {"test", "conftest"}
        else HEADERS["code"]
    )


def _needed(line: str, body: str) -> bool:
    names = line.rpartition("import ")[2].split(", ")
    return any(name in body for name in names)


def _item(item: Item, module: Module) -> list[str]:
    match item:
        case Function():
            return _function(item)
        case Class():
            return _class(item, module)
        case Binding():
            annotation = f": {item.annotation}" if item.annotation else ""
            return [f"{item.name}{annotation} = {item.value}"]
        case Import():
            return import_lines(item, module)
        case Effect():
            return list(_lines([item.statement], ""))
    raise AssertionError(item)


def _function(item: Function) -> list[str]:
    params = ", ".join(map(_param, item.params))
    doc = [f'    """{item.doc}"""'] if item.doc else []
    return [
        *(f"@{decorator}" for decorator in item.decorators),
        f"def {item.name}({params}):",
        *doc,
        *_lines(item.body or [Line("pass")], "    "),
    ]


def _param(param: Param) -> str:
    return param.name if param.default is None else f"{param.name}={param.default}"


def _class(item: Class, module: Module) -> list[str]:
    arguments = [*item.bases, *(f"{name}={value}" for name, value in item.keywords.items())]
    lines = [f"@{decorator}" for decorator in item.decorators]
    lines.append(
        f"class {item.name}({', '.join(arguments)}):" if arguments else f"class {item.name}:"
    )
    lines += [f'    """{item.doc}"""'] if item.doc else []
    for number, inner in enumerate(item.body):
        if number and isinstance(inner, Function | Class):
            lines.append("")
        lines += [f"    {line}" if line else "" for line in _item(inner, module)]
    return lines if item.body or item.doc else [*lines, "    pass"]


def _lines(body: list[Stmt], indent: str) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, Line):
            yield f"{indent}{statement.text}"
            continue
        yield f"{indent}{statement.header}"
        yield from _lines(statement.body or [Line("pass")], f"{indent}    ")
        for header, inner in statement.others:
            yield f"{indent}{header}"
            yield from _lines(inner or [Line("pass")], f"{indent}    ")
