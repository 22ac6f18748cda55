"""New programs: packages, modules and the tests of them, as a source of chance decides."""

from collections.abc import Callable, Sequence
from random import Random

from tests.generated.expressions import (
    ATTRIBUTES,
    HELPERS,
    METHODS,
    OPERATORS,
    PROPERTIES,
    Writer,
    writer_at,
)
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
    Suite,
)
from tests.generated.scope import Thing, exported, members_of, things_in

Feature = Callable[[Random, Program, Module], object]
WORDS = ("rate", "total", "price", "bonus", "count", "share", "limit_of", "fee")
TITLES = ("Shape", "Order", "Item", "Plan")


def grow(random: Random) -> Program:
    """Make a program: most hold a few features only, so that these meet more often."""
    program = Program([], is_calm=random.random() < 0.8)
    features = random.sample(FEATURES, random.randint(5, 12))
    if random.random() < 0.4:
        _add_module(random, program, "common.py", features, random.randint(3, 5))
    if random.random() < 0.5:
        _add_package(random, program, "lib", ("util", "marks"), features, random.randint(1, 2))
    names = ("base", "rates", "plugins", "store")
    _add_package(random, program, "app", names, features, random.randint(2, 4))
    _add_tests(random, program)
    return program


def _add_package(
    random: Random,
    program: Program,
    name: str,
    parts: tuple[str, ...],
    features: Sequence[Feature],
    count: int,
) -> None:
    start = len(program.modules)
    for part in random.sample(parts, count):
        _add_module(random, program, f"{name}/{part}.py", features, random.randint(3, 6))
    package = Module(f"{name}/__init__.py", [], "package")
    for inner in program.modules[start:]:
        match random.randrange(4):
            case 0:
                package.items.append(Import(inner.name, "star", relative=random.random() < 0.5))
            case 1 | 2:
                names = list(exported(program, inner))
                if names:
                    some = random.sample(names, min(len(names), 3))
                    pairs = [(one, one) for one in some]
                    package.items.append(Import(inner.name, "from", pairs, relative=True))
    if random.random() < 0.3:
        program.modules.append(package)
        add_number(random, program, package)
    else:
        program.modules.append(package)


def _add_module(
    random: Random, program: Program, path: str, features: Sequence[Feature], count: int
) -> Module:
    module = Module(path, [])
    earlier = [one for one in program.modules if one.role in {"code", "package"}]
    for source in random.sample(earlier, min(len(earlier), random.randint(0, 2))):
        made = make_import(random, program, module, source)
        if made is not None:
            module.items.append(made)
    program.modules.append(module)
    for _ in range(count):
        random.choice(features)(random, program, module)
    if random.random() < 0.1:
        names = [name for name in exported(program, module) if random.random() < 0.8]
        listed = ", ".join(f'"{name}"' for name in names)
        module.items.append(Binding("__all__", f"[{listed}]", "hidden"))
    return module


def make_import(random: Random, program: Program, module: Module, source: Module) -> Import | None:
    """Import something of a module into another, in some form."""
    relative = random.random() < 0.4
    guard = random.choice(("", "", "", "", "", "", "try", "if"))
    match random.randrange(5):
        case 0:
            last = source.name.rpartition(".")[2]
            here = last if random.random() < 0.7 else program.fresh(last)
            if source.name == "app" or source.role == "package":
                here = source.name
            return Import(source.name, "module", [(source.name, here)], relative=relative)
        case 1:
            return Import(source.name, "star", relative=relative)
    names = list(exported(program, source))
    if not names:
        return None
    some = random.sample(names, min(len(names), random.randint(1, 4)))
    pairs = [(one, program.fresh(one) if random.random() < 0.1 else one) for one in some]
    return Import(source.name, "from", pairs, guard if len(pairs) == 1 else "", relative)


# -- what modules are made of ------------------------------------------------------------


def add_number(random: Random, program: Program, module: Module) -> Binding:
    """Add a constant, perhaps one that is computed from others."""
    name = program.fresh("RATE")
    writer = writer_at(random, program, module, names=())
    value = str(random.randint(1, 9))
    if random.random() < 0.4:
        value = writer.value()
    made = Binding(name, value, annotation="int" if random.random() < 0.1 else "")
    module.items.append(made)
    return made


