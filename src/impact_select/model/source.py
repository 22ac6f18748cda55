"""The outline of one version of one source file: what in it can change by itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from impact_select.model.ids import Fingerprint

GUARDED: Final = "/?"
"""Stands in the place of a suite that an error may end while what is around goes on."""


class UnitKind(StrEnum):
    """What a unit is; BLOCK runs when it is called, all others when the module is imported."""

    BLOCK = "block"
    VARIABLE = "variable"
    IMPORT = "import"
    EFFECT = "effect"
    DECORATORS = "decorators"
    SIGNATURE = "signature"
    DEFAULTS = "defaults"
    ANNOTATIONS = "annotations"
    BASES = "bases"
    DOC = "doc"


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest thing that can change by itself, and that a test can have run.

    Attributes:
        kind: What it is.
        symbol: PEP 3155 qualified name of its symbol: for a block, of the function; for
            a part of a header, of the function or class that it defines; for a variable,
            an import or an effect, of the class around it. Empty for the module itself.
        names: What it binds in the scope of its symbol. A star import binds `*`.
        key: Its place, the same in every version in which the place exists.
        fingerprint: Digest of its code without comments, layout and nested suites.
        inert: True when evaluating it can neither fail nor act on anything else, as
            long as the names in it are bound.
        loads: The names that evaluating it reads, without those that it binds itself;
            empty for a block.
        typed: True for a variable that is a type, for checkers, as long as all that it
            takes is; evaluating it can then neither fail nor act.
        takes: Names and attributes (dotted, as written) that it takes for types.
        annotates: True for a variable that is annotated, and bound to nothing.
        makes: What evaluating it calls (dotted, as written): of a variable, where it is inert
            but for that; of decorators, in their arguments.
    """

    kind: UnitKind
    symbol: str
    names: tuple[str, ...]
    key: str
    fingerprint: Fingerprint
    inert: bool = True
    loads: tuple[str, ...] = ()
    typed: bool = False
    takes: tuple[str, ...] = ()
    annotates: bool = False
    makes: tuple[str, ...] = ()

    @property
    def is_conditional(self) -> bool:
        """Whether it stands in a suite that may be passed by."""
        return self.key.startswith(f"{self.symbol}:{self.kind.value}:/")

    @property
    def is_guarded(self) -> bool:
        """Whether an error may end the suite around it, and the module goes on."""
        return GUARDED in self.key

    @property
    def acts(self) -> bool:
        """Whether evaluating it, where that succeeds, may act on anything else."""
        return not self.inert and (not self.typed or any("." in name for name in self.takes))

    def is_as_typed(self, before: "Unit") -> bool:
        """Tell whether it takes nothing for a type that an earlier version did not."""
        taken = () if before.inert else before.takes
        return self.typed and {*taken}.issuperset(self.takes)


class Shown(StrEnum):
    """What code can read of a function or class that it has got hold of.

    SIGNATURE are parameters, defaults and annotations, DOC is the docstring.
    """

    SIGNATURE = "signature"
    DOC = "doc"


class Reuse(StrEnum):
    """How a place that stores is passed by when there is something already.

    NEVER stores each time; BRANCH stands in a branch that is then not taken, or after a way
    out that then is; WITHIN is decided inside of its block, which runs all the same; NAME
    runs only when the attribute is missing, and LOOKUP when any attribute or item is.
    """

    NEVER = "never"
    BRANCH = "branch"
    WITHIN = "within"
    NAME = "name"
    LOOKUP = "lookup"


class Holder(StrEnum):
    """What holds something that is stored.

    OBJECT is the receiver of a method; CALL is a variable of a call of the function
    around; SHARED is a variable of a module, a class, or an object that came from elsewhere.
    """

    OBJECT = "object"
    CALL = "call"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Fill:
    """A place where a function stores something that may outlive its call.

    Attributes:
        name: Of the variable or attribute that holds it.
        line: 1-based.
        reuse: How later callers may find it filled.
        holder: What keeps it.
        plain: True when it sets the variable or attribute itself, not something in it.
        sources: Where what it stores into comes from, if that decides whether it outlives
            the call.
        attributes: What the function takes that to have.
        around: First and last line of what may run only to fill it: the outermost branch that
            it stands in, or else the function.
        own: True when an attribute `name` of the receiver holds it.
    """

    name: str
    line: int
    reuse: Reuse
    holder: Holder
    plain: bool
    sources: tuple[str, ...] | None = None
    attributes: tuple[str, ...] = ()
    around: tuple[int, int] | None = None
    own: bool = False

    @property
    def is_in_receiver(self) -> bool:
        """Whether it is an attribute of the receiver that holds it, or will."""
        return self.own or self.reuse is Reuse.NAME

    @property
    def is_met(self) -> bool:
        """Whether the objects that a call has tell who may find it filled."""
        ways = {Reuse.BRANCH, Reuse.WITHIN}
        return self.own and self.holder is Holder.OBJECT and self.reuse in ways


