"""Edits of functions, values and what runs on import."""

import re
from random import Random

from tests.generated.edits.kinds import (
    all_suites,
    change_texts,
    code_bindings,
    code_functions,
    kind,
    place,
    texts_of,
    with_other_number,
)
from tests.generated.expressions import METHODS, Writer, writer_at
from tests.generated.grow import WORDS, make_function, some_decorator
from tests.generated.model import (
    Binding,
    Class,
    Effect,
    Function,
    Import,
    Line,
    Module,
    Param,
    Program,
    Suite,
)
from tests.generated.scope import exported, things_in

BUILTINS = ("len", "max", "sum", "abs", "sorted", "str", "int", "range", "list", "hasattr")


@kind("number-changed")
def change_number(random: Random, program: Program) -> str | None:
    """Change a number in a statement."""
    options = [
        (module, suite, index)
        for module, suite in all_suites(program)
        for index, statement in enumerate(suite)
        if isinstance(statement, Line) and with_other_number(random, statement.text)
    ]
    if not options:
        return None
    module, suite, index = random.choice(options)
    before = suite[index].text  # type: ignore[union-attr]
    after = with_other_number(random, before)
    assert after is not None
    suite[index] = Line(after)
    return f"{module.path}: {before} -> {after}"


@kind("condition-changed")
def change_condition(random: Random, program: Program) -> str | None:
    """Change the header of a compound statement."""
    options = [
        (module, statement)
        for module, suite in all_suites(program)
        for statement in suite
        if isinstance(statement, Suite)
        and statement.header.startswith(("if", "for", "match", "case", "with", "def"))
        and with_other_number(random, statement.header)
    ]
    if not options:
        return None
    module, statement = random.choice(options)
    before = statement.header
    statement.header = with_other_number(random, before) or before
    return f"{module.path}: {before} -> {statement.header}"


@kind("body-replaced")
def replace_body(random: Random, program: Program) -> str | None:
    """Write a function anew, of what it can see."""
    options = [
        found
        for found in code_functions(program)
        if found[2].role in {"plain", "method", "property", "static"}
    ]
    if not options:
        return None
    module, owner, function = random.choice(options)
    names = [param.name for param in function.params if param.name != "self"]
    if owner is not None and function.role != "static":
        names.append("self.n")
    receiver = owner if function.role in {"method", "property"} else None
    writer = writer_at(random, program, module, owner or function, names, receiver, function.name)
    function.body = writer.body()
    return place(module, owner, function.name)


@kind("statement-added")
def add_statement(random: Random, program: Program) -> str | None:
    """Put a statement before the others: a way out, a branch, a loop."""
    options = [
        found for found in code_functions(program) if found[2].role in {"plain", "method", "static"}
    ]
    if not options:
        return None
    module, owner, function = random.choice(options)
    names = [param.name for param in function.params if param.name != "self"]
    receiver = owner if function.role == "method" else None
    writer = writer_at(random, program, module, owner or function, names, receiver, function.name)
    made = writer.statement()
    result = Line(f"return {writer.value()}")
    function.body[:0] = (
        made if random.random() < 0.6 else [*made, Suite(f"if {names[0]} > 1:", [result])]
    )
    return place(module, owner, function.name)


@kind("statement-removed")
def remove_statement(random: Random, program: Program) -> str | None:
    """Take a statement out of a suite."""
    options = [
        (module, suite, index)
        for module, suite in all_suites(program)
        for index, statement in enumerate(suite[:-1])
        if isinstance(statement, Line) or not statement.header.startswith("def")
    ]
    if not options:
        return None
    module, suite, index = random.choice(options)
    gone = suite.pop(index)
    return f"{module.path}: {gone.text if isinstance(gone, Line) else gone.header}"


