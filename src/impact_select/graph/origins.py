"""Where the base of a class comes from, by the names under which files hand it on."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from impact_select.graph.modules import ModuleIndex
from impact_select.model.ids import Blob, RepoPath
from impact_select.model.source import ImportFact, Outline, UnitKind, plain_name
from impact_select.outline.known_names import QUIET_BUILT_IN, is_plain_base, is_quiet_base
from impact_select.ports import EvidenceStore

_Place: TypeAlias = tuple[RepoPath, str]
"""A file and a dotted name that it uses."""

# What binds a name to something that may be any class.
_COMPUTING: Final = frozenset({UnitKind.VARIABLE, UnitKind.EFFECT})


@dataclass(frozen=True, slots=True)
class Origin:
    """What the name of a base may stand for.

    Attributes:
        names: Of the classes, where they are defined.
        foreign: The dotted names of what it may be from elsewhere.
        computed: True when it may be the value of any expression.
    """

    names: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()
    computed: bool = False

    def __or__(self, other: "Origin") -> "Origin":
        return Origin(
            self.names | other.names,
            self.foreign | other.foreign,
            self.computed or other.computed,
        )

    @property
    def packages(self) -> frozenset[str]:
        """The packages from elsewhere that it may come from, by their top-level names."""
        return frozenset(name.partition(".")[0] for name in self.foreign)


class Origins:
    """Follows the names of bases through imports, in all recorded versions of the files.

    Args:
        store: The map.
        modules: Names of the recorded modules.
    """

    def __init__(self, store: EvidenceStore, modules: ModuleIndex) -> None:
        self._store = store
        self._modules = modules
        self._known: dict[_Place, Origin] = {}
        self._steps: dict[_Place, tuple[Origin, frozenset[_Place]]] = {}
        self._brought: dict[_Place, bool] = {}

    def of(self, path: RepoPath, base: str) -> Origin:
        """Return what a base of a class in a file may be."""
        start = (path, base)
        if start not in self._known:
            found = Origin(computed=base == "?")
            seen = {start}
            pending = deque(seen)
            while pending:
                own, further = self._step(pending.popleft())
                found |= own
                pending.extend(further - seen)
                seen |= further
            self._known[start] = found
        return self._known[start]

    def classes(self, path: RepoPath, base: str) -> tuple[tuple[Blob, str, tuple[str, ...]], ...]:
        """Return the rows of the project's classes that a base may be, by their own names."""
        names = sorted(self.of(path, base).names)
        return tuple(row for name in names for row in self._store.classes_named(name))

    def is_known(self, path: RepoPath, base: str) -> bool:
        """Tell whether a base of a class in a file is a class of the project, or a plain one.

        That the project has a class of that name does not do, where the file has its own from
        elsewhere.
        """
        if is_plain_base(base.rpartition(".")[2]):
            return True
        origin = self.of(path, base)
        return (
            not origin.computed
            and not origin.foreign
            and bool(origin.names)
            and all(map(self._store.classes_named, origin.names))
        )

    def is_quiet(self, path: RepoPath, base: str) -> bool:
        """Tell whether a base of a class in a file is known to not notice what derives from it.

        It is one of the project, a plain one, or one of the standard library that is known.
        """
        origin = self.of(path, base)
        return self.is_known(path, base) or (
            not origin.computed and bool(origin.foreign) and all(map(is_quiet_base, origin.foreign))
        )

    def may_be_any(self, path: RepoPath, base: str) -> bool:
        """Tell whether a base may be any class: an argument, the result of a call."""
        return self.of(path, base).computed or not (
            self.is_known(path, base) or self.of(path, base).foreign
        )

    def may_bring(self, path: RepoPath, name: str) -> bool:
        """Tell whether a name of a file may be a class of another file.

        It is not where class statements of the file, and nothing else in it, bind the name.
        """
        key = (path, name)
        if key not in self._brought:
            self._brought[key] = any(
                outline is None
                or any(fact.bound == name or fact.name == "*" for fact in outline.imports)
                or {unit.kind for unit in outline.units if name in unit.names} != {UnitKind.BASES}
                for outline in self._outlines(path)
            )
        return self._brought[key]

    def _outlines(self, path: RepoPath) -> Iterator[Outline | None]:
        for version in self._store.versions.get(path, ()):
            yield self._store.outline(version.blob)

    def _step(self, place: _Place) -> tuple[Origin, frozenset[_Place]]:
        """Return what a file itself says of a name, and where to look further."""
        if place not in self._steps:
            origin = Origin()
            further: set[_Place] = set()
            imported = False
            for outline in self._outlines(place[0]):
                if outline is None:
                    origin |= Origin(computed=True)
                    continue
                for fact in _imports_of(place[1], outline):
                    imported |= fact.name != "*"
                    own, places = self._import(place, fact)
                    origin |= own
                    further |= places
                origin |= _bound(place[1], outline)
            if not imported:
                if place[1] in QUIET_BUILT_IN - origin.names:
                    origin |= Origin(foreign=frozenset({f"builtins.{place[1]}"}))
                origin |= Origin(names=frozenset({place[1].rpartition(".")[2]}))
            self._steps[place] = origin, frozenset(further)
        return self._steps[place]

    def _import(self, place: _Place, fact: ImportFact) -> tuple[Origin, set[_Place]]:
        """Return what an import says of a name that it binds, and where to look further."""
        path, base = place
        if not fact.level and self._modules.is_foreign(fact.module):
            return Origin(foreign=frozenset({_foreign_name(base, fact)})), set()
        origin = Origin()
        further: set[_Place] = set()
        rest = base if fact.name == "*" else base.partition(".")[2]
        for target in self._modules.targets(path, fact):
            holder, _, name = ".".join(filter(None, (target, rest))).rpartition(".")
            files = self._modules.files(holder)
            further.update((file, name) for file in files)
            if not files:
                origin |= Origin(names=frozenset({name}))
        return origin, further


def _imports_of(base: str, outline: Outline) -> Iterator[ImportFact]:
    head = base.partition(".")[0]
    for fact in outline.imports:
        if fact.bound == head or fact.name == "*":
            yield fact


def _foreign_name(base: str, fact: ImportFact) -> str:
    """Return the dotted name that a base has where an import takes it from."""
    head, _, rest = base.partition(".")
    if fact.name == "*":
        return f"{fact.module}.{base}"
    if not fact.name and head == fact.module.partition(".")[0]:
        return base
    return ".".join(filter(None, (fact.module, fact.name, rest)))


def _bound(base: str, outline: Outline) -> Origin:
    """Return what the statements of a file that are no imports bind a name to."""
    head, _, rest = base.partition(".")
    name = rest.rpartition(".")[2] or head
    classes = {plain_name(facts.qualname).rpartition(".")[2] for facts in outline.classes}
    return Origin(
        names=frozenset({name} & classes),
        computed=any(unit.kind in _COMPUTING and head in unit.names for unit in outline.units),
    )
