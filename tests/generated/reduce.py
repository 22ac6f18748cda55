"""Make a missed test's project small: take away what it is missed without."""

import ast
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.generated.history import Version, Walk
from tests.generated.runs import Runner

Versions = Sequence[Mapping[str, str]]
LIMIT = 400
"""Attempts in all; each costs a record and a step. Chosen."""


def reduced(runner: Runner, versions: Versions, test: str) -> Versions:
    """Take away versions, files and statements as long as the test is still missed.

    Args:
        runner: Runs pytest.
        versions: The project's versions, recorded at the first, up to the one at whose step
            the test was missed.
        test: Its id.
    """
    attempts = iter(range(LIMIT))

    def is_missed(candidate: Versions) -> bool:
        return next(attempts, None) is not None and misses(runner, candidate, test)

    if not is_missed(versions):
        return versions
    for start in range(len(versions) - 2, -1, -1):
        if is_missed(versions[start:]):
            versions = versions[start:]
            break
    while len(versions) > 2:
        fewer = [[*versions[:at], *versions[at + 1 :]] for at in range(1, len(versions) - 1)]
        found = next((one for one in fewer if is_missed(one)), None)
        if found is None:
            break
        versions = found
    before = None
    while before != versions:
        before = versions
        for smaller in (_without_files, _without_statements):
            versions = _shrink(versions, smaller, is_missed)
    return versions


def misses(runner: Runner, versions: Versions, test: str) -> bool:
    """Tell whether a test is missed at the last of some steps, and at no earlier one."""
    with tempfile.TemporaryDirectory(prefix="generated-") as folder:
        way = Walk(runner, Path(folder))
        if not way.begin(Version(versions[0])) or way.full.of(test) is None:
            return False
        for files in versions[1:-1]:
            step = way.step(Version(files))
            if not step.is_judged or test in step.missed:
                return False
        return test in way.step(Version(versions[-1])).missed


def _shrink(
    versions: Versions,
    smaller: Callable[[Versions], Iterator[Versions]],
    is_missed: Callable[[Versions], bool],
) -> Versions:
    """Take the first candidate that holds, as often as there is one."""
    skipped = 0
    while True:
        for number, candidate in enumerate(smaller(versions)):
            if number >= skipped and is_missed(candidate):
                versions, skipped = candidate, number
                break
        else:
            return versions


def _without_files(versions: Versions) -> Iterator[Versions]:
    for name in sorted({name for files in versions for name in files} - {"pyproject.toml"}):
        yield [{path: text for path, text in files.items() if path != name} for files in versions]


def _without_statements(versions: Versions) -> Iterator[Versions]:
    """Give the versions without one statement, that is without all that read like it in a file."""
    names = sorted({name for files in versions for name in files if name.endswith(".py")})
    for name in names:
        trees = [_parsed(files.get(name)) for files in versions]
        texts = dict.fromkeys(text for tree in trees if tree for text in _statements(tree))
        for text in sorted(texts, key=len, reverse=True):
            candidate = []
            for files, tree in zip(versions, trees, strict=True):
                new = _cut(tree, text) if tree is not None else None
                candidate.append({**files, name: new} if new is not None else files)
            if candidate != versions:
                yield candidate


def _parsed(text: str | None) -> ast.Module | None:
    try:
        return ast.parse(text) if text is not None else None
    except SyntaxError:
        return None


def _statements(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not isinstance(node, ast.Pass):
            yield ast.unparse(node)


def _cut(tree: ast.Module, text: str) -> str:
    class Cut(ast.NodeTransformer):
        def generic_visit(self, node: ast.AST) -> ast.AST:
            for field in ("body", "orelse", "finalbody"):
                old = getattr(node, field, None)
                if isinstance(old, list):
                    new = [one for one in old if ast.unparse(one) != text]
                    if not new and field == "body" and not isinstance(node, ast.Module):
                        new = [ast.Pass()]
                    setattr(node, field, new)
            return super().generic_visit(node)

    copy = ast.parse(ast.unparse(tree))
    return ast.unparse(Cut().visit(copy)) + "\n"
