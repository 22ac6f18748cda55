"""The table of edits, and how one is made."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random

from tests.generated.model import (
    Binding,
    Class,
    Effect,
    Function,
    Item,
    Line,
    Module,
    Program,
    Stmt,
    Suite,
    suites_of,
)

Edit = Callable[[Random, Program], str | None]
"""Changes a program in place and says how; None when there is nothing that it could change."""

EDITS: dict[str, Edit] = {}


def kind(name: str) -> Callable[[Edit], Edit]:
    """Enter an edit into the table."""

    def enter(edit: Edit) -> Edit:
        assert name not in EDITS, name
        EDITS[name] = edit
        return edit

    return enter


def make(name: str, random: Random, program: Program) -> tuple[Program, str] | None:
    """Make an edit of a kind on a copy; give it with what was done."""
    copy = deepcopy(program)
    told = EDITS[name](random, copy)
    return None if told is None else (copy, told)


# -- places ------------------------------------------------------------------------------


def code_functions(program: Program) -> list[tuple[Module, Class | None, Function]]:
    """Give every function and method of the code, with where it is."""
    return [
        (module, owner, function)
        for module in program.code()
        for owner, function in functions_of(module)
    ]


def functions_of(module: Module) -> Iterator[tuple[Class | None, Function]]:
    """Give the functions and methods of a module."""
    for item in module.items:
        if isinstance(item, Function):
            yield None, item
        elif isinstance(item, Class):
            for method in item.methods():
                yield item, method


def code_classes(program: Program, *roles: str) -> list[tuple[Module, Class]]:
    """Give the classes of the code, of some roles or all."""
    return [
        (module, item)
        for module in program.code()
        for item in module.classes()
        if not roles or item.role in roles
    ]


def code_bindings(program: Program, *kinds: str) -> list[tuple[Module, Binding]]:
    """Give the variables of the code, of some kinds or all but hidden ones."""
    return [
        (module, item)
        for module in program.code()
        for item in module.bindings()
        if (item.kind in kinds if kinds else item.kind != "hidden")
    ]


def place(module: Module, owner: Class | None, name: str) -> str:
    """Name a symbol for a description."""
    return f"{module.path}:{owner.name}.{name}" if owner is not None else f"{module.path}:{name}"


def all_suites(program: Program) -> list[tuple[Module, list[Stmt]]]:
    """Give every suite of functions of the code."""
    return [
        (module, suite)
        for module, _, function in code_functions(program)
        for suite in suites_of(function.body)
    ]


# -- texts -------------------------------------------------------------------------------


def numbers_in(text: str) -> list[tuple[int, int]]:
    """Give where the numbers of an expression stand."""
    found: list[tuple[int, int]] = []
    start = 0
    while start < len(text):
        if text[start].isdigit() and (
            not start or not (text[start - 1].isalnum() or text[start - 1] == "_")
        ):
            end = start
            while end < len(text) and text[end].isdigit():
                end += 1
            found.append((start, end))
            start = end
        else:
            start += 1
    return found


def with_other_number(random: Random, text: str) -> str | None:
    """Change one number of an expression."""
    places = numbers_in(text)
    if not places:
        return None
    start, end = random.choice(places)
    number = int(text[start:end])
    return f"{text[:start]}{number + random.choice((1, 2, 10))}{text[end:]}"


def texts_of(item: Item) -> Iterator[str]:
    """Give the expressions of an item."""
    match item:
        case Binding():
            yield item.value
        case Effect():
            yield from _statement_texts([item.statement])
        case Function():
            yield from item.decorators
            yield from (param.default for param in item.params if param.default is not None)
            yield from _statement_texts(item.body)
        case Class():
            yield from item.decorators
            yield from item.bases
            for inner in item.body:
                yield from texts_of(inner)


def change_texts(item: Item, change: Callable[[str], str]) -> None:
    """Change every expression of an item."""
    match item:
        case Binding():
            item.value = change(item.value)
        case Effect():
            item.statement = _changed([item.statement], change)[0]
        case Function():
            item.decorators = [change(text) for text in item.decorators]
            for param in item.params:
                param.default = None if param.default is None else change(param.default)
            item.body = _changed(item.body, change)
        case Class():
            item.decorators = [change(text) for text in item.decorators]
            item.bases = [change(text) for text in item.bases]
            for inner in item.body:
                change_texts(inner, change)


def _statement_texts(body: list[Stmt]) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, Line):
            yield statement.text
        else:
            yield statement.header
            yield from _statement_texts(statement.body)
            for header, inner in statement.others:
                yield header
                yield from _statement_texts(inner)


def _changed(body: list[Stmt], change: Callable[[str], str]) -> list[Stmt]:
    made: list[Stmt] = []
    for statement in body:
        if isinstance(statement, Line):
            made.append(Line(change(statement.text)))
        else:
            others = [
                (change(header), _changed(inner, change)) for header, inner in statement.others
            ]
            made.append(Suite(change(statement.header), _changed(statement.body, change), others))
    return made
