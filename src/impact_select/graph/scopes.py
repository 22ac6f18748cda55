"""Which assignments bind the names of a file.

The rules are those of libcst's `ScopeProvider`, which takes three times as long as its
parser; the tests compare the two name by name. Where they are not Python's, they bind too
little, so that a name counts as one of the module's:

- what a pattern captures is no assignment;
- a walrus in a comprehension binds in the comprehension.

Names in quoted annotations are no names here: a text binds nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeAlias

import libcst as cst

from impact_select.graph.syntax import Statement, children, header, statements, suites


class ScopeKind(StrEnum):
    """What a scope belongs to; ANNOTATION to type parameters or a `type` statement."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    COMPREHENSION = "comprehension"
    ANNOTATION = "annotation"


@dataclass(slots=True, eq=False)
class Scope:
    """The names that a module, class, function or the like binds.

    Attributes:
        kind: What it belongs to.
        parent: The scope around it; None for a module's.
        bindings: What binds each name, in order: the statement of an import or
            definition, a parameter, a type parameter, or else the name itself.
        declared: The names that it declares `global` or `nonlocal`, and where to look.
    """

    kind: ScopeKind
    parent: "Scope | None"
    bindings: dict[str, list[cst.CSTNode]] = field(default_factory=dict)
    declared: "dict[str, Scope]" = field(default_factory=dict)

    def holder(self, name: str) -> "Scope | None":
        """Return the scope that binds a name which stands in this one, if any does."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.declared:
                scope = scope.declared[name].first_seen_from(self)
            elif name in scope.bindings:
                return scope
            else:
                scope = scope.parent and scope.parent.first_seen_from(self)
        return None

    def bind(self, name: str, node: cst.CSTNode) -> None:
        """Note that a node in this scope binds a name."""
        scope = self
        while name in scope.declared:
            scope = scope.declared[name].first_seen_from(scope)
        scope.bindings.setdefault(name, []).append(node)

    def first_seen_from(self, inner: "Scope") -> "Scope":
        """Return this scope, or the next one around it that is visible in an inner one.

        A class is invisible in what it holds, but for the type parameters of its methods.
        """
        scope = self
        while scope.kind is ScopeKind.CLASS and scope.parent is not None:
            if inner.parent is scope and inner.kind is ScopeKind.ANNOTATION:
                break
            scope = scope.parent
        return scope


@dataclass(frozen=True, slots=True)
class Scopes:
    """The scopes of the names of one tree."""

    _by_name: Mapping[int, Scope]

    def of(self, node: cst.Name) -> Scope | None:
        """Return where a name stands.

        None for what is no variable there: an attribute, a keyword, the name that a
        definition or an import binds, one declared global.
        """
        return self._by_name.get(id(node))  # libcst's own hash is a Python function


def find_scopes(module: cst.Module) -> Scopes:
    """Find the scopes of all names of a module. It has to outlive the result.

    Raises:
        ValueError: It declares a name `nonlocal` at its top, as no module can.

    Cost:
        About 3 ms per 1,000 lines.
    """
    finder = _Finder()
    finder.suite(statements(module.body), Scope(ScopeKind.MODULE, None))
    return Scopes(finder.scope_by_name)


class _Finder:
    def __init__(self) -> None:
        self.scope_by_name: dict[int, Scope] = {}

    # -- statements -------------------------------------------------------------------

    def suite(self, body: list[Statement], scope: Scope) -> None:
        for statement in body:
            special = _STATEMENTS.get(statement.__class__)
            if special is not None:
                special(self, statement, scope)
                continue
            self.expressions(header(statement), scope)
            for inner in suites(statement):
                self.suite(inner, scope)

    def function(self, node: cst.FunctionDef, scope: Scope) -> None:
        scope.bind(node.name.value, node)
        around = self.type_parameters(node.type_parameters, scope)
        inner = Scope(ScopeKind.FUNCTION, around)
        self.parameters(node.params, inner, around)
        # In the scope of the type parameters, though Python decorates outside of it.
        self.expressions([*node.decorators, *([node.returns] if node.returns else [])], around)
        self.suite(statements(node.body.body), inner)

    def class_(self, node: cst.ClassDef, scope: Scope) -> None:
        scope.bind(node.name.value, node)
        self.expressions(list(node.decorators), scope)
        around = self.type_parameters(node.type_parameters, scope)
        self.expressions([*node.bases, *node.keywords], around)
        self.suite(statements(node.body.body), Scope(ScopeKind.CLASS, around))

    def type_alias(self, node: cst.TypeAlias, scope: Scope) -> None:
        scope.bind(node.name.value, node)
        inner = Scope(ScopeKind.ANNOTATION, scope)
        self.expressions([*children(node.type_parameters), node.value], inner)

    def type_parameters(self, node: cst.TypeParameters | None, scope: Scope) -> Scope:
        """Bind type parameters; return the scope in which what they belong to stands."""
        if node is None:
            return scope
        inner = Scope(ScopeKind.ANNOTATION, scope)
        self.expressions([node], inner)
        return inner

    def imports(self, node: cst.Import | cst.ImportFrom, scope: Scope) -> None:
        if isinstance(node.names, cst.ImportStar):
            return
        for alias in node.names:
            scope.bind(alias.evaluated_alias or alias.evaluated_name.partition(".")[0], node)

    def global_(self, node: cst.Global, scope: Scope) -> None:
        module = scope
        while module.parent is not None:
            module = module.parent
        if scope is not module:
            scope.declared.update((item.name.value, module) for item in node.names)

    def nonlocal_(self, node: cst.Nonlocal, scope: Scope) -> None:
        if scope.parent is None:
            raise ValueError("nonlocal declaration not allowed at module level")
        for item in node.names:
            scope.declared[item.name.value] = scope.parent

    def for_(self, node: cst.For, scope: Scope) -> None:
        pending: list[cst.CSTNode] = [node.iter]
        self.store(node.target, scope, pending)
        self.expressions(pending, scope)
        for inner in suites(node):
            self.suite(inner, scope)

    def try_(self, node: cst.Try | cst.TryStar, scope: Scope) -> None:
        handlers = node.handlers
        for index, inner in enumerate(suites(node)):
            if 0 < index <= len(handlers):
                # After what the suites above it declare global.
                handler = handlers[index - 1]
                parts = (handler.type, handler.name)
                self.expressions([part for part in parts if part is not None], scope)
            self.suite(inner, scope)

    # -- expressions ------------------------------------------------------------------

    def expressions(self, pending: list[cst.CSTNode], scope: Scope) -> None:
        """Go through expressions of one scope, in any order. The list is used up."""
        found = self.scope_by_name
        while pending:
            node = pending.pop()
            cls = node.__class__
            if cls is cst.Name:
                found[id(node)] = scope
            elif cls is cst.Attribute or cls is cst.Arg:
                pending.append(node.value)  # type: ignore[attr-defined]
            elif cls in _EXPRESSIONS:
                _EXPRESSIONS[cls](self, node, scope, pending)
            else:
                pending += children(node)

    def store(self, target: cst.CSTNode, scope: Scope, pending: list[cst.CSTNode]) -> None:
        """Bind the names of an assignment's target; leave its other parts to do."""
        cls = target.__class__
        if cls is cst.Name:
            scope.bind(target.value, target)  # type: ignore[attr-defined]
            self.scope_by_name[id(target)] = scope
        elif cls is cst.Tuple or cls is cst.List:
            for element in target.elements:  # type: ignore[attr-defined]
                self.store(element.value, scope, pending)
        else:
            pending.append(target)

    def assignment(
        self,
        node: cst.AssignTarget | cst.AugAssign | cst.AnnAssign | cst.NamedExpr,
        scope: Scope,
        pending: list[cst.CSTNode],
    ) -> None:
        for part in children(node):
            if part is node.target:
                self.store(part, scope, pending)
            else:
                pending.append(part)

    def as_name(self, node: cst.AsName, scope: Scope, pending: list[cst.CSTNode]) -> None:
        self.store(node.name, scope, pending)

    def type_parameter(
        self,
        node: cst.TypeVar | cst.TypeVarTuple | cst.ParamSpec,
        scope: Scope,
        pending: list[cst.CSTNode],
    ) -> None:
        scope.bind(node.name.value, node)
        pending += [part for part in children(node) if part is not node.name]

    def lambda_(self, node: cst.Lambda, scope: Scope, pending: list[cst.CSTNode]) -> None:
        inner = Scope(ScopeKind.FUNCTION, scope)
        self.parameters(node.params, inner, scope)
        self.expressions([node.body], inner)

    def parameters(self, node: cst.Parameters, inner: Scope, outer: Scope) -> None:
        for parameter in children(node):
            if parameter.__class__ is not cst.Param:
                continue
            name = parameter.name
            inner.bind(name.value, parameter)
            self.scope_by_name[id(name)] = inner
            self.expressions([part for part in children(parameter) if part is not name], outer)

    def comprehension(
        self,
        node: cst.ListComp | cst.SetComp | cst.DictComp | cst.GeneratorExp,
        scope: Scope,
        pending: list[cst.CSTNode],
    ) -> None:
        first = node.for_in
        pending.append(first.iter)
        inner = Scope(ScopeKind.COMPREHENSION, scope)
        inside = [part for part in children(node) if part is not first]
        inside += [part for part in children(first) if part is not first.iter]
        inside.remove(first.target)
        self.store(first.target, inner, inside)
        self.expressions(inside, inner)

    def loop(self, node: cst.CompFor, scope: Scope, pending: list[cst.CSTNode]) -> None:
        self.store(node.target, scope, pending)
        pending += [part for part in children(node) if part is not node.target]


