"""Edits of classes."""

from random import Random

from tests.generated.edits.code import rename
from tests.generated.edits.kinds import code_classes, kind, place, with_other_number
from tests.generated.expressions import ATTRIBUTES, METHODS, OPERATORS, PROPERTIES, writer_at
from tests.generated.grow import make_class, make_init, make_method
from tests.generated.model import Binding, Class, Effect, Function, Line, Module, Param, Program
from tests.generated.scope import members_of, things_in


def _of_role(program: Program, *roles: str) -> list[tuple[Module, Class]]:
    return code_classes(program, *(roles or ("plain", "mixin", "dataclass")))


@kind("method-added")
def add_method(random: Random, program: Program) -> str | None:
    """Add a method, mostly over one of a base class."""
    options = _of_role(program)
    options = [found for found in options if found[1].bases] or options
    if not options:
        return None
    module, cls = random.choice(options)
    own = [item.name for item in cls.methods()]
    inherited = [name for name in members_of(program, cls) if name in (*METHODS, *PROPERTIES)]
    wanted = [name for name in inherited if name not in own]
    if not wanted or random.random() < 0.2:
        wanted = [name for name in METHODS if name not in own]
    if not wanted:
        return None
    made = make_method(random, program, module, cls, random.choice(wanted))
    cls.body.append(made)
    return place(module, cls, made.name)


@kind("method-removed")
def remove_method(random: Random, program: Program) -> str | None:
    """Remove a method."""
    options = [(module, cls, one) for module, cls in _of_role(program) for one in cls.methods()]
    if not options:
        return None
    module, cls, method = random.choice(options)
    cls.body.remove(method)
    return place(module, cls, method.name)


@kind("method-renamed")
def rename_method(random: Random, program: Program) -> str | None:
    """Rename a method to another one's name."""
    options = [
        (module, cls, one)
        for module, cls in _of_role(program)
        for one in cls.methods()
        if one.name in METHODS
    ]
    if not options:
        return None
    module, cls, method = random.choice(options)
    before = method.name
    method.name = random.choice([name for name in METHODS if name != before])
    return f"{place(module, cls, before)} -> {method.name}"


@kind("method-moved")
def move_method(random: Random, program: Program) -> str | None:
    """Move a method to a base class, or to a subclass."""
    options = [
        (module, cls, one, other)
        for module, cls in _of_role(program, "plain", "mixin")
        for one in cls.methods()
        for _, other in _of_role(program, "plain", "mixin")
        if other is not cls
        and (other in program.lineage(cls) or cls in program.lineage(other))
        and one.name not in [method.name for method in other.methods()]
    ]
    if not options:
        return None
    module, cls, method, other = random.choice(options)
    cls.body.remove(method)
    other.body.append(method)
    return f"{place(module, cls, method.name)} to {other.name}"


@kind("method-kind-changed")
def change_method_kind(random: Random, program: Program) -> str | None:
    """Make a property of a method, a static method, or the other way."""
    options = [
        (module, cls, one)
        for module, cls in _of_role(program)
        for one in cls.methods()
        if one.role in {"method", "property", "static", "classmethod"}
    ]
    if not options:
        return None
    module, cls, method = random.choice(options)
    if method.decorators:
        method.decorators.pop(0)
    else:
        method.decorators.append(random.choice(("property", "staticmethod", "classmethod")))
    return place(module, cls, method.name)


@kind("operator-added")
def add_operator(random: Random, program: Program) -> str | None:
    """Add a method that Python calls by itself."""
    options = _of_role(program)
    if not options:
        return None
    module, cls = random.choice(options)
    names = [name for name in OPERATORS if name not in [one.name for one in cls.methods()]]
    if not names:
        return None
    made = make_method(random, program, module, cls, random.choice(names))
    cls.body.append(made)
    return place(module, cls, made.name)


@kind("attribute-hook-added")
def add_hook(random: Random, program: Program) -> str | None:
    """Add a hook for attributes, construction or subclasses."""
    options = _of_role(program)
    if not options:
        return None
    module, cls = random.choice(options)
    number = random.randint(1, 9)
    made = random.choice(
        (
            Function("__getattr__", [Param("self"), Param("name")],
                     [Line("if name.startswith('_'): raise AttributeError(name)"),
                      Line(f"return {number}")]),
            Function("__getattribute__", [Param("self"), Param("name")],
                     [Line(f'if name == "{random.choice(ATTRIBUTES)}": return {number}'),
                      Line("return super().__getattribute__(name)")]),
            Function("__new__", [Param("cls"), Param("*args"), Param("**kwargs")],
                     [Line("made = super().__new__(cls)"), Line(f"made.extra = {number}"),
                      Line("return made")]),
            Function("__setattr__", [Param("self"), Param("name"), Param("value")],
                     [Line("object.__setattr__(self, name, value + 1)")]),
            Function("__init_subclass__", [Param("cls"), Param("**kwargs")],
                     [Line("super().__init_subclass__(**kwargs)"),
                      Line(f"cls.{random.choice(ATTRIBUTES)} = {number}")]),
            Function("__post_init__", [Param("self")],
                     [Line(f'object.__setattr__(self, "base", {number})')]),
            Function("__hash__", [Param("self")], [Line(f"return {number}")]),
            Function("__lt__", [Param("self"), Param("other")], [Line("return True")]),
            Function("__repr__", [Param("self")], [Line(f'return "{"x" * number}"')]),
        )
    )  # fmt: skip
    made.role = "hook"
    if made.name in [one.name for one in cls.methods()]:
        return None
    cls.body.append(made)
    return place(module, cls, made.name)


