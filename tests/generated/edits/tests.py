"""Edits of tests, fixtures and helpers."""

import re
from random import Random

from tests.generated.edits.kinds import change_texts, kind, place, with_other_number
from tests.generated.expressions import writer_at
from tests.generated.grow import fixtures_at, make_autouse, make_fixture, make_test
from tests.generated.model import Function, Line, Module, Param, Program


def _tests(program: Program) -> list[tuple[Module, Function]]:
    return [
        (module, item)
        for module in program.in_role("test")
        for item in module.functions()
        if item.role == "test"
    ]


def _fixtures(program: Program) -> list[tuple[Module, Function]]:
    return [
        (module, item)
        for module in program.in_role("test", "conftest")
        for item in module.functions()
        if item.role == "fixture"
    ]


@kind("test-added")
def add_test(random: Random, program: Program) -> str | None:
    """Add a test."""
    options = program.in_role("test")
    if not options:
        return None
    module = random.choice(options)
    made = make_test(random, program, module)
    module.items.insert(random.randint(len(module.imports()), len(module.items)), made)
    return place(module, None, made.name)


@kind("test-removed")
def remove_test(random: Random, program: Program) -> str | None:
    """Remove a test."""
    options = _tests(program)
    if len(options) < 3:
        return None
    module, test = random.choice(options)
    module.items.remove(test)
    return place(module, None, test.name)


@kind("test-body-changed")
def change_test(random: Random, program: Program) -> str | None:
    """Change what a test computes."""
    options = _tests(program)
    if not options:
        return None
    module, test = random.choice(options)
    change_texts(test, lambda text: with_other_number(random, text) or text)
    return place(module, None, test.name)


@kind("test-moved")
def move_test(random: Random, program: Program) -> str | None:
    """Move a test to another file."""
    options = _tests(program)
    files = program.in_role("test")
    if not options or len(files) < 2:
        return None
    module, test = random.choice(options)
    other = random.choice([one for one in files if one is not module])
    module.items.remove(test)
    other.items.append(test)
    return f"{place(module, None, test.name)} to {other.path}"


@kind("parametrize-changed")
def change_parameters(random: Random, program: Program) -> str | None:
    """Change, add or remove parameters of a test."""
    options = [
        (module, test)
        for module, test in _tests(program)
        if any("parametrize" in decorator for decorator in test.decorators)
    ]
    if not options:
        return None
    module, test = random.choice(options)
    rows = ", ".join(str(number) for number in random.sample(range(7), random.randint(1, 3)))
    test.decorators = [f'pytest.mark.parametrize("n", [{rows}])']
    return f"{place(module, None, test.name)}: {rows}"


@kind("mark-added")
def add_mark(random: Random, program: Program) -> str | None:
    """Mark a test, on its own or with its whole file."""
    options = _tests(program)
    if not options:
        return None
    module, test = random.choice(options)
    test.decorators.insert(0, random.choice(("pytest.mark.skip", "pytest.mark.xfail",
                                             'pytest.mark.usefixtures("tmp_path")')))  # fmt: skip
    return place(module, None, test.name)


@kind("fixture-body-changed")
def change_fixture(random: Random, program: Program) -> str | None:
    """Change what a fixture gives."""
    options = [
        (module, item)
        for module, item in _fixtures(program)
        if any(with_other_number(random, line.text) for line in item.body if isinstance(line, Line))
    ]
    if not options:
        return None
    module, item = random.choice(options)
    change_texts(
        item,
        lambda text: (
            text if text.startswith("pytest.fixture") else with_other_number(random, text) or text
        ),
    )
    return place(module, None, item.name)


@kind("fixture-rewritten")
def rewrite_fixture(random: Random, program: Program) -> str | None:
    """Make a fixture anew: scope, parameters and what it asks for may change."""
    options = [(module, one) for module, one in _fixtures(program) if one.gives != "nothing"]
    if not options:
        return None
    module, item = random.choice(options)
    module.items[module.items.index(item)] = make_fixture(random, program, module, item.name)
    return place(module, None, item.name)


@kind("fixture-overridden")
def override_fixture(random: Random, program: Program) -> str | None:
    """Define a fixture again, nearer to some tests; in a new file perhaps."""
    near = [(module, list(fixtures_at(program, module.path)))
            for module in program.in_role("test", "conftest")]  # fmt: skip
    near = [(module, names) for module, names in near if names]
    if random.random() < 0.3 and any(one.path.startswith("tests/deep/") for one in program.modules):
        if not any(one.path == "tests/deep/conftest.py" for one in program.modules):
            above = list(fixtures_at(program, "tests/deep/conftest.py"))
            new = Module("tests/deep/conftest.py", [], "conftest")
            if above:
                program.modules.append(new)
                near = [(new, above)]
    if not near:
        return None
    module, names = random.choice(near)
    wanted = [name for name in names if name not in [one.name for one in module.functions()]]
    if not wanted:
        return None
    made = make_fixture(random, program, module, random.choice(wanted))
    module.items.insert(len(module.imports()), made)
    return place(module, None, made.name)


