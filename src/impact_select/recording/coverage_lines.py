"""The collector for Python 3.11, on coverage.py's C tracer with a context per owner."""

import os
import sys
from typing import Final

from coverage import Coverage
from pyroaring import BitMap

from impact_select.recording.receivers import ReceiverWatch
from impact_select.recording.source_index import SourceIndex

_OWNER_PREFIX: Final = "impact:"


class CoverageCollector:
    """Collector on coverage.py; its data stay in memory."""

    name = "coverage"
    receivers: ReceiverWatch | None = None

    def __init__(self, index: SourceIndex) -> None:
        self._index = index
        top = index.folder.top
        self._coverage = Coverage(
            data_file=None,
            config_file=False,
            branch=False,
            include=[os.path.join(_escaped(top), "*")],
            omit=["*/site-packages/*", "*/dist-packages/*"],
            messages=False,
        )
        # The sysmon core keeps only the first context of a line (coveragepy #2200).
        self._coverage.set_option("run:core", "ctrace")
        self._coverage.set_option("run:disable_warnings", ["no-data-collected"])
        self._loaded: dict[int, BitMap] = {}

    def start(self) -> None:
        """Begin to trace this thread and those started later."""
        self._coverage.start()
        self._coverage.switch_context(f"{_OWNER_PREFIX}0")

    def switch(self, owner: int, *, fresh: bool) -> None:
        """See Collector.switch."""
        self._coverage.switch_context(f"{_OWNER_PREFIX}{owner}")

    def abandon(self) -> None:
        """See Collector.abandon."""
        self._coverage.stop()
        # Its tracer takes itself out only as it is called for the next time.
        sys.settrace(None)

    def stop(self) -> dict[int, BitMap]:
        """Stop tracing and turn lines into units."""
        self._coverage.stop()
        data = self._coverage.get_data()
        result: dict[int, BitMap] = {}
        for filename in data.measured_files():
            file = self._index.file(filename)
            if file is None:
                continue
            lines_by_context: dict[str, list[int]] = {}
            for line, contexts in data.contexts_by_lineno(filename).items():
                for context in contexts:
                    lines_by_context.setdefault(context, []).append(line)
            for context, lines in lines_by_context.items():
                if not context.startswith(_OWNER_PREFIX):
                    continue
                owner = int(context.removeprefix(_OWNER_PREFIX))
                units = result.setdefault(owner, BitMap())
                for line in lines:
                    units.update(file.units_at(line))
        return result


def _escaped(folder: str) -> str:
    """Quote the characters that are special in coverage's file patterns."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in folder)
