"""What each unit of a file refers to, read with libcst.

What a reference is, `model/reference.py` says.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import libcst as cst
from libcst.metadata import (
    Assignment,
    BuiltinAssignment,
    ClassScope,
    GlobalScope,
    ImportAssignment,
    MetadataWrapper,
    PositionProvider,
    Scope,
    ScopeProvider,
)

from impact_select.model.reference import Reference
from impact_select.model.source import Outline, UnitKind, plain_name

_IDENTIFIER_PATH: Final = re.compile(r"[A-Za-z_]\w*(?:[.:][A-Za-z_]\w*)*")
_FIELD: Final = re.compile(r"\{([^{}!:]+)")
_FIELD_ATTRIBUTE: Final = re.compile(r"\.([A-Za-z_]\w*)")
# A private attribute as code outside of its class has to write it.
_MANGLED: Final = re.compile(r"_[A-Za-z]\w*?(__\w*[^\W_]_?)")
_LONGEST_STRING: Final = 120  # chosen: longer literals are texts, not names
_ENUMERATORS: Final = frozenset({"getmembers", "getmembers_static", "classify_class_attrs"})
_LOOKUPS: Final = frozenset({"getattr", "hasattr", "setattr", "delattr", "vars", "dir"})
_OWN_NAMES: Final = frozenset({"globals", "locals", "vars", "dir"})
_HEADER_KINDS: Final = {
    "decorators": UnitKind.DECORATORS,
    "defaults": UnitKind.DEFAULTS,
    "annotations": UnitKind.ANNOTATIONS,
    "bases": UnitKind.BASES,
}


class UnreadSource(ValueError):
    """libcst cannot read the file: anything in it may refer to anything."""


def find_references(source: bytes, outline: Outline) -> frozenset[Reference]:
    """Find what every unit of a file refers to.

    Args:
        source: The file's bytes.
        outline: Of the same bytes.

    Raises:
        UnreadSource: libcst does not accept the file.

    Cost:
        About 0.3 s per 1,000 lines, nearly all of it in libcst's metadata.
    """
    try:
        wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
        positions = wrapper.resolve(PositionProvider)
        scopes = wrapper.resolve(ScopeProvider)
    except Exception as error:
        raise UnreadSource(str(error)) from error
    visitor = _Visitor(outline, positions, scopes)
    wrapper.module.visit(visitor)
    return frozenset(visitor.found)


class _Visitor(cst.CSTVisitor):
    def __init__(
        self,
        outline: Outline,
        positions: Mapping[cst.CSTNode, object],
        scopes: Mapping[cst.CSTNode, Scope | None],
    ) -> None:
        super().__init__()
        self._outline = outline
        self._positions = positions
        self._scopes = scopes
        self._units = _UnitTable(outline)
        self._header: list[str] = []
        self._definitions: list[tuple[str, int]] = []
        self._defined: set[cst.Name] = set()
        self._called: set[cst.CSTNode] = set()
        self.found: set[Reference] = set()

    # -- where a node stands -------------------------------------------------------

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._enter(node)

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:
        self._definitions.pop()

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._enter(node)

    def leave_ClassDef(self, original_node: cst.ClassDef) -> None:
        self._definitions.pop()

    def visit_ClassDef_bases(self, node: cst.ClassDef) -> None:
        self._header.append("bases")

    def leave_ClassDef_bases(self, node: cst.ClassDef) -> None:
        self._header.pop()

    def visit_ClassDef_keywords(self, node: cst.ClassDef) -> None:
        self._header.append("bases")

    def leave_ClassDef_keywords(self, node: cst.ClassDef) -> None:
        self._header.pop()

    def visit_Decorator(self, node: cst.Decorator) -> None:
        self._header.append("decorators")

    def leave_Decorator(self, original_node: cst.Decorator) -> None:
        self._header.pop()

    def visit_Param_default(self, node: cst.Param) -> None:
        self._header.append("defaults")

    def leave_Param_default(self, node: cst.Param) -> None:
        self._header.pop()

    def visit_Param_annotation(self, node: cst.Param) -> None:
        self._header.append("annotations")

    def leave_Param_annotation(self, node: cst.Param) -> None:
        self._header.pop()

    def visit_FunctionDef_returns(self, node: cst.FunctionDef) -> None:
        self._header.append("annotations")

    def leave_FunctionDef_returns(self, node: cst.FunctionDef) -> None:
        self._header.pop()

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self._header.append("")  # its parameters are part of the expression around it

    def leave_Lambda(self, original_node: cst.Lambda) -> None:
        self._header.pop()

    def _enter(self, node: cst.FunctionDef | cst.ClassDef) -> None:
        first = self._line(node)
        if node.decorators:
            first = min(first, self._line(node.decorators[0]))
        self._definitions.append((node.name.value, first))
        self._defined.add(node.name)

    def _line(self, node: cst.CSTNode) -> int:
        position = self._positions[node]
        return int(position.start.line)  # type: ignore[attr-defined]

    def _units_of(self, node: cst.CSTNode) -> list[int]:
        kinds = [kind for kind in self._header if kind]
        if kinds and self._definitions:
            name, first = self._definitions[-1]
            unit = self._units.header(name, first, _HEADER_KINDS[kinds[0]])
            if unit is not None:
                return [unit]
            # The header of a local definition runs in the function around it.
            return self._units.at(self._line(node), self._definitions[:-1])
        return self._units.at(self._line(node), self._definitions)

    def _add(self, node: cst.CSTNode, name: str, root: str) -> None:
        mangled = _MANGLED.fullmatch(name)
        for unit in self._units_of(node):
            self.found.add(Reference(name, root, unit))
            if mangled is not None:
                self.found.add(Reference(mangled[1], root, unit))

    # -- what it refers to ------------------------------------------------------------

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        chain: list[str] = []
        base: cst.BaseExpression = node
        while isinstance(base, cst.Attribute):
            chain.append(base.attr.value)
            base = base.value
        chain.reverse()
        roots: tuple[str, ...] = ("?",)
        if isinstance(base, cst.Name):
            roots = self._roots_of(base)
            self._name(base, used_as_value=False)
        else:
            base.visit(self)
        for first in roots:
            root = first
            for name in chain:
                self._add(node, "**" if name == "__dict__" else name, root)
                if name is chain[-1] and node not in self._called:
                    self._add(node, f"&{name}", root)
                root = f"{root}.{name}" if root != "?" else "?"
        return False

    def visit_Name(self, node: cst.Name) -> None:
        if node not in self._defined:
            self._name(node, used_as_value=True)

    def visit_Import(self, node: cst.Import) -> bool:
        for alias in node.names:
            self._alias(node, alias, "")
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        root = "." * len(node.relative) + (_dotted(node.module) if node.module else "")
        if isinstance(node.names, cst.ImportStar):
            self._add(node, "*", root)
            return False
        for alias in node.names:
            self._alias(node, alias, root)
        return False

    def visit_Arg_keyword(self, node: cst.Arg) -> None:
        if node.keyword is not None:
            self._add(node, node.keyword.value, "?")

    def visit_MatchKeywordElement(self, node: cst.MatchKeywordElement) -> None:
        self._add(node, node.key.value, "?")

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self._string(node, node.evaluated_value)

    def visit_ConcatenatedString(self, node: cst.ConcatenatedString) -> bool:
        value = node.evaluated_value
        if value is not None:
            self._string(node, value)
            return False
        return True

    def visit_Call(self, node: cst.Call) -> None:
        self._called.add(node.func)
        self._literal_lookup(node)
        if node.args and _dotted(node.func).rpartition(".")[2] in _ENUMERATORS:
            for root in self._roots_of_chain(node.args[0].value):
                self._add(node, "**", root)
        if not isinstance(node.func, cst.Name):
            return
        if self._is_variable(node.func):
            self._add(node, "()", "?")
        name = node.func.value
        if name in _OWN_NAMES and not node.args:
            if name == "globals" or not self._definitions:
                self._add(node, "**", "")
        elif name in _LOOKUPS and node.args:
            if len(node.args) > 1 and isinstance(node.args[1].value, cst.SimpleString):
                return
            base = node.args[0].value
            for root in self._roots_of_chain(base):
                self._add(node, "**", root)
        elif name in {"eval", "exec"}:
            self._add(node, "**", "?")

    def _literal_lookup(self, node: cst.Call) -> None:
        """Read `setattr(module, "name", …)` and its like as `module.name`."""
        if len(node.args) < 2:
            return
        base, name = node.args[0].value, node.args[1].value
        if not isinstance(name, cst.SimpleString):
            return
        roots = [root for root in self._roots_of_chain(base) if root != "?"]
        value = name.evaluated_value
        if not roots or not isinstance(value, str) or not value.isidentifier():
            return
        self._called.add(base)
        for root in roots:
            self._add(node, value, root)

    def _alias(self, node: cst.CSTNode, alias: cst.ImportAlias, root: str) -> None:
        name = alias.evaluated_name
        unit = self._units.importing(self._line(node), self._definitions, alias)
        head, _, last = name.rpartition(".")
        for some in [unit] if unit is not None else self._units_of(node):
            self.found.add(Reference(name, root, some) if root else Reference(last, head, some))

    def _string(self, node: cst.CSTNode, value: str | bytes | None) -> None:
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_STRING:
            return
        for name in _format_fields(value):
            self._add(node, name, "?")
        for text in (value, *value.split()) if " " in value or "," in value else (value,):
            word = text.strip(",")
            if _IDENTIFIER_PATH.fullmatch(word):
                head, _, last = word.replace(":", ".").rpartition(".")
                self._add(node, last, f'"{head}')

    def _name(self, node: cst.Name, *, used_as_value: bool) -> None:
        if self._is_local(node):
            return
        name = node.value
        self._add(node, name, "")
        if used_as_value and node not in self._called:
            self._add(node, f"&{name}", "")

    def _scope(self, node: cst.CSTNode) -> Scope | None:
        return self._scopes.get(node)

    def _assignments(self, node: cst.Name) -> Iterable[object]:
        scope = self._scope(node)
        if scope is None:
            return ()
        return scope[node.value]

    def _is_local(self, node: cst.Name) -> bool:
        """Tell whether a name belongs to a function, whose other units do not matter.

        A name that a function imports is its own too; the import is the reference.
        """
        scope = self._scope(node)
        if scope is None:
            return True  # the attribute part of something, a keyword, a definition's name
        assignments = list(self._assignments(node))
        if not assignments:
            return False
        return all(
            isinstance(some, Assignment | ImportAssignment)
            and not isinstance(some.scope, GlobalScope | ClassScope)
            and not isinstance(some, BuiltinAssignment)
            for some in assignments
        )

    def _is_variable(self, node: cst.Name) -> bool:
        """Tell whether a name is a parameter or a variable of a function around it."""
        return self._is_local(node) and any(
            isinstance(some, Assignment)
            and not isinstance(some.node, cst.FunctionDef | cst.ClassDef)
            for some in self._assignments(node)
        )

    def _roots_of_chain(self, node: cst.BaseExpression) -> tuple[str, ...]:
        """Return the roots of an attribute of a name, or of one of its attributes."""
        chain = _dotted(node)
        while isinstance(node, cst.Attribute):
            node = node.value
        if not isinstance(node, cst.Name):
            return ("?",)
        inner = chain.removeprefix(node.value)
        return tuple(root if root == "?" else f"{root}{inner}" for root in self._roots_of(node))

    def _roots_of(self, node: cst.Name) -> tuple[str, ...]:
        """Return the dotted targets of the imports that bind a name, `?` for all else."""
        roots = {
            (_import_target(some, node.value) if isinstance(some, ImportAssignment) else None)
            or "?"
            for some in self._assignments(node)
        }
        return tuple(sorted(roots)) or ("?",)


class _UnitTable:
    """Lines and definitions to unit indices."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._at: dict[int, list[int]] = {}
        for span in outline.lines:
            for line in range(span.first, span.last + 1):
                self._at.setdefault(line, []).append(span.unit)
        self._symbols: dict[tuple[str, int], str] = {}
        for facts in outline.definitions:
            plain = plain_name(facts.qualname).rpartition(".")[2]
            self._symbols[plain, facts.first_line] = facts.qualname
        self._headers: dict[tuple[str, UnitKind], int] = {}
        for index, unit in enumerate(outline.units):
            if unit.kind in _HEADER_KINDS.values():
                self._headers[unit.symbol, unit.kind] = index

    def header(self, name: str, first: int, kind: UnitKind) -> int | None:
        symbol = self._symbols.get((name, first))
        return None if symbol is None else self._headers.get((symbol, kind))

    def importing(
        self, line: int, definitions: list[tuple[str, int]], alias: cst.ImportAlias
    ) -> int | None:
        bound = alias.evaluated_alias or alias.evaluated_name
        for index in self._at.get(line, ()):
            unit = self._outline.units[index]
            if unit.kind is not UnitKind.IMPORT:
                continue
            if unit.names[0] in {bound, bound.partition(".")[0]}:
                return index
        return None

    def at(self, line: int, definitions: list[tuple[str, int]]) -> list[int]:
        """Return the units of a line; of several, those that run in a definition's body."""
        every = self._at.get(line, [])
        if len(every) <= 1:
            return every
        symbol = self._symbols.get(definitions[-1]) if definitions else ""
        own = [
            index
            for index in every
            if self._outline.units[index].symbol == symbol
            and self._outline.units[index].kind
            in {UnitKind.BLOCK, UnitKind.EFFECT, UnitKind.VARIABLE}
        ]
        return own or every


def _import_target(assignment: ImportAssignment, name: str) -> str | None:
    node = assignment.node
    if isinstance(node, cst.Import):
        for alias in node.names:
            if alias.evaluated_alias == name:
                return alias.evaluated_name
            if alias.evaluated_alias is None and alias.evaluated_name.partition(".")[0] == name:
                return name
        return None
    if isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
        root = "." * len(node.relative) + (_dotted(node.module) if node.module else "")
        for alias in node.names:
            if (alias.evaluated_alias or alias.evaluated_name) == name:
                separator = "" if root.endswith(".") else "."
                return f"{root}{separator}{alias.evaluated_name}"
    return None


def _format_fields(text: str) -> list[str]:
    """Return the attributes that `str.format` looks up: `b` and `c` of `{a.b.c}`."""
    return [name for field in _FIELD.findall(text) for name in _FIELD_ATTRIBUTE.findall(field)]


def _dotted(node: cst.BaseExpression) -> str:
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if isinstance(node, cst.Name):
        parts.append(node.value)
    return ".".join(reversed(parts))