@kind("fixture-removed")
def remove_fixture(random: Random, program: Program) -> str | None:
    """Remove a fixture, which uncovers one farther away or breaks tests."""
    options = _fixtures(program)
    if not options:
        return None
    module, item = random.choice(options)
    module.items.remove(item)
    return place(module, None, item.name)


@kind("fixture-scope-changed")
def change_scope(random: Random, program: Program) -> str | None:
    """Change the scope of a fixture."""
    options = _fixtures(program)
    if not options:
        return None
    module, item = random.choice(options)
    item.decorators = [random.choice(('pytest.fixture(scope="module")', "pytest.fixture",
                                      'pytest.fixture(scope="session")',
                                      "pytest.fixture(params=[1, 2])",
                                      "pytest.fixture(autouse=True)"))]  # fmt: skip
    return f"{place(module, None, item.name)}: @{item.decorators[0]}"


@kind("autouse-added")
def add_autouse(random: Random, program: Program) -> str | None:
    """Add a fixture that acts on all tests near it."""
    options = program.in_role("test", "conftest")
    if not options:
        return None
    module = random.choice(options)
    made = make_autouse(random, program, module)
    if made is None:
        return None
    module.items.append(made)
    return place(module, None, made.name)


@kind("fixture-requested")
def request_fixture(random: Random, program: Program) -> str | None:
    """Let a fixture or a test ask for one more."""
    options = [*_tests(program), *_fixtures(program)]
    if not options:
        return None
    module, item = random.choice(options)
    names = [
        name
        for name, found in fixtures_at(program, module.path).items()
        if found.gives == "number" and name != item.name
        and name not in [param.name for param in item.params]
    ]  # fmt: skip
    if not names:
        return None
    name = random.choice(names)
    item.params.append(Param(name))
    if item.role == "test":
        item.body.append(Line(f"seen({name})"))
    return f"{place(module, None, item.name)}: {name}"


@kind("helper-changed")
def change_helper(random: Random, program: Program) -> str | None:
    """Change a helper of the tests."""
    options = [
        (module, item)
        for module in program.in_role("test", "helper", "conftest")
        for item in module.functions()
        if item.role == "plain"
    ]
    if not options:
        return None
    module, item = random.choice(options)
    writer = writer_at(random, program, module, item, [param.name for param in item.params])
    item.body = writer.body()
    return place(module, None, item.name)


@kind("conftest-hook-added")
def add_conftest_hook(random: Random, program: Program) -> str | None:
    """Add a hook that acts on the tests below a conftest file."""
    options = program.in_role("conftest")
    if not options:
        return None
    module = random.choice(options)
    number = random.randint(1, 9)
    name, params, text = random.choice(
        (
            (
                "pytest_runtest_setup",
                ["item"],
                f'item.user_properties.append(("seen", "{number}"))',
            ),
            ("pytest_collection_modifyitems", ["items"], "del items[:1]"),
            ("pytest_make_parametrize_id", ["config", "val"], f'return f"{{val}}-{number}"'),
        )
    )
    if name in [one.name for one in module.functions()]:
        return None
    made = Function(name, [Param(one) for one in params], [Line(text)], role="hook")
    module.items.append(made)
    return place(module, None, name)


@kind("setup-changed")
def change_setup(random: Random, program: Program) -> str | None:
    """Change what a test class sets up, or let it do nothing."""
    options = [
        (module, cls, one)
        for module in program.in_role("test")
        for cls in module.classes()
        for one in cls.methods()
        if one.role == "setup"
    ]
    if not options:
        return None
    module, cls, method = random.choice(options)
    if random.random() < 0.2:
        cls.body.remove(method)
    else:
        writer = writer_at(random, program, module, cls, names=())
        method.body = [Line(f"self.number = {writer.value()}")]
    return place(module, cls, method.name)


@kind("test-import-changed")
def change_test_import(random: Random, program: Program) -> str | None:
    """Let a test file import from a package what it imported from a module, or all of it."""
    options = [
        (module, item)
        for module in program.in_role("test", "helper", "conftest")
        for item in module.imports()
        if item.form == "from"
    ]
    if not options:
        return None
    module, item = random.choice(options)
    if random.random() < 0.5:
        item.form, item.names = "star", []
    else:
        source = item.source.rpartition(".")[0]
        if not source:
            return None
        item.source = source
    return f"{module.path}: {item.form} {item.source}"


@kind("value-under-the-same-id")
def same_id(random: Random, program: Program) -> str | None:
    """Give parameters names, and change a value under its name."""
    options = [
        (module, test, index)
        for module, test in _tests(program)
        for index, decorator in enumerate(test.decorators)
        if "parametrize" in decorator and "[" in decorator
    ]
    if not options:
        return None
    module, test, index = random.choice(options)
    decorator = test.decorators[index]
    if "pytest.param" in decorator:
        numbers = re.findall(r"param\((\d+)", decorator)
        chosen = random.choice(numbers)
        decorator = decorator.replace(f"param({chosen}", f"param({int(chosen) + 1}", 1)
    else:
        decorator = re.sub(r"(\d+)", r'pytest.param(\1, id="v\1")', decorator)
    test.decorators[index] = decorator
    return place(module, None, test.name)