@dataclass(frozen=True, slots=True)
class Handing:
    """How a function hands things on.

    A *source* is `(` and the name of a parameter, `.` and the name of a variable of the module,
    `.` for what something else holds, `@` and the name of an attribute for what the receiver
    holds, `@` for the receiver, or the last name of a function that returns it.

    Attributes:
        keeps: Attributes that it sets, or puts something into, of whatever objects.
        sets: Attributes that it sets to something that was there before, and the source.
        calls: Attributes that it calls, or has called.
        passes: What it passes on that was there before: the last name of what it calls,
            the place (index or keyword), and the source.
        returns: Sources of what it returns or yields.
        defers: Names in the factories of tables that it makes (`defaultdict`).
        generates: True when a call of it makes a generator.
    """

    keeps: tuple[str, ...] = ()
    sets: tuple[tuple[str, str], ...] = ()
    calls: tuple[str, ...] = ()
    passes: tuple[tuple[str, str, str], ...] = ()
    returns: tuple[str, ...] = ()
    defers: tuple[str, ...] = ()
    generates: bool = False


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """A function or method.

    Attributes:
        qualname: PEP 3155 qualified name, numbered from the second one of a name on.
        first_line: 1-based; the first decorator's line, as `co_firstlineno` has it.
        decorators: Dotted names as written, without call arguments; `?` for others.
        fixture: The name under which pytest knows it as a fixture, if it does.
        autouse: True when it may be an autouse fixture.
        parameters: Names of its parameters, in order.
        fills: Where it keeps state outside the objects that it creates.
        handing: How it hands on what may be code.
        wraps: True when it acts on nothing but the function that it is called with.
        bare: Those of its decorators that are written without a call, by a name that
            the module binds once, for good.
        keeps: Where a constructor keeps its arguments and new containers, if it does no more:
            the attributes of its object. None for any other function.
    """

    qualname: str
    first_line: int
    decorators: tuple[str, ...]
    fixture: str | None
    autouse: bool
    parameters: tuple[str, ...]
    fills: tuple[Fill, ...] = ()
    handing: Handing = Handing()
    wraps: bool = False
    bare: tuple[str, ...] = ()
    keeps: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """A class.

    Attributes:
        qualname: As in FunctionFacts.
        first_line: 1-based; the first decorator's line.
        decorators: As in FunctionFacts.
        bases: Dotted names as written, without subscripts; `?` for other expressions, and
            once more where the function around may bind one of the names to anything.
        keywords: Names of the class keywords, such as `metaclass`.
        subscripted: The bases that are written with a subscript.
    """

    qualname: str
    first_line: int
    decorators: tuple[str, ...]
    bases: tuple[str, ...]
    keywords: tuple[str, ...]
    subscripted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportFact:
    """One name of one import statement, at any depth.

    Attributes:
        unit: Index of the unit that it stands in.
        level: Number of leading dots.
        module: The module part as written, without the dots; may be empty.
        name: What is taken from it: empty for `import module`, `*` for all.
        bound: The name that it binds.
    """

    unit: int
    level: int
    module: str
    name: str
    bound: str


@dataclass(frozen=True, slots=True)
class LineUnit:
    """Lines first..last (1-based, both ends included) belong to the unit at an index."""

    first: int
    last: int
    unit: int


@dataclass(frozen=True, slots=True)
class Outline:
    """The units of one version of one file, in source order.

    A unit is named by its index in `units` wherever sets of units are kept.
    """

    units: tuple[Unit, ...]
    functions: tuple[FunctionFacts, ...]
    classes: tuple[ClassFacts, ...]
    lines: tuple[LineUnit, ...]
    imports: tuple[ImportFact, ...]

    @property
    def definitions(self) -> tuple[FunctionFacts | ClassFacts, ...]:
        """All functions and classes."""
        return (*self.functions, *self.classes)

    def decorators_of(self, symbol: str) -> tuple[str, ...]:
        """Return the decorators of a function or class, by its numbered qualified name."""
        for facts in self.definitions:
            if facts.qualname == symbol:
                return facts.decorators
        return ()

    def wraps(self, name: str) -> bool:
        """Tell whether a name is a function of the module that only wraps."""
        return any(facts.qualname == name and facts.wraps for facts in self.functions)

    @property
    def postpones_annotations(self) -> bool:
        """Whether annotations are not evaluated (`from __future__ import annotations`)."""
        return any(unit.key.startswith(":effect:future:annotations") for unit in self.units)

    @property
    def loaded(self) -> int:
        """The index that stands for "the module was executed at all"."""
        return len(self.units)


def plain_name(qualname: str) -> str:
    """Return a qualified name without the numbers that tell equals apart."""
    if "#" not in qualname:
        return qualname
    return ".".join(part.partition("#")[0] for part in qualname.split("."))


def top_symbol(qualname: str) -> str:
    """Return the first part of a qualified name: the name that the module binds."""
    return qualname.partition(".")[0]
