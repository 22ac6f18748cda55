"""Edits of imports, of whole files and of text."""

from copy import deepcopy
from random import Random

from tests.generated.edits.kinds import kind, place, texts_of, with_other_number
from tests.generated.grow import make_import
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
    Suite,
)
from tests.generated.scope import exported, things_in


def _other(random: Random, program: Program, module: Module) -> Module | None:
    options = [one for one in program.code() if one is not module]
    return random.choice(options) if options else None


@kind("import-added")
def add_import(random: Random, program: Program) -> str | None:
    """Import something, at some place; names that are there may be taken over."""
    module = random.choice(program.code())
    source = _other(random, program, module)
    made = make_import(random, program, module, source) if source is not None else None
    if made is None:
        return None
    module.items.insert(random.randint(0, len(module.items)), made)
    return f"{module.path}: {made.form} {made.source}"


@kind("star-import-added")
def add_star_import(random: Random, program: Program) -> str | None:
    """Import all of another module."""
    module = random.choice(program.code())
    source = _other(random, program, module)
    if source is None:
        return None
    made = Import(source.name, "star", relative=random.random() < 0.4)
    module.items.insert(random.randint(0, len(module.items)), made)
    return f"{module.path}: from {source.name} import *"


@kind("import-removed")
def remove_import(random: Random, program: Program) -> str | None:
    """Remove an import, or one name of it."""
    options = [(module, item) for module in program.code() for item in module.imports()]
    if not options:
        return None
    module, item = random.choice(options)
    if len(item.names) > 1 and random.random() < 0.5:
        gone = item.names.pop(random.randrange(len(item.names)))
        return f"{module.path}: {gone[0]} of {item.source}"
    module.items.remove(item)
    return f"{module.path}: {item.form} {item.source}"


@kind("import-form-changed")
def change_import_form(random: Random, program: Program) -> str | None:
    """Import the same otherwise: all instead of names, relative, guarded, lazily."""
    options = [
        (module, item)
        for module in program.code()
        for item in module.imports()
        if item.form != "module"
    ]
    if not options:
        return None
    module, item = random.choice(options)
    match random.randrange(4):
        case 0:
            item.relative = not item.relative
        case 1:
            item.guard = "" if item.guard else "try"
        case 2 if item.form == "star":
            source = program.module(item.source)
            names = list(exported(program, source)) if source is not None else []
            if not names:
                return None
            item.form, item.names = "from", [(one, one) for one in names]
        case _:
            item.form, item.names = "star", []
    return f"{module.path}: {item.form} {item.source} {item.guard}"


@kind("import-target-changed")
def change_import_target(random: Random, program: Program) -> str | None:
    """Import another thing under the same name."""
    options = [
        (module, item, index)
        for module in program.code()
        for item in module.imports()
        if item.form == "from"
        for index in range(len(item.names))
    ]
    if not options:
        return None
    module, item, index = random.choice(options)
    source = program.module(item.source)
    names = list(exported(program, source)) if source is not None else []
    there, here = item.names[index]
    names = [name for name in names if name != there]
    if not names:
        return None
    item.names[index] = (random.choice(names), here)
    return f"{module.path}: {here} is {item.names[index][0]}"


@kind("all-changed")
def change_all(random: Random, program: Program) -> str | None:
    """Add a list of what star imports bring, or take names out of it."""
    module = random.choice(program.code())
    listed = next((item for item in module.bindings() if item.name == "__all__"), None)
    names = [name for name in things_in(program, module) if name != "__all__"]
    if len(names) < 2:
        return None
    some = random.sample(names, random.randint(1, len(names) - 1))
    value = f"[{', '.join(f'{chr(34)}{name}{chr(34)}' for name in some)}]"
    if listed is not None and random.random() < 0.3:
        module.items.remove(listed)
    elif listed is not None:
        listed.value = value
    else:
        module.items.append(Binding("__all__", value, "hidden"))
    return module.path


@kind("re-export-added")
def add_re_export(random: Random, program: Program) -> str | None:
    """Let a package hand out more names, by one module or all of it."""
    packages = [one for one in program.modules if one.role == "package"]
    package = random.choice(packages)
    sources = [one for one in program.code() if one.package == package.name and one is not package]
    if not sources:
        return None
    source = random.choice(sources)
    names = list(exported(program, source))
    if not names or random.random() < 0.4:
        package.items.append(Import(source.name, "star", relative=True))
    else:
        name = random.choice(names)
        package.items.append(Import(source.name, "from", [(name, name)], relative=True))
    return f"{package.path}: {source.name}"


