"""A Selection as arguments for pytest."""

import shlex
from collections.abc import Callable, Mapping
from typing import Final

from impact_select.model.ids import RepoPath
from impact_select.model.selection import RetestAll, Selection

NONE: Final = "--impact-none"
ALL: Final = "--impact-all"


def arguments(
    selection: Selection,
    file_ids: Mapping[RepoPath, str],
    *,
    as_words: bool = False,
    from_here: Callable[[str], str] = str,
) -> list[str]:
    """Return what pytest takes, never an empty list.

    pytest without arguments runs everything. So both answers without ids are options of
    our plugin; where the plugin is missing, pytest refuses them.

    Args:
        selection: The answer.
        file_ids: How pytest names the files that are given whole, relative to its root.
        as_words: Whether each argument has to stay one where a shell splits words. What
            would not is given by something wider: its function, a folder around it.
        from_here: Turns a path relative to pytest's root into one relative to where pytest
            is going to be started.
    """
    if isinstance(selection, RetestAll):
        return [ALL]
    ids: dict[str, None] = {}
    for test in selection.affected:
        # A function stands for its variants when all of them run.
        ids[_function(test) if test in selection.renewed else test] = None
    for path in selection.new_files:
        ids[file_ids.get(path, path)] = None
    for test_id in selection.new_tests:
        ids[test_id] = None
    given = dict.fromkeys(_passable(test_id, as_words, from_here) for test_id in ids)
    if "" in given:
        return [ALL]
    return _without_covered(list(given)) or [NONE]


def _passable(test_id: str, as_words: bool, from_here: Callable[[str], str]) -> str:
    """Turn a node id into an argument that arrives whole; empty where only all tests will do."""
    path, colons, inside = test_id.partition("::")
    folder = from_here(path)
    while folder and not _arrives(folder, as_words, forbidden="["):
        folder, colons, inside = folder.rpartition("/")[0], "", ""
    if not _arrives(inside, as_words):
        inside = inside.partition("[")[0]
    if not _arrives(inside, as_words):
        colons = inside = ""
    # pytest reads options and files of arguments by their first letter.
    mark = "./" if folder.startswith(("-", "@")) else ""
    return f"{mark}{folder}{colons}{inside}"


def _arrives(text: str, as_words: bool, forbidden: str = "") -> bool:
    """Tell whether pytest gets a text as it is, from a file of lines or through a shell."""
    if any(mark in text for mark in forbidden):
        return False
    return len(text.split() if as_words else text.splitlines()) <= 1 and text == text.strip()


def _function(test_id: str) -> str:
    path, colons, inside = test_id.partition("::")
    return f"{path}{colons}{inside.partition('[')[0]}"


def _without_covered(ids: list[str]) -> list[str]:
    """Drop the ids that another one, a folder, a file or a class, stands for."""
    given = set(ids)
    return [test_id for test_id in ids if given.isdisjoint(_holders(test_id))]


def _holders(test_id: str) -> set[str]:
    path, _, inside = test_id.partition("::")
    folders = path.split("/")
    holders = {"/".join(folders[:count]) for count in range(1, len(folders))}
    if inside:
        plain, variant, _ = inside.partition("[")
        parts = plain.split("::")
        holders.add(path)
        holders |= {"::".join([path, *parts[:count]]) for count in range(1, len(parts))}
        if variant:
            holders.add(f"{path}::{plain}")
    return holders


def lines(arguments_: list[str]) -> str:
    """Render one a line: for `pytest @FILE` and for `$(…)`."""
    return "".join(f"{argument}\n" for argument in arguments_)


def shell_words(arguments_: list[str]) -> str:
    """Render on one line, quoted for a shell."""
    return f"{shlex.join(arguments_)}\n"
