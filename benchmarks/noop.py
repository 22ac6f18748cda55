"""Edit all files of a real project so that nothing they do changes; count what is selected."""

import shlex
import shutil
import signal
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from benchmarks.arguments import pytest_options, recording_options
from benchmarks.edit import Edit, FileEdit, splice_edit
from benchmarks.formatters import FORMATTERS
from benchmarks.kinds.layout import KINDS, is_unchanged, together
from benchmarks.mutants import LISTED
from benchmarks.project import Project
from benchmarks.results import Result, append_result, read_results
from benchmarks.source import Splice
from benchmarks.tables import Columns
from benchmarks.tools import impact
from benchmarks.workspace import Workspace, make_workspace

EDITS = Columns(
    ("project", "python", "kind"),
    ("files", "edits", "edits that select", "tests selected", "tests that read the file"),
)
READ = "file-changed"
"""The kind of cause of a test that reads a source file as text."""
SHOWN_CAUSES = 4
"""Of an edit, in a note. Chosen; nothing depends on it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a selection chose that it does not choose without an edit.

    Attributes:
        tests: Ids of those that are selected by what files say, with their causes.
        readers: Ids of those that are selected only because they read a file as text, with
            the files.
        fallbacks: Reasons to run all tests.
    """

    tests: Mapping[str, frozenset[str]]
    readers: Mapping[str, frozenset[str]]
    fallbacks: tuple[str, ...]
    duration_s: float

    @property
    def is_empty(self) -> bool:
        """Tell whether the edits select nothing but readers of text."""
        return not self.tests and not self.fallbacks

    def readers_of(self, path: str) -> list[str]:
        """Give the tests that read a file as text, sorted."""
        return sorted(test for test, paths in self.readers.items() if path in paths)

    def facts(self) -> dict[str, Any]:
        """Give what results hold of it."""
        causes = Counter(cause for some in self.tests.values() for cause in some)
        return {
            "selected": sorted(self.tests),
            "cause_counts": dict(causes.most_common(LISTED)),
            "fallbacks": list(self.fallbacks),
            "select_s": round(self.duration_s, 3),
        }


T = TypeVar("T")


@click.command()
@recording_options
@click.option("--kinds", multiple=True, metavar="KIND[,KIND]", help="Only these kinds.")
@click.option("--results", type=click.Path(path_type=Path), default=Path("noop.jsonl"))
@click.option("--include", multiple=True, help="Glob of the files to edit; * crosses folders.")
@click.option("--exclude", multiple=True, help="Glob of files to leave alone.")
@click.option(
    "--formatters",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with black, ruff, yapf and autopep8; those that are there are used.",
)
def main(
    project: Path,
    python: Path,
    pytest_args: str,
    impact_args: str,
    tests: tuple[str, ...],
    impact_src: Path | None,
    scratch: Path | None,
    table: Path | None,
    kinds: tuple[str, ...],
    results: Path,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    formatters: Path | None,
) -> None:
    """Edit comments, layout, docstrings and imports of a copy of a git checkout.

    All edits of one kind are made at once; where that selects a test, they are taken
    apart until each file, and in it each edit, is known that does.
    Files that --results already holds are not edited again.
    The exit status is 1 when anything but a changed docstring selects a test.
    """
    wanted = _kinds(kinds, formatters)
    tool = impact(shlex.split(impact_args), impact_src)
    # Ended from outside: take the copy away and end what runs in it.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    folder = scratch or Path(tempfile.mkdtemp(prefix="impact-noop-"))
    try:
        workspace = make_workspace(project, folder, python, pytest_options(pytest_args), tests)
        workspace = workspace.of(tool)
        about = {
            "project": project.resolve().name,
            "python": workspace.python_version(),
            "revision": workspace.revision(),
        }
        known = [
            result
            for result in read_results(results)
            if all(result[name] == value for name, value in about.items())
        ]
        files = workspace.project(include, exclude)
        done = {(result["kind"], result["path"]) for result in known}
        always: frozenset[str] | None = None
        for kind in wanted:
            by_path = {
                path: edits
                for path, edits in _edits(kind, files, workspace, formatters).items()
                if (kind, path) not in done
            }
            if by_path and always is None:
                always = record(workspace, tool.record)
            for result in measure(kind, by_path, workspace, always or frozenset()):
                line = {"schema": 1, **about, **result}
                append_result(results, line)
                known.append(line)
    finally:
        if scratch is None:
            shutil.rmtree(folder, ignore_errors=True)
    shown = [result for result in known if result["kind"] in wanted]
    rows = rows_of(shown, wanted)
    click.echo(EDITS.text(rows) + "\n")
    for note in notes_of(shown):
        click.echo(note)
    if table is not None:
        table.write_text(EDITS.markdown(rows), encoding="utf-8")
    is_layout = any(result["culprits"] for result in shown if result["kind"] != "docstring")
    sys.exit(1 if is_layout else 0)


