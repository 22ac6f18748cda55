"""Functions that keep state outside the objects that they create.

The first test that needs such state fills it; the others find it filled and run nothing,
or, where the look and the store stand in one block, the rest of the block.
"""

import ast
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from impact_select.model.source import Fill, Holder, Reuse
from impact_select.outline.nodes import below
from impact_select.outline.stores import (
    ANY,
    SCOPES,
    Locals,
    Origin,
    Store,
    is_copy,
    names_in,
    stores_in,
)
from impact_select.outline.suites import leaves, suites

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_CACHES: Final = frozenset({"cached_property"})
_CONSTRUCTORS: Final = frozenset({"__init__", "__new__", "__post_init__", "__setstate__"})
_LOOKUPS: Final = frozenset({"__get__", "__getattr__", "__missing__"})
# They patch, and their counterpart puts back.
_PATCHERS: Final = frozenset({"__enter__", "__exit__", "setUp", "setUpClass", "setup_method"})
_BRANCHES: Final = (ast.If, ast.Try, ast.TryStar, ast.While, ast.Match)
# How the names of methods begin that keep what they are handed.
_KEEPING: Final = frozenset(
    {
        *("add", "append", "cache", "enqueue", "fill", "insert", "keep", "memoize", "push"),
        *("put", "register", "remember", "set", "store"),
    }
)
_ANY_LOOK: Final = frozenset({"__dict__", "dir", "getattr", "hasattr", "vars"})


def find_fills(node: _Function, own: list[ast.AST], variables: Locals) -> tuple[Fill, ...]:
    """Find where a function stores something that may outlive its call.

    That is: it assigns a global name, stores into or mutates an object that it reaches
    through a name that is not its own, or is a cached property. What it reaches through its
    receiver, a module, a parameter or what a call returned counts where it looks at what is
    there before; so does a method of some object that it hands something to. A constructor
    that sets its own attributes is not meant, nor a function that patches a module and puts
    it back.

    Args:
        node: The function.
        own: Its nodes, without those of definitions in it.
        variables: Its variables.
    """
    for decorator in node.decorator_list:
        last = decorator.attr if isinstance(decorator, ast.Attribute) else ""
        last = decorator.id if isinstance(decorator, ast.Name) else last
        if last in _CACHES:
            line = node.body[0].lineno
            return (
                Fill(node.name, line, Reuse.NAME, Holder.OBJECT, plain=True, around=_lines(node)),
            )
    stores = stores_in(own)
    stores += [
        Store(name, name, line, plain=True, direct=True)
        for some in own
        for name, line in _bound(some, variables.declared)
    ]
    if not stores:
        return ()
    return tuple(dict.fromkeys(_Finder(node, own, variables).fills(stores)))


