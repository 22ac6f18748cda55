"""Real repositories with a recorded map, in which the real pre-commit program runs our hooks."""

import os
import shutil
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.pre_commit.hook_repository import FILES, Repository, local_config

SCRIPTS = Path(sysconfig.get_path("scripts"))


@pytest.fixture(scope="session", autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep git, pre-commit and pytest away from what the machine or this run has set."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("GIT_", "PYTEST_", "PRE_COMMIT", "COV", "VIRTUAL_ENV")):
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_CONFIG_HOME", str(home))
        patch.setenv("PRE_COMMIT_HOME", str(home / "pre-commit"))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("PATH", os.pathsep.join([str(SCRIPTS), os.environ["PATH"]]))
        (home / ".gitconfig").write_text(
            "[user]\nname = A Tester\nemail = tester@example.org\n"
            '[protocol "file"]\nallow = always\n'
        )
        yield


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Give a repository with a map and the commit hook installed; to be copied, not used."""
    for command in ("pre-commit", "impact"):
        if shutil.which(command, path=str(SCRIPTS)) is None:
            pytest.skip(f"{command} is not installed in this environment")
    top = tmp_path_factory.mktemp("recorded") / "project"
    for path, content in FILES.items():
        file = top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    repository = Repository(top, top.with_name("ran"))
    repository.git("init", "--quiet", "--initial-branch=main")
    (top / ".pre-commit-config.yaml").write_text(local_config())
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--message", "a project")
    done = repository.run("impact", "record", "--", "-q")
    assert done.returncode == 0, done.stdout
    assert (top / ".impact/map.sqlite").is_file()
    done = repository.run("pre-commit", "install")
    assert done.returncode == 0, done.stdout
    return repository


@pytest.fixture
def repository(recorded: Repository, tmp_path: Path) -> Repository:
    """Give a repository of one's own with a map and the commit hook installed."""
    return recorded.copy(tmp_path / "project")
