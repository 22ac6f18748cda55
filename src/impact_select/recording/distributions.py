"""Installed distributions: versions, requirements, and which module names they provide."""

import importlib.metadata
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def normalized(name: str) -> str:
    """Normalise a distribution's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed_versions(search: Iterable[str]) -> dict[str, str]:
    """Return the version per normalised name of what is installed in some folders.

    Only folder names are read, so it is quick: `name-version.dist-info`. Editable installs
    are left out where they are recognisable; their files are seen as files.

    Args:
        search: Entries of `sys.path`, the first one wins.
    """
    versions: dict[str, str] = {}
    for entry in search:
        folder = Path(entry or ".")
        try:
            names = sorted(child.name for child in folder.iterdir())
        except OSError:
            continue
        for name in names:
            if not name.endswith((".dist-info", ".egg-info")):
                continue
            stem, _, version = name.rpartition(".")[0].partition("-")
            if version and not _is_editable(folder / name):
                versions.setdefault(normalized(stem), version.partition("-py")[0])
    return versions


def _is_editable(folder: Path) -> bool:
    try:
        return '"editable": true' in (folder / "direct_url.json").read_text()
    except (OSError, UnicodeDecodeError):
        return False


def required_names(names: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return, per normalised name, the names that it requires, extras included."""
    required: dict[str, frozenset[str]] = {}
    for name in names:
        try:
            lines = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        matches = (_NAME.match(line) for line in lines)
        required[name] = frozenset(normalized(match.group()) for match in matches if match)
    return required


def providers() -> Mapping[str, frozenset[str]]:
    """Return the normalised distribution names per top-level module name."""
    found = importlib.metadata.packages_distributions()
    return {
        module: frozenset(normalized(name) for name in names) for module, names in found.items()
    }