class _Finder:
    def __init__(self, node: _Function, own: list[ast.AST], variables: Locals) -> None:
        self._node = node
        self._own = own
        self._variables = variables
        self._around = {
            name for some in own if isinstance(some, ast.Nonlocal) for name in some.names
        }
        self._tests = _Looks.at(variables.expanded(_tests(own)))
        self._passes = _passes(node, variables)

    def fills(self, stores: Iterable[Store]) -> Iterator[Fill]:
        for store in stores:
            origin, name = self._variables.origin(store)
            found = replace(store, name=name)
            if not self._counts(found, origin) or self._is_copied(found):
                continue
            yield from self._fills_at(found, origin)

    def _fills_at(self, store: Store, origin: Origin) -> Iterator[Fill]:
        holder = Holder.CALL if store.root in self._around else Holder.SHARED
        if origin is Origin.RECEIVER and self._variables.receiver == "self":
            holder = Holder.OBJECT
        names = {store.name, *([] if store.root is None else [store.root])} - {ANY}
        if origin is Origin.RECEIVER:
            names.discard(self._variables.receiver or "")
        sources: tuple[str, ...] | None = None
        attributes: tuple[str, ...] = ()
        if origin is Origin.UNKNOWN and store.root is not None and self._node.name != "__get__":
            root = ast.Name(store.root, ast.Load())
            found = {store.root} if store.called else self._variables.sources(root)
            sources = tuple(sorted(found))
            attributes = tuple(
                sorted(
                    {
                        some.attr
                        for some in self._own
                        if isinstance(some, ast.Attribute)
                        and isinstance(some.value, ast.Name)
                        and some.value.id == store.root
                    }
                )
            )
        reuse = self._reuse(store.line, names, refused=origin > Origin.UNKNOWN)
        whole = _lines(self._node)
        receiver = self._variables.receiver
        own = store.near and store.root == receiver and receiver not in self._variables.values
        fill = Fill(
            store.name, store.line, reuse, holder, store.plain, sources, attributes, whole, own
        )
        if self._is_lookup(store, origin):
            reuse = Reuse.LOOKUP
        elif store.direct and store.name == self._node.name and not self._is_setter():
            # It replaces itself; whether what runs later is its own code, lines do not tell,
            # and what is called then may have no receiver.
            fill = replace(fill, own=False)
            yield replace(fill, reuse=Reuse.NAME)
            reuse = Reuse.WITHIN
        around = self._passes[store.line].around if reuse is Reuse.BRANCH else None
        fill = replace(fill, around=around or fill.around)
        yield replace(fill, reuse=reuse)
        if reuse is Reuse.NEVER:
            for line in self._made_at(store.line):
                made = self._reuse(line, names, looking=True)
                if made is not Reuse.NEVER:
                    yield replace(fill, line=line, reuse=made, plain=False)

    def _is_copied(self, store: Store) -> bool:
        """Tell whether a variable was bound to a copy of what it held, in any case."""
        return any(
            value.lineno < store.line
            and not self._passes.get(value.lineno, _Pass()).branch
            and is_copy(value, store.root or "")
            for value in self._variables.values.get(store.root or "", ())
        )

    def _reuse(
        self, line: int, names: Set[str], *, looking: bool = False, refused: bool = False
    ) -> Reuse:
        way = self._passes.get(line, _Pass())
        if not names.isdisjoint(self._decided(way)) or (way.inline and not looking):
            return Reuse.WITHIN
        if looking:
            return Reuse.NEVER if names.isdisjoint(way.looks.names) else Reuse.BRANCH
        ways_out = way.refused if refused else way.ways_out
        return Reuse.NEVER if names.isdisjoint(ways_out) and not way.branch else Reuse.BRANCH

    def _made_at(self, line: int) -> Iterator[int]:
        """Yield the lines on which a call makes what is stored on a line."""
        statement = self._passes.get(line, _Pass()).statement
        if statement is None:
            return
        for name in names_in([statement]):
            for value in self._variables.values.get(name, ()):
                if any(isinstance(some, ast.Call) for some in below([value])):
                    yield value.lineno

    def _is_setter(self) -> bool:
        return any(
            isinstance(some, ast.Attribute) and some.attr in {"deleter", "setter"}
            for some in self._node.decorator_list
        )

    def _is_lookup(self, store: Store, origin: Origin) -> bool:
        """Tell whether a look-up hook keeps what it found where it is looked for first."""
        name, receiver = self._node.name, self._variables.receiver
        if name not in _LOOKUPS or not store.likely:
            return False
        if name != "__get__":
            return receiver is None or origin is Origin.RECEIVER
        places = self._node.args.posonlyargs + self._node.args.args
        if origin is not Origin.UNKNOWN or store.root is None or len(places) < 2:
            return False
        found = self._variables.sources(ast.Name(store.root, ast.Load()))
        return f"({places[1].arg}" in found

    def _counts(self, store: Store, origin: Origin) -> bool:
        if self._is_lookup(store, origin):
            return True
        if self._only_types(store):
            return False
        looks = self._passes.get(store.line, _Pass()).looks
        guarded = store.name in looks.into or store.root in looks.into
        shared = origin is Origin.SHARED or self._variables.receiver == "cls"
        match origin:
            case Origin.OWN:
                return False
            case Origin.UNKNOWN:
                return store.likely and not store.gone and self._looked_for(store)
            case Origin.MODULE:
                return self._stays(store) and (
                    store.name in self._tests.names if store.likely else guarded
                )
            case Origin.RECEIVER | Origin.SHARED if shared:
                return store.likely or guarded
            case _:
                return self._fills_receiver(store, guarded=guarded)

    def _only_types(self, store: Store) -> bool:
        """Tell whether nothing but the types of other things decides about a store."""
        way = self._passes.get(store.line, _Pass())
        if not store.plain or not way.branch or way.ways_out or way.inline:
            return False
        return way.by_type and not self._decided(way) and store.name not in way.looks.names

    def _decided(self, way: "_Pass") -> Set[str]:
        """Return the names that a condition in a statement looks at."""
        if way.statement is None:
            return set()
        nested = {id(some) for suite in suites(way.statement) for some in suite.body}
        own = _without(way.statement, nested)
        return names_in(self._variables.expanded(_conditions(own)))

    def _fills_receiver(self, store: Store, *, guarded: bool) -> bool:
        if self._node.name in _CONSTRUCTORS:
            return False
        if store.name == self._variables.receiver:
            return store.likely and store.name in self._tests.held
        if not store.likely:
            return guarded and store.verb in _KEEPING
        if store.name == ANY:
            return not _ANY_LOOK.isdisjoint(self._tests.names)
        replaces = store.direct and store.name == self._node.name and not self._is_setter()
        return store.name in self._tests.attributes or replaces

    def _looked_for(self, store: Store) -> bool:
        """Tell whether the branch that stores looks for it before, in the same object."""
        looks = self._passes.get(store.line, _Pass()).looks
        if store.root not in looks.names:
            return False
        if store.name == ANY:
            return not _ANY_LOOK.isdisjoint(looks.names)
        return store.name in (looks.attributes if store.plain else looks.held)

    def _stays(self, store: Store) -> bool:
        """Tell whether what is stored in a module is there after the call."""
        if self._node.name in _PATCHERS or (store.name == store.root and not store.likely):
            return False
        if self._reuse(store.line, {store.name}) is Reuse.NEVER:
            return False
        if any(isinstance(some, ast.Yield | ast.YieldFrom) for some in self._own):
            return False
        last = [
            below(some.finalbody, stop=SCOPES) for some in self._own if isinstance(some, ast.Try)
        ]
        return all(store.name != other.name for nodes in last for other in stores_in(nodes))


