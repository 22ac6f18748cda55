"""What one pytest process saw while it recorded: owners, and what each of them ran and read."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from pyroaring import BitMap

from impact_select.model.ids import Blob, RepoPath, TestId


class OwnerKind(StrEnum):
    """What caused code to run."""

    TEST = "test"
    FIXTURE = "fixture"
    COLLECT = "collect"
    IMPORT = "import"
    CACHE = "cache"
    STATE = "state"
    PROCESS = "process"
    SESSION = "session"


class ReadKind(StrEnum):
    """How an input that is not executed was looked at.

    OPAQUE is a look at everything: a child process that could not be recorded.
    """

    CONTENT = "content"
    STATUS = "status"
    LISTING = "listing"
    MISSING = "missing"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True, order=True)
class OwnerKey:
    """An owner's identity, the same in every process of a run.

    Attributes:
        kind: What it is.
        name: For a test its node id, for an import the path of the module's file, for a
            fixture its name, place, scope node and parameter, for processes who started
            them; free text for the others.
    """

    kind: OwnerKind
    name: str


@dataclass(frozen=True, slots=True, order=True)
class Read:
    """One way in which a path of the repository was looked at."""

    path: RepoPath
    kind: ReadKind


OPAQUE_READ = Read(RepoPath(""), ReadKind.OPAQUE)
"""A process was started whose own reads nobody sees."""

STARTING_READ = Read(RepoPath("."), ReadKind.OPAQUE)
"""Said of code alone: whoever runs it starts a process, and is known to have read it."""

Place: TypeAlias = tuple[RepoPath, int]
"""A file and the index of a unit in its outline."""


Method: TypeAlias = tuple[RepoPath, str]
"""A file and the qualified name of a function in it."""


@dataclass(frozen=True, slots=True)
class OwnerRecord:
    """What an owner did by itself.

    Attributes:
        units: Per file, indices of units in its outline; `Outline.loaded` among them when
            the file was executed as a module, or has no outline.
        reads: Inputs looked at.
        uses: Owners whose evidence is this one's too.
    """

    units: Mapping[RepoPath, BitMap]
    reads: frozenset[Read]
    uses: frozenset[OwnerKey]


class Outcome(StrEnum):
    """How a test ended; only PASSED and SKIPPED settle it."""

    PASSED = "passed"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TestRecord:
    """One test that ran to its end.

    Attributes:
        outcome: FAILED also for errors in set-up and teardown.
        duration_s: Set-up, call and teardown together.
        fixtures: Names of all fixtures requested, directly or not.
        path: The file that defines it.
        function: Qualified name of its function in that file; empty when it has none.
        reads_docs: True for a doctest, which is its docstring.
    """

    __test__ = False

    outcome: Outcome
    duration_s: float
    fixtures: tuple[str, ...]
    path: RepoPath
    function: str
    reads_docs: bool


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """How one project file was loaded.

    Attributes:
        blob: Git blob id of the bytes that were read for the outline.
        names: Dotted names under which it was imported.
        imports: Project files that its units import, as (unit, target).
        dynamic: Files that were imported when its units asked for it with a call.
        foreign: Names of top-level modules from elsewhere that it imports.
        handed_out: True when something other than an import statement of the project
            asked for its import, and so got hold of the module.
    """

    blob: Blob
    names: frozenset[str]
    imports: frozenset[tuple[int, RepoPath]]
    dynamic: frozenset[tuple[int, RepoPath]]
    foreign: frozenset[str]
    handed_out: bool


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """All of it. Runs of several processes add up (`mapping.merge_runs`).

    Attributes:
        owners: Every owner that ran, read or used something.
        tests: Every test that ran to its end.
        modules: Every project file that was executed.
        asked: Inputs that a unit asked for, whoever it ran for at that moment; the code
            between the two may have kept them.
        asked_afresh: Inputs that a unit asks for whenever it runs.
        failed_imports: Dotted names that were looked for in vain, per asking unit.
        search: Folders of the repository in which modules are looked for (`sys.path`);
            empty for its top.
        distributions: Version per installed distribution, by normalised name.
        requires: Names of the distributions that a distribution requires.
        provides: Distributions per top-level module name, for the modules in use.
        loaded_distributions: Those with a module in memory at the end.
        empty_files: Files that were collected and held no test.
        written: Files that were opened for writing.
        finders: Per method that fills its receiver, and was seen at every call: per
            attribute, the owners that may have found it filled by others.
        unseen: Methods that fill their receivers, of which calls were not seen.
        blurred: Functions that fill something, of which some owner is known to have run them, but
            not how far.
        shared_processes: Per place, the processes that others start for it, maybe one for
            all who run it.
        own_processes: Per place, the processes that it starts itself: who runs it has its own,
            unless somebody keeps one.
    """

    owners: Mapping[OwnerKey, OwnerRecord]
    tests: Mapping[TestId, TestRecord]
    modules: Mapping[RepoPath, ModuleFacts]
    asked: Mapping[Place, frozenset[Read]]
    asked_afresh: Mapping[Place, frozenset[Read]]
    failed_imports: Mapping[Place, frozenset[str]]
    search: frozenset[RepoPath]
    distributions: Mapping[str, str]
    requires: Mapping[str, frozenset[str]]
    provides: Mapping[str, frozenset[str]]
    loaded_distributions: frozenset[str]
    empty_files: frozenset[RepoPath]
    written: frozenset[RepoPath]
    finders: Mapping[Method, Mapping[str, frozenset[OwnerKey]]]
    unseen: frozenset[Method]
    blurred: frozenset[Method]
    shared_processes: Mapping[Place, frozenset[OwnerKey]]
    own_processes: Mapping[Place, frozenset[OwnerKey]]