@kind("constructor-added")
def add_constructor(random: Random, program: Program) -> str | None:
    """Give a class a constructor of its own."""
    options = [
        (module, cls)
        for module, cls in _of_role(program, "plain", "dataclass")
        if "__init__" not in [one.name for one in cls.methods()]
    ]
    if not options:
        return None
    module, cls = random.choice(options)
    cls.body.append(make_init(random, program, module, cls))
    return place(module, cls, "__init__")


@kind("class-attribute-changed")
def change_attribute(random: Random, program: Program) -> str | None:
    """Change a value in a class body."""
    options = [
        (module, cls, item)
        for module, cls in code_classes(program)
        for item in cls.attributes()
        if with_other_number(random, item.value)
    ]
    if not options:
        return None
    module, cls, item = random.choice(options)
    before = item.value
    item.value = with_other_number(random, before) or before
    return f"{place(module, cls, item.name)}: {before} -> {item.value}"


@kind("class-attribute-added")
def add_attribute(random: Random, program: Program) -> str | None:
    """Add a value to a class body, often over a base's or over a method."""
    options = code_classes(program)
    if not options:
        return None
    module, cls = random.choice(options)
    own = [item.name for item in cls.attributes()]
    wanted = [name for name in (*members_of(program, cls), *ATTRIBUTES)
              if name not in own and not name.startswith("__")]  # fmt: skip
    if cls.role == "enum":
        wanted = ["PINK"] if "PINK" not in own else []
    if not wanted:
        return None
    name = random.choice(wanted)
    annotation = "int" if cls.role == "dataclass" and random.random() < 0.8 else ""
    made = Binding(name, str(random.randint(1, 9)), "field", annotation=annotation)
    cls.body.insert(random.randint(0, len(cls.body)), made)
    return place(module, cls, name)


@kind("class-attribute-computed")
def compute_attribute(random: Random, program: Program) -> str | None:
    """Compute a value in a class body from what the module has."""
    options = [
        (module, cls, one) for module, cls in code_classes(program) for one in cls.attributes()
    ]
    if not options:
        return None
    module, cls, item = random.choice(options)
    item.value = writer_at(random, program, module, cls, names=()).value()
    return f"{place(module, cls, item.name)}: {item.value}"


@kind("class-attribute-removed")
def remove_attribute(random: Random, program: Program) -> str | None:
    """Remove a value from a class body."""
    options = [
        (module, cls, one) for module, cls in code_classes(program) for one in cls.attributes()
    ]
    if not options:
        return None
    module, cls, item = random.choice(options)
    cls.body.remove(item)
    return place(module, cls, item.name)


@kind("class-body-reordered")
def reorder_body(random: Random, program: Program) -> str | None:
    """Move something in a class body: fields and members have an order."""
    options = [found for found in code_classes(program) if len(found[1].body) > 1]
    if not options:
        return None
    module, cls = random.choice(options)
    item = cls.body.pop(random.randrange(len(cls.body)))
    cls.body.insert(random.randint(0, len(cls.body)), item)
    return f"{place(module, None, cls.name)}: {getattr(item, 'name', '')}"


@kind("base-added")
def add_base(random: Random, program: Program) -> str | None:
    """Add a base, before or after those that are there."""
    options = [
        (module, cls, thing)
        for module, cls in _of_role(program, "plain", "dataclass", "mixin")
        for thing in things_in(program, module, cls).values()
        if isinstance(thing.item, Class)
        and thing.item.role in {"plain", "mixin"}
        and thing.item not in program.lineage(cls)
    ]
    if not options:
        return None
    module, cls, thing = random.choice(options)
    cls.bases.insert(random.randint(0, len(cls.bases)), thing.spelled)
    return f"{place(module, None, cls.name)}: {', '.join(cls.bases)}"


@kind("base-removed")
def remove_base(random: Random, program: Program) -> str | None:
    """Take a base away."""
    options = [found for found in code_classes(program) if found[1].bases]
    if not options:
        return None
    module, cls = random.choice(options)
    gone = cls.bases.pop(random.randrange(len(cls.bases)))
    return f"{place(module, None, cls.name)}: {gone}"