def _add_table(random: Random, program: Program, module: Module) -> None:
    writer = writer_at(random, program, module, names=())
    parts = [f'"{key}": {random.randint(1, 9)}' for key in "ab"] + [f'"c": {writer.number()}']
    if random.random() < 0.4:
        parts[1] = f'"b": {writer.value()}'
    module.items.append(Binding(program.fresh("TABLE"), f"{{{', '.join(parts)}}}", "table"))


def _add_list(random: Random, program: Program, module: Module) -> None:
    writer = writer_at(random, program, module, names=())
    value = random.choice(
        (
            f"[{random.randint(1, 5)}, {writer.value()}]",
            f"[one * 2 for one in range({writer.number()})] + [1]",
        )
    )
    module.items.append(Binding(program.fresh("ROWS"), value, "list"))


def make_function(random: Random, program: Program, module: Module, name: str) -> Function:
    """Make a function for a module, of what stands there so far."""
    params = [Param("n")]
    if random.random() < 0.4:
        constants = [thing.spelled for thing in things_in(program, module).values()
                     if isinstance(thing.item, Binding) and thing.item.kind == "number"]  # fmt: skip
        default = str(random.randint(0, 5))
        if constants and random.random() < 0.4:
            default = random.choice(constants)
        params.append(Param("k", default))
    writer = writer_at(random, program, module, names=[param.name for param in params])
    made = Function(name, params, writer.body())
    made.cost = writer.cost + 1
    return made


def add_function(random: Random, program: Program, module: Module) -> Function:
    """Add a function."""
    made = make_function(random, program, module, program.fresh(random.choice(WORDS)))
    if random.random() < 0.3:
        decorator = some_decorator(random, program, module)
        made.decorators += [decorator] if decorator else []
    if random.random() < 0.15:
        made.doc = "Give a number."
    module.items.append(made)
    return made


def some_decorator(random: Random, program: Program, module: Module) -> str | None:
    """Choose a decorator that a module can see."""
    things = things_in(program, module).values()
    options = ["functools.cache", "functools.lru_cache(maxsize=None)"]
    for thing in things:
        if isinstance(thing.item, Function):
            if thing.item.role == "decorator":
                options += [thing.spelled] * 3
            elif thing.item.role == "registrar":
                options += [f'{thing.spelled}("{random.choice("abc")}")'] * 3
            elif thing.item.role == "scaler":
                options += [f"{thing.spelled}({random.randint(1, 4)})"] * 3
    return random.choice(options)


def _add_decorator(random: Random, program: Program, module: Module) -> None:
    name = program.fresh("twice")
    writer = writer_at(random, program, module, names=("found",))
    inner = Suite(
        "def inner(*args, **kwargs):",
        [Line("found = function(*args, **kwargs)"), Line(f"return {writer.value()} + found")],
    )
    wrapping: list[Stmt] = [Line("@functools.wraps(function)")] if random.random() < 0.7 else []
    if random.random() < 0.5:
        made = Function(name, [Param("function")], [*wrapping, inner, Line("return inner")],
                        role="decorator")  # fmt: skip
    else:
        inner.body[1] = Line(f"return {writer.value()} + found * times")
        outer = Suite("def decorate(function):", [*wrapping, inner, Line("return inner")])
        made = Function(name, [Param("times")], [outer, Line("return decorate")], role="scaler")
    module.items.append(made)
    for _ in range(random.randint(0, 1)):
        add_function(random, program, module)


