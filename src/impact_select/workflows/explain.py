"""Explain: the chain behind a selected test, and the evidence behind one that is left out."""

import os
from collections.abc import Iterator
from pathlib import Path

from impact_select.adapters.map_reader import ImpactMap
from impact_select.adapters.project import Project
from impact_select.errors import UsageMistake
from impact_select.model.ids import RepoPath, TestId
from impact_select.model.impact_map import Recorded
from impact_select.model.recorded import ReadKind
from impact_select.model.selection import RetestAll
from impact_select.model.source import Outline, Unit, UnitKind
from impact_select.report.text import cause_text, count_of, fallback_lines
from impact_select.workflows.select import Comparison, select_tests

_SHOWN_SYMBOLS = 6  # per file; chosen for readable lines
_LOOKED = (ReadKind.CONTENT, ReadKind.STATUS)


def explain_lines(
    project: Project, comparison: Comparison, subject: str, folder: Path
) -> list[str]:
    """Explain a test, a file or a symbol, as lines.

    Args:
        project: Whose map to ask.
        comparison: Which states a selection compares.
        subject: What to explain. A path in it is relative to the folder, to pytest's root or
            to the top of the repository; the first that the map knows counts.
        folder: Where the command was given.

    Raises:
        UsageMistake: The map knows nothing of that name.
        NoMap, MapUnreadable, MapSchema: There is no map that can be used.
    """
    path, colons, rest = subject.partition("::")
    with ImpactMap.open(project.map_path) as store:
        known = {recorded.test for recorded in store.recordings.values()}
        for test in (f"{_relative(folder / path, project.root)}{colons}{rest}", subject):
            if tests := _named(test, known):
                # A file of tests is a file all the same.
                if colons:
                    return list(_explain_tests(project, comparison, store, tests))
                break
        for candidate in _candidates(project, path, folder):
            if candidate in store.versions and _knows(store, candidate, rest):
                return list(_explain_path(store, candidate, rest))
        if tests:
            return list(_explain_tests(project, comparison, store, tests))
    raise UsageMistake(
        f"the map knows no test, file or symbol '{subject}';"
        " name a test as pytest does, or a file, with ::SYMBOL behind it"
        " (a test that is not in the map is always selected)"
    )


def _named(test: str, known: set[TestId]) -> list[TestId]:
    """Return a test, or the variants of a function, or the tests of a class or file."""
    exact = TestId(test)
    if exact in known:
        return [exact]
    return sorted(one for one in known if one.startswith((f"{test}[", f"{test}::")))


def _candidates(project: Project, path: str, folder: Path) -> Iterator[RepoPath]:
    for start in (folder, project.root, project.history.top):
        yield RepoPath(_relative(start / path, project.history.top))


def _relative(path: Path, start: Path) -> str:
    # Not resolved as a whole: a symbolic link is a file of its own.
    where = os.path.join(os.path.realpath(path.parent), path.name)
    return os.path.relpath(where, os.path.realpath(start)).replace(os.sep, "/")


def _knows(store: ImpactMap, path: RepoPath, symbol: str) -> bool:
    wanted = symbol.replace("::", ".")
    return not wanted or any(
        _belongs(unit, wanted)
        for version in store.versions[path]
        for unit in _units(store.outline(version.blob))
    )


def _units(outline: Outline | None) -> tuple[Unit, ...]:
    return () if outline is None else outline.units


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
        elif test in selection.unaffected:
            yield f"{test} is left out: nothing that it depends on changed"
        else:
            yield f"{test} is not there any more"
        yield from _dependencies(store, test)


def _dependencies(store: ImpactMap, test: TestId) -> Iterator[str]:
    recorded = max(
        (one for one in store.recordings.values() if one.test == test),
        key=lambda one: (one.at, one.number),
    )
    for version in sorted(store.files.values(), key=lambda one: (one.path, one.number)):
        symbols = _symbols(store, version.number, recorded)
        if symbols is not None:
            more = ", …" if len(symbols) > _SHOWN_SYMBOLS else ""
            shown = ", ".join(sorted(symbols)[:_SHOWN_SYMBOLS]) + more
            yield f"  depends on {version.path}: {shown or 'its import'}"
    for path in sorted(store.versions):
        readers = store.readers(path, _LOOKED)
        if readers and recorded.number in store.dependents(readers):
            yield f"  reads {path}"


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
    if not wanted:
        readers = store.dependents(store.readers(path, _LOOKED))
        found.update(store.recordings[number].test for number in readers)
    label = f"{path}::{wanted}" if wanted else path
    verb = "depends" if len(found) == 1 else "depend"
    yield f"{count_of(len(found), 'test')} {verb} on {label}"
    yield from (f"  {test}" for test in sorted(found))


def _belongs(unit: Unit, wanted: str) -> bool:
    """Tell whether running a unit is running a symbol, by its qualified name."""
    if unit.kind is UnitKind.BLOCK:
        return unit.symbol == wanted or unit.symbol.startswith(f"{wanted}.")
    holder, _, name = wanted.rpartition(".")
    return unit.symbol == holder and name in unit.names
