"""Who asked for something: the frames down to the nearest one of the project."""

from __future__ import annotations

import itertools

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from impact_select.child.codes import Codes
    from impact_select.child.part import Part


class Stacks:
    """Numbers stacks, and notes each once: what they mean is found out by who reads them."""

    def __init__(self, codes: Codes, part: Part) -> None:
        self._codes = codes
        self._part = part
        self._numbers: dict[tuple[object, ...], int] = {}
        self._next = itertools.count()

    def renew(self, part: Part) -> None:
        """Begin again in a forked process."""
        self._part = part
        self._numbers.clear()

    def number(self, frame: FrameType | None) -> int:
        """Return the number of a stack.

        Args:
            frame: The innermost one of interest.
        """
        files: list[str] = []
        place: tuple[str, str, int, int] | None = None
        while frame is not None:
            code = frame.f_code
            filename = code.co_filename
            path = self._codes.file(filename)
            if path is not None:
                place = (path, code.co_name, code.co_firstlineno, frame.f_lineno or 0)
                break
            if not files or files[-1] != filename:
                files.append(filename)
            frame = frame.f_back
        key = (tuple(files), place)
        number = self._numbers.get(key)
        if number is None:
            number = next(self._next)
            self._part.note("stack", number, *key)
            self._numbers[key] = number
        return number