def _add_registry(random: Random, program: Program, module: Module) -> None:
    table = program.fresh("KNOWN")
    module.items.append(Binding(table, "{}", "registry", cost=15))
    registrar = program.fresh("register")
    body: list[Stmt] = [
        Suite("def add(function):", [Line(f"{table}[key] = function"), Line("return function")]),
        Line("return add"),
    ]
    module.items.append(Function(registrar, [Param("key")], body, role="registrar"))
    for _ in range(random.randint(1, 2)):
        made = make_function(random, program, module, program.fresh("handle"))
        made.params = made.params[:1]
        made.body = [Line(f"return {writer_at(random, program, module).number()} + n * 2")]
        made.decorators = [f'{registrar}("{random.choice("abc")}")']
        made.cost = 2
        module.items.append(made)
    name = program.fresh("dispatch")
    text = random.choice(
        (f'return {table}.get("a", abs)(n) + len({table})',
         f"return sum({table}[key](n) for key in sorted({table}))",
         f'return {table}["a" if "a" in {table} else min({table})](n)')
    )  # fmt: skip
    module.items.append(Function(name, [Param("n")], [Line(text)], cost=15))


def _add_generator(random: Random, program: Program, module: Module) -> None:
    writer = writer_at(random, program, module)
    body: list[Stmt] = [Line(f"yield {writer.value()}")]
    if random.random() < 0.6:
        body.append(Suite(f"if {writer.condition()}:", [Line("return")]))
    if random.random() < 0.5:
        body.append(Suite("for step in range(n % 3):", [Line(f"yield {writer.value()} + step")]))
    body.append(Line(f"yield {writer.number()}"))
    name = program.fresh("steps")
    module.items.append(Function(name, [Param("n")], body, role="generator", cost=writer.cost + 2))


def _add_context(random: Random, program: Program, module: Module) -> None:
    writer = writer_at(random, program, module)
    body: list[Stmt] = [
        Line(f"kept = {writer.value()}"),
        Suite(
            "try:", [Line(f"yield kept + {writer.number()}")], [("finally:", [Line("kept = 0")])]
        ),
    ]
    name = program.fresh("within")
    made = Function(name, [Param("n")], body, ["contextmanager"], "context", writer.cost + 1)
    module.items.append(made)
    use = program.fresh(random.choice(WORDS))
    module.items.append(
        Function(use, [Param("n")], [Suite(f"with {name}(n) as kept:", [Line("return kept + n")])])
    )


def _add_factory(random: Random, program: Program, module: Module) -> None:
    writer = writer_at(random, program, module, names=("n", "m"))
    inner = Suite("def made(m, k=n):", [Line(f"return {writer.value()} + k")])
    body: list[Stmt] = [inner, Line("return made")]
    if random.random() < 0.4:
        body = [Line(f"return lambda m: {writer.value()}")]
    name = program.fresh("maker")
    module.items.append(Function(name, [Param("n")], body, role="factory", cost=writer.cost + 1))


def _add_lazy(random: Random, program: Program, module: Module) -> None:
    """Add a global that the first caller fills; whoever it is, with the same."""
    writer = writer_at(random, program, module, names=())
    hidden = program.fresh("_filled")
    name = program.fresh("lazy")
    if random.random() < 0.5:
        module.items.append(Binding(hidden, "None", "hidden"))
        body: list[Stmt] = [
            Line(f"global {hidden}"),
            Suite(f"if {hidden} is None:", [Line(f"{hidden} = {writer.value()}")]),
            Line(f"return {hidden} + n"),
        ]
    else:
        module.items.append(Binding(hidden, "{}", "hidden"))
        body = [
            Suite(f'if "value" not in {hidden}:', [Line(f'{hidden}["value"] = {writer.value()}')]),
            Line(f'return {hidden}["value"] + n'),
        ]
    module.items.append(Function(name, [Param("n")], body, cost=writer.cost + 1))


