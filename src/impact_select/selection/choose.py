"""The choice: every known test is affected, with causes, or provably not.

A recording of a test is *valid* for a state when nothing that differs between the state
that it was made in and that one affects it. A test is left out when its newest valid
recording settled (passed or skipped). So the same map serves several branches, and a
selected test that did not run stays selected: no recording of it is valid.

With a base, a test is left out only when one recording is valid for the base and for the
head: then it behaves in both as it was recorded, and so alike.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pyroaring import BitMap

from impact_select.changes.detect import detect_changes
from impact_select.changes.elsewhere import Elsewhere, ImportKnown
from impact_select.changes.requirements import awaited
from impact_select.config import Settings
from impact_select.model.changes import ChangeKind
from impact_select.model.ids import Blob, RepoPath, TestId
from impact_select.model.impact_map import Environment, FileVersion, Recorded, Snapshot
from impact_select.model.recorded import Outcome
from impact_select.model.selection import Cause, Fallback, RetestAll, Selection, Subset
from impact_select.model.source import Outline, plain_name
from impact_select.model.tree import Target, TreeFile
from impact_select.outline.parse import UnparsedSource, is_source, parse_outline
from impact_select.ports import EvidenceStore, ForeignCode
from impact_select.selection.affected import Affected, Rules
from impact_select.selection.globs import matches
from impact_select.selection.loading import ImportComparison
from impact_select.selection.new_tests import TestNames, new_tests

# A loop, a decorator or a base can make tests that no function of the file shows.
_MAKING_TESTS = frozenset({ChangeKind.EFFECT, ChangeKind.BASES, ChangeKind.DECORATORS})
_MOST_CAUSES = 5  # per test; chosen for readable reports
_PYTHON = (".py", ".pyw")

StoredContents: TypeAlias = Callable[[Iterable[Blob]], Mapping[Blob, bytes]]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds now beside the files.

    Attributes:
        environment: Where the tests are going to run.
        pytest_settings: Digest of pytest's own settings, per target label.
        requirements: Requirement text per distribution, per file, per target label.
        names: How pytest recognises tests.
    """

    environment: Environment
    pytest_settings: Mapping[str, str]
    requirements: Mapping[str, Mapping[RepoPath, Mapping[str, str]]]
    names: TestNames


@dataclass(slots=True)
class _Findings:
    """What one target gives."""

    affected: list[Affected] = field(default_factory=list)
    unread: set[RepoPath] = field(default_factory=set)
    outlines: dict[RepoPath, Outline] = field(default_factory=dict)
    remade: set[RepoPath] = field(default_factory=set)
    fallbacks: list[Fallback] = field(default_factory=list)
    folders: frozenset[str] | None = None


def choose(
    store: EvidenceStore,
    targets: tuple[Target, ...],
    circumstances: Circumstances,
    settings: Settings,
    import_known: Callable[[RepoPath], ImportKnown],
    foreign: ForeignCode,
    stored: StoredContents,
) -> Selection:
    """Choose the tests to run.

    Args:
        store: The map.
        targets: The state to test first; after it the base, if there is one.
        circumstances: What holds now beside the files.
        settings: The project's.
        import_known: Per importing file, whether a new import is known to succeed.
        foreign: Code that is not the project's.
        stored: Gives contents that the repository has, of those asked for.

    Returns:
        A subset, or all tests with the reasons.

    Safety:
        docs/safety.md, rules 1 to 4.
    """
    snapshots = [
        snapshot
        for snapshot in store.snapshots
        if snapshot.facts.environment.python == circumstances.environment.python
        and snapshot.facts.environment.platform == circumstances.environment.platform
    ]
    if not snapshots:
        return RetestAll((_no_snapshot(store, circumstances.environment),))
    head = targets[0]
    if len(targets) > 1 and dict(targets[1].files) == dict(head.files):
        findings = [_Findings()]
        snapshots_affected: list[Affected] = []
    else:
        rules = Rules(store, foreign, lambda path: head.read(path) if path in head.files else None)
        comparison = _Comparison(store, rules, snapshots, settings, import_known, stored)
        findings = [comparison.findings(target) for target in targets]
        snapshots_affected = [
            affected
            for target in targets
            for affected in _circumstantial(store, snapshots, circumstances, target)
        ]
    fallbacks = tuple(dict.fromkeys(item for found in findings for item in found.fallbacks))
    if fallbacks:
        return RetestAll(fallbacks)
    affected = [item for found in findings for item in found.affected] + snapshots_affected
    return _subset(store, snapshots, affected, findings[0], head, circumstances, settings)


