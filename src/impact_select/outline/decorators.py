"""Decorators whose effect is known: they change nothing but what they decorate."""

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from impact_select.model.source import (
    ClassFacts,
    FunctionFacts,
    ImportFact,
    Outline,
    UnitKind,
)

WrapperImported: TypeAlias = Callable[[ImportFact], bool]
"""Tells whether an import binds a function that only wraps."""

# Each returns the function or class, or a wrapper around it, and acts on nothing else.
_PURE: Final = frozenset(
    {
        "staticmethod",
        "classmethod",
        "property",
        "abstractmethod",
        "abstractproperty",
        "cache",
        "lru_cache",
        "cached_property",
        "wraps",
        "total_ordering",
        "singledispatch",
        "singledispatchmethod",
        "contextmanager",
        "asynccontextmanager",
        "dataclass",
        "final",
        "override",
        "overload",
        "no_type_check",
        "runtime_checkable",
        "unique",
    }
)
_PURE_MODULES: Final = frozenset(
    {"functools", "contextlib", "abc", "typing", "dataclasses", "enum", "t"}
)
_PURE_LAST: Final = frozenset({"setter", "getter", "deleter"})
# They give a function for a function.
_KEEPING: Final = frozenset(
    {"abstractmethod", "contextmanager", "asynccontextmanager", "final", "override"}
    | {"no_type_check"}
)
# The first argument is none, or a class.
_OTHER_RECEIVERS: Final = frozenset({"staticmethod", "classmethod", "singledispatchmethod"})
# They read the docstring, the annotations or the members of what they decorate.
_READERS: Final = frozenset(
    {"dataclass", "singledispatch", "total_ordering", "unique", "runtime_checkable"}
)


def is_pure(decorator: str) -> bool:
    """Tell whether a decorator (dotted, as written) acts on nothing but what it decorates."""
    head, _, last = decorator.rpartition(".")
    if last in _PURE_LAST and head:
        return True
    if last in _PURE and (not head or head in _PURE_MODULES):
        return True
    return is_fixture(decorator) or is_mark(decorator)


def acting(
    facts: FunctionFacts | ClassFacts, outline: Outline, wrapper_imported: WrapperImported
) -> tuple[str, ...]:
    """Return the decorators of a definition that may act on anything but what they decorate.

    Args:
        facts: The definition.
        outline: Of its module.
        wrapper_imported: Asked for decorators that the module imports.
    """
    found: list[str] = []
    gets_function = isinstance(facts, FunctionFacts)
    bare = facts.bare if isinstance(facts, FunctionFacts) else ()
    for name in reversed(facts.decorators):
        if is_pure(name):
            last = name.rpartition(".")[2]
            gets_function = gets_function and (last in _KEEPING or is_mark(name))
            continue
        wraps = outline.wraps(name) or any(
            wrapper_imported(fact)
            for fact in outline.imports
            if fact.bound == name and outline.units[fact.unit].kind is UnitKind.IMPORT
        )
        gets_function = gets_function and name in bare and wraps
        if not gets_function:
            found.append(name)
    return tuple(reversed(found))


def keeps_receiver(decorator: str) -> bool:
    """Tell whether a decorated method is called with the object that it is looked up in."""
    return is_pure(decorator) and decorator.rpartition(".")[2] not in _OTHER_RECEIVERS


def is_property(decorators: Iterable[str]) -> bool:
    """Tell whether a method with some decorators gives a value where an object has its name."""
    return any(
        name in {"property", "cached_property", "functools.cached_property"} for name in decorators
    )


def reads_interface(decorator: str) -> bool:
    """Tell whether a decorator may read annotations or members when it is applied."""
    last = decorator.rpartition(".")[2]
    return not is_pure(decorator) or last in _READERS


def is_abstract(decorator: str) -> bool:
    """Tell whether a decorator keeps classes without an override from being instantiated."""
    return decorator.rpartition(".")[2].startswith("abstract")


def is_fixture(decorator: str) -> bool:
    """Tell whether a decorator makes a pytest fixture."""
    return decorator in {"fixture", "pytest.fixture", "pytest_asyncio.fixture"}


def is_mark(decorator: str) -> bool:
    """Tell whether a decorator is a pytest mark, which concerns only the tests under it."""
    return decorator.startswith("pytest.mark.")


def consumes_members(facts: ClassFacts) -> bool:
    """Tell whether a metaclass or a decorator may read all members of a class.

    Bases are not looked at: whoever knows the hierarchy asks for each class in it.
    """
    return bool(facts.keywords) or any(map(reads_interface, facts.decorators))