def make_method(
    random: Random,
    program: Program,
    module: Module,
    cls: Class,
    name: str | None = None,
    before: object = None,
) -> Function:
    """Make a method, property or helper of a class."""
    if name is None:
        name = random.choice((*METHODS, *METHODS, *PROPERTIES, *HELPERS))
    if name in OPERATORS:
        return make_operator(random, program, module, cls, name, before)
    role = "property" if name in PROPERTIES else "method"
    params = [Param("self"), Param("m")]
    names = ["m", "self.n"]
    decorators: list[str] = []
    if role == "property":
        params, names = params[:1], ["self.n"]
        decorators = [random.choice(("property", "property", "functools.cached_property"))]
    elif name in HELPERS:
        role = random.choice(("static", "classmethod"))
        if role == "static":
            params, names, decorators = [Param("m")], ["m"], ["staticmethod"]
        else:
            params, names, decorators = [Param("cls"), Param("m")], ["m"], ["classmethod"]
    elif random.random() < 0.25:
        params[1].default = str(random.randint(0, 4))
    writer = writer_at(
        random, program, module, before or cls, names,
        None if role in {"static", "classmethod"} else cls, name,
    )  # fmt: skip
    body = writer.body(1)
    if role == "classmethod" and random.random() < 0.6:
        found = [one for one in members_of(program, cls).values() if isinstance(one, Binding)]
        if found and cls.role != "enum":
            body = [Line(f"return cls.{random.choice(found).name} + m")]
    return Function(name, params, body, decorators, role, cost=writer.cost + 1)


def make_operator(
    random: Random,
    program: Program,
    module: Module,
    cls: Class,
    name: str,
    before: object = None,
) -> Function:
    """Make a method that Python calls."""
    writer = writer_at(random, program, module, before or cls, ("self.n",), cls, name)
    value = writer.value()
    params = [Param("self")]
    match name:
        case "__len__":
            value = f"abs({value})"
        case "__bool__":
            value = f"bool({value} % 2)"
        case "__iter__":
            value = f"iter([{value}, self.n])"
        case "__eq__":
            value = f"bool(({value}) % 2)"
            params.append(Param("other"))
        case "__contains__":
            value = f"bool(({value}) % 2)"
            params.append(Param("m"))
        case "__add__" | "__call__" | "__getitem__":
            params.append(Param("m"))
            value = f"{value} + m"
    return Function(name, params, [Line(f"return {value}")], role="dunder", cost=writer.cost + 1)


def make_init(random: Random, program: Program, module: Module, cls: Class) -> Function:
    """Make a constructor."""
    body: list[Stmt] = []
    if cls.bases:
        body.append(Line(f"super().__init__(n + {random.randint(0, 2)})"))
    else:
        body.append(Line(f"self.n = n + {random.randint(0, 2)}"))
    if random.random() < 0.4:
        writer = writer_at(random, program, module, cls)
        body.append(Line(f"self.extra = {writer.value()}"))
    params = [Param("self"), Param("n", str(random.randint(0, 3)))]
    return Function("__init__", params, body, role="init", cost=4)


def make_class(
    random: Random,
    program: Program,
    module: Module,
    name: str,
    bases: list[str],
    role: str = "plain",
) -> Class:
    """Make a class; it is in the module already when its methods are written."""
    made = Class(name, bases, [], role=role)
    module.items.append(made)
    if role != "mixin" and (not bases or random.random() < 0.2):
        made.body.append(make_init(random, program, module, made))
    for one in random.sample(ATTRIBUTES, random.randint(1 - len(bases) % 2, 2)):
        value = str(random.randint(1, 9))
        if random.random() < 0.25:
            value = writer_at(random, program, module, made, names=()).value()
        made.body.insert(0, Binding(one, value, "field"))
    count = random.randint(1, 3)
    for _ in range(count):
        method = make_method(random, program, module, made)
        if method.name not in [item.name for item in made.methods()]:
            made.body.append(method)
    if random.random() < 0.25:
        made.body.append(make_operator(random, program, module, made, random.choice(OPERATORS)))
    return made


