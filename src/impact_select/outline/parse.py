"""Source text to outline.

Terms. A *suite* is the list of statements of a function, class, module, branch, loop,
handler, `with` or case. A *segment* of it ends at a way out, a compound statement that may leave
the suite: what follows runs only when that did not. A *block* is what remains of a segment
in a function when the suites in it are cut out. Lines can tell these apart, unless one
begins on the line that its header ends on: then this line is of both blocks, and who ran
one ran the other. The blocks are the same however the lines are broken.

At module and class level nothing is a block: each statement there is a unit by itself
(a variable, an import, a definition's header, an effect), because such code runs once,
on import, in nobody's test, and what its change means depends on what it binds.

Example::

    RATE = 0.2              variable RATE     key  :variable::RATE
    def total(x):           signature total   key  total:signature:
        if x > 9:           block total       key  total:block:
            x -= 1          block total       key  total:block:/<header digest>.0
        y = x               (the first block again)
        if not y:           (the first block again)
            return 0        block total       key  total:block:/<header digest>.0
        return y            block total       key  total:block:><header digest>

Keys name places by the digest of the enclosing header, not by position, so that code
which moves keeps its key. Whatever makes two places swap their keys changes a header,
and with it the block around both.
"""

import ast
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from impact_select.model.source import (
    GUARDED,
    ClassFacts,
    FunctionFacts,
    ImportFact,
    LineUnit,
    Outline,
    Unit,
    UnitKind,
)
from impact_select.outline.bindings import Bound
from impact_select.outline.docstrings import kept
from impact_select.outline.evaluate import fold, is_inert, is_plain_annotation
from impact_select.outline.facts import (
    class_facts,
    decorator_arguments,
    decorator_name,
    fixture_facts,
    import_fact,
    is_main_guard,
    is_plain_class,
    is_type_checking,
)
from impact_select.outline.fingerprint import fingerprint, import_text, write_node
from impact_select.outline.handing import find_handing
from impact_select.outline.imports import in_one_order
from impact_select.outline.known_names import ALWAYS_BOUND
from impact_select.outline.making import called_in, kept_by, made_by
from impact_select.outline.names import header_loads, header_names, names_read, targets
from impact_select.outline.nodes import below
from impact_select.outline.refusing import may_be_refused
from impact_select.outline.scopes import Scope, scope_of
from impact_select.outline.state import find_fills
from impact_select.outline.stores import SCOPES, find_locals
from impact_select.outline.suites import Suite, first_line, own_spans, segments, suites
from impact_select.outline.type_forms import SomeClass, TypeForm, read_type_form
from impact_select.outline.wrapping import Surroundings, only_wraps

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
MAIN_SYMBOL: Final = "<main>"
"""The symbol of what a file does only when it is run as a script."""

_GUARDS: Final = (ast.Try, ast.TryStar, ast.With, ast.AsyncWith)
_IMPORTS: Final = (ast.Import, ast.ImportFrom)
_DOC_HOLDERS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)
# Of a definition's header, one part binds its name.
_BINDING: Final = frozenset(
    {UnitKind.SIGNATURE, UnitKind.BASES, UnitKind.VARIABLE, UnitKind.IMPORT, UnitKind.EFFECT}
)
_ENUMS: Final = frozenset({"Enum", "enum.Enum", "IntEnum", "enum.IntEnum"})
_INERT_STATEMENTS: Final = (ast.Pass, ast.Global)


class UnparsedSource(ValueError):
    """The text is no Python that this interpreter can compile.

    Attributes:
        line: 1-based, 0 when unknown.
        detail: What the parser said.
    """

    def __init__(self, line: int, detail: str) -> None:
        super().__init__(f"line {line}: {detail}")
        self.line = line
        self.detail = detail


def is_source(path: str) -> bool:
    """Tell whether a file that was executed is Python source, by its name.

    Compiled templates run under the names of their files; those are read as text, even
    where they happen to parse. A script may have no suffix.
    """
    name = path.rpartition("/")[2]
    return name.endswith((".py", ".pyw")) or "." not in name


