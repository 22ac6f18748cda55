"""Globs of the configuration, written as in .gitignore."""

import re
from collections.abc import Iterable
from functools import cache


def matches(path: str, globs: Iterable[str]) -> bool:
    """Tell whether a path (POSIX, relative) is meant by any of some globs.

    A glob without an inner slash matches a name at any depth; one that names a folder
    matches all below it; `**` spans folders.
    """
    return any(_pattern(glob).fullmatch(path) is not None for glob in globs)


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    anchored = "/" in glob.rstrip("/")
    text = glob.strip("/")
    parts: list[str] = [] if anchored else ["(?:.*/)?"]
    index = 0
    while index < len(text):
        if text.startswith("**/", index):
            parts.append("(?:.*/)?")
            index += 3
        elif text.startswith("**", index):
            parts.append(".*")
            index += 2
        elif text[index] == "*":
            parts.append("[^/]*")
            index += 1
        elif text[index] == "?":
            parts.append("[^/]")
            index += 1
        else:
            parts.append(re.escape(text[index]))
            index += 1
    return re.compile("".join(parts) + "(?:/.*)?")
