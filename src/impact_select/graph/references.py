"""What each unit of a file refers to, read with libcst.

What a reference is, `model/reference.py` says.
"""

import ast
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final, TypeAlias

import libcst as cst

from impact_select.graph.places import Places
from impact_select.graph.scopes import Scope, ScopeKind, Scopes, find_scopes
from impact_select.graph.syntax import (
    Statement,
    children,
    dotted_name,
    header,
    statements,
    suites,
)
from impact_select.model.reference import (
    ANY_NAME,
    DEFINED,
    RECEIVER,
    SUPER,
    Reference,
    computed_name,
)
from impact_select.model.source import Outline, UnitKind

_IDENTIFIER_PATH: Final = re.compile(r"[A-Za-z_]\w*(?:[.:][A-Za-z_]\w*)*")
_FIELD: Final = re.compile(r"\{([^{}!:]+)")
_FIELD_ATTRIBUTE: Final = re.compile(r"\.([A-Za-z_]\w*)")
# A private attribute as code outside of its class has to write it.
_MANGLED: Final = re.compile(r"_[A-Za-z]\w*?(__\w*[^\W_]_?)")
_DEEPEST: Final = 8  # chosen; names are put together from fewer parts
_LONGEST_STRING: Final = 120  # chosen: longer literals are texts, with names between words
_BETWEEN_WORDS: Final = re.compile(r"[\s,|()\[\]{}<>]+")
_AROUND_WORDS: Final = "-+!*&%#@$~^?=;\"'./:"
_ENUMERATORS: Final = frozenset({"getmembers", "getmembers_static", "classify_class_attrs"})
_LOOKUPS: Final = frozenset({"getattr", "hasattr", "setattr", "delattr", "vars", "dir"})
# They show of a function what its callers see of it by its results alone.
_PARTS_OF_FUNCTIONS: Final = frozenset(
    {"__annotations__", "__code__", "__defaults__", "__doc__", "__kwdefaults__", "__wrapped__"}
)
_CHECKS: Final = frozenset({"isinstance", "issubclass"})
_OWN_NAMES: Final = frozenset({"globals", "locals", "vars", "dir"})


class UnreadSource(ValueError):
    """libcst cannot read the file: anything in it may refer to anything."""


def find_references(source: bytes, outline: Outline) -> frozenset[Reference]:
    """Find what every unit of a file refers to.

    Args:
        source: The file's bytes.
        outline: Of the same bytes.

    Raises:
        UnreadSource: libcst does not accept the file, or reads it otherwise than `ast`.

    Cost:
        About 70 ms per 1,000 lines, three quarters of it in libcst's parser.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # compiling the file warns by itself
        try:
            tree = ast.parse(source)
            module = cst.parse_module(source)
        except Exception as error:
            raise UnreadSource(str(error)) from error
        places = Places(outline, tree)
        try:
            finder = _Finder(places, find_scopes(module))
            finder.suite(statements(module.body))
            places.end()
        except (ValueError, RecursionError) as error:
            raise UnreadSource(str(error)) from error
    return frozenset(Reference(*found) for found in finder.found)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a name means in a scope.

    Attributes:
        is_local: It belongs to a function, whose other units do not matter. A name that a
            function imports is its own too; the import is the reference.
        is_variable: It is a parameter or a variable of a function around it.
        roots: The dotted targets of the imports that bind it, `?` for all else.
    """

    is_local: bool
    is_variable: bool
    roots: tuple[str, ...]


# The attribute part of something, a keyword, a definition's name.
_NO_VARIABLE: Final = _Meaning(is_local=True, is_variable=False, roots=("?",))


