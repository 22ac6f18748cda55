"""Expressions that can neither fail nor act, and the others."""

import ast

import pytest

from impact_select.outline.bindings import Bound
from impact_select.outline.evaluate import is_inert, is_plain_annotation

# What a module bound before the expression.
BOUND = {
    "ONE": 1,
    "TEXT": "abc",
    "f": Bound(),
    "datetime": Bound("datetime"),
    "Decimal": Bound("decimal.Decimal"),
    "Fraction": Bound("fractions.Fraction"),
    "Path": Bound("pathlib.Path"),
    "re": Bound("re"),
    "logging": Bound("logging"),
    "TypeVar": Bound("typing.TypeVar"),
    "t": Bound("typing"),
    "cabc": Bound("collections.abc"),
    "threading": Bound("threading"),
    "own": Bound(".own.Decimal"),
    "int": Bound(),
}


def expression(text: str) -> ast.expr:
    """Parse one expression."""
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    "text",
    [
        # They call something unknown, or look something up.
        "g()",
        "f()",
        "f.x",
        "f.upper()",
        "TEXT.upper(f)",
        "TEXT.encode('no-such-codec')",
        "TEXT.format(ONE)",
        "' '.join(f)",
        "logging.DEBUG",
        "re.NOTHING",
        "TEXT[0]",
        "TEXT[5:]",
        "own('1')",
        "int('1')",
        "ONE('1')",
        "datetime('1')",
        "missing.Decimal('1')",
        "logging.getLogger(f())",
        "own.Any",
        "t.missing",
        "t.Union[own, str]",
        "t.Union[missing, str]",
        "t.Union[own.X, str]",
        "t.Union[int, str]",
        "own[str]",
        "f[str]",
        "own | None",
        "TypeVar('T', bound=f)",
        "TypeVar(TEXT)",
        "TypeVar('T', **{})",
        "f.g[str]",
        # They fail.
        "1 / 0",
        "None | None",
        "str | 'A'",
        "str | 1",
        "t.Union[1, (2,)]",
        "t.Union['a b', str]",
        "t.Union[t.Union, str]",
        "t.Callable[str]",
        "t.Dict[str]",
        "bytes[str]",
        "t.Literal[f]",
        "TypeVar('T', str)",
        "TypeVar('T', bound=(1,))",
        "1 // 0",
        "1 % 0",
        "1 << -1",
        "1 + 'a'",
        "ONE + TEXT",
        "-'a'",
        "~1.5",
        "{[]}",
        "{[]: 1}",
        "{**1}",
        "Decimal('a')",
        "Decimal('1') + 1.5",
        "Fraction(1, 0)",
        "re.compile('(')",
        "float('a')",
        "datetime.timedelta(days='a')",
        "len(1)",
        "Path(1)",
        # They may fail with a value that is not known here.
        "f + 1",
        "1 + missing",
        "-f",
        "not f",
        "f or 1",
        "1 and f and 2",
        "1 if f else 2",
        "{f}",
        "{f: 1}",
        "f'{f}'",
        "len(f)",
        # They may take any time or space.
        "10 ** 10 ** 10",
        "2 ** 2",
        "'a' * 10 ** 9",
        "10 ** 9 * 'a'",
        "[0] * 5000",
        "1 << 10 ** 6",
        "'%999999999d' % 1",
        "f'{1:999999999}'",
        # They unpack, compare, iterate, suspend or bind.
        "[*f]",
        "{**f}",
        "Decimal(*'1')",
        "Decimal(**{})",
        "1 < 2",
        "1 in f",
        "[x for x in TEXT]",
        "(x for x in TEXT)",
        "(x := 1)",
        "lambda x=f(): x",
        "lambda *, x=f(): x",
    ],
)
def test_expressions_that_may_fail_or_act(text: str) -> None:
    """Whatever is not shown to be harmless is not inert."""
    assert not is_inert(expression(text), BOUND)


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "'a'",
        "b'a'",
        "1.5j",
        "None",
        "...",
        "f",
        "missing",
        "(f, 1)",
        "[f, [1, 2]]",
        "{1, 'a', (2,)}",
        "{'a': f, 1: []}",
        "{}",
        "-1",
        "~1",
        "not 1",
        "ONE + 1",
        "TEXT + 'd'",
        "TEXT * 3",
        "(1, 2) + (3,)",
        "60 * 60 * 24",
        "7 // 2 - 7 % 2 + 1 / 2",
        "1 | 2 & 4 ^ 8",
        "1 << 20 >> 3",
        "{1} | {2}",
        "ONE or f",
        "f if ONE else f",
        "f'{ONE}-{TEXT!r}'",
        "lambda x, y=1: f(x / 0)",
        "datetime.timedelta(days=7, hours=ONE)",
        "Decimal('1.5')",
        "Decimal('1') * 2",
        "Fraction(1, 3)",
        "Path('a')",
        "Path('a') / 'b'",
        "re.compile('a+', 2)",
        "frozenset({1, 2})",
        "tuple([1])",
        "dict(a=1)",
        "len('abc')",
        "object()",
        "logging.getLogger('a')",
        "TypeVar('T', bound=str)",
        "t.Any",
        "t.Optional[str]",
        "t.Callable[..., t.Any]",
        "t.Union['Response', str, list[t.Any], t.Mapping[str, bytes]]",
        "t.Literal['a', 1]",
        "cabc.Callable[[bytes], dict[str, tuple[str, ...]]]",
        "bytes | list[str] | None",
        "Path | None",
        "{'a': t.List[bytes]}",
        "t.NewType('N', bytes)",
        "t.ParamSpec('P')",
        "threading.Lock()",
        "re.compile('a b', re.ASCII | re.VERBOSE)",
        "re.compile('a b', flags=re.I)",
        "TEXT.upper()",
        "'a b'.split()",
        "', '.join(['a', TEXT])",
    ],
)
def test_inert_expressions(text: str) -> None:
    """Constants, names, containers of them, and well-known constructors are inert."""
    assert is_inert(expression(text), BOUND)


def test_no_expression() -> None:
    """A declaration without a value does nothing."""
    assert is_inert(None, BOUND)


def test_after_a_star_import() -> None:
    """A star import may have bound any name, those of builtins included."""
    assert not is_inert(expression("len('a')"), {"*": Bound()})
    assert is_inert(expression("len('a')"), {})


@pytest.mark.parametrize(
    "text",
    [
        "a.B",
        "f()",
        "Own[int]",
        "list[a.B]",
        "list[f()]",
        "dict[str, Own[int]]",
        "'A' | int",
        "int | 'A'",
        "1 + 2",
        "int if x else str",
        "lambda: 1",
        "Callable[[a.B], int]",
    ],
)
def test_annotations_that_may_fail(text: str) -> None:
    """Look-ups in other modules, and subscripts of unknown classes, may fail."""
    assert not is_plain_annotation(expression(text))


@pytest.mark.parametrize(
    "text",
    [
        "int",
        "None",
        "'Forward'",
        "typing.Any",
        "list[int]",
        "dict[str, list['A']]",
        "tuple[int, ...]",
        "typing.Optional[int]",
        "Literal['a', 1]",
        "Annotated[int, f()]",
        "int | None",
        "Own | list[int] | None",
        "Callable[[int], str]",
        "Callable[..., None]",
    ],
)
def test_plain_annotations(text: str) -> None:
    """Names and the usual generics cannot fail, if the names are bound."""
    assert is_plain_annotation(expression(text))
