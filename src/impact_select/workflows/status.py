"""Status: what the map holds, and whether it can be used here."""

from impact_select.adapters.environment import current_environment
from impact_select.adapters.map_reader import ImpactMap
from impact_select.adapters.project import Project
from impact_select.model.ids import RepoPath
from impact_select.model.impact_map import Status
from impact_select.model.recorded import Outcome, ReadKind


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