class _Finder:
    def __init__(self, places: Places, scopes: Scopes) -> None:
        self._places = places
        self._scopes = scopes
        self._meanings: dict[tuple[Scope, str], _Meaning] = {}
        self._called: set[int] = set()
        self._values: dict[int, cst.BaseExpression] = {}
        self._part: UnitKind | None = None
        self._units: tuple[int, ...] | None = None
        self.found: set[tuple[str, str, int]] = set()

    # -- where a node stands -------------------------------------------------------

    def suite(self, body: list[Statement]) -> None:
        for statement in body:
            self._places.enter(statement)
            cls = statement.__class__
            if cls is cst.FunctionDef or cls is cst.ClassDef:
                self._definition(statement)
            elif cls is cst.Import or cls is cst.ImportFrom:
                self._import(statement)
            else:
                for handler in getattr(statement, "handlers", ()):
                    self._only_checked(handler.type)
                self._expressions(header(statement))
                for inner in suites(statement):
                    self.suite(inner)

    def _definition(self, node: Any) -> None:
        self._places.enter_definition(node.name.value)
        self._expressions([*node.decorators], UnitKind.DECORATORS)
        self._expressions([*children(node.type_parameters)])
        if node.__class__ is cst.ClassDef:
            self._expressions([*node.bases, *node.keywords], UnitKind.BASES)
        else:
            parameters = [one for one in children(node.params) if isinstance(one, cst.Param)]
            annotations = [node.returns, *(one.annotation for one in parameters)]
            self._expressions([one.default for one in parameters], UnitKind.DEFAULTS)
            self._expressions(annotations, UnitKind.ANNOTATIONS)
        self.suite(statements(node.body.body))
        self._places.leave_definition()

    def _expressions(self, pending: list[Any], part: UnitKind | None = None) -> None:
        """Go through expressions of the present statement, whatever order they are in.

        Args:
            pending: It is used up; what is None counts for nothing.
            part: The part of a definition's header that they are.
        """
        if not pending:
            return
        self._part, self._units = part, self._places.units(part)
        while pending:
            node = pending.pop()
            cls = node.__class__
            if cls is cst.Name:
                self._name(node, self._meaning(node), used_as_value=True)
                continue
            reader = _READERS.get(cls)
            if reader is None:
                pending += children(node)
            else:
                reader(self, node, pending)

    def _units_of(self, node: cst.CSTNode) -> tuple[int, ...]:
        units = self._units
        return self._places.units_of(node, self._part) if units is None else units

    def _add(self, node: cst.CSTNode, name: str, root: str) -> None:
        units = self._units_of(node)
        for unit in units:
            self.found.add((name, root, unit))
        if name[0] == "_" and (mangled := _MANGLED.fullmatch(name)) is not None:
            for unit in units:
                self.found.add((mangled[1], root, unit))

    # -- what it refers to ------------------------------------------------------------

    def _name(self, node: cst.Name, meaning: _Meaning, *, used_as_value: bool) -> None:
        name = node.value
        if not meaning.is_local:
            self._add(node, name, "")
        elif meaning.roots == ("?",):
            return
        # What a function imports it may hand on, as it may a name of its module.
        if used_as_value and id(node) not in self._called:
            self._add(node, f"&{name}", "")

    def attribute(self, node: cst.Attribute, pending: list[Any]) -> None:
        chain: list[str] = []
        base: cst.BaseExpression = node
        while base.__class__ is cst.Attribute:
            chain.append(base.attr.value)
            base = base.value
        chain.reverse()
        roots: tuple[str, ...] = ("?",)
        if isinstance(base, cst.Name):
            meaning = self._meaning(base)
            roots = meaning.roots
            self._name(base, meaning, used_as_value=chain[0] in _PARTS_OF_FUNCTIONS)
        else:
            pending.append(base)
        if self._is_receiver(base):
            roots = (RECEIVER,)
        elif self._is_super(base):
            roots = (SUPER,)
        for first in roots:
            root = first
            for name, after in zip_longest(chain, chain[1:]):
                if name == "__dict__":
                    self._add(node, ANY_NAME, RECEIVER if root == SUPER else root)
                else:
                    self._add(node, name, root)
                if after in _PARTS_OF_FUNCTIONS or (after is None and id(node) not in self._called):
                    self._add(node, f"&{name}", root)
                root = f"{root}.{name}" if root not in {"?", RECEIVER, SUPER} else "?"

    def _import(self, node: Any) -> None:
        root = _source(node)
        self._part, self._units = None, self._places.units(None)
        if isinstance(node.names, cst.ImportStar):
            self._add(node, "*", root)
            return
        for alias in node.names:
            name = alias.evaluated_name
            unit = self._places.importing(alias)
            head, _, last = name.rpartition(".")
            units = self._units_of(node) if unit is None else (unit,)
            for some in units:
                self.found.add((name, root, some) if root else (last, head, some))

    def assignment(self, node: cst.Assign, pending: list[Any]) -> None:
        """Note what a variable is bound to, for what is computed from it later."""
        for target in node.targets:
            if isinstance(target.target, cst.Name):
                self._values[id(target.target)] = node.value
        pending += [*node.targets, node.value]

    def assigned(self, node: cst.AssignTarget, pending: list[Any]) -> None:
        """Read a target: a name that is bound is not used as a value."""
        self._bind(node.target, pending)

    def _bind(self, target: cst.BaseExpression, pending: list[Any]) -> None:
        if isinstance(target, cst.Name):
            self._name(target, self._meaning(target), used_as_value=False)
            return
        self._called.add(id(target))  # nobody gets what an attribute was before
        pending.append(target)

    def annotated(self, node: cst.AnnAssign, pending: list[Any]) -> None:
        if not self._stands_in_function(node.target):  # there, annotations are not evaluated
            pending.append(node.annotation)
        if node.value is not None:
            pending.append(node.value)
        self._bind(node.target, pending)

    def _stands_in_function(self, target: cst.BaseExpression) -> bool:
        while isinstance(target, cst.Attribute | cst.Subscript):
            target = target.value
        scope = self._scopes.of(target) if isinstance(target, cst.Name) else None
        return scope is not None and scope.kind is ScopeKind.FUNCTION

    def argument(self, node: cst.Arg, pending: list[Any]) -> None:
        if node.keyword is not None:
            self._add(node, node.keyword.value, "?")
            self._joined_names(node, node.keyword.value)
        pending.append(node.value)

    def keyword_pattern(self, node: cst.MatchKeywordElement, pending: list[Any]) -> None:
        self._add(node, node.key.value, "?")
        pending += [node.key, node.pattern]

    def string(self, node: cst.SimpleString, pending: list[Any]) -> None:
        value = _text(node)
        if value is not None:
            self._names_in(node, value)

    def joined_string(self, node: cst.ConcatenatedString, pending: list[Any]) -> None:
        value = node.evaluated_value
        if value is None:
            pending += [node.left, node.right]
        elif isinstance(value, str):
            self._names_in(node, value)

    def _names_in(self, node: cst.CSTNode, text: str) -> None:
        if "{" in text:
            for name in _format_fields(text):
                self._add(node, name, "?")
        is_long = len(text) > _LONGEST_STRING
        for word in _words(text):
            if is_long and "." not in word and ":" not in word:
                continue
            if _IDENTIFIER_PATH.fullmatch(word):
                head, _, last = word.replace(":", ".").rpartition(".")
                self._add(node, last, f'"{head}')
                self._joined_names(node, last)

    def _joined_names(self, node: cst.CSTNode, text: str) -> None:
        """Read `author__name` as the attributes that libraries take it for."""
        if "__" in text.strip("_"):
            for name in text.split("__"):
                if name.isidentifier():
                    self._add(node, name, "?")

    def formatted_text(self, node: cst.FormattedStringText, pending: list[Any]) -> None:
        for name in _format_fields(node.value) if "{" in node.value else ():
            self._add(node, name, "?")

    def raising(self, node: cst.Raise, pending: list[Any]) -> None:
        if node.exc is not None:
            self._called.add(id(node.exc))  # a class is called
        pending += [node.exc, node.cause]

    def comparison(self, node: cst.Comparison, pending: list[Any]) -> None:
        """Read a comparison: `is` hands on nothing."""
        pending.append(node.left)
        for one in node.comparisons:
            pending.append(one.comparator)
            if isinstance(one.operator, cst.Is | cst.IsNot):
                self._called.add(id(one.comparator))

    def _only_checked(self, node: cst.BaseExpression | None) -> None:
        """Note classes that something is compared with, one or several: nobody gets them."""
        self._called.add(id(node))
        for one in node.elements if isinstance(node, cst.Tuple) else ():
            self._called.add(id(one.value))

    def call(self, node: cst.Call, pending: list[Any]) -> None:
        function, arguments = node.func, node.args
        self._called.add(id(function))
        pending.append(function)
        pending += arguments
        if len(arguments) > 1:
            self._literal_lookup(node, arguments)
        if function.__class__ is cst.Attribute:
            if arguments and function.attr.value in _ENUMERATORS:
                self._computed(node, arguments[0].value)
            if arguments and self._may_be_class(function.value):
                self._add(node, f"@{function.attr.value}", "?")
            if arguments and function.attr.value == "multiple":
                self._patched_names(node, arguments)
            return
        if not isinstance(function, cst.Name):
            return
        name = function.value
        if name in _CHECKS and len(arguments) > 1 and not self._bindings(function):
            self._only_checked(arguments[1].value)
        if arguments and name in _ENUMERATORS:
            self._computed(node, arguments[0].value)
        if self._meaning(function).is_variable:
            self._add(node, "()", "?")
        if name == "type" and len(arguments) > 1:
            self._add(node, "new_class", "types")
        if name in _OWN_NAMES and not arguments:
            if name == "globals" or not self._places.in_definition:
                self._add(node, ANY_NAME, "")
        elif name in _LOOKUPS and arguments:
            if len(arguments) < 2 or arguments[0].star or arguments[1].star:
                self._computed(node, arguments[0].value)
            elif arguments[1].value.__class__ is not cst.SimpleString:
                pattern = self._pattern(arguments[1].value)
                self._computed(node, arguments[0].value, computed_name(pattern))
        elif name in {"eval", "exec"}:
            self._add(node, computed_name("*"), "?")
            self._add(node, computed_name("*"), "")

    def _patched_names(self, node: cst.Call, arguments: Sequence[cst.Arg]) -> None:
        """Read `mock.patch.multiple("module", name=…)` as `module.name`."""
        text = arguments[0].value
        holder = _text(text) if isinstance(text, cst.SimpleString) else None
        for argument in arguments[1:] if holder else ():
            if argument.keyword is not None:
                self._add(node, argument.keyword.value, f'"{holder}')

    def _computed(self, node: cst.Call, base: cst.BaseExpression, name: str = ANY_NAME) -> None:
        """Read a call that looks for names which are not known here."""
        if self._is_receiver(base):
            self._add(node, name, RECEIVER)
            return
        if self._is_defined_here(base):
            self._add(node, name, DEFINED)
            return
        for root in self._roots_of_chain(base):
            self._add(node, name, root)

    def _may_be_class(self, node: cst.BaseExpression) -> bool:
        """Tell whether an expression may be a class, as its form shows."""
        match node:
            case cst.Name(value="cls") | cst.Attribute(attr=cst.Name(value="__class__")):
                return True
            case cst.Call(func=cst.Name(value="type")):
                return True
            case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
                if name.strip("_")[:1].isupper():
                    return True
            case _:
                pass
        return any(isinstance(one, cst.ClassDef) for one in self._bindings(node))

    def _is_defined_here(self, node: cst.BaseExpression) -> bool:
        """Tell whether an expression is a name that only definitions of the file bind."""
        bindings = self._bindings(node)
        return bool(bindings) and all(
            isinstance(one, cst.ClassDef | cst.FunctionDef) for one in bindings
        )

    def _bindings(self, node: cst.BaseExpression) -> Sequence[cst.CSTNode]:
        """Return what binds a name; nothing for what is no name, or bound elsewhere."""
        scope = self._scopes.of(node) if isinstance(node, cst.Name) else None
        holder = scope and scope.holder(node.value) if isinstance(node, cst.Name) else None
        return holder.bindings[node.value] if holder and isinstance(node, cst.Name) else ()

    def _is_receiver(self, node: cst.BaseExpression) -> bool:
        """Tell whether an expression is the object whose method it stands in."""
        if not isinstance(node, cst.Name) or node.value != "self":
            return False
        scope = self._scopes.of(node)
        holder = scope and scope.holder("self")
        if holder is None or holder.parent is None or holder.parent.kind is not ScopeKind.CLASS:
            return False
        return next(iter(holder.bindings)) == "self" and len(holder.bindings["self"]) == 1

    def _is_super(self, node: cst.BaseExpression) -> bool:
        """Tell whether an expression is `super()`, and not another function of that name."""
        if not isinstance(node, cst.Call) or node.args or not isinstance(node.func, cst.Name):
            return False
        scope = self._scopes.of(node.func) if node.func.value == "super" else None
        return scope is not None and scope.holder("super") is None

    def _pattern(self, node: cst.BaseExpression, depth: int = 0) -> str:
        """Return what is known of a text: its beginning and end, `*` between them."""
        pattern = "*"
        if depth > _DEEPEST:
            return pattern
        match node:
            case cst.SimpleString() | cst.ConcatenatedString():
                value = node.evaluated_value
                pattern = value if isinstance(value, str) and "*" not in value else "*"
            case cst.FormattedString(parts=parts):
                pattern = "".join(
                    part.value
                    if isinstance(part, cst.FormattedStringText) and _is_plain(part.value)
                    else "*"
                    for part in parts
                )
            case cst.BinaryOperation(left=left, operator=cst.Add(), right=right):
                pattern = self._pattern(left, depth + 1) + self._pattern(right, depth + 1)
            case cst.BinaryOperation(left=cst.SimpleString() as left, operator=cst.Modulo()):
                pattern = self._pattern(left).partition("%")[0] + "*"
            case cst.Call(func=cst.Attribute(value=cst.SimpleString() as left, attr=method)):
                if method.value == "format":
                    pattern = self._pattern(left).partition("{")[0] + "*"
            case cst.Name(value=name):
                scope = self._scopes.of(node)
                holder = scope and scope.holder(name)
                bound = holder.bindings[name] if holder is not None else []
                if holder is not None and holder.kind is ScopeKind.FUNCTION:
                    values = [self._values.get(id(one)) for one in bound]
                    patterns = {"*" if v is None else self._pattern(v, depth + 1) for v in values}
                    pattern = patterns.pop() if len(patterns) == 1 else "*"
            case _:
                pass
        first, star, rest = pattern.partition("*")
        return first + star + rest.rpartition("*")[2]

    def _literal_lookup(self, node: cst.Call, arguments: Sequence[cst.Arg]) -> None:
        """Read `setattr(module, "name", …)` and its like as `module.name`."""
        base, name = arguments[0].value, arguments[1].value
        if name.__class__ is not cst.SimpleString:
            return
        roots = [root for root in self._roots_of_chain(base) if root != "?"]
        value = name.evaluated_value if roots else None
        if not isinstance(value, str) or not value.isidentifier():
            return
        self._called.add(id(base))
        for root in roots:
            self._add(node, value, root)

    # -- what a name means --------------------------------------------------------------

    def _meaning(self, node: cst.Name) -> _Meaning:
        scope = self._scopes.of(node)
        if scope is None:
            return _NO_VARIABLE
        key = (scope, node.value)
        try:
            return self._meanings[key]
        except KeyError:
            return self._meanings.setdefault(key, _meaning(*key))

    def _roots_of_chain(self, node: cst.BaseExpression) -> tuple[str, ...]:
        """Return the roots of an attribute of a name, or of one of its attributes."""
        chain = dotted_name(node)
        while isinstance(node, cst.Attribute):
            node = node.value
        if not isinstance(node, cst.Name):
            return ("?",)
        inner = chain.removeprefix(node.value)
        roots = self._meaning(node).roots
        return tuple(root if root == "?" else f"{root}{inner}" for root in roots)


