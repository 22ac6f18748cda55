"""A Python project as data that edits can change: what its files define, not their text.

Statements and expressions below a function's suites are text; all else has a shape. Unlike
values of the product these are changed in place: an edit gets a copy of the whole program.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass
class Line:
    """A statement without a suite."""

    text: str


@dataclass
class Suite:
    """A statement with suites: the first header's, then each further one's (`else:`)."""

    header: str
    body: list["Stmt"]
    others: list[tuple[str, list["Stmt"]]] = field(default_factory=list)

    def suites(self) -> Iterator[list["Stmt"]]:
        """Give every suite, in order."""
        yield self.body
        for _, body in self.others:
            yield body


Stmt: TypeAlias = Line | Suite


@dataclass
class Param:
    """A parameter; the default is an expression."""

    name: str
    default: str | None = None


@dataclass
class Function:
    """A function or a method.

    Attributes:
        role: How it is used: plain, generator, context, decorator, registrar, factory,
            init, method, static, classmethod, property, dunder, fixture, test, helper.
        cost: A bound of the calls that one call makes, as far as it was known when written.
        gives: For a fixture, what its value is: number, function.
    """

    name: str
    params: list[Param]
    body: list[Stmt]
    decorators: list[str] = field(default_factory=list)
    role: str = "plain"
    cost: int = 1
    doc: str = ""
    gives: str = "number"


@dataclass
class Binding:
    """A name bound to a value.

    Attributes:
        kind: number, table, list, registry, instance, hidden or field.
        made_of: The class of an instance.
    """

    name: str
    value: str
    kind: str = "number"
    cost: int = 1
    made_of: str = ""
    annotation: str = ""


@dataclass
class Import:
    """An import of a project module.

    Attributes:
        form: `from` (names), `module`, `star`.
        names: Pairs of the name there and the name here; for a module the pair of its
            dotted path and its alias.
        guard: Nothing; `try`, with a fallback for a missing module; `if`.
        relative: Whether it is written with a leading dot, where that is possible.
    """

    source: str
    form: str
    names: list[tuple[str, str]] = field(default_factory=list)
    guard: str = ""
    relative: bool = False
    fallback: str = "1"


@dataclass
class Effect:
    """A statement that runs on import and binds nothing that others look for."""

    statement: Stmt


@dataclass
class Class:
    """A class.

    Attributes:
        role: plain, mixin, dataclass or enum.
    """

    name: str
    bases: list[str]
    body: list["Item"]
    keywords: dict[str, str] = field(default_factory=dict)
    decorators: list[str] = field(default_factory=list)
    role: str = "plain"
    doc: str = ""

    def methods(self) -> list[Function]:
        """Give its own methods."""
        return [item for item in self.body if isinstance(item, Function)]

    def attributes(self) -> list[Binding]:
        """Give the names bound in its body."""
        return [item for item in self.body if isinstance(item, Binding)]


Item: TypeAlias = Function | Binding | Import | Effect | Class


@dataclass
class Module:
    """A Python file.

    Attributes:
        path: Relative to the project, with slashes.
        role: code, package, test, conftest or helper.
        comment: Text at the top that means nothing.
    """

    path: str
    items: list[Item]
    role: str = "code"
    comment: str = ""

    @property
    def name(self) -> str:
        """The dotted name under which others import it."""
        parts = self.path.removesuffix(".py").split("/")
        if parts[-1] == "__init__":
            parts.pop()
        if parts[0] == "tests":
            parts = parts[-1:]
        return ".".join(parts)

    @property
    def package(self) -> str:
        """The dotted name of the package that it is in; empty at the top."""
        return self.name if self.role == "package" else self.name.rpartition(".")[0]

    def functions(self) -> list[Function]:
        """Give the functions on module level."""
        return [item for item in self.items if isinstance(item, Function)]

    def classes(self) -> list[Class]:
        """Give the classes on module level."""
        return [item for item in self.items if isinstance(item, Class)]

    def bindings(self) -> list[Binding]:
        """Give the variables on module level."""
        return [item for item in self.items if isinstance(item, Binding)]

    def imports(self) -> list[Import]:
        """Give the imports of project modules on module level."""
        return [item for item in self.items if isinstance(item, Import)]


@dataclass
class Program:
    """A project.

    Attributes:
        modules: In an order in which each imports only from those before it.
        data: Text of other files, by path.
        serial: Counts the names that were given, so that each is new.
        is_calm: Whether hardly any of its functions run on import; where they do, a change
            in one of them concerns all tests, and there is little to tell.
    """

    modules: list[Module]
    data: dict[str, str] = field(default_factory=dict)
    serial: int = 0
    is_calm: bool = False

    def code(self) -> list[Module]:
        """Give the modules that are tested, packages included."""
        return [module for module in self.modules if module.role in {"code", "package"}]

    def in_role(self, *roles: str) -> list[Module]:
        """Give the modules of some roles."""
        return [module for module in self.modules if module.role in roles]

    def module(self, name: str) -> Module | None:
        """Find a module by its dotted name."""
        return next((module for module in self.modules if module.name == name), None)

    def fresh(self, word: str) -> str:
        """Make a name that is not used yet."""
        self.serial += 1
        return f"{word}{self.serial}"

    def find_class(self, name: str) -> Class | None:
        """Find a class by its name, wherever it is."""
        for module in self.modules:
            for item in module.classes():
                if item.name == name:
                    return item
        return None

    def lineage(self, cls: Class) -> list[Class]:
        """Give a class and its bases of the project, nearest first; roughly Python's order."""
        found: list[Class] = []
        waiting = [cls]
        while waiting:
            one = waiting.pop(0)
            if one not in found:
                found.append(one)
                bases = [self.find_class(base.rpartition(".")[2]) for base in one.bases]
                waiting[:0] = [base for base in bases if base is not None and base is not one]
        return found


def suites_of(body: list[Stmt]) -> Iterator[list[Stmt]]:
    """Give a suite and all the suites in it."""
    yield body
    for statement in body:
        if isinstance(statement, Suite):
            for inner in statement.suites():
                yield from suites_of(inner)
