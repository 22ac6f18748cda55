"""Select: open the map, look at the states, choose."""

from collections.abc import Iterable
from dataclasses import dataclass

from impact_select.adapters.environment import current_environment
from impact_select.adapters.foreign_code import InstalledCode
from impact_select.adapters.import_check import import_known
from impact_select.adapters.map_reader import ImpactMap
from impact_select.adapters.project import Project
from impact_select.errors import MapSchema, MapUnreadable, NoMap
from impact_select.model.ids import RepoPath
from impact_select.model.impact_map import MapSummary
from impact_select.model.selection import Fallback, RetestAll, Selection
from impact_select.model.tree import Target
from impact_select.selection.choose import Circumstances, choose


@dataclass(frozen=True, slots=True)
class Comparison:
    """Which states to compare.

    Attributes:
        base: A revision to measure the change from; None measures from the recordings.
        staged: Whether the index is the state to test, instead of the files on disk.
    """

    base: str | None = None
    staged: bool = False


def select_tests(project: Project, comparison: Comparison) -> tuple[Selection, MapSummary]:
    """Choose the tests to run in a project.

    A map that is missing, damaged or of another version makes all tests run.

    Raises:
        UnknownRevision, NoMergeBase: The base is not in this clone.
    """
    path = project.map_path
    try:
        with ImpactMap.open(path) as store:
            return _select(project, comparison, store), _summary(store)
    except (NoMap, MapUnreadable, MapSchema) as error:
        return RetestAll((Fallback(error.slug, error.message()),)), MapSummary(path)


def _select(project: Project, comparison: Comparison, store: ImpactMap) -> Selection:
    head = project.staged() if comparison.staged else project.worktree()
    looked = _recorded_paths(store)
    targets = [project.with_unlisted(head, looked)]
    if comparison.base is not None:
        targets.append(project.with_unlisted(project.base(comparison.base), ()))
        targets[1] = _with_ignored(targets[1], targets[0], head)
    circumstances = Circumstances(
        environment=current_environment(project.settings.environment),
        pytest_settings={target.label: project.pytest_settings(target) for target in targets},
        requirements={target.label: project.requirements(target) for target in targets},
        names=project.test_names(),
    )
    return choose(
        store,
        tuple(targets),
        circumstances,
        project.settings,
        lambda path: import_known(store, path),
        InstalledCode(),
        project.history.read_blobs,
    )


def _recorded_paths(store: ImpactMap) -> Iterable[RepoPath]:
    return store.versions.keys()


def _with_ignored(base: Target, head: Target, listed: Target) -> Target:
    """Give the base the files that git does not list: they belong to every state."""
    extra = {path: file for path, file in head.files.items() if path not in listed.files}

    def read(path: RepoPath) -> bytes:
        return base.read(path) if path in base.files else head.read(path)

    return Target({**extra, **base.files}, read, base.label)


def _summary(store: ImpactMap) -> MapSummary:
    snapshots = store.snapshots
    return MapSummary(
        path=store.path,
        test_count=len({recorded.test for recorded in store.recordings.values()}),
        recorded_at=max((snapshot.facts.recorded_at for snapshot in snapshots), default=0),
        revisions=tuple(dict.fromkeys(snapshot.facts.revision for snapshot in snapshots)),
    )