_Reader: TypeAlias = Callable[[_Finder, Any, list[Any]], None]
_READERS: Final[Mapping[type, _Reader]] = {
    cst.AnnAssign: _Finder.annotated,
    cst.Assign: _Finder.assignment,
    cst.Arg: _Finder.argument,
    cst.AssignTarget: _Finder.assigned,
    cst.Attribute: _Finder.attribute,
    cst.Call: _Finder.call,
    cst.Comparison: _Finder.comparison,
    cst.FormattedStringText: _Finder.formatted_text,
    cst.ConcatenatedString: _Finder.joined_string,
    cst.MatchKeywordElement: _Finder.keyword_pattern,
    cst.Raise: _Finder.raising,
    cst.SimpleString: _Finder.string,
}


def _meaning(scope: Scope, name: str) -> _Meaning:
    holder = scope.holder(name)
    if holder is None:
        return _Meaning(is_local=False, is_variable=False, roots=("?",))
    nodes = holder.bindings[name]
    is_local = holder.kind not in {ScopeKind.MODULE, ScopeKind.CLASS}
    variable = any(not isinstance(node, cst.FunctionDef | cst.ClassDef) for node in nodes)
    roots = {_import_target(node, name) or "?" for node in nodes}
    return _Meaning(is_local, is_local and variable, tuple(sorted(roots)))