@kind("bases-swapped")
def swap_bases(random: Random, program: Program) -> str | None:
    """Swap the bases of a class."""
    options = [found for found in code_classes(program) if len(found[1].bases) > 1]
    if not options:
        return None
    module, cls = random.choice(options)
    cls.bases.reverse()
    return f"{place(module, None, cls.name)}: {', '.join(cls.bases)}"


@kind("subclass-added")
def add_subclass(random: Random, program: Program) -> str | None:
    """Add a subclass of something, which may register itself."""
    options = [
        (module, thing)
        for module in program.code()
        for thing in things_in(program, module).values()
        if isinstance(thing.item, Class) and thing.item.role == "plain"
    ]
    if not options:
        return None
    module, thing = random.choice(options)
    made = make_class(random, program, module, program.fresh("Late"), [thing.spelled])
    return place(module, None, made.name)


@kind("class-removed")
def remove_class(random: Random, program: Program) -> str | None:
    """Remove a class; its users stay."""
    options = code_classes(program)
    if not options:
        return None
    module, cls = random.choice(options)
    module.items.remove(cls)
    return place(module, None, cls.name)


@kind("class-renamed")
def rename_class(random: Random, program: Program) -> str | None:
    """Rename a class, with or without its users."""
    options = code_classes(program)
    if not options:
        return None
    module, cls = random.choice(options)
    before, after = cls.name, program.fresh("Named")
    if random.random() < 0.6:
        rename(program, before, after)
    cls.name = after
    return f"{place(module, None, before)} -> {after}"


@kind("class-redefined")
def redefine_class(random: Random, program: Program) -> str | None:
    """Define a class a second time, later, or one with the name of an imported class."""
    options = [
        (module, name, thing)
        for module in program.code()
        for name, thing in things_in(program, module).items()
        if isinstance(thing.item, Class) and thing.item.role == "plain" and thing.spelled == name
    ]
    if not options:
        return None
    module, name, thing = random.choice(options)
    bases = [name] if random.random() < 0.6 else []
    made = make_class(random, program, module, name, bases)
    if random.random() < 0.5 and not bases:
        module.items.remove(made)
        module.items.insert(random.randint(0, len(module.items)), made)
    return place(module, None, thing.spelled)


@kind("slots-added")
def add_slots(random: Random, program: Program) -> str | None:
    """Give a class slots."""
    options = _of_role(program)
    if not options:
        return None
    module, cls = random.choice(options)
    cls.body.insert(
        0, Binding("__slots__", random.choice(('("n",)', '("n", "extra")', "()")), "hidden")
    )
    return place(module, None, cls.name)


@kind("class-decorator-added")
def add_class_decorator(random: Random, program: Program) -> str | None:
    """Decorate a class, or take a decorator away."""
    options = code_classes(program)
    if not options:
        return None
    module, cls = random.choice(options)
    if cls.decorators and random.random() < 0.6:
        cls.decorators.pop()
    else:
        name = program.fresh("marked")
        body = [
            Line(f"cls.{random.choice((*ATTRIBUTES, 'n'))} = {random.randint(1, 9)}"),
            Line("return cls"),
        ]
        hook = Function(name, [Param("cls")], list(body), role="hook")
        module.items.insert(module.items.index(cls), hook)
        cls.decorators.append(random.choice((name, "dataclass")))
    return place(module, None, cls.name)


@kind("metaclass-added")
def add_metaclass(random: Random, program: Program) -> str | None:
    """Give a class a metaclass."""
    options = _of_role(program, "plain", "mixin")
    if not options:
        return None
    module, cls = random.choice(options)
    name = program.fresh("Meta")
    number = random.randint(1, 9)
    body = random.choice(
        (
            Function("__len__", [Param("cls")], [Line(f"return {number}")]),
            Function("__getattr__", [Param("cls"), Param("name")],
                     [Line("if name.startswith('_'): raise AttributeError(name)"), Line(f"return {number}")]),
            Function("__call__", [Param("cls"), Param("*args")],
                     [Line("made = super().__call__(*args)"), Line(f"made.n = {number}"), Line("return made")]),
        )
    )  # fmt: skip
    body.role = "hook"
    module.items.insert(module.items.index(cls), Class(name, ["type"], [body], role="meta"))
    cls.keywords["metaclass"] = name
    return place(module, None, cls.name)


@kind("class-effect-added")
def add_class_effect(random: Random, program: Program) -> str | None:
    """Let a class body do something beside binding values."""
    options = _of_role(program)
    if not options:
        return None
    module, cls = random.choice(options)
    name = random.choice(ATTRIBUTES)
    cls.body.append(Effect(Line(f"for {name} in range({random.randint(2, 9)}): pass")))
    return place(module, cls, name)
