"""Frames and code objects of other processes, as far as these noted them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NotedCode:
    """As much of a code object as tells whose it is.

    Attributes:
        co_filename: As Python has it; for a project file its absolute path.
        co_name: As Python has it.
        co_firstlineno: Likewise, 1-based.
        lines: Those that it can report; empty where nobody asked.
    """

    co_filename: str
    co_name: str = ""
    co_firstlineno: int = 0
    lines: tuple[int, ...] = ()

    def co_lines(self) -> Iterator[tuple[int, int, int | None]]:
        """Iterate over the lines; the offsets are not known."""
        return ((0, 0, line) for line in self.lines)


@dataclass(frozen=True, slots=True)
class NotedFrame:
    """A frame; several of one file, one after the other, may be a single one."""

    f_code: NotedCode
    f_lineno: int
    f_back: "NotedFrame | None"


def noted_frames(top: str, files: Iterable[str], place: object) -> NotedFrame | None:
    """Return the innermost frame of a stack that `child.stacks` noted.

    Args:
        top: Of the project.
        files: File names of the frames above the one of the project.
        place: Of the project's frame: file, name, first line, line; None without one.
    """
    frame: NotedFrame | None = None
    if isinstance(place, tuple):
        path, name, first, line = place
        frame = NotedFrame(NotedCode(f"{top}/{path}", name, first), line, None)
    for filename in reversed(list(files)):
        frame = NotedFrame(NotedCode(filename), 0, frame)
    return frame