def _import_target(node: cst.CSTNode, name: str) -> str | None:
    """Return what an import statement binds a name to; None when it is no import."""
    if isinstance(node, cst.Import):
        for alias in node.names:
            if alias.evaluated_alias == name:
                return alias.evaluated_name
            if alias.evaluated_alias is None and alias.evaluated_name.partition(".")[0] == name:
                return name
        return None
    if isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
        root = _source(node)
        for alias in node.names:
            if (alias.evaluated_alias or alias.evaluated_name) == name:
                separator = "" if root.endswith(".") else "."
                return f"{root}{separator}{alias.evaluated_name}"
    return None


def _source(node: cst.Import | cst.ImportFrom) -> str:
    """Return what an import takes names from, with its dots; empty for modules."""
    if isinstance(node, cst.Import):
        return ""
    return "." * len(node.relative) + (dotted_name(node.module) if node.module else "")


def _text(node: cst.SimpleString) -> str | None:
    """Return the value of a string literal; None for bytes and for those that name nothing."""
    prefix = node.prefix
    if "b" in prefix:
        return None
    raw = node.value[len(prefix) :]
    if ("\\" in raw and "r" not in prefix) or "\r" in raw:
        value = node.evaluated_value
        return value if isinstance(value, str) else None
    size = 3 if raw.startswith(raw[0] * 3) else 1
    return raw[size:-size]


def _words(text: str) -> list[str]:
    """Return the words of a text that may name something; it is one itself if it does.

    A sentence has words with stops and quotes around them, which name nothing.
    """
    if _IDENTIFIER_PATH.fullmatch(text):
        return [text]
    if len(text) <= _LONGEST_STRING and " " in text:
        return [word.strip(",") for word in text.split()]
    return [word.strip(_AROUND_WORDS) for word in _BETWEEN_WORDS.split(text)]


def _is_plain(text: str) -> bool:
    """Tell whether a part of a formatted string is what it looks like."""
    return text.isidentifier() or text.replace("_", "a").isalnum()


def _format_fields(text: str) -> list[str]:
    """Return the attributes that `str.format` looks up: `b` and `c` of `{a.b.c}`."""
    return [name for field in _FIELD.findall(text) for name in _FIELD_ATTRIBUTE.findall(field)]
