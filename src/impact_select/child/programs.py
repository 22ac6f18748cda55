"""What a command is: a Python that our hook gets into, or another program."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# They look at the machine, not at the project; `platform` and `ctypes.util` start them.
_INERT_PROGRAMS = frozenset(
    {
        "uname",
        "ldconfig",
        "gcc",
        "cc",
        "ld",
        "objdump",
        "file",
        "lsb_release",
        "stty",
        "tput",
        "locale",
        "getconf",
        "hostname",
        "which",
        "id",
        "whoami",
    }
)
# They read what they are given as input or argument, and nothing else.
_FILTERS = frozenset(
    {
        *("cat", "less", "more", "head", "tail", "sed", "grep", "sort", "uniq", "wc", "tr", "cut"),
        *("tee", "echo", "printf", "true", "false", "sleep", "date", "kill", "mkdir", "rm", "cp"),
        *("mv", "touch", "chmod", "ln", "stat", "gzip", "gunzip", "md5sum", "sha256sum", "diff"),
    }
)
_SHELLS = frozenset({"sh", "bash", "dash"})
# What makes a shell's command more than the words of one program.
_SHELL_SIGNS = frozenset("\"'\\$`&|;<>()[]{}*?#~!=\n\r%^")
_SHELL_BUILTINS = frozenset({".", "cd", "eval", "exec", "source", "command", "trap", "time"})
# Options without a value, after which the rest is a value; and those that keep the hook out.
_WITH_VALUE = frozenset("WX")
_LAST = frozenset("cm")
_UNHOOKED = frozenset("SEI")


class Program:
    """What is about to run.

    Attributes:
        kind: `python`, `inert`, `filter` or `other`; `none` when there is no such program.
        files: Files that it reads before Python code of ours can see it.
        absent: Where it was looked for in vain.
        words: For a Python, its arguments without its own name; to know it by.
        exact: Whether the process that is started is itself that Python, not a shell.
    """

    def __init__(
        self,
        kind: str,
        files: Sequence[str] = (),
        words: Sequence[str] = (),
        *,
        exact: bool = True,
    ) -> None:
        self.kind = kind
        self.files = files
        self.words = words
        self.exact = exact
        self.absent: list[str] = []


def find_program(
    words: Sequence[str],
    candidates: Iterable[str],
    folder: str,
    path: str | None,
    *,
    everywhere: bool,
) -> Program:
    """Tell what a command is.

    Args:
        words: The program's name as it is told, and its arguments.
        candidates: Where it is looked for, in order.
        folder: In which it is started.
        path: PATH, where a shell or `env` looks.
        everywhere: Whether the hook gets into Pythons with `-E` and `-I` too.
    """
    absent: list[str] = []
    for one in candidates:
        file = os.path.join(folder, one)
        if _can_run(file):
            program = _judge(file, words, folder, path, everywhere=everywhere)
            break
        absent.append(file)
    else:
        program = Program("none")
    program.absent += absent
    return program


def _judge(
    found: str, words: Sequence[str], folder: str, path: str | None, *, everywhere: bool
) -> Program:
    name = os.path.basename(found)
    rest = list(words[1:])
    if name in _INERT_PROGRAMS:
        return Program("inert")
    if name in _FILTERS:
        return Program("filter", [os.path.join(folder, word) for word in rest])
    if _is_python(name):
        hooked = _takes_hook(rest, everywhere=everywhere) and not _begins_as_script(found)
        return Program("python", (), rest) if hooked else Program("other")
    if name in _SHELLS and len(rest) == 2 and rest[0] == "-c":
        return _of_shell(rest[1], folder, path, everywhere=everywhere)
    interpreter = _interpreter(found, path)
    if interpreter and _is_python(os.path.basename(interpreter[0])):
        options = interpreter[1:]
        if _takes_hook([*options, found], everywhere=everywhere):
            return Program("python", [found], rest)
    return Program("other")


def _of_shell(command: str, folder: str, path: str | None, *, everywhere: bool) -> Program:
    """Look into a shell's command; one with nothing but words is the same as without a shell."""
    if not _SHELL_SIGNS.isdisjoint(command):
        return Program("other")
    words = command.split()
    if not words or words[0] in _SHELL_BUILTINS:
        return Program("other")
    inner = find_program(words, _candidates(words[0], path), folder, path, everywhere=everywhere)
    inner.exact = False
    return inner


def _candidates(name: str, path: str | None) -> list[str]:
    if "/" in name:
        return [name]
    return [os.path.join(folder, name) for folder in (path or os.defpath).split(os.pathsep)]


def _can_run(file: str) -> bool:
    return os.path.isfile(file) and os.access(file, os.X_OK)


def _is_python(name: str) -> bool:
    stem = name.removeprefix("python").rstrip("t")
    return name.startswith("python") and not stem.strip("0123456789.")


def _takes_hook(arguments: Iterable[str], *, everywhere: bool) -> bool:
    """Tell whether the options of a Python let our hook in."""
    pending = False
    for argument in arguments:
        if pending:
            pending = False
            continue
        if argument[:1] != "-" or argument == "-":
            return True
        if argument.startswith("--"):
            pending = argument == "--check-hash-based-pycs"
            continue
        for position, letter in enumerate(argument[1:], start=2):
            if letter == "S" or (letter in _UNHOOKED and not everywhere):
                return False
            if letter in _LAST:
                return True
            if letter in _WITH_VALUE:
                pending = position == len(argument)
                break
    return True


def _begins_as_script(file: str) -> bool:
    return _beginning(file).startswith(b"#!")


def _interpreter(file: str, path: str | None) -> list[str]:
    """Return the interpreter of a script with its options; empty for what is none."""
    first, _, second = _beginning(file).partition(b"\n")
    if not first.startswith(b"#!"):
        return []
    words = os.fsdecode(first[2:]).split()
    if words[:1] == ["/bin/sh"] and second.startswith(b"'''exec' "):
        # Installers write this where the name of the interpreter is too long.
        quoted = os.fsdecode(second).split("\n")[0].removeprefix("'''exec' ")
        name = quoted[1:].partition('"')[0] if quoted.startswith('"') else quoted.split()[0]
        return [name]
    if words and os.path.basename(words[0]) == "env":
        words = words[2:] if words[1:2] == ["-S"] else words[1:]
        if not words or words[0].startswith("-") or "=" in words[0]:
            return []
        words[0] = next(filter(_can_run, _candidates(words[0], path)), "")
        if not words[0] or _begins_as_script(words[0]):
            return []
    return words


def _beginning(file: str) -> bytes:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, 512)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
