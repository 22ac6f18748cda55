"""Which files are the project's, and which units their lines and code objects belong to."""

import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest
from tests.unit.builders import places

from impact_select.model.ids import RepoPath
from impact_select.recording.source_index import (
    ProjectFolder,
    SourceFile,
    SourceIndex,
    blob_id,
    code_lines,
)

SOURCE = '''\
import os
RATE = (lambda x: x)
def one(): return RATE
@staticmethod
def decorated(
    a=1,
):
    if a:
        return [b for b in a]
    return a
class C: x = 1; y = 2
class C:
    @property
    def m(self):
        """Doc."""
    def m(self): return 2
def outer():
    def inner(): return 1
    class D:
        z = 1
        def m(self): return 3
    return inner, D
if __name__ == "__main__":
    one()
'''


@pytest.fixture(scope="module")
def file() -> SourceFile:
    """Give a source file whose units begin at number 100."""
    return SourceFile(RepoPath("m.py"), SOURCE.encode(), 100)


def shown(file: SourceFile, units: tuple[int, ...]) -> set[str]:
    """Give unit numbers as places."""
    assert file.outline is not None
    loaded = {"loaded"} if file.loaded in units else set()
    own = [unit - file.base for unit in units if unit != file.loaded]
    return places(file.outline, own) | loaded


def codes(code: CodeType) -> Iterator[CodeType]:
    """Iterate over a code object and those in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


def code(name: str, line: int) -> CodeType:
    """Find a code object of the source by its name and first line."""
    every = codes(compile(SOURCE, "m.py", "exec"))
    return next(some for some in every if (some.co_name, some.co_firstlineno) == (name, line))


@pytest.mark.parametrize(
    ("line", "name", "first", "expected"),
    [
        (1, "<module>", 1, {"import os"}),
        (2, "<module>", 1, {"variable RATE"}),
        (2, "<lambda>", 2, {"variable RATE"}),
        (3, "<module>", 1, {"signature one"}),
        (3, "one", 3, {"block one"}),
        (4, "<module>", 1, {"signature decorated", "decorators decorated"}),
        (6, "<module>", 1, {"signature decorated", "defaults decorated"}),
        (8, "decorated", 4, {"block decorated"}),
        (9, "decorated", 4, {"block decorated/0"}),
        (11, "C", 11, {"bases C", "variable C.x", "variable C.y"}),
        (16, "C", 12, {"signature C#2.m#2"}),
        (16, "m", 16, {"block C#2.m#2"}),
        (18, "outer", 17, {"block outer"}),
        (18, "inner", 18, {"block outer.<locals>.inner"}),
        (21, "m", 21, {"block outer.<locals>.D.m"}),
        (24, "<module>", 1, {"block <main>"}),
        # No unit of its own: the module was executed.
        (99, "<module>", 1, {"loaded"}),
    ],
)
def test_units_at_a_line(
    file: SourceFile, line: int, name: str, first: int, expected: set[str]
) -> None:
    """Of the units of a line, those count that the running code object can run."""
    assert shown(file, file.units_at(line, code(name, first))) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (3, {"signature one", "block one"}),
        (8, {"block decorated"}),
        (11, {"bases C", "variable C.x", "variable C.y"}),
        (99, {"loaded"}),
    ],
)
def test_units_at_a_line_of_unknown_code(file: SourceFile, line: int, expected: set[str]) -> None:
    """Without the code object all units of the line count."""
    assert shown(file, file.units_at(line)) == expected


@pytest.mark.parametrize(
    ("name", "first", "expected"),
    [
        ("<module>", 1, {"loaded"}),
        ("one", 3, {"block one"}),
        ("decorated", 4, {"block decorated"}),
        ("m", 13, {"block C#2.m"}),
        ("m", 16, {"block C#2.m#2"}),
        ("inner", 18, {"block outer.<locals>.inner"}),
        ("D", 19, {"block outer.<locals>.D"}),
        ("m", 21, {"block outer.<locals>.D.m"}),
        ("<lambda>", 2, {"variable RATE"}),
    ],
)
def test_units_that_a_call_enters(
    file: SourceFile, name: str, first: int, expected: set[str]
) -> None:
    """A call runs the first block of its function, whatever happens in it."""
    assert shown(file, file.entry_units(code(name, first))) == expected


@pytest.mark.parametrize(
    ("name", "first", "expected"),
    [
        ("one", 3, {"block one"}),
        (
            "decorated",
            4,
            {
                "block decorated",
                "block decorated/0",
                "block decorated>",
                "signature decorated",
                "decorators decorated",
            },
        ),
        ("m", 16, {"block C#2.m#2"}),
    ],
)
def test_units_of_a_code_object(
    file: SourceFile, name: str, first: int, expected: set[str]
) -> None:
    """What a call may touch are the units of all its lines."""
    assert shown(file, file.units_of_symbol(code(name, first))) == expected


def test_every_code_object_has_a_unit(file: SourceFile) -> None:
    """Whatever line a code object reports belongs to a unit of the file."""
    assert file.outline is not None
    for some in codes(compile(SOURCE, "m.py", "exec")):
        for line in code_lines(some):
            found = file.units_at(line, some)
            assert found
            assert set(found) <= set(range(file.base, file.end))


@pytest.mark.parametrize("content", [b"def (", b"x = '\xff'", b"\0"])
def test_a_file_without_an_outline(content: bytes) -> None:
    """A file that does not parse is one unit: it was executed."""
    file = SourceFile(RepoPath("m.py"), content, 7)

    assert file.outline is None
    assert (file.loaded, file.end) == (7, 8)
    assert file.units_at(1) == file.units_at(1, code("one", 3)) == (7,)
    assert file.entry_units(code("one", 3)) == (7,)


# -- files ------------------------------------------------------------------------------------


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a project's folder, to be worked in from a folder below it."""
    top = tmp_path.resolve() / "project"
    (top / "src").mkdir(parents=True)
    monkeypatch.chdir(top / "src")
    return top


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("{top}/a.py", "a.py"),
        ("{top}/src/a/b.py", "src/a/b.py"),
        ("{top}/src/../a.py", "a.py"),
        ("{top}//a.py", "a.py"),
        ("a.py", "src/a.py"),
        ("../a.py", "a.py"),
        ("./a.py", "src/a.py"),
        (".", "src"),
        ("{top}/src/", "src"),
        ("{top}/.github/a.yml", ".github/a.yml"),
        ("{top}/a b.py", "a b.py"),
        ("{top}/link/a.py", "link/a.py"),
        ("{outside}/link/a.py", "src/a.py"),
        ("{top}", ""),
        ("..", ""),
    ],
)
def test_paths_of_the_project(top: Path, name: str, expected: str) -> None:
    """What lies in the folder is named from its top; links outside it are followed."""
    outside = top.parent / "outside"
    outside.mkdir()
    (outside / "link").symlink_to(top / "src")
    (top / "link").symlink_to(outside)

    assert ProjectFolder(top).repo_path(name.format(top=top, outside=outside)) == expected


