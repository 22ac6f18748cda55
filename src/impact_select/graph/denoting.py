"""Which modules a dotted name stands for, through the imports of those that hand them on."""

from collections import deque
from collections.abc import Callable, Iterable

from impact_select.model.ids import RepoPath
from impact_select.model.source import ImportFact


class Denotations:
    """Finds what names stand for; each name is looked into once.

    The modules that a name stands for are the least sets that fit these rules: a module has
    its own names; `a.b` stands for whatever the modules that `a` stands for import as `b`,
    and for their submodules `b`. Modules may import each other, so the sets are filled until
    no rule adds anything.

    Args:
        files: Gives the files that were imported under a dotted name.
        names: Gives the dotted names of a file.
        taken: Gives what the imports of a file take their names from, with the import.
    """

    def __init__(
        self,
        files: Callable[[str], Iterable[RepoPath]],
        names: Callable[[RepoPath], Iterable[str]],
        taken: Callable[[RepoPath], Iterable[tuple[ImportFact, str]]],
    ) -> None:
        self._files = files
        self._names = names
        self._taken = taken
        self._found: dict[str, set[RepoPath]] = {}
        self._takers: dict[str, set[str]] = {}
        self._members: dict[str, set[str]] = {}
        self._asked: list[str] = []
        self._new: deque[tuple[str, RepoPath]] = deque()

    def of(self, name: str) -> frozenset[RepoPath]:
        """Return the modules that an absolute dotted name stands for."""
        if name not in self._found:
            self._ask(name)
            while self._asked or self._new:
                if self._asked:
                    self._begin(self._asked.pop())
                else:
                    self._pass_on(*self._new.popleft())
        return frozenset(self._found[name])

    def _ask(self, name: str) -> None:
        if name not in self._found:
            self._found[name] = set()
            self._asked.append(name)

    def _begin(self, name: str) -> None:
        for path in self._files(name):
            self._add(name, path)
        holder = name.rpartition(".")[0]
        if holder:
            self._members.setdefault(holder, set()).add(name)
            self._ask(holder)
            for path in tuple(self._found[holder]):
                self._look_into(path, name)

    def _pass_on(self, name: str, path: RepoPath) -> None:
        for taker in self._takers.get(name, ()):
            self._add(taker, path)
        for member in tuple(self._members.get(name, ())):
            self._look_into(path, member)

    def _look_into(self, path: RepoPath, member: str) -> None:
        """Find what a module has under the last part of a name."""
        last = member.rpartition(".")[2]
        for fact, target in self._taken(path):
            if fact.bound == last or fact.name == "*":
                source = f"{target}.{last}" if fact.name == "*" else target
                self._takers.setdefault(source, set()).add(member)
                self._ask(source)
                for found in tuple(self._found[source]):
                    self._add(member, found)
        # Whatever name the module is known by, its submodules are attributes of it.
        for own in self._names(path):
            for found in self._files(f"{own}.{last}"):
                self._add(member, found)

    def _add(self, name: str, path: RepoPath) -> None:
        if path not in self._found[name]:
            self._found[name].add(path)
            self._new.append((name, path))
