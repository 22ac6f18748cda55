"""Whose variable a name is, which Python decides for a function as a whole.

An assignment in one branch makes the name local in all other branches, and in the functions
within; a `yield` makes a generator of all of them. So a block is not the same block when
the owner of a name in it is another one, though its own text is.
"""

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from impact_select.outline.nodes import below, children

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BINDING = (
    *(ast.Import, ast.ImportFrom, ast.ExceptHandler),
    *(ast.MatchAs, ast.MatchStar, ast.MatchMapping),
)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class Scope:
    """The names of a function, or of a class in one.

    Attributes:
        own: Names that it binds itself.
        outside: Names that it declares to be global or nonlocal.
        values: Names that it binds to what need be neither a class of its own nor imported.
        generates: Whether it is a generator.
        outer: The function around it; None where only the module is.
        is_class: True when functions within do not see its names.
    """

    own: frozenset[str]
    outside: frozenset[str]
    values: frozenset[str]
    generates: bool
    outer: "Scope | None" = None
    is_class: bool = False

    def marks(self, statements: Iterable[ast.stmt], cut: Collection[int]) -> list[str]:
        """Render the names in some statements that are not the scope's own, with their owner.

        Args:
            statements: What to look at; not at the bodies of what they define.
            cut: Ids of nodes in them to leave out.
        """
        names: set[str] = set()
        for some in statements:
            names |= _names(some, cut)
        return [f"{name}@{self._depth(name)}" for name in sorted(names - self.free())]

    def free(self) -> frozenset[str]:
        """Return the names that are the scope's own variables."""
        return self.own - self.outside

    def may_compute(self, name: str) -> bool:
        """Tell whether a name in it may stand for the value of any expression."""
        return name in self.values or (self.outer is not None and self.outer.may_compute(name))

    def _depth(self, name: str) -> int:
        """Return how many functions further out a name is bound; 0 for the module."""
        depth = 1
        scope = self.outer
        while scope is not None:
            if name in scope.free() and not scope.is_class:
                return depth
            depth += 1
            scope = scope.outer
        return 0


def scope_of(node: _Function | ast.ClassDef, outer: Scope | None) -> Scope:
    """Return the scope of a definition within another one."""
    while outer is not None and outer.is_class:
        outer = outer.outer
    own: set[str] = set()
    outside: set[str] = set()
    values: set[str] = set()
    generates = False
    if not isinstance(node, ast.ClassDef):
        values |= {some.arg for some in below([node.args]) if isinstance(some, ast.arg)}
    for some in _own_nodes(node.body):
        named = isinstance(some, ast.ClassDef | ast.Import | ast.ImportFrom)
        (own if named else values).update(_bound(some))
        if isinstance(some, ast.Global | ast.Nonlocal):
            outside.update(some.names)
        generates = generates or isinstance(some, ast.Yield | ast.YieldFrom)
    return Scope(
        own=frozenset(own | values),
        outside=frozenset(outside),
        values=frozenset(values),
        generates=generates,
        outer=outer,
        is_class=isinstance(node, ast.ClassDef),
    )


def _own_nodes(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Iterate over the nodes whose bindings are those of the scope that has the body."""
    pending = list(body)
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, _NESTED):
            pending.extend(_header(node))
        elif isinstance(node, ast.comprehension):
            pending.extend([node.iter, *node.ifs])  # its target is its own
        else:
            pending += children(node)


def _bound(node: ast.AST) -> Iterable[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return (name,)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return tuple(alias.asname or alias.name.partition(".")[0] for alias in aliases)
        case ast.ExceptHandler(name=str(name)):
            return (name,)
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return (name,)
        case ast.MatchMapping(rest=str(name)):
            return (name,)
        case _:
            return ()


def _names(node: ast.AST, cut: Collection[int] = ()) -> set[str]:
    """Return the names that a node reads or binds, without those of its inner scopes."""
    found: set[str] = set()
    pending = [node]
    while pending:
        some = pending.pop()
        if isinstance(some, ast.Name):
            found.add(some.id)
        elif isinstance(some, ast.Lambda):
            own = {one.arg for one in below([some.args]) if isinstance(one, ast.arg)}
            found |= _names(some.args) | (_names(some.body) - own)
        elif isinstance(some, _COMPREHENSIONS):
            inside = set().union(*(_names(one) for one in children(some)))
            own = set().union(*(_names(one.target) for one in some.generators))
            found |= (inside - own) | _names(some.generators[0].iter)
        elif isinstance(some, _NESTED):
            found.add(some.name)
            pending.extend(_header(some))
        elif isinstance(some, _BINDING):
            found.update(_bound(some))
            pending += [one for one in children(some) if id(one) not in cut]
        else:
            pending += [one for one in children(some) if id(one) not in cut]
    return found


def _header(node: _Function | ast.ClassDef) -> list[ast.AST]:
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords]
    defaults = [some for some in (*node.args.defaults, *node.args.kw_defaults) if some]
    return [*node.decorator_list, *defaults]
