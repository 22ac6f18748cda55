"""Files that say how tests are run and what has to be installed, by their content."""

import configparser
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, Final

from impact_select.model.ids import RepoPath

PYTEST_FILES: Final = (
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
)
"""Where pytest looks for its settings, in its rootdir."""

_LOCKS: Final = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")
_REQUIREMENTS: Final = re.compile(r"(?:.*/)?(?:requirements|constraints)[^/]*\.(?:txt|in)")
_REQUIREMENTS_FOLDER: Final = re.compile(r"(?:.*/)?requirements/[^/]+\.(?:txt|in)")
_COMMENT: Final = re.compile(r"(?:^|\s)#.*")  # pip's rule: a fragment of a URL is none
_NAME: Final = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def pytest_settings(texts: Mapping[str, bytes]) -> str:
    """Digest pytest's own settings.

    Args:
        texts: Content per file name, for those of PYTEST_FILES that are there.

    Returns:
        A digest that other tools' settings in the same files do not change.
    """
    found: dict[str, Any] = {}
    for name in PYTEST_FILES:
        content = texts.get(name)
        if content is None:
            continue
        if name.endswith(".toml"):
            table = _toml(content)
            if name == "pyproject.toml":
                table = _table(table.get("tool"))
            section = table.get("pytest")
        else:
            section = _ini(content, {"pytest", "tool:pytest"})
        if section:
            found[name] = section
    text = json.dumps(found, sort_keys=True, default=str)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def is_requirement_file(path: RepoPath) -> bool:
    """Tell whether a file is known to list distributions, by its name."""
    name = path.rpartition("/")[2]
    return (
        name in _LOCKS
        or name in {"pyproject.toml", "Pipfile.lock", "setup.cfg"}
        or _REQUIREMENTS.fullmatch(path) is not None
        or _REQUIREMENTS_FOLDER.fullmatch(path) is not None
    )


def requirements(path: RepoPath, content: bytes) -> dict[str, str]:
    """Read what a file asks to be installed.

    Args:
        path: Its name tells the format.
        content: Its bytes.

    Returns:
        All that is said of a distribution, one entry a line, by normalised name. Empty for a
        file that says nothing, or that is malformed.
    """
    name = path.rpartition("/")[2]
    found: dict[str, list[str]] = {}
    for distribution, text in _entries(name, content):
        normalized = re.sub(r"[-_.]+", "-", distribution).lower()
        found.setdefault(normalized, []).append(text)
    return {distribution: "\n".join(sorted(texts)) for distribution, texts in found.items()}


def _entries(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    if name in _LOCKS:
        for package in _tables(_toml(content), "package", "packages"):
            if isinstance(package.get("name"), str):
                yield package["name"], f"{package.get('version')} {package.get('source', '')}"
    elif name == "pyproject.toml":
        yield from _pyproject(_toml(content))
    elif name == "Pipfile.lock":
        for group in _json(content).values():
            for distribution, facts in group.items() if isinstance(group, dict) else ():
                if isinstance(facts, dict):
                    yield distribution, str(facts.get("version", facts.get("ref", "")))
    elif name == "setup.cfg":
        section = _ini(content, {"options", "options.extras_require"})
        for text in section.values():
            yield from _lines(text.splitlines())
    else:
        yield from _lines(content.decode("utf-8", "replace").splitlines())


def _pyproject(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    project = _table(document.get("project"))
    groups: list[object] = [project.get("dependencies")]
    for tables in (project.get("optional-dependencies"), document.get("dependency-groups")):
        groups.extend(_table(tables).values())
    for group in groups:
        if isinstance(group, list):
            yield from _lines(item for item in group if isinstance(item, str))
    poetry = _table(_table(document.get("tool")).get("poetry"))
    tables = [poetry.get("dependencies"), poetry.get("dev-dependencies")]
    tables += [_table(group).get("dependencies") for group in _table(poetry.get("group")).values()]
    for table in tables:
        for distribution, text in _table(table).items():
            yield distribution, str(text)


def _lines(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        text = _COMMENT.sub("", line).strip().rstrip("\\").strip()
        if not text or text.startswith("-"):
            continue
        match = _NAME.match(text)
        if match is not None:
            yield match.group(1), text[match.end() :].strip()


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _toml(content: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}


def _json(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _ini(content: bytes, sections: set[str]) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(content.decode("utf-8", "replace"))
    except configparser.Error:
        return {}
    return {
        f"{section}.{key}": value
        for section in parser.sections()
        if section in sections
        for key, value in parser.items(section)
    }


def _tables(document: dict[str, Any], *names: str) -> Iterator[dict[str, Any]]:
    for name in names:
        tables = document.get(name, [])
        if isinstance(tables, list):
            yield from (table for table in tables if isinstance(table, dict))
