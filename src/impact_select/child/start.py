"""The beginning of a process that a recording session started: it finds its ticket."""

from __future__ import annotations

import marshal
import os
import sys

ORDERS = "orders"


def begin() -> None:
    """Record this process, if a session wants it and can make use of it.

    Whatever is wrong, the program runs as it would without us; a process that says nothing
    counts as one that could not be recorded.
    """
    value = os.environ.pop("IMPACT_CHILD", None)  # nobody else is to see it
    if not value:
        return
    folder, _, ticket = value.rpartition("/")
    try:
        with open(f"{folder}/{ORDERS}", "rb") as stream:
            interpreter, home, *rest = marshal.load(stream)  # noqa: S302 - the session's folder
        if interpreter != this_interpreter() or home != os.path.dirname(__file__):
            return
        from impact_select.child.recorder import Orders, Recorder

        Recorder(Orders(folder, *rest), ticket).start()
    except Exception:  # noqa: BLE001, S110 (a program must not fail because it is watched)
        pass


def this_interpreter() -> list[str]:
    """Return what has to be the same in both processes."""
    gil = getattr(sys, "_is_gil_enabled", None)
    return [sys.implementation.name, sys.version, sys.prefix, str(gil is None or gil())]


def orders(site: str, top: str, foreign: tuple[str, ...], collector: str) -> bytes:
    """Return what `begin` reads."""
    home = os.path.dirname(__file__)
    return marshal.dumps([this_interpreter(), home, site, top, foreign, collector])