def _add_classes(random: Random, program: Program, module: Module) -> None:
    title = program.fresh(random.choice(TITLES))
    visible = [
        thing
        for thing in things_in(program, module).values()
        if isinstance(thing.item, Class) and thing.item.role == "plain"
    ]
    bases: list[str] = []
    if visible and random.random() < 0.6:
        bases.append(random.choice(visible).spelled)
    root = make_class(random, program, module, title, bases)
    if random.random() < 0.25:
        table = program.fresh("KINDS")
        module.items.insert(module.items.index(root), Binding(table, "[]", "hidden"))
        hook = Function(
            "__init_subclass__", [Param("cls"), Param("**kwargs")],
            [Line("super().__init_subclass__(**kwargs)"), Line(f"{table}.append(cls)")],
            role="hook",
        )  # fmt: skip
        root.body.append(hook)
        reader = random.choice(
            (f"len({table}) + n", f"sum(len(one.__name__) for one in {table}) + n")
        )
        name = program.fresh("kinds")
        module.items.append(Function(name, [Param("n")], [Line(f"return {reader}")]))
    mixins: list[str] = []
    if random.random() < 0.5:
        mixins.append(make_class(random, program, module, program.fresh("Mixin"), [], "mixin").name)
    for _ in range(random.randint(0, 2)):
        above = [*random.sample(mixins, random.randint(0, len(mixins))), title]
        make_class(random, program, module, program.fresh(f"Big{title}"), above)
    if random.random() < 0.4:
        binding = Binding(program.fresh("one"), f"{title}({random.randint(0, 4)})", "instance", 9)
        binding.made_of = title
        module.items.append(binding)


def _add_dataclass(random: Random, program: Program, module: Module) -> None:
    made = Class(program.fresh("Record"), [], [], decorators=["dataclass"], role="dataclass")
    if random.random() < 0.3:
        made.decorators = ["dataclass(frozen=True, order=True)"]
    module.items.append(made)
    writer = writer_at(random, program, module, made, names=())
    made.body.append(Binding("n", str(random.randint(0, 4)), "field", annotation="int"))
    value = random.choice((str(random.randint(1, 9)), writer.value()))
    made.body.append(Binding("base", value, "field", annotation="int"))
    made.body.append(make_method(random, program, module, made, random.choice(METHODS)))


def _add_enum(random: Random, program: Program, module: Module) -> None:
    made = Class(program.fresh("Colour"), ["Enum"], [], role="enum")
    module.items.append(made)
    for name in ("RED", "BLUE", "GREEN")[: random.randint(2, 3)]:
        made.body.append(Binding(name, str(random.randint(1, 9)), "field"))
    enum = made.name
    name = program.fresh("colour")
    text = random.choice(
        (
            f"sum(one.value for one in {enum}) + n",
            f"{enum}.RED.value * n",
            f'{enum}["BLUE"].value + n',
        )
    )
    module.items.append(Function(name, [Param("n")], [Line(f"return {text}")]))


def _add_reader(random: Random, program: Program, module: Module) -> None:
    folder = module.path.rpartition("/")[0]
    prefix = f"{folder}/" if folder else ""
    file = program.fresh("rates")
    here = "Path(__file__).parent"
    name = program.fresh("read")
    match random.randrange(5):
        case 0:
            program.data[f"{prefix}{file}.json"] = '{"a": 3, "b": 4}\n'
            text = f'json.loads(({here} / "{file}.json").read_text())["a"]'
        case 1:
            program.data[f"{prefix}{file}.txt"] = "12\n"
            text = f'int(({here} / "{file}.txt").read_text())'
        case 2:
            program.data[f"{prefix}{file}/one.txt"] = "1\n"
            text = f'len(list(({here} / "{file}").glob("*.txt")))'
        case 3:
            text = f'int(({here} / "{file}.txt").exists())'
            program.data[f"{prefix}{file}.md"] = "Nothing.\n"
        case _:
            program.data[f"{prefix}{file}.txt"] = "5\n"
            table = program.fresh("LOADED")
            text = f'int(({here} / "{file}.txt").read_text())'
            module.items.append(Binding(table, text))
            text = table
    decorators = ["functools.cache"] if random.random() < 0.3 else []
    module.items.append(Function(name, [Param("n")], [Line(f"return {text} + n")], decorators))