def record(workspace: Workspace, options: Sequence[str]) -> frozenset[str]:
    """Make the map; give the tests that are selected without an edit."""
    click.echo("recording", err=True)
    run = workspace.pytest(*options)
    workspace.clean()
    if run.outside:
        raise click.ClickException(f"modules are loaded from {workspace.origin}, not its copy")
    if not workspace.map_bytes():
        raise click.ClickException(f"recording left no map:\n{run.tail}")
    before = answer_of(workspace, [], frozenset())
    if before.fallbacks:
        raise click.ClickException(f"nothing can be selected: {before.fallbacks}")
    always = frozenset((*before.tests, *before.readers))
    click.echo(
        f"{len(run.outcomes)} tests recorded in {run.duration_s:.1f} s, "
        f"{len(always)} selected without an edit",
        err=True,
    )
    return always


def measure(
    kind: str, by_path: dict[str, list[Edit]], workspace: Workspace, always: frozenset[str]
) -> Iterator[dict[str, Any]]:
    """Make all edits of a kind, apart where that is needed; give a result for each file.

    Args:
        kind: Their kind.
        by_path: Edits of each file that can be made together.
        workspace: Holds a map.
        always: Tests that are selected without an edit.
    """
    edit_count = sum(map(len, by_path.values()))
    with click.progressbar(
        length=edit_count, label=f"{kind:22}", file=sys.stderr, show_pos=True
    ) as bar:

        def select(edits: Sequence[Edit]) -> Answer:
            return answer_of(workspace, edits, always)

        files = [(path, edits) for path, edits in sorted(by_path.items()) if edits]
        for group, answer in apart(files, lambda some: select([e for _, es in some for e in es])):
            for path, edits in group:
                culprits = [
                    {"edit": edit.description, **one.facts()}
                    for single, one in apart(edits, select, known=answer)
                    if not one.is_empty
                    for edit in single
                ]
                yield {
                    "kind": kind,
                    "path": path,
                    "edit_count": len(edits),
                    **answer.facts(),
                    "readers": answer.readers_of(path),
                    "culprits": culprits,
                }
                bar.update(len(edits))


def apart(
    whole: Sequence[T], select: Callable[[Sequence[T]], Answer], known: Answer | None = None
) -> Iterator[tuple[list[T], Answer]]:
    """Halve what selects a test until it cannot be halved.

    Args:
        whole: What can be chosen from.
        select: Selects with some of it.
        known: What it gave for all, where that is known.

    Returns:
        Parts that together are the whole, and what each selects: nothing, or it is a
        single one. A part that selects nothing with others does so alone, as more
        changes never select less.
    """
    if not whole:
        return
    answer = select(whole) if known is None else known
    if answer.is_empty or len(whole) == 1:
        yield list(whole), answer
        return
    half = len(whole) // 2
    yield from apart(whole[:half], select)
    yield from apart(whole[half:], select)