def _no_snapshot(store: EvidenceStore, environment: Environment) -> Fallback:
    found = sorted(
        {
            f"{snapshot.facts.environment.python} on {snapshot.facts.environment.platform}"
            for snapshot in store.snapshots
        }
    )
    if not found:
        return Fallback("no-recording", "the map holds no recording yet")
    detail = f"the map was recorded with {', '.join(found)}, this is {environment.python}"
    return Fallback("other-interpreter", f"{detail} on {environment.platform}")


class _Comparison:
    """Compares states that were recorded with a target."""

    def __init__(
        self,
        store: EvidenceStore,
        rules: Rules,
        snapshots: list[Snapshot],
        settings: Settings,
        import_known: Callable[[RepoPath], ImportKnown],
        stored: StoredContents,
    ) -> None:
        self._store = store
        self._rules = rules
        self._snapshots = snapshots
        self._settings = settings
        self._import_known = import_known
        self._stored = stored
        self._unloaded: Mapping[Blob, bytes] = {}
        self._comparisons: dict[str, ImportComparison] = {}
        self._parsed: dict[tuple[Blob, RepoPath], Outline | UnparsedSource] = {}

    def findings(self, target: Target) -> _Findings:
        """Find all that differs, and whom it affects."""
        findings = _Findings()
        present = {
            version.number
            for versions in self._store.versions.values()
            for version in versions
            if _same(version, target.files.get(version.path))
        }
        current = BitMap(present)
        matched = {self._store.files[number].path for number in present}
        domains: dict[int, BitMap] = {}
        new: dict[RepoPath, BitMap] = {}
        searches: dict[RepoPath, frozenset[RepoPath]] = {}
        for snapshot in self._snapshots:
            for number in snapshot.manifest - current:
                domains[number] = domains.get(number, BitMap()) | snapshot.recordings
            missing = [
                *(path for path in target.files if path not in matched),
                *(self._store.files[number].path for number in current - snapshot.manifest),
            ]
            for path in missing:
                versions = self._store.versions.get(path, ())
                if not any(version.number in snapshot.manifest for version in versions):
                    new[path] = new.get(path, BitMap()) | snapshot.recordings
                    searches[path] = searches.get(path, frozenset()) | snapshot.facts.search
        rewritten = self._rewritten(domains, target)
        self._unloaded = self._stored(self._without_outline(domains))
        for number, domain in sorted(domains.items()):
            version = self._store.files[number]
            found, effective = self._changed(version, target, findings, rewritten, domain)
            self._add(findings, version.path, domain, found, effective=effective)
        folders = _folders(path for path in self._store.versions)
        for path, domain in sorted(new.items()):
            added = self._rules.added(path, folders, searches[path])
            self._add(findings, path, domain, added, effective=True)
        return findings

    def _add(
        self,
        findings: _Findings,
        path: RepoPath,
        domain: BitMap,
        found: Iterable[Affected],
        *,
        effective: bool,
    ) -> None:
        """Add whom a path affects; `effective` is false when only its text differs."""
        if matches(path, self._settings.run_all_on):
            detail = f"{path} changed, which tool.impact.run-all-on names"
            findings.fallbacks.append(Fallback("run-all-on", detail))
            return
        if matches(path, self._settings.ignore):
            return
        items = list(found)
        if effective:
            items += self._rules.opaque(f"{path} changed")
        hit = False
        for item in items:
            kept = item.recordings & domain
            if kept:
                hit = True
                findings.affected.append(Affected(kept, item.cause))
        if not hit and effective:
            findings.unread.add(path)

    def _rewritten(self, numbers: Iterable[int], target: Target) -> dict[int, BitMap]:
        """Return the units of file versions that the target has otherwise, or not at all."""
        found: dict[int, BitMap] = {}
        for number in numbers:
            version = self._store.files[number]
            if matches(version.path, self._settings.ignore):
                continue  # its own changes count for nothing
            old, now = self._store.outline(version.blob), target.files.get(version.path)
            new = None if old is None or now is None else self._parse(now, target)
            if old is not None and isinstance(new, Outline):
                kept = {unit.key: unit.fingerprint for unit in new.units}
                found[number] = BitMap(
                    [
                        index
                        for index, unit in enumerate(old.units)
                        if kept.get(unit.key) != unit.fingerprint
                    ]
                )
        return found

    def _changed(
        self,
        version: FileVersion,
        target: Target,
        findings: _Findings,
        rewritten: Mapping[int, BitMap],
        domain: BitMap,
    ) -> tuple[list[Affected], bool]:
        """Return whom a different file affects, and whether more than its text differs.

        Once all of the domain have as many causes as are told, no other change is looked at.
        """
        now = target.files.get(version.path)
        if now is None:
            if findings.folders is None:
                findings.folders = _folders(target.files)
            return list(self._rules.removed(version, findings.folders)), True
        found: list[Affected] = []
        if now.mode != version.mode:
            found.extend(self._rules.mode(version))
            if now.blob == version.blob:
                return found, True
        old = self._store.outline(version.blob)
        if old is None and not is_source(version.path):
            found.extend(self._rules.content(version, is_source=False))
            return found, True
        found.extend(self._rules.content(version, is_source=True))
        new = self._parse(now, target)
        if isinstance(new, UnparsedSource):
            where = f"line {new.line}: {new}" if new.line else str(new)
            found.extend(self._rules.unparsed(version, f"at {target.label}, {where}"))
            return found, True
        findings.outlines[version.path] = new
        if old is None:
            found.extend(self._rules.unparsed(version, "it was not outlined when it was recorded"))
            return found, not self._is_only_text(version, new)
        imports = self._imports(target)
        states = imports.of(version, domain)
        known = self._import_known(version.path)
        elsewhere = Elsewhere(
            import_known=lambda fact: known(fact) or states.can_import(fact),
            unmoved=imports.unmoved(states, old, new, lambda: target.read(version.path)),
            wrapper_imported=states.gives_wrapper,
            was_quiet=states.derived_quietly,
            is_quiet=states.derives_quietly,
        )
        changes = detect_changes(version.path, old, new, elsewhere)
        # Per number of causes, who has one more than that.
        caused = [BitMap() for _ in range(_MOST_CAUSES)]
        for change in changes:
            if change.kind in _MAKING_TESTS:
                findings.remade.add(version.path)
            if domain.issubset(caused[-1]):
                continue
            if change.kind is ChangeKind.LOADING:
                items = list(self._rules.loading(change, states))
            else:
                items = list(self._rules.code(change, version, rewritten))
            hit = domain & BitMap().union(*(item.recordings for item in items))
            for number, one in enumerate(caused):
                caused[number], hit = one | hit, one & hit
            found += items
        return found, bool(changes)

    def _without_outline(self, numbers: Iterable[int]) -> list[Blob]:
        """Return the contents of Python files that nobody was seen to load."""
        versions = [self._store.files[number] for number in numbers]
        return [
            version.blob
            for version in versions
            if version.path.endswith(_PYTHON) and self._store.outline(version.blob) is None
        ]

    def _is_only_text(self, version: FileVersion, new: Outline) -> bool:
        """Tell whether a file that nobody was seen to load does what it would have done."""
        content = self._unloaded.get(version.blob)
        if content is None:
            return False
        try:
            old = parse_outline(content, state=False)
        except UnparsedSource:
            return False
        return not detect_changes(version.path, old, new, Elsewhere())

    def _imports(self, target: Target) -> ImportComparison:
        if target.label not in self._comparisons:

            def outline_at(path: RepoPath) -> Outline | None:
                file = target.files.get(path)
                if file is None:
                    return None
                known = self._store.outline(file.blob)
                if known is not None or not is_source(path):
                    return known
                parsed = self._parse(file, target)
                return None if isinstance(parsed, UnparsedSource) else parsed

            self._comparisons[target.label] = ImportComparison(
                self._store, self._rules.modules, target, outline_at, self._import_known
            )
        return self._comparisons[target.label]

    def _parse(self, file: TreeFile, target: Target) -> Outline | UnparsedSource:
        key = (file.blob, file.path)
        if key not in self._parsed:
            try:
                known = self._store.outline(file.blob)
                self._parsed[key] = known or parse_outline(target.read(file.path), state=False)
            except UnparsedSource as error:
                self._parsed[key] = error
        return self._parsed[key]