@kind("module-getattr-added")
def add_module_getattr(random: Random, program: Program) -> str | None:
    """Give a module names that it computes."""
    module = random.choice(program.code())
    body: list[Line | Suite] = [
        Suite('if name.startswith("__"):', [Line("raise AttributeError(name)")]),
        Line(f"return {random.randint(1, 9)}"),
    ]
    module.items.append(Function("__getattr__", [Param("name")], body, role="hook"))
    return module.path


def _movable(program: Program) -> list[tuple[Module, Function | Class | Binding]]:
    return [
        (module, item)
        for module in program.in_role("code")
        for item in module.items
        if (isinstance(item, Function) and item.role in {"plain", "generator", "factory"})
        or (isinstance(item, Class) and item.role in {"plain", "enum", "dataclass", "mixin"})
        or (isinstance(item, Binding) and item.kind in {"number", "table", "list"})
    ]


@kind("definition-moved")
def move_definition(random: Random, program: Program) -> str | None:
    """Move a definition to another module; its own imports it back, or its users do not care."""
    options = _movable(program)
    if not options:
        return None
    module, item = random.choice(options)
    earlier = program.modules[: program.modules.index(module)]
    targets = [one for one in earlier if one.role == "code"]
    index = module.items.index(item)
    if targets and random.random() < 0.5:
        target = random.choice(targets)
    else:
        folder = module.path.rpartition("/")[0]
        name = program.fresh("moved")
        target = Module(f"{folder}/{name}.py" if folder else f"{name}.py", [])
        program.modules.insert(program.modules.index(module), target)
    needed = _needed_imports(program, module, item)
    module.items[index] = Import(target.name, "from", [(item.name, item.name)])
    if random.random() < 0.1:
        del module.items[index]
    target.items += [*needed, item]
    return f"{place(module, None, item.name)} to {target.path}"


def _needed_imports(program: Program, module: Module, item: Item) -> list[Item]:
    text = " ".join(texts_of(item))
    made: list[Item] = []
    for name in things_in(program, module, item):
        if name in text and name != getattr(item, "name", ""):
            owners = [one for one in program.code()
                      if any(getattr(inner, "name", "") == name for inner in one.items)]  # fmt: skip
            if owners:
                made.append(Import(owners[0].name, "from", [(name, name)]))
    return made


@kind("definition-copied")
def copy_definition(random: Random, program: Program) -> str | None:
    """Define in a module what another one, which it imports from, defines too."""
    options = _movable(program)
    if not options:
        return None
    module, item = random.choice(options)
    others = [
        one
        for one in program.code()
        if one is not module
        and any(found.source == module.name and found.form != "module" for found in one.imports())
    ]
    if not others:
        return None
    other = random.choice(others)
    made = deepcopy(item)
    if isinstance(made, Binding):
        made.value = with_other_number(random, made.value) or made.value
    elif isinstance(made, Function):
        made.body.insert(0, Line(f"return {random.randint(1, 9)}"))
    else:
        made.body.insert(0, Binding("base", str(random.randint(1, 9)), "field"))
    other.items.insert(random.randint(0, len(other.items)), made)
    return f"{place(module, None, item.name)} in {other.path}"


# -- files -------------------------------------------------------------------------------


@kind("optional-module-added")
def add_optional_module(random: Random, program: Program) -> str | None:
    """Add a module that a guarded import looks for."""
    wanted = [
        item.source
        for module in program.modules
        for item in module.imports()
        if item.guard == "try" and program.module(item.source) is None
    ]
    if not wanted:
        return None
    path = f"{random.choice(wanted).replace('.', '/')}.py"
    program.modules.insert(0, Module(path, [Binding("EXTRA", str(random.randint(10, 20)))]))
    return path


@kind("module-removed")
def remove_module(random: Random, program: Program) -> str | None:
    """Remove a module."""
    options = [one for one in program.code() if random.random() < 0.5 or one.role == "code"]
    if not options:
        return None
    module = random.choice(options)
    program.modules.remove(module)
    return module.path