@kind("local-import-added")
def add_local_import(random: Random, program: Program) -> str | None:
    """Import in a function what then hides a name that it uses."""
    options = [found for found in code_functions(program) if found[2].role in {"plain", "method"}]
    if not options:
        return None
    module, owner, function = random.choice(options)
    text = " ".join(texts_of(function))
    sources = [
        (source.name, there, here)
        for source in program.code()
        if source is not module
        for there in exported(program, source)
        for here in re.findall(r"\b[A-Z]+\d+\b|\b[a-z_]+\d+\b", text)
        if things_in(program, module).get(here) is not None
    ]
    if not sources:
        return None
    source, there, here = random.choice(sources)
    function.body.insert(0, Line(f"from {source} import {there} as {here}"))
    return f"{place(module, owner, function.name)}: {there} as {here}"


@kind("function-becomes-generator")
def make_generator(random: Random, program: Program) -> str | None:
    """Let a function yield."""
    options = [found for found in code_functions(program) if found[2].role == "plain"]
    if not options:
        return None
    module, owner, function = random.choice(options)
    function.body.append(Line("yield 3"))
    return place(module, owner, function.name)


@kind("closure-changed")
def change_decorator_body(random: Random, program: Program) -> str | None:
    """Change what a decorator or a factory makes."""
    options = [
        (found, statement)
        for found in code_functions(program)
        if found[2].role in {"decorator", "scaler", "factory", "registrar", "context"}
        for statement in _lines(found[2].body)
        if statement.text.startswith(("return ", "yield ", "KNOWN"))
    ]
    if not options:
        return None
    (module, owner, function), line = random.choice(options)
    if "found" in line.text or "return function" in line.text or "(m" in line.text:
        line.text = line.text.replace("found", "(found + 1)").replace(
            "return function", "return lambda *args, **kwargs: function(*args, **kwargs) + 1"
        )
    elif "[key] = " in line.text:
        line.text = line.text.replace("[key]", '["a"]')
    else:
        changed = with_other_number(random, line.text)
        if changed is None:
            return None
        line.text = changed
    return place(module, owner, function.name)


def _lines(body: list[Line | Suite]) -> list[Line]:
    found: list[Line] = []
    for statement in body:
        if isinstance(statement, Line):
            found.append(statement)
        else:
            for suite in statement.suites():
                found += _lines(suite)
    return found


# -- interfaces --------------------------------------------------------------------------


@kind("default-changed")
def change_default(random: Random, program: Program) -> str | None:
    """Change a default, perhaps to a constant."""
    options = [
        (module, owner, function, param)
        for module, owner, function in code_functions(program)
        for param in function.params
        if param.default is not None
    ]
    if not options:
        return None
    module, owner, function, param = random.choice(options)
    constants = [
        thing.spelled
        for thing in things_in(program, module, owner or function).values()
        if isinstance(thing.item, Binding) and thing.item.kind == "number"
    ]
    other = str(random.randint(7, 12))
    param.default = random.choice(constants) if constants and random.random() < 0.3 else other
    return f"{place(module, owner, function.name)}: {param.name}={param.default}"


@kind("parameter-added")
def add_parameter(random: Random, program: Program) -> str | None:
    """Add a parameter with a default that the result shows."""
    options = [found for found in code_functions(program) if found[2].role in {"plain", "method"}]
    if not options:
        return None
    module, owner, function = random.choice(options)
    name = program.fresh("p")
    function.params.append(Param(name, str(random.randint(1, 5))))
    function.body.insert(0, Suite(f"if {name}:", [Line(f"return {name} + {random.randint(1, 5)}")]))
    return place(module, owner, function.name)


@kind("parameter-renamed")
def rename_parameter(random: Random, program: Program) -> str | None:
    """Rename a parameter; those that pass it by name break."""
    options = [
        (module, owner, function)
        for module, owner, function in code_functions(program)
        if function.role == "plain" and len(function.params) > 1
    ]
    if not options:
        return None
    module, owner, function = random.choice(options)
    before = function.params[1].name
    after = program.fresh(before)
    change_texts(function, lambda text: re.sub(rf"\b{before}\b", after, text))
    function.params[1].name = after
    return place(module, owner, function.name)


