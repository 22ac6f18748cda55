"""A Selection as JSON, by the schema of docs/json.md."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from impact_select.model.ids import RepoPath
from impact_select.model.selection import Cause, RetestAll, Selection

SCHEMA: Final = 1


def selection_to_json(
    selection: Selection, arguments: Sequence[str], file_ids: Mapping[RepoPath, str]
) -> str:
    """Render a selection.

    Args:
        selection: The answer.
        arguments: What pytest takes for it.
        file_ids: How pytest names the files that are given whole.
    """
    if isinstance(selection, RetestAll):
        value: dict[str, object] = {
            "verdict": "all",
            "selected": [],
            "left_out": 0,
            "known": 0,
            "fallbacks": [{"slug": one.slug, "detail": one.detail} for one in selection.fallbacks],
            "saved_s": 0.0,
            "unread": [],
        }
    else:
        selected = [
            {"id": test, "causes": [_cause(cause) for cause in causes]}
            for test, causes in selection.affected.items()
        ]
        new = [*(file_ids.get(path, path) for path in selection.new_files), *selection.new_tests]
        selected += [
            {"id": test, "causes": [_cause(Cause("new", "not in the map"))]} for test in new
        ]
        value = {
            "verdict": "subset" if selected else "none",
            "selected": selected,
            "left_out": len(selection.unaffected),
            "known": len(selection.affected) + len(selection.unaffected),
            "fallbacks": [],
            "saved_s": round(selection.saved_s, 3),
            "unread": list(selection.unread),
        }
    return json.dumps({"schema": SCHEMA, **value, "arguments": list(arguments)}, indent=2) + "\n"


def _cause(cause: Cause) -> dict[str, object]:
    return {"kind": cause.kind, "change": cause.change, "chain": list(cause.chain)}
