"""Edits of what classes and modules hold: attributes, methods, functions."""

import ast
from collections.abc import Iterator, Mapping

from benchmarks.edit import Edit, splice_edit
from benchmarks.kinds.statements import deletion
from benchmarks.kinds.values import replace, value_changes
from benchmarks.project import Project, product_files
from benchmarks.source import Function, Place, Role, SourceFile, Splice, dotted_name, is_docstring

DUNDERS = {
    "__eq__": "def __eq__(self, other):\n{indent}    return False",
    "__len__": "def __len__(self):\n{indent}    return 0",
    "__bool__": "def __bool__(self):\n{indent}    return False",
    "__str__": 'def __str__(self):\n{indent}    return "odd"',
    "__hash__": "def __hash__(self):\n{indent}    return 1",
    "__iter__": "def __iter__(self):\n{indent}    return iter(())",
    "__call__": "def __call__(self, *args, **kwargs):\n{indent}    return None",
    "__getattr__": "def __getattr__(self, name):\n{indent}    raise LookupError(name)",
}
OVERRIDES = (
    "def {name}(self, *args, **kwargs):\n{indent}    return None",
    "def {name}(self, *args, **kwargs):\n{indent}    raise LookupError",
    "def {name}(self, *args, **kwargs):\n{indent}    return super().{name}(*args, **kwargs)",
)
FOREIGN_METHODS = {
    "Exception": frozenset({"__str__", "__repr__"}),
    "dict": frozenset({"__getitem__", "get", "keys"}),
    "str": frozenset({"__str__", "lower"}),
    "list": frozenset({"append", "__iter__"}),
}


def class_attribute(source: SourceFile) -> Iterator[Edit]:
    """Change, unset or delete a variable of a class."""
    for place in source.places:
        statement = place.statement
        if place.class_ is None or not isinstance(statement, ast.Assign | ast.AnnAssign):
            continue
        where = f"{place.class_.name}, line {statement.lineno}"
        if statement.value is not None:
            for description, splice in value_changes(source, statement.value):
                yield splice_edit("class-attribute", source.path, f"{where}: {description}", splice)
            yield splice_edit(
                "class-attribute",
                source.path,
                f"{where}: None for {source.text(statement.value)[:40]}",
                replace(source, statement.value, ast.Constant(None)),
            )
        yield splice_edit(
            "class-attribute",
            source.path,
            f"{where}: {source.text(statement)[:40]} deleted",
            deletion(source, place),
        )


def method_removed(source: SourceFile) -> Iterator[Edit]:
    """Delete a method."""
    for place in source.places:
        if source.role is Role.PRODUCT and place.class_ is not None:
            yield from _removed(source, "method-removed", place, f"{place.class_.name}.")


def function_removed(source: SourceFile) -> Iterator[Edit]:
    """Delete a function of a module."""
    for place in source.places:
        if source.role is Role.PRODUCT and place.class_ is None and place.function is None:
            yield from _removed(source, "function-removed", place, "")


def dunder_added(source: SourceFile) -> Iterator[Edit]:
    """Give a class a special method that answers oddly."""
    for node in _classes(source):
        for name, text in DUNDERS.items():
            if name not in _methods(node):
                yield from _added(source, node, "dunder-added", name, text)


def method_added(project: Project) -> Iterator[Edit]:
    """Override a base class's method in a subclass."""
    classes: dict[str, ast.ClassDef] = {}
    for source in product_files(project):
        for node in _classes(source):
            classes.setdefault(node.name, node)
    for source in product_files(project):
        for node in _classes(source):
            inherited = _inherited(node, classes, frozenset())
            for name in sorted(inherited - _methods(node) - {"__init_subclass__", "__new__"}):
                for text in OVERRIDES:
                    yield from _added(
                        source, node, "method-added", name, text.replace("{name}", name)
                    )


def _removed(source: SourceFile, kind: str, place: Place, owner: str) -> Iterator[Edit]:
    node = place.statement
    if isinstance(node, Function):
        yield splice_edit(
            kind,
            source.path,
            f"{owner}{node.name} removed, line {node.lineno}",
            deletion(source, place),
        )


def _added(
    source: SourceFile, node: ast.ClassDef, kind: str, name: str, text: str
) -> Iterator[Edit]:
    indent = source.indent(node.body[0])
    lines = source.whole_lines(node.body[-1])
    if indent is None or lines is None or node.body[0].lineno == node.lineno:
        return
    end = lines[1]
    start = "" if source.data[:end].endswith(b"\n") else "\n"
    body = text.replace("{indent}", indent)
    yield splice_edit(
        kind,
        source.path,
        f"{node.name}.{name} added: {body.rpartition(chr(10))[2].strip()}",
        Splice(end, end, f"{start}\n{indent}{body}\n"),
    )


def _classes(source: SourceFile) -> Iterator[ast.ClassDef]:
    for place in source.places:
        if (
            isinstance(place.statement, ast.ClassDef)
            and place.function is None
            and source.role is Role.PRODUCT
            and not is_docstring(place)
        ):
            yield place.statement


def _methods(node: ast.ClassDef) -> frozenset[str]:
    return frozenset(inner.name for inner in node.body if isinstance(inner, Function))


def _inherited(
    node: ast.ClassDef, classes: Mapping[str, ast.ClassDef], seen: frozenset[str]
) -> frozenset[str]:
    names: frozenset[str] = frozenset()
    for base in node.bases:
        name = dotted_name(base).rpartition(".")[2]
        if name in classes and name not in seen and classes[name] is not node:
            names |= _methods(classes[name]) | _inherited(classes[name], classes, seen | {name})
        else:
            names |= FOREIGN_METHODS.get(name, frozenset())
    return names