_Statement: TypeAlias = Callable[[_Finder, Any, Scope], None]
_STATEMENTS: Final[Mapping[type, _Statement]] = {
    cst.FunctionDef: _Finder.function,
    cst.ClassDef: _Finder.class_,
    cst.TypeAlias: _Finder.type_alias,
    cst.Import: _Finder.imports,
    cst.ImportFrom: _Finder.imports,
    cst.Global: _Finder.global_,
    cst.Nonlocal: _Finder.nonlocal_,
    cst.For: _Finder.for_,
    cst.Try: _Finder.try_,
    cst.TryStar: _Finder.try_,
}
_Expression: TypeAlias = Callable[[_Finder, Any, Scope, list[cst.CSTNode]], None]
_EXPRESSIONS: Final[Mapping[type, _Expression]] = {
    cst.AssignTarget: _Finder.assignment,
    cst.AugAssign: _Finder.assignment,
    cst.AnnAssign: _Finder.assignment,
    cst.NamedExpr: _Finder.assignment,
    cst.AsName: _Finder.as_name,
    cst.TypeVar: _Finder.type_parameter,
    cst.TypeVarTuple: _Finder.type_parameter,
    cst.ParamSpec: _Finder.type_parameter,
    cst.Lambda: _Finder.lambda_,
    cst.ListComp: _Finder.comprehension,
    cst.SetComp: _Finder.comprehension,
    cst.DictComp: _Finder.comprehension,
    cst.GeneratorExp: _Finder.comprehension,
    cst.CompFor: _Finder.loop,
}
