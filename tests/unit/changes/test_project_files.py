"""Files that say how tests run and what is installed."""

import pytest

from impact_select.changes.project_files import (
    is_requirement_file,
    pytest_settings,
    requirements,
)
from impact_select.model.ids import RepoPath

NONE = pytest_settings({})


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("pytest.ini", "[pytest]\naddopts = -q", "[pytest]\naddopts = -v"),
        ("pytest.ini", "[pytest]\n", "[pytest]\nxfail_strict = true"),
        (".pytest.ini", "[pytest]\naddopts = -q", "[pytest]\n"),
        ("tox.ini", "[pytest]\naddopts = -q", "[pytest]\naddopts = -v"),
        ("setup.cfg", "[tool:pytest]\naddopts = -q", "[tool:pytest]\naddopts = -v"),
        ("pytest.toml", "[pytest]\naddopts = '-q'", "[pytest]\naddopts = '-v'"),
        (".pytest.toml", "[pytest]\naddopts = '-q'", "[pytest]\naddopts = '-v'"),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\naddopts = '-q'",
            "[tool.pytest.ini_options]\naddopts = '-v'",
        ),
        ("pyproject.toml", "[tool.pytest]\nstrict = true", "[tool.pytest]\nstrict = false"),
        ("pytest.ini", "[pytest]\nmarkers =\n    slow", "[pytest]\nmarkers =\n    slow\n    db"),
    ],
)
def test_settings_that_differ(name: str, before: str, after: str) -> None:
    """Another value, or one more, gives another digest."""
    digests = {pytest_settings({name: text.encode()}) for text in (before, after)}

    assert len(digests) == 2


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("pytest.ini", "[pytest]\naddopts = -q", "# why\n[pytest]\n\naddopts=-q\n"),
        ("tox.ini", "[pytest]\nx = 1\n[tox]\nenv = a", "[pytest]\nx = 1\n[tox]\nenv = b"),
        ("setup.cfg", "[metadata]\nname = a", "[metadata]\nname = b"),
        ("setup.cfg", "[pytest.other]\nx = 1", "[pytest.other]\nx = 2"),
        (
            "pyproject.toml",
            "[tool.pytest]\na = 1\nb = 2\n[tool.ruff]\nx = 1",
            "[tool.pytest]\nb = 2\na = 1\n[tool.ruff]\nx = 2",
        ),
    ],
)
def test_settings_that_are_alike(name: str, before: str, after: str) -> None:
    """Comments, order and the settings of other tools do not count."""
    digests = {pytest_settings({name: text.encode()}) for text in (before, after)}

    assert len(digests) == 1


@pytest.mark.parametrize(
    "texts",
    [
        {"pytest.ini": b""},
        {"pyproject.toml": b"[project]\nname = 'a'"},
        {"pyproject.toml": b"tool = 3"},
        {"pyproject.toml": b"[tool.pytest"},
        {"pyproject.toml": b"\xff"},
        {"tox.ini": b"x = 1"},
        {"other.ini": b"[pytest]\naddopts = -q"},
    ],
)
def test_files_without_settings(texts: dict[str, bytes]) -> None:
    """A file that says nothing of pytest, or that is malformed, counts like none."""
    assert pytest_settings(texts) == NONE


def test_the_place_of_settings() -> None:
    """The same settings in another file are others: pytest reads one of them alone."""
    text = b"[pytest]\naddopts = -q"

    assert pytest_settings({"tox.ini": text}) != pytest_settings({"pytest.ini": text})


@pytest.mark.parametrize(
    "path",
    [
        "requirements.txt",
        "requirements-dev.txt",
        "requirements.in",
        "constraints.txt",
        "deps/requirements_test.txt",
        "requirements/base.txt",
        "a/requirements/dev.in",
        "pyproject.toml",
        "a/pyproject.toml",
        "setup.cfg",
        "uv.lock",
        "poetry.lock",
        "pdm.lock",
        "pylock.toml",
        "Pipfile.lock",
    ],
)
def test_requirement_files(path: str) -> None:
    """Files of these names are known to list distributions."""
    assert is_requirement_file(RepoPath(path))


