"""Every case file: record, edit, select; the full run says which tests had to be selected.

A case file starts with its claim. Sections follow, each after a line `--- WORD ARGUMENT`:

===================  ===============================================================
`base PATH`          a file as it is when the tests are recorded
`head PATH`          the file after the change; only what changes, or is new
`removed PATH`       it is gone after the change
`mode PATH`          its mode after the change, in octal
`site PATH`          a file of an installed distribution; `site-head PATH` after
                     the change, `site-removed FOLDER` gone after it
`must`               tests whose outcome differs in a full run, new ones included
`may`                tests that can run too without harm; `*` for any
`requires VERSION`   the oldest Python that the case is for
`xfail REASON`       what the selector is known to get wrong
===================  ===============================================================

The case fails when its own claim is wrong: when the outcomes of other tests differ.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from impact_select.cli import main

HERE = Path(__file__).parent
# CI takes a part of the cases, another one on each interpreter.
EVERY = int(os.environ.get("CONFORMANCE_EVERY", "1"))
FROM = int(os.environ.get("CONFORMANCE_FROM", "0"))
CASES = sorted((HERE / "cases").glob("*.case"))[FROM::EVERY]
SECTION = "--- "


@dataclass(frozen=True, slots=True)
class Case:
    """One case file; files are named relative to the project, or to the installed ones."""

    claim: str
    base: Mapping[str, str]
    head: Mapping[str, str]
    site: Mapping[str, str]
    site_head: Mapping[str, str]
    modes: Mapping[str, int]
    removed: tuple[str, ...]
    site_removed: tuple[str, ...]
    must: frozenset[str]
    may: frozenset[str]
    requires: tuple[int, ...]
    xfail: str


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of pytest did: outcome per test, files that broke, and what it printed."""

    outcomes: Mapping[str, str]
    broken: tuple[str, ...]
    printed: str

    def of(self, test: str) -> str | None:
        """Outcome of a test; that of its file when this could not be collected."""
        path = test.partition("::")[0]
        if path in self.broken or "" in self.broken:
            return "broken"
        return self.outcomes.get(test)


def read_case(path: Path) -> Case:
    """Read a case file."""
    claim: list[str] = []
    files: dict[str, dict[str, str]] = {"base": {}, "head": {}, "site": {}, "site-head": {}}
    lists: dict[str, list[str]] = {"must": [], "may": []}
    modes: dict[str, int] = {}
    gone: dict[str, list[str]] = {"removed": [], "site-removed": []}
    requires: tuple[int, ...] = ()
    xfail = ""
    for section in f"\n{path.read_text(encoding='utf-8')}".split(f"\n{SECTION}"):
        title, _, body = section.partition("\n")
        word, _, argument = title.strip().partition(" ")
        if not word and not claim:
            claim = body.strip().splitlines()
        elif word in files:
            files[word][argument] = f"{body.strip()}\n" if body.strip() else ""
        elif word in lists:
            lists[word] += [line.strip() for line in body.splitlines() if line.strip()]
        elif word == "mode":
            modes[argument] = int(body.strip(), base=8)
        elif word in gone:
            gone[word].append(argument)
        elif word == "requires":
            requires = tuple(int(part) for part in argument.split("."))
        elif word == "xfail":
            xfail = argument
        else:
            raise ValueError(f"{path.name}: unknown section {title!r}")
    return Case(
        claim=" ".join(claim),
        base=files["base"],
        head=files["head"],
        site=files["site"],
        site_head=files["site-head"],
        modes=modes,
        removed=tuple(gone["removed"]),
        site_removed=tuple(gone["site-removed"]),
        must=frozenset(lists["must"]),
        may=frozenset(lists["may"]),
        requires=requires,
        xfail=xfail,
    )


def params() -> Iterable[object]:
    """One parameter a case file, marked with what the file asks for."""
    for path in CASES:
        case = read_case(path)
        marks = []
        if sys.version_info[: len(case.requires)] < case.requires:
            marks.append(pytest.mark.skip(reason="for a later Python"))
        if case.xfail:
            marks.append(pytest.mark.xfail(reason=case.xfail, strict=True))
        yield pytest.param(case, id=path.stem, marks=marks)


