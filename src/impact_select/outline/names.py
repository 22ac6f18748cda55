"""The names that statements bind and read."""

import ast

from impact_select.outline.nodes import below, children
from impact_select.outline.suites import Suite


def targets(statement: ast.Assign | ast.AnnAssign | ast.AugAssign) -> tuple[str, ...]:
    """Return the names that an assignment binds; none when it stores anywhere else."""
    every = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    names: list[str] = []
    pending: list[ast.expr] = list(every)
    while pending:
        target = pending.pop(0)
        match target:
            case ast.Name(id=name):
                names.append(name)
            case ast.Tuple(elts=items) | ast.List(elts=items):
                pending[:0] = items
            case ast.Starred(value=value):
                pending.insert(0, value)
            case _:
                return ()
    return tuple(names)


def header_names(statement: ast.stmt, inner: list[Suite]) -> set[str]:
    """Return the names that a statement binds outside its suites."""
    names: set[str] = set()
    inside = {id(some) for suite in inner for some in suite.body}
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        if id(node) in inside:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            names.add(node.id)
        if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            names.add(node.name)
        if isinstance(node, ast.MatchMapping) and node.rest:
            names.add(node.rest)
        if isinstance(node, ast.alias):
            names.add(node.asname or node.name.partition(".")[0])
        if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp):
            continue
        if isinstance(node, ast.GeneratorExp):
            continue
        pending += children(node)
    return names


def header_loads(statement: ast.stmt, inner: list[Suite]) -> tuple[str, ...]:
    """Return the names that a statement reads outside its suites."""
    apart = {id(some) for suite in inner for some in suite.body}
    names: set[str] = set()
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        if id(node) in apart:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            names.add(node.id)
        pending += children(node)
    return tuple(sorted(names))


def names_read(node: ast.AST) -> set[str]:
    """Return the names that a node reads, without those of its lambdas and comprehensions."""
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            return {name}
        case ast.Lambda(args=arguments, body=body):
            own = {some.arg for some in below([arguments]) if isinstance(some, ast.arg)}
            return names_read(arguments) | (names_read(body) - own)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            own = {
                some.id
                for generator in node.generators
                for some in below([generator.target])
                if isinstance(some, ast.Name)
            }
            first = names_read(node.generators[0].iter)  # evaluated outside
            return first | (_names_below(node) - own)
        case _:
            return _names_below(node)


def _names_below(node: ast.AST) -> set[str]:
    return {name for child in children(node) for name in names_read(child)}
