"""What files ask for, and what is installed."""

import pytest

from impact_select.changes.requirements import agrees, awaited
from impact_select.model.ids import RepoPath

TEXT, LOCK = RepoPath("requirements.txt"), RepoPath("uv.lock")


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("", True),
        (">=2,<3", True),
        (">=2.1", False),
        ("==2.0.0", True),
        ("(>=2)", True),
        ("[async,dev]>=2", True),
        (">= 2 ; python_version < '3.9'", True),
        ("; python_version < '3.9'", True),
        ("==2.0 --hash=sha256:abc", True),
        ("==2.1 --hash=sha256:abc", False),
        ("==2.1\n==2.0", True),
        ("==2.1\n==2.2", False),
        ("2.0 {'registry': 'https://example.org'}", True),
        ("2.1 {'registry': 'https://example.org'}", False),
        ("2.1 \n2.0 ", True),
        ("@ git+https://example.org/lib", None),
        ("^2.0", None),
        ("{'path': '../lib'}", None),
        ("None {'path': '.'}", None),
        ("==2.1\n@ git+https://example.org/lib", None),
    ],
)
def test_agrees(requirement: str, expected: bool | None) -> None:
    """A version is one that a text allows, whatever format the text is in, or it is not told."""
    assert agrees(requirement, "2.0") is expected


@pytest.mark.parametrize(("installed", "expected"), [(None, False), ("strange!", None)])
def test_an_installed_version_that_is_none(installed: str | None, expected: bool | None) -> None:
    """What is not there is not what is asked for."""
    assert agrees(">=1", installed) is expected


@pytest.mark.parametrize(
    ("was", "now", "installed", "expected"),
    [
        pytest.param("==1", "==2", ("1", "1"), True, id="to-be-installed"),
        pytest.param("==1", "==2", ("1", "2"), False, id="installed"),
        pytest.param("==1", ">=1", ("1", "1"), False, id="still-met"),
        pytest.param("==3", "==4", ("1", "1"), False, id="never-told-what-is-installed"),
        pytest.param("==1", "==2", (None, None), False, id="not-there"),
        pytest.param(None, "==2", ("1", "1"), True, id="new"),
        pytest.param(None, "==1", ("1", "1"), False, id="new-and-met"),
        pytest.param("==1", None, ("1", "1"), True, id="gone"),
        pytest.param("^1", "^2", ("1", "1"), True, id="not-understood"),
    ],
)
def test_awaited(
    was: str | None, now: str | None, installed: tuple[str | None, str | None], expected: bool
) -> None:
    """Only another version than is installed is awaited, from a file that told what was."""
    before, after = ({} if text is None else {"lib": text} for text in (was, now))
    old, new = ({} if version is None else {"lib": version} for version in installed)

    found = awaited({TEXT: before}, {TEXT: after}, old, new)

    assert found == ({TEXT: ["lib"]} if expected else {})


def test_a_requirement_that_is_new_in_a_file() -> None:
    """A new file is believed as much as those that asked for the distribution before."""
    installed, lock = {"lib": "1"}, {LOCK: {"lib": "2 "}}

    assert awaited({TEXT: {"lib": "==1"}}, {TEXT: {"lib": "==1"}, **lock}, installed, installed)
    assert not awaited({TEXT: {"lib": "==3"}}, {TEXT: {"lib": "==3"}, **lock}, installed, installed)


def test_a_requirement_that_another_file_has() -> None:
    """A distribution that one file drops is kept where another one asks for it."""
    installed = {"lib": "1"}

    assert awaited({TEXT: {"lib": "==1"}}, {LOCK: {"lib": "1 "}}, installed, installed) == {}
    assert awaited({TEXT: {"lib": "==1"}}, {LOCK: {"lib": "2 "}}, installed, installed) == {
        TEXT: ["lib"],
        LOCK: ["lib"],
    }
