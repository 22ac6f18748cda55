"""What installed packages can find out about functions of the project.

A framework that a class derives from may look at its methods: at their parameters, defaults
and annotations, and at docstrings. Whether it may, its own code tells, and that of what it
imports: Python code has to name one of a few functions and attributes for it, and so has
compiled code.
"""

import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Final

from impact_select.model.source import Shown

_READING: Final = {
    Shown.SIGNATURE: re.compile(
        rb"__annotations__|__defaults__|__kwdefaults__|__signature__|__annotate__"
        rb"|get_annotations|get_type_hints|getfullargspec|getargspec"
    ),
    Shown.DOC: re.compile(rb"__doc__|getdoc|getcomments|getsource|\bpydoc\b|\bdoctest\b"),
}
# The word alone is used for other things as well.
_FROM_INSPECT: Final = re.compile(
    rb"^[ \t]*from[ \t]+inspect[ \t]+import[ \t]*(\([^)]*\)|[^\n]*)", re.MULTILINE
)
_INSPECT: Final = re.compile(rb"\bimport\b[^\n]*\binspect\b(?:[ \t]+as[ \t]+(\w+))?")
_SIGNATURE: Final = re.compile(rb"\b[sS]ignature\b|\*")
_IMPORTS: Final = re.compile(
    rb"^[ \t]*(?:from[ \t]+([A-Za-z_]\w*)|import[ \t]+([^#\n;]+))", re.MULTILINE
)
_CODE: Final = (".py", ".so", ".pyd", ".dylib")
# They read what they are asked to, by one of those names.
_ASKED: Final = sys.stdlib_module_names | {"typing_extensions"}
# Of the standard library, what looks at those that derive from its classes.
_STANDARD: Final = {
    Shown.SIGNATURE: frozenset(
        {"ctypes", "dataclasses", "functools", "inspect", "pydoc", "typing", "xmlrpc"}
        | {"typing_extensions"}
    ),
    Shown.DOC: frozenset(
        {"cmd", "contextlib", "ctypes", "dataclasses", "doctest", "functools", "inspect"}
        | {"optparse", "pydoc", "typing", "typing_extensions", "unittest", "xmlrpc"}
    ),
}


def may_read(package: str, shown: Shown) -> bool:
    """Tell whether a package may read something of the methods of classes derived from its own.

    Args:
        package: The name of a top-level module that is not the project's.
        shown: What it may read.

    Returns:
        True also for a module that is not found.
    """
    if package in _ASKED:
        return package in _STANDARD[shown]
    return _may_read(package, shown, tuple(sys.path))


@cache
def _may_read(package: str, shown: Shown, search: tuple[str, ...]) -> bool:
    if not any(_files(package, search)):
        return True
    seen = {package}
    pending = [package]
    while pending:
        for file in _files(pending.pop(), search):
            try:
                content = file.read_bytes()
            except OSError:
                return True
            if _READING[shown].search(content):
                return True
            if shown is Shown.SIGNATURE and _takes_signature(content, file.suffix):
                return True
            if file.suffix == ".py":
                new = set(_imported(content)) - seen - _ASKED
                seen |= new
                pending += new
    return False


def _takes_signature(content: bytes, suffix: str) -> bool:
    """Tell whether code uses `inspect.signature`, Python code by any name of the module."""
    if suffix != ".py":
        return b"inspect" in content and _SIGNATURE.search(content) is not None
    if any(map(_SIGNATURE.search, _FROM_INSPECT.findall(content))):
        return True
    names = {alias or b"inspect" for alias in _INSPECT.findall(content)}
    return any(re.search(rb"\b" + name + rb"\s*\.\s*[sS]ignature\b", content) for name in names)


def _files(package: str, search: tuple[str, ...]) -> Iterator[Path]:
    """Yield the files of a top-level module with code in them; none if it is not there."""
    spec = PathFinder.find_spec(package, search)
    if spec is None:
        return
    if spec.submodule_search_locations is None:
        if spec.origin is not None:
            yield Path(spec.origin)
        return
    for folder in spec.submodule_search_locations:
        for file in Path(folder).rglob("*"):
            if file.suffix in _CODE:
                yield file


def _imported(content: bytes) -> Iterator[str]:
    """Yield the top-level modules that import statements of a file may name."""
    for first, several in _IMPORTS.findall(content):
        for name in (first,) if first else several.split(b","):
            yield name.strip().partition(b" ")[0].partition(b".")[0].decode()