@kind("parameters-swapped")
def swap_parameters(random: Random, program: Program) -> str | None:
    """Swap a parameter with its neighbour."""
    options = [
        found
        for found in code_functions(program)
        if found[2].role == "plain" and len(found[2].params) == 2
    ]
    if not options:
        return None
    module, owner, function = random.choice(options)
    first, second = function.params
    first.name, second.name = second.name, first.name
    return place(module, owner, function.name)


@kind("decorator-added")
def add_decorator(random: Random, program: Program) -> str | None:
    """Decorate a function."""
    options = [found for found in code_functions(program) if found[2].role in {"plain", "method"}]
    if not options:
        return None
    module, owner, function = random.choice(options)
    decorator = some_decorator(random, program, module)
    if decorator is None:
        return None
    function.decorators.insert(random.randint(0, len(function.decorators)), decorator)
    return f"{place(module, owner, function.name)}: @{decorator}"


@kind("decorator-removed")
def remove_decorator(random: Random, program: Program) -> str | None:
    """Take a decorator away."""
    options = [found for found in code_functions(program) if found[2].decorators]
    if not options:
        return None
    module, owner, function = random.choice(options)
    gone = function.decorators.pop(random.randrange(len(function.decorators)))
    return f"{place(module, owner, function.name)}: @{gone}"


@kind("decorator-argument-changed")
def change_decorator_argument(random: Random, program: Program) -> str | None:
    """Change what a decorator is called with."""
    options = [
        (module, owner, function, index)
        for module, owner, function in code_functions(program)
        for index, decorator in enumerate(function.decorators)
        if "(" in decorator and "maxsize" not in decorator
    ]
    if not options:
        return None
    module, owner, function, index = random.choice(options)
    before = function.decorators[index]
    changed = with_other_number(random, before[before.index("(") :])
    if changed is not None:
        after = before[: before.index("(")] + changed
    else:
        letter = random.choice([one for one in "abc" if f'"{one}"' not in before])
        after = re.sub(r'"\w"', f'"{letter}"', before)
    function.decorators[index] = after
    return f"{place(module, owner, function.name)}: @{before} -> @{after}"


# -- definitions -------------------------------------------------------------------------


@kind("function-removed")
def remove_function(random: Random, program: Program) -> str | None:
    """Remove a function; its callers stay."""
    options = [(module, one) for module in program.code() for one in module.functions()]
    if not options:
        return None
    module, function = random.choice(options)
    module.items.remove(function)
    return place(module, None, function.name)


@kind("function-renamed")
def rename_function(random: Random, program: Program) -> str | None:
    """Rename a function, with or without its callers."""
    options = [(module, one) for module in program.code() for one in module.functions()]
    if not options:
        return None
    module, function = random.choice(options)
    before, after = function.name, program.fresh(random.choice(WORDS))
    if random.random() < 0.5:
        rename(program, before, after)
    function.name = after
    return f"{module.path}: {before} -> {after}"


def rename(program: Program, before: str, after: str) -> None:
    """Give a name another spelling wherever it stands."""

    def change(text: str) -> str:
        return re.sub(rf"\b{before}\b", after, text)

    for module in program.modules:
        for item in module.items:
            change_texts(item, change)
            if isinstance(item, Import):
                item.names = [
                    (change(there), change(here)) if item.form == "from" else (there, here)
                    for there, here in item.names
                ]
            elif isinstance(item, Function | Class | Binding) and item.name == before:
                item.name = after


@kind("function-added-over-builtin")
def shadow_builtin(random: Random, program: Program) -> str | None:
    """Define a function with the name of a builtin one."""
    module = random.choice(program.code())
    name = random.choice(BUILTINS)
    made = Function(name, [Param("*args")], [Line(f"return {random.randint(1, 9)}")])
    module.items.insert(random.randint(0, len(module.items)), made)
    return place(module, None, name)