def _lines(node: _Function) -> tuple[int, int]:
    return node.lineno, node.end_lineno or node.lineno


def _bound(node: ast.AST, declared: Set[str]) -> list[tuple[str, int]]:
    """Return the declared names that a node binds, with the line."""
    match node:
        case ast.Name(id=name, ctx=ast.Store(), lineno=line):
            pass
        case ast.alias(name=whole, asname=other, lineno=line):
            name = other or whole.partition(".")[0]
        case _:
            return []
    return [(name, line)] if name in declared else []


@dataclass(frozen=True, slots=True)
class _Looks:
    """What some code looks at.

    Attributes:
        names: All names, attributes and texts in it.
        attributes: The attributes and texts.
        into: The last names of what it looks into: whose attributes, items or truth.
        held: The last names of what it looks for items in, or whether there are any.
    """

    names: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    into: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()

    @classmethod
    def at(cls, nodes: Iterable[ast.AST]) -> "_Looks":
        every = below(nodes, stop=(ast.Lambda,))
        attributes: set[str] = set()
        into: set[str] = set()
        held: set[str] = set()
        for some in every:
            match some:
                case ast.Attribute(value=inner, attr=name):
                    attributes.add(name)
                    into.add(_last(inner))
                case ast.Constant(value=str(name)):
                    attributes.add(name)
                case ast.Subscript(value=inner):
                    held.add(_last(inner))
                case ast.UnaryOp(op=ast.Not(), operand=inner):
                    held.add(_last(inner))
                case ast.Compare(ops=ops, comparators=others):
                    for op, other in zip(ops, others, strict=True):
                        if isinstance(op, ast.In | ast.NotIn):
                            held.add(_last(other))
                case ast.Call(func=ast.Name(id=name), args=[inner, *_]) if name in _INTO:
                    held.add(_last(inner))
                case ast.Call(func=ast.Attribute(value=inner, attr="get")):
                    held.add(_last(inner))
                case _:
                    pass
        return cls(
            frozenset(names_in(every)),
            frozenset(attributes),
            frozenset(into | held) - {""},
            frozenset(held) - {""},
        )

    def __or__(self, other: "_Looks") -> "_Looks":
        return _Looks(
            self.names | other.names,
            self.attributes | other.attributes,
            self.into | other.into,
            self.held | other.held,
        )