def _add_optional(random: Random, program: Program, module: Module) -> None:
    """Add an import of a module that is not there, or that is imported where it is used."""
    name = program.fresh(random.choice(WORDS))
    parent = module.path.rpartition("/")[0].replace("/", ".")
    if random.random() < 0.5:
        missing = f"{parent}.extra" if parent else "extra"
        here = program.fresh("EXTRA")
        guarded = Import(
            missing, "from", [("EXTRA", here)], "try", fallback=str(random.randint(1, 5))
        )
        module.items.append(guarded)
        module.items.append(Binding(program.fresh("RATE"), f"{here} + 1"))
        return
    earlier = program.code()
    earlier = earlier[: earlier.index(module)]
    if not earlier:
        return
    source = random.choice(earlier)
    things = {
        key: thing
        for key, thing in exported(program, source).items()
        if not isinstance(thing.item, Module)
    }
    if not things:
        return
    thing = random.choice(list(things.values()))
    writer = Writer(random, program, {thing.spelled: thing})
    value = writer.use(thing)
    line = Line(f"from {source.name} import {thing.spelled}")
    body: list[Stmt] = [line, Line(f"return {value} + n")]
    if random.random() < 0.3:
        body = [Suite("if n > 1:", body), Line("return n")]
    module.items.append(Function(name, [Param("n")], body, cost=writer.cost + 1))


def _add_module_value(random: Random, program: Program, module: Module) -> None:
    """Add a function that hands out a module, and a table of functions or modules."""
    earlier = [one for one in program.code() if one.role == "code"]
    earlier = earlier[: earlier.index(module)] if module in earlier else earlier
    things = list(things_in(program, module).values())
    functions = [thing.spelled for thing in things
                 if isinstance(thing.item, Function) and thing.item.role == "plain"
                 and thing.cost < 10]  # fmt: skip
    if functions and random.random() < 0.5:
        some = [random.choice(functions) for _ in range(2)]
        pairs = ", ".join(f'"{key}": {name}' for key, name in zip("ab", some, strict=True))
        module.items.append(Binding(program.fresh("CALLS"), f"{{{pairs}}}", "registry", cost=20))
    if not earlier:
        return
    source = random.choice(earlier)
    numbers = [one.name for one in source.bindings() if one.kind == "number"]
    if not numbers:
        return
    name = random.choice(numbers)
    parent, _, last = source.name.rpartition(".")
    line = f"from {parent} import {last} as given" if parent else f"import {last} as given"
    found = program.fresh("handed")
    body: list[Stmt] = [Line(line), Line("return given")]
    module.items.append(Function(found, [], body, role="hidden"))
    text = random.choice(
        (f"{found}().{name} + n", f'getattr({found}(), "{name}", 3) + n',
         f'sys.modules["{source.name}"].{name} + n if {found}() else n')
    )  # fmt: skip
    use = program.fresh(random.choice(WORDS))
    module.items.append(Function(use, [Param("n")], [Line(f"return {text}")], cost=2))


def _add_conditional(random: Random, program: Program, module: Module) -> None:
    name = program.fresh("MODE")
    writer = writer_at(random, program, module, names=())
    condition = f"{writer.use()} > {random.randint(1, 5)}"
    statement = Suite(
        f"if {condition}:", [Line(f"{name} = {random.randint(1, 9)}")],
        [("else:", [Line(f"{name} = {random.randint(1, 9)}")])],
    )  # fmt: skip
    module.items.append(Effect(statement))
    use = program.fresh(random.choice(WORDS))
    module.items.append(Function(use, [Param("n")], [Line(f"return {name} + n")]))


FEATURES: tuple[Feature, ...] = (
    add_number, add_number, _add_table, _add_list, add_function, add_function, add_function,
    _add_decorator, _add_registry, _add_generator, _add_context, _add_factory, _add_lazy,
    _add_classes, _add_classes, _add_classes, _add_dataclass, _add_enum, _add_reader,
    _add_optional, _add_conditional, _add_module_value,
)  # fmt: skip


# -- tests ------------------------------------------------------------------------------


def _add_tests(random: Random, program: Program) -> None:
    code = program.code()
    if random.random() < 0.7:
        program.modules.append(_make_conftest(random, program, "tests/conftest.py"))
    if random.random() < 0.4:
        helper = Module("tests/helpers.py", [], "helper")
        source = random.choice(code)
        made = make_import(random, program, helper, source)
        helper.items += [made] if made else []
        program.modules.append(helper)
        for _ in range(2):
            function = make_function(random, program, helper, program.fresh("checked"))
            helper.items.append(function)
    if random.random() < 0.5:
        _add_test_file(random, program, "tests/deep/test_deep.py", [random.choice(code)])
        if random.random() < 0.5:
            program.modules.append(_make_conftest(random, program, "tests/deep/conftest.py"))
    for module in code:
        if module.role == "code" or random.random() < 0.5:
            _add_test_file(random, program, f"tests/test_{program.fresh('file')}.py", [module])


