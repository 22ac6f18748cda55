"""A progress bar for work that takes long, on a terminal only."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

_PATIENCE_S: Final = 0.5  # chosen; shorter work shows no bar


@contextmanager
def progress(
    label: str, count: int, stream: TextIO | None = None, patience_s: float = _PATIENCE_S
) -> Iterator[Callable[[int], None]]:
    """Show how far some work is.

    Args:
        label: What is being done.
        count: How many steps it has.
        stream: Where to show it, standard error by default; nothing but a terminal gets a bar.
        patience_s: How long the work may take before a bar appears.

    Returns:
        To be told of each step, or of how many were done.
    """
    stream = stream if stream is not None else sys.stderr
    if count == 0 or not stream.isatty():
        yield _ignore
        return
    with ExitStack() as stack:
        bar: ProgressBar[int] | None = None
        end, waiting = time.monotonic() + patience_s, 0

        def advance(steps: int) -> None:
            nonlocal bar, waiting
            waiting += steps
            if bar is None:
                if time.monotonic() < end:
                    return
                import click

                bar = stack.enter_context(click.progressbar(length=count, label=label, file=stream))
            bar.update(waiting)
            waiting = 0

        yield advance


def _ignore(_steps: int) -> None:
    """Show nothing."""
