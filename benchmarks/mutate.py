"""The kinds of edits, and a seeded choice that spreads over kinds and files."""

import ast
import random
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from benchmarks.edit import Edit, edited
from benchmarks.kinds import classes, files, modules, pytest_code, signatures, statements, text
from benchmarks.project import Project
from benchmarks.source import Role, SourceFile, role_of

SOURCE_KINDS: Mapping[str, Callable[[SourceFile], Iterator[Edit]]] = {
    "body": statements.body,
    "branch": statements.branch,
    "constant": modules.constant,
    "default": signatures.default,
    "annotation": signatures.annotation,
    "decorator-argument": signatures.decorator_argument,
    "decorator-removed": signatures.decorator_removed,
    "class-attribute": classes.class_attribute,
    "method-removed": classes.method_removed,
    "function-renamed": signatures.function_renamed,
    "function-removed": classes.function_removed,
    "base-class-changed": signatures.base_class_changed,
    "import-removed": modules.import_removed,
    "import-added": modules.import_added,
    "dunder-added": classes.dunder_added,
    "module-effect": modules.module_effect,
    "exception-type": statements.exception_type,
    "docstring": text.docstring,
    "comment": text.comment,
    "reformat": text.reformat,
    "test-body": statements.test_body,
    "test-helper": statements.test_helper,
    "fixture-body": statements.fixture_body,
    "parametrize-list": pytest_code.parametrize_list,
    "conftest-hook-added": pytest_code.conftest_hook_added,
    "autouse-fixture-added": pytest_code.autouse_fixture_added,
    "syntax-error": files.syntax_error,
}
PROJECT_KINDS: Mapping[str, Callable[[Project], Iterator[Edit]]] = {
    "method-added": classes.method_added,
    "data-file": files.data_file,
    "file-removed": files.file_removed,
    "file-added": files.file_added,
    "constant-moved": modules.constant_moved,
}
OPTIONAL_KINDS = frozenset({"syntax-error"})
KINDS = tuple(sorted((*SOURCE_KINDS, *PROJECT_KINDS)))
UNCHANGED_KINDS = frozenset({"comment", "reformat"})
TEST_CODE_SHARE = 0.3
"""Weight of a test file beside a product file where a kind is possible in both; chosen."""


def possible_edits(project: Project, kind: str) -> dict[str, list[Edit]]:
    """Give every edit of a kind, by the path that it is about; none is checked yet."""
    found: dict[str, list[Edit]] = defaultdict(list)
    if kind in PROJECT_KINDS:
        for edit in PROJECT_KINDS[kind](project):
            found[edit.path].append(edit)
    else:
        for source in project.sources:
            edits = list(SOURCE_KINDS[kind](source))
            if edits:
                found[source.path] = edits
    return found


def is_valid(edit: Edit, project: Project) -> bool:
    """Tell whether an edit changes what it says and leaves Python that compiles.

    Comments and layout must leave the syntax tree as it was; a syntax error must not
    parse; everything else must change the tree.
    """
    by_path = {source.path: source for source in project.sources}
    for file in edit.files:
        source = by_path.get(file.path)
        base = source.data if source is not None else project.data.get(file.path, b"")
        after = edited(file, base)
        if after is None or not file.path.endswith(".py"):
            continue
        tree = _compiled(after)
        if (tree is None) != (edit.kind == "syntax-error"):
            return False
        if source is not None and tree is not None:
            is_same = ast.dump(tree) == ast.dump(source.tree)
            if is_same != (edit.kind in UNCHANGED_KINDS):
                return False
    return True


def sample(project: Project, kinds: Sequence[str], count: int, seed: int) -> list[Edit]:
    """Choose edits, in turn of each kind, and of each kind in files not used yet.

    Args:
        project: The files that may be edited.
        kinds: Names out of KINDS.
        count: How many; fewer are given when there are no more.
        seed: The same seed and project give the same edits; a larger count continues.
    """
    chance = random.Random(seed)
    possible = {kind: possible_edits(project, kind) for kind in kinds}
    used: Counter[str] = Counter()
    chosen: dict[str, Edit] = {}
    while len(chosen) < count and any(possible.values()):
        turn = [kind for kind in kinds if possible[kind]]
        chance.shuffle(turn)
        for kind in turn:
            edit = _draw(project, possible[kind], used, chance)
            if edit is not None and edit.key not in chosen:
                chosen[edit.key] = edit
                used[edit.path] += 1
    return list(chosen.values())[:count]


def _draw(
    project: Project,
    edits_by_path: dict[str, list[Edit]],
    used: Mapping[str, int],
    chance: random.Random,
) -> Edit | None:
    while edits_by_path:
        paths = sorted(edits_by_path)
        weights = list(_weights(paths, edits_by_path, used))
        path = chance.choices(paths, weights)[0]
        edits = edits_by_path[path]
        edit = edits.pop(chance.randrange(len(edits)))
        if not edits:
            del edits_by_path[path]
        if is_valid(edit, project):
            return edit
    return None


def _weights(
    paths: Iterable[str], edits_by_path: Mapping[str, list[Edit]], used: Mapping[str, int]
) -> Iterator[float]:
    for path in paths:
        share = 1.0 if role_of(path) is Role.PRODUCT else TEST_CODE_SHARE
        yield share * float(len(edits_by_path[path])) ** 0.5 / (1 + used.get(path, 0))


def _compiled(data: bytes) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(data, "<edited>", "exec", dont_inherit=True)
            return ast.parse(data)
    except (SyntaxError, ValueError):
        return None
