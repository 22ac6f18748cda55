"""The `[tool.impact]` table of pyproject.toml becomes `Settings`, all mistakes told at once."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, TypeAlias, TypeVar, cast, get_args

from impact_select.errors import ConfigMistakes

CollectorName: TypeAlias = Literal["auto", "monitoring", "coverage", "calls"]

WithoutMap: TypeAlias = Literal["all", "warn"]

_Default = TypeVar("_Default", bound=str | None)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a project can set; a key of the table is the field's name with hyphens.

    Globs are written as in .gitignore.

    Attributes:
        map: The impact map's file, relative to pytest's rootdir unless absolute.
        base: The revision to compare with; None compares with the recorded state.
        collector: What watches the tests run.
        ignore: Globs of files whose change selects nothing.
        always_run: Prefixes or globs of node ids that are always selected.
        run_all_on: Globs of files whose change selects every test.
        environment: Environment variables whose value the tests depend on.
        recordings_per_test: How many recordings of a test are kept, at least 1.
        without_map: What the pre-commit hook does where there is no map.
        requirement_files: Globs of files that say which distributions are installed.
    """

    map: str = ".impact/map.sqlite"
    base: str | None = None
    collector: CollectorName = "auto"
    ignore: tuple[str, ...] = ()
    always_run: tuple[str, ...] = ()
    run_all_on: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    recordings_per_test: int = 2
    without_map: WithoutMap = "all"
    requirement_files: tuple[str, ...] = ()


KEYS = tuple(field.name.replace("_", "-") for field in fields(Settings))
"""The keys of the table, in the order in which they are documented."""

DEFAULTS = Settings()


def load_settings(pyproject_text: str | None, where: str) -> Settings:
    """Read the settings from the text of a pyproject.toml.

    Args:
        pyproject_text: None where there is no such file.
        where: The file's name as messages show it.

    Returns:
        The defaults where the file or the table is missing.

    Raises:
        ConfigMistakes: Carries every mistake; a TOML syntax error hides the others.
    """
    if pyproject_text is None:
        return DEFAULTS
    try:
        document = tomllib.loads(pyproject_text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigMistakes(where, (f"not valid TOML: {error}",)) from error
    tool = document.get("tool", {})
    if not isinstance(tool, dict):
        raise ConfigMistakes(where, (_wrong("tool", "a table", tool),))
    table = tool.get("impact", {})
    if not isinstance(table, dict):
        raise ConfigMistakes(where, (_wrong("tool.impact", "a table", table),))
    return read_settings(table, where)


def read_settings(table: Mapping[str, object], where: str) -> Settings:
    """Check the `[tool.impact]` table and fill in the defaults.

    Args:
        table: As tomllib gives it.
        where: The file's name as messages show it.

    Raises:
        ConfigMistakes: Carries every mistake, unknown keys first.
    """
    reader = _Reader(table)
    settings = Settings(
        map=reader.text("map", DEFAULTS.map, "the path of a file"),
        base=reader.text("base", DEFAULTS.base, "a revision such as 'origin/main'"),
        collector=cast(
            "CollectorName", reader.choice("collector", DEFAULTS.collector, get_args(CollectorName))
        ),
        ignore=reader.texts("ignore", "globs"),
        always_run=reader.texts("always-run", "node ids"),
        run_all_on=reader.texts("run-all-on", "globs"),
        environment=reader.texts("environment", "names of environment variables", forbidden="=\0"),
        recordings_per_test=reader.count("recordings-per-test", DEFAULTS.recordings_per_test),
        without_map=cast(
            "WithoutMap", reader.choice("without-map", DEFAULTS.without_map, get_args(WithoutMap))
        ),
        requirement_files=reader.texts("requirement-files", "globs"),
    )
    if reader.mistakes:
        raise ConfigMistakes(where, tuple(reader.mistakes))
    return settings


class _Reader:
    """Takes keys from a table; notes a mistake and gives the default where a value is wrong."""

    def __init__(self, table: Mapping[str, object]) -> None:
        self._table = table
        self.mistakes = [_unknown(key) for key in table if key not in KEYS]

    def text(self, key: str, default: _Default, expected: str) -> str | _Default:
        value = self._table.get(key)
        if value is None:
            return default
        if isinstance(value, str) and value.strip():
            return value
        self._refuse(key, expected, value)
        return default

    def choice(self, key: str, default: str, choices: tuple[str, ...]) -> str:
        value = self._table.get(key, default)
        if isinstance(value, str) and value in choices:
            return value
        self._refuse(key, f"one of {', '.join(map(repr, choices))}", value)
        return default

    def count(self, key: str, default: int) -> int:
        value = self._table.get(key, default)
        # bool is a subclass of int, and `true` is no number of recordings.
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        self._refuse(key, "a whole number, at least 1", value)
        return default

    def texts(self, key: str, what: str, *, forbidden: str = "\0") -> tuple[str, ...]:
        value = self._table.get(key, [])
        if not isinstance(value, list):
            self._refuse(key, f"a list of {what}", value)
            return ()
        for item in value:
            if not isinstance(item, str) or not item.strip() or not set(forbidden).isdisjoint(item):
                self._refuse(key, f"a list of {what}", item, within="in it ")
        return tuple(item for item in value if isinstance(item, str))

    def _refuse(self, key: str, expected: str, value: object, *, within: str = "") -> None:
        self.mistakes.append(_wrong(f"tool.impact.{key}", expected, value, within=within))


def _wrong(key: str, expected: str, value: object, *, within: str = "") -> str:
    """Say it as TOML would: `true`, not `True`."""
    found = str(value).lower() if isinstance(value, bool) else repr(value)
    return f"{key}: expected {expected}, {within}found {found}"


def _unknown(key: str) -> str:
    close = difflib.get_close_matches(key.lower().replace("_", "-"), KEYS, n=1)
    advice = f"did you mean '{close[0]}'?" if close else f"the keys are {', '.join(KEYS)}"
    return f"tool.impact.{key}: no such key; {advice}"
