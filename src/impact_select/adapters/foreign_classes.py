"""What the source of installed classes says of their objects, without an import of it."""

import ast
import builtins
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from impact_select.outline.bindings import dotted_name
from impact_select.outline.decorators import is_pure
from impact_select.outline.known_names import QUIET_BUILT_IN, is_plain_base, is_quiet_base

# They answer for names that no class binds.
_ANSWERING: Final = frozenset({"__getattr__", "__getattribute__"})
_METACLASSES: Final = frozenset({"ABCMeta", "abc.ABCMeta", "type"})


def may_answer(base: str, files: Callable[[str], Iterable[Path]]) -> bool:
    """Tell whether objects of a class may have attributes that none of its classes binds.

    Args:
        base: The dotted name of the class.
        files: Gives the files of a top-level module.

    Returns:
        True also where no source tells. False for one that has, like all that it derives from,
        neither a hook for missing names nor a metaclass.
    """
    package, _, rest = base.partition(".")
    if package in sys.stdlib_module_names or not rest:
        return not (is_plain_base(base) or is_quiet_base(base))
    sources = [file for file in files(package) if file.suffix == ".py"]
    pending = deque([base.rpartition(".")[2]])
    seen = set(pending)
    while pending:
        name = pending.popleft()
        found = list(_definitions(name, sources))
        if not found or any(map(_answers, found)):
            return True
        for one in found:
            for written in map(_base_name, one.bases):
                if written is None:
                    return True
                last = written.rpartition(".")[2]
                if not _is_known(written) and last not in seen:
                    seen.add(last)
                    pending.append(last)
    return False


def _definitions(name: str, sources: Iterable[Path]) -> Iterator[ast.ClassDef]:
    """Yield the class statements of a name."""
    stated = re.compile(rb"^[ \t]*class[ \t]+" + name.encode() + rb"\b", re.MULTILINE)
    for file in sources:
        try:
            content = file.read_bytes()
            if stated.search(content) is None:
                continue
            tree = ast.parse(content)
        except (OSError, SyntaxError, ValueError):
            continue  # it gives no class that could be derived from
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name == name:
                yield node


def _base_name(node: ast.expr) -> str | None:
    return dotted_name(node.value if isinstance(node, ast.Subscript) else node)


def _is_known(base: str) -> bool:
    if is_plain_base(base) or base in QUIET_BUILT_IN:
        return True
    if hasattr(builtins, base):
        return False
    return is_quiet_base(base) or any(
        is_quiet_base(f"{module}.{base}") for module in ("collections.abc", "typing", "contextlib")
    )


def _answers(node: ast.ClassDef) -> bool:
    names = {keyword.arg: dotted_name(keyword.value) for keyword in node.keywords}
    if names.keys() - {"metaclass"} or names.get("metaclass", "type") not in _METACLASSES:
        return True
    if not all(is_pure(dotted_name(one) or "?") for one in node.decorator_list):
        return True
    return any(
        (isinstance(one, ast.FunctionDef) and one.name in _ANSWERING)
        or (isinstance(one, ast.Name) and one.id in _ANSWERING)
        for one in ast.walk(node)
    )
