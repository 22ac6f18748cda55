"""Edits of what pytest itself reads: parameters, fixtures, hooks."""

import ast
from collections.abc import Iterator
from itertools import pairwise

from benchmarks.edit import Edit, splice_edit
from benchmarks.kinds.values import value_changes
from benchmarks.source import Function, Role, SourceFile, Splice, dotted_name

LETTERS = "aeiost"
HOOKS = {
    "pytest_runtest_setup": (
        "def pytest_runtest_setup(item):\n"
        '    if item.name.endswith("{letter}"):\n'
        "        import pytest\n\n"
        '        pytest.skip("hook added")\n'
    ),
    "pytest_runtest_teardown": (
        "def pytest_runtest_teardown(item):\n"
        '    assert not item.name.endswith("{letter}"), "hook added"\n'
    ),
    "pytest_itemcollected": (
        "def pytest_itemcollected(item):\n"
        "    import pytest\n\n"
        '    if item.name.endswith("{letter}"):\n'
        "        item.add_marker(pytest.mark.skip)\n"
    ),
    "pytest_collection_modifyitems": (
        "def pytest_collection_modifyitems(items):\n"
        '    items[:] = [item for item in items if not item.name.endswith("{letter}")]\n'
    ),
}
AUTOUSE = (
    "\n\nimport pytest as pytest_of_the_benchmark\n\n\n"
    "@pytest_of_the_benchmark.fixture(autouse=True)\n"
    "def autouse_of_the_benchmark(request):\n"
    '    if request.node.name.endswith("{letter}"):\n'
    '        raise RuntimeError("autouse fixture added")\n'
)


def parametrize_list(source: SourceFile) -> Iterator[Edit]:
    """Take away or change a set of parameters."""
    if source.role is Role.PRODUCT:
        return
    for place in source.places:
        node = place.statement
        for decorator in node.decorator_list if isinstance(node, Function) else ():
            if (
                not isinstance(decorator, ast.Call)
                or dotted_name(decorator).rpartition(".")[2] != "parametrize"
                or len(decorator.args) < 2
                or not isinstance(decorator.args[1], ast.List | ast.Tuple)
            ):
                continue
            assert isinstance(node, Function)
            sets = decorator.args[1].elts
            for one, other in pairwise(sets):
                yield splice_edit(
                    "parametrize-list",
                    source.path,
                    f"{node.name}: parameters {source.text(one)[:40]} removed",
                    Splice(source.start(one), source.start(other), ""),
                )
            for one in sets:
                for description, splice in value_changes(source, one):
                    yield splice_edit(
                        "parametrize-list", source.path, f"{node.name}: {description}", splice
                    )


def conftest_hook_added(source: SourceFile) -> Iterator[Edit]:
    """Define a hook in a conftest.py that has not got it."""
    if source.role is not Role.CONFTEST:
        return
    defined = {
        place.statement.name for place in source.places if isinstance(place.statement, Function)
    }
    for name, text in HOOKS.items():
        if name not in defined:
            yield from _appended(source, "conftest-hook-added", name, f"\n\n{text}")


def autouse_fixture_added(source: SourceFile) -> Iterator[Edit]:
    """Define an autouse fixture that fails for some tests, in conftest.py or test module."""
    is_test_module = source.role is Role.TEST and source.path.rpartition("/")[2].startswith("test_")
    if is_test_module or source.role is Role.CONFTEST:
        yield from _appended(source, "autouse-fixture-added", "autouse fixture", AUTOUSE)


def _appended(source: SourceFile, kind: str, name: str, text: str) -> Iterator[Edit]:
    start = "" if source.data.endswith(b"\n") else "\n"
    end = len(source.data)
    for letter in LETTERS:
        yield splice_edit(
            kind,
            source.path,
            f"{name} about names that end in {letter}",
            Splice(end, end, start + text.replace("{letter}", letter)),
        )