def parse_outline(source: bytes, *, state: bool = True) -> Outline:
    """Outline one file.

    Args:
        source: Its content.
        state: Whether to look for what its functions keep and hand on, which a recording
            needs and a comparison does not.

    Raises:
        UnparsedSource: It does not decode or parse.
    """
    try:
        with warnings.catch_warnings():
            # Its compilation warns by itself; where warnings are errors, ours would fail.
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except SyntaxError as error:
        raise UnparsedSource(error.lineno or 0, error.msg) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnparsedSource(0, str(error)) from error
    builder = _Builder(state)
    if b":=" in source:
        builder.rebound.update(
            node.target.id for node in ast.walk(tree) if isinstance(node, ast.NamedExpr)
        )
    try:
        builder.definition_suite(tree.body, "", "", holder=tree)
    except RecursionError as error:
        raise UnparsedSource(0, "nested too deeply") from error
    return builder.finished()


@dataclass(slots=True)
class _Builder:
    state: bool
    units: list[Unit] = field(default_factory=list)
    functions: list[FunctionFacts] = field(default_factory=list)
    classes: list[ClassFacts] = field(default_factory=list)
    lines: list[LineUnit] = field(default_factory=list)
    import_facts: list[ImportFact] = field(default_factory=list)
    keys: Counter[str] = field(default_factory=Counter)
    qualnames: Counter[str] = field(default_factory=Counter)
    constants: dict[str, object] = field(default_factory=dict)
    rebound: set[str] = field(default_factory=set)
    scopes: dict[str, Scope] = field(default_factory=dict)
    holders: dict[str, _Function] = field(default_factory=dict)
    class_nodes: dict[str, ast.ClassDef] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    postpones: bool = False
    bare: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def finished(self) -> Outline:
        final = self.bound_for_good()
        around = self.surroundings(final)
        return Outline(
            tuple(self.units),
            tuple(self.with_wrapping(facts, final, around) for facts in self.functions),
            tuple(self.classes),
            tuple(self.lines),
            tuple(self.import_facts),
        )

    def bound_for_good(self) -> dict[str, int]:
        """Return the names that only one unit binds, whatever happens, and which one."""
        binding: dict[str, list[int]] = {}
        for index, unit in enumerate(self.units):
            if unit.kind in _BINDING:
                for name in unit.names:
                    binding.setdefault(name, []).append(index)
        if "*" in binding:
            return {}
        return {
            name: indices[0]
            for name, indices in binding.items()
            if len(indices) == 1
            and name not in self.rebound
            and self.units[indices[0]].symbol in {"", name}
            and self.units[indices[0]].key.split(":", 2)[2][:1] in {"", ":"}
            and self.units[indices[0]].kind is not UnitKind.EFFECT
        }

    def with_wrapping(
        self, facts: FunctionFacts, final: Mapping[str, int], around: Surroundings
    ) -> FunctionFacts:
        """Add to a function what is known of it and of its decorators in the whole module."""
        bare = tuple(name for name in self.bare.get(facts.qualname, ()) if name in final)
        place = final.get(facts.qualname)
        wraps = place is not None and only_wraps(self.holders[facts.qualname], place, around)
        return replace(facts, wraps=wraps, bare=bare) if wraps or bare else facts

    def surroundings(self, final: Mapping[str, int]) -> Surroundings:
        """Return what functions of the module find when they are called."""
        builtin = ALWAYS_BOUND.difference(*(unit.names for unit in self.units))
        origins = {name: name for name in builtin} | dict.fromkeys(final, "")
        for fact in self.import_facts:
            if final.get(fact.bound) == fact.unit and not fact.level:
                whole = f"{fact.module}.{fact.name}" if fact.name else fact.module
                first = not fact.name and fact.bound == whole.partition(".")[0]
                origins[fact.bound] = fact.bound if first else whole
        plain = {
            facts.qualname: bool(facts.bases) and _ENUMS.issuperset(facts.bases)
            for facts in self.classes
            if not facts.decorators and not facts.keywords
        }
        members = frozenset(
            f"{unit.symbol}.{name}"
            for unit in self.units
            if unit.symbol in plain
            and unit.key.startswith(f"{unit.symbol}:variable::")
            and (unit.inert or plain[unit.symbol])
            for name in unit.names
        )
        postponed = any(unit.key.startswith(":effect:future:annotations") for unit in self.units)
        return Surroundings(origins, {**dict.fromkeys(builtin, -1), **final}, members, postponed)

    # -- units ------------------------------------------------------------------

    def unit(
        self,
        kind: UnitKind,
        symbol: str,
        place: str,
        digest_of: list[str],
        spans: Iterable[tuple[int, int]],
        names: tuple[str, ...] = (),
        inert: bool = True,
        loads: tuple[str, ...] = (),
        form: TypeForm | None = None,
        annotates: bool = False,
        makes: tuple[str, ...] = (),
    ) -> None:
        key = f"{symbol}:{kind.value}:{place}"
        self.keys[key] += 1
        if self.keys[key] > 1:
            key = f"{key}#{self.keys[key]}"
        index = len(self.units)
        self.units.append(
            Unit(
                kind,
                symbol,
                names,
                key,
                fingerprint(digest_of),
                inert,
                loads,
                form is not None,
                form.takes if form is not None else (),
                annotates,
                makes,
            )
        )
        self.lines.extend(LineUnit(first, last, index) for first, last in spans)

    def qualname(self, scope: str, name: str) -> str:
        qualname = f"{scope}.{name}" if scope else name
        self.qualnames[qualname] += 1
        count = self.qualnames[qualname]
        return qualname if count == 1 else f"{qualname}#{count}"

    # -- module and class level ---------------------------------------------------

    def definition_suite(
        self, body: list[ast.stmt], scope: str, place: str, holder: ast.AST | None = None
    ) -> None:
        if holder is not None:
            body = self.docstring(holder, body, scope)
        for statement in body:
            self.definition_statement(statement, scope, place)

    def docstring(self, holder: ast.AST, body: list[ast.stmt], symbol: str) -> list[ast.stmt]:
        """Make the docstring's unit; return the body without it."""
        if not isinstance(holder, _DOC_HOLDERS) or not body:
            return body
        match body[0]:
            case ast.Expr(value=ast.Constant(value=str(text))):
                spans = [_span(body[0])]
                self.unit(UnitKind.DOC, symbol, "", [kept(text)], spans, names=("__doc__",))
                return body[1:]
            case _:
                return body

    def definition_statement(self, statement: ast.stmt, scope: str, place: str) -> None:
        match statement:
            case ast.Import() | ast.ImportFrom():
                self.imports(statement, scope, place)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.function(statement, scope, place)
            case ast.ClassDef():
                self.class_(statement, scope, place)
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign() if targets(statement):
                self.variable(statement, scope, place)
            case ast.If(test=test) if is_type_checking(test):
                self.definition_suite(statement.orelse, scope, f"{place}/types.1")
            case ast.If(test=test, orelse=[]) if is_main_guard(test):
                self.block(statement.body, MAIN_SYMBOL, place, [])
            case _ if isinstance(statement, _INERT_STATEMENTS):
                return
            case ast.Expr(value=ast.Constant()):
                return
            case _:
                self.effect(statement, scope, place)

    def imports(self, statement: ast.Import | ast.ImportFrom, scope: str, place: str) -> None:
        spans = [_span(statement)]
        if isinstance(statement, ast.Import):
            source = ""
        else:
            source = "." * statement.level + (statement.module or "")
            if source == "__future__":
                for alias in statement.names:
                    # It changes how the rest of the file compiles.
                    self.unit(
                        UnitKind.EFFECT,
                        scope,
                        f"future:{alias.name}",
                        [alias.name],
                        spans,
                        inert=False,
                    )
                    self.postpones = self.postpones or alias.name == "annotations"
                return
        for alias in statement.names:
            bound = alias.asname or alias.name
            if isinstance(statement, ast.Import) and alias.asname is None:
                bound = alias.name.partition(".")[0]
            target = import_text(source, alias.name, alias.asname)
            if bound == "*":
                self.constants.clear()  # it may bind any of them anew
            whole = alias.name if alias.asname else bound
            origin = Bound(f"{source}.{alias.name}" if source else whole)
            if place and self.constants.get(bound, origin) != origin:
                origin = Bound()  # one or the other
            self.constants[bound] = origin
            if isinstance(statement, ast.Import) or not statement.module:
                self.modules.add(bound)
            self.import_facts.append(import_fact(len(self.units), statement, alias))
            self.unit(
                UnitKind.IMPORT,
                scope,
                f"{place}:{bound}:{alias.name}",
                [target],
                spans,
                names=(bound,),
                inert=False,
            )

    def variable(
        self, statement: ast.Assign | ast.AnnAssign | ast.AugAssign, scope: str, place: str
    ) -> None:
        names = targets(statement)
        parts: list[str] = []
        write_node(statement, parts)
        plain = isinstance(statement, ast.Assign) and all(
            isinstance(target, ast.Name) for target in statement.targets
        )
        value = statement.value
        inert = is_inert(value, self.constants) and not isinstance(statement, ast.AugAssign)
        loads = names_read(statement)
        if isinstance(statement, ast.AnnAssign):
            if self.postpones:
                plain = True
                loads = names_read(statement.target) | (names_read(value) if value else set())
            else:
                plain = is_plain_annotation(statement.annotation)
        holder = self.class_nodes.get(scope)
        is_refused = holder is not None and may_be_refused(holder, statement)
        inert = inert and plain and not is_refused
        form = read_type_form(value, self.constants) if plain else None
        if form is not None and not form.gives_type:
            form = None
        makes = made_by(value, self.constants) if plain and not (inert or is_refused) else ()
        known = not scope and not place and inert and value is not None
        result: object = Bound()
        if known:
            result = fold(value, self.constants)
            if isinstance(result, Bound) and form is not None and not form.takes:
                result = form.value
        for name in names:
            self.constants[name] = Bound() if name in self.rebound else result
        self.unit(
            UnitKind.VARIABLE,
            scope,
            f"{place}:{','.join(names)}",
            parts,
            [_span(statement)],
            names=names,
            inert=inert,
            loads=tuple(sorted(loads)),
            form=form,
            annotates=value is None,
            makes=makes,
        )

    def effect(self, statement: ast.stmt, scope: str, place: str) -> None:
        """Make the unit of a statement that acts; go on into its suites."""
        inner = suites(statement)
        parts: list[str] = []
        self.statement_parts(statement, inner, parts)
        bound = tuple(sorted(header_names(statement, inner)))
        self.constants.update(dict.fromkeys(bound, Bound()))
        digest = fingerprint(parts)
        self.unit(
            UnitKind.EFFECT,
            scope,
            f"{place}:{digest}",
            parts,
            own_spans(statement, inner),
            names=bound,
            inert=False,
            loads=header_loads(statement, inner),
        )
        for index, suite in enumerate(inner):
            self.definition_suite(suite.body, scope, _inside(place, statement, f"{digest}.{index}"))

    # -- headers --------------------------------------------------------------------

    def function(self, node: _Function, scope: str, place: str) -> None:
        qualname = self.qualname(scope, node.name)
        header = f"{place}"
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [some for some in (arguments.vararg, arguments.kwarg) if some is not None]
        self.constants[node.name] = Bound()
        self.facts(node, qualname, tuple(argument.arg for argument in every))
        first, last = _header_span(node)
        signature: list[str] = [node.__class__.__name__, node.name]
        groups = (arguments.posonlyargs, arguments.args, arguments.kwonlyargs)
        signature += ["|".join(argument.arg for argument in group) for group in groups]
        signature += [some.arg if some else "-" for some in (arguments.vararg, arguments.kwarg)]
        # How many have a default decides which calls are complete.
        signature.append(f"{len(arguments.defaults)}")
        signature.append("".join("-" if some is None else "d" for some in arguments.kw_defaults))
        _write_type_parameters(node, signature)
        self.unit(
            UnitKind.SIGNATURE, qualname, header, signature, [(first, last)], names=(node.name,)
        )
        self.decorators(node, qualname, header)
        defaults = [some for some in (*arguments.defaults, *arguments.kw_defaults) if some]
        if defaults:
            self.header_part(UnitKind.DEFAULTS, qualname, header, defaults, node.name)
        annotations = [some.annotation for some in every if some.annotation is not None]
        annotations += [node.returns] if node.returns is not None else []
        if annotations:
            parts = [some.arg if some.annotation is not None else "" for some in every]
            self.header_part(UnitKind.ANNOTATIONS, qualname, header, annotations, node.name, parts)
        self.holders[qualname] = node
        body = self.docstring(node, node.body, qualname)
        self.block(body, qualname, "", _entry_lines(node, body))

    def facts(self, node: _Function, qualname: str, parameters: tuple[str, ...]) -> None:
        decorators = tuple(decorator_name(some) for some in node.decorator_list)
        fixture, autouse = fixture_facts(node)
        called = {
            decorator_name(some) for some in node.decorator_list if isinstance(some, ast.Call)
        }
        self.bare[qualname] = tuple(name for name in decorators if name not in called)
        found = FunctionFacts(
            qualname=qualname,
            first_line=first_line(node),
            decorators=decorators,
            fixture=fixture,
            autouse=autouse,
            parameters=parameters,
            keeps=kept_by(node) if node.name == "__init__" else None,
        )
        if self.state:
            own = below(node.body, stop=SCOPES)
            variables = find_locals(node, own, self.modules)
            fills = find_fills(node, own, variables)
            found = replace(found, fills=fills, handing=find_handing(own, variables))
        self.functions.append(found)

    def decorators(self, node: _Function | ast.ClassDef, qualname: str, header: str) -> None:
        if node.decorator_list:
            self.header_part(UnitKind.DECORATORS, qualname, header, node.decorator_list, node.name)

    def header_part(
        self,
        kind: UnitKind,
        qualname: str,
        header: str,
        nodes: list[ast.expr],
        name: str,
        parts: list[str] | None = None,
    ) -> None:
        parts = list(parts or [])
        write_node(nodes, parts)
        evaluated = nodes
        if kind is UnitKind.DECORATORS:
            # What they do to the function is theirs to say; their arguments come first.
            evaluated = [argument for some in nodes for argument in decorator_arguments(some)]
        inert = all(is_inert(some, self.constants) for some in evaluated)
        loads = tuple(sorted({name for some in nodes for name in names_read(some)}))
        if kind is UnitKind.ANNOTATIONS:
            inert = all(is_plain_annotation(some) for some in nodes)
        self.unit(
            kind,
            qualname,
            header,
            parts,
            [_span(some) for some in nodes],
            names=(name,),
            inert=inert,
            loads=loads,
            makes=called_in(evaluated, self.constants) if kind is UnitKind.DECORATORS else (),
        )

    def class_(self, node: ast.ClassDef, scope: str, place: str) -> None:
        qualname = self.qualname(scope, node.name)
        self.classes.append(class_facts(node, qualname))
        parts: list[str] = [node.name]
        write_node(node.bases, parts)
        write_node(node.keywords, parts)
        _write_type_parameters(node, parts)
        nodes = [*node.bases, *(keyword.value for keyword in node.keywords)]
        loads = tuple(sorted({name for some in nodes for name in names_read(some)}))
        self.unit(
            UnitKind.BASES,
            qualname,
            place,
            parts,
            [_header_span(node)],
            names=(node.name,),
            inert=not nodes,
            loads=loads,
        )
        self.decorators(node, qualname, place)
        outside = dict(self.constants)
        self.class_nodes[qualname] = node
        self.definition_suite(node.body, qualname, "", holder=node)
        known = not scope and not place and node.name not in self.rebound and is_plain_class(node)
        self.constants = {**outside, node.name: SomeClass if known else Bound()}

    # -- run time -------------------------------------------------------------------

    def block(
        self,
        body: list[ast.stmt],
        symbol: str,
        place: str,
        extra_lines: list[tuple[int, int]],
    ) -> None:
        """Make the units of a suite that runs when it is called, and of the suites in it."""
        after = ""
        for statements in segments(body):
            after = self.segment(statements, symbol, place, after, extra_lines)
            extra_lines = []

    def segment(
        self,
        body: list[ast.stmt],
        symbol: str,
        place: str,
        after: str,
        extra_lines: list[tuple[int, int]],
    ) -> str:
        """Make the unit of a segment of a suite, and of the suites in it.

        Args:
            body: The segment.
            symbol: The function.
            place: Of the suite.
            after: Digest of the way out before the segment; empty for the first one.
            extra_lines: Spans beside those of its statements.

        Returns:
            The digest of its last compound statement.
        """
        parts: list[str] = []
        spans = list(extra_lines)
        nested: list[tuple[Suite, str]] = []
        definitions: list[_Function | ast.ClassDef] = []
        cut: set[int] = set()
        digest = ""
        in_function = all(facts.qualname != symbol for facts in self.classes)
        for statement in self.settled(body, symbol, place) if in_function else body:
            start = len(parts)
            inner = suites(statement)
            if in_function and isinstance(statement, ast.AnnAssign):
                write_node(_unannotated(statement), parts)
            else:
                self.statement_parts(statement, inner, parts)
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                definitions.append(statement)
                continue
            if inner:
                digest = fingerprint(parts[start:])
            for index, suite in enumerate(inner):
                nested.append((suite, _inside(place, statement, f"{digest}.{index}")))
                cut.update(map(id, suite.body))
        for statement in body:
            spans.extend(own_spans(statement, suites(statement)))
            self.local_imports(statement)
            if isinstance(statement, ast.Global):
                self.rebound.update(statement.names)
                self.constants.update(dict.fromkeys(statement.names, Bound()))
        own_place = f"{place}>{after}" if after else place
        if own_place or cut or definitions or symbol in self.scopes:
            parts += self.scope_parts(body, symbol, own_place, cut)
        self.unit(UnitKind.BLOCK, symbol, own_place, parts, spans)
        for suite, inner_place in nested:
            lines = [] if suite.own_lines else [suite.header]
            self.block(suite.body, symbol, inner_place, lines)
        for definition in definitions:
            self.local_definition(definition, symbol)
        return digest

    def settled(self, body: list[ast.stmt], symbol: str, place: str) -> Iterable[ast.stmt]:
        """Give the imports in a suite of a function an order of their own, where none counts."""
        if GUARDED in place or not any(isinstance(some, _IMPORTS) for some in body):
            return body
        scope = self.scope(symbol)
        return in_one_order(body, scope.outside) if scope is not None else body

    def scope(self, symbol: str) -> Scope | None:
        """Return the scope of a function, which most do not need: they are one block."""
        if symbol not in self.scopes and symbol in self.holders:
            self.scopes[symbol] = scope_of(self.holders[symbol], None)
        return self.scopes.get(symbol)

    def scope_parts(
        self, body: list[ast.stmt], symbol: str, place: str, cut: Collection[int]
    ) -> list[str]:
        """Render what the other blocks of a function decide for one of them."""
        scope = self.scope(symbol)
        if scope is None:
            return []
        generates = scope.generates and not place
        return [*scope.marks(body, cut), *(["generates"] if generates else [])]

    def local_imports(self, statement: ast.stmt) -> None:
        """Note what a statement of the block that is made next imports."""
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                self.import_facts.append(import_fact(len(self.units), statement, alias))

    def local_definition(self, node: _Function | ast.ClassDef, symbol: str) -> None:
        """Make the units of a function or class that is defined when its function runs."""
        in_class = any(facts.qualname == symbol for facts in self.classes)
        qualname = self.qualname(symbol if in_class else f"{symbol}.<locals>", node.name)
        self.scopes[qualname] = scope_of(node, self.scope(symbol))
        body = self.docstring(node, node.body, qualname)
        if isinstance(node, ast.ClassDef):
            self.classes.append(class_facts(node, qualname, self.scope(symbol)))
            self.block(body, qualname, "", [])
            return
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        self.facts(node, qualname, tuple(argument.arg for argument in every))
        self.block(body, qualname, "", _entry_lines(node, body))

    def statement_parts(self, statement: ast.stmt, inner: list[Suite], parts: list[str]) -> None:
        """Write a statement without the suites that are units of their own."""
        cut = {id(suite.body[0]) for suite in inner}
        if not cut:
            write_node(statement, parts)
            return
        parts.append(statement.__class__.__name__)
        _write_without(statement, cut, parts)


