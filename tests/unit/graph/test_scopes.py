"""Which assignments bind the names of a file: libcst's own analysis is the oracle."""

import random
import re
from collections.abc import Iterable
from textwrap import dedent, indent

import libcst as cst
import pytest
from libcst.matchers import findall
from libcst.metadata import (
    Assignment,
    ClassScope,
    ComprehensionScope,
    FunctionScope,
    GlobalScope,
    MetadataWrapper,
    ScopeProvider,
)

from impact_select.graph.scopes import Scope, ScopeKind, Scopes, find_scopes

_KINDS = {
    GlobalScope: ScopeKind.MODULE,
    ClassScope: ScopeKind.CLASS,
    FunctionScope: ScopeKind.FUNCTION,
    ComprehensionScope: ScopeKind.COMPREHENSION,
}


def bindings(source: str) -> tuple[list[str], list[str]]:
    """Give what binds each name of a source, in order: ours and libcst's.

    A line per name: `NAME: SCOPE BINDING, …`, a binding by its class and its number among
    all nodes that bind. A name that is no variable has `-`, a global or builtin one that
    nothing binds has nothing.
    """
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    module = wrapper.module
    theirs = wrapper.resolve(ScopeProvider)
    ours = find_scopes(module)
    definitions = [
        *findall(module, cst.matchers.FunctionDef()),
        *findall(module, cst.matchers.ClassDef()),
    ]
    defined = {id(node.name) for node in definitions if isinstance(node, _DEFINITIONS)}
    found: list[str] = []
    expected: list[str] = []
    numbers: dict[int, int] = {}
    for name in findall(module, cst.matchers.Name()):
        assert isinstance(name, cst.Name)
        if id(name) in defined:
            continue
        found.append(f"{name.value}: {_ours(ours, name, numbers)}")
        expected.append(f"{name.value}: {_theirs(theirs.get(name), name, numbers)}")
    return found, expected


_DEFINITIONS = (cst.FunctionDef, cst.ClassDef)


def _ours(scopes: Scopes, name: cst.Name, numbers: dict[int, int]) -> str:
    scope = scopes.of(name)
    if scope is None:
        return "-"
    holder: Scope | None = scope.holder(name.value)
    if holder is None:
        return ""
    return _rendered(((holder.kind, node) for node in holder.bindings[name.value]), numbers)


def _theirs(scope: object, name: cst.Name, numbers: dict[int, int]) -> str:
    if scope is None:
        return "-"
    return _rendered(
        (
            (_KINDS.get(type(some.scope), ScopeKind.ANNOTATION), some.node)
            for some in scope[name.value]  # type: ignore[index]
            if isinstance(some, Assignment)
        ),
        numbers,
    )


def _rendered(found: Iterable[tuple[ScopeKind, cst.CSTNode]], numbers: dict[int, int]) -> str:
    parts = {
        f"{kind} {type(node).__name__}{numbers.setdefault(id(node), len(numbers))}"
        for kind, node in found
    }
    return ", ".join(sorted(parts))