@pytest.mark.parametrize(
    "path",
    ["requirements.md", "requirements/README.md", "base.txt", "package-lock.json", "lock", "a.in"],
)
def test_other_files(path: str) -> None:
    """Other names are not taken for them."""
    assert not is_requirement_file(RepoPath(path))


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        pytest.param(
            "requirements.txt",
            """
            # Comment.
            -r base.txt
            --index-url https://example.org
            -e .
            Flask>=3  # why
            typing_extensions == 4.1 ; python_version < "3.12"
            celery[redis]
            zope.interface @ https://example.org/z.zip#sha256=aa
            pinned==1.0 \\
                --hash=sha256:aa
            """,
            {
                "flask": ">=3",
                "typing-extensions": '== 4.1 ; python_version < "3.12"',
                "celery": "[redis]",
                "zope-interface": "@ https://example.org/z.zip#sha256=aa",
                "pinned": "==1.0",
            },
            id="requirements",
        ),
        pytest.param(
            "requirements.txt",
            "a==2; sys_platform == 'linux'\na==1; sys_platform == 'win32'",
            {"a": "==1; sys_platform == 'win32'\n==2; sys_platform == 'linux'"},
            id="twice",
        ),
        pytest.param(
            "pyproject.toml",
            """
            [project]
            dependencies = ["a>=1", "b"]
            [project.optional-dependencies]
            x = ["c==2"]
            [dependency-groups]
            test = ["d", {include-group = "other"}]
            """,
            {"a": ">=1", "b": "", "c": "==2", "d": ""},
            id="pyproject",
        ),
        pytest.param(
            "pyproject.toml",
            """
            [tool.poetry.dependencies]
            a = "^1"
            b = {version = "2", extras = ["x"]}
            [tool.poetry.dev-dependencies]
            c = "3"
            [tool.poetry.group.test.dependencies]
            d = "4"
            """,
            {"a": "^1", "b": "{'version': '2', 'extras': ['x']}", "c": "3", "d": "4"},
            id="poetry",
        ),
        pytest.param(
            "uv.lock",
            """
            version = 1
            [[package]]
            name = "A_b"
            version = "1"
            source = { registry = "r" }
            """,
            {"a-b": "1 {'registry': 'r'}"},
            id="uv-lock",
        ),
        pytest.param(
            "poetry.lock",
            '[[package]]\nname = "a"\nversion = "1"\n[[package]]\nname = "b"\nversion = "2"',
            {"a": "1", "b": "2"},
            id="poetry-lock",
        ),
        pytest.param(
            "pylock.toml", '[[packages]]\nname = "a"\nversion = "1"', {"a": "1"}, id="pylock"
        ),
        pytest.param("pdm.lock", '[[package]]\nname = "a"\nversion = "1"', {"a": "1"}, id="pdm"),
        pytest.param(
            "Pipfile.lock",
            """
            {"_meta": {"hash": {"sha256": "x"}},
             "default": {"a": {"version": "==1"}, "b": {"ref": "aa"}},
             "develop": {"c": {}}}
            """,
            {"a": "==1", "b": "aa", "c": ""},
            id="pipfile-lock",
        ),
        pytest.param(
            "setup.cfg",
            """
[options]
install_requires =
    a>=1
    b
[options.extras_require]
x =
    c
[metadata]
name = d
            """,
            {"a": ">=1", "b": "", "c": ""},
            id="setup-cfg",
        ),
    ],
)
def test_requirements(path: str, content: str, expected: dict[str, str]) -> None:
    """What each format asks for becomes text per normalised name."""
    found = requirements(RepoPath(path), content.encode())

    assert {name: text.strip() for name, text in found.items() if name != "hash"} == expected


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("pyproject.toml", b"[project"),
        ("pyproject.toml", b"project = 3"),
        ("pyproject.toml", b"project = {dependencies = 3}"),
        ("pyproject.toml", b"tool = 3"),
        ("pyproject.toml", b"tool = {poetry = 3}"),
        ("pyproject.toml", b"tool = {poetry = {dependencies = 3, group = 4}}"),
        ("pyproject.toml", b"tool = {poetry = {group = {test = 3}}}"),
        ("uv.lock", b"package = 3"),
        ("uv.lock", b"package = [3]"),
        ("uv.lock", b"package = [{version = '1'}]"),
        ("uv.lock", b"\xff\xfe"),
        ("Pipfile.lock", b"[]"),
        ("Pipfile.lock", b"{"),
        ("Pipfile.lock", b'{"default": {"a": 3}}'),
        ("setup.cfg", b"a"),
        ("requirements.txt", b""),
        ("requirements.txt", b"\n# a\n-r b.txt\n==1"),
    ],
)
def test_malformed_files(path: str, content: bytes) -> None:
    """A file that is malformed in any way asks for nothing."""
    assert requirements(RepoPath(path), content) == {}
