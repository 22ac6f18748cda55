"""Digests of code that ignore comments, layout and position."""

import ast
from hashlib import blake2b

from impact_select.model.ids import Fingerprint

# Read or write is plain from the place; type comments and the `u` prefix do nothing.
_IGNORED_FIELDS = frozenset({"ctx", "type_comment", "kind", "type_ignores"})
_DIGEST_BYTES = 16

_fields_by_class: dict[type, tuple[str, ...]] = {}


def fingerprint(parts: list[str]) -> Fingerprint:
    """Digest what `write_node` and `write_mark` gathered, in order."""
    text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return Fingerprint(blake2b(text, digest_size=_DIGEST_BYTES).hexdigest())


def import_text(source: str, name: str, alias: str | None) -> str:
    """Return what is digested of one name of an import.

    Args:
        source: The module that it is taken from, with leading dots; empty for `import a`.
        name: What is imported, as written.
        alias: The name after `as`.
    """
    return f"{source}:{name}:{alias}"


def write_node(node: object, parts: list[str]) -> None:
    """Append an unambiguous rendering of a node (or list, or value) to parts.

    Two sources that compile to the same program render alike: parentheses, quotes,
    number bases and implicit string joins are gone by the time there is a tree.
    """
    if isinstance(node, ast.AST):
        cls = node.__class__
        fields = _fields_by_class.get(cls)
        if fields is None:
            fields = tuple(name for name in cls._fields if name not in _IGNORED_FIELDS)
            _fields_by_class[cls] = fields
        parts.append(cls.__name__)
        for name in fields:
            write_node(getattr(node, name, None), parts)
    elif isinstance(node, list):
        parts.append(f"[{len(node)}")
        for item in node:
            write_node(item, parts)
    else:
        try:
            parts.append(repr(node))
        except ValueError:  # an integer with more digits than `repr` likes
            parts.append(f"{node:#x}")