_INTO: Final = frozenset({"getattr", "hasattr", "len", "vars"})


def _last(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
        case _:
            return ""


@dataclass(frozen=True, slots=True)
class _Pass:
    """How the statements of a line may be passed by.

    Attributes:
        branch: Whether they stand in a branch.
        inline: Whether that branch stands on the line of its test.
        looks: What the branches around them, and the ways out before them, look at.
        ways_out: Names that the ways out before them look at, and loops around them go over.
        refused: As the former, with those that raise an error.
        by_type: Whether the branches around them look at nothing but types.
        around: First and last line of the outermost branch.
        statement: The one that they are, or the innermost around them.
    """

    branch: bool = False
    inline: bool = False
    looks: _Looks = field(default_factory=_Looks)
    ways_out: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    by_type: bool = True
    around: tuple[int, int] | None = None
    statement: ast.stmt | None = None


def _passes(node: _Function, variables: Locals) -> dict[int, _Pass]:
    """Return, per line, how its statements may be passed by."""
    found: dict[int, _Pass] = {}

    def visit(body: list[ast.stmt], around: _Pass) -> None:
        for statement in body:
            inner = suites(statement)
            here = replace(around, statement=statement)
            for line in range(statement.lineno, (statement.end_lineno or 0) + 1):
                found[line] = here
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            inside = around
            if isinstance(statement, _BRANCHES):
                looks = _Looks.at(variables.expanded(_tests([statement])))
                by_type = isinstance(statement, ast.If) and _is_type_test(statement.test)
                by_type = by_type and inside.by_type
                inside = replace(inside, branch=True, looks=inside.looks | looks, by_type=by_type)
            elif isinstance(statement, ast.For | ast.AsyncFor):
                over = names_in(variables.expanded([statement.iter]))
                inside = replace(
                    inside, ways_out=inside.ways_out | over, refused=inside.refused | over
                )
            for suite in inner:
                inline = inside.branch and (inside.inline or not suite.own_lines)
                lines = suite.body[0].lineno, suite.body[-1].end_lineno or 0
                outermost = inside.around or (lines if inside.branch else None)
                visit(suite.body, replace(inside, inline=inline, around=outermost))
            if leaves(statement):
                nodes = variables.expanded([statement])
                around = replace(around, refused=around.refused | names_in(nodes))
            if leaves(statement) and not _only_raises(statement):
                around = replace(
                    around,
                    ways_out=around.ways_out | names_in(nodes),
                    looks=around.looks | _Looks.at(nodes),
                )

    visit(node.body, _Pass())
    return found


def _only_raises(statement: ast.stmt) -> bool:
    """Tell whether a way out is an error."""
    ways = ast.Return | ast.Break | ast.Continue
    return not any(isinstance(some, ways) for some in below([statement], stop=SCOPES))


def _is_type_test(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass" | "callable")):
            return True
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _is_type_test(inner)
        case ast.BoolOp(values=values):
            return all(_is_type_test(value) for value in values)
        case _:
            return False


def _without(statement: ast.stmt, nested: Set[int]) -> list[ast.AST]:
    """Return the nodes of a statement outside its suites."""
    pending: list[ast.AST] = [statement]
    found: list[ast.AST] = []
    while pending:
        node = pending.pop()
        if id(node) in nested or isinstance(node, SCOPES):
            continue
        found.append(node)
        pending += ast.iter_child_nodes(node)
    return found


def _conditions(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield what decides inside of expressions whether a part of them is evaluated."""
    for some in nodes:
        match some:
            case ast.IfExp(test=test):
                yield test
            case ast.BoolOp(values=[*values, _]):
                yield from values
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                for generator in some.generators:
                    yield from generator.ifs
            case _:
                pass


def _tests(own: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield what a function looks at before it decides."""
    for some in own:
        match some:
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
                yield test
            case ast.BoolOp():
                yield some
            case ast.Try(body=body) | ast.TryStar(body=body):
                yield from body
            case ast.Match(subject=subject, cases=cases):
                yield subject
                yield from (case.guard for case in cases if case.guard is not None)
            case ast.For(iter=over) | ast.AsyncFor(iter=over):
                yield over
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                for generator in some.generators:
                    yield from generator.ifs
            case _:
                pass