@kind("function-added-over-import")
def shadow_import(random: Random, program: Program) -> str | None:
    """Define a function or constant whose name an import brings, before or after it."""
    options = [
        (module, name, thing)
        for module in program.code()
        for name, thing in things_in(program, module).items()
        if not any(getattr(item, "name", "") == name for item in module.items)
        and isinstance(thing.item, Function | Binding)
    ]
    if not options:
        return None
    module, name, thing = random.choice(options)
    if isinstance(thing.item, Function):
        made: Function | Binding = make_function(random, program, module, name)
    else:
        made = Binding(name, str(random.randint(1, 9)))
    module.items.insert(random.randint(0, len(module.items)), made)
    return place(module, None, name)


@kind("function-defined-again")
def define_again(random: Random, program: Program) -> str | None:
    """Define a function a second time, later in the module."""
    options = [
        (module, one)
        for module in program.code()
        for one in module.functions()
        if one.role == "plain"
    ]
    if not options:
        return None
    module, function = random.choice(options)
    made = make_function(random, program, module, function.name)
    index = module.items.index(function)
    module.items.insert(random.randint(index + 1, len(module.items)), made)
    return place(module, None, function.name)


@kind("function-added-unused")
def add_unused(random: Random, program: Program) -> str | None:
    """Add a function that nobody calls yet."""
    module = random.choice(program.code())
    made = make_function(random, program, module, program.fresh(random.choice(WORDS)))
    module.items.append(made)
    return place(module, None, made.name)


@kind("definitions-reordered")
def reorder(random: Random, program: Program) -> str | None:
    """Move a definition to another place in its module."""
    options = [module for module in program.code() if len(module.items) > 2]
    if not options:
        return None
    module = random.choice(options)
    item = module.items.pop(random.randrange(len(module.items)))
    module.items.insert(random.randint(0, len(module.items)), item)
    return f"{module.path}: {getattr(item, 'name', type(item).__name__)}"


# -- values ------------------------------------------------------------------------------


@kind("constant-changed")
def change_constant(random: Random, program: Program) -> str | None:
    """Change the value of a module's variable."""
    options = [
        (module, item)
        for module, item in code_bindings(program)
        if with_other_number(random, item.value)
    ]
    if not options:
        return None
    module, binding = random.choice(options)
    before = binding.value
    binding.value = with_other_number(random, before) or before
    return f"{place(module, None, binding.name)}: {before} -> {binding.value}"


@kind("constant-computed")
def compute_constant(random: Random, program: Program) -> str | None:
    """Compute a constant from what its module has."""
    options = code_bindings(program, "number")
    if not options:
        return None
    module, binding = random.choice(options)
    writer = writer_at(random, program, module, binding, names=())
    binding.value = writer.value()
    return f"{place(module, None, binding.name)}: {binding.value}"


@kind("constant-removed")
def remove_constant(random: Random, program: Program) -> str | None:
    """Remove a variable; its readers stay."""
    options = code_bindings(program)
    if not options:
        return None
    module, binding = random.choice(options)
    module.items.remove(binding)
    return place(module, None, binding.name)


@kind("constant-becomes-function")
def constant_to_function(random: Random, program: Program) -> str | None:
    """Put a function in the place of a constant, or a constant in that of a function."""
    module = random.choice(program.code())
    options = [one for one in module.items
               if isinstance(one, Function) or (isinstance(one, Binding) and one.kind == "number")]  # fmt: skip
    if not options:
        return None
    item = random.choice(options)
    index = module.items.index(item)
    if isinstance(item, Function):
        module.items[index] = Binding(item.name, str(random.randint(1, 9)))
    else:
        module.items[index] = Function(item.name, [], [Line("return 3")])
    return place(module, None, item.name)


@kind("hidden-global-changed")
def change_hidden(random: Random, program: Program) -> str | None:
    """Change what a lazily filled global starts with."""
    options = code_bindings(program, "hidden")
    options = [found for found in options if found[1].value in {"None", "{}"}]
    if not options:
        return None
    module, binding = random.choice(options)
    binding.value = "40" if binding.value == "None" else '{"value": 40}'
    return place(module, None, binding.name)