def answer_of(workspace: Workspace, edits: Sequence[Edit], always: frozenset[str]) -> Answer:
    """Make edits at once, select, and take them back."""
    splices: dict[str, list[Splice]] = defaultdict(list)
    for edit in edits:
        for file in edit.files:
            splices[file.path].extend(file.splices)
    files = tuple(FileEdit(path, tuple(some)) for path, some in splices.items())
    with workspace.applied(Edit("", "", "", files)):
        answer, ended = workspace.select()
    if answer is None:
        raise click.ClickException(f"impact select ended with {ended.status}:\n{ended.stderr}")
    tests, readers = {}, {}
    for test in answer["selected"]:
        if test["id"] in always:
            continue
        causes = test["causes"]
        if all(cause["kind"] == READ for cause in causes):
            readers[test["id"]] = frozenset(
                path for path in splices for cause in causes if path in cause["change"]
            )
        else:
            tests[test["id"]] = frozenset(
                f"{cause['kind']} {cause['change']}" for cause in causes if cause["kind"] != READ
            )
    fallbacks = tuple(f"{one['slug']} {one['detail']}" for one in answer["fallbacks"])
    return Answer(tests, readers, fallbacks, ended.duration_s)


def rows_of(results: Sequence[Result], kinds: Sequence[str]) -> list[tuple[str, ...]]:
    """Sum up by project and kind, in the order of the kinds: EDITS."""
    groups: dict[tuple[int, str, str], list[Result]] = defaultdict(list)
    for result in results:
        groups[kinds.index(result["kind"]), result["project"], result["python"]].append(result)
    return [
        (project, ".".join(python.split(".")[:2]), kinds[index], *_cells(group))
        for (index, project, python), group in sorted(groups.items())
    ]


def notes_of(results: Iterable[Result]) -> Iterator[str]:
    """Give a line for each file that selects something, and for each edit that does."""
    for result in results:
        where = f"{result['kind']} {result['path']}"
        for culprit in result["culprits"]:
            causes = sorted(culprit["cause_counts"].items(), key=lambda item: -item[1])
            shown = "; ".join(f"{cause} ({count})" for cause, count in causes[:SHOWN_CAUSES])
            shown = "; ".join((*culprit["fallbacks"], shown))
            yield f"{where} {culprit['edit']}: {len(culprit['selected'])} tests: {shown}"
    read: dict[str, set[str]] = defaultdict(set)
    for result in results:
        read[result["path"]].update(result["readers"])
    for path, tests in sorted(read.items()):
        if tests:
            yield f"{path} is read by {len(tests)} tests: {', '.join(sorted(tests)[:SHOWN_CAUSES])}"


def _cells(group: Sequence[Result]) -> tuple[str, ...]:
    return (
        str(len(group)),
        str(sum(result["edit_count"] for result in group)),
        str(sum(len(result["culprits"]) for result in group)),
        str(len({test for result in group for test in result["selected"]})),
        str(len({test for result in group for test in result["readers"]})),
    )


def _edits(
    kind: str, project: Project, workspace: Workspace, formatters: Path | None
) -> dict[str, list[Edit]]:
    """Give what can be made together in each file; nothing where a kind is not possible."""
    if kind in KINDS:
        found = {
            source.path: together(kind, source, list(KINDS[kind](source)))
            for source in project.sources
        }
        return {path: edits for path, edits in found.items() if edits}
    assert formatters is not None
    command = FORMATTERS[kind].command(formatters, [source.path for source in project.sources])
    workspace.run(command)
    found = {}
    for source in project.sources:
        after = (workspace.copy / source.path).read_bytes()
        if after == source.data:
            continue
        if is_unchanged(kind, source, after):
            whole = Splice(0, len(source.data), after.decode())
            found[source.path] = [splice_edit(kind, source.path, "all", whole)]
        else:
            click.echo(f"left alone, {kind} changes what it does: {source.path}", err=True)
    workspace.clean()
    return found


def _kinds(given: Sequence[str], formatters: Path | None) -> list[str]:
    there = [
        kind
        for kind, formatter in FORMATTERS.items()
        if formatters is not None and (formatters / formatter.program).is_file()
    ]
    names = [name for one in given for name in one.split(",")]
    unknown = sorted(set(names) - {*KINDS, *there})
    if unknown:
        known = ", ".join((*KINDS, *there))
        raise click.UsageError(f"--kinds: {', '.join(unknown)}; there are {known}")
    return names or [*KINDS, *there]


if __name__ == "__main__":
    main()