def _make_conftest(random: Random, program: Program, path: str) -> Module:
    conftest = Module(path, [], "conftest")
    source = random.choice(program.code())
    made = make_import(random, program, conftest, source)
    conftest.items += [made] if made is not None else []
    above = fixtures_at(program, path)
    for _ in range(random.randint(1, 3)):
        name = None
        if above and random.random() < 0.4:
            name = random.choice(list(above))
        fixture = make_fixture(random, program, conftest, name)
        if fixture.name not in [one.name for one in conftest.functions()]:
            conftest.items.append(fixture)
    return conftest


def make_fixture(
    random: Random, program: Program, module: Module, name: str | None = None
) -> Function:
    """Make a fixture; one with a name that is there already gives the same kind of value."""
    above = fixtures_at(program, module.path)
    scope = random.choice(("", "", "", 'scope="module"', 'scope="session"'))
    made = Function(name or program.fresh("given"), [], [], role="fixture")
    names: list[str] = []
    wide = {key for key, one in above.items() if "session" in "".join(one.decorators)}
    usable = [
        key
        for key, one in above.items()
        if one.gives == "number" and (not scope or key in wide) and key != made.name
    ]
    if usable and random.random() < 0.4:
        names.append(random.choice(usable))
        made.params.append(Param(names[0]))
    elif name is not None and not scope and name in above and random.random() < 0.5:
        if above[name].gives == "number":
            names.append(name)
            made.params.append(Param(name))
    arguments = [scope] if scope else []
    if random.random() < 0.15:
        made.params.append(Param("request"))
        names.append("request.param")
        arguments.append(f"params=[{random.randint(0, 2)}, {random.randint(3, 5)}]")
    writer = writer_at(random, program, module, names=names)
    value = writer.value()
    made.gives = (
        above[name].gives if name in above else random.choice(("number", "number", "function"))
    )
    if made.gives == "function":
        inner = Writer(random, program, things_in(program, module), [*names, "m"])
        made.body = [Suite("def give(m):", [Line(f"return {inner.value()}")]), Line("return give")]
    elif random.random() < 0.4:
        made.body = [Line(f"kept = {value}"), Line("yield kept"), Line("kept = 0")]
    else:
        made.body = [Line(f"return {value}")]
    made.decorators = [f"pytest.fixture({', '.join(arguments)})" if arguments else "pytest.fixture"]
    return made


def make_autouse(random: Random, program: Program, module: Module) -> Function | None:
    """Make a fixture for every test that sets a constant of the code, or wraps a function."""
    targets = [
        (one.name, item.name)
        for one in program.in_role("code")
        for item in one.items
        if isinstance(item, Binding) and item.kind == "number"
    ]
    if not targets:
        return None
    source, constant = random.choice(targets)
    body: list[Stmt] = [Line(f'monkeypatch.setattr("{source}.{constant}", {random.randint(1, 9)})')]
    return Function(
        program.fresh("always"), [Param("monkeypatch")], body, ["pytest.fixture(autouse=True)"],
        "fixture", gives="nothing",
    )  # fmt: skip


def fixtures_at(program: Program, path: str) -> dict[str, Function]:
    """Give the fixtures that a file can ask for, nearest definitions last."""
    folder = path.rpartition("/")[0]
    found: dict[str, Function] = {}
    files = [
        one
        for one in program.modules
        if one.path == path
        or (one.role == "conftest" and f"{folder}/".startswith(f"{one.path.rpartition('/')[0]}/"))
    ]
    for one in sorted(files, key=lambda one: len(one.path.split("/"))):
        for item in one.functions():
            if item.role == "fixture" and item.gives != "nothing":
                found[item.name] = item
    return found


