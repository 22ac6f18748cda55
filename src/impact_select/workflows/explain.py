"""Explain: the chain behind a selected test, and the evidence behind one that is left out."""

from collections.abc import Iterator

from impact_select.adapters.map_reader import ImpactMap
from impact_select.adapters.project import Project
from impact_select.errors import UsageMistake
from impact_select.model.ids import RepoPath, TestId
from impact_select.model.impact_map import Recorded
from impact_select.model.selection import RetestAll
from impact_select.model.source import Unit, UnitKind
from impact_select.report.text import cause_text, fallback_lines
from impact_select.workflows.select import Comparison, select_tests


def explain_lines(project: Project, comparison: Comparison, subject: str) -> list[str]:
    """Explain a test, a file or a symbol, as lines.

    Raises:
        UsageMistake: The map knows nothing of that name.
        NoMap, MapUnreadable, MapSchema: There is no map that can be used.
    """
    with ImpactMap.open(project.map_path) as store:
        known = {recorded.test for recorded in store.recordings.values()}
        tests = sorted(
            test
            for test in known
            if test == subject or test.startswith((f"{subject}[", f"{subject}::"))
        )
        path, _, symbol = subject.partition("::")
        repo_path = RepoPath(f"{project.prefix}/{path}" if project.prefix else path)
        if TestId(subject) in known or (symbol and tests):
            return list(_explain_tests(project, comparison, store, tests))
        for candidate in (repo_path, RepoPath(path)):
            if candidate in store.versions:
                return list(_explain_path(store, candidate, symbol))
        if tests:
            return list(_explain_tests(project, comparison, store, tests))
    raise UsageMistake(
        f"the map knows no test, file or symbol {subject!r};"
        " name a test as pytest does, or a file as git does, with ::SYMBOL behind it"
    )


def _explain_tests(
    project: Project, comparison: Comparison, store: ImpactMap, tests: list[TestId]
) -> Iterator[str]:
    selection, _ = select_tests(project, comparison)
    if isinstance(selection, RetestAll):
        yield from fallback_lines(selection)
        return
    for test in tests:
        causes = selection.affected.get(test)
        if causes is not None:
            yield f"{test} is selected:"
            for cause in causes:
                yield f"  {cause_text(cause)}"
        else:
            yield f"{test} is left out: nothing that it depends on changed"
        yield from _dependencies(store, test)


def _dependencies(store: ImpactMap, test: TestId) -> Iterator[str]:
    recorded = max(
        (one for one in store.recordings.values() if one.test == test),
        key=lambda one: (one.at, one.number),
    )
    for version in sorted(store.files.values(), key=lambda one: one.path):
        symbols = _symbols(store, version.number, recorded)
        if symbols is None:
            continue
        shown = ", ".join(sorted(symbols)[:6]) + (", …" if len(symbols) > 6 else "")
        yield f"  depends on {version.path}" + (f": {shown}" if symbols else ": its import")


def _symbols(store: ImpactMap, file: int, recorded: Recorded) -> set[str] | None:
    """Return the functions of a file that a recording ran; None when it has none of it."""
    outline = store.outline(store.files[file].blob)
    symbols: set[str] = set()
    found = False
    for units, owners in store.traces(file):
        if recorded.number not in store.dependents(owners):
            continue
        found = True
        if outline is not None:
            symbols.update(
                outline.units[unit].symbol
                for unit in units
                if unit < outline.loaded and outline.units[unit].kind is UnitKind.BLOCK
            )
    return symbols if found else None


def _explain_path(store: ImpactMap, path: RepoPath, symbol: str) -> Iterator[str]:
    wanted = symbol.replace("::", ".")
    found: set[TestId] = set()
    for version in store.versions[path]:
        outline = store.outline(version.blob)
        for units, owners in store.traces(version.number):
            if wanted and outline is not None:
                hit = any(
                    unit < outline.loaded and _belongs(outline.units[unit], wanted)
                    for unit in units
                )
                if not hit:
                    continue
            found.update(store.recordings[number].test for number in store.dependents(owners))
    label = f"{path}::{wanted}" if wanted else path
    yield f"{len(found)} tests depend on {label}"
    yield from (f"  {test}" for test in sorted(found))


def _belongs(unit: Unit, wanted: str) -> bool:
    """Tell whether running a unit is running a symbol, by its qualified name."""
    if unit.kind is UnitKind.BLOCK:
        return unit.symbol == wanted or unit.symbol.startswith(f"{wanted}.")
    return not unit.symbol and wanted in unit.names