class Project:
    """A repository, the folder of what is installed beside it, and runs of pytest in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.site = folder / "site"
        self._outcomes = folder / "outcomes.json"
        plain = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTEST_", "COV_", "COVERAGE_", "GIT_"))
        }
        path = [str(HERE / "reporting"), str(self.site), os.environ.get("PYTHONPATH", "")]
        self._environment = {
            **plain,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "IMPACT_OUTCOMES": str(self._outcomes),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "1",  # sizes and times of both versions may be equal
            "PYTHONPATH": os.pathsep.join(filter(None, path)),
        }

    def write(self, folder: Path, files: Mapping[str, str]) -> None:
        """Write files, and folders for them."""
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def remove(self, name: str) -> None:
        """Remove a file, and like git the folders that are empty then."""
        path = self.folder / name
        path.unlink()
        while path.parent != self.folder and not any(path.parent.iterdir()):
            path = path.parent
            path.rmdir()

    def commit(self) -> None:
        """Make the repository, with all that is there in its only commit."""
        author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        for arguments in (["init", "-q"], ["add", "-A"], [*author, "commit", "-q", "-m", "base"]):
            self._run(["git", *arguments])

    def pytest(self, *options: str) -> Run:
        """Run pytest with our plugin alone."""
        self._outcomes.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += ["-p", "impact_select.pytest_plugin", "-p", "impact_outcomes", *options]
        printed = self._run(command)
        if not self._outcomes.exists():
            return Run({}, ("",), printed)  # a broken conftest file: nothing can run
        told = json.loads(self._outcomes.read_text(encoding="utf-8"))
        return Run(told["outcomes"], tuple(told["broken"]), printed)

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if command[0] == "git":
            assert not done.returncode, done.stdout
        return done.stdout


def impact(*arguments: str) -> Result:
    """Run the command in this process: it starts none of the project's code."""
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def covers(arguments: Iterable[str], test: str) -> bool:
    """Whether an argument for pytest names a test, or what holds it."""
    holders = ("--impact-all", test, test.partition("[")[0], test.partition("::")[0])
    return any(argument in holders or test.startswith(f"{argument}::") for argument in arguments)


@pytest.mark.parametrize("case", tuple(params()))
def test_case(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All affected tests are selected, and no others but those that the case allows."""
    project = Project(tmp_path)
    project.write(project.folder, case.base)
    project.write(project.site, case.site)
    project.commit()
    before = project.pytest("--impact-record")

    assert before.outcomes, before.printed
    for name in case.removed:
        project.remove(name)
    for name in case.site_removed:
        shutil.rmtree(project.site / name)
    project.write(project.folder, case.head)
    project.write(project.site, case.site_head)
    for name, mode in case.modes.items():
        (project.folder / name).chmod(mode)

    monkeypatch.chdir(project.folder)
    if case.site:
        monkeypatch.syspath_prepend(str(project.site))
    arguments = impact("select").stdout.split("\n")[:-1]
    impacted = project.pytest("--impacted", "--impact-readonly")
    after = project.pytest()

    there = {test for test in {*before.outcomes, *after.outcomes} if after.of(test) is not None}
    changed = {test for test in there if after.of(test) != before.outcomes.get(test)}
    ran = {test for test in there if impacted.of(test) is not None}
    why = f"{case.claim}\n{impacted.printed}\n{impact('select', '--format=json').stdout}"

    named = {test for test in there if covers(arguments, test)}

    assert changed == case.must, f"the case is wrong\n{after.printed}"
    assert ran >= case.must, f"left out: {sorted(case.must - ran)}\n{why}"
    assert named >= ran, f"not named: {sorted(ran - named)}\n{why}"
    if "*" not in case.may:
        needless = (ran | named) - case.must - case.may
        assert not needless, f"needless: {sorted(needless)}\n{why}"