def _add_test_file(random: Random, program: Program, path: str, sources: list[Module]) -> None:
    module = Module(path, [], "test")
    for source in sources:
        names = list(exported(program, source))
        made = make_import(random, program, module, source)
        if names and random.random() < 0.6:
            made = Import(source.name, "from", [(one, one) for one in names])
        module.items += [made] if made is not None else []
    others = [one for one in program.code() if one not in sources]
    if others and random.random() < 0.5:
        made = make_import(random, program, module, random.choice(others))
        module.items += [made] if made is not None else []
    helper = program.module("helpers")
    if helper is not None and random.random() < 0.5:
        pairs = [(item.name, item.name) for item in helper.functions()]
        module.items.append(Import("helpers", "from", pairs))
    program.modules.append(module)
    if random.random() < 0.3:
        module.items.append(make_function(random, program, module, program.fresh("computed")))
    if random.random() < 0.25:
        module.items.append(make_fixture(random, program, module))
    if random.random() < 0.1:
        autouse = make_autouse(random, program, module)
        module.items += [autouse] if autouse is not None else []
    things = [
        thing for thing in things_in(program, module).values() if not isinstance(thing.item, Module)
    ]
    for thing in random.sample(things, min(len(things), random.randint(4, 8))):
        module.items.append(make_test(random, program, module, thing))
    module.items.append(make_test(random, program, module))
    if random.random() < 0.3:
        module.items.append(_make_test_class(random, program, module))


def make_test(
    random: Random,
    program: Program,
    module: Module,
    wanted: Thing | None = None,
    *,
    in_class: bool = False,
) -> Function:
    """Make a test that notes what it computes, of a given thing or of any."""
    made = Function(program.fresh("test_"), [Param("seen")], [], role="test")
    names: list[str] = []
    if random.random() < 0.3:
        rows = ", ".join(str(number) for number in random.sample(range(6), 2))
        options = [f"[{rows}]"]
        options += [
            thing.spelled
            for thing in things_in(program, module).values()
            if isinstance(thing.item, Binding) and thing.item.kind == "list"
        ]
        made.decorators.append(f'pytest.mark.parametrize("n", {random.choice(options)})')
        made.params.append(Param("n"))
        names.append("n")
    fixtures = fixtures_at(program, module.path)
    extra: list[str] = []
    if fixtures and random.random() < 0.45:
        name = random.choice(list(fixtures))
        made.params.append(Param(name))
        if fixtures[name].gives == "function":
            extra.append(f"{name}({random.randint(0, 4)})")
        else:
            extra.append(name)
    if in_class:
        made.params.insert(0, Param("self"))
        names += ["self.number"] if random.random() < 0.5 else []
    things = {
        name: thing
        for name, thing in things_in(program, module).items()
        if not (isinstance(thing.item, Function) and thing.item.role in {"test", "fixture"})
    }
    writer = Writer(random, program, things, names)
    values = [writer.use(wanted)]
    if wanted is None or random.random() < 0.4:
        values.append(writer.use(wanted if random.random() < 0.5 else None))
    if random.random() < 0.3:
        values.append(writer.value())
    if random.random() < 0.15 and things:
        made.body.append(_local_import(random, program, values))
    made.body = [one for one in made.body if one.text]  # type: ignore[union-attr]
    made.body.append(Line(f"seen({', '.join([*values, *extra])})"))
    return made


def _local_import(random: Random, program: Program, values: list[str]) -> Line:
    source = random.choice(program.code())
    things = {
        name: thing
        for name, thing in exported(program, source).items()
        if not isinstance(thing.item, Module)
    }
    if not things:
        return Line("")
    name = random.choice(list(things))
    writer = Writer(random, program, {}, ())
    values.append(writer.use(Thing(name, things[name].item)))
    return Line(f"from {source.name} import {name}")


def _make_test_class(random: Random, program: Program, module: Module) -> Class:
    made = Class(program.fresh("Test"), [], [], role="tests")
    writer = writer_at(random, program, module, names=())
    body: list[Item] = [
        Function(
            "setup_method", [Param("self")], [Line(f"self.number = {writer.value()}")], role="setup"
        )
    ]
    made.body = body
    for _ in range(2):
        made.body.append(make_test(random, program, module, in_class=True))
    return made
