"""Processes that this one starts: each Python gets a ticket, by which its part is known.

No audit event can change what a new process gets. So the few functions are replaced by which
Python starts processes; what gets around them is seen by audit events, and recorded by none.
"""

from __future__ import annotations

import os
import sys
from _thread import get_ident

from impact_select.child.programs import find_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import FrameType
    from typing import Any, NoReturn, Protocol

    from impact_select.child.programs import Program

    class Host(Protocol):
        """Who keeps account of what is started."""

        def busy(self) -> bool:
            """Tell whether the tool itself is at work in this thread."""

        def look_away(self, away: bool) -> None:
            """Begin or end some work of the tool in this thread."""

        def python(self, program: Program, frame: FrameType) -> str | None:
            """Give a ticket to a Python that is about to start; None for no recording."""

        def other(self, frame: FrameType) -> None:
            """Note a program that cannot be recorded."""

        def reads(self, files: Iterable[str], frame: FrameType) -> None:
            """Note what a program is going to read."""

        def misses(self, files: Iterable[str], frame: FrameType) -> None:
            """Note where a program was looked for in vain."""

        def started(self, ticket: str, pid: int) -> None:
            """Note which process got a ticket."""

        def fork(self, frame: FrameType) -> str | None:
            """Give a ticket to a process that is about to be forked."""

        def forked(self, ticket: str | None) -> None:
            """Begin to record: this is the forked process."""

        def handed(self, frame: FrameType) -> str | None:
            """Give a ticket to work that is handed to a server of processes."""

        def bound(self, ticket: str) -> None:
            """Begin such work: this process was forked from the server for it."""


VARIABLE = "IMPACT_CHILD"
PREPARED = "impact_child"
_SERVER = "multiprocessing.forkserver"
_TRACKER = "from multiprocessing.resource_tracker import main"
_LAUNCHER = "multiprocessing/popen_forkserver.py"


class Hook:
    """How a new Python finds its ticket.

    Attributes:
        everywhere: Whether installation put a hook where each Python of this prefix finds it.

    Args:
        folder: Where the parts are.
        site: A folder with a `sitecustomize.py` of ours; empty when it is not needed.
    """

    def __init__(self, folder: str, site: str) -> None:
        self._folder = folder
        self._site = site
        self.everywhere = not site

    def environment(
        self, ticket: str, environment: Mapping[bytes, bytes]
    ) -> dict[bytes, bytes] | None:
        """Add a ticket to the variables of a process; None where another one has its own."""
        name = os.fsencode(VARIABLE)
        if name in environment:
            return None
        result = dict(environment)
        result[name] = os.fsencode(f"{self._folder}/{ticket}")
        if self._site:
            before = result.get(b"PYTHONPATH")
            ours = os.fsencode(self._site)
            result[b"PYTHONPATH"] = ours + os.fsencode(os.pathsep) + before if before else ours
        return result


