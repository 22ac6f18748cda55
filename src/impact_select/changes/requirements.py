"""Whether an installed version is what a requirements file, lock file or project file asks for.

What is installed is compared by itself. A changed file says more only where it told the
versions that were there, and asks for others than are there: then these are yet to come.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from impact_select.model.ids import RepoPath

_EXTRAS: Final = re.compile(r"\s*\[[^\]]*\]")
_VERSION: Final = re.compile(r"[0-9][0-9A-Za-z.!+_-]*(?=\s|$)")
_OPTION: Final = re.compile(r"\s--?\w.*", re.DOTALL)


def awaited(
    was: Mapping[RepoPath, Mapping[str, str]],
    now: Mapping[RepoPath, Mapping[str, str]],
    installed_before: Mapping[str, str],
    installed: Mapping[str, str],
) -> dict[RepoPath, list[str]]:
    """Return the distributions that changed files let expect in another version.

    Args:
        was: What each file asked for when the tests were recorded, by distribution.
        now: What each asks for.
        installed_before: Versions that were installed then.
        installed: Versions that are installed now.
    """
    found: dict[RepoPath, list[str]] = {}
    for path in sorted(was.keys() | now.keys()):
        before, after = was.get(path, {}), now.get(path, {})
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) == after.get(name):
                continue
            told = [before[name]] if name in before else _texts(was, name)
            wanted = [after[name]] if name in after else _texts(now, name)
            if _is_awaited(told, wanted, installed_before.get(name), installed.get(name)):
                found.setdefault(path, []).append(name)
    return found


def _texts(files: Mapping[RepoPath, Mapping[str, str]], name: str) -> list[str]:
    return [texts[name] for texts in files.values() if name in texts]


def _is_awaited(
    told: Sequence[str], wanted: Sequence[str], installed_before: str | None, installed: str | None
) -> bool:
    """Tell whether a changed requirement lets expect another version than is installed.

    Args:
        told: What the file asked for when the tests were recorded; what all files did, if
            it is new there.
        wanted: What the file asks for; what all files do, if it is there no more.
        installed_before: The version that was installed then, if any.
        installed: The version that is installed now, if any.
    """
    if installed is None and installed_before is None:
        return False
    if told and all(agrees(text, installed_before) is False for text in told):
        return False  # nothing in the project tells what is installed
    answers = {agrees(text, installed) for text in wanted}
    return True not in answers


def agrees(requirement: str, installed: str | None) -> bool | None:
    """Tell whether a version is one that is asked for; None when the text does not tell.

    Args:
        requirement: As `project_files.requirements` gives it. Of several, one a line, any
            will do: they are for different environments.
        installed: A version, or None for a distribution that is not there.
    """
    if installed is None:
        return False
    answers = {_one_agrees(text, installed) for text in requirement.split("\n")}
    if True in answers:
        return True
    return None if None in answers else False


def _one_agrees(requirement: str, installed: str) -> bool | None:
    # 30 ms, and most changes need neither.
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    text = _EXTRAS.sub("", requirement.partition(";")[0], count=1)
    text = _OPTION.sub("", text).strip().strip("()")
    locked = _VERSION.match(text)
    try:
        version = Version(installed)
        if locked is not None:
            return Version(locked[0]) == version
        return SpecifierSet(text).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return None