@kind("module-renamed")
def rename_module(random: Random, program: Program) -> str | None:
    """Rename a module and its imports; now and then without these."""
    options = program.in_role("code")
    if not options:
        return None
    module = random.choice(options)
    before = module.name
    folder = module.path.rpartition("/")[0]
    new = program.fresh("renamed")
    module.path = f"{folder}/{new}.py" if folder else f"{new}.py"
    if random.random() < 0.8:
        for other in program.modules:
            for item in other.imports():
                if item.source == before:
                    item.source = module.name
                    if item.form == "module":
                        item.names = [(module.name, item.names[0][1])]
    return f"{before} -> {module.name}"


@kind("package-shadows-module")
def shadow_module(random: Random, program: Program) -> str | None:
    """Add a package with the name of a module, which imports find first."""
    options = program.in_role("code")
    if not options:
        return None
    module = random.choice(options)
    path = f"{module.path.removesuffix('.py')}/__init__.py"
    if any(one.path == path for one in program.modules):
        return None
    made = Module(path, deepcopy(module.items), "package")
    for item in made.items:
        if isinstance(item, Binding) and item.kind == "number":
            item.value = "70"
        if isinstance(item, Function) and item.role == "plain":
            item.body.insert(0, Line("return 71"))
            break
    program.modules.insert(program.modules.index(module), made)
    return path


@kind("top-module-added")
def add_top_module(random: Random, program: Program) -> str | None:
    """Add a module at the top, which may hide one of the tests' or of the standard library."""
    name = random.choice(("helpers", "extra", "colorsys", "conftest", "app", "tests"))
    path = f"{name}.py"
    if any(one.path == path for one in program.modules):
        return None
    role = "conftest" if name == "conftest" else "code"
    program.modules.append(Module(path, [Binding("EXTRA", "40")], role))
    return path


@kind("package-file-changed")
def change_package_file(random: Random, program: Program) -> str | None:
    """Remove a package's own file, or give the tests one."""
    packages = [one for one in program.modules if one.role == "package"]
    if packages and random.random() < 0.5:
        package = random.choice(packages)
        program.modules.remove(package)
        return f"removed {package.path}"
    if "tests/__init__.py" in program.data:
        return None
    program.data["tests/__init__.py"] = ""
    return "added tests/__init__.py"


@kind("data-changed")
def change_data(random: Random, program: Program) -> str | None:
    """Change a data file."""
    options = [path for path in program.data if not path.endswith((".py", ".md"))]
    if not options:
        return None
    path = random.choice(options)
    program.data[path] = with_other_number(random, program.data[path]) or "9\n"
    return path


@kind("data-removed")
def remove_data(random: Random, program: Program) -> str | None:
    """Remove a data file."""
    options = list(program.data)
    if not options:
        return None
    path = random.choice(options)
    del program.data[path]
    return path


@kind("data-added")
def add_data(random: Random, program: Program) -> str | None:
    """Add a data file beside one that is there, or one that code looks for."""
    options = list(program.data)
    if not options:
        return None
    path = random.choice(options)
    if path.endswith(".md"):
        new = f"{path.removesuffix('.md')}.txt"
    else:
        new = f"{path.rpartition('.')[0]}x.txt"
    if new in program.data:
        return None
    program.data[new] = "6\n"
    return new


@kind("broken-source")
def break_source(random: Random, program: Program) -> str | None:
    """Leave a file that does not parse; the next steps go on with it."""
    module = random.choice(program.modules)
    module.items.append(Effect(Line("if True print(")))
    return module.path


@kind("broken-source-mended")
def mend_source(random: Random, program: Program) -> str | None:
    """Mend what does not parse."""
    for module in program.modules:
        for item in module.items:
            if isinstance(item, Effect) and isinstance(item.statement, Line):
                if item.statement.text.startswith("if True print"):
                    module.items.remove(item)
                    return module.path
    return None


# -- text that means nothing --------------------------------------------------------------


@kind("comment")
def change_comment(random: Random, program: Program) -> str | None:
    """Change a comment."""
    module = random.choice(program.modules)
    module.comment = program.fresh("Note ")
    return module.path


@kind("docstring")
def change_docstring(random: Random, program: Program) -> str | None:
    """Change the docstring of a function or class."""
    options = [
        (module, item)
        for module in program.code()
        for item in module.items
        if isinstance(item, Function | Class)
    ]
    if not options:
        return None
    module, item = random.choice(options)
    item.doc = program.fresh("Give number ")
    return place(module, None, item.name)