@kind("name-deleted")
def delete_name(random: Random, program: Program) -> str | None:
    """Delete a name at the end of a module."""
    options = [
        (module, item)
        for module in program.code()
        for item in module.items
        if isinstance(item, Function | Binding | Class)
    ]
    if not options:
        return None
    module, item = random.choice(options)
    module.items.append(Effect(Line(f"del {item.name}")))
    return place(module, None, item.name)


# -- what runs on import -----------------------------------------------------------------


@kind("effect-added")
def add_effect(random: Random, program: Program) -> str | None:
    """Let a module change, when it is imported, what it or another one defines."""
    module = random.choice(program.code())
    statements: list[Line] = []
    for name, thing in things_in(program, module).items():
        number = random.randint(1, 9)
        match thing.item:
            case Binding(kind="table"):
                statements.append(Line(f'{name}["a"] = {number}'))
            case Binding(kind="list"):
                statements.append(Line(f"{name}.append({number})"))
            case Binding(kind="registry"):
                statements.append(Line(f'{name}["{random.choice("abc")}"] = abs'))
                statements.append(Line(f"{name}.clear()"))
            case Binding(kind="instance"):
                statements.append(Line(f"{name}.n = {number}"))
                statements.append(Line(f"{name}.{random.choice(('base', 'limit'))} = {number}"))
            case Binding(kind="number"):
                statements.append(Line(f"{name} += {number}"))
            case Class(role="plain" | "mixin"):
                method = random.choice(METHODS)
                statements.append(Line(f"{name}.{method} = lambda self, m=1: {number}"))
                statements.append(Line(f'setattr({name}, "base", {number})'))
            case Function(role="plain"):
                statements.append(
                    Line(
                        f"{name} = (lambda inner: lambda *args, **kwargs: inner(*args, **kwargs) + {number})({name})"
                    )
                )
            case Module() as other:
                for there, inner in exported(program, other).items():
                    if isinstance(inner.item, Binding) and inner.item.kind == "number":
                        statements.append(Line(f"{name}.{there} = {number}"))
    if not statements:
        return None
    statement = random.choice(statements)
    module.items.append(Effect(statement))
    return f"{module.path}: {statement.text}"


@kind("effect-removed")
def remove_effect(random: Random, program: Program) -> str | None:
    """Remove a statement that runs on import."""
    options = [
        (module, item)
        for module in program.code()
        for item in module.items
        if isinstance(item, Effect)
    ]
    if not options:
        return None
    module, item = random.choice(options)
    module.items.remove(item)
    return module.path


@kind("effect-changed")
def change_effect(random: Random, program: Program) -> str | None:
    """Change a number in a statement that runs on import."""
    options = [
        (module, item)
        for module in program.code()
        for item in module.items
        if isinstance(item, Effect)
    ]
    if not options:
        return None
    module, item = random.choice(options)
    change_texts(item, lambda text: with_other_number(random, text) or text)
    return module.path


@kind("monkeypatching-function-added")
def add_patching_function(random: Random, program: Program) -> str | None:
    """Call, on import, a new function that assigns a global."""
    options = code_bindings(program, "number")
    if not options:
        return None
    module, binding = random.choice(options)
    name = program.fresh("set_up")
    body: list[Line | Suite] = [Line(f"global {binding.name}"), Line(f"{binding.name} = 30")]
    module.items.append(Function(name, [], body, role="hook"))
    module.items.append(Effect(Line(f"{name}()")))
    return place(module, None, name)


@kind("function-calls-more")
def call_more(random: Random, program: Program) -> str | None:
    """Add to the result of a function what another one gives."""
    options = [
        (module, owner, function)
        for module, owner, function in code_functions(program)
        if function.role in {"plain", "method", "property"}
        and isinstance(function.body[-1], Line)
        and function.body[-1].text.startswith("return ")
    ]
    if not options:
        return None
    module, owner, function = random.choice(options)
    writer: Writer = writer_at(random, program, module, owner or function, names=())
    last = function.body[-1]
    assert isinstance(last, Line)
    function.body[-1] = Line(f"{last.text} + {writer.use()}")
    return place(module, owner, function.name)
