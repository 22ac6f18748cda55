"""What installed packages can find out about functions of the project.

A framework that a class derives from may look at its methods: at their parameters, defaults
and annotations, and at docstrings. Whether it may, its own code tells, and that of what it
imports: Python code has to name one of a few functions and attributes for it, and so has
compiled code.
"""

import ast
import importlib
import re
import sys
import typing
from collections.abc import Iterator
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Final

from impact_select.adapters.class_makers import ClassMakers
from impact_select.adapters.foreign_classes import may_answer
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
_WORD: Final = re.compile(r"[^\W\d]\w*")
_CODE: Final = (".py", ".so", ".pyd", ".dylib")
# They read what they are asked to, by one of those names.
# They run the tests, and make objects of test classes alone.
_TEST_TOOLS: Final = frozenset({"_pytest", "coverage", "pluggy", "pytest", "xdist"})
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


class InstalledCode:
    """What the interpreter that runs now finds on its path."""

    def may_read(self, package: str, shown: Shown) -> bool:
        """Tell whether a package may read something of methods of classes derived from its own.

        Args:
            package: The name of a top-level module that is not the project's.
            shown: What it may read.

        Returns:
            True also for a module that is not found.
        """
        if package in _ASKED:
            return package in _STANDARD[shown]
        return _may_read(package, shown, tuple(sys.path))

    def may_look_up(self, base: str, name: str) -> bool:
        """Tell whether a class may look up an attribute of objects of classes derived from it.

        Args:
            base: The dotted name of the class, one that computes no names.
            name: The attribute.

        Returns:
            True where it, or a class above it, has such an attribute, or the file of one names
            it; true also for a class that is not found.
        """
        words = _words(base)
        return words is None or name in words

    def may_answer(self, base: str) -> bool:
        """Tell whether objects of a class may have attributes that none of its classes binds.

        Args:
            base: The dotted name of the class.

        Returns:
            True also for a class of which no source is found.
        """
        return _may_answer(base, tuple(sys.path))

    def may_take(self, package: str, name: str) -> bool:
        """Tell whether a package, or one that it imports, takes an attribute of any object.

        Args:
            package: The name of a top-level module that is not the project's.
            name: The attribute.

        Returns:
            True where Python code takes an attribute of that name, or spells it as a text,
            or has a method of it, which may be that of a protocol.
            False for the standard library, and for what runs tests.
        """
        if package in _ASKED | _TEST_TOOLS:
            return False
        word = name.encode()
        taken = re.compile(rb"(?:\.\s*|\bdef\s+)" + word + rb"\b|[\"']" + word + rb"[\"']")
        return any(
            word in content and taken.search(content) is not None
            for content in _sources(package, tuple(sys.path))
        )

    def may_note(self, maker: str, names: frozenset[str], *, every: bool = False) -> bool:
        """Tell whether a base, metaclass or decorator may note members of a class when it is made.

        Args:
            maker: Its dotted name; that of a package for whatever it has.
            names: Of the members, or what reads of them what matters.
            every: Whether whatever looks at members counts, by whatever name.

        Returns:
            True also for a maker that is not found.
        """
        package, _, rest = maker.partition(".")
        if package in _ASKED:
            return bool(rest) and _standard_notes(maker, names)
        if package in _TEST_TOOLS:
            return False
        makers = _makers(package, tuple(sys.path))
        words = makers.words(rest.rpartition(".")[2]) if rest else makers.all_words
        if words is None:
            return True
        return bool(words) and (every or any(name.encode() in words for name in names))


@cache
def _makers(package: str, search: tuple[str, ...]) -> ClassMakers:
    return ClassMakers(_sources(package, search))


def _standard_notes(maker: str, names: frozenset[str]) -> bool:
    """Tell whether a class of Python may note members when another one derives from it."""
    module, _, name = maker.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        return True
    return isinstance(found, type) and any(
        "__init_subclass__" in vars(base) and not names.isdisjoint(dir(base))
        for base in found.__mro__
        if base.__module__ not in {"builtins", "typing", "unittest.case"}
    )


@cache
def _may_answer(base: str, search: tuple[str, ...]) -> bool:
    return may_answer(base, lambda package: _files(package, search))


@cache
def _sources(package: str, search: tuple[str, ...]) -> tuple[bytes, ...]:
    """Return the Python sources of a package and of all that it imports."""
    reached = _reached(package, search, (".py",), _TEST_TOOLS)
    return tuple(content for _, content in reached if content is not None)


@cache
def _words(base: str) -> frozenset[str] | None:
    """Return the names in a class and in the files of all that it derives from."""
    module, _, name = base.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        return None
    found = typing.get_origin(found) or found
    if not isinstance(found, type):
        return None
    words = set(dir(found))
    for home in {sys.modules[cls.__module__] for cls in found.__mro__}:
        file = home.__file__ if hasattr(home, "__file__") else None
        if file is None or not file.endswith(".py"):
            continue  # compiled: it looks up what the class has
        try:
            tree = ast.parse(Path(file).read_bytes())
        except (OSError, SyntaxError):
            return None
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                words.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.update(_WORD.findall(node.value))
    return frozenset(words)


@cache
def _may_read(package: str, shown: Shown, search: tuple[str, ...]) -> bool:
    found = False
    for suffix, content in _reached(package, search, _CODE):
        found = True
        if content is None or _READING[shown].search(content):
            return True
        if shown is Shown.SIGNATURE and _takes_signature(content, suffix):
            return True
    return not found


def _reached(
    package: str,
    search: tuple[str, ...],
    suffixes: tuple[str, ...],
    apart: frozenset[str] = frozenset(),
) -> Iterator[tuple[str, bytes | None]]:
    """Yield the files of a package and of all that it imports, but for the standard library.

    Args:
        package: The name of a top-level module.
        search: Where it is looked for.
        suffixes: Of the files.
        apart: Top-level modules to leave out.

    Yields:
        Suffix and content of each file; None for one that cannot be read.
    """
    seen = {package}
    pending = [package]
    while pending:
        for file in _files(pending.pop(), search):
            if file.suffix not in suffixes:
                continue
            try:
                content = file.read_bytes()
            except OSError:
                yield file.suffix, None
                continue
            yield file.suffix, content
            if file.suffix == ".py":
                new = set(_imported(content)) - seen - _ASKED - apart
                seen |= new
                pending += new


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
