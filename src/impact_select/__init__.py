"""Run only the pytest tests that a change can affect."""

from __future__ import annotations

TYPE_CHECKING = False  # every process that tests start loads this: `typing` would cost most
if TYPE_CHECKING:
    from typing import Final

__version__: Final = "0.1.0"

__all__ = ["__version__"]
