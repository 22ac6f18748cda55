"""What has to be known before the first change: outcomes, flaky tests, recordings."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from benchmarks.judge import Run
from benchmarks.tools import PLAIN, Tool
from benchmarks.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Recording:
    """How one tool recorded the base.

    Attributes:
        disturbed: Tests with another outcome than in the plain run, flaky ones aside.
        duration_s: Of the whole pytest process.
        state_bytes: Size of all that the tool keeps.
    """

    disturbed: tuple[str, ...]
    duration_s: float
    state_bytes: int


@dataclass(frozen=True, slots=True)
class Base:
    """The project before any change.

    Attributes:
        flaky: Tests with two outcomes in two plain runs.
        plain_s: The shorter of the two.
        recordings: By name of the tool.
        timeout_s: For each later run of pytest.
    """

    project: str
    revision: str
    python: str
    outcomes: Mapping[str, str]
    flaky: tuple[str, ...]
    plain_s: float
    recordings: Mapping[str, Recording]
    timeout_s: float

    def unstable(self, tool: Tool) -> frozenset[str]:
        """Give the tests on which a tool is not judged."""
        return frozenset((*self.flaky, *self.recordings[tool.name].disturbed))

    def facts(self) -> dict[str, Any]:
        """Give what results hold of it."""
        return {
            "plain_s": round(self.plain_s, 3),
            "tools": {
                name: {
                    "record_s": round(recording.duration_s, 3),
                    "state_bytes": recording.state_bytes,
                    "disturbed_count": len(recording.disturbed),
                }
                for name, recording in self.recordings.items()
            },
        }


def learn_base(
    workspace: Workspace, name: str, tools: Sequence[Tool], timeout_s: float | None
) -> Base:
    """Run everything twice, then record with each tool and set its state aside."""
    recordings: dict[str, Recording] = {}
    with click.progressbar(length=2 + len(tools), label="base", file=sys.stderr) as bar:
        first = workspace.pytest(*PLAIN)
        _check(first, workspace)
        workspace.clean()
        bar.update(1)
        second = workspace.pytest(*PLAIN)
        workspace.clean()
        bar.update(1)
        flaky = differing(first, second)
        for tool in tools:
            recorded = workspace.of(tool).pytest(*tool.record)
            size = workspace.keep_state(tool)
            workspace.remove_state(tool)
            workspace.clean()
            if not size:
                raise click.ClickException(f"{tool.name} recorded nothing:\n{recorded.tail}")
            disturbed = sorted(set(differing(first, recorded)) - set(flaky))
            recordings[tool.name] = Recording(tuple(disturbed), recorded.duration_s, size)
            for test in disturbed:
                outcomes = f"{first.outcomes.get(test)} > {recorded.outcomes.get(test)}"
                click.echo(f"\nwhile {tool.name} records: {test}: {outcomes}", err=True)
            bar.update(1)
    plain_s = min(first.duration_s, second.duration_s)
    click.echo(
        f"{name}: {len(first.outcomes)} tests, plain {first.duration_s:.1f} s and "
        f"{second.duration_s:.1f} s, {len(flaky)} flaky",
        err=True,
    )
    for tool_name, recording in recordings.items():
        click.echo(
            f"{tool_name}: recorded in {recording.duration_s:.1f} s, "
            f"{recording.state_bytes / 1e6:.2f} MB, "
            f"{len(recording.disturbed)} with another outcome while recorded",
            err=True,
        )
    return Base(
        name,
        workspace.revision(),
        workspace.python_version(),
        first.outcomes,
        tuple(flaky),
        plain_s,
        recordings,
        timeout_s or 60 + 3 * max(first.duration_s, second.duration_s),
    )


def differing(one: Run, other: Run) -> list[str]:
    """Give the tests that two runs do not agree on, sorted."""
    return sorted(
        test
        for test in {*one.outcomes, *other.outcomes}
        if one.outcomes.get(test) != other.outcomes.get(test)
    )


def _check(run: Run, workspace: Workspace) -> None:
    if run.outside:
        raise click.ClickException(
            f"modules are loaded from {workspace.origin}, not from its copy: "
            f"{', '.join(run.outside)}; install the project in editable mode or not at all"
        )
    if run.is_broken or not run.outcomes:
        raise click.ClickException(f"the plain run ended with {run.exit_status}:\n{run.tail}")
