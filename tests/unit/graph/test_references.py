"""What each unit of a file refers to."""

from textwrap import dedent

import pytest
from tests.unit.builders import places

from impact_select.graph.references import UnreadSource, find_references
from impact_select.outline.parse import parse_outline


def references(source: str) -> set[str]:
    """Give references as `KIND PLACE: ROOT NAME`, the root of the file's own names being `-`."""
    content = dedent(source).encode()
    found = parse_outline(content)
    return {
        f"{place}: {reference.root or '-'} {reference.name}"
        for reference in find_references(content, found)
        for place in places(found, [reference.unit])
    }


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # -- through imports
        pytest.param(
            "from .tax import rates\ndef f(self):\n    return rates.VAT * self.share",
            {
                "import rates: .tax rates",
                "block f: - rates",
                "block f: .tax.rates VAT",
                "block f: ? share",
            },
            id="imported-name",
        ),
        pytest.param(
            "import a.b\nx = a.b.c.d",
            {"import a: a b", "variable x: - a", "variable x: a b", "variable x: a.b c"}
            | {"variable x: a.b.c d"},
            id="imported-module",
        ),
        pytest.param(
            "import a.b as c\nx = c.d()",
            {"import c: a b", "variable x: - c", "variable x: a.b d"},
            id="alias",
        ),
        pytest.param(
            "from . import a\nfrom .. import b as c\nx = a.y + c.z",
            {"import a: . a", "import c: .. b", "variable x: .a y", "variable x: ..b z"},
            id="relative",
        ),
        pytest.param(
            """
            def f():
                import a
                from b import c as d
                return a.x + d.y
            """,
            {"block f: - a", "block f: a x", "block f: b c", "block f: b.c y"},
            id="local-import",
        ),
        pytest.param(
            """
            try:
                import a as m
            except ImportError:
                import b as m
            def f():
                return m.x
            """,
            {"import m: - a", "import m: - b", "block f: - m", "block f: a x", "block f: b x"},
            id="one-import-or-another",
        ),
        pytest.param(
            """
            try:
                import a as m
            except ImportError:
                m = Fallback()
            def f():
                return m.x
            """,
            {"import m: - a", "block f: a x", "block f: ? x", "variable m: - Fallback"},
            id="import-or-something-else",
        ),
        pytest.param("from a import *\nx = VAT", {"import *: a *", "variable x: - VAT"}, id="star"),
        pytest.param(
            "if x: import a", {"import a: - a", "effect: - x"}, id="import-on-the-line-of-an-if"
        ),
        # -- parts of definitions
        pytest.param(
            "def f(a=A, *, b=B) -> C:\n    return D",
            {"defaults f: - A", "defaults f: - B", "annotations f: - C", "block f: - D"},
            id="function",
        ),
        pytest.param(
            "@a(X)\nclass C(B, metaclass=M):\n    y = Y\n    @b\n    def m(self, c: Z = z): w",
            {
                "decorators C: - a",
                "decorators C: - X",
                "bases C: - B",
                "bases C: - M",
                "variable C.y: - Y",
                "decorators C.m: - b",
                "annotations C.m: - Z",
                "defaults C.m: - z",
                "block C.m: - w",
            },
            id="class",
        ),
        pytest.param(
            "class C:\n    def m(self, x=A): a\nclass C:\n    @d\n    def m(self, x=B): b",
            {
                "defaults C.m: - A",
                "block C.m: - a",
                "decorators C#2.m: - d",
                "defaults C#2.m: - B",
                "block C#2.m: - b",
            },
            id="classes-of-one-name",
        ),
        pytest.param(
            "def f(a):\n    def g(x=A): return B\n    return g",
            {"block f: - A", "block f.<locals>.g: - B"},
            id="local-function",
        ),
        pytest.param(
            "def f(a):\n    if a:\n        return A\n    return B",
            {"block f/0: - A", "block f>: - B"},
            id="blocks",
        ),
        pytest.param("x = A; y = B", {"variable x: - A", "variable y: - B"}, id="one-line"),
        pytest.param(
            "def f():\n    return lambda x=A: B", {"block f: - A", "block f: - B"}, id="lambda"
        ),
        pytest.param(
            "def f(y=C):\n    return lambda x=A: B",
            {"defaults f: - C", "block f: - A", "block f: - B"},
            id="lambda-in-a-function-with-defaults",
        ),
        pytest.param(
            "def f():\n    return [A for b in B if b.c]",
            {"block f: - A", "block f: - B", "block f: ? c"},
            id="comprehension",
        ),
        pytest.param(
            "if __name__ == '__main__':\n    main()", {"block <main>: - main"}, id="main-guard"
        ),
        # -- names and attributes
        pytest.param("def f():\n    global X\n    X = 1", {"block f: - X"}, id="global"),
        pytest.param("f(key=1)", {"effect: - f", "effect: ? key"}, id="keyword"),
        pytest.param("f(a).b.c", {"effect: - f", "effect: - a", "effect: ? b", "effect: ? c"}),
        pytest.param(
            "def f(o):\n    match o:\n        case P(x=0): pass\n        case C.RED: pass",
            {"block f: - P", "block f: ? x", "block f: - C", "block f: ? RED"},
            id="patterns",
        ),
        pytest.param("x = f'{a.b}'", {"variable x: - a", "variable x: ? b"}, id="f-string"),
        # -- names in texts
        pytest.param("x = 'a.b.c'", {'variable x: "a.b c'}, id="dotted-string"),
        pytest.param("x = 'a.b:c'", {'variable x: "a.b c'}, id="entry-point"),
        pytest.param("x = 'name'", {'variable x: " name'}, id="plain-string"),
        pytest.param("x = 'na' 'me'", {'variable x: " name'}, id="joined-string"),
        pytest.param("x = 'a, b'", {'variable x: " a', 'variable x: " b'}, id="list-of-names"),
        pytest.param(
            "x = '{0.rate:>{1.width}} {a.b[c].d!r}'",
            {"variable x: ? rate", "variable x: ? width", "variable x: ? b", "variable x: ? d"},
            id="format",
        ),
        pytest.param("x = '-rank'", {'variable x: " rank'}, id="sign"),
        pytest.param("x = 'a|b'", {'variable x: " a', 'variable x: " b'}, id="filter"),
        pytest.param(
            "x = 'a__b'",
            {'variable x: " a__b', "variable x: ? a", "variable x: ? b"},
            id="joined-by-underscores",
        ),
        pytest.param("x = '__a__'", {'variable x: " __a__'}, id="special-name"),
        pytest.param(
            "x = y(a__b=1)",
            {"variable x: - y", "variable x: ? a__b", "variable x: ? a", "variable x: ? b"},
            id="joined-keyword",
        ),
        pytest.param(
            f"x = 'long {'and ' * 40} a.b {{{{ c.d }}}} end'",
            {'variable x: "a b', 'variable x: "c d', "variable x: ? d"},
            id="long-text",
        ),
        pytest.param(
            "x = f'{a}{{{{ c.d }}}}'", {"variable x: - a", "variable x: ? d"}, id="f-string-text"
        ),
        pytest.param("y.multiple('m', a=1)", {'effect: "m a'}, id="patched-by-keyword"),
        # -- names that are computed
        pytest.param("x = getattr(y, z)", {"variable x: ? **:*"}, id="getattr"),
        pytest.param("x = getattr(y, f'a_{z}')", {"variable x: ? **:a_*"}, id="beginning"),
        pytest.param("x = getattr(y, f'{z}_a')", {"variable x: ? **:*_a"}, id="end"),
        pytest.param("x = getattr(y, 'a' + z + 'b')", {"variable x: ? **:a*b"}, id="sum"),
        pytest.param("x = getattr(y, 'a_%s_b' % z)", {"variable x: ? **:a_*"}, id="percent"),
        pytest.param("x = getattr(y, 'a_{}'.format(z))", {"variable x: ? **:a_*"}, id="str.format"),
        pytest.param("x = getattr(y, 'a' 'b')", {"variable x: ? **:ab"}, id="joined"),
        pytest.param("x = getattr(y, 'a*' + z)", {"variable x: ? **:*"}, id="star"),
        pytest.param("x = getattr(y, f'{{{z}')", {"variable x: ? **:*"}, id="brace"),
        pytest.param("x = getattr(y, *z)", {"variable x: ? **"}, id="unpacked"),
        pytest.param(
            "def f(y, z):\n    a = 'b_' + z\n    return getattr(y, a)",
            {"block f: ? **:b_*"},
            id="variable",
        ),
        pytest.param(
            "def f(y, z):\n    a = 'b_'\n    if z: a = z\n    return getattr(y, a)",
            {"block f: ? **:*"},
            id="variable-of-several-values",
        ),
        pytest.param(
            "def f(y, z):\n    a = 'b_'\n    a += z\n    return getattr(y, a)",
            {"block f: ? **:*"},
            id="variable-that-grows",
        ),
        pytest.param("def f(y, z):\n    for a in z: getattr(y, a)", {"block f: ? **:*"}, id="loop"),
        pytest.param(
            "class A:\n    def f(self, z): return getattr(self, z)",
            {"block A.f: @ **:*"},
            id="of-the-receiver",
        ),
        pytest.param(
            "class A:\n    def f(self):\n        def g(): return self.__dict__",
            {"block A.f.<locals>.g: @ **"},
            id="of-the-receiver-around",
        ),
        pytest.param(
            "class A:\n    def f(self, z):\n        self = z\n        return getattr(self, z)",
            {"block A.f: ? **:*"},
            id="of-a-receiver-that-is-bound-anew",
        ),
        pytest.param("def f(self, z): return vars(self)", {"block f: ? **"}, id="of-no-receiver"),
        pytest.param(
            "class A:\n    def f(self): return self.x.y",
            {"block A.f: @ x", "block A.f: ? y", "block A.f: ? &y"},
            id="attribute-of-the-receiver",
        ),
        pytest.param(
            "class A:\n    def f(self): return super().f()",
            {"block A.f: ^ f", "block A.f: - super"},
            id="attribute-of-the-other-bases",
        ),
        pytest.param(
            "def super(): pass\nclass A:\n    def f(self): return super().f()",
            {"block A.f: ? f"},
            id="attribute-of-what-is-called-super",
        ),
        pytest.param("def f(): A.g(1)", {"block f: ? g", "block f: ? @g"}, id="given-an-object"),
        pytest.param("class a: pass\na.g(1)", {"effect: ? @g"}, id="given-an-object-to-a-class"),
        pytest.param(
            "class A:\n    def f(z, self): return vars(self)",
            {"block A.f: ? **"},
            id="of-another-parameter",
        ),
        pytest.param("x = vars(y)", {"variable x: ? **"}, id="vars"),
        pytest.param("x = type('X', (y,), {})", {"variable x: types new_class"}, id="type"),
        pytest.param("def f():\n    return globals()", {"block f: - **"}, id="globals"),
        pytest.param("x = dir()", {"variable x: - **"}, id="dir"),
        pytest.param("x = eval(y)", {"variable x: ? **:*", "variable x: - **:*"}, id="eval"),
        pytest.param("import m\nx = getattr(m, y)", {"variable x: m **:*"}, id="of-a-module"),
        pytest.param(
            "import m\nx = getattr(m, 'y')", {"variable x: m y", 'variable x: " y'}, id="literal"
        ),
        pytest.param(
            "import m\npatch.object(m, 'y', 1)", {"effect: m y", 'effect: " y'}, id="patch"
        ),
    ],
)
def test_what_is_referred_to(source: str, expected: set[str]) -> None:
    """A reference names what is looked up, where it is looked up, and the unit that does."""
    assert references(source) >= expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # -- statements that share a line
        (
            "x = [\n    A,\n    B]; y = C",
            {"variable x: - A", "variable x: - B", "variable y: - B", "variable y: - C"},
        ),
        ("x = A; y = [\n    B]", {"variable x: - A", "variable y: - B"}),
        (
            "if A: x = B",
            {"effect: - A", "effect: - B", "variable x: - A", "variable x: - B"},
        ),
        (
            "if A:\n    x = B\nelse: y = C",
            {"effect: - A", "variable x: - B", "variable y: - C"},
        ),
        # -- headers of several lines
        (
            "def f():\n    def g(\n        x=A,\n        y=B):\n        C\n    return D",
            {"block f: - A", "block f: - B", "block f: - D", "block f.<locals>.g: - C"},
        ),
        (
            "def f():\n    @a(\n        A)\n    @b\n    def g(x=B): pass",
            {"block f: - a", "block f: - A", "block f: - b", "block f: - B"},
        ),
        (
            "@a(\n    A)\n@b\nclass C(\n    B,\n    m=M): x = X",
            {"decorators C: - A", "bases C: - B", "bases C: - M", "variable C.x: - X"},
        ),
        (
            "@a(\n    A)\ndef f(\n    x: T = X,\n): Y",
            {"decorators f: - A", "defaults f: - X", "annotations f: - T", "block f: - Y"},
        ),
        ("if (A and\n    B):\n    x = X", {"effect: - A", "effect: - B", "variable x: - X"}),
        ("def f():\n    if (A and\n        B): C", {"block f: - B", "block f: - C"}),
        (
            "def f():\n    with (A as a,\n          B as b):\n        C",
            {"block f: - A", "block f: - B", "block f/0: - C"},
        ),
        # -- suites
        (
            "def f():\n    if A:\n        B\n    elif C:\n        D\n    else:\n        E",
            {"block f: - A", "block f/0: - B", "block f/1: - C", "block f/1/0: - D"}
            | {"block f/1/1: - E"},
        ),
        (
            "def f():\n    try:\n        A\n    except (B,\n            C) \\\n        as d:\n        D",
            {"block f/0: - A", "block f: - B", "block f: - C", "block f/1: - D"},
        ),
        (
            "def f(o):\n    match o:\n        case A.a | (\n            B.b): C\n        case _ if D:\n            E",
            {"block f: - A", "block f: - B", "block f: - C", "block f: - D", "block f/1: - E"},
        ),
        # -- texts of several lines
        ("x = (\n    'A'\n    'B'); y = '''\n{0.C}'''", {'variable x: " AB', "variable y: ? C"}),
        ("def f():\n    '''A'''\n    '''\n    B\n    '''; C", {'doc f: " A', "block f: - C"}),
    ],
)
def test_where_it_is_referred_to(source: str, expected: set[str]) -> None:
    """A reference is of the units of its own line, however statements are laid out."""
    assert references(source) >= expected


