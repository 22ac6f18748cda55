"""Reading references in other processes, while the tests run or after them.

libcst takes seconds to parse a large project; on a second core they cost nothing.
The parent sends paths, one a line, as files are first executed, and closes the pipe when
it is done; the child answers with one byte per file that it has dealt with, writes all it
found to a file, and ends. Run as
`python -m impact_select.adapters.reference_worker OUTPUT [BLOB-FILE]`.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Final, Self

import impact_select
from impact_select.adapters.map_schema import pack, unpack
from impact_select.model.ids import Blob
from impact_select.model.reference import Reference
from impact_select.outline.parse import UnparsedSource, parse_outline
from impact_select.recording.source_index import blob_id

_NICENESS: Final = 5  # chosen: the tests come first
_SHARE: Final = 16  # files that are worth another process; it takes 0.4 s to start


def read_references(source: bytes) -> frozenset[Reference] | None:
    """Find a file's references; None when it cannot be read."""
    # libcst takes a tenth of a second, which those that only send files are spared.
    from impact_select.graph.references import UnreadSource, find_references

    try:
        return find_references(source, parse_outline(source))
    except (UnreadSource, UnparsedSource):
        return None


class ReferenceWorker:
    """The parent's side. Use as a context manager.

    The process is started for the first file that is not known.

    Args:
        known: Contents whose references are known already.
    """

    def __init__(self, known: Iterable[Blob]) -> None:
        self._known = frozenset(known)
        self._folder: TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._broken = False
        self.sent_count = 0

    def __enter__(self) -> Self:
        """Return the worker itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process, whatever it has done."""
        self.close()

    def send(self, path: str) -> None:
        """Ask for a file, by its absolute path."""
        if self._broken or "\n" in path or self._is_known(path):
            return
        if self._process is None:
            self._folder, self._process = _start(self._known)
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(os.fsencode(path) + b"\n")
            self._process.stdin.flush()
        except OSError:
            self._broken = True
        else:
            self.sent_count += 1

    def _is_known(self, path: str) -> bool:
        try:
            return blob_id(Path(path).read_bytes()) in self._known
        except OSError:
            return True

    def end_of_files(self) -> int | None:
        """Say that no file follows; return the descriptor on which the answers come."""
        if self._process is None:
            return None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.close()
        except OSError:
            self._broken = True
        return self._process.stdout.fileno()

    def result(self) -> Mapping[Blob, frozenset[Reference] | None]:
        """Wait for the end, after `end_of_files`; what is missing was not read."""
        if self._process is None or self._folder is None:
            return {}
        self._process.wait()
        try:
            rows = unpack(_output(self._folder).read_bytes())
        except (OSError, ValueError):
            return {}
        return {
            Blob(blob): None
            if found is None
            else frozenset(Reference(name, root, unit) for name, root, unit in found)
            for blob, found in rows
        }

    def close(self) -> None:
        """Stop the process and remove its files."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None and not pipe.closed:
                    _close(pipe)
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def read_all(paths: Sequence[str], known: Iterable[Blob]) -> Sequence[ReferenceWorker]:
    """Ask for many files at once, of as many processes as there are cores for.

    Args:
        paths: Absolute paths.
        known: Contents whose references are known already.
    """
    blobs = frozenset(known)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    count = max(1, min(cores or 1, len(paths) // _SHARE))
    workers = [ReferenceWorker(blobs) for _ in range(count)]
    for number, path in enumerate(paths):
        workers[number % count].send(path)
    return workers


def finish(
    workers: Iterable[ReferenceWorker], advance: Callable[[int], None]
) -> Mapping[Blob, frozenset[Reference] | None]:
    """Wait for all answers; what is missing from them was not read.

    Args:
        workers: They have got all their files.
        advance: Is told how many more files have been dealt with.
    """
    workers = list(workers)
    with DefaultSelector() as selector:
        for worker in workers:
            answers = worker.end_of_files()
            if answers is not None:
                selector.register(answers, EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                done = os.read(key.fd, 4096)
                if done:
                    advance(len(done))
                else:
                    selector.unregister(key.fd)
    return {blob: found for worker in workers for blob, found in worker.result().items()}


def _start(known: Iterable[Blob]) -> tuple[TemporaryDirectory[str], subprocess.Popen[bytes]]:
    folder = TemporaryDirectory(prefix="impact-")
    blobs = Path(folder.name) / "known"
    blobs.write_text("\n".join(known))
    package = str(Path(impact_select.__file__).parent.parent)
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(_output(folder)), str(blobs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path, "COVERAGE_PROCESS_START": ""},
        start_new_session=True,  # Ctrl-C is for the tests; closing the pipe ends it
    )
    return folder, process


def _output(folder: TemporaryDirectory[str]) -> Path:
    return Path(folder.name) / "references"


def _close(pipe: object) -> None:
    with suppress(OSError):  # what was not sent yet has nobody to go to
        pipe.close()  # type: ignore[attr-defined]


def main(arguments: list[str]) -> int:
    """Be the child."""
    output, blobs = (Path(argument) for argument in arguments)
    os.nice(_NICENESS)
    gc.disable()  # trees have no cycles; looking for some takes a seventh of the time
    known = set(blobs.read_text().split())
    rows: list[tuple[str, list[tuple[str, str, int]] | None]] = []
    for line in sys.stdin.buffer:
        row = _row(Path(os.fsdecode(line.rstrip(b"\n"))), known)
        if row is not None:
            rows.append(row)
        os.write(sys.stdout.fileno(), b".")
    temporary = output.with_suffix(".tmp")
    temporary.write_bytes(pack(rows))
    temporary.replace(output)
    return 0


def _row(path: Path, known: set[str]) -> tuple[str, list[tuple[str, str, int]] | None] | None:
    try:
        source = path.read_bytes()
    except OSError:
        return None
    blob = blob_id(source)
    if blob in known:
        return None
    known.add(blob)
    found = read_references(source)
    if found is None:
        return blob, None
    return blob, [(one.name, one.root, one.unit) for one in sorted(found)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