class StartWatch:
    """Replaces the functions that start processes."""

    def __init__(self, host: Host, hook: Hook) -> None:
        self._host = host
        self._hook = hook
        self._patched: list[tuple[Any, str, Any]] = []
        self._is_on = False
        self._known: set[int] = set()

    def start(self) -> None:
        """Replace them."""
        self._is_on = True
        low: Any = sys.modules.get("_posixsubprocess")
        high: Any = sys.modules.get("subprocess")
        if low is None:
            import _posixsubprocess as low
        self._patch(low, "fork_exec", self._fork_exec(low.fork_exec))
        if high is not None and hasattr(high, "_fork_exec"):
            self._patch(high, "_fork_exec", self._fork_exec(high._fork_exec))  # noqa: SLF001
        for name in ("posix_spawn", "posix_spawnp"):
            self._patch(os, name, self._spawn(getattr(os, name)))
        self._patch(os, "execv", self._exec(os.execv, os.execve))
        self._patch(os, "execve", self._exec(os.execve, os.execve))
        self._patch(os, "system", self._system(os.system))
        self._watch_server()
        _forks.add(self)

    def stop(self) -> None:
        """Put back what was there; who holds one of ours gets what was there as well."""
        self._is_on = False
        _forks.remove(self)
        for holder, name, original in reversed(self._patched):
            setattr(holder, name, original)
        self._patched.clear()

    def is_known(self) -> bool:
        """Tell whether an audit event of this thread tells of a start that is known."""
        return get_ident() in self._known

    def _is_off(self) -> bool:
        return not self._is_on or self._host.busy()

    def prepare_forked(self) -> None:
        """Look for tickets in what a server of processes hands to this forked one."""
        spawn: Any = sys.modules.get("multiprocessing.spawn")
        if spawn is None or any(name == "prepare" for _, name, _ in self._patched):
            return
        original = spawn.prepare
        host = self._host

        def prepare(data: dict[str, Any]) -> None:
            ticket = data.get(PREPARED)
            if isinstance(ticket, str):
                host.bound(ticket)
            original(data)

        _hide(prepare, original)
        self._patch(spawn, "prepare", prepare)

    def before_fork(self) -> str | None:
        """Get a ticket for a forked process."""
        if self._is_off():
            return None
        frame = sys._getframe(1)  # noqa: SLF001 - the documented way
        while frame.f_code.co_filename == __file__ and frame.f_back is not None:
            frame = frame.f_back
        return self._host.fork(frame)

    def after_fork(self, ticket: str | None) -> None:
        """Go on as the forked process."""
        self._known.clear()
        self._host.forked(ticket)

    # -- the functions ----------------------------------------------------------------

    def _fork_exec(self, original: Callable[..., int]) -> Callable[..., int]:
        def fork_exec(*arguments: Any) -> int:
            if self._is_off() or _TRACKER in str(arguments[0]):
                return original(*arguments)  # the tracker runs nothing of the project
            words, candidates, folder, given = (
                *arguments[:2],
                arguments[4],
                arguments[5],
            )
            environment = _environment(given)
            ticket, changed = self._judge(words, candidates, folder, environment, sys._getframe(1))  # noqa: SLF001
            if changed is not None:
                pairs = [name + b"=" + value for name, value in changed.items()]
                arguments = (*arguments[:5], pairs, *arguments[6:])
            pid = original(*arguments)
            if ticket is not None:
                self._host.started(ticket, pid)
            if any(_SERVER in str(word) for word in words):
                self._watch_server()
            return pid

        _hide(fork_exec, original)
        return fork_exec

    def _spawn(self, original: Callable[..., int]) -> Callable[..., int]:
        def posix_spawn(path: Any, argv: Any, env: Any, /, **named: Any) -> int:
            if self._is_off():
                return original(path, argv, env, **named)
            environment = _of_mapping(os.environ if env is None else env)
            searched = original.__name__ == "posix_spawnp"
            candidates = [path] if not searched else _along_path(path, environment)
            frame = sys._getframe(1)  # noqa: SLF001
            ticket, changed = self._judge(argv, candidates, None, environment, frame)
            self._known.add(get_ident())
            try:
                pid = original(path, argv, env if changed is None else changed, **named)
            finally:
                self._known.discard(get_ident())
            if ticket is not None:
                self._host.started(ticket, pid)
            return pid

        _hide(posix_spawn, original)
        return posix_spawn

    def _exec(self, original: Any, with_environment: Any) -> Callable[..., NoReturn]:
        def execute(path: Any, argv: Any, *environment: Any) -> NoReturn:
            if self._is_off():
                original(path, argv, *environment)
            given = _of_mapping(environment[0] if environment else os.environ)
            ticket, changed = self._judge(argv, [path], None, given, sys._getframe(1))  # noqa: SLF001
            self._known.add(get_ident())
            try:
                if ticket is not None:
                    self._host.started(ticket, os.getpid())
                if changed is not None:
                    with_environment(path, argv, changed)
                original(path, argv, *environment)
            finally:
                self._known.discard(get_ident())
            raise AssertionError

        _hide(execute, original)
        return execute

    def _system(self, original: Callable[..., int]) -> Callable[..., int]:
        def system(command: Any) -> int:
            if self._is_off():
                return original(command)
            text = os.fsdecode(command)
            words = ["sh", "-c", text]
            environment = _of_mapping(os.environ)
            frame = sys._getframe(1)  # noqa: SLF001
            ticket, changed = self._judge(words, ["/bin/sh"], None, environment, frame)
            added = {} if changed is None else _difference(changed, environment)
            self._known.add(get_ident())
            try:
                # Not in `os.environ`: others may look there meanwhile.
                for name, value in added.items():
                    os.putenv(name, value)
                return original(command)
            finally:
                self._known.discard(get_ident())
                for name in added:
                    if name in environment:
                        os.putenv(name, environment[name])
                    else:
                        os.unsetenv(name)
                if ticket is not None:
                    self._host.started(ticket, 0)

        _hide(system, original)
        return system

    def _judge(
        self,
        words: Sequence[Any],
        candidates: Sequence[Any],
        folder: Any,
        environment: dict[bytes, bytes],
        frame: FrameType,
    ) -> tuple[str | None, dict[bytes, bytes] | None]:
        """Tell what starts; return its ticket and its variables, or None twice."""
        host = self._host
        host.look_away(True)
        try:
            path = environment.get(b"PATH")
            program = find_program(
                [os.fsdecode(word) for word in words],
                [os.fsdecode(one) for one in candidates],
                os.path.abspath(os.fsdecode(folder) if folder is not None else os.curdir),
                os.fsdecode(path) if path is not None else None,
                everywhere=self._hook.everywhere,
            )
            if program.kind == "inert":
                return None, None
            host.reads(program.files, frame)
            host.misses(program.absent, frame)
            if program.kind in {"filter", "none"}:
                return None, None
            if program.kind == "python":
                ticket = host.python(program, frame)
                if ticket is None:
                    return None, None
                changed = self._hook.environment(ticket, environment)
                return (ticket, changed) if changed is not None else (None, None)
        except (OSError, TypeError, ValueError, IndexError):
            pass  # whatever is wrong with it, starting it will say so
        finally:
            host.look_away(False)
        host.other(frame)
        return None, None

    def _watch_server(self) -> None:
        """Put tickets into what is handed to a server of processes."""
        spawn: Any = sys.modules.get("multiprocessing.spawn")
        known = any(name == "get_preparation_data" for _, name, _ in self._patched)
        if known or spawn is None:
            return
        original = spawn.get_preparation_data
        host = self._host

        def get_preparation_data(name: str) -> dict[str, Any]:
            data: dict[str, Any] = original(name)
            frame = sys._getframe(1)  # noqa: SLF001
            if frame.f_code.co_filename.endswith(_LAUNCHER) and not host.busy():
                ticket = host.handed(frame)
                if ticket is not None:
                    data[PREPARED] = ticket
            return data

        _hide(get_preparation_data, original)
        self._patch(spawn, "get_preparation_data", get_preparation_data)

    def _patch(self, holder: Any, name: str, replacement: Any) -> None:
        self._patched.append((holder, name, getattr(holder, name)))
        setattr(holder, name, replacement)


