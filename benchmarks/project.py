"""The files of a project at its base, read once."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from benchmarks.source import Role, SourceFile, parse_source

DATA_SUFFIXES = frozenset(
    {
        *(".json", ".txt", ".html", ".sql", ".csv", ".tsv", ".toml", ".yaml", ".yml", ".ini"),
        *(".cfg", ".xml", ".css", ".js", ".jinja", ".j2", ".po", ".md", ".rst", ".tmpl"),
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Project:
    """What the edit kinds can see.

    Attributes:
        paths: Every tracked file, relative to the top, also those that are not edited.
        sources: The Python files that may be edited, sorted by path.
        data: Other text files that may be edited and lie beside Python files or below
            them, by path, sorted.
    """

    paths: frozenset[str]
    sources: tuple[SourceFile, ...]
    data: dict[str, bytes] = field(repr=False)

    def test_folders(self) -> tuple[str, ...]:
        """Give the folders that hold test modules, sorted."""
        return tuple(
            sorted(
                {
                    str(PurePosixPath(source.path).parent)
                    for source in self.sources
                    if PurePosixPath(source.path).name.startswith("test_")
                }
            )
        )


def read_project(
    paths: Iterable[str], read: Callable[[str], bytes], is_editable: Callable[[str], bool]
) -> Project:
    """Read the tracked files of a project.

    Args:
        paths: Relative to the top, POSIX separators.
        read: Gives a file's bytes.
        is_editable: Whether edits may touch this path.
    """
    tracked = sorted(paths)
    editable = [path for path in tracked if is_editable(path)]
    sources = [parse_source(path, read(path)) for path in editable if path.endswith(".py")]
    code_folders = {
        PurePosixPath(source.path).parent for source in sources if source is not None
    } - {PurePosixPath()}
    return Project(
        frozenset(tracked),
        tuple(source for source in sources if source is not None),
        {
            path: data
            for path in editable
            if PurePosixPath(path).suffix in DATA_SUFFIXES
            and not code_folders.isdisjoint(PurePosixPath(path).parents)
            for data in _text(read(path))
        },
    )


def product_files(project: Project) -> Iterator[SourceFile]:
    """Give the sources that are no test code."""
    return (source for source in project.sources if source.role is Role.PRODUCT)


def _text(data: bytes) -> Iterator[bytes]:
    try:
        data.decode()
    except UnicodeDecodeError:
        return
    yield data
