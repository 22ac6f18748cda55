"""Reads what the processes noted that tests started."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from impact_select.child.part import BROKEN, read_lines, read_notes

_SEGMENTS: Final = frozenset({"lines", "notes"})


@dataclass(slots=True)
class Part:
    """What one process wrote.

    Attributes:
        pid: Of the process; 0 when it did not say that it began.
        words: Its arguments as it was started, without its own name.
        is_broken: Whether it said that something is missing.
        lines: Contexts, code objects and lines, as `child.part` packs them.
        notes: Fields per kind of note, in no particular order.
    """

    pid: int = 0
    words: tuple[str, ...] = ()
    is_broken: bool = False
    lines: set[int] = field(default_factory=set)
    notes: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether it tells all that the process did."""
        return bool(self.pid) and not self.is_broken

    def of(self, kind: str) -> Iterator[Any]:
        """Iterate over the fields of the notes of a kind."""
        return iter(self.notes.get(kind, ()))


def read_parts(folder: Path) -> Mapping[str, Part]:
    """Read all parts of a folder, by ticket."""
    parts: dict[str, Part] = {}
    for path in sorted(folder.iterdir()):
        ticket, _, kind = path.name.rpartition(".")
        if kind not in _SEGMENTS:
            continue
        part = parts.setdefault(ticket.rpartition(".")[0], Part())
        content = path.read_bytes()
        if kind == "lines":
            part.lines.update(read_lines(content))
            part.is_broken = part.is_broken or BROKEN in part.lines
            continue
        for name, *fields in read_notes(content):
            if name == "began":
                part.pid, words = fields  # type: ignore[assignment]
                part.words = tuple(words)  # type: ignore[arg-type]
            elif name == "broken":
                part.is_broken = True
            else:
                part.notes.setdefault(str(name), []).append(tuple(fields))
    return parts
