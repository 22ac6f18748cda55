"""What some blocks of code may reach by name, among what ran.

Calls are not recorded one by one, so what a block may have run is found by the names in it:
functions of such a name, the special methods of a class of such a name, what a variable of
such a name was made from. What a name does not tell, somebody handed in:

- what a function calls by a variable of its own, the code that names the function gave it;
- what is called through an attribute, the code that set the attribute, or that made the
  object.

Code that handed something in counts whenever it ran, on import or in another test; what it
handed in counts only if it ran in the owners that are asked about.
"""

import builtins
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Final, NamedTuple

from pyroaring import BitMap

from impact_select.mapping.class_names import ClassNames, ClassPlace, last_name
from impact_select.model.ids import RepoPath
from impact_select.model.recorded import OwnerKey, OwnerKind, Place, RecordedRun
from impact_select.model.reference import RECEIVER
from impact_select.model.source import FunctionFacts, Outline, UnitKind

LOCAL_CALL: Final = "()"
"""Stands among the names of a unit that calls what a variable of its function holds."""

CONSTRUCTORS: Final = frozenset({"__init__", "__new__", "__post_init__", "__setstate__"})
_BUILT_IN: Final = frozenset(dir(builtins)) - {"__build_class__", "__import__", "super"}
_CLASS_OF: Final = frozenset({"__class__", "type"})
# Their constructors are made from the class's fields.
_FIELDS: Final = frozenset({"attrs", "dataclass", "define", "frozen", "mutable", "s"})


