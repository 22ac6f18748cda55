"""Names of a module that hold a literal which nothing can change."""

import ast
import warnings
from collections import Counter
from typing import Final

from impact_select.outline.evaluate import fold, is_inert

# Code with these may bind a name without spelling it as one.
_BINDING: Final = frozenset(
    {
        *("globals", "vars", "locals", "exec", "eval", "setattr", "delattr"),
        *("__dict__", "__setattr__", "__delattr__", "modules"),
    }
)
_PLAIN: Final = (str, bytes, int, float, complex, bool, type(None))


def literal_names(source: bytes) -> frozenset[str]:
    """Return the names that a module assigns an immutable literal, by plain assignments."""
    return frozenset(_literals(_tree(source)))


def fixed_names(source: bytes) -> frozenset[str]:
    """Return those of them that nothing in the file can bind anew."""
    tree = _tree(source)
    stored: Counter[str] = Counter()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in _BINDING:
                return frozenset()
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                stored[name] += 1
            case ast.Global(names=names):
                stored.update(names)
            case ast.alias(name=name, asname=asname):
                if name == "*" or name.rpartition(".")[2] in _BINDING:
                    return frozenset()
                stored[asname or name.partition(".")[0]] += 1
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                stored[name] += 1
            case ast.ClassDef(name=name) | ast.ExceptHandler(name=str(name)):
                stored[name] += 1
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                stored[name] += 1
            case ast.MatchMapping(rest=str(name)):
                stored[name] += 1
            case _:
                pass
    return frozenset(name for name in _literals(tree) if stored[name] == 1)


def _tree(source: bytes) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def _literals(tree: ast.Module) -> list[str]:
    return [
        statement.targets[0].id
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        and len(statement.targets) == 1
        and isinstance(statement.targets[0], ast.Name)
        and _is_literal(statement.value)
    ]


def _is_literal(node: ast.expr) -> bool:
    if any(isinstance(part, ast.Name | ast.Call | ast.Lambda) for part in ast.walk(node)):
        return False
    return is_inert(node, {}) and _is_immutable(fold(node, {}))


def _is_immutable(value: object) -> bool:
    if isinstance(value, tuple | frozenset):
        return type(value) in {tuple, frozenset} and all(map(_is_immutable, value))
    return type(value) in _PLAIN
