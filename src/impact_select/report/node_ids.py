"""A Selection as arguments for pytest."""

import shlex
from collections.abc import Mapping
from typing import Final

from impact_select.model.ids import RepoPath
from impact_select.model.selection import RetestAll, Selection

NONE: Final = "--impact-none"
ALL: Final = "--impact-all"


def arguments(selection: Selection, file_ids: Mapping[RepoPath, str]) -> list[str]:
    """Return what pytest takes, never an empty list.

    pytest without arguments runs everything. So both answers without ids are options of
    our plugin; where the plugin is missing, pytest refuses them.

    Args:
        selection: The answer.
        file_ids: How pytest names the files that are given whole, relative to its root.
    """
    if isinstance(selection, RetestAll):
        return [ALL]
    ids: dict[str, None] = {}
    for test in selection.affected:
        # A function stands for its variants when all of them run. So it must where the
        # id would not survive a shell that splits words.
        whole = test in selection.renewed or any(mark.isspace() for mark in test)
        ids[test.partition("[")[0] if whole else test] = None
    for path in selection.new_files:
        ids[file_ids.get(path, path)] = None
    for test_id in selection.new_tests:
        ids[test_id] = None
    return _without_covered(list(ids)) or [NONE]


def _without_covered(ids: list[str]) -> list[str]:
    """Drop the ids that another one, a file or a class, stands for."""
    given = set(ids)
    kept: list[str] = []
    for test_id in ids:
        parts = test_id.partition("[")[0].split("::")
        holders = {"::".join(parts[:count]) for count in range(1, len(parts))}
        if "[" in test_id:
            holders.add("::".join(parts))
        if given.isdisjoint(holders):
            kept.append(test_id)
    return kept


def lines(arguments_: list[str]) -> str:
    """Render one a line: for `pytest @FILE` and for `$(…)`."""
    return "".join(f"{argument}\n" for argument in arguments_)


def shell_words(arguments_: list[str]) -> str:
    """Render on one line, quoted for a shell."""
    return f"{shlex.join(arguments_)}\n"


