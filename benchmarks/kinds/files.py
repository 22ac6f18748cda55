"""Edits of whole files: data changed or deleted, modules added or removed."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from benchmarks.edit import Edit, FileEdit, addition, splice_edit
from benchmarks.kinds.pytest_code import AUTOUSE, LETTERS
from benchmarks.project import Project, product_files
from benchmarks.source import Role, SourceFile, Splice

DIGIT = re.compile(rb"\d")
WORD = re.compile(rb"[A-Za-z]{4,}")


def data_file(project: Project) -> Iterator[Edit]:
    """Change a digit, a word or a line of a data file, or delete it."""
    for path, data in project.data.items():
        yield Edit("data-file", path, "deleted", (FileEdit(path, is_removed=True),))
        for pattern, what in ((DIGIT, "digit"), (WORD, "word")):
            found = [match.span() for match in pattern.finditer(data)][:200]
            for start, end in found[:: max(1, len(found) // 4)]:
                old = data[start:end].decode()
                new = str((int(old) + 1) % 10) if what == "digit" else old.swapcase()
                yield splice_edit(
                    "data-file", path, f"{what} {old} becomes {new}", Splice(start, end, new)
                )
        first = data.find(b"\n") + 1
        if first:
            yield splice_edit("data-file", path, "first line deleted", Splice(0, first, ""))


def file_removed(project: Project) -> Iterator[Edit]:
    """Delete a Python file."""
    for source in project.sources:
        yield Edit(
            "file-removed", source.path, "deleted", (FileEdit(source.path, is_removed=True),)
        )


def file_added(project: Project) -> Iterator[Edit]:
    """Add a file that takes another's place, or a conftest.py that governs a folder."""
    added: dict[str, tuple[str, str]] = {}
    for folder in project.test_folders():
        path = str(PurePosixPath(folder) / "conftest.py")
        for letter in LETTERS[:3]:
            if path not in project.paths:
                yield _added(path, "conftest.py", AUTOUSE.replace("{letter}", letter))
        for name in ("__init__.py", "test_added_by_the_benchmark.py"):
            added.setdefault(
                str(PurePosixPath(folder) / name),
                (name, "" if name == "__init__.py" else "def test_added():\n    assert True\n"),
            )
    for source in product_files(project):
        pure = PurePosixPath(source.path)
        if pure.name not in {"__init__.py", "__main__.py"}:
            added[str(pure.with_suffix("") / "__init__.py")] = (
                f"package {pure.stem} that hides {pure.name}",
                'raise ImportError("hidden by a package")\n',
            )
        for name in _imported(source):
            added[f"{name}.py"] = (
                f"module {name} at the top that may hide another",
                'raise ImportError("hidden by a module")\n',
            )
    for path, (description, text) in sorted(added.items()):
        if path not in project.paths and not any(
            other.startswith(path.removesuffix(".py") + "/") for other in project.paths
        ):
            yield _added(path, description, text)


def syntax_error(source: SourceFile) -> Iterator[Edit]:
    """Make a file unreadable."""
    for place in source.places:
        lines = source.whole_lines(place.statement)
        if lines is not None and place.function is None and place.class_ is None:
            yield splice_edit(
                "syntax-error",
                source.path,
                f"line {place.statement.lineno} does not parse",
                Splice(lines[0], lines[0], "def (\n"),
            )


def _added(path: str, description: str, text: str) -> Edit:
    return Edit("file-added", path, f"{description} added", (addition(path, text),))


def _imported(source: SourceFile) -> Iterator[str]:
    if source.role is not Role.PRODUCT:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