@pytest.mark.parametrize(
    ("source", "absent"),
    [
        ("x = [\n    A,\n    B]; y = C", {"variable y: - A"}),
        (
            "def f():\n    def g(\n        x=A):\n        B",
            {"block f.<locals>.g: - A", "block f: - B"},
        ),
        ("def f():\n    if A:\n        B\n    C", {"block f: - B", "block f/0: - C"}),
    ],
)
def test_where_it_is_not_referred_to(source: str, absent: set[str]) -> None:
    """Neighbouring lines are of other units."""
    assert references(source).isdisjoint(absent)


@pytest.mark.parametrize(
    ("source", "absent"),
    [
        ("def f(a):\n    b = a\n    return b", {"block f: - a", "block f: - b"}),
        ("x = type(y)", {"variable x: types new_class"}),
        ("def f(a): return [b for b in a]", {"block f: - a", "block f: - b"}),
        ("def f(): pass", {"signature f: - f", "block f: - f"}),
        ("import m\nx = getattr(m, 'y')", {"variable x: m **", "variable x: m **:*"}),
        ("x = getattr(y, 'z')", {"variable x: ? **", "variable x: ? **:*"}),
        ("x = 'not a name!'", {'variable x: " name!'}),
        (f"x = '{'a' * 121}'", {f'variable x: " {"a" * 121}'}),
        ("x = b'name'", {'variable x: " name'}),
        ("# name\nx = 1", {"variable x: - name"}),
        ("if TYPE_CHECKING:\n    import a", {"import a: - a"}),
        ("def f(x=A): return B", {"block f: - A", "defaults f: - B"}),
        ("def f(y=C): return lambda x=A: B", {"defaults f: - A", "defaults f: - B"}),
    ],
)
def test_what_is_not_referred_to(source: str, absent: set[str]) -> None:
    """Local names, texts that are no names and comments refer to nothing."""
    assert references(source).isdisjoint(absent)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import m\nx = m", {"variable x: - &m"}),
        ("import m\nf(m)", {"effect: - &m"}),
        ("import m\nx = m.y", {"variable x: m &y"}),
        ("def g(): return f", {"block g: - &f"}),
        ("x = [f]", {"variable x: - &f"}),
    ],
)
def test_uses_as_a_value(source: str, expected: set[str]) -> None:
    """A name that is passed on may be looked into by whoever gets it."""
    assert references(source) >= expected


@pytest.mark.parametrize(
    ("source", "absent"),
    [
        ("import m\nx = m.y()", {"variable x: - &m", "variable x: m &y"}),
        ("x = f()", {"variable x: - &f"}),
        ("import m\nsetattr(m, 'x', 1)", {"effect: - &m"}),
    ],
)
def test_uses_on_the_spot(source: str, absent: set[str]) -> None:
    """A name that is called, or looked into by a known name, goes nowhere else."""
    assert references(source).isdisjoint(absent)


def test_what_libcst_does_not_read() -> None:
    """A file that Python reads and libcst does not is refused, so that it counts as unread."""
    content = b"x = 1\n"

    with pytest.raises(UnreadSource):
        find_references(b"x = (\n", parse_outline(content))
