"""Run only the pytest tests that a change can affect."""

from typing import Final

__version__: Final = "0.1.0"

__all__ = ["__version__"]
