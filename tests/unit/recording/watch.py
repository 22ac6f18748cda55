"""Run scenarios under one collector, in a process of their own: `watch.py COLLECTOR TOP`.

Scenarios come as JSON on the standard input: a source, and steps of an owner's number, how
it is switched to, and code to run with the names of the source. What each owner ran goes to
the standard output. Collectors take what there is one of in a process, so the tests do not
share theirs.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.unit.builders import places

from impact_select.recording.calls import CallsCollector
from impact_select.recording.collector import Collector
from impact_select.recording.coverage_lines import CoverageCollector
from impact_select.recording.monitoring import MonitoringCollector
from impact_select.recording.source_index import ProjectFolder, SourceIndex

COLLECTORS = {
    "monitoring": MonitoringCollector,
    "coverage": CoverageCollector,
    "calls": CallsCollector,
}


def watch(collector: str, top: Path, scenario: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give the places that each owner of a scenario ran."""
    path = top / scenario["file"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(scenario["source"])
    index = SourceIndex(ProjectFolder(top))
    watcher: Collector = COLLECTORS[collector](index)
    names: dict[str, Any] = {"__name__": "watched", "switch": watcher.switch}
    code = compile(scenario["source"], str(path), "exec")
    steps = [
        (owner, fresh, compile(text, "<step>", "exec")) for owner, fresh, text in scenario["steps"]
    ]
    watcher.start()
    try:
        exec(code, names)
        for owner, fresh, step in steps:
            watcher.switch(owner, fresh=fresh)
            exec(step, names)
    finally:
        units = watcher.stop()
    found: dict[str, list[str]] = {}
    for owner, numbers in units.items():
        for file in index.files():
            if file.outline is None:
                continue
            own = [number - file.base for number in numbers if file.base <= number < file.loaded]
            found.setdefault(str(owner), []).extend(sorted(places(file.outline, own)))
    return found


if __name__ == "__main__":
    os.chdir(sys.argv[2])
    results = {
        name: watch(sys.argv[1], Path(sys.argv[2], name), scenario)
        for name, scenario in json.load(sys.stdin).items()
    }
    json.dump(results, sys.stdout)
