"""Source text becomes units: which lines, which names, which keys."""

import sys
from dataclasses import replace

import pytest
from tests.unit.builders import block_lines, outline, unit_lines

from impact_select.model.source import ClassFacts, FunctionFacts, ImportFact, Outline
from impact_select.model.source import UnitKind as Kind
from impact_select.outline.parse import UnparsedSource, parse_outline


def fingerprints(source: str) -> dict[str, str]:
    """Give the fingerprint of every unit by its key."""
    return {unit.key: unit.fingerprint for unit in outline(source).units}


def changed(before: str, after: str) -> set[str]:
    """Give the keys that only one version has, or that have another fingerprint."""
    one, two = fingerprints(before), fingerprints(after)
    return {key for key in one.keys() | two.keys() if one.get(key) != two.get(key)}


def uninert(source: str) -> set[str]:
    """Give the keys of the units that may fail or act."""
    return {unit.key for unit in outline(source).units if not unit.inert}


# -- blocks: what lines can tell apart inside a function -----------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            """
            def f(x):
                y = x
                return y
            """,
            ["3,4 f"],
            id="straight",
        ),
        pytest.param(
            """
            def f(x):
                if x:
                    a()
                elif y:
                    b()
                else:
                    c()
                return x
            """,
            ["3,9 f", "4 f/0", "5,7 f/1", "6 f/1/0", "8 f/1/1"],
            id="if-elif-else",
        ),
        pytest.param(
            """
            def f(x):
                a()
                if x: return 1
                b()
                for y in x:
                    if y:
                        continue
                    c()
                d()
            """,
            ["3,4 f", "4 f/0", "5,6,10 f>", "7 f/0", "8 f/0/0", "9 f/0>"],
            id="ways-out",
        ),
        pytest.param(
            """
            def f(x):
                with x:
                    if x:
                        raise ValueError
                    a()
                b()
            """,
            ["3 f", "4 f/0", "5 f/0/0", "6 f/0>", "7 f>"],
            id="raise",
        ),
        pytest.param(
            """
            def f(x):
                while x:
                    break
                def g():
                    return 1
                return 2
            """,
            ["3,5,7 f", "4 f/0", "6 f.<locals>.g"],
            id="no-way-out",
        ),
        pytest.param(
            """
            def f(x):
                for y in x:
                    a()
                else:
                    b()
            """,
            ["3,5 f", "4 f/0", "6 f/1"],
            id="for-else",
        ),
        pytest.param(
            """
            def f(x):
                while x:
                    a()
                else:
                    b()
            """,
            ["3,5 f", "4 f/0", "6 f/1"],
            id="while-else",
        ),
        pytest.param(
            """
            def f(x):
                try:
                    a()
                except ValueError as error:
                    b()
                except KeyError:
                    c()
                else:
                    d()
                finally:
                    e()
            """,
            ["3,5,7,9,11 f", "4 f/0", "6 f/1", "8 f/2", "10 f/3", "12 f/4"],
            id="try-except-else-finally",
        ),
        pytest.param(
            """
            def f(x):
                try:
                    a()
                except* ValueError:
                    b()
            """,
            ["3,5 f", "4 f/0", "6 f/1"],
            id="except-star",
        ),
        pytest.param(
            """
            def f(x):
                with a() as b, \\
                     c() as d:
                    e()
            """,
            ["3-4 f", "5 f/0"],
            id="with-on-two-lines",
        ),
        pytest.param(
            """
            async def f(x):
                async with x:
                    a()
                async for y in x:
                    b()
            """,
            ["3,5 f", "4 f/0", "6 f/0"],
            id="async",
        ),
        pytest.param(
            """
            def f(x):
                match x:
                    case 1:
                        a()
                    case [y, *_] if y:
                        b()
                    case _:
                        c()
            """,
            ["3-4,6,8 f", "5 f/0", "7 f/1", "9 f/2"],
            id="match",
        ),
        pytest.param(
            """
            def f(x):
                for y in x:
                    if y:
                        a()
                    b()
            """,
            ["3 f", "4,6 f/0", "5 f/0/0"],
            id="nested",
        ),
    ],
)
def test_suites_are_blocks(source: str, expected: list[str]) -> None:
    """Each suite on lines of its own is a block; the headers belong to the block around it."""
    assert block_lines(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(x): return x", ["1 f"]),
        ("def f(x):\n    if x: a()\n    return 2", ["2,3 f", "2 f/0"]),
        ("def f(x):\n    if (x and\n        y): return 1", ["2-3 f", "2-3,3 f/0"]),
        ("def f(x):\n    for y in x: a(); b()", ["2 f", "2 f/0"]),
        ("def f(x):\n    try: a()\n    except E: b()", ["2-3 f", "2 f/0", "3 f/1"]),
        (
            "def f(x):\n    try: a()\n    except (E,\n            F): b()",
            ["2-4 f", "2 f/0", "3-4,4 f/1"],
        ),
        ("def f(x):\n    with a as b, \\\n         c as d: e()", ["2-3 f", "2-3,3 f/0"]),
        (
            "def f(x):\n    match x:\n        case [1,\n              2]: a()",
            ["2-4 f", "2-4,4 f/0"],
        ),
        (
            "def f(x):\n    match x:\n        case 1 if (y or\n                   z): a()",
            ["2-4 f", "2-4,4 f/0"],
        ),
        # No line event tells `else:` apart from what follows it on its line.
        ("def f(x):\n    if x: a()\n    else: b()", ["2 f", "2 f/0", "3 f/1"]),
    ],
)
def test_a_suite_on_the_line_of_its_header_has_the_lines_of_both(
    source: str, expected: list[str]
) -> None:
    """Lines cannot tell such a suite from its header: who ran one is taken to have run both."""
    assert block_lines(source) == expected


@pytest.mark.parametrize(
    ("joined", "apart"),
    [
        (
            "def f(x):\n    if x: return 1\n    a()",
            "def f(x):\n    if x:\n        return 1\n    a()",
        ),
        ("def f(x):\n    while x: a(); b()", "def f(x):\n    while x:\n        a()\n        b()"),
        (
            "def f(x):\n    try: a()\n    except E as e: b()\n    finally: c()",
            "def f(x):\n    try:\n        a()\n    except E as e:\n        b()\n    finally:\n        c()",
        ),
        (
            "def f(x):\n    def g(): return x\n    return g",
            "def f(x):\n    def g():\n        return x\n    return g",
        ),
        ("def f(x):\n    class C: y = x", "def f(x):\n    class C:\n        y = x"),
        (
            "def f(x):\n    match x:\n        case 1: import a",
            "def f(x):\n    match x:\n        case 1:\n            import a",
        ),
        ("if a: b = 1\nelse: import c", "if a:\n    b = 1\nelse:\n    import c"),
        ("for a in b: c[a] = 1; d = a", "for a in b:\n    c[a] = 1\n    d = a"),
        ("class A: b = 1; c: int", "class A:\n    b = 1\n    c: int"),
        ("class A:\n    if b: c = 1", "class A:\n    if b:\n        c = 1"),
    ],
)
def test_units_do_not_depend_on_where_suites_begin(joined: str, apart: str) -> None:
    """A formatter that moves suites to lines of their own changes no unit, and no order of them."""
    one, two = outline(joined), outline(apart)

    assert one.units == two.units
    assert one.imports == two.imports


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            """
            def f(x):
                @wraps(x)
                def g(y=1):
                    return y
                return g
            """,
            ["3-4,6 f", "5 f.<locals>.g"],
            id="local-function",
        ),
        pytest.param(
            """
            def f(x):
                def g(): return 1
                return g
            """,
            ["3,4 f", "3 f.<locals>.g"],
            id="local-function-on-one-line",
        ),
        pytest.param(
            """
            def f(x):
                if x:
                    def g():
                        return 1
                else:
                    def g():
                        return 2
            """,
            ["3,6 f", "4 f/0", "5 f.<locals>.g", "7 f/1", "8 f.<locals>.g#2"],
            id="two-local-functions-of-one-name",
        ),
        pytest.param(
            """
            def f(x):
                class C(Base):
                    y = 1
                    def m(self):
                        return 2
                return C
            """,
            ["3,7 f", "4,5 f.<locals>.C", "6 f.<locals>.C.m"],
            id="local-class",
        ),
        pytest.param(
            """
            def f(x):
                return [
                    y
                    for y in x
                ], lambda: 1
            """,
            ["3-6 f"],
            id="comprehensions-and-lambdas-are-no-symbols",
        ),
    ],
)
def test_local_definitions(source: str, expected: list[str]) -> None:
    """The header of a local definition runs in the function around it; its body is apart."""
    assert block_lines(source) == expected


# -- module and class level -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            """
            RATE = 0.2
            a, (b, *c) = 1, (2, 3)
            one = two = 3
            x: int
            x: int = 1
            x += 1
            """,
            [
                "2 variable RATE",
                "3 variable a,b,c",
                "4 variable one,two",
                "5 variable x",
                "6 variable x",
                "7 variable x",
            ],
            id="variables",
        ),
        pytest.param(
            """
            a.b = 1
            c[0] = 2
            print(RATE)
            del RATE
            assert a
            """,
            ["2 effect", "3 effect", "4 effect", "5 effect RATE", "6 effect"],
            id="effects",
        ),
        pytest.param(
            """
            import a.b, c as d
            from . import e
            from ..f import g as h, i
            from j import *
            """,
            ["2 import a", "2 import d", "3 import e", "4 import h", "4 import i", "5 import *"],
            id="imports",
        ),
        pytest.param(
            """
            try:
                import a
            except ImportError:
                a = None
            """,
            ["2,4 effect", "3 import a", "5 variable a"],
            id="optional-import",
        ),
        pytest.param(
            """
            for name in names:
                table[name] = 1
                def last(): return name
            """,
            ["2 effect name", "3 effect", "4 signature last/0", "4 block last"],
            id="loop",
        ),
        pytest.param(
            """
            with a() as (b, c), d:
                e = 1
            """,
            ["2 effect b,c", "3 variable e"],
            id="with",
        ),
        pytest.param(
            """
            match a:
                case [b, *c]:
                    d = 1
                case {"e": f, **g} as h:
                    i = 1
            """,
            ["2-3,5 effect b,c,f,g,h", "4 variable d", "6 variable i"],
            id="match",
        ),
        pytest.param(
            "if a: b = 1", ["1 effect", "1 variable b"], id="suite-on-the-line-of-its-header"
        ),
        pytest.param("if a:\n    pass\nelse: b = 1", ["1 effect", "3 variable b"], id="else"),
        pytest.param("1\n'text'\npass\n...", [], id="nothing"),
    ],
)
def test_module_level(source: str, expected: list[str]) -> None:
    """Each statement that runs on import is a unit by itself, with the names that it binds."""
    assert unit_lines(outline(source)) == expected


def test_a_header_in_parts() -> None:
    """Decorators, defaults, annotations and the signature change by themselves."""
    found = outline("""
        @cached
        @retry(times=3)
        async def f(
            a: int,
            b=1,
            *rest: str,
            c=2,
            **others,
        ) -> float:
            '''Doc.'''
            return a
    """)

    assert unit_lines(found) == [
        "2-10 signature f",
        "2,3 decorators f",
        "6,8 defaults f",
        "5,7,10 annotations f",
        "11 doc f",
        "12 block f",
    ]


def test_a_class_in_parts() -> None:
    """A class has its header, its docstring, its attributes and its methods."""
    found = outline("""
        @register
        class C(Base, metaclass=Meta):
            '''Doc.'''
            x = 1
            y: int = 2
            class Inner:
                z = 3
            def m(self):
                return 4
            print(x)
    """)

    assert unit_lines(found) == [
        "2-3 bases C",
        "2 decorators C",
        "4 doc C",
        "5 variable C.x",
        "6 variable C.y",
        "7 bases C.Inner",
        "8 variable C.Inner.z",
        "9 signature C.m",
        "10 block C.m",
        "11 effect C",
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("'''Module.'''\nx = 1", ["1 doc", "2 variable x"]),
        ("def f():\n    '''Only.'''", ["1 signature f", "2 doc f", "1,2 block f"]),
        ("class C:\n    '''Only.'''", ["1 bases C", "2 doc C"]),
        ("def f():\n    b'no text'", ["1 signature f", "2 block f"]),
        ("def f():\n    f'{x}'", ["1 signature f", "2 block f"]),
    ],
)
def test_docstrings(source: str, expected: list[str]) -> None:
    """A docstring is no part of the code; the line of one that is alone stands for a call."""
    assert unit_lines(outline(source)) == expected


def test_what_only_type_checkers_run() -> None:
    """The suite under `if TYPE_CHECKING` is no code, the one under its `else` is."""
    found = outline("""
        if TYPE_CHECKING:
            import a
        elif x:
            b = 1
        if typing.TYPE_CHECKING:
            import c
        else:
            d = 1
    """)

    assert unit_lines(found) == ["4 effect", "5 variable b", "9 variable d"]


def test_the_main_guard() -> None:
    """What runs only in a script is a function of its own, so that imports do not run it."""
    found = outline("""
        if __name__ == "__main__":
            main()
            if x:
                y()
    """)

    assert unit_lines(found) == ["3,4 block <main>", "5 block <main>/0"]


@pytest.mark.parametrize(
    "source",
    [
        "if __name__ == '__main__':\n    a()\nelse:\n    b()",
        "if __name__ != '__main__':\n    a()",
        "if not TYPE_CHECKING:\n    a()",
        "if TYPE_CHECKING or x:\n    a()",
    ],
)
def test_conditions_that_run_on_import(source: str) -> None:
    """Only the plain guard is known not to run on import, and only the plain check never."""
    assert "2 effect" in unit_lines(outline(source))


# -- keys -----------------------------------------------------------------------------------


def test_definitions_of_one_name_are_numbered() -> None:
    """From the second one of a name on, a symbol carries its number."""
    found = outline("""
        class C:
            @property
            def size(self): return 1
            @size.setter
            def size(self, value): pass
        class C:
            def size(self): return 2
        x = 1
        x = 2
        print()
        print()
    """)

    assert [facts.qualname for facts in found.definitions] == [
        "C.size",
        "C.size#2",
        "C#2.size",
        "C",
        "C#2",
    ]
    assert [unit.key for unit in found.units if unit.kind is Kind.VARIABLE] == [
        ":variable::x",
        ":variable::x#2",
    ]
    effects = [unit.key for unit in found.units if unit.kind is Kind.EFFECT]
    assert effects[1] == f"{effects[0]}#2"


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    if a:\n        b()\n    if a:\n        b()",
        "def f(): return 1\ndef f(): return 1",
        "x = 1\nx = 1\nx = 1",
        "import a.b\nimport a.c\nimport a.b",
        "if a:\n    x = 1\nif a:\n    x = 1",
        "if a:\n    def f(): pass\nelse:\n    def f(): pass",
    ],
)
def test_keys_are_unique(source: str) -> None:
    """Two units never share a key, however equal they are."""
    keys = [unit.key for unit in outline(source).units]

    assert len(set(keys)) == len(keys)


MUST_CHANGE = [
    pytest.param("x = 1", "x = True", id="a-number-is-no-truth-value"),
    pytest.param("x = 1", "x = 1.0", id="nor-a-float"),
    pytest.param("x = 0.0", "x = -0.0", id="nor-the-other-zero"),
    pytest.param("x = 'a'", "x = b'a'", id="text-is-no-bytes"),
    pytest.param("x = (a, b)", "x = [a, b]", id="a-tuple-is-no-list"),
    pytest.param("x = a - (b - c)", "x = a - b - c", id="brackets-that-count"),
    pytest.param("x = a if b else c", "x = c if b else a", id="the-parts-of-a-choice"),
    pytest.param("x = f'{a!r}'", "x = f'{a}'", id="a-conversion"),
    pytest.param("x = f'{a:3}'", "x = f'{a:4}'", id="a-format"),
    pytest.param("def f(a, b): 1", "def f(b, a): 1", id="the-order-of-parameters"),
    pytest.param("def f(a, /, b): 1", "def f(a, b): 1", id="the-kind-of-a-parameter"),
    pytest.param("def f(a, *, b): 1", "def f(a, b): 1", id="a-keyword-only-parameter"),
    pytest.param("def f(*a): 1", "def f(**a): 1", id="a-collecting-parameter"),
    pytest.param("def f(a, b=1): 1", "def f(a=1, b=1): 1", id="one-default-more"),
    pytest.param("def f(*, a=1, b): 1", "def f(*, a, b=1): 1", id="whose-default-it-is"),
    pytest.param("def f(a: int, b): 1", "def f(a, b: int): 1", id="whose-annotation-it-is"),
    pytest.param("def f(a: int): 1", "def f(a) -> int: 1", id="an-annotation-of-the-result"),
    pytest.param("def f(): 1", "async def f(): 1", id="async"),
    pytest.param("@a\n@b\ndef f(): 1", "@b\n@a\ndef f(): 1", id="the-order-of-decorators"),
    pytest.param("class C(A, B): 1", "class C(B, A): 1", id="the-order-of-bases"),
    pytest.param("class C(A): 1", "class C(metaclass=A): 1", id="a-base-is-no-metaclass"),
    pytest.param("class C(a=B): 1", "class C(b=B): 1", id="the-name-of-a-class-keyword"),
    pytest.param("import a.b", "import a.c", id="another-submodule"),
    pytest.param("from a import b", "from .a import b", id="a-relative-import"),
    pytest.param("from a import b", "from c import b", id="another-module"),
    pytest.param("import a as c", "import b as c", id="another-module-of-that-name"),
    pytest.param("import a", "import a as a", id="a-self-alias"),
    pytest.param("def f():\n    a()\n    b()", "def f():\n    b()\n    a()", id="order"),
    pytest.param("def f():\n    global x\n    x = 1", "def f():\n    x = 1", id="global"),
    pytest.param("def f():\n    return\n    yield", "def f():\n    return", id="dead-yield"),
    pytest.param(
        "def f():\n    if a:\n        b()",
        "def f():\n    if not a:\n        pass\n    else:\n        b()",
        id="an-else-instead",
    ),
    pytest.param(
        "def f():\n    for a in b:\n        c()\n    d()",
        "def f():\n    for a in b:\n        c()\n    else:\n        d()",
        id="else-of-a-loop",
    ),
    pytest.param(
        "def f():\n    try:\n        a()\n    except A:\n        b()",
        "def f():\n    try:\n        a()\n    except B:\n        b()",
        id="another-exception",
    ),
    pytest.param(
        "def f():\n    try:\n        a()\n    finally:\n        b()",
        "def f():\n    try:\n        a()\n    except:\n        b()",
        id="finally-is-no-handler",
    ),
    pytest.param(
        "def f():\n    match a:\n        case 1:\n            b()",
        "def f():\n    match a:\n        case 2:\n            b()",
        id="another-pattern",
    ),
    pytest.param(
        "def f():\n    @a\n    def g():\n        b()",
        "def f():\n    def g():\n        b()",
        id="a-decorator-of-a-local-function",
    ),
    pytest.param(
        "def f():\n    def g(a=1):\n        b()",
        "def f():\n    def g(a=2):\n        b()",
        id="a-default-of-a-local-function",
    ),
    pytest.param(
        "def f():\n    class C(A):\n        b = 1",
        "def f():\n    class C(B):\n        b = 1",
        id="a-base-of-a-local-class",
    ),
    pytest.param(
        "def f():\n    def g():\n        'a'\n        b()",
        "def f():\n    def g():\n        'b'\n        b()",
        id="a-docstring-of-a-local-function",
    ),
]


@pytest.mark.parametrize(("before", "after"), MUST_CHANGE)
def test_different_code_differs(before: str, after: str) -> None:
    """What another program compiles to changes the fingerprint or the key of some unit."""
    assert changed(before, after)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax is new in Python 3.12")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("class C: 1", "class C[T]: 1"),
        ("class C[T]: 1", "class C[*T]: 1"),
        ("class C[T: int]: 1", "class C[T: str]: 1"),
        ("def f(): 1", "def f[T](): 1"),
        ("def f[T: int](): 1", "def f[T: str](): 1"),
        ("type X = int", "type X = str"),
    ],
)
def test_type_parameters_differ(before: str, after: str) -> None:
    """Type parameters are part of a header: `C[int]` works only with them."""
    assert changed(before, after)


MUST_STAY = [
    pytest.param("x = 1  # one", "x = 1", id="comment"),
    pytest.param("x = 1\n\n\n\ny = 2", "x = 1\ny = 2", id="blank-lines"),
    pytest.param("x = 'a'", 'x = """a"""', id="quotes"),
    pytest.param("x = 'a' 'b'", "x = 'ab'", id="joined-strings"),
    pytest.param("x = u'a'", "x = 'a'", id="prefix"),
    pytest.param(r"x = '\x61'", "x = 'a'", id="escape"),
    pytest.param("x = ((1))", "x = 1", id="parentheses"),
    pytest.param("x = 0x10", "x = 16", id="number-base"),
    pytest.param("x = 1_000", "x = 1000", id="digit-groups"),
    pytest.param("x = f(1, 2,)", "x = f(\n    1,\n    2,\n)", id="line-breaks"),
    pytest.param("from a import (b, c)", "from a import b, c", id="import-parentheses"),
    pytest.param("from a import b, c", "from a import b\nfrom a import c", id="import-lines"),
    pytest.param("x = 1; y = 2", "x = 1\ny = 2", id="semicolon"),
    pytest.param("def f():\n  a()", "def f():\n        a()", id="indentation"),
    pytest.param("def f(a, b,): 1", "def f(a, b): 1", id="trailing-comma"),
    pytest.param("def f(): a()", "def f():\n    a()", id="one-line-function"),
    pytest.param("class C(): x = 1", "class C:\n    x = 1", id="empty-bases"),
    pytest.param("x = 1  # type: int", "x = 1", id="type-comment"),
    pytest.param("if a: pass\nx = 1", "if a: pass\nx = (\n 1)", id="after-others"),
    pytest.param("def f():\n    'a'\n    b()", "def f():\n    '''a'''\n\n    b()", id="docstring"),
]


@pytest.mark.parametrize(("before", "after"), MUST_STAY)
def test_formatting_keeps_every_fingerprint(before: str, after: str) -> None:
    """Comments and layout are no part of any unit."""
    assert changed(before, after) == set()


def test_exchanged_suites_change() -> None:
    """Exchanging what `if` and `else` do changes both of their blocks, and no other."""
    before = "def f(x):\n    if x:\n        a()\n    else:\n        b()\n    return x"
    after = "def f(x):\n    if x:\n        b()\n    else:\n        a()\n    return x"
    blocks = [unit.key for unit in outline(before).units if unit.kind is Kind.BLOCK]

    assert changed(before, after) == set(blocks[1:])


def test_a_moved_suite_keeps_its_key() -> None:
    """A suite that moves with its header changes only the block around it."""
    before = "def f(x):\n    if x:\n        a()\n    b()"
    after = "def f(x):\n    b()\n    if x:\n        a()"

    assert changed(before, after) == {"f:block:"}


def test_a_changed_header_renames_its_suites() -> None:
    """Suites under another condition are other places, and the block around changes too."""
    before = "def f(x):\n    if x:\n        a()\n    b()"
    after = "def f(x):\n    if not x:\n        a()\n    b()"
    (inner,) = (key for key in fingerprints(before) if "/" in key)
    (other,) = (key for key in fingerprints(after) if "/" in key)

    assert changed(before, after) == {"f:block:", inner, other}


def test_a_docstring_is_apart_from_the_code() -> None:
    """Another docstring changes neither the signature nor a block."""
    before = "def f():\n    'a'\n    return 1"

    assert changed(before, "def f():\n    'b'\n    return 1") == {"f:doc:"}
    assert changed(before, "def f():\n    return 1") == {"f:doc:"}


# -- facts ----------------------------------------------------------------------------------


def test_function_facts() -> None:
    """A function knows its first line, its decorators and its parameters."""
    found = outline("""
        @functools.cache
        @table["x"]
        def f(a, /, b, *c, d, **e):
            global seen
            seen = a
    """)

    (facts,) = found.functions
    assert [(fill.name, fill.line) for fill in facts.fills] == [("seen", 6)]
    assert replace(facts, fills=()) == FunctionFacts(
        qualname="f",
        first_line=2,
        decorators=("functools.cache", "?"),
        fixture=None,
        autouse=False,
        fills=(),
        parameters=("a", "b", "d", "c", "e"),
    )


@pytest.mark.parametrize(
    ("decorator", "fixture", "autouse"),
    [
        ("pytest.fixture", "f", False),
        ("fixture", "f", False),
        ("pytest_asyncio.fixture", "f", False),
        ("pytest.fixture()", "f", False),
        ("pytest.fixture(name='g')", "g", False),
        ("pytest.fixture(autouse=True)", "f", True),
        ("pytest.fixture(autouse=False)", "f", False),
        # Whatever is not plainly False may be true.
        ("pytest.fixture(autouse=FLAG)", "f", True),
        ("property", None, False),
        ("pytest.mark.slow", None, False),
    ],
)
def test_fixtures(decorator: str, fixture: str | None, autouse: bool) -> None:
    """A fixture is known by its decorator, under the name that pytest knows."""
    (facts,) = outline(f"@{decorator}\ndef f(): pass").functions

    assert (facts.fixture, facts.autouse) == (fixture, autouse)


def test_class_facts() -> None:
    """A class knows its bases without their parameters, and the names of its keywords."""
    found = outline("""
        @dataclass(frozen=True)
        class C(Generic[T], a.B, make(), metaclass=M, **more):
            pass
    """)

    assert found.classes == (
        ClassFacts(
            "C",
            2,
            ("dataclass",),
            bases=("Generic", "a.B", "?"),
            keywords=("metaclass", "?"),
            subscripted=("Generic",),
        ),
    )


def test_import_facts() -> None:
    """Imports at any depth name the unit that runs them."""
    found = outline("""
        import a.b
        def f():
            from ..c import d as e
            if x: import g
            try:
                import h
            finally:
                pass
            def inner():
                import i
    """)
    by_key = {unit.key.partition("/")[0]: index for index, unit in enumerate(found.units)}
    joined, nested = (index for index, unit in enumerate(found.units) if unit.key.endswith(".0"))

    assert set(found.imports) == {
        ImportFact(by_key[":import::a:a.b"], 0, "a.b", "", "a"),
        ImportFact(found.units.index(_block(found, "f")), 2, "c", "d", "e"),
        ImportFact(joined, 0, "g", "", "g"),
        ImportFact(nested, 0, "h", "", "h"),
        ImportFact(found.units.index(_block(found, "f.<locals>.inner")), 0, "i", "", "i"),
    }


def _block(found: Outline, symbol: str) -> object:
    return next(unit for unit in found.units if unit.kind is Kind.BLOCK and unit.symbol == symbol)


def test_imports_in_a_suite_on_the_line_of_its_header() -> None:
    """Such an import is a unit of its own, as on any other line."""
    found = outline("if a: import b")

    assert found.units[1].kind is Kind.IMPORT
    assert found.imports == (ImportFact(1, 0, "b", "", "b"),)


# -- inertness in context -------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "A = 'a'\nB = A + 1",
        "A = {}\nB = A['a']",
        "A = 1\nA = f()\nB = A + 1",
        "A = 1\nif X: A = 'a'\nB = A + 1",
        "A = 1\nif X:\n    A = 'a'\nB = A + 1",
        "A = 1\nfor A in 'a': pass\nB = A + 1",
        "A = 1\nfrom m import A\nB = A + 1",
        "A = 1\ndef A(): pass\nB = A + 1",
        "A = 1\nclass A: pass\nB = A + 1",
        "A = 1\nwith f() as A: pass\nB = A + 1",
        "A = 1\ndel A\nB = A + 1",
        "A = 1\nA += 'a'\nB = A + 1",
        "A, C = 1, 2\nB = A + f()",
        "from m import int\nB = int('1')",
        "def int(x): print(x)\nB = int('1')",
        "from .paths import Path\nB = Path('a')",
        "import decimals as decimal\nB = decimal.Decimal('1')",
        "B: list[missing.x] = []",
    ],
)
def test_variables_that_may_fail_or_act(source: str) -> None:
    """An expression is inert only with what is known of the names in it at that point."""
    assert ":variable::B" in uninert(source)


@pytest.mark.parametrize(
    "source",
    [
        "A = 1\nB = A + 1",
        "A = 'a'\nB = A + 'b'",
        "from pathlib import Path\nB = Path('a')",
        "import pathlib\nB = pathlib.Path('a')",
        "import datetime as dt\nB = dt.timedelta(days=1)",
        "from decimal import Decimal as D\nB = D('1.5')",
        "import re\nB = re.compile('a+')",
        "from typing import TypeVar\nB = TypeVar('B')",
        "B: int = 1",
        "B: 'list[int] | None' = None",
        "B: dict[str, int] = {}",
        "B = int('1')",
    ],
)
def test_inert_variables(source: str) -> None:
    """Constants, and well-known constructors of constants, only bind a name."""
    assert ":variable::B" not in uninert(source)


# -- what is no Python ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (b"x = 1\ndef f(:\n", 2),
        (b"x = '\n", 1),
        (b"# coding: no-such-codec\n", 0),
        (b"x = 1\0\n", 0),
        (b"return 1 +\n", 1),
    ],
)
def test_unparsed_sources(source: bytes, line: int) -> None:
    """A text that is no Python is refused, with the line where it stops being some."""
    with pytest.raises(UnparsedSource) as caught:
        parse_outline(source)

    assert caught.value.line == line


def test_bytes_that_are_no_text() -> None:
    """Bytes that do not decode are refused like any other mistake."""
    with pytest.raises(UnparsedSource):
        parse_outline(b"x = '\xff'\n")


@pytest.mark.parametrize(
    "source",
    [
        f"x = {'(' * 1000}{')' * 1000}",
        f"x = {'+'.join('1' * 20000)}",
        f"x = {'-' * 20000}1",
    ],
)
def test_sources_that_nest_too_deeply(source: str) -> None:
    """What this interpreter cannot walk is refused, not crashed on."""
    with pytest.raises(UnparsedSource):
        parse_outline(source.encode())


def test_huge_numbers() -> None:
    """A number with more digits than Python likes to print is only a number."""
    large = f"x = 0x{'f' * 5000}"

    assert changed(large, f"{large}0")
    assert changed(large, large) == set()
    assert unit_lines(outline(f"{large}\ny = f'{{x}}'")) == ["1 variable x", "2 variable y"]


@pytest.mark.filterwarnings("error")
def test_warnings_of_the_compiler() -> None:
    """A text that compiles with a warning is outlined, and the warning is left to others."""
    assert unit_lines(outline(r"x = '\d'")) == ["1 variable x"]


def test_other_encodings() -> None:
    """A coding line counts, and so does a byte-order mark."""
    latin = "# coding: latin-1\nx = 'é'\n".encode("latin-1")
    marked = "x = 'é'\n".encode("utf-8-sig")

    assert (
        parse_outline(latin).units[0].fingerprint
        == parse_outline(marked).units[0].fingerprint
        == parse_outline("x = 'é'\n".encode()).units[0].fingerprint
    )


def test_an_empty_file() -> None:
    """Nothing has no units; `loaded` is the number after the last unit."""
    assert outline("") == Outline((), (), (), (), ())
    assert outline("").loaded == 0
    assert outline("x = 1").loaded == 1


def test_a_postponed_annotation_reads_nothing() -> None:
    """`from __future__ import annotations` keeps annotations as texts."""
    read = outline("x: Later = EARLIER\n").units[0]
    kept = outline("from __future__ import annotations\nx: m.Later = EARLIER\n").units[1]

    assert read.loads == ("EARLIER", "Later")
    assert kept.loads == ("EARLIER",)
    assert kept.inert


def test_annotations_of_variables_of_functions() -> None:
    """Python does not evaluate them, except in a class."""
    in_function, in_class = (
        [
            [unit.fingerprint for unit in outline(text.replace("T", name)).units]
            for name in ("int", "str")
        ]
        for text in (
            "def f():\n    x: T = 1\n    y: T\n",
            "def f():\n    class C:\n        x: T = 1\n",
        )
    )

    assert in_function[0] == in_function[1]
    assert in_class[0] != in_class[1]
