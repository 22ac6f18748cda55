"""What installed code looks at while a class is made: metaclasses, `__init_subclass__`, decorators.

Which files hold such code is found by names: the class that another derives from, its bases
and their metaclasses, wherever in the package, and in what it imports, a statement defines
one of that name. What these files name, their code may look at.
"""

import ast
import builtins
import re
from collections.abc import Iterator, Mapping, Sequence
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
        """Return the words of the files with code that runs when a class is made.

        Args:
            name: What the class derives from or is decorated with, without its module.

        Returns:
            Nothing where no such code is found; None where that is not known.
        """
        looking: set[int] = set()
        pending, seen = [name], {name}
        while pending:
            one = pending.pop()
            places = self._places.get(one.encode(), ())
            if not places:
                if one in _LOOKING or (one == name and one not in _PLAIN):
                    return None
                continue
            for place in places:
                tree = self._tree(place)
                if tree is None:
                    return None
                further, acts = _making(tree, one)
                if acts or (one == name and one in _functions(tree)):
                    looking.add(place)
                if "?" in further:
                    return None
                pending += further - seen
                seen |= further
        return frozenset(word for place in looking for word in _WORD.findall(self._sources[place]))

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


def _functions(tree: ast.Module) -> set[str]:
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _making(tree: ast.Module, name: str) -> tuple[set[str], bool]:
    """Return what classes of a name are made by: the names of bases, and whether they act."""
    further: set[str] = set()
    acts = False
    for node in _classes(tree, name):
        metaclasses = {_last(word.value) for word in node.keywords if word.arg == "metaclass"}
        further |= metaclasses - _NOT_LOOKING
        bases = {_last(base) for base in node.bases}
        further |= bases - _NOT_LOOKING
        acts |= not bases.isdisjoint(_NOT_LOOKING)  # it is a metaclass itself
        acts |= any(word.arg != "metaclass" for word in node.keywords)
        acts |= any(
            isinstance(part, ast.FunctionDef) and part.name == "__init_subclass__"
            for part in node.body
        )
        acts |= any("metaclass" in ast.unparse(one) for one in node.decorator_list)
    return further, acts


def _classes(tree: ast.Module, name: str) -> Iterator[ast.ClassDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            yield node


def _last(node: ast.expr) -> str:
    """Return the last part of a dotted name, or a question mark."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value):
            return _last(value)
        case _:
            return "?"
