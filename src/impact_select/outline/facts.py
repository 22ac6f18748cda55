"""What definitions, imports and tests of the module say of themselves."""

import ast

from impact_select.model.source import ClassFacts, ImportFact
from impact_select.outline.bindings import dotted_name
from impact_select.outline.decorators import is_fixture
from impact_select.outline.known_names import is_plain_base
from impact_select.outline.scopes import Scope
from impact_select.outline.suites import first_line


def decorator_name(node: ast.expr) -> str:
    """Return the dotted name of a decorator without its arguments; `?` for others."""
    if isinstance(node, ast.Call):
        node = node.func
    return dotted_name(node) or "?"


def decorator_arguments(node: ast.expr) -> list[ast.expr]:
    """Return the arguments of a decorator that is a call."""
    if not isinstance(node, ast.Call):
        return []
    return [*node.args, *(keyword.value for keyword in node.keywords)]


def class_facts(node: ast.ClassDef, qualname: str, around: Scope | None = None) -> ClassFacts:
    """Return what is said of a class in its header, in a function or not."""
    bases: list[str] = []
    subscripted: list[str] = []
    for base in node.bases:
        target = base.value if isinstance(base, ast.Subscript) else base
        bases.append(dotted_name(target) or "?")
        if target is not base:
            subscripted.append(bases[-1])
    if around is not None and any(around.may_compute(base.partition(".")[0]) for base in bases):
        bases.append("?")
    return ClassFacts(
        qualname=qualname,
        first_line=first_line(node),
        decorators=tuple(decorator_name(some) for some in node.decorator_list),
        bases=tuple(bases),
        keywords=tuple(keyword.arg or "?" for keyword in node.keywords),
        subscripted=tuple(subscripted),
    )


def is_plain_class(node: ast.ClassDef) -> bool:
    """Tell whether a class statement gives a class, and one of no other metaclass."""
    bases = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
    return not (node.decorator_list or node.keywords) and all(
        is_plain_base(dotted_name(base) or "?") for base in bases
    )


def fixture_facts(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str | None, bool]:
    """Return the fixture name and whether it may be autouse."""
    for decorator in node.decorator_list:
        if not is_fixture(decorator_name(decorator)):
            continue
        name, autouse = node.name, False
        if isinstance(decorator, ast.Call):
            for keyword in decorator.keywords:
                if keyword.arg == "name":
                    value = getattr(keyword.value, "value", None)
                    name = value if isinstance(value, str) else name
                if keyword.arg == "autouse":
                    autouse = getattr(keyword.value, "value", True) is not False
        return name, autouse
    return None, False


def import_fact(unit: int, statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> ImportFact:
    """Return what a part of an import statement imports."""
    if isinstance(statement, ast.Import):
        bound = alias.asname or alias.name.partition(".")[0]
        return ImportFact(unit, 0, alias.name, "", bound)
    bound = alias.asname or alias.name
    return ImportFact(unit, statement.level, statement.module or "", alias.name, bound)


def is_main_guard(test: ast.expr) -> bool:
    """Tell whether a test is whether the file is run as a script."""
    match test:
        case ast.Compare(
            left=ast.Name(id="__name__"),
            ops=[ast.Eq()],
            comparators=[ast.Constant(value="__main__")],
        ):
            return True
        case _:
            return False


def is_type_checking(test: ast.expr) -> bool:
    """Tell whether a test holds for type checkers only."""
    return dotted_name(test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING"}
