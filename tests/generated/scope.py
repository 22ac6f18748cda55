"""What the names of a module mean, as far as the model can tell."""

from dataclasses import dataclass

from tests.generated.model import (
    Binding,
    Class,
    Function,
    Import,
    Module,
    Program,
)


@dataclass(frozen=True)
class Thing:
    """A name that code can use.

    Attributes:
        spelled: How the code writes it.
        item: What it means; a module for a module.
    """

    spelled: str
    item: Function | Class | Binding | Module

    @property
    def cost(self) -> int:
        """A bound of the calls that one use makes."""
        match self.item:
            case Function() | Binding():
                return self.item.cost
            case Class():
                return max([method.cost for method in self.item.methods()], default=1) + 2
        return 1


def things_in(
    program: Program, module: Module, before: object = None, depth: int = 3
) -> dict[str, Thing]:
    """Give what a module's names mean.

    Args:
        program: Where it is.
        module: The one that looks.
        before: Only what stands before this item.
        depth: Imports that are followed.
    """
    found: dict[str, Thing] = {}
    for item in module.items:
        if item is before:
            break
        match item:
            case Function() | Class() | Binding():
                found[item.name] = Thing(item.name, item)
            case Import():
                found.update(_imported(program, item, depth))
    return found


def exported(program: Program, module: Module, depth: int = 3) -> dict[str, Thing]:
    """Give what a star import from a module brings."""
    found = things_in(program, module, depth=depth)
    listed = next((item for item in module.bindings() if item.name == "__all__"), None)
    if listed is not None:
        return {name: thing for name, thing in found.items() if f'"{name}"' in listed.value}
    return {name: thing for name, thing in found.items() if not name.startswith("_")}


def members_of(program: Program, cls: Class) -> dict[str, Function | Binding]:
    """Give what an instance of a class has, nearest definitions first."""
    found: dict[str, Function | Binding] = {}
    for one in program.lineage(cls):
        for item in one.body:
            if isinstance(item, Function | Binding):
                found.setdefault(item.name, item)
    return found


def subclasses_of(program: Program, cls: Class) -> list[Class]:
    """Give the classes below a class."""
    return [
        one
        for module in program.modules
        for one in module.classes()
        if one is not cls and cls in program.lineage(one)
    ]


def _imported(program: Program, item: Import, depth: int) -> dict[str, Thing]:
    source = program.module(item.source)
    if source is None or not depth:
        return {}
    if item.form == "module":
        here = item.names[0][1]
        return {here: Thing(here, source)}
    if item.form == "star":
        return exported(program, source, depth - 1)
    there = things_in(program, source, depth=depth - 1)
    return {here: Thing(here, there[name].item) for name, here in item.names if name in there}
