"""Keep a recording: evidence, files, outlines and references become part of the map."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pyroaring import BitMap

import impact_select
from impact_select.adapters.environment import current_environment
from impact_select.adapters.map_reader import ImpactMap
from impact_select.adapters.map_writer import Addition, save
from impact_select.adapters.project import Project
from impact_select.adapters.reference_worker import read_references
from impact_select.errors import ImpactError
from impact_select.graph.words import find_words
from impact_select.mapping.assemble import assemble
from impact_select.mapping.name_index import SourceFacts, source_facts
from impact_select.mapping.shared_state import with_shared_state
from impact_select.model.ids import Blob, RepoPath
from impact_select.model.impact_map import ModuleNames, SnapshotFacts
from impact_select.model.recorded import ReadKind, RecordedRun
from impact_select.model.reference import Reference
from impact_select.model.source import Outline
from impact_select.model.tree import Target, TreeFile
from impact_select.outline.parse import UnparsedSource, is_source, parse_outline
from impact_select.recording.source_index import blob_id


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a recording.

    Attributes:
        test_count: Tests that were kept.
        doubtful: Files that changed while they were recorded.
        note: What was done with an unusable old map.
    """

    test_count: int
    doubtful: frozenset[RepoPath]
    note: str | None


def keep_recording(
    project: Project,
    before: Target,
    run: RecordedRun,
    outlines: Mapping[Blob, Outline],
    references: Mapping[Blob, frozenset[Reference] | None],
) -> Kept:
    """Add a run to the project's map.

    Args:
        project: Where it belongs.
        before: The files as they were when the run began.
        run: What was recorded, by all processes.
        outlines: Those that were made meanwhile, by the id of the bytes; the rest is
            made here.
        references: What was read meanwhile, likewise; the rest is read here, or known to
            the map.

    Raises:
        MapBusy, MapNotWritten: It was not kept; the old map is as it was.
    """
    if not run.tests:
        return Kept(0, frozenset(), None)
    run = _without_products(run, before)
    files, sources, doubtful = _files(project, before, run)
    known = _known_names(project)
    kept: dict[Blob, Outline] = {}
    found: dict[Blob, frozenset[Reference] | None] = {}
    state: dict[RepoPath, SourceFacts] = {}
    for path, source in sources.items():
        blob = files[path].blob
        if not is_source(path):
            found[blob] = find_words(source)
            continue
        raw = blob_id(source)
        try:
            kept[blob] = outlines[raw] if raw in outlines else parse_outline(source)
        except UnparsedSource:
            continue
        if blob not in known:
            found[blob] = references[raw] if raw in references else read_references(source)
        names = known[blob] if blob in known else _names(found[blob] or frozenset())
        state[path] = source_facts(kept[blob], names)
    evidence = assemble(with_shared_state(run, state), doubtful)
    if not evidence.tests:
        return Kept(0, doubtful, None)
    head = project.history.head()
    facts = SnapshotFacts(
        environment=current_environment(project.settings.environment),
        pytest_settings=project.pytest_settings(before),
        requirements=project.requirements(before),
        search=run.search,
        empty_files=run.empty_files,
        revision=head or "",
        recorded_at=int(time.time()),
    )
    modules = {
        path: ModuleNames(one.names, one.handed_out, one.foreign)
        for path, one in run.modules.items()
    }
    addition = Addition(facts, evidence, files, modules, kept, found)
    note = save(
        project.map_path,
        addition,
        keep=project.settings.recordings_per_test,
        tool=impact_select.__version__,
    )
    return Kept(len(evidence.tests), doubtful, note)


def _without_products(run: RecordedRun, before: Target) -> RecordedRun:
    """Leave out reads of files that the tests made themselves: they are no inputs."""
    made = run.written - before.files.keys()
    if not made:
        return run
    owners = {
        key: replace(record, reads=frozenset(one for one in record.reads if one.path not in made))
        for key, record in run.owners.items()
    }
    return replace(run, owners=owners)


def _known_names(project: Project) -> Mapping[Blob, Mapping[tuple[str, str], BitMap]]:
    try:
        with ImpactMap.open(project.map_path) as store:
            return store.names_by_blob()
    except ImpactError:
        return {}


def _names(references: Iterable[Reference]) -> Mapping[tuple[str, str], BitMap]:
    units: dict[tuple[str, str], BitMap] = {}
    for reference in references:
        units.setdefault((reference.name, reference.root), BitMap()).add(reference.unit)
    return units


def _files(
    project: Project, before: Target, run: RecordedRun
) -> tuple[dict[RepoPath, TreeFile], dict[RepoPath, bytes], frozenset[RepoPath]]:
    """Return all files of the snapshot, the bytes of the executed ones, the doubtful ones."""
    looked = {
        read.path
        for record in run.owners.values()
        for read in record.reads
        if read.kind in {ReadKind.CONTENT, ReadKind.STATUS} and read.path
    }
    now = project.with_unlisted(project.worktree(), looked | run.modules.keys())
    files = dict(before.files)
    doubtful: set[RepoPath] = set()
    for path, file in now.files.items():
        if path not in files:
            # Ignored by git, or made by the tests.
            files[path] = file
        elif files[path] != file:
            doubtful.add(path)
    sources: dict[RepoPath, bytes] = {}
    for path, facts in run.modules.items():
        if path not in files:
            doubtful.add(path)
            continue
        try:
            source = (project.history.top / path).read_bytes()
        except OSError:
            doubtful.add(path)
            continue
        if blob_id(source) != facts.blob:
            doubtful.add(path)
        if path not in doubtful:
            sources[path] = source
    return files, sources, frozenset(doubtful)