@pytest.mark.parametrize(
    "name",
    [
        "",
        "<string>",
        "<frozen importlib._bootstrap>",
        "{top}2/a.py",
        "{top}/../a.py",
        "/elsewhere/a.py",
        "../../a.py",
        "{top}/.venv/lib/a.py",
        "{top}/venv/lib/site-packages/a.py",
        "{top}/lib/dist-packages/a.py",
        "{top}/.tox/py/a.py",
        "{top}/node_modules/a.py",
        "{top}/.git/config",
        "{top}/__pycache__/a.pyc",
        "{top}/src/__pycache__/a.pyc",
        "{top}/.pytest_cache/v/a",
        "{top}/.impact/map.sqlite",
    ],
)
def test_other_paths(top: Path, name: str) -> None:
    """What is elsewhere, installed or derived is not the project's."""
    assert ProjectFolder(top).repo_path(name.format(top=top)) is None


def test_an_environment_within_the_project() -> None:
    """Where the interpreter's own folders lie in the project, they are not part of it."""
    standard = Path(sysconfig.get_path("stdlib")).resolve()
    prefix = Path(sys.prefix).resolve()

    assert ProjectFolder(standard.parent).repo_path(str(standard / "os.py")) is None
    assert ProjectFolder(prefix.parent).repo_path(str(prefix / "bin" / "tool.py")) is None


def test_an_index(top: Path) -> None:
    """Each file is met once, under whatever names, and has numbers of its own."""
    (top / "a.py").write_text("x = 1\n")
    (top / "src" / "b.py").write_text("y = 1\nz = 2\n")
    index = SourceIndex(ProjectFolder(top))
    told: list[str] = []
    index.on_new_file = told.append

    first = index.file(str(top / "a.py"))
    second = index.file("b.py")

    assert first is not None
    assert second is not None
    assert index.file("../a.py") is first
    assert index.known(RepoPath("src/b.py")) is second
    assert index.known(RepoPath("c.py")) is None
    assert list(index.files()) == [first, second]
    assert (first.base, first.end, second.base, second.end) == (0, 2, 2, 5)
    assert told == [str(top / "a.py"), str(top / "src" / "b.py")]


@pytest.mark.parametrize("name", ["missing.py", "<string>", os.devnull, "."])
def test_what_is_no_source_file(top: Path, name: str) -> None:
    """What cannot be read, or is not the project's, is no source file."""
    assert SourceIndex(ProjectFolder(top)).file(name) is None


def test_blob_ids() -> None:
    """Contents are named as git names them."""
    assert blob_id(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert blob_id(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
