"""Programs, and two ways to write each of them down."""

from random import Random

from hypothesis import strategies as st

# A program is a tuple of statements, each (kind, parts...); expressions likewise. A suite
# is a tuple of statements, never empty.
NAMES = ("alpha", "beta", "gamma", "delta")

names = st.sampled_from(NAMES)
_atoms = st.one_of(
    st.tuples(st.just("name"), names),
    st.tuples(st.just("number"), st.integers(0, 300)),
    st.tuples(st.just("text"), st.sampled_from(["", "one", "two words", "é"])),
)
expressions = st.recursive(
    _atoms,
    lambda inner: st.one_of(
        st.tuples(st.just("call"), names, st.lists(inner, max_size=2).map(tuple)),
        st.tuples(st.just("sum"), inner, inner),
        st.tuples(st.just("attribute"), names, names),
        st.tuples(st.just("list"), st.lists(inner, max_size=2).map(tuple)),
    ),
    max_leaves=4,
)
_simple = st.one_of(
    st.tuples(st.just("assign"), names, expressions),
    st.tuples(st.just("do"), names, st.lists(expressions, max_size=2).map(tuple)),
    st.tuples(st.just("import"), names, names),
)


def _compound(inner: st.SearchStrategy[tuple]) -> st.SearchStrategy[tuple]:
    suite = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.tuples(st.just("if"), expressions, suite, st.none() | suite),
        st.tuples(st.just("for"), names, expressions, suite),
        st.tuples(st.just("while"), expressions, suite),
        st.tuples(st.just("try"), suite, names, suite),
        st.tuples(st.just("with"), expressions, names, suite),
        st.tuples(st.just("def"), names, st.sampled_from(["", "Text."]), expressions, suite),
        st.tuples(st.just("class"), names, st.sampled_from(["", "Text."]), suite),
    )


statements = st.recursive(_simple, _compound, max_leaves=10)
suites = st.lists(statements, min_size=1, max_size=4).map(tuple)
programs = st.lists(statements, max_size=5).map(tuple)


class Writer:
    """Writes programs down: plainly, or with all the freedom that a random source gives."""

    def __init__(self, random: Random | None = None) -> None:
        self._random = random

    def program(self, program: tuple) -> str:
        """Give the text of a program."""
        return "\n".join(self._suite(program, "")) + "\n"

    def _chance(self) -> bool:
        return self._random is not None and self._random.random() < 0.4

    def _suite(self, suite: tuple, indent: str) -> list[str]:
        lines: list[str] = []
        for statement in suite:
            if self._chance():
                lines.append(f"{indent}# A comment.")
            if self._chance():
                lines.append("")
            lines += self._statement(statement, indent)
        return lines

    def _inner(self, suite: tuple, indent: str, text: str = "") -> list[str]:
        deeper = indent + " " * (self._random.randint(1, 6) if self._random else 4)
        head = [f"{deeper}{self._text(text)}"] if text else []
        return head + self._suite(suite, deeper)

    def _statement(self, statement: tuple, indent: str) -> list[str]:
        end = "  # Why." if self._chance() else ""
        match statement:
            case ("assign", name, value):
                return [f"{indent}{name} = {self.expression(value)}{end}"]
            case ("do", name, arguments):
                return [f"{indent}{self.expression(('call', name, arguments))}{end}"]
            case ("import", module, name):
                taken = f"({name})" if self._chance() else name
                return [f"{indent}from {module} import {taken}{end}"]
            case ("if", test, body, other):
                lines = [f"{indent}if {self.expression(test)}:{end}", *self._inner(body, indent)]
                if other is not None:
                    lines += [f"{indent}else:", *self._inner(other, indent)]
                return lines
            case ("for", name, value, body):
                head = f"{indent}for {name} in {self.expression(value)}:{end}"
            case ("while", test, body):
                head = f"{indent}while {self.expression(test)}:{end}"
            case ("try", body, name, handler):
                return [
                    f"{indent}try:{end}",
                    *self._inner(body, indent),
                    f"{indent}except {name}:",
                    *self._inner(handler, indent),
                ]
            case ("with", value, name, body):
                head = f"{indent}with {self.expression(value)} as {name}:{end}"
            case ("def", name, text, default, body):
                comma = "," if self._chance() else ""
                head = f"{indent}def {name}(self, x={self.expression(default)}{comma}):{end}"
                return [head, *self._inner(body, indent, text)]
            case ("class", name, text, body):
                head = f"{indent}class {name}{'()' if self._chance() else ''}:{end}"
                return [head, *self._inner(body, indent, text)]
            case _:
                raise AssertionError(statement)
        return [head, *self._inner(body, indent)]

    def expression(self, value: tuple) -> str:
        """Give the text of an expression."""
        text = self._bare(value)
        if self._chance():
            return f"(\n{text}\n)" if self._chance() else f"({text})"
        return text

    def _bare(self, value: tuple) -> str:
        match value:
            case ("name", name):
                return str(name)
            case ("number", number):
                return f"{number:#x}" if self._chance() else str(number)
            case ("text", text):
                return self._text(text)
            case ("call", name, arguments):
                return f"{name}({self._list(arguments)})"
            case ("sum", left, right):
                return f"({self.expression(left)} + {self.expression(right)})"
            case ("attribute", name, attribute):
                return f"{name}.{attribute}"
            case ("list", items):
                return f"[{self._list(items)}]"
            case _:
                raise AssertionError(value)

    def _list(self, items: tuple) -> str:
        between = ",\n" if self._chance() else ", "
        text = between.join(self.expression(item) for item in items)
        return f"{text}," if items and self._chance() else text

    def _text(self, text: str) -> str:
        quote = self._random.choice(["'", '"', "'''", '"""']) if self._random else '"'
        return f"{quote}{text}{quote}"


def plain(program: tuple) -> str:
    """Write a program down plainly."""
    return Writer().program(program)


def styled(program: tuple, seed: int) -> str:
    """Write a program down in some other style."""
    return Writer(Random(seed)).program(program)
