"""What installed code looks at while a class is made: metaclasses, `__init_subclass__`, decorators.

Which files hold such code is found by names: the class that another derives from, its bases
and their metaclasses, wherever in the package, and in what it imports, a statement defines
one of that name. What such code names, by way of other functions of its file, too, and what
stands in the tables of the file, it may look at.
"""

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

_DEFINED: Final = re.compile(rb"^[ \t]*(?:class|(?:async[ \t]+)?def)[ \t]+(\w+)", re.MULTILINE)
_WORD: Final = re.compile(rb"[A-Za-z_]\w*")
_MAKING: Final = re.compile(rb"\bmetaclass\s*=(?!\s*(?:abc\.)?ABCMeta\b)|\b__init_subclass__\b")
_NOT_LOOKING: Final = frozenset({"type", "ABCMeta"})
_PLAIN: Final = frozenset(dir(builtins)) | {"ABC", "Generic", "Protocol"}
# Of the standard library, by which packages derive their classes from something that looks.
_LOOKING: Final = frozenset(
    {"Enum", "Flag", "IntEnum", "IntFlag", "StrEnum", "NamedTuple", "Structure", "Template"}
    | {"TypedDict", "Union"}
)


class ClassMakers:
    """Answers for one package and what it imports.

    Args:
        sources: The content of their files.
    """

    def __init__(self, sources: Sequence[bytes]) -> None:
        self._sources = sources
        self._places = _index(sources)
        self._trees: dict[int, ast.Module | None] = {}

    def words(self, name: str) -> frozenset[bytes] | None:
        """Return the words of code that runs when a class is made.

        Args:
            name: What the class derives from or is decorated with, without its module.

        Returns:
            Nothing where no such code is found; None where that is not known.
        """
        found: set[bytes] = set()
        start = (name, False)
        pending, seen = [start], {start}
        while pending:
            one, is_metaclass = pending.pop()
            places = self._places.get(one.encode(), ())
            if not places and (one in _LOOKING or (one == name and one not in _PLAIN)):
                return None
            for place in places:
                tree = self._tree(place)
                if tree is None:
                    return None
                bases, metaclasses, acting = _making(tree, one, is_metaclass=is_metaclass)
                if one == name:
                    acting += [node for node in _definitions(tree, one) if not _is_class(node)]
                if acting:
                    found |= _used(tree, acting)
                if "?" in bases | metaclasses:
                    return None
                further = {(base, is_metaclass) for base in bases}
                further |= {(metaclass, True) for metaclass in metaclasses}
                pending += further - seen
                seen |= further
        return frozenset(found)

    @cached_property
    def all_words(self) -> frozenset[bytes]:
        """Return the words of all files with code that may run when some class is made."""
        return frozenset(
            word
            for content in self._sources
            if _MAKING.search(content)
            for word in _WORD.findall(content)
        )

    def _tree(self, place: int) -> ast.Module | None:
        if place not in self._trees:
            try:
                self._trees[place] = ast.parse(self._sources[place])
            except (SyntaxError, ValueError):
                self._trees[place] = None
        return self._trees[place]


def _index(sources: Sequence[bytes]) -> Mapping[bytes, list[int]]:
    found: dict[bytes, list[int]] = {}
    for place, content in enumerate(sources):
        for name in set(_DEFINED.findall(content)):
            found.setdefault(name, []).append(place)
    return found


def _making(
    tree: ast.Module, name: str, *, is_metaclass: bool
) -> tuple[set[str], set[str], list[ast.stmt]]:
    """Return what classes of a name are made by: bases, metaclasses, and what acts of them."""
    bases: set[str] = set()
    metaclasses: set[str] = set()
    acting: list[ast.stmt] = []
    for node in _definitions(tree, name):
        if not isinstance(node, ast.ClassDef):
            continue
        own = {_last(base) for base in node.bases}
        bases |= own
        metaclasses |= {_last(word.value) for word in node.keywords if word.arg == "metaclass"}
        if (
            is_metaclass
            or not own.isdisjoint(_NOT_LOOKING)
            or any(word.arg != "metaclass" for word in node.keywords)
            or any("metaclass" in ast.unparse(one) for one in node.decorator_list)
        ):
            acting.append(node)
        acting += [
            part
            for part in node.body
            if isinstance(part, ast.FunctionDef) and part.name == "__init_subclass__"
        ]
    return bases - _NOT_LOOKING, metaclasses - _NOT_LOOKING, acting


def _used(tree: ast.Module, acting: Iterable[ast.stmt]) -> set[bytes]:
    """Return the words of some code, of what it names in the file, and of the file's tables."""
    tables = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    functions: dict[str, list[ast.stmt]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions.setdefault(node.name, []).append(node)
    found: set[bytes] = set()
    pending = [*acting, *tables]
    seen = {id(node) for node in pending}
    while pending:
        words = set(_WORD.findall(ast.unparse(pending.pop()).encode()))
        for word in words - found:
            for function in functions.get(word.decode(), ()):
                if id(function) not in seen:
                    seen.add(id(function))
                    pending.append(function)
        found |= words
    return found


def _definitions(tree: ast.Module, name: str) -> Iterator[ast.stmt]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name == name:
                yield node


def _is_class(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef)


def _last(node: ast.expr) -> str:
    """Return the last part of a dotted name, or a question mark."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value):
            return _last(value)
        case _:
            return "?"
