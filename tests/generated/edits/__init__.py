"""Atomic changes of generated programs, by kind."""

from tests.generated.edits import classes, code, modules, tests
from tests.generated.edits.kinds import EDITS, make

KINDS = tuple(sorted(EDITS))

__all__ = ["KINDS", "classes", "code", "make", "modules", "tests"]
