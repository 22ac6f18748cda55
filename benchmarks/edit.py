"""An edit of a project: which bytes of which files change, without the files."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.source import Splice, apply_splices


@dataclass(frozen=True, slots=True)
class FileEdit:
    """What happens to one file.

    Attributes:
        path: Relative to the top of the project. A file that is not there is added.
        splices: Positions are those of the base version; empty when it is removed.
    """

    path: str
    splices: tuple[Splice, ...] = ()
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """One change to a project, as somebody might make it.

    Attributes:
        path: The file that it is about; files may hold more.
        description: For people; neither unique nor parsed.
    """

    kind: str
    path: str
    description: str
    files: tuple[FileEdit, ...]

    @property
    def key(self) -> str:
        """Give a name that depends on kind and content only."""
        text = json.dumps([self.kind, edit_to_json(self)["files"]], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def splice_edit(kind: str, path: str, description: str, *splices: Splice) -> Edit:
    """Make an edit of a single file."""
    return Edit(kind, path, description, (FileEdit(path, splices),))


def addition(path: str, text: str) -> FileEdit:
    """Make a file that is not there yet."""
    return FileEdit(path, (Splice(0, 0, text),))


def edited(edit: FileEdit, data: bytes) -> bytes | None:
    """Give the file's new content, or nothing when it is removed.

    Args:
        edit: What to do.
        data: The base version; empty for a file that is added.
    """
    return None if edit.is_removed else apply_splices(data, edit.splices)


def edit_to_json(edit: Edit) -> dict[str, Any]:
    """Give plain values from which `edit_from_json` makes the same edit."""
    return {
        "kind": edit.kind,
        "path": edit.path,
        "description": edit.description,
        "files": [
            {
                "path": file.path,
                "splices": [[one.start, one.end, one.text] for one in file.splices],
                "is_removed": file.is_removed,
            }
            for file in edit.files
        ],
    }


def edit_from_json(values: Mapping[str, Any]) -> Edit:
    """Read what `edit_to_json` gave."""
    return Edit(
        values["kind"],
        values["path"],
        values["description"],
        tuple(
            FileEdit(
                file["path"],
                tuple(Splice(*splice) for splice in file["splices"]),
                file["is_removed"],
            )
            for file in values["files"]
        ),
    )
