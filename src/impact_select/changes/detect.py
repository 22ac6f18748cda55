"""Two outlines of a file to atomic changes.

Every unit of either outline is looked at: it is the same in both, or it gives a change.
What runs only when it is called (a block) changes by itself. What runs on import changes
what it binds; and where evaluating it could fail or act on something else, it changes the
module's effects too, which concern every test that depends on the module:

- a new expression is not inert (it calls, divides, looks up);
- it reads a name that nothing binds before it, or any more;
- an old expression that may have acted is gone;
- an import that is not known to succeed, or whose module acts, is new;
- a statement moved across others that read it.

What is left out on purpose: the order of imports among themselves, the order of plain
definitions that nothing on module level reads, comments, layout.

Cases: tests/conformance/cases.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from impact_select.changes.elsewhere import Elsewhere, ImportKnown, Quiet
from impact_select.changes.module_effects import bound_names, made_quietly
from impact_select.changes.order import moved
from impact_select.model.changes import AtomicChange, ChangeKind
from impact_select.model.ids import RepoPath
from impact_select.model.source import (
    ClassFacts,
    FunctionFacts,
    Outline,
    Unit,
    UnitKind,
    plain_name,
)
from impact_select.outline.decorators import (
    acting,
    is_abstract,
    is_fixture,
    is_mark,
    is_pure,
    reads_interface,
)
from impact_select.outline.fingerprint import fingerprint, import_text
from impact_select.outline.known_names import ALWAYS_BOUND, is_plain_base

_LOCAL: Final = ".<locals>"
_TEST_SETTINGS: Final = frozenset({"pytestmark", "__test__"})
_COLLECTION_SETTINGS: Final = frozenset(
    {"pytest_plugins", "collect_ignore", "collect_ignore_glob", "load_tests"}
)
_MODULE_HOOKS: Final = frozenset({"__getattr__", "__dir__"})  # PEP 562
_XUNIT: Final = frozenset(
    {
        f"{when}_{what}"
        for when in ("setup", "teardown")
        for what in ("module", "function", "class", "method")
    }
    | {
        "setUp",
        "tearDown",
        "setUpClass",
        "tearDownClass",
        "setUpModule",
        "tearDownModule",
        "asyncSetUp",
        "asyncTearDown",
        "setUpTestData",
    }
)


def detect_changes(
    path: RepoPath,
    old: Outline,
    new: Outline,
    elsewhere: Elsewhere,
) -> tuple[AtomicChange, ...]:
    """List every difference between two versions of a file.

    Args:
        path: The file, for the changes to carry.
        old: What was recorded; units in the result are its indices.
        new: What is there now.
        elsewhere: What is known of other files.

    Returns:
        Atomic changes in source order of the old version; empty when the two differ in
        nothing that any test can notice.
    """
    found = list(_Comparison(path, old, new, elsewhere).changes())
    return tuple(dict.fromkeys(found))


@dataclass(slots=True)
class _Comparison:
    path: RepoPath
    old: Outline
    new: Outline
    elsewhere: Elsewhere

    def changes(self) -> Iterator[AtomicChange]:
        old_functions = _functions(self.old)
        new_functions = _functions(self.new)
        old_classes = _classes(self.old)
        new_classes = _classes(self.new)
        for qualname, facts in old_functions.items():
            if qualname not in new_functions and _holder(qualname) in {"", *new_classes}:
                yield from self.function_gone(facts, old_classes)
        for qualname, facts in new_functions.items():
            if qualname not in old_functions and _holder(qualname) in {"", *old_classes}:
                yield from self.function_new(facts, new_classes)
        for qualname, class_facts in old_classes.items():
            if qualname not in new_classes:
                yield from self.class_gone(class_facts, old_classes)
        for qualname, class_facts in new_classes.items():
            if qualname not in old_classes:
                yield from self.class_new(class_facts, new_classes)
        kept = (old_functions.keys() & new_functions.keys()) | (
            old_classes.keys() & new_classes.keys()
        )
        yield from self.units(frozenset(kept), old_functions, new_functions, new_classes)
        yield from self.order(new_classes)
        yield from self.missing()
        yield from self.late()
        if _loads_of(self.old) != _loads_of(self.new):
            yield self.change(ChangeKind.LOADING)

    def bound(self) -> set[str]:
        """Return the names that the new module binds."""
        return bound_names(self.new)

    def missing(self) -> Iterator[AtomicChange]:
        """Give the module's effects when what runs on import reads a name that is gone."""
        gone = bound_names(self.old) - bound_names(self.new)
        for unit in self.new.units:
            lost = gone.intersection(unit.loads)
            if not lost or (unit.kind is UnitKind.ANNOTATIONS and self.new.postpones_annotations):
                continue
            detail = f"{min(lost)} is not bound any more"
            yield self.change(ChangeKind.EFFECT, unit.symbol, detail=detail)

    def late(self) -> Iterator[AtomicChange]:
        """Give the module's effects when what runs on import reads a name above its binding.

        That of a statement which is new itself, `evaluated` looks at.
        """
        known = {unit.key for unit in self.old.units}
        fresh = {
            name
            for unit in self.new.units
            if unit.key not in known and unit.kind is not UnitKind.BLOCK
            for name in unit.names
        }
        for index, unit in enumerate(self.new.units):
            if unit.key not in known or fresh.isdisjoint(unit.loads):
                continue
            if unit.kind is UnitKind.ANNOTATIONS and self.new.postpones_annotations:
                continue
            name = self.unbound(index, unit)
            if name is not None:
                detail = f"{name} may not be bound here any more"
                yield self.change(ChangeKind.EFFECT, unit.symbol, detail=detail)

    # -- definitions that come and go -------------------------------------------------

    def function_gone(
        self, facts: FunctionFacts, classes: dict[str, ClassFacts]
    ) -> Iterator[AtomicChange]:
        holder, name = _split(facts.qualname)
        units = self.blocks(facts.qualname)
        if facts.fixture is not None:
            kind = ChangeKind.AUTOUSE if facts.autouse else ChangeKind.FIXTURE_ADDED
            yield self.change(kind, facts.qualname, facts.fixture, units)
        elif holder in classes:
            yield self.change(ChangeKind.METHOD_REMOVED, holder, name, units)
            yield from self.abstractness(holder, name, facts.decorators)
        elif name in self.bound():
            yield self.change(ChangeKind.VARIABLE, "", name, units)
        else:
            yield self.change(ChangeKind.FUNCTION_REMOVED, "", name, units)
        yield from self.governing(holder, name)
        yield from self.acting_decorators(facts)

    def function_new(
        self, facts: FunctionFacts, classes: dict[str, ClassFacts]
    ) -> Iterator[AtomicChange]:
        holder, name = _split(facts.qualname)
        if facts.fixture is not None:
            kind = ChangeKind.AUTOUSE if facts.autouse else ChangeKind.FIXTURE_ADDED
            yield self.change(kind, facts.qualname, facts.fixture)
        elif holder in classes:
            yield self.change(ChangeKind.METHOD_ADDED, holder, name)
            yield from self.abstractness(holder, name, facts.decorators)
        else:
            yield self.change(ChangeKind.FUNCTION_ADDED, "", name)
        yield from self.governing(holder, name)
        yield from self.acting_decorators(facts)
        for index, unit in enumerate(self.new.units):
            if unit.symbol == facts.qualname and unit.kind is not UnitKind.BLOCK:
                known = all(is_mark(some) or is_fixture(some) for some in facts.decorators)
                if unit.kind is not UnitKind.DECORATORS or not known:
                    yield from self.evaluated(index, unit)

    def governing(self, holder: str, name: str) -> Iterator[AtomicChange]:
        if name.startswith("pytest_") and not holder:
            yield self.change(ChangeKind.HOOK, "", name)
        if name in _XUNIT:
            yield self.change(ChangeKind.MARKS, holder)
        if name in _MODULE_HOOKS and not holder:
            detail = f"{name} answers for names that the module does not bind"
            yield self.change(ChangeKind.EFFECT, name, detail=detail)

    def abstractness(
        self, holder: str, name: str, decorators: Iterable[str]
    ) -> Iterator[AtomicChange]:
        """Give the class when abstract methods decide whether it can be instantiated."""
        if holder and any(is_abstract(decorator) for decorator in decorators):
            detail = f"whether it can be instantiated depends on {name}"
            yield self.change(ChangeKind.BASES, holder, detail=detail)

    def acting_decorators(self, facts: FunctionFacts | ClassFacts) -> Iterator[AtomicChange]:
        outline = self.old if facts in self.old.definitions else self.new
        for decorator in acting(facts, outline, self.elsewhere.wrapper_imported):
            detail = f"the decorator {decorator} may register it"
            yield self.change(ChangeKind.EFFECT, facts.qualname, detail=detail)

    def acting(self, symbol: str) -> set[str]:
        """Return the decorators of a definition, in any version, that may act on other things."""
        return {
            decorator
            for outline in (self.old, self.new)
            for facts in outline.definitions
            if facts.qualname == symbol
            for decorator in acting(facts, outline, self.elsewhere.wrapper_imported)
        }

    def class_gone(
        self, facts: ClassFacts, classes: dict[str, ClassFacts]
    ) -> Iterator[AtomicChange]:
        holder, name = _split(facts.qualname)
        units = frozenset(
            index
            for index, unit in enumerate(self.old.units)
            if unit.kind is UnitKind.BLOCK and unit.symbol.startswith(f"{facts.qualname}.")
        )
        if holder in classes:
            yield self.change(ChangeKind.ATTRIBUTE, holder, name, units)
        if not holder and name in self.bound():
            yield self.change(ChangeKind.BASES, facts.qualname)
            yield self.change(ChangeKind.VARIABLE, "", name, units)
        else:
            yield self.change(ChangeKind.CLASS_REMOVED, facts.qualname, name, units)
        yield from self.registering(facts, self.elsewhere.was_quiet)

    def class_new(
        self, facts: ClassFacts, classes: dict[str, ClassFacts]
    ) -> Iterator[AtomicChange]:
        holder, name = _split(facts.qualname)
        if holder in classes:
            yield self.change(ChangeKind.ATTRIBUTE, holder, name)
            if facts.bases:
                yield self.change(ChangeKind.BASES, facts.qualname)
        else:
            yield self.change(ChangeKind.CLASS_ADDED, "", name)
        yield from self.registering(facts, self.elsewhere.is_quiet)
        for index, unit in enumerate(self.new.units):
            inside = unit.symbol == facts.qualname or unit.symbol.startswith(f"{facts.qualname}.")
            if not inside or unit.kind in {UnitKind.BLOCK, UnitKind.DECORATORS}:
                continue
            if unit.kind is not UnitKind.BASES or not all(map(is_plain_base, facts.bases)):
                yield from self.evaluated(index, unit)

    def registering(self, facts: ClassFacts, quiet: Quiet) -> Iterator[AtomicChange]:
        yield from self.acting_decorators(facts)
        bases = [base for base in facts.bases if not is_plain_base(base)]
        bases = [base for base in bases if not base.endswith("TestCase")]
        if (bases or facts.keywords) and not quiet(facts):
            shown = ", ".join((*bases, *facts.keywords))
            detail = f"{shown} may register its subclasses"
            yield self.change(ChangeKind.EFFECT, facts.qualname, detail=detail)

    # -- units --------------------------------------------------------------------------

    def units(
        self,
        kept: frozenset[str],
        old_functions: dict[str, FunctionFacts],
        new_functions: dict[str, FunctionFacts],
        new_classes: dict[str, ClassFacts],
    ) -> Iterator[AtomicChange]:
        new_by_key = {unit.key: (index, unit) for index, unit in enumerate(self.new.units)}
        old_keys = {unit.key for unit in self.old.units}
        bound = self.bound()
        for index, unit in enumerate(self.old.units):
            found = new_by_key.get(unit.key)
            if found is not None and found[1].fingerprint == unit.fingerprint:
                yield from self.evaluated_again(unit, *found)
                continue
            if unit.kind is UnitKind.BLOCK:
                if unit.symbol in kept or _LOCAL in unit.symbol or unit.symbol not in old_functions:
                    yield self.change(ChangeKind.BLOCK, unit.symbol, "", frozenset({index}))
                continue
            yield from self.definition(
                index, unit, found, kept, bound, old_functions, new_functions
            )
        for index, unit in enumerate(self.new.units):
            if unit.key in old_keys or unit.kind is UnitKind.BLOCK:
                continue
            yield from self.definition_new(index, unit, kept, new_functions, new_classes)

    def definition(
        self,
        index: int,
        unit: Unit,
        found: tuple[int, Unit] | None,
        kept: frozenset[str],
        bound: set[str],
        old_functions: dict[str, FunctionFacts],
        new_functions: dict[str, FunctionFacts],
    ) -> Iterator[AtomicChange]:
        """Classify a unit of the old version that is gone or different."""
        units = frozenset({index})
        if unit.kind is UnitKind.DOC:
            if unit.symbol in kept or not unit.symbol or _LOCAL in unit.symbol:
                yield self.change(ChangeKind.DOC, unit.symbol)
        elif unit.kind is UnitKind.EFFECT:
            yield self.change(ChangeKind.EFFECT, unit.symbol, "", units)
            for name in unit.names:
                yield self.bound_name(unit, name, units)
        elif unit.kind in {UnitKind.VARIABLE, UnitKind.IMPORT}:
            gone = found is None
            for name in self.rebound(unit):
                if not unit.symbol and gone and name not in bound and name != "*":
                    yield self.change(ChangeKind.VARIABLE_REMOVED, "", name, units)
                else:
                    change = self.bound_name(unit, name, units)
                    yield replace(change, typed=found is not None and self.typed(unit, found[1]))
            same = (
                unit.typed and found is not None and found[1].typed and found[1].takes == unit.takes
            )
            if unit.kind is UnitKind.VARIABLE and unit.acts and not same:
                detail = "evaluating it may have acted on something else"
                yield self.change(ChangeKind.EFFECT, unit.symbol, unit.names[0], detail=detail)
            if found is not None:
                yield from self.evaluated(*found, before=unit)
        elif unit.symbol in kept:
            yield from self.header(unit, old_functions, new_functions)
            if found is not None:
                yield from self.evaluated(*found)

    def evaluated_again(self, before: Unit, index: int, unit: Unit) -> Iterator[AtomicChange]:
        """Give the module's effects when a unit is the same, and what it reads is not."""
        if unit.inert or unit.kind is UnitKind.BLOCK:
            return
        if before.inert or (before.typed and not unit.is_as_typed(before)):
            yield from self.evaluated(index, unit)

    def typed(self, before: Unit, unit: Unit) -> bool:
        """Tell whether a module-level variable was a type and is one, whatever it takes."""
        if not before.typed or (before.inert and before.takes):
            return False
        binding = [
            some
            for some in self.new.units
            if some.kind is not UnitKind.BLOCK and not {*unit.names, "*"}.isdisjoint(some.names)
        ]
        return unit.is_as_typed(before) and binding == [unit] and not unit.symbol

    def definition_new(
        self,
        index: int,
        unit: Unit,
        kept: frozenset[str],
        new_functions: dict[str, FunctionFacts],
        new_classes: dict[str, ClassFacts],
    ) -> Iterator[AtomicChange]:
        """Classify a unit that only the new version has."""
        if unit.kind is UnitKind.DOC:
            if unit.symbol in kept or not unit.symbol or _LOCAL in unit.symbol:
                yield self.change(ChangeKind.DOC, unit.symbol)
        elif unit.kind is UnitKind.EFFECT:
            if unit.symbol and unit.symbol not in kept:
                return  # its class is new
            yield self.change(ChangeKind.EFFECT, unit.symbol)
            for name in unit.names:
                yield self.bound_name(unit, name, frozenset())
        elif unit.kind in {UnitKind.VARIABLE, UnitKind.IMPORT}:
            if unit.symbol and unit.symbol not in kept:
                return
            for name in self.rebound(unit):
                yield self.bound_name(unit, name, frozenset())
            yield from self.evaluated(index, unit)
        elif unit.symbol in kept:
            yield from self.header(unit, new_functions, new_functions)
            yield from self.evaluated(index, unit)

    def rebound(self, unit: Unit) -> tuple[str, ...]:
        """Return the names that a unit may bind to something else than before."""
        if unit.symbol:
            return unit.names
        return tuple(name for name in unit.names if name not in self.elsewhere.unmoved)

    def bound_name(self, unit: Unit, name: str, units: frozenset[int]) -> AtomicChange:
        if name == "*":
            detail = "a star import may bind other names"
            return self.change(ChangeKind.EFFECT, unit.symbol, detail=detail)
        if name in _TEST_SETTINGS:
            return self.change(ChangeKind.MARKS, unit.symbol)
        if name in _COLLECTION_SETTINGS and not unit.symbol:
            return self.change(ChangeKind.HOOK, "", name)
        if unit.symbol:
            return self.change(ChangeKind.ATTRIBUTE, unit.symbol, name, units)
        kind = ChangeKind.IMPORT if unit.kind is UnitKind.IMPORT else ChangeKind.VARIABLE
        return self.change(kind, "", name, units)

    def header(
        self,
        unit: Unit,
        old_functions: dict[str, FunctionFacts],
        new_functions: dict[str, FunctionFacts],
    ) -> Iterator[AtomicChange]:
        """Classify a changed part of the header of a definition in both versions."""
        symbol = unit.symbol
        name = unit.names[0] if unit.names else ""
        blocks = self.blocks(symbol)
        before, after = old_functions.get(symbol), new_functions.get(symbol)
        fixture = (before and before.fixture) or (after and after.fixture)
        match unit.kind:
            case UnitKind.BASES:
                yield self.change(ChangeKind.BASES, symbol, name)
                yield from self.deriving(symbol)
            case UnitKind.DECORATORS:
                yield from self.decorators(symbol, name, blocks)
            case UnitKind.SIGNATURE:
                yield self.change(ChangeKind.SIGNATURE, symbol, name, blocks)
                yield from self.governing(*_split(symbol))
                if fixture:
                    yield self.change(ChangeKind.FIXTURE, symbol, fixture, blocks)
            case UnitKind.DEFAULTS:
                yield self.change(ChangeKind.DEFAULTS, symbol, name, blocks)
            case UnitKind.ANNOTATIONS:
                yield self.change(ChangeKind.ANNOTATIONS, symbol, name)
            case _:
                yield self.change(ChangeKind.UNCLASSIFIED, symbol, name, detail=unit.kind.value)
        if unit.kind in {UnitKind.SIGNATURE, UnitKind.DEFAULTS, UnitKind.ANNOTATIONS}:
            decorators = {
                *(before.decorators if before else ()),
                *(after.decorators if after else ()),
            }
            acting_ones = self.acting(symbol)
            for decorator in sorted(decorators):
                detail = f"the decorator {decorator} may read the header"
                if decorator in acting_ones or (is_pure(decorator) and reads_interface(decorator)):
                    yield self.change(ChangeKind.EFFECT, symbol, detail=detail)
                elif not is_pure(decorator):
                    yield self.change(ChangeKind.DECORATORS, symbol, name, blocks, detail)

    def deriving(self, symbol: str) -> Iterator[AtomicChange]:
        """Give the module's effects when a class derives from something else than before.

        What its old bases do when a class is made is known to the map; what others do is not.
        """
        old = next((facts for facts in self.old.classes if facts.qualname == symbol), None)
        new = next((facts for facts in self.new.classes if facts.qualname == symbol), None)
        if old is None or new is None:
            return
        bases = tuple(base for base in new.bases if base not in old.bases or base == "?")
        if bases or new.keywords or old.keywords:
            derived = replace(new, decorators=(), bases=bases)
            yield from self.registering(derived, self.elsewhere.is_quiet)

    def decorators(self, symbol: str, name: str, blocks: frozenset[int]) -> Iterator[AtomicChange]:
        """Classify changed decorators by what they are."""
        before, after = self.old.decorators_of(symbol), self.new.decorators_of(symbol)
        every = {*before, *after}
        if every and all(is_mark(decorator) for decorator in every):
            yield self.change(ChangeKind.MARKS, symbol)
            return
        names = {
            facts.fixture
            for outline in (self.old, self.new)
            for facts in outline.functions
            if facts.qualname == symbol and facts.fixture is not None
        }
        autouse = any(
            facts.autouse
            for outline in (self.old, self.new)
            for facts in outline.functions
            if facts.qualname == symbol
        )
        if names and all(is_fixture(decorator) or is_mark(decorator) for decorator in every):
            for fixture in sorted(names):
                kind = ChangeKind.FIXTURE
                if autouse:
                    kind = ChangeKind.AUTOUSE
                elif len(names) > 1 or not (before and after):
                    kind = ChangeKind.FIXTURE_ADDED
                yield self.change(kind, symbol, fixture, blocks)
            return
        yield self.change(ChangeKind.DECORATORS, symbol, name, blocks)
        yield from self.abstractness(*_split(symbol), {*before} ^ {*after})
        for decorator in sorted(self.acting(symbol)):
            detail = f"the decorator {decorator} may act on something else"
            yield self.change(ChangeKind.EFFECT, symbol, detail=detail)
        if any(is_mark(decorator) for decorator in every):
            yield self.change(ChangeKind.MARKS, symbol)

    def evaluated(
        self, index: int, unit: Unit, before: Unit | None = None
    ) -> Iterator[AtomicChange]:
        """Give the module's effects when evaluating a new unit may fail or act."""
        name = unit.names[0] if unit.names else ""
        if unit.kind is UnitKind.IMPORT:
            if not _is_known(self.elsewhere.import_known, self.new, index):
                detail = "the import may fail"
                yield self.change(ChangeKind.EFFECT, unit.symbol, name, detail=detail)
            return
        if unit.kind is UnitKind.ANNOTATIONS and self.new.postpones_annotations:
            return
        decorators = self.new.decorators_of(unit.symbol)
        if unit.kind is UnitKind.DECORATORS and all(is_mark(some) for some in decorators):
            return  # it concerns the tests that it marks
        taken = before is not None and unit.is_as_typed(before)
        if not unit.inert and not taken and unit.kind is not UnitKind.BASES:
            detail = f"evaluating {name or 'it'} may fail, or act on something else"
            yield self.change(ChangeKind.EFFECT, unit.symbol, name, detail=detail)
            return
        unbound = self.unbound(index, unit)
        if unbound:
            detail = f"{unbound} may not be bound here"
            yield self.change(ChangeKind.EFFECT, unit.symbol, name, detail=detail)

    def unbound(self, index: int, unit: Unit) -> str | None:
        """Return a name that a unit reads though nothing before it binds the name."""
        bound: set[str] = set()
        for earlier in self.new.units[:index]:
            if earlier.kind is UnitKind.BLOCK:
                continue
            if (
                not earlier.symbol
                or earlier.kind in {UnitKind.SIGNATURE, UnitKind.BASES}
                or unit.symbol.startswith(earlier.symbol)
            ):
                bound.update(earlier.names)
        if "*" in bound:
            return None
        return next((name for name in unit.loads if name not in bound | ALWAYS_BOUND), None)

    # -- order -----------------------------------------------------------------------------

    def order(self, classes: dict[str, ClassFacts]) -> Iterator[AtomicChange]:
        scopes = {"", *classes}
        units = {unit.key: unit for unit in self.new.units}
        doubtful = self.doubtful_imports()
        for scope in sorted(scopes):
            before = _ordered(self.old, scope)
            after = _ordered(self.new, scope)
            for key in sorted(moved(before, after)):
                unit = units[key]
                if scope and unit.kind is UnitKind.VARIABLE:
                    yield self.change(ChangeKind.ATTRIBUTE, scope, unit.names[0], detail="moved")
                crossed = [units[other] for other in _crossed(key, before, after)]
                written = {name for other in crossed for name in other.names}
                read = {name for other in crossed for name in self.statement_loads(other)}
                known = (
                    read.isdisjoint(unit.names)
                    and written.isdisjoint(self.statement_loads(unit))
                    and written.isdisjoint(unit.names)
                )
                if not known or any(map(self.acts, (unit, *crossed))):
                    yield self.moved(scope, unit)
            yield from self.imports_moved(scope, units, doubtful)

    def statement_loads(self, unit: Unit) -> set[str]:
        """Return the names that a statement reads, all parts of a definition's header included."""
        if unit.kind not in {UnitKind.SIGNATURE, UnitKind.BASES}:
            return set(unit.loads)
        inside = f"{unit.symbol}."
        return {
            name
            for other in self.new.units
            if other.symbol == unit.symbol or other.symbol.startswith(inside)
            for name in other.loads
        }

    def doubtful_imports(self) -> frozenset[str]:
        """Return the keys of the imports that may fail, where the module is loaded all the same."""
        return frozenset(
            unit.key
            for index, unit in enumerate(self.new.units)
            if unit.kind is UnitKind.IMPORT
            and unit.is_guarded
            and not _is_known(self.elsewhere.import_known, self.new, index)
        )

    def imports_moved(
        self, scope: str, units: dict[str, Unit], doubtful: frozenset[str]
    ) -> Iterator[AtomicChange]:
        """Look for imports that moved across anything but other imports.

        Where one fails and that is passed by, those after it are not made.
        """
        before = _ordered(self.old, scope, imports=True)
        after = _ordered(self.new, scope, imports=True)
        if before == after:
            return
        for key in sorted({*before} & {*after}):
            unit = units[key]
            if unit.kind is UnitKind.IMPORT and any(
                units[other].kind is not UnitKind.IMPORT
                or other in doubtful
                or _may_rebind(unit, units[other])
                for other in _crossed(key, before, after)
            ):
                yield self.moved(scope, unit)

    def moved(self, scope: str, unit: Unit) -> AtomicChange:
        detail = "it moved across other statements"
        name = unit.names[0] if unit.names else ""
        return self.change(ChangeKind.EFFECT, scope, name, detail=detail)

    def acts(self, unit: Unit) -> bool:
        """Tell whether executing a statement may run code of the module."""
        if unit.kind not in {UnitKind.SIGNATURE, UnitKind.BASES}:
            return not unit.inert
        if self.acting(unit.symbol):
            return True
        if unit.kind is UnitKind.BASES and not all(
            made_quietly(facts, self.elsewhere.is_quiet)
            for facts in self.new.classes
            if facts.qualname == unit.symbol
        ):
            return True  # a base may run code of the module
        kinds = {UnitKind.DEFAULTS, UnitKind.DECORATORS, UnitKind.VARIABLE, UnitKind.EFFECT}
        return any(
            part.kind in kinds and not part.inert
            for part in self.new.units
            if part.symbol == unit.symbol or part.symbol.startswith(f"{unit.symbol}.")
        )

    def blocks(self, symbol: str) -> frozenset[int]:
        """Return the old blocks of a function, those of its local functions included."""
        inner = f"{symbol}{_LOCAL}."
        return frozenset(
            index
            for index, unit in enumerate(self.old.units)
            if unit.kind is UnitKind.BLOCK
            and (unit.symbol == symbol or unit.symbol.startswith(inner))
        )

    def change(
        self,
        kind: ChangeKind,
        symbol: str = "",
        name: str = "",
        units: frozenset[int] = frozenset(),
        detail: str = "",
    ) -> AtomicChange:
        return AtomicChange(kind, self.path, plain_name(symbol), name, units, detail)