def _same(version: FileVersion, now: TreeFile | None) -> bool:
    return now is not None and now.blob == version.blob and now.mode == version.mode


def _folders(paths: Iterable[RepoPath]) -> frozenset[str]:
    folders: set[str] = {""}
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return frozenset(folders)


def _circumstantial(
    store: EvidenceStore,
    snapshots: Iterable[Snapshot],
    circumstances: Circumstances,
    target: Target,
) -> Iterator[Affected]:
    """Compare distributions, requirements, variables and pytest's settings."""
    for snapshot in snapshots:
        facts = snapshot.facts
        settings = circumstances.pytest_settings.get(target.label, "")
        if settings != facts.pytest_settings:
            cause = Cause("pytest-settings", "pytest's settings changed")
            yield Affected(snapshot.recordings, cause)
        before, now = facts.environment, circumstances.environment
        for name in _differing(before.distributions, now.distributions):
            was = before.distributions.get(name, "absent")
            cause = Cause(
                "distribution",
                f"{name} {now.distributions.get(name, 'absent')} is installed, was {was}",
            )
            yield Affected(store.distribution_users(name) & snapshot.recordings, cause)
            for owners in store.missing_imports().values():
                yield Affected(store.dependents(owners) & snapshot.recordings, cause)
        for name in _differing(before.variables, now.variables):
            cause = Cause("environment", f"the environment variable {name} differs")
            yield Affected(snapshot.recordings, cause)
        required = circumstances.requirements.get(target.label, {})
        expected = awaited(facts.requirements, required, before.distributions, now.distributions)
        for path, names in expected.items():
            for name in names:
                cause = Cause("requirement", f"{path} requires {name} otherwise")
                yield Affected(store.distribution_users(name) & snapshot.recordings, cause)


