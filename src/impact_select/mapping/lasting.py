"""What stores state, and whether what it stores into may outlive a test."""

from impact_select.mapping.class_names import last_name
from impact_select.mapping.name_index import CONSTRUCTORS, NameIndex, is_test
from impact_select.model.ids import RepoPath
from impact_select.model.recorded import OwnerKey, OwnerKind
from impact_select.model.source import Fill, FunctionFacts, UnitKind


class Lasting:
    """Follows what functions store into, through arguments, attributes and results.

    Args:
        index: The names of all executed files.
    """

    def __init__(self, index: NameIndex) -> None:
        self._index = index

    def lasts(self, path: RepoPath, function: FunctionFacts, fill: Fill) -> bool:
        """Tell whether what a function stores into may outlive a test."""
        sources = fill.sources
        if sources is None:
            return True
        if self._ends_with_test(path, fill):
            return False
        pending = [(path, function, source) for source in sources]
        seen = {(path, function.qualname, source) for source in sources}
        while pending:
            where, holder, source = pending.pop()
            if source[0] == "(":
                if self._is_given(holder) and source[1:] in self._index.fixtures:
                    return True
                if holder is function and self._is_handed_out(holder):
                    return True
                new = self._arguments(holder, source[1:])
            elif source[0] == ".":
                new = self._from_around(where, holder, source[1:])
                if not new and (not source[1:] or self._is_variable(source[1:])):
                    return True
            elif source[0] == "@":
                if self._instances_last(where, holder):
                    return True
                new = self._set_by(holder, source[1:])
            else:
                found = self._index.functions_named(source)
                if not found:
                    return True
                new = [
                    (some, self._index.functions[some, symbol], one)
                    for some, symbol in found
                    for one in self._index.functions[some, symbol].handing.returns
                ]
            for some, other, one in new:
                if (some, other.qualname, one) not in seen:
                    seen.add((some, other.qualname, one))
                    pending.append((some, other, one))
        return False

    def _ends_with_test(self, path: RepoPath, fill: Fill) -> bool:
        """Tell whether only tests make objects with the attributes that a function uses.

        Only where the classes with such attributes are those of its own file.
        """
        classes: frozenset[str] | None = None
        for name in fill.attributes:
            keepers = {
                (where, last_name(symbol.rpartition(".")[0]))
                for where, symbol in self._index.keepers.get(name, ())
                if last_name(symbol) in CONSTRUCTORS
            }
            if keepers and all(where == path for where, _ in keepers):
                found = frozenset(
                    one for _, cls in keepers for one in self._index.with_derived(cls)
                )
                classes = found if classes is None else classes & found
        return bool(classes) and all(
            key.kind is OwnerKind.TEST
            for name in classes or ()
            for maker in self._index.constructors.get(name, ())
            for key in self._index.ran(*maker)
        )

    def _from_around(
        self, path: RepoPath, function: FunctionFacts, name: str
    ) -> list[tuple[RepoPath, FunctionFacts, str]]:
        """Return the function around one that has a name for its parameter, and the source."""
        parts = function.qualname.split(".<locals>.")
        for count in range(len(parts) - 1, 0, -1):
            around = self._index.functions.get((path, ".<locals>.".join(parts[:count])))
            if around is not None and name in around.parameters:
                return [(path, around, f"({name}")]
        return []

    def _instances_last(self, path: RepoPath, function: FunctionFacts) -> bool:
        """Tell whether others than tests make objects of a method's class."""
        makers = self.makers(path, function)
        return makers is None or any(key.kind is not OwnerKind.TEST for key in makers)

    def makers(self, path: RepoPath, function: FunctionFacts) -> frozenset[OwnerKey] | None:
        """Return the owners that made objects of a method's class; None when nobody tells."""
        cls = function.qualname.partition(".<locals>")[0].rpartition(".")[0]
        if (path, f"{cls}.__init__") not in self._index.blocks:
            return None
        return frozenset(
            key
            for name in self._index.with_derived(last_name(cls))
            for maker in self._index.constructors.get(name, ())
            for key in self._index.ran(*maker)
        )

    def fillers(
        self, path: RepoPath, function: FunctionFacts, attribute: str
    ) -> frozenset[OwnerKey]:
        """Return the owners whose objects got a value of their own for an attribute.

        Args:
            path: The file of a method of theirs.
            function: The method.
            attribute: The constructor beside the method sets it, to something new.
        """
        constructor = f"{_class_around(function)}.__init__"
        facts = self._index.functions.get((path, constructor))
        if facts is None or attribute not in facts.handing.keeps:
            return frozenset()
        if self._set_by(function, attribute):
            return frozenset()
        return frozenset(self._index.ran(path, constructor))

    def finders(
        self, path: RepoPath, function: FunctionFacts, fill: Fill
    ) -> frozenset[OwnerKey] | None:
        """Return the owners that may have found filled what others had; None when unknown."""
        method = (path, function.qualname)
        if (
            not fill.is_met
            or method in self._index.run.unseen
            or method not in self._index.run.finders
        ):
            return None
        return self._index.run.finders[method].get(fill.name)

    def _set_by(
        self, function: FunctionFacts, attribute: str
    ) -> list[tuple[RepoPath, FunctionFacts, str]]:
        """Return who sets an attribute of a method's receiver: the function, and the source."""
        return [
            (where, setter, source)
            for where, setter, source in self._index.setters.get(attribute, ())
            if last_name(setter.qualname) not in CONSTRUCTORS
            or self._are_related(_class_around(setter), _class_around(function))
        ]

    def _are_related(self, one: str, two: str) -> bool:
        return one in self._index.with_derived(two) or two in self._index.with_derived(one)

    def _is_given(self, function: FunctionFacts) -> bool:
        return function.fixture is not None or is_test(function)

    def _is_handed_out(self, function: FunctionFacts) -> bool:
        """Tell whether others than those who name a function may call it."""
        if _class_around(function) and ".<locals>." not in function.qualname:
            return False
        name = last_name(function.qualname)
        return ".<locals>." in function.qualname or f"&{name}" in self._index.referring

    def _arguments(
        self, function: FunctionFacts, parameter: str
    ) -> list[tuple[RepoPath, FunctionFacts, str]]:
        """Return what callers pass for a parameter: who, and the source there."""
        names = [last_name(function.qualname)]
        cls = _class_around(function)
        if names[0] in CONSTRUCTORS:
            names += self._index.with_derived(cls)
        own = [name for name in function.parameters if name not in {"self", "cls"}]
        places = {parameter, str(own.index(parameter))} if parameter in own else {parameter}
        return [
            (where, caller, source)
            for name in names
            for where, caller, place, source in self._index.sites.get(name, ())
            if place in places
            # `super().__init__()`
            and (name not in CONSTRUCTORS or self._are_related(cls, _class_around(caller)))
        ]

    def _is_variable(self, name: str) -> bool:
        """Tell whether a name of some module may hold something else than code."""
        if name not in self._index.bound:
            return True
        kinds = {
            self._index.sources[path].outline.units[unit].kind
            for path, unit in self._index.bound[name]
        }
        return not kinds.isdisjoint({UnitKind.VARIABLE, UnitKind.EFFECT})


def _class_around(function: FunctionFacts) -> str:
    """Return the last name of a method's class; empty for a function."""
    return last_name(function.qualname.partition(".<locals>")[0].rpartition(".")[0])
