"""Tables for a terminal and in Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class Columns:
    """The headings of a table; its rows are given as text.

    Attributes:
        left: Columns of names, which come first.
        right: Columns of numbers.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]

    def text(self, rows: Sequence[Cells]) -> str:
        """Lay rows out for a terminal."""
        lines = ((*self.left, *self.right), *rows)
        widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                cell.ljust(width) if index < len(self.left) else cell.rjust(width)
                for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
            ).rstrip()
            for cells in lines
        )

    def markdown(self, rows: Sequence[Cells]) -> str:
        """Lay rows out in Markdown."""
        rule = ("---",) * len(self.left) + ("--:",) * len(self.right)
        lines = ((*self.left, *self.right), rule, *rows)
        return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