def _differing(one: Mapping[str, str], two: Mapping[str, str]) -> list[str]:
    return sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))


def _subset(
    store: EvidenceStore,
    snapshots: list[Snapshot],
    affected: list[Affected],
    findings: _Findings,
    head: Target,
    circumstances: Circumstances,
    settings: Settings,
) -> Subset:
    live = BitMap.union(*(snapshot.recordings for snapshot in snapshots))
    hit = BitMap.union(*(item.recordings for item in affected)) if affected else BitMap()
    by_test: dict[TestId, list[Recorded]] = {}
    for number in live:
        recorded = store.recordings[number]
        by_test.setdefault(recorded.test, []).append(recorded)
    selected: dict[TestId, tuple[Cause, ...]] = {}
    unaffected: set[TestId] = set()
    saved = 0.0
    for test, recordings in by_test.items():
        valid = [one for one in recordings if one.number not in hit]
        newest = max(valid or recordings, key=lambda one: (one.at, one.number))
        if matches(test, settings.always_run) or test.startswith(settings.always_run):
            selected[test] = (Cause("always-run", "tool.impact.always-run names it"),)
        elif not valid:
            selected[test] = _causes(newest.number, affected)
        elif newest.outcome is Outcome.FAILED:
            selected[test] = (Cause("failed", "it failed when it last ran"),)
        else:
            unaffected.add(test)
            saved += newest.duration_s
    selected = {
        test: causes
        for test, causes in selected.items()
        if _exists(by_test[test][-1], head, findings)
    }
    known_files = {recorded.path for found in by_test.values() for recorded in found}
    empty = frozenset().union(*(snapshot.facts.empty_files for snapshot in snapshots))
    files, tests = new_tests(
        head.files.keys(), known_files, empty, findings.outlines, store, circumstances.names
    )
    files = tuple(sorted({*files, *(findings.remade & known_files)}))
    return Subset(
        affected=dict(sorted(selected.items())),
        unaffected=frozenset(unaffected),
        renewed=_renewed(selected, unaffected),
        new_files=files,
        new_tests=tests,
        unread=tuple(sorted(findings.unread)),
        saved_s=saved,
    )


def _causes(number: int, affected: list[Affected]) -> tuple[Cause, ...]:
    causes: list[Cause] = []
    for item in affected:
        if number in item.recordings and item.cause not in causes:
            causes.append(item.cause)
            if len(causes) == _MOST_CAUSES:
                break
    return tuple(causes)


def _exists(recorded: Recorded, head: Target, findings: _Findings) -> bool:
    """Tell whether a test can still be there: its file is, and its function may be."""
    if recorded.path and recorded.path not in head.files:
        return False
    outline = findings.outlines.get(recorded.path)
    if outline is None or not recorded.function or recorded.reads_docs:
        return True
    holder = recorded.function.rpartition(".")[0]
    if any(plain_name(facts.qualname) == recorded.function for facts in outline.functions):
        return True
    if not holder:
        # It may come from elsewhere, by an import.
        name = recorded.function
        return any(name in unit.names or "*" in unit.names for unit in outline.units)
    return any(facts.qualname == holder and facts.bases for facts in outline.classes)


def _renewed(selected: Iterable[TestId], unaffected: Iterable[TestId]) -> frozenset[TestId]:
    """Return the parametrised tests of whose function no variant is left out."""
    kept = {test.partition("[")[0] for test in unaffected}
    return frozenset(
        test for test in selected if "[" in test and test.partition("[")[0] not in kept
    )
