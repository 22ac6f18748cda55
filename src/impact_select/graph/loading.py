"""What importing a module loads with it, by the import statements of one state of the files."""

import sys
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from impact_select.graph.modules import ModuleIndex
from impact_select.model.ids import RepoPath
from impact_select.model.source import ImportFact, Outline, UnitKind


@dataclass(frozen=True, slots=True)
class Foreign:
    """A module from elsewhere.

    Attributes:
        name: Dotted. Of the standard library only submodules count, since a package has
            the attributes of those that anybody imported.
    """

    name: str


Loaded: TypeAlias = RepoPath | Foreign


@dataclass(slots=True)
class Statements:
    """What is known of the import statements of a module.

    Attributes:
        by_fact: What each may load.
        loaded: What all of them may load.
        certain: What those load that run whenever the module is executed.
    """

    by_fact: dict[ImportFact, frozenset[Loaded]] = field(default_factory=dict)
    loaded: frozenset[Loaded] | None = None
    certain: frozenset[Loaded] | None = None


KnownStatements: TypeAlias = dict[tuple[RepoPath, Hashable], Statements]


class Loading:
    """The import statements that run when modules are executed, functions' own left out.

    Args:
        modules: The names of the recorded modules.
        added: Dotted names of files that no recording knows.
        versions: The files of the state that are modules, and what tells versions apart.
        outline_of: Gives the outline of one of them in the state; None where it has none.
        known: Where to keep what is found out of versions; states that have the same `added`
            can share it.
    """

    def __init__(
        self,
        modules: ModuleIndex,
        added: Mapping[str, RepoPath],
        versions: Mapping[RepoPath, Hashable],
        outline_of: Callable[[RepoPath], Outline | None],
        known: KnownStatements | None = None,
    ) -> None:
        self._modules = modules
        self._added = added
        self._versions = versions
        self._outline_of = outline_of
        self._known = {} if known is None else known
        self._taken: frozenset[str] | None = None

    def outline(self, path: RepoPath) -> Outline | None:
        """Return the outline of a module in this state."""
        return self._outline_of(path)

    def direct(self, path: RepoPath) -> frozenset[Loaded]:
        """Return what the statements of a module may load."""
        known = self._known_of(path)
        if known.loaded is None:
            facts = (fact for fact, _ in self._statements(path))
            known.loaded = self._all_loaded(path, facts)
        return known.loaded

    def closure(self, start: Iterable[Loaded]) -> frozenset[Loaded]:
        """Return some modules and all that loading them may load."""
        found = set(start)
        pending = list(found)
        while pending:
            node = pending.pop()
            if isinstance(node, Foreign):
                continue
            new = self.direct(node) - found
            found |= new
            pending.extend(new)
        return frozenset(found)

    def certainly(self, path: RepoPath) -> frozenset[Loaded]:
        """Return all that is loaded whenever a module is executed."""
        found: set[Loaded] = set()
        pending: list[Loaded] = [path]
        while pending:
            node = pending.pop()
            if not isinstance(node, Foreign):
                new = self._always(node) - found
                found |= new
                pending.extend(new)
        return frozenset(found)

    def taken(self) -> frozenset[str]:
        """Return the dotted names that some module takes whenever it is executed."""
        if self._taken is None:
            self._taken = frozenset(
                target
                for path in self._versions
                for fact, certain in self._statements(path)
                if certain
                for target in self.targets(path, fact)
            )
        return self._taken

    def importers(self, node: Loaded) -> Iterator[RepoPath]:
        """Yield the modules that load another one whenever they are executed."""
        for path in self._versions:
            if node in self._always(path):
                yield path

    def _always(self, path: RepoPath) -> frozenset[Loaded]:
        known = self._known_of(path)
        if known.certain is None:
            facts = (fact for fact, certain in self._statements(path) if certain)
            known.certain = self._all_loaded(path, facts)
        return known.certain

    def loaded_by(self, path: RepoPath, fact: ImportFact) -> frozenset[Loaded]:
        """Return what one import statement of a module loads, packages around it included."""
        known = self._known_of(path).by_fact
        if fact not in known:
            known[fact] = self._find_loaded(path, fact)
        return known[fact]

    def _known_of(self, path: RepoPath) -> Statements:
        return self._known.setdefault((path, self._versions.get(path)), Statements())

    def _find_loaded(self, path: RepoPath, fact: ImportFact) -> frozenset[Loaded]:
        found: set[Loaded] = set()
        for base in self._modules.absolute("." * fact.level + fact.module, path):
            names = [base[:end] for end, letter in enumerate(base) if letter == "."] + [base]
            if fact.name and fact.name != "*":
                names.append(f"{base}.{fact.name}" if base else fact.name)
            files = {file for name in names for file in self.files(name)}
            found |= files
            top = base.partition(".")[0]
            if not files and self._modules.is_foreign(base):
                found.update(Foreign(name) for name in names if "." in name)
                if top not in sys.stdlib_module_names:
                    found.add(Foreign(top))
        found.discard(path)
        return frozenset(found)

    def loaded_beside(self, path: RepoPath, fact: ImportFact) -> frozenset[Loaded]:
        """Return what one import statement of a module may load, and all that this may load.

        The packages around the module are there when it runs. They count only where something
        is taken from one, which may not have it yet; then so may be the module itself.
        """
        around = self._modules.around(path)
        if path.endswith("__init__.py"):
            around |= {path}
        found: set[Loaded] = set()
        pending = [(path, fact)]
        while pending:
            importer, one = pending.pop()
            new = self.loaded_by(importer, one) - (around - self._taken_from(importer, one))
            for node in new - found:
                found.add(node)
                if not isinstance(node, Foreign):
                    pending += [(node, other) for other, _ in self._statements(node)]
        return frozenset(found)

    def _taken_from(self, path: RepoPath, fact: ImportFact) -> frozenset[RepoPath]:
        """Return the modules whose own names an import statement takes."""
        bases = self._modules.absolute("." * fact.level + fact.module, path)
        return frozenset(
            file
            for base in bases
            if not fact.name or not self.files(f"{base}.{fact.name}")
            for file in self.files(base)
        )

    def binds(self, path: RepoPath, fact: ImportFact, names: Callable[[Outline], set[str]]) -> bool:
        """Tell whether what an import statement names is there.

        Args:
            path: The importing file.
            fact: The statement.
            names: Gives what a module binds.
        """
        for base in self._modules.absolute("." * fact.level + fact.module, path):
            if not fact.name:
                return bool(self.files(base))
            if self.files(f"{base}.{fact.name}" if base else fact.name):
                return True
            outlines = [self._outline_of(file) for file in self.files(base)]
            if any(outline is not None and fact.name in names(outline) for outline in outlines):
                return True
        return False

    def gives_wrapper(self, path: RepoPath, fact: ImportFact) -> bool:
        """Tell whether an import statement of a module names a function that only wraps."""
        bases = self._modules.absolute("." * fact.level + fact.module, path)
        outlines = [self._outline_of(file) for base in bases for file in self.files(base)]
        return bool(outlines) and all(
            outline is not None and outline.wraps(fact.name) for outline in outlines
        )

    def _all_loaded(self, path: RepoPath, facts: Iterable[ImportFact]) -> frozenset[Loaded]:
        return frozenset(node for fact in facts for node in self.loaded_by(path, fact))

    def targets(self, path: RepoPath, fact: ImportFact) -> Iterator[str]:
        """Yield the dotted names that an import of a module may bind its name to."""
        return self._modules.targets(path, fact)

    def is_foreign(self, dotted: str) -> bool:
        """Tell whether a dotted name begins outside the project."""
        return self._modules.is_foreign(dotted)

    def files(self, dotted: str) -> frozenset[RepoPath]:
        """Return the files that are imported under a dotted name in this state."""
        added = self._added.get(dotted)
        return self._modules.files(dotted) | ({added} if added is not None else frozenset())

    def _statements(self, path: RepoPath) -> Iterator[tuple[ImportFact, bool]]:
        """Yield the imports of a module, and whether each is certain to run."""
        outline = self._outline_of(path)
        if outline is None:
            return
        for fact in outline.imports:
            unit = outline.units[fact.unit]
            if unit.kind is not UnitKind.BLOCK:
                yield fact, unit.kind is UnitKind.IMPORT and not unit.is_conditional
