"""Expressions and suites that use what a module can see; nearly all values are whole numbers."""

from collections.abc import Sequence
from random import Random

from tests.generated.model import (
    Binding,
    Class,
    Function,
    Line,
    Module,
    Program,
    Stmt,
    Suite,
)
from tests.generated.scope import Thing, exported, members_of, things_in

METHODS = ("area", "cost", "grade", "rank", "score", "weight")
"""Names of methods; one calls only those before it, so that none calls itself."""
PROPERTIES = ("level", "ratio")
ATTRIBUTES = ("base", "factor", "limit", "scale")
HELPERS = ("build", "chosen", "origin")
"""Names of class methods and static methods."""
LIMIT = 40
"""Calls that a function may make in all; chosen to keep each test at a few milliseconds."""


class Writer:
    """Writes code for one place.

    Args:
        random: What decides.
        program: The whole, for the classes in it.
        things: What the place can see.
        names: Its local numbers.
        receiver: The class, in a method.
        method: The method's name.
    """

    def __init__(
        self,
        random: Random,
        program: Program,
        things: dict[str, Thing],
        names: Sequence[str] = ("n",),
        receiver: Class | None = None,
        method: str = "",
    ) -> None:
        self._random = random
        self._program = program
        self._things = things
        self._names = list(names)
        self._receiver = receiver
        self._method = method
        self.cost = 1

    # -- expressions ---------------------------------------------------------------------

    def number(self) -> str:
        """Give a small number, or a local name."""
        if self._names and self._random.random() < 0.5:
            return self._random.choice(self._names)
        return str(self._random.randint(0, 6))

    def value(self, uses: int = 1) -> str:
        """Give an expression that uses some of what can be seen."""
        parts = [self.use() for _ in range(max(1, uses))]
        if len(parts) == 1 or self._random.random() < 0.3:
            parts.append(self.number())
        left, right = parts[0], parts[1]
        match self._random.randrange(11):
            case 0:
                return f"max({left}, {right})"
            case 1:
                return f"({left} if {self.condition()} else {right})"
            case 2:
                return f"{left} * 2 - {right}"
            case 3:
                return f"sum([{left}, {right}])"
            case 4:
                return f"abs({left} - {right})"
            case 5:
                return f"sorted([{left}, {right}])[0]"
            case 6:
                return f"len(str({left})) + {right}"
            case 7:
                return f"({left}, {right})[{self.number()} % 2]"
            case _:
                return f"{left} + {right}"

    def condition(self) -> str:
        """Give a condition."""
        name = self._random.choice(self._names) if self._names else "3"
        match self._random.randrange(6):
            case 0:
                return f"{name} == {self._random.randint(0, 3)}"
            case 1:
                return f"{name} % 2"
            case 2:
                return f"{self.use()} > {self._random.randint(1, 9)}"
            case _:
                return f"{name} > {self._random.randint(0, 3)}"

    def use(self, wanted: Thing | None = None) -> str:
        """Give an expression that uses one thing, and the given one if it can."""
        if self._receiver is not None and wanted is None and self._random.random() < 0.55:
            return self._own()
        for _ in range(6):
            things = list(self._things.values())
            if wanted is None and not things:
                break
            thing = wanted or self._random.choice(things)
            if self.cost + thing.cost <= LIMIT:
                text = self._use(thing)
                if text is not None:
                    self.cost += thing.cost
                    return text
            if wanted is not None:
                break
        return self.number()

    def _use(self, thing: Thing) -> str | None:
        if self._random.random() < 0.15:
            text = self._use_indirectly(thing)
            if text is not None:
                return text
        match thing.item:
            case Function() as function:
                return self.call(thing.spelled, function)
            case Class() as cls:
                return self._use_class(thing.spelled, cls)
            case Binding() as binding:
                return self._use_binding(thing.spelled, binding)
            case Module() as module:
                return self._use_module(thing.spelled, module)

    def _use_indirectly(self, thing: Thing) -> str | None:
        """Use something as a value, by its name as text, or by what Python tells of it."""
        choose = self._random.choice
        spelled, number = thing.spelled, self.number()
        match thing.item:
            case Function(role="plain" | "generator" | "helper") as function:
                told = (f"len({spelled}.__name__)", f"len({spelled}.__doc__ or 'ab')",
                        f"len({spelled}.__defaults__ or ())", f"{spelled}.__code__.co_argcount")  # fmt: skip
                if function.role == "generator":
                    return choose(told)
                given = f"({number})"
                return choose(
                    (f"list(map({spelled}, [1, {number}]))[-1]",
                     f"functools.partial({spelled}, {number})()", f"[{spelled}, abs][0]{given}",
                     f"(lambda one: one{given})({spelled})", f'{{"a": {spelled}}}["a"]{given}',
                     f'eval("{spelled}"){given}', choose(told))
                )  # fmt: skip
            case Binding(kind="number"):
                return choose(
                    (f'eval("{spelled}")', f'len(f"{{{spelled}}}")', f"(lambda: {spelled})()",
                     f"[{spelled}][0]", f"dict(a={spelled})['a']")
                )  # fmt: skip
            case Class(role="plain") as cls:
                made, name = f"{spelled}({number})", choose(ATTRIBUTES)
                return choose(
                    (f"len({spelled}.__subclasses__())", f"len(vars({made}))",
                     f"len({spelled}.__name__)", f'getattr({spelled}, "{name}", 6)',
                     f'len([one for one in dir({spelled}) if not one.startswith("_")])',
                     f"type({made})({number}).n", f"{made}.__class__.__mro__.__len__()",
                     f'vars({spelled}).get("{name}", 7)', f"[{spelled}][0]({number}).n",
                     f"(lambda one: one().n)({spelled})",
                     f"int(isinstance({made}, {self._other_class(cls) or spelled}))")
                )  # fmt: skip
            case Module() as module:
                names = list(exported(self._program, module))
                if names:
                    name = choose(names)
                    return choose(
                        (f'int(hasattr({spelled}, "{name}"))', f'int("{name}" in vars({spelled}))',
                         f"len({spelled}.__doc__ or 'a')", f"len({spelled}.__name__)",
                         f'len([one for one in dir({spelled}) if not one.startswith("_")])')
                    )  # fmt: skip
        return None

    def _other_class(self, cls: Class) -> str | None:
        names = [name for name, thing in self._things.items()
                 if isinstance(thing.item, Class) and thing.item is not cls]  # fmt: skip
        return self._random.choice(names) if names else None

    def call(self, spelled: str, function: Function) -> str | None:
        """Call a function, with or without what has a default."""
        wanted = [param for param in function.params if param.name not in {"self", "cls"}]
        given = [self.number() for param in wanted if param.default is None]
        given += [
            f"{param.name}={self._random.randint(0, 6)}"
            for param in wanted
            if param.default is not None and self._random.random() < 0.3
        ]
        call = f"{spelled}({', '.join(given)})"
        match function.role:
            case "plain" | "helper":
                return call
            case "generator":
                return self._random.choice(
                    (f"sum({call})", f"next({call}, 0)", f"list({call})[-1]")
                )
            case "factory":
                return f"{call}({self.number()})"
            case _:
                return None

    def _use_binding(self, spelled: str, binding: Binding) -> str | None:
        choose = self._random.choice
        match binding.kind:
            case "number":
                return spelled
            case "table":
                key = choose(("a", "b", "c"))
                return choose(
                    (f'{spelled}["a"]', f'{spelled}.get("{key}", 3)', f"sum({spelled}.values())",
                     f"len({spelled})")
                )  # fmt: skip
            case "list":
                return choose((f"sum({spelled})", f"{spelled}[-1]", f"len({spelled})"))
            case "registry":
                number = self.number()
                return choose(
                    (f"sum(one({number}) for one in {spelled}.values())", f"len({spelled})",
                     f'{spelled}.get("a", int)({number})', f'("b" in {spelled})')
                )  # fmt: skip
            case "instance":
                cls = self._program.find_class(binding.made_of)
                return None if cls is None else self.member(spelled, "", cls)
        return None

    def _use_module(self, spelled: str, module: Module) -> str | None:
        inner = exported(self._program, module)
        if not inner:
            return None
        name = self._random.choice(list(inner))
        thing = inner[name]
        if isinstance(thing.item, Module) and spelled.count(".") < 2:
            return self._use_module(f"{spelled}.{name}", thing.item)
        if isinstance(thing.item, Module) or self.cost + thing.cost > LIMIT:
            return None
        if self._random.random() < 0.15:
            match thing.item:
                case Binding(kind="number"):
                    return f'getattr({spelled}, "{name}", 2)'
                case Function(role="plain"):
                    return self.call(f'getattr({spelled}, "{name}")', thing.item)
        self.cost += thing.cost
        return self._use(Thing(f"{spelled}.{name}", thing.item))

    def _use_class(self, spelled: str, cls: Class) -> str | None:
        choose = self._random.choice
        if cls.role == "enum":
            member = choose([item.name for item in cls.attributes()] or ["RED"])
            return choose(
                (f"{spelled}.{member}.value", f"len({spelled})", f'{spelled}["{member}"].value',
                 f"sum(one.value for one in {spelled})", f"list({spelled})[-1].value")
            )  # fmt: skip
        made = f"{spelled}({choose(('', self.number()))})"
        if cls.role == "dataclass" and self._random.random() < 0.4:
            other = f"{spelled}({self.number()})"
            return choose(
                (f"int({made} == {other})", f"len(fields({spelled}))", f"len(repr({made}))",
                 f"sum(asdict({made}).values())")
            )  # fmt: skip
        return self.member(made, spelled, cls)

    def member(self, made: str, spelled: str, cls: Class) -> str | None:
        """Use something of an object.

        Args:
            made: An expression that gives the object.
            spelled: How its class is written here; empty when it is not.
            cls: The class.
        """
        choose = self._random.choice
        members = members_of(self._program, cls)
        kind = self._random.random()
        if cls.role == "mixin":
            fields = [name for name, found in members.items() if isinstance(found, Binding)]
            return f"{spelled}.{choose(fields)}" if fields and spelled else None
        if kind < 0.16:
            other = made if not spelled else f"{spelled}(2)"
            # What holds of every object until a class says otherwise.
            return choose(
                (f"(5 if {made} else 8)", f"int({made} == {other})", f"len(type({made}).__mro__)",
                 f'int(hasattr({made}, "{choose(METHODS)}"))',
                 f'getattr({made}, "{choose(ATTRIBUTES)}", 4)')
            )  # fmt: skip
        names = [name for name in members if not name.startswith("_") or name in _OPERATORS]
        if not names:
            return None
        name = choose(names)
        found = members[name]
        if isinstance(found, Binding):
            if kind < 0.3:
                return f'getattr({made}, "{name}")'
            return f"{spelled if spelled and kind < 0.5 else made}.{name}"
        if self.cost + found.cost > LIMIT:
            return None
        self.cost += found.cost
        if name in _OPERATORS:
            return _OPERATORS[name].format(made, self.number())
        match found.role:
            case "property":
                return f"{made}.{name}"
            case "static" | "classmethod":
                return self.called(f"{spelled if spelled and kind < 0.6 else made}.{name}", found)
            case "method":
                if kind < 0.3:
                    return self.called(f'getattr({made}, "{name}")', found)
                return self.called(f"{made}.{name}", found)
        return None

    def called(self, spelled: str, function: Function) -> str:
        """Call a method."""
        given = [
            self.number()
            for param in function.params
            if param.name not in {"self", "cls"} and param.default is None
        ]
        return f"{spelled}({', '.join(given)})"

    def _own(self) -> str:
        """Use something of the receiver."""
        assert self._receiver is not None
        choose = self._random.choice
        members = members_of(self._program, self._receiver)
        if "cls" in self._names:
            return f"cls.{choose(ATTRIBUTES[:2])}"
        place = METHODS.index(self._method) if self._method in METHODS else 0
        options = ["self.n", "self.n"]
        for name, found in members.items():
            if isinstance(found, Binding):
                if self._receiver.role != "enum":
                    options += [f"self.{name}", f"type(self).{name}"]
            elif found.role == "property" and self._method not in PROPERTIES:
                options.append(f"self.{name}")
            elif name in METHODS[:place] and found.role in {"method", "static", "classmethod"}:
                if self.cost + found.cost <= LIMIT:
                    call = self.called(f"self.{name}", found)
                    options += [call, call.replace(f"self.{name}", f'getattr(self, "{name}")')]
        above = self._program.lineage(self._receiver)[1:]
        for one in above:
            for found in one.methods():
                if found.name == self._method and found.role == "method":
                    options += [self.called(f"super().{found.name}", found)] * 3
        if self._random.random() < 0.06:
            options = [f'getattr(self, "{choose(ATTRIBUTES)}", 2)', "len(type(self).__name__)"]
        text = choose(options)
        self.cost += 3
        return text

    # -- suites --------------------------------------------------------------------------

    def body(self, statements: int = 2) -> list[Stmt]:
        """Give a suite that ends with a result."""
        body: list[Stmt] = []
        for _ in range(self._random.randint(0, statements)):
            body += self.statement()
        body.append(Line(f"return {self.value(self._random.randint(1, 2))}"))
        return body

    def statement(self) -> list[Stmt]:
        """Give a statement or a few that belong together."""
        name = f"x{len(self._names)}"
        first = self._names[0] if self._names else "2"
        match self._random.randrange(11):
            case 0 | 1:
                made: list[Stmt] = [Line(f"{name} = {self.value()}")]
                self._names.append(name)
                return made
            case 2 | 3 | 4:
                return [Suite(f"if {self.condition()}:", [Line(f"return {self.value()}")])]
            case 5:
                loop = Suite(
                    f"for step in range({first} % 4):",
                    [Suite(f"if step == {self._random.randint(1, 3)}:",
                           [Line(self._random.choice(("break", "continue")))]),
                     Line(f"{name} += {self.value()} + step")],
                )  # fmt: skip
                made = [Line(f"{name} = {self.number()}"), loop]
                self._names.append(name)
                return made
            case 6:
                made = [
                    Suite(
                        "try:",
                        [
                            Line(
                                f"{name} = {self.value()} // ({first} - {self._random.randint(1, 3)})"
                            )
                        ],
                        [("except ZeroDivisionError:", [Line(f"{name} = {self.value()}")])],
                    )
                ]
                self._names.append(name)
                return made
            case 7:
                cases: list[Stmt] = [
                    Suite("case 1:", [Line(f"{name} = {self.value()}")]),
                    Suite("case 2 | 3:", [Line(f"{name} = {self.number()}")]),
                    Suite("case _:", [Line(f"{name} = {self.value()}")]),
                ]
                made = [Suite(f"match {first}:", cases)]
                self._names.append(name)
                return made
            case 8:
                inner = f"inner{len(self._names)}"
                made = [
                    Suite(f"def {inner}(m, k={self.number()}):",
                          [Line(f"return m + k + {self.value()}")]),
                    Line(f"{name} = {inner}({first})"),
                ]  # fmt: skip
                self._names.append(name)
                return made
            case 9:
                return self._managed(name, first)
            case _:
                made = [
                    Suite(f"if {self.condition()}:", [Line(f"{name} = {self.value()}")],
                          [("else:", [Line(f"{name} = {self.number()}")])])
                ]  # fmt: skip
                self._names.append(name)
                return made

    def _managed(self, name: str, first: str) -> list[Stmt]:
        managers = [
            thing
            for thing in self._things.values()
            if isinstance(thing.item, Function) and thing.item.role == "context"
        ]
        if not managers:
            made: list[Stmt] = [Line(f"{name} = {self.value()}")]
        else:
            thing = self._random.choice(managers)
            made = [
                Suite(f"with {thing.spelled}({first}) as {name}:",
                      [Line(f"{name} = {name} + {self.value()}")])
            ]  # fmt: skip
        self._names.append(name)
        return made


_OPERATORS = {
    "__len__": "len({0})",
    "__add__": "({0} + {1})",
    "__call__": "{0}({1})",
    "__getitem__": "{0}[{1}]",
    "__contains__": "({1} in {0})",
    "__iter__": "sum({0})",
    "__int__": "int({0})",
    "__eq__": "({0} == {1})",
    "__bool__": "(3 if {0} else 6)",
}
OPERATORS = tuple(_OPERATORS)


def writer_at(
    random: Random,
    program: Program,
    module: Module,
    before: object = None,
    names: Sequence[str] = ("n",),
    receiver: Class | None = None,
    method: str = "",
) -> Writer:
    """Give a writer for a place in a module; one without names is for what runs on import."""
    things = things_in(program, module, before)
    if program.is_calm and not names and module.role in {"code", "package"}:
        things = {name: thing for name, thing in things.items()
                  if isinstance(thing.item, Binding) and thing.item.kind != "instance"}  # fmt: skip
    return Writer(random, program, things, names, receiver, method)