def _unannotated(statement: ast.AnnAssign) -> ast.AnnAssign:
    """Return the annotation of a variable of a function as one that says nothing.

    Python does not evaluate it, but it makes the variable a local one.
    """
    return ast.AnnAssign(
        target=statement.target,
        annotation=ast.Constant(value=None),
        value=statement.value,
        simple=statement.simple,
    )


def _inside(place: str, statement: ast.stmt, suite: str) -> str:
    """Return the place of a suite of a statement."""
    return f"{place}{GUARDED if isinstance(statement, _GUARDS) else '/'}{suite}"


def _write_type_parameters(node: _Function | ast.ClassDef, parts: list[str]) -> None:
    parameters: list[ast.AST] = getattr(node, "type_params", [])  # from Python 3.12 on
    if parameters:
        write_node(parameters, parts)


def _write_without(node: ast.AST, cut: set[int], parts: list[str]) -> None:
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list) and value and id(value[0]) in cut:
            parts.append(f"{name}:suite")
        elif (
            isinstance(value, list)
            and value
            and isinstance(value[0], (ast.ExceptHandler, ast.match_case))
        ):
            for item in value:
                parts.append(item.__class__.__name__)
                _write_without(item, cut, parts)
        else:
            parts.append(name)
            write_node(value, parts)


def _span(node: ast.stmt | ast.expr) -> tuple[int, int]:
    return node.lineno, node.end_lineno or node.lineno


def _header_span(node: _Function | ast.ClassDef) -> tuple[int, int]:
    first = first_line(node)
    return first, max(first, node.lineno, first_line(node.body[0]) - 1)


def _entry_lines(node: _Function, body: list[ast.stmt]) -> list[tuple[int, int]]:
    """Return the lines that a call reports beside those of its statements.

    Of a body that is only a docstring, that is where its definition starts.
    """
    if not body:
        return [(first_line(node), first_line(node)), _span(node.body[0])]
    first = first_line(node.body[0])
    return [(first, first)] if first == node.lineno else []