def _split(qualname: str) -> tuple[str, str]:
    holder, _, name = qualname.rpartition(".")
    return holder, name.partition("#")[0]


def _holder(qualname: str) -> str:
    return qualname.rpartition(".")[0]


def _functions(outline: Outline) -> dict[str, FunctionFacts]:
    return {facts.qualname: facts for facts in outline.functions if _LOCAL not in facts.qualname}


def _classes(outline: Outline) -> dict[str, ClassFacts]:
    return {facts.qualname: facts for facts in outline.classes if _LOCAL not in facts.qualname}


def _loads_of(outline: Outline) -> set[tuple[int, str, str]]:
    """Return what the import statements of a module name, those in functions left out."""
    return {
        (fact.level, fact.module, fact.name)
        for fact in outline.imports
        if outline.units[fact.unit].kind is not UnitKind.BLOCK
    }


def _ordered(outline: Outline, scope: str, *, imports: bool = False) -> list[str]:
    """Return the keys of a scope's statements whose order can matter, one per statement."""
    kinds = {UnitKind.VARIABLE, UnitKind.EFFECT} | ({UnitKind.IMPORT} if imports else set())
    keys: list[str] = []
    for unit in outline.units:
        if unit.kind in kinds and unit.symbol == scope:
            keys.append(unit.key)
        elif unit.kind in {UnitKind.SIGNATURE, UnitKind.BASES}:
            if unit.symbol.rpartition(".")[0] == scope:
                keys.append(unit.key)
    return keys


def _crossed(key: str, before: list[str], after: list[str]) -> set[str]:
    """Return the keys of both versions that stand on the other side of a key now."""
    passed = {*before[: before.index(key)]} ^ {*after[: after.index(key)]}
    return passed & {*before} & {*after}


def _may_rebind(one: Unit, other: Unit) -> bool:
    """Tell whether two imports may bind a name to two things."""
    if "*" in one.names + other.names:
        return True
    return one.names == other.names and not (_binds_package(one) and _binds_package(other))


def _binds_package(unit: Unit) -> bool:
    """Tell whether an import is `import a` or `import a.b`, each of which binds `a`."""
    name = unit.key.rpartition(":")[2]
    return unit.fingerprint == fingerprint([import_text("", name, None)])


def _is_known(import_known: ImportKnown, outline: Outline, index: int) -> bool:
    return all(import_known(fact) for fact in outline.imports if fact.unit == index)
