"""Reading references in another process, while the tests run.

libcst's metadata take seconds for a large project; on a second core they cost nothing.
The parent sends paths, one a line, as files are first executed, and closes the pipe when
it is done; then the child writes all it found and ends. Run as
`python -m impact_select.adapters.reference_worker OUTPUT [BLOB-FILE]`.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import impact_select
from impact_select.adapters.map_schema import pack, unpack
from impact_select.graph.references import Reference, UnreadSource, find_references
from impact_select.model.ids import Blob
from impact_select.outline.parse import UnparsedSource, parse_outline
from impact_select.recording.source_index import blob_id

_NICENESS = 5  # chosen: the tests come first


def read_references(source: bytes) -> frozenset[Reference] | None:
    """Find a file's references; None when it cannot be read."""
    try:
        return find_references(source, parse_outline(source))
    except (UnreadSource, UnparsedSource):
        return None


class ReferenceWorker:
    """The parent's side. Use as a context manager.

    Args:
        known: Contents whose references are known already.
    """

    def __init__(self, known: Iterable[Blob]) -> None:
        self._folder = TemporaryDirectory(prefix="impact-")
        folder = Path(self._folder.name)
        self._output = folder / "references"
        blobs = folder / "known"
        blobs.write_text("\n".join(known))
        package = str(Path(impact_select.__file__).parent.parent)
        path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", __name__, str(self._output), str(blobs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path, "COVERAGE_PROCESS_START": ""},
            start_new_session=True,  # Ctrl-C is for the tests; closing the pipe ends it
        )
        self._broken = False

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
        if self._broken or "\n" in path or self._process.stdin is None:
            return
        try:
            self._process.stdin.write(os.fsencode(path) + b"\n")
            self._process.stdin.flush()
        except OSError:
            self._broken = True

    def finish(self) -> Mapping[Blob, frozenset[Reference] | None]:
        """Wait for the answers; what is missing from them was not read."""
        if self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except OSError:
                self._broken = True
        self._process.wait()
        try:
            rows = unpack(self._output.read_bytes())
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
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


def main(arguments: list[str]) -> int:
    """Be the child."""
    output, blobs = (Path(argument) for argument in arguments)
    os.nice(_NICENESS)
    known = set(blobs.read_text().split())
    rows: list[tuple[str, list[tuple[str, str, int]] | None]] = []
    for line in sys.stdin.buffer:
        try:
            source = Path(os.fsdecode(line.rstrip(b"\n"))).read_bytes()
        except OSError:
            continue
        blob = blob_id(source)
        if blob in known:
            continue
        known.add(blob)
        found = read_references(source)
        rows.append(
            (blob, None if found is None else [(r.name, r.root, r.unit) for r in sorted(found)])
        )
    temporary = output.with_suffix(".tmp")
    temporary.write_bytes(pack(rows))
    temporary.replace(output)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
