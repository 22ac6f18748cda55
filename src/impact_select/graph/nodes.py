"""The things that a change may reach; `graph/reach.py` follows the ways between them."""

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from pyroaring import BitMap

from impact_select.model.ids import RepoPath


class Use(Enum):
    """Which uses of a name matter.

    All of them; those as a value that is passed on; of a function, those as a value whose
    parameters somebody may read; of a class, those as a value whose members somebody may list.
    """

    ANY = "any"
    VALUE = "value"
    SIGNATURE = "signature"
    MEMBERS = "members"


@dataclass(frozen=True, slots=True)
class Name:
    """A name that a module binds.

    Attributes:
        path: The module's file.
        name: The name.
        gone: The module binds it no longer: what reads it on import fails.
        use: Which uses of it matter.
        rebound: It may stand for something of another kind now: what applies it as a
            decorator or a base on import may fail, or act differently.
        judged: Whether the module itself misses it on import is known already.
        typed: It stood for a type, for checkers, and stands for one.
        as_made: What is made of it is made as before; it may behave differently then.
    """

    path: RepoPath
    name: str
    gone: bool = False
    use: Use = Use.ANY
    rebound: bool = False
    judged: bool = False
    typed: bool = False
    as_made: bool = False

    def __str__(self) -> str:
        """Render as path::name."""
        return f"{self.path}::{self.name}"


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of the instances or subclasses of a class."""

    path: RepoPath
    cls: str
    name: str
    use: Use = Use.ANY

    def __str__(self) -> str:
        """Render as path::class.name."""
        return f"{self.path}::{self.cls}.{self.name}"


@dataclass(frozen=True, slots=True)
class Class:
    """A class as a whole: how its instances behave in any respect.

    Attributes:
        path: The file.
        cls: Its qualified name.
        as_made: They are made as before.
    """

    path: RepoPath
    cls: str
    as_made: bool = False

    def __str__(self) -> str:
        """Render as path::class."""
        return f"{self.path}::{self.cls}"


@dataclass(frozen=True, slots=True)
class Effects:
    """What importing a module does: all that depend on it are concerned."""

    path: RepoPath

    def __str__(self) -> str:
        """Render as an import."""
        return f"import of {self.path}"


@dataclass(frozen=True, slots=True)
class Ran:
    """Units of one version of a file, by the tests that ran them.

    Attributes:
        file: The number of the version.
        path: The file.
        units: Indices in its outline.
        label: What to call them.
        called: What ran them on import does not count.
    """

    file: int
    path: RepoPath
    units: frozenset[int]
    label: str
    called: bool = False

    def __str__(self) -> str:
        """Render as path::symbol."""
        return self.label


@dataclass(frozen=True, slots=True)
class Marked:
    """The tests that a function or class defines."""

    path: RepoPath
    symbol: str

    def __str__(self) -> str:
        """Render as path::symbol."""
        return f"{self.path}::{self.symbol}" if self.symbol else self.path


@dataclass(frozen=True, slots=True)
class Data:
    """What a file that is no source says, to those that read it."""

    path: RepoPath

    def __str__(self) -> str:
        """Render as the path."""
        return self.path


Node: TypeAlias = Name | Attribute | Class | Effects | Ran | Marked | Data


@dataclass(slots=True)
class Reach:
    """What one starting node reaches.

    Attributes:
        found: Recordings per node that gives some.
        before: The node through which each one was reached first, so by a shortest way.
    """

    found: dict[Node, BitMap] = field(default_factory=dict)
    before: dict[Node, Node] = field(default_factory=dict)

    def chain(self, node: Node) -> tuple[str, ...]:
        """Return a shortest way from a start to a node, rendered."""
        steps = [node]
        while steps[-1] in self.before:
            steps.append(self.before[steps[-1]])
        return tuple(str(step) for step in reversed(steps))
