"""Files and the names under which they are imported."""

import sys
from collections.abc import Iterable, Iterator
from functools import cached_property
from importlib.machinery import FrozenImporter
from pathlib import PurePosixPath
from typing import Final

from pyroaring import BitMap

from impact_select.graph.denoting import Denotations
from impact_select.model.ids import RepoPath
from impact_select.model.impact_map import FileVersion
from impact_select.model.reference import DEFINED, RECEIVER, SUPER
from impact_select.model.source import ImportFact
from impact_select.ports import EvidenceStore

# Built into every CPython; and modules that Python starts with, which it has frozen.
_BUILT_IN: Final = frozenset(
    {
        *("builtins", "sys", "atexit", "errno", "faulthandler", "gc", "itertools", "marshal"),
        *("nt", "posix", "time"),
    }
)
_FROZEN: Final = frozenset(
    {
        *("abc", "codecs", "genericpath", "io", "os", "posixpath", "site", "stat", "zipimport"),
        "_collections_abc",
    }
)


class ModuleIndex:
    """Answers what a dotted name may stand for, by what was imported while recording."""

    def __init__(self, store: EvidenceStore) -> None:
        self._store = store
        self._passed_on: dict[RepoPath, bool] = {}
        self._handing: dict[RepoPath, tuple[tuple[FileVersion, BitMap], ...]] = {}
        self._denotations = Denotations(self.files, self.names, self._taken)
        self._starred: dict[RepoPath, frozenset[RepoPath]] = {}

    @cached_property
    def _names(self) -> dict[RepoPath, set[str]]:
        found: dict[RepoPath, set[str]] = {}
        for number, module in self._store.modules.items():
            version = self._store.files.get(number)
            if version is not None:
                found.setdefault(version.path, set()).update(module.names)
        return found

    @cached_property
    def foreign(self) -> frozenset[str]:
        """The top-level modules from elsewhere that the project's modules import."""
        return frozenset().union(*(module.foreign for module in self._store.modules.values()))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(name for names in self._names.values() for name in names)

    @cached_property
    def _tops(self) -> frozenset[str]:
        return frozenset(name.partition(".")[0] for name in self._known)

    @cached_property
    def _handed_out(self) -> frozenset[RepoPath]:
        return frozenset(
            self._store.files[number].path
            for number, module in self._store.modules.items()
            if module.handed_out and number in self._store.files
        )

    @cached_property
    def _test_files(self) -> frozenset[RepoPath]:
        return frozenset(recorded.path for recorded in self._store.recordings.values())

    @cached_property
    def _files(self) -> dict[str, frozenset[RepoPath]]:
        found: dict[str, set[RepoPath]] = {}
        for path, names in self._names.items():
            for name in names:
                found.setdefault(name, set()).add(path)
        return {name: frozenset(paths) for name, paths in found.items()}

    def files(self, name: str) -> frozenset[RepoPath]:
        """Return the files that were imported under a dotted name."""
        return self._files.get(name, frozenset())

    def names(self, path: RepoPath) -> set[str]:
        """Return the dotted names of a file."""
        return self._names.get(path, set())

    def absolute(self, root: str, path: RepoPath) -> set[str]:
        """Make a root that was written in a file absolute."""
        level = len(root) - len(root.lstrip("."))
        if not level:
            return {root}
        rest = root[level:]
        found: set[str] = set()
        is_package = path.endswith("__init__.py")
        for name in self.names(path):
            parts = name.split(".")
            up = level - 1 if is_package else level
            kept = parts[: len(parts) - up]
            found.add(".".join([*kept, rest] if rest else kept))
        return found

    def has_parents(self, path: RepoPath, level: int) -> bool:
        """Tell whether a file is inside of the packages that the dots of an import climb."""
        up = level - path.endswith("__init__.py")
        names = self.names(path)
        return not level or (bool(names) and all(name.count(".") >= up for name in names))

    def around(self, path: RepoPath) -> frozenset[RepoPath]:
        """Return the files of the packages that are loaded before a file, whatever its name is."""
        found = [
            frozenset(
                file
                for end, letter in enumerate(name)
                if letter == "."
                for file in self.files(name[:end])
            )
            for name in self.names(path)
        ]
        return frozenset.intersection(*found) - {path} if found else frozenset()

    def denoted(self, name: str) -> frozenset[RepoPath]:
        """Return the modules that an absolute dotted name stands for.

        That is the module of this name, or one that a module has from its own imports and
        hands on: after `import shop` in `hub`, `hub.shop` is `shop`.
        """
        return self._denotations.of(name)

    def _imports(self, path: RepoPath) -> Iterator[ImportFact]:
        for version in self._store.versions.get(path, ()):
            outline = self._store.outline(version.blob)
            yield from outline.imports if outline is not None else ()

    def _taken(self, path: RepoPath) -> Iterator[tuple[ImportFact, str]]:
        for fact in self._imports(path):
            for target in self.targets(path, fact):
                yield fact, target

    def targets(self, path: RepoPath, fact: ImportFact) -> Iterator[str]:
        """Yield what an import takes its name from, or its names for `*`."""
        for base in self.absolute("." * fact.level + fact.module, path):
            if fact.name and fact.name != "*":
                yield f"{base}.{fact.name}" if base else fact.name
            elif not fact.name and fact.bound == base.partition(".")[0]:
                yield fact.bound
            else:
                yield base

    def starred(self, path: RepoPath) -> frozenset[RepoPath]:
        """Return the modules that a file has under a name from its star imports."""
        known = self._starred.get(path)
        if known is None:
            brought = {path}
            pending = [path]
            while pending:
                current = pending.pop()
                for fact in self._imports(current):
                    if fact.name == "*":
                        for target in self.targets(current, fact):
                            new = self.denoted(target) - brought
                            brought |= new
                            pending.extend(new)
            handed = (self._bound_in(module) for module in brought - {path})
            known = self._starred[path] = frozenset().union(*handed)
        return known

    def _bound_in(self, path: RepoPath) -> set[RepoPath]:
        """Return the modules that a module binds by imports, and its submodules."""
        found: set[RepoPath] = set()
        for fact in self._imports(path):
            if fact.name != "*":
                for target in self.targets(path, fact):
                    found |= self.denoted(target)
        inside = tuple(f"{name}." for name in self.names(path))
        if path.endswith("__init__.py"):
            for name, files in self._files.items():
                if name.startswith(inside):
                    found |= files
        return found

    def is_module(self, name: str) -> bool:
        """Tell whether a dotted name is a module of the project."""
        return name in self._known

    def is_foreign(self, name: str) -> bool:
        """Tell whether a dotted name begins outside the project."""
        return name.partition(".")[0] not in self._tops

    def is_standard(self, name: str) -> bool:
        """Tell whether a dotted name begins in the standard library."""
        top = name.partition(".")[0]
        return top in sys.stdlib_module_names and top not in self._tops

    def may_hold_objects(self, root: str, path: RepoPath) -> bool:
        """Tell whether a root in a file may stand for an object, and not for a module."""
        if root in {"?", RECEIVER, SUPER, DEFINED}:
            return True
        if root.startswith('"'):
            prefix = root[1:]
            return not prefix or not self.is_module(prefix)
        roots = self.absolute(root, path)
        return not all(self.is_module(one) or self.is_standard(one) for one in roots)

    def is_test_file(self, path: RepoPath) -> bool:
        """Tell whether pytest imports a file, which reads only the names that it knows."""
        return path in self._test_files or path.rpartition("/")[2] == "conftest.py"

    def handed_out(self, path: RepoPath) -> bool:
        """Tell whether code of others holds the module and may read any name of it."""
        return path in self._handed_out and not self.is_test_file(path)

    def passed_on(self, path: RepoPath) -> bool:
        """Tell whether the project itself uses the module as a value somewhere."""
        known = self._passed_on.get(path)
        if known is None:
            known = self._passed_on[path] = self._find_passed_on(path)
        return known

    def _find_passed_on(self, path: RepoPath) -> bool:
        if path in self._handed_out and not self.is_test_file(path):
            return True
        return self._looked_up(self.names(path)) or bool(self.handing_on(path))

    def handing_on(self, path: RepoPath) -> tuple[tuple[FileVersion, BitMap], ...]:
        """Return the units that use a module as a value: whoever gets it may read its names."""
        known = self._handing.get(path)
        if known is None:
            known = self._handing[path] = tuple(self._find_handing_on(path))
        return known

    def _find_handing_on(self, path: RepoPath) -> Iterator[tuple[FileVersion, BitMap]]:
        names = self.names(path)
        for name in names:
            head, _, last = name.rpartition(".")
            for root, blob, units in self._store.references(f"&{last}") if head else ():
                for version in self._store.paths_by_blob.get(blob, ()):
                    if head in self._roots(root, version.path):
                        yield version, units
        for last in {name.rpartition(".")[2] for name in names}:
            for root, blob, _ in self._store.references(last):
                for version in self._store.paths_by_blob.get(blob, ()):
                    full = {
                        f"{one}.{last}" if one else last for one in self._roots(root, version.path)
                    }
                    if not full.isdisjoint(names):
                        yield from self._value_uses(version, last)
        for version in self._store.versions.get(path, ()):
            yield from self._own_uses(version)

    def _own_uses(self, version: FileVersion) -> Iterator[tuple[FileVersion, BitMap]]:
        """Yield the units of a module that take it from `sys.modules` by its own name."""
        named = [
            units
            for root, blob, units in self._store.references("__name__")
            if blob == version.blob
        ]
        for root, blob, units in self._store.references("modules"):
            if blob == version.blob and root == "sys":
                found = units & BitMap().union(*named)
                if found:
                    yield version, found

    def _looked_up(self, names: Iterable[str]) -> bool:
        """Tell whether code that looks into `sys.modules` spells one of some names."""
        looking = {
            blob
            for root, blob, _ in self._store.references("modules")
            if root in {"sys", "?", RECEIVER, ""}
        }
        for name in names:
            head, _, last = name.rpartition(".")
            for root, blob, _ in self._store.references(last):
                if blob in looking and root == f'"{head}':
                    return True
        return False

    def _roots(self, root: str, path: RepoPath) -> set[str]:
        if root in {"?", RECEIVER, SUPER, DEFINED} or root.startswith('"'):
            return {root}
        return self.absolute(root, path) if root else {""}

    def _value_uses(self, version: FileVersion, last: str) -> Iterator[tuple[FileVersion, BitMap]]:
        """Yield the units of a file that use a name bound to a module as a value."""
        outline = self._store.outline(version.blob)
        bound = {last} | {
            fact.bound
            for fact in (outline.imports if outline is not None else ())
            if (fact.name or fact.module.rpartition(".")[2]) == last
        }
        for name in sorted(bound):
            for root, blob, units in self._store.references(f"&{name}"):
                if blob == version.blob and root == "":
                    yield version, units


def module_names(path: RepoPath, search: Iterable[RepoPath]) -> frozenset[str]:
    """Return the dotted names under which a file can be imported."""
    names: set[str] = set()
    for folder in search:
        if folder and not path.startswith(f"{folder}/"):
            continue
        relative = PurePosixPath(path[len(folder) :].lstrip("/"))
        parts = list(relative.with_suffix("").parts)
        if parts and parts[-1] == "__init__":
            parts.pop()
        if parts and all(part.isidentifier() for part in parts):
            names.add(".".join(parts))
    return frozenset(names)


def cannot_be_hidden(name: str) -> bool:
    """Tell whether no file is ever found under the name of a module.

    Python looks into itself before it looks at any path. What else an interpreter has in it
    depends on how it was built, and another one of the same version may run the tests.

    Safety:
        docs/safety.md, assumption 14.
    """
    if name in _BUILT_IN:
        return name in sys.builtin_module_names
    return name in _FROZEN and FrozenImporter.find_spec(name) is not None