class _Lead(NamedTuple):
    """A name that code leads to.

    Attributes:
        name: The name.
        cls: The class in whose objects it is looked up, where that is known.
        is_over: What is called by it has been called already; only what that left runs now.
    """

    name: str
    cls: ClassPlace | None
    is_over: bool


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What is known of one executed file.

    Attributes:
        outline: Its outline.
        units_by_name: Units that refer to a name.
        globals_by_name: Those of them for which it is a name of the file, or built in, and
            no attribute.
        own_by_name: Those of them for which it is an attribute of the object whose method
            they are, and of nothing else.
    """

    outline: Outline
    units_by_name: Mapping[str, BitMap]
    globals_by_name: Mapping[str, BitMap]
    own_by_name: Mapping[str, BitMap]


def source_facts(outline: Outline, units: Mapping[tuple[str, str], BitMap]) -> SourceFacts:
    """Put together what is known of a file.

    Args:
        outline: Its outline.
        units: The units that refer to a name, per name and root.
    """
    every: dict[str, BitMap] = {}
    attributes: dict[str, BitMap] = {}
    others: dict[str, BitMap] = {}
    for (name, root), found in units.items():
        every[name] = every.get(name, BitMap()) | found
        if root:
            attributes[name] = attributes.get(name, BitMap()) | found
        if root != RECEIVER:
            others[name] = others.get(name, BitMap()) | found
    return SourceFacts(outline, every, _without(every, attributes), _without(every, others))


def _without(every: Mapping[str, BitMap], others: Mapping[str, BitMap]) -> dict[str, BitMap]:
    left = {name: found - others.get(name, BitMap()) for name, found in every.items()}
    return {name: found for name, found in left.items() if found}


class NameIndex:
    """Names of all executed files: who refers to them, and what they lead to.

    Attributes:
        run: What was recorded.
        sources: Facts per file.
        blocks: The blocks of each function.
        functions: Each function, by its file and qualified name.
        fixtures: The names of all fixtures that were used.
        constructors: Those of each class, by its last name.
        referring: Units that refer to a name, per file.
        bound: The units that bind a name on import.
        keepers: The functions that set an attribute, or put something into it.
        setters: Those that set it to something that was there before, and the source.
        sites: Where functions of a name are called with such: the caller, the place, the source.
    """

    def __init__(self, run: RecordedRun, sources: Mapping[RepoPath, SourceFacts]) -> None:
        self.run = run
        self.sources = sources
        self.blocks: dict[tuple[RepoPath, str], BitMap] = {}
        self.constructors: dict[str, set[tuple[RepoPath, str]]] = {}
        self.referring: dict[str, dict[RepoPath, BitMap]] = {}
        self._named: dict[str, set[tuple[RepoPath, str]]] = {}
        self.bound: dict[str, set[Place]] = {}
        self._classes = ClassNames()
        self._names: dict[Place, set[str]] = {}
        self._own: dict[Place, set[str]] = {}
        self._receivers: dict[tuple[RepoPath, str], str] = {}
        self.functions: dict[tuple[RepoPath, str], FunctionFacts] = {}
        self.keepers: dict[str, set[tuple[RepoPath, str]]] = {}
        self._fields: dict[str, set[str]] = {}
        self.sites: dict[str, list[tuple[RepoPath, FunctionFacts, str, str]]] = {}
        self.setters: dict[str, list[tuple[RepoPath, FunctionFacts, str]]] = {}
        self.fixtures = {
            key.name.partition("@")[0].rpartition("::")[2]
            for key in run.owners
            if key.kind is OwnerKind.FIXTURE
        }
        self._callable: dict[RepoPath, BitMap] = {}
        self._leads: dict[tuple[Place, bool], frozenset[int]] = {}
        self._numbers: dict[_Lead, int] = {}
        self._numbered: list[_Lead] = []
        self._handed: dict[str, frozenset[str]] = {}
        self._given: dict[str, frozenset[str]] = {}
        for path, facts in sources.items():
            self._add_names(path, facts)
            self._add_functions(path, facts.outline)
            self._add_classes(path, facts.outline)
        self._owners_by_path: dict[RepoPath, list[OwnerKey]] = {}
        self._ever: dict[RepoPath, BitMap] = {}
        self._on_import: dict[RepoPath, BitMap] = {}
        self._again: dict[RepoPath, BitMap] = {}
        for key, record in run.owners.items():
            for path, units in record.units.items():
                self._owners_by_path.setdefault(path, []).append(key)
                self._ever[path] = self._ever.get(path, BitMap()) | units
                if key.kind is OwnerKind.IMPORT:
                    self._on_import[path] = self._on_import.get(path, BitMap()) | units
                if (key.kind, key.name) != (OwnerKind.IMPORT, path):
                    self._again[path] = self._again.get(path, BitMap()) | units

    def _add_names(self, path: RepoPath, facts: SourceFacts) -> None:
        foreign = self._foreign_names(path, facts.outline)
        for name, units in facts.units_by_name.items():
            self.referring.setdefault(name, {})[path] = units
            # What the file means by a foreign name is none of the project's code.
            dropped = facts.globals_by_name.get(name, BitMap()) if name in foreign else BitMap()
            for unit in units - dropped:
                self._names.setdefault((path, unit), set()).add(name)
        for name, units in facts.own_by_name.items():
            for unit in units:
                self._own.setdefault((path, unit), set()).add(name)

    def _foreign_names(self, path: RepoPath, outline: Outline) -> Set[str]:
        """Return the names that mean something from elsewhere to a file, or are built in."""
        modules = self.run.modules.get(path)
        if modules is None or any(fact.name == "*" for fact in outline.imports):
            return frozenset()
        own = {unit for unit, _ in modules.imports | modules.dynamic}
        foreign = {
            (fact.unit, fact.bound)
            for fact in outline.imports
            if not fact.level
            and fact.unit not in own
            and fact.module.partition(".")[0] in modules.foreign
        }
        bound = {name for unit, name in foreign} | _BUILT_IN
        for unit, found in enumerate(outline.units):
            if found.kind is not UnitKind.BLOCK:
                bound -= {name for name in found.names if (unit, name) not in foreign}
        return bound - _CLASS_OF

    def _add_functions(self, path: RepoPath, outline: Outline) -> None:
        # pytest alone calls these.
        by_runner = {
            function.qualname
            for function in outline.functions
            if function.fixture is not None or is_test(function)
        }
        for unit, found in enumerate(outline.units):
            if found.kind is UnitKind.BLOCK:
                self.blocks.setdefault((path, found.symbol), BitMap()).add(unit)
                if found.symbol in by_runner:
                    continue
                if last_name(found.symbol) == "__init__":
                    holder = last_name(found.symbol.rpartition(".")[0])
                    self.constructors.setdefault(holder, set()).add((path, found.symbol))
                for name in _callers_names(found.symbol):
                    self._named.setdefault(name, set()).add((path, found.symbol))
            else:
                for name in found.names:
                    self.bound.setdefault(name, set()).add((path, unit))
        for function in outline.functions:
            self.functions[path, function.qualname] = function
            for attribute, source in function.handing.sets:
                self.setters.setdefault(attribute, []).append((path, function, source))
            for callee, place, source in function.handing.passes:
                self.sites.setdefault(callee, []).append((path, function, place, source))
            if function.parameters[:1] in {("cls",), ("self",)}:
                self._receivers[path, function.qualname] = function.parameters[0]
            for name in function.handing.keeps:
                self.keepers.setdefault(name, set()).add((path, function.qualname))

    def _add_classes(self, path: RepoPath, outline: Outline) -> None:
        self._classes.add(path, outline, lambda unit: self._names.get((path, unit), set()))
        with_fields = {
            cls.qualname
            for cls in outline.classes
            if any(last_name(some) in _FIELDS for some in cls.decorators)
            or any(last_name(some) == "NamedTuple" for some in cls.bases)
        }
        for found in outline.units:
            if found.kind is UnitKind.VARIABLE and found.symbol in with_fields:
                for name in found.names:
                    self._fields.setdefault(name, set()).add(last_name(found.symbol))

    # -- who ran what ---------------------------------------------------------------

    def owners_of(self, path: RepoPath, units: BitMap) -> list[OwnerKey]:
        """Return the owners that ran any of some units."""
        return [
            key
            for key in self._owners_by_path.get(path, ())
            if self.run.owners[key].units[path].intersect(units)
        ]

    def ran(self, path: RepoPath, symbol: str) -> list[OwnerKey]:
        """Return the owners that ran any block of a function."""
        return self.owners_of(path, self.blocks.get((path, symbol), BitMap()))

    def executed_by(self, owners: Iterable[OwnerKey]) -> dict[RepoPath, BitMap]:
        """Return what some owners ran, with what filled the caches that they used."""
        executed: dict[RepoPath, BitMap] = {}
        for key in self._with_caches(owners):
            for path, units in self.run.owners[key].units.items():
                executed[path] = executed.get(path, BitMap()) | units
        return executed

    def _with_caches(self, owners: Iterable[OwnerKey]) -> set[OwnerKey]:
        found = set(owners)
        pending = list(found)
        while pending:
            new = {
                used
                for used in self.run.owners[pending.pop()].uses - found
                if used.kind is OwnerKind.CACHE and used in self.run.owners
            }
            found |= new
            pending.extend(new)
        return found

    def readers(self, names: Iterable[str]) -> frozenset[OwnerKey]:
        """Return the owners that ran code which refers to some of the names."""
        found: set[OwnerKey] = set()
        for name in names:
            for path, units in self.referring.get(name, {}).items():
                found.update(self.owners_of(path, units & self._called(path)))
        return frozenset(found)

    def _called(self, path: RepoPath) -> BitMap:
        """Return the units of a file that run when they are called."""
        known = self._callable.get(path)
        if known is None:
            units = self.sources[path].outline.units
            blocks = [unit for unit, found in enumerate(units) if found.kind is UnitKind.BLOCK]
            known = self._callable[path] = BitMap(blocks)
        return known

    # -- what is reached -----------------------------------------------------------

    def functions_named(self, name: str) -> Set[tuple[RepoPath, str]]:
        """Return the functions that code which refers to a name may run."""
        return self._named.get(name, set())

    def names_at(self, place: Place) -> Set[str]:
        """Return the names that a unit refers to."""
        return self._names.get(place, set())

    def function(self, path: RepoPath, symbol: str) -> FunctionFacts | None:
        """Return a function by its file and qualified name."""
        return self.functions.get((path, symbol))

    def reached(
        self,
        start: Mapping[RepoPath, BitMap],
        ran: Iterable[OwnerKey],
        found: Iterable[Mapping[RepoPath, BitMap]] = (),
    ) -> dict[RepoPath, BitMap]:
        """Return what some units reach by name among what owners ran.

        Args:
            start: The units.
            ran: The owners.
            found: What others had run for them before.
        """
        executed = dict(self.executed_by(ran))
        for one in found:
            for path, units in one.items():
                executed[path] = executed.get(path, BitMap()) | units
        result = {path: units & executed.get(path, BitMap()) for path, units in start.items()}
        seen: set[int] = set()
        visited: set[tuple[Place, bool]] = set()
        for path, units in start.items():
            for unit in units:
                seen |= self._leads_from((path, unit), executed)
        pending = deque(seen)
        while pending:
            lead = self._numbered[pending.popleft()]
            over = {(place, lead.is_over) for place in self._bound_in(lead.cls, lead.name)}
            for other, symbol in self._named.get(lead.name, ()):
                units = self.blocks[other, symbol] & executed.get(other, BitMap())
                if lead.is_over and self._ends_with_call(other, symbol, lead.name):
                    over.update(((other, unit), True) for unit in units)
                    continue
                new = units - result.get(other, BitMap())
                result[other] = result.get(other, BitMap()) | new
                over.update(((other, unit), False) for unit in new)
            over -= visited
            visited |= over
            for place, is_over in over:
                leads = self._leads_from(place, executed, is_over) - seen
                pending.extend(leads)
                seen |= leads
        return {other: units for other, units in result.items() if units}

    def _ends_with_call(self, path: RepoPath, symbol: str, name: str) -> bool:
        """Tell whether nothing of a function runs any more once a call by a name is over."""
        own = last_name(symbol)
        function = self.functions.get((path, symbol))
        if function is None or function.handing.generates:
            return False
        return own == name or (own in CONSTRUCTORS and "<locals>" not in symbol)

    def _bound_in(self, cls: ClassPlace | None, name: str) -> set[Place]:
        """Return what binds a name, by a class or in a module alone where one is given.

        Of a class it is what its objects may have, too.
        """
        places = self.bound.get(name, set())
        kin = frozenset({cls}) if cls and not cls[1] else cls and self._classes.kin(cls)
        if kin is None:
            return set(places)
        return {
            (path, unit)
            for path, unit in places
            if (path, self.sources[path].outline.units[unit].symbol) in kin
        }

    def _leads_from(
        self, place: Place, executed: Mapping[RepoPath, BitMap], is_over: bool = False
    ) -> frozenset[int]:
        """Return the numbers of the names that a unit leads to, and that lead further.

        What ran on import is over, unless something was kept for later.

        Args:
            place: The unit.
            executed: What ran.
            is_over: Whether it ran when something was made that is used now.
        """
        known = self._leads.get((place, is_over))
        if known is None:
            known = frozenset(
                self._number(lead)
                for lead in self._find_leads(place, executed, is_over)
                if lead.name in self._named or lead.name in self.bound
            )
            if LOCAL_CALL not in self._names.get(place, ()):  # else that depends on what ran
                self._leads[place, is_over] = known
        return known

    def _number(self, lead: _Lead) -> int:
        """Return the number of a lead; sets of numbers are quicker to compare."""
        number = self._numbers.setdefault(lead, len(self._numbered))
        if number == len(self._numbered):
            self._numbered.append(lead)
        return number

    def _find_leads(
        self, place: Place, executed: Mapping[RepoPath, BitMap], is_over: bool
    ) -> set[_Lead]:
        path, unit = place
        found = self.sources[path].outline.units[unit]
        keeps = True
        if found.kind in {UnitKind.VARIABLE, UnitKind.EFFECT}:
            # A function without a name in it is called later.
            is_over = unit not in self._again.get(path, ())
        elif found.kind is not UnitKind.BLOCK:
            keeps = False  # a definition is as its header says, from the first call on
        names = self._leads_to(place, executed)
        bound = set(found.names) if found.kind is UnitKind.VARIABLE and found.symbol else set()
        leads = {
            _Lead(name, None, is_over and not (keeps and f"&{name}" in names))
            for name in names - bound
        }
        # A class binds it; what it binds it to may be the module's of that name.
        leads.update(
            _Lead(name, (path, scope), is_over)
            for name in names & bound
            for scope in (found.symbol, "")
        )
        own = self._own.get(place)
        if own:
            method, *inner = found.symbol.split(".<locals>.")
            # A function in a method may have the object of the method, or of a class in it.
            around = method.rpartition(".")[0] if not any("." in part for part in inner) else ""
            cls = (path, around) if around else None
            leads.update(_Lead(name, cls, is_over and f"&{name}" not in own) for name in own)
        return leads

    def _leads_to(self, place: Place, executed: Mapping[RepoPath, BitMap]) -> set[str]:
        """Return the names that a unit refers to, and those of what was handed to it.

        Those that it looks up in its own object alone are left out.
        """
        path, unit = place
        names = self._names.get(place, set())
        found = self.sources[path].outline.units[unit]
        if found.kind is not UnitKind.BLOCK:
            return names
        own = self._own_classes(path, found.symbol, names)
        parts = found.symbol.split(".<locals>.")
        result = (names - self._own.get(place, set())) | own
        function = self.functions.get((path, found.symbol))
        if function is not None:
            for name in names.intersection(function.handing.calls):
                result |= self._given_to(name)
        if LOCAL_CALL in names:
            result |= self._handed_to(parts[-1], executed)
            for part in parts[:-1]:
                result |= self._handed_before(last_name(part))
            # A variable may be bound in another block than the one that calls it.
            for other in self.blocks[path, found.symbol]:
                for name in self._names.get((path, other), ()):
                    if name[0] == "&" and name[1:] in self.keepers:
                        result |= self._given_to(name[1:])
        return result

    def _handed_to(self, symbol: str, executed: Mapping[RepoPath, BitMap]) -> set[str]:
        """Return the names in code that may have called a function, when it did so just now."""
        names: set[str] = set()
        seen = {last_name(symbol)}
        pending = list(seen)
        while pending:
            name = pending.pop()
            for path, units in self.referring.get(name, {}).items():
                outline = self.sources[path].outline
                for unit in units:
                    kind = outline.units[unit].kind
                    if kind is UnitKind.DECORATORS:
                        names.add(last_name(outline.units[unit].symbol))
                        names |= self._names.get((path, unit), set())
                    elif kind is not UnitKind.BLOCK or unit in executed.get(path, ()):
                        names |= self._handed_by(path, unit, name, seen, pending)
        return names

    def _handed_before(self, name: str) -> frozenset[str]:
        """Return the names in all code that may have called a function or class, at any time."""
        if name not in self._handed:
            self._handed[name] = frozenset()
            self._handed[name] = frozenset(self._handed_to(name, self._ever))
        return self._handed[name]

    def _handed_by(
        self, path: RepoPath, unit: int, callee: str, seen: set[str], pending: list[str]
    ) -> set[str]:
        """Return the names in a unit that calls something; note who else handed that on."""
        symbol = self.sources[path].outline.units[unit].symbol
        names = self._names.get((path, unit), set())
        function = self.functions.get((path, symbol))
        if function is not None and (
            LOCAL_CALL in names
            or any(
                name == callee and source[0] == "(" for name, _, source in function.handing.passes
            )
        ):
            new = {last_name(part) for part in symbol.split(".<locals>.")} - seen
            seen |= new
            pending += new
        return names | self._own_classes(path, symbol, names)

    def _given_to(self, attribute: str) -> frozenset[str]:
        """Return the names in code that may have set what is called through an attribute."""
        if attribute in self._given:
            return self._given[attribute]
        self._given[attribute] = frozenset()
        names: set[str] = set()
        for cls in self._fields.get(attribute, ()):
            for name in self.with_derived(cls):
                names |= self._handed_before(name)
        for path, symbol in self.keepers.get(attribute, ()):
            for unit in self.blocks.get((path, symbol), ()):
                if unit in self._ever.get(path, ()):
                    names |= self._names.get((path, unit), set())
            if not self.functions[path, symbol].parameters[1:]:
                continue
            if last_name(symbol) not in CONSTRUCTORS:
                names |= self._handed_before(last_name(symbol))
                continue
            for name in self.with_derived(last_name(symbol.rpartition(".")[0])):
                names |= self._handed_before(name)
        for path, units in self.referring.get(attribute, {}).items():
            for unit in units:
                if self.sources[path].outline.units[unit].kind is UnitKind.EFFECT:
                    names |= self._names.get((path, unit), set())
        self._given[attribute] = frozenset(names)
        return self._given[attribute]

    def _own_classes(self, path: RepoPath, symbol: str, names: Set[str]) -> frozenset[str]:
        """Return the classes that a unit may have in hand without naming them: its own."""
        method = symbol.partition(".<locals>.")[0]
        receiver = self._receivers.get((path, method))
        asks = not _CLASS_OF.isdisjoint(names)
        calls = asks or LOCAL_CALL in names
        # A metaclass's, which makes the instances.
        makes = last_name(method) == "__call__" and "__call__" in names
        if makes or (calls and receiver == "cls") or (receiver == "self" and asks):
            return self.with_derived(last_name(method.rpartition(".")[0]))
        return frozenset()

    def with_derived(self, name: str) -> frozenset[str]:
        """Return the names of a class, of those that derive from it and that it makes."""
        return self._classes.with_derived(name)

    # -- what holds what -----------------------------------------------------------

    def made_from(self, names: Iterable[str]) -> frozenset[str]:
        """Return names, and those of all variables and classes that may hold such a thing."""
        found = set(names)
        pending = list(found)
        while pending:
            new = set(self._holding(pending.pop())) - found
            found |= new
            pending.extend(new)
        return frozenset(found)

    def _holding(self, name: str) -> Iterator[str]:
        for path, units in self.referring.get(name, {}).items():
            outline = self.sources[path].outline
            for unit in units:
                found = outline.units[unit]
                if found.kind is UnitKind.BASES:
                    yield last_name(found.symbol)
                elif found.kind is not UnitKind.BLOCK:
                    yield from found.names
                elif last_name(found.symbol) in CONSTRUCTORS:
                    yield last_name(found.symbol.rpartition(".")[0])
                elif unit in self._on_import.get(path, ()):
                    yield last_name(found.symbol.partition(".<locals>")[0])

    def put_under(self, cls: str) -> frozenset[str]:
        """Return the names under which classes hold instances of a class, as descriptors do."""
        found: set[str] = set()
        for name in self.with_derived(cls):
            for path, units in self.referring.get(name, {}).items():
                outline = self.sources[path].outline
                for unit in units:
                    some = outline.units[unit]
                    if some.kind in {UnitKind.DECORATORS, UnitKind.VARIABLE, UnitKind.EFFECT}:
                        found.update(some.names)
        return frozenset(found)


def is_test(function: FunctionFacts) -> bool:
    """Tell whether pytest takes a function, or one around it, for a test."""
    return last_name(function.qualname.partition(".<locals>")[0]).startswith("test")


def _callers_names(symbol: str) -> Iterator[str]:
    """Yield the names by which code may come to run a symbol's blocks.

    Those of the functions around it, which hand it out; for a special method, which an
    operator runs, the class.
    """
    for part in symbol.split(".<locals>."):
        yield last_name(part)
    name = last_name(symbol)
    if name.startswith("__") and name.endswith("__"):
        yield last_name(symbol.rpartition(".")[0])