@pytest.mark.parametrize(
    "source",
    [
        # -- functions and modules
        "a = 1\ndef f(b, c=a, *d, e: a = b, **g) -> b:\n    return a, b, c, d, e, f, g, print",
        "def f(a, /, b, *, c): return a, b, c",
        "a = 1\ndef f():\n    global a, b\n    a = b = 2\ndef g(): return a, b",
        "def f():\n    a = 1\n    def g():\n        nonlocal a\n        a = 2\n    return a",
        "def f(a):\n    class C:\n        def g(self):\n            nonlocal a\n            a = 2",
        "a = 1\nclass C:\n    global a\n    a = 2\n    def g(self): return a",
        "a = 1\ndef f():\n    def g():\n        global a\n        def h(): return a",
        "x = lambda a, b=c, *d, **e: (a, b, c, d, lambda a: a)",
        "def f():\n    x = lambda a=(lambda b: b): a\n    return a, b",
        "@a\n@b.c(d)\ndef f(a, d): a",
        "async def f(a):\n    async with a as b, c as d: b\n    async for c in d: await c",
        # -- classes
        "a = 1\nclass C(a, metaclass=b):\n    a = 2\n    c = a\n    def f(self, d=a): return a",
        "class C:\n    a = 1\n    class D:\n        b = a\n        def f(self): return a, b, C",
        "class C:\n    a = [1]\n    b = [a for c in a if a for d in a]\n    e = lambda f=a: a",
        "@a\nclass a: a",
        # -- comprehensions
        "a = [b for b in b for c in b if c]",
        "a = {b: c for b, (*c, d) in e if (f := b)}\nf",
        "def f(a): return (b async for b in a), {a for a in a}, [[a for a in b] for b in a]",
        "[a.b for a.c in d]\n[a for a[b] in c]",
        # -- targets
        "a, (b, *c), d.e, f[g] = a, b = h\ni: j = k\nl: m\nn.o: p = q\nr += s\nt.u += v",
        "for a, b.c in d: a\nelse: b",
        "with a as (b, c), d as e.f: b\nwith (g as [h, *i], j): h",
        "try: a\nexcept (b, c) as d: d\nexcept e: f\nelse: g\nfinally: h",
        "try: a\nexcept* b as c: c",
        "def f():\n    try:\n        global a\n    except b as a: c\n    except d as c: a\na = 1",
        "del a, b.c, d[e]",
        "if (a := b): a\nwhile (c := a): c\nelse: d",
        "def f():\n    [(a := b) for b in c]\n    return a",
        "x[(a := b)] = c",
        # -- import statements
        "import a, b.c, d.e as f\na, b.c, b.d, d, e, f",
        "from a import b, c as d\nfrom .e import f\nfrom . import g\nfrom h import *\na, b, c, d, f, g, h",
        "def f():\n    import a.b\n    from c import d as e, e\n    return a, b, c, d, e",
        "def f():\n    global a\n    import a, b\n    from c import a as a\ndef g(): return a, b",
        "try:\n    import a\nexcept b: a = None",
        # -- patterns
        "match a:\n    case b: b\n    case C(d, e=f) if g: h\n    case {'i': j, **k}: j, k",
        "match a:\n    case [b, *c] | (b, c) as d: b\n    case e.f | 1: e\n    case _: a",
        # -- type parameters
        "def f[T: a, *U, **V](x: T, *y: U) -> V: return T, U, V\nT",
        "class C[T = a]:\n    x: T\n    def f[U: T](self, y: T) -> U: return x, T, U",
        "class C[T](T, a=T): T\n@T\nclass D[T]: pass",
        "class C:\n    a = 1\n    type b[T] = T | a\n    def f[T: a](self): return a",
        "type a = a | b\ntype c[T: d] = T\na, c, T",
        "@T\ndef f[T](): pass",
        # -- texts
        "def f(a: 'b', c: 'list[a]') -> 'd': x: 'e | c'",
        "import typing as t\nx: t.Literal['a', 'b']\ny = t.cast('a', b)\nz = t.TypeVar('z', bound='a')",
        "from typing import NewType, cast\na = NewType('a', int)\nb = cast(a, c)",
        "x = f'{a!r:>{b}} {c=} {(lambda d: d)}' 'e' f'{[g for g in h]}'",
        # -- keywords and attributes
        "a.b.c(d=e, *f, **g).h[i:j, k:l:m]",
        "def f():\n    yield a\n    yield from b\n    assert c, d\n    raise e from g\n    return",
        "if a: b\nelif c: d\nelse: e = f; g = e",
    ],
)
def test_bindings(source: str) -> None:
    """Each name is bound by what libcst says binds it."""
    found, expected = bindings(dedent(source))

    assert found == expected


class Programs:
    """Programs made at random, most of them without sense."""

    _EXPRESSIONS = (
        *("N", "N", "N", "(E, E)", "(E).N", "(N := E)", "[E for N in E if E]", "(E)(N=E, *E)"),
        *("(lambda N=E, *N: E)", "{E: E for N, *N in E for N in E}"),
    )
    _SIMPLE = (
        *("N = E", "(N, *N) = N = E", "N += E", "N: E = E", "del N, (E).b", "E", "global N"),
        *("nonlocal N", "import N.N, b as N", "from N import N as N, N", "return E"),
    )
    _COMPOUND = (
        *("@E\ndef N(N, N=E, *N: E) -> E:S", "def N[N: N](N: E):S", "type N[N: N] = E"),
        *("@E\nclass N(N, a=E):S", "class N[N](N):S", "if E:S\nelif E:S\nelse:S"),
        *("for N, N in E:S\nelse:S", "while E:S", "with E as N, E:S", "try:S\nexcept E as N:S"),
        "match N:\n    case N: a\n    case [N, *_]: b",
    )

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def made(self, template: str, depth: int = 0) -> str:
        """Fill in N(ames), E(xpressions) and S(uites)."""
        return re.sub(r"\b[NES]\b|S", lambda found: self._part(found[0], depth), template)

    def _part(self, kind: str, depth: int) -> str:
        if kind == "N" or (kind == "E" and depth > 3):
            return self._random.choice(["a", "b", "c", "print"])
        if kind == "E":
            return self.made(self._random.choice(self._EXPRESSIONS), depth + 1)
        lines = [self._statement(depth + 1) for _ in range(self._random.randint(1, 3))]
        return "\n" + indent("\n".join(lines), "    ")

    def _statement(self, depth: int) -> str:
        compound = self._random.random() < 0.6 - depth / 10
        return self.made(self._random.choice(self._COMPOUND if compound else self._SIMPLE), depth)


@pytest.mark.parametrize("seed", range(60))
def test_bindings_of_any_program(seed: int) -> None:
    """Each name is bound by what libcst says binds it, in programs that make no sense too."""
    found, expected = bindings(Programs(seed).made("import a\nb = 1\ndef outer(c):S\n"))

    assert found == expected


def test_a_text_binds_nothing() -> None:
    """A statement in a quoted annotation is never run, though libcst takes it for one."""
    found, _ = bindings("def f():\n    x: 'import a'\n    return a")

    assert found[-1] == "a: "


def test_nonlocal_at_the_top() -> None:
    """A module cannot declare a name nonlocal."""
    with pytest.raises(ValueError, match="nonlocal"):
        find_scopes(cst.parse_module("nonlocal a"))
