"""The `[tool.impact]` table becomes settings, or one error with all its mistakes."""

from __future__ import annotations

import tomllib
from dataclasses import fields

import pytest

from impact_select.config import DEFAULTS, KEYS, Settings, load_settings, read_settings
from impact_select.errors import ConfigMistakes


def mistakes(toml: str) -> tuple[str, ...]:
    """List what is wrong with the lines of a `[tool.impact]` table."""
    with pytest.raises(ConfigMistakes) as caught:
        read_settings(tomllib.loads(toml), "pyproject.toml")
    return caught.value.mistakes


def test_every_key() -> None:
    """Each key sets the field of the same name."""
    table = tomllib.loads("""
        map = "maps/impact.sqlite"
        base = "origin/main"
        collector = "coverage"
        ignore = ["docs/**", "*.md"]
        always-run = ["tests/smoke/"]
        run-all-on = ["Dockerfile"]
        environment = ["TZ", "DJANGO_SETTINGS_MODULE"]
        recordings-per-test = 5
        without-map = "warn"
        requirement-files = ["deps/*.txt"]
    """)

    assert set(table) == set(KEYS)
    assert read_settings(table, "pyproject.toml") == Settings(
        map="maps/impact.sqlite",
        base="origin/main",
        collector="coverage",
        ignore=("docs/**", "*.md"),
        always_run=("tests/smoke/",),
        run_all_on=("Dockerfile",),
        environment=("TZ", "DJANGO_SETTINGS_MODULE"),
        recordings_per_test=5,
        without_map="warn",
        requirement_files=("deps/*.txt",),
    )


def test_an_empty_table_gives_the_defaults() -> None:
    """Every key may be left out."""
    assert read_settings({}, "pyproject.toml") == DEFAULTS == Settings()


def test_defaults_can_be_written_down() -> None:
    """A table with the default of each key that has one says nothing new."""
    table = {
        key: list(value) if isinstance(value, tuple) else value
        for key, field in zip(KEYS, fields(Settings), strict=True)
        if (value := getattr(DEFAULTS, field.name)) is not None
    }

    assert read_settings(table, "pyproject.toml") == DEFAULTS


@pytest.mark.parametrize("choice", ["auto", "monitoring", "coverage", "calls"])
def test_collectors(choice: str) -> None:
    """Every collector can be named."""
    assert read_settings({"collector": choice}, "pyproject.toml").collector == choice


@pytest.mark.parametrize(
    ("toml", "mistake"),
    [
        ("map = 3", "tool.impact.map: expected the path of a file, found 3"),
        ("map = ''", "tool.impact.map: expected the path of a file, found ''"),
        ("base = ' '", "tool.impact.base: expected a revision such as 'origin/main', found ' '"),
        ("base = 3", "tool.impact.base: expected a revision such as 'origin/main', found 3"),
        (
            "collector = 'Coverage'",
            "tool.impact.collector: expected one of 'auto', 'monitoring', 'coverage', 'calls', "
            "found 'Coverage'",
        ),
        ("without-map = 1", "tool.impact.without-map: expected one of 'all', 'warn', found 1"),
        ("without-map = []", "tool.impact.without-map: expected one of 'all', 'warn', found []"),
        ("ignore = '*.md'", "tool.impact.ignore: expected a list of globs, found '*.md'"),
        ("ignore = ['a', 3]", "tool.impact.ignore: expected a list of globs, in it found 3"),
        ("run-all-on = ['']", "tool.impact.run-all-on: expected a list of globs, in it found ''"),
        (
            "always-run = [[]]",
            "tool.impact.always-run: expected a list of node ids, in it found []",
        ),
        (
            "environment = ['TZ=UTC']",
            "tool.impact.environment: expected a list of names of environment variables, "
            "in it found 'TZ=UTC'",
        ),
        (
            "requirement-files = {a = 1}",
            "tool.impact.requirement-files: expected a list of globs, found {'a': 1}",
        ),
        # TOML's true is a Python int as well.
        (
            "recordings-per-test = true",
            "tool.impact.recordings-per-test: expected a whole number, at least 1, found true",
        ),
        (
            "recordings-per-test = 0",
            "tool.impact.recordings-per-test: expected a whole number, at least 1, found 0",
        ),
        (
            "recordings-per-test = 2.0",
            "tool.impact.recordings-per-test: expected a whole number, at least 1, found 2.0",
        ),
        ("colector = 'auto'", "tool.impact.colector: no such key; did you mean 'collector'?"),
        ("always_run = []", "tool.impact.always_run: no such key; did you mean 'always-run'?"),
        ("Map = 'x'", "tool.impact.Map: no such key; did you mean 'map'?"),
        ("zzz = 1", f"tool.impact.zzz: no such key; the keys are {', '.join(KEYS)}"),
    ],
)
def test_a_mistake_is_told_with_its_key(toml: str, mistake: str) -> None:
    """The message names the key, what was expected, and what was found as TOML writes it."""
    assert mistakes(toml) == (mistake,)


def test_all_mistakes_are_told_at_once() -> None:
    """Nobody corrects a file three times: every mistake is a line of one error."""
    with pytest.raises(ConfigMistakes) as caught:
        read_settings({"mp": "x", "map": 3, "ignore": [1, 2]}, "setup/pyproject.toml")

    assert str(caught.value) == (
        "setup/pyproject.toml: tool.impact.mp: no such key; did you mean 'map'?\n"
        "setup/pyproject.toml: tool.impact.map: expected the path of a file, found 3\n"
        "setup/pyproject.toml: tool.impact.ignore: expected a list of globs, in it found 1\n"
        "setup/pyproject.toml: tool.impact.ignore: expected a list of globs, in it found 2 "
        "[config-value]"
    )


@pytest.mark.parametrize("text", [None, "", "[project]\nname = 'x'", "[tool.other]\nmap = 3"])
def test_a_project_without_the_table(text: str | None) -> None:
    """No file, or a file without the table, gives the defaults."""
    assert load_settings(text, "pyproject.toml") == DEFAULTS


def test_a_file_with_the_table() -> None:
    """The table is found in the file's text."""
    assert load_settings("[tool.impact]\nbase = 'main'", "pyproject.toml").base == "main"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("tool = 3", "tool: expected a table, found 3"),
        ("[tool]\nimpact = 'x'", "tool.impact: expected a table, found 'x'"),
        ("[[tool.impact]]\nmap = 'x'", "tool.impact: expected a table, found [{'map': 'x'}]"),
    ],
)
def test_tables_that_are_none(text: str, mistake: str) -> None:
    """What should be a table and is not is a mistake like any other."""
    with pytest.raises(ConfigMistakes) as caught:
        load_settings(text, "pyproject.toml")
    assert caught.value.mistakes == (mistake,)


def test_a_syntax_error_is_told_with_its_line() -> None:
    """A file that is no TOML names the line."""
    with pytest.raises(ConfigMistakes, match=r"pyproject.toml: not valid TOML: .*line 2") as caught:
        load_settings("[tool.impact]\nmap = \n", "pyproject.toml")
    assert len(caught.value.mistakes) == 1
