"""The end of a long recording: references are read by several processes, with a bar."""

import io
from pathlib import Path

import pytest

from impact_select.adapters.progress import progress
from impact_select.adapters.reference_worker import finish, read_all, read_references
from impact_select.recording.source_index import blob_id


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def show(stream: io.StringIO, steps: list[int], patience_s: float) -> str:
    """Go through some steps; give what was shown."""
    with progress("reading", sum(steps), stream, patience_s) as advance:
        for step in steps:
            advance(step)
    return stream.getvalue()


def test_a_terminal_gets_a_bar() -> None:
    """It has the label, and reaches the end."""
    shown = show(Terminal(), [1, 2, 1], patience_s=0.0)

    assert "reading" in shown
    assert "100%" in shown


@pytest.mark.parametrize(
    ("stream", "steps", "patience_s"),
    [(io.StringIO(), [1, 1], 0.0), (Terminal(), [1, 1], 60.0), (Terminal(), [], 0.0)],
    ids=["no-terminal", "quick-work", "no-work"],
)
def test_nothing_is_shown(stream: io.StringIO, steps: list[int], patience_s: float) -> None:
    """A file, a log of CI, or work that is done at once gets no bar."""
    assert show(stream, steps, patience_s) == ""


def test_several_processes(tmp_path: Path) -> None:
    """They find what one finds, tell of each file once, and leave out what is known."""
    sources = {
        tmp_path / f"m{n}.py": f"import os\n\ndef f{n}():\n    return os.sep\n" for n in range(40)
    }
    sources[tmp_path / "broken.py"] = "def f(:\n"
    for path, source in sources.items():
        path.write_text(source)
    known = blob_id((tmp_path / "m0.py").read_bytes())
    counted: list[int] = []

    workers = read_all([str(path) for path in sources] + [str(tmp_path / "absent.py")], [known])
    found = finish(workers, counted.append)
    for worker in workers:
        worker.close()

    assert found == {
        blob_id(source.encode()): read_references(source.encode())
        for path, source in sources.items()
        if path.name != "m0.py"
    }
    assert sum(counted) == sum(worker.sent_count for worker in workers) == 40
    assert found[blob_id(b"def f(:\n")] is None


def test_no_process_for_nothing() -> None:
    """Where everything is known, none is started."""
    (worker,) = read_all([], [])

    assert finish([worker], lambda steps: None) == {}
    assert worker.sent_count == 0