class _Forks:
    """The one pair of fork hooks of this process; it cannot be removed."""

    def __init__(self) -> None:
        self._watches: list[StartWatch] = []
        self._tickets: list[tuple[StartWatch, str | None]] = []
        self._installed = False

    def add(self, watch: StartWatch) -> None:
        self._watches.append(watch)
        if not self._installed:
            self._installed = True
            os.register_at_fork(before=self._before, after_in_child=self._after)

    def remove(self, watch: StartWatch) -> None:
        if watch in self._watches:
            self._watches.remove(watch)

    def _before(self) -> None:
        self._tickets = [(watch, watch.before_fork()) for watch in self._watches]

    def _after(self) -> None:
        for watch, ticket in self._tickets:
            watch.after_fork(ticket)


_forks = _Forks()


def _hide(function: Any, original: Any) -> None:
    """Make a function look like what it stands for: its frames ask for nothing themselves."""
    function.__code__ = function.__code__.replace(co_filename=os.__file__)
    function.__name__ = function.__qualname__ = original.__name__
    function.__doc__ = original.__doc__
    # `posix` has its functions still, and `os` is where others find ours: to pickle it.
    module = original.__module__
    function.__module__ = "os" if module == "posix" else module


def _environment(pairs: Sequence[bytes] | None) -> dict[bytes, bytes]:
    if pairs is None:
        return dict(os.environb)
    split = (pair.partition(b"=") for pair in pairs)
    return {name: value for name, _, value in split}


def _of_mapping(variables: Mapping[Any, Any]) -> dict[bytes, bytes]:
    return {os.fsencode(name): os.fsencode(value) for name, value in variables.items()}


def _difference(
    changed: Mapping[bytes, bytes], before: Mapping[bytes, bytes]
) -> dict[bytes, bytes]:
    return {name: value for name, value in changed.items() if before.get(name) != value}


def _along_path(name: Any, environment: Mapping[bytes, bytes]) -> list[str]:
    text = os.fsdecode(name)
    if "/" in text:
        return [text]
    path = os.fsdecode(environment.get(b"PATH", os.fsencode(os.defpath)))
    return [os.path.join(folder, text) for folder in path.split(os.pathsep)]
