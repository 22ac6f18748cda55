"""Processes that `multiprocessing` starts, of which no audit event tells.

It calls the C function below `subprocess` itself; and a server of processes that is forked
from, once it runs, is only sent a message.
"""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

_PROCESS: Final = "multiprocessing.process"


class ProcessWatch:
    """Tells of each process that is started by other means than `subprocess` and `os`.

    Args:
        on_start: Called in the thread that starts one.
    """

    def __init__(self, on_start: Callable[[], None]) -> None:
        self._on_start = on_start
        self._patched: list[tuple[Any, str, Callable[..., Any]]] = []

    def start(self) -> None:
        """Patch the C function; `subprocess` has its own name for it."""
        low: ModuleType | None = sys.modules.get("_posixsubprocess")
        if low is not None and "subprocess" in sys.modules:
            self._patch(low, "fork_exec", self._forked)

    def stop(self) -> None:
        """Put back what was patched."""
        for holder, name, original in reversed(self._patched):
            setattr(holder, name, original)
        self._patched.clear()

    def _forked(self, arguments: tuple[Any, ...]) -> None:
        if arguments and "resource_tracker" in str(arguments[0]):
            return  # a helper that runs nothing of the project
        self._on_start()
        process = sys.modules.get(_PROCESS)
        if process is not None and not any(name == "start" for _, name, _ in self._patched):
            self._patch(process.BaseProcess, "start", lambda _: self._on_start())

    def _patch(self, holder: Any, name: str, told: Callable[[tuple[Any, ...]], None]) -> None:
        original: Callable[..., Any] = getattr(holder, name)

        def call(*arguments: Any, **named: Any) -> Any:
            told(arguments)
            return original(*arguments, **named)

        self._patched.append((holder, name, original))
        setattr(holder, name, call)
