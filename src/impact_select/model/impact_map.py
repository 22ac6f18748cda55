"""What the map knows about a recording beside its evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pyroaring import BitMap

from impact_select.model.ids import Blob, RepoPath, TestId
from impact_select.model.recorded import Outcome


@dataclass(frozen=True, slots=True)
class Environment:
    """What a test's behaviour rests on beside the files of the repository.

    Attributes:
        python: Implementation and minor version, as `cpython 3.13`.
        platform: As `linux-x86_64`.
        distributions: Version per installed distribution, by normalised name.
        variables: Digest of the value per environment variable named in the
            configuration; empty for an unset one.
    """

    python: str
    platform: str
    distributions: Mapping[str, str]
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SnapshotFacts:
    """The circumstances of one recording.

    Attributes:
        environment: Where it was recorded.
        pytest_settings: Digest of pytest's own settings.
        requirements: Requirement text per distribution name, per file that has some.
        search: Folders of the repository in which modules are looked for.
        empty_files: Files that were collected and held no test.
        revision: The commit that was checked out, empty without one.
        recorded_at: Seconds since the epoch, UTC.
    """

    environment: Environment
    pytest_settings: str
    requirements: Mapping[RepoPath, Mapping[str, str]]
    search: frozenset[RepoPath]
    empty_files: frozenset[RepoPath]
    revision: str
    recorded_at: int


@dataclass(frozen=True, slots=True)
class ModuleNames:
    """How one version of a file is known to import statements.

    Attributes:
        names: Dotted names under which it was imported.
        handed_out: True when something other than an import statement of the project
            asked for its import, and so got hold of the module.
        foreign: Names of the top-level modules from elsewhere that it imports.
    """

    names: frozenset[str]
    handed_out: bool
    foreign: frozenset[str]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording of a test, by its number in the map.

    Attributes:
        number: The recording's number; evidence refers to it.
        test: The test.
        outcome: How it ended.
        duration_s: Set-up, call and teardown together.
        path: The file that defines it.
        function: Qualified name of its function in that file; empty when it has none.
        reads_docs: True for a doctest.
        at: Seconds since the epoch, UTC.
    """

    number: int
    test: TestId
    outcome: Outcome
    duration_s: float
    path: RepoPath
    function: str
    reads_docs: bool
    at: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One recording session in the map.

    Attributes:
        facts: Its circumstances.
        manifest: Numbers of the file versions that made up the repository.
        recordings: Numbers of the recordings made in it.
    """

    facts: SnapshotFacts
    manifest: BitMap
    recordings: BitMap


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A file as some snapshot saw it; the mode is git's, in octal digits."""

    number: int
    path: RepoPath
    blob: Blob
    mode: str


@dataclass(frozen=True, slots=True)
class MapSummary:
    """What a header line says of the map."""

    path: Path
    test_count: int = 0
    recorded_at: int = 0
    revisions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """What there is to say.

    Attributes:
        path: The map's file.
        size: In bytes.
        sessions: Circumstances and number of live recordings per recording session.
        test_count: Known tests.
        failed_count: Tests whose last recording failed.
        opaque_count: Tests with child processes that could not be recorded.
        duration_s: Of all tests, as last recorded.
        here: This environment.
    """

    path: Path
    size: int
    sessions: tuple[tuple[SnapshotFacts, int], ...]
    test_count: int
    failed_count: int
    opaque_count: int
    duration_s: float
    here: Environment
