"""A program and the steps that it goes through: each is run whole, and as impact selects.

A test *must* run after a step when what it computes, or its outcome, differs from the full
run before the step; but not when it did just that in an earlier run that the map holds: the
step may have gone back to where the test is known. A *missed* test is one that must run and
did not. The map is refreshed by each step's selection, and the next step selects from it.
"""

import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.generated.edits import KINDS, make
from tests.generated.grow import grow
from tests.generated.render import render
from tests.generated.runs import Run, Runner

Files = Mapping[str, str]
TRIES = 30
"""Kinds of edits that are tried until one has something to change. Chosen."""


@dataclass(frozen=True, slots=True)
class Version:
    """A program after some edits.

    Attributes:
        kinds: Of the edits since the version before; none for the first.
        told: What these were, in words.
    """

    files: Files
    kinds: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did, by the full run and by the selection.

    Attributes:
        must: Tests that had to run.
        missed: Those of them that did not.
        differing: Tests that did something else among the selected ones than among all.
        is_judged: False when a run took too long.
    """

    before: Version
    after: Version
    full_before: Run
    full: Run
    selected: Run
    must: tuple[str, ...]
    missed: tuple[str, ...]
    differing: tuple[str, ...]
    is_judged: bool = True


_NOT_PASSED = ("setup failed", "call failed", "setup error", "teardown failed")


@dataclass(frozen=True, slots=True)
class History:
    """A program by its seed, and the kinds of edits of each step; what has no place is left out."""

    seed: int
    steps: tuple[tuple[str, ...], ...]


class Evolution:
    """A program that edits change, one version after the other."""

    def __init__(self, history: History) -> None:
        self._random = Random(f"edits {history.seed}")
        self._program = grow(Random(history.seed))
        self._before = self._program
        self.version = Version(render(self._program))

    def edit(self, kinds: Sequence[str]) -> Version | None:
        """Make edits of some kinds; None when none of them had anything to change."""
        program = self._program
        made: list[str] = []
        told: list[str] = []
        for kind in kinds:
            done = make(kind, self._random, program)
            if done is not None:
                program = done[0]
                made.append(kind)
                told.append(done[1])
        if not made:
            return None
        self._before, self._program = self._program, program
        self.version = Version(render(program), tuple(made), tuple(told))
        return self.version

    def go_back(self) -> Version:
        """Go back to the version before."""
        self._program = self._before
        self.version = Version(render(self._program), ("going-back",), ("to the version before",))
        return self.version


def drawn(seed: int, steps: int, kinds: Sequence[str] = KINDS) -> History:
    """Draw a history: mostly one edit a step, now and then two or three."""
    random = Random(f"steps {seed}")
    made = []
    for _ in range(steps):
        count = random.choice((1, 1, 1, 1, 1, 2, 3))
        made.append(tuple(random.choice(kinds) for _ in range(count)))
    return History(seed, tuple(made))


@dataclass
class Walk:
    """A project folder that goes from version to version.

    Attributes:
        known: Test to what it did in the runs that the map holds.
    """

    runner: Runner
    folder: Path
    version: Version = field(default_factory=lambda: Version({}))
    full: Run = field(default_factory=lambda: Run({}, (), True, ""))
    known: dict[str, set[str]] = field(default_factory=dict)

    def begin(self, version: Version) -> bool:
        """Write the first version, run it and record it; tell whether that worked."""
        write(self.folder, {}, version.files)
        commit(self.folder)
        self.version = version
        self.full = self.runner.pytest(self.folder)
        recorded = self.runner.pytest(self.folder, "--impact-record")
        self._keep(recorded)
        return self.full.is_whole and recorded.is_whole and bool(recorded.seen)

    def step(self, version: Version) -> Step:
        """Go to the next version, run all and what impact selects, and judge."""
        return self.judge(version, self.run_all(version))

    def run_all(self, version: Version) -> Run:
        """Write the next version and run it whole."""
        write(self.folder, self.version.files, version.files)
        return self.runner.pytest(self.folder)

    def leave(self, version: Version) -> None:
        """Go on from the version that was before, not from the one that was run whole."""
        write(self.folder, version.files, self.version.files)

    def judge(self, version: Version, full: Run) -> Step:
        """Run what impact selects of the version that is there, and judge."""
        selected = self.runner.pytest(self.folder, "--impacted")
        before, self.version = self.version, version
        is_judged = full.is_whole and selected.is_whole
        must = self._must(full) if is_judged else ()
        missed = tuple(test for test in must if selected.of(test) is None)
        differing = tuple(
            test for test in selected.seen if selected.of(test) != full.of(test) and is_judged
        )
        full_before, self.full = self.full, full
        self._keep(selected)
        return Step(
            before, version, full_before, full, selected, must, missed, differing, is_judged
        )

    def is_broken(self, run: Run) -> bool:
        """Tell whether less than half of the tests work."""
        working = [test for test, seen in run.seen.items()
                   if run.of(test) == seen and not seen.startswith(_NOT_PASSED)]  # fmt: skip
        return len(working) * 2 < max(8, len(self.full.seen), len(run.seen))

    def _must(self, full: Run) -> tuple[str, ...]:
        tests = sorted({*self.full.seen, *full.seen})
        return tuple(
            test
            for test in tests
            if full.of(test) is not None
            and full.of(test) != self.full.of(test)
            and full.of(test) not in self.known.get(test, ())
        )

    def _keep(self, run: Run) -> None:
        for test, seen in run.seen.items():
            if not seen.startswith(_NOT_PASSED):
                self.known.setdefault(test, set()).add(seen)


def write(folder: Path, before: Files, after: Files) -> None:
    """Bring a folder from one version to another; folders that get empty go, as in git."""
    for name in before.keys() - after.keys():
        path = folder / name
        path.unlink()
        while path.parent != folder and not any(path.parent.iterdir()):
            path = path.parent
            path.rmdir()
    for name, text in after.items():
        if before.get(name) != text:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def commit(folder: Path) -> None:
    """Make a repository of a folder."""
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "-A"], [*author, "commit", "-q", "-m", "a"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@contextmanager
def walk(runner: Runner) -> Iterator[Walk]:
    """Give a walk in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="generated-") as folder:
        yield Walk(runner, Path(folder))


def steps_of(runner: Runner, history: History) -> Iterator[Step]:
    """Go through a history; it ends early after a step that cannot be judged or missed a test.

    Most edits that break hardly anything but everything are dropped, as there is little to
    select then; after one that is made the next step goes back to the version before.
    """
    evolution = Evolution(history)
    random = Random(f"breaking {history.seed}")
    with walk(runner) as way:
        if not way.begin(evolution.version) or way.is_broken(way.full):
            return
        for kinds in history.steps:
            version = evolution.edit(kinds)
            if version is None:
                continue
            full = way.run_all(version)
            is_broken = way.is_broken(full)
            if is_broken and random.random() < 0.9:
                evolution.go_back()
                way.leave(version)
                continue
            step = way.judge(version, full)
            yield step
            if not step.is_judged or step.missed:
                return
            if is_broken:
                step = way.step(evolution.go_back())
                yield step
                if not step.is_judged or step.missed:
                    return


def is_by_order(runner: Runner, step: Step, test: str) -> bool:
    """Tell whether a test does the same before and after a step when it runs alone."""
    found = []
    for version in (step.before, step.after):
        with tempfile.TemporaryDirectory(prefix="generated-") as name:
            write(Path(name), {}, version.files)
            found.append(runner.pytest(Path(name), test.partition("[")[0]).of(test))
    return found[0] == found[1]
