"""Status: what the map holds, and whether it can be used here."""

from dataclasses import dataclass
from pathlib import Path

from impact_select.adapters.environment import current_environment
from impact_select.adapters.map_reader import ImpactMap
from impact_select.adapters.project import Project
from impact_select.model.impact_map import Environment, SnapshotFacts
from impact_select.model.recorded import Outcome, ReadKind
from impact_select.model.ids import RepoPath


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


def read_status(project: Project) -> Status:
    """Read the map of a project.

    Raises:
        NoMap, MapUnreadable, MapSchema: There is none that can be used.
    """
    path = project.map_path
    with ImpactMap.open(path) as store:
        newest = {}
        for recorded in sorted(store.recordings.values(), key=lambda one: (one.at, one.number)):
            newest[recorded.test] = recorded
        opaque = store.dependents(store.readers(RepoPath(""), (ReadKind.OPAQUE,)))
        return Status(
            path=path,
            size=path.stat().st_size,
            sessions=tuple(
                (snapshot.facts, len(snapshot.recordings)) for snapshot in store.snapshots
            ),
            test_count=len(newest),
            failed_count=sum(one.outcome is Outcome.FAILED for one in newest.values()),
            opaque_count=len({store.recordings[number].test for number in opaque}),
            duration_s=sum(one.duration_s for one in newest.values()),
            here=current_environment(project.settings.environment),
        )
