"""Runs of pytest in forks of a process that has everything imported: a tenth of a second each.

Run as `python -m tests.generated.runs`, it is that process: it reads a request a line from
its standard input, answers with a line of JSON each, and ends with its input. Nothing of a
project is ever imported in it, so that each fork starts like a new process.
"""

import gc
import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TOP = Path(__file__).parents[2]
LIMIT_S = 20
"""For one run. Chosen: a run takes a tenth of a second, a changed loop may not end."""

_OF_THE_MACHINE = ("PYTEST_", "COV_", "COVERAGE_", "GIT_", "IMPACT_", "PYTHONPATH")
_WARM = ("click", "coverage", "git", "libcst.metadata", "networkx", "pyroaring", "sqlite3")


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of pytest did.

    Attributes:
        seen: Test to its outcome, with what it has computed.
        broken: Files that could not be collected; the empty path when nothing could.
        is_whole: Whether pytest came to the end, within the time.
        causes: Of a selection, test to pairs of a cause's slug and what changed; under `*`
            the reasons to run all.
    """

    seen: Mapping[str, str]
    broken: tuple[str, ...]
    is_whole: bool
    printed: str
    causes: Mapping[str, list[list[str]]] = field(default_factory=dict)

    def of(self, test: str) -> str | None:
        """Outcome of a test; that of its file when this could not be collected."""
        if "" in self.broken or test.partition("::")[0] in self.broken:
            return "broken"
        return self.seen.get(test)


class Runner:
    """Starts runs; the process behind it has to be open.

    Args:
        python: The interpreter.
        impact_src: Where impact_select is imported from, if not from where it is installed.
    """

    def __init__(self, python: str = sys.executable, impact_src: Path | None = None) -> None:
        self._output = tempfile.NamedTemporaryFile(prefix="generated-", suffix=".txt")  # noqa: SIM115
        path = [str(impact_src)] if impact_src is not None else []
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(_OF_THE_MACHINE)
        }
        self._process = subprocess.Popen(
            [python, "-m", "tests.generated.runs"],
            cwd=TOP,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=kept
            | {
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_NOSYSTEM": "1",
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
                "PYTHONDONTWRITEBYTECODE": "1",  # sizes and times of two versions may be equal
                "PYTHONHASHSEED": "0",
                "PYTHONPATH": os.pathsep.join(path),
            },
        )

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._output.close()

    def pytest(self, folder: Path, *options: str) -> Run:
        """Run pytest with our plugin alone in a folder."""
        answer = self._ask({"folder": str(folder), "options": options})
        printed = Path(self._output.name).read_text(encoding="utf-8", errors="replace")
        if answer is None:
            return Run({}, ("",), False, printed)
        if not answer["is_whole"]:
            return Run(answer["seen"], ("",), True, printed)  # a conftest file that is broken
        return Run(answer["seen"], tuple(answer["broken"]), True, printed, answer["causes"])

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = json.dumps({**request, "output": self._output.name})
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the process for runs ended: {self._process.wait()}")
        found: dict[str, Any] | None = json.loads(answer)
        return found


@contextmanager
def runner(python: str = sys.executable, impact_src: Path | None = None) -> Iterator[Runner]:
    """Give a runner, and end its process."""
    made = Runner(python, impact_src)
    try:
        yield made
    finally:
        made.close()


def shown(value: object) -> str:
    """Write a value down, without what differs from one process to the next."""
    match value:
        case None | bool() | int() | float() | str():
            return repr(value)
        case list() | tuple():
            return f"[{', '.join(shown(part) for part in value)}]"
        case dict():
            parts = (f"{shown(key)}: {shown(part)}" for key, part in value.items())
            return f"{{{', '.join(parts)}}}"
        case type():
            return f"<{value.__name__}>"
    return f"<a {type(value).__name__}>"


def serve(break_rule: str | None) -> None:
    """Answer requests until there are no more."""
    _warm_up()
    if break_rule:
        _break(break_rule)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            _be_child(request, writing)
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as pipe:
            answer = pipe.read()
        _, status = os.waitpid(child, 0)
        print(answer if status == 0 and answer else "null", flush=True)


def _be_child(request: Mapping[str, Any], writing: int) -> None:
    status = 1
    try:
        signal.alarm(LIMIT_S)
        output = os.open(request["output"], os.O_WRONLY | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.chdir(request["folder"])
        answer = _run(request["options"])
        sys.stdout.flush()
        with os.fdopen(writing, "w", encoding="utf-8") as pipe:
            pipe.write(json.dumps(answer))
        status = 0
    finally:
        os._exit(status)


def _run(options: Sequence[str]) -> dict[str, Any]:
    import pytest

    seen: dict[str, str] = {}
    broken: list[str] = []
    ended: list[bool] = []
    causes: dict[str, list[list[str]]] = {}

    class Watch:
        @pytest.fixture
        def seen(self, request: pytest.FixtureRequest) -> Callable[..., None]:
            """Note what a test has computed."""

            def note(*values: object) -> None:
                request.node.user_properties.append(("seen", shown(values)))

            return note

        def pytest_collectreport(self, report: pytest.CollectReport) -> None:
            if report.failed:
                broken.append(report.nodeid)

        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            before = seen.get(report.nodeid)
            if report.when == "call" and report.passed:
                seen[report.nodeid] = " ".join(value for _, value in report.user_properties)
            elif not report.passed:
                seen[report.nodeid] = f"{report.when} {report.outcome} {before or ''}".strip()

        def pytest_sessionfinish(self, session: pytest.Session) -> None:
            ended.append(True)
            causes.update(_causes(session.config.pluginmanager.get_plugin("impact-session")))

    fixed = ["-p", "no:cacheprovider", "-p", "impact_select.pytest_plugin"]
    fixed += ["--continue-on-collection-errors", "-W", "ignore"]
    sys.path[:] = [entry for entry in sys.path if entry not in {"", str(TOP)}]
    pytest.main([*fixed, "-q", "--tb=short", *options], plugins=[Watch()])
    return {"seen": seen, "broken": broken, "is_whole": bool(ended), "causes": causes}


def _causes(session: Any) -> dict[str, list[list[str]]]:
    selection = getattr(session, "_selection", None)
    if selection is None:
        return {}
    if hasattr(selection, "fallbacks"):
        return {"*": [[one.slug, one.detail] for one in selection.fallbacks]}
    return {
        test: [[one.kind, one.change] for one in causes]
        for test, causes in selection.affected.items()
    }


def _warm_up() -> None:
    import pytest  # noqa: F401

    import impact_select

    for name in _WARM:
        importlib.import_module(name)
    for part in pkgutil.walk_packages(impact_select.__path__, "impact_select."):
        if not part.name.startswith("impact_select.demo") and "__main__" not in part.name:
            importlib.import_module(part.name)
    # Another process for it would have to import all this again.
    importlib.import_module("impact_select.plugin_session").ReferenceWorker = _NoWorker  # type: ignore[attr-defined]
    # What is installed stays as it is, and takes a fourth of a run to read.
    session: Any = importlib.import_module("impact_select.recording.session")
    provided, versions = session.providers(), session.installed_versions(sys.path)
    session.providers = lambda: provided
    session.installed_versions = lambda _path: versions


class _NoWorker:
    """In place of the process that reads references: `keep_recording` reads what it misses."""

    sent_count = 0

    def __init__(self, known: object) -> None:
        pass

    def send(self, path: str) -> None:
        pass

    def end_of_files(self) -> None:
        return None

    def result(self) -> Mapping[Any, Any]:
        return {}

    def close(self) -> None:
        pass


def _break(rule: str) -> None:
    """Replace a function by one that gives what another call gives: MODULE:NAME=EXPRESSION."""
    place, _, value = rule.partition("=")
    module_name, _, name = place.partition(":")
    module = importlib.import_module(module_name)
    owner: Any = module
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    setattr(owner, last, eval(value, vars(module) | {"original": getattr(owner, last)}))


if __name__ == "__main__":
    serve(os.environ.get("GENERATED_BREAK"))
