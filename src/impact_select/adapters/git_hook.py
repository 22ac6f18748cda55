"""A pytest plugin that hides from the tests which commit is being made.

Git tells its hooks in variables which repository and which index they are about. The
selection needs them; but a test that runs git in a repository of its own would write to
the index of the commit instead. `impact hook` loads this plugin by its name.
"""

import os
from typing import Final

import pytest

# Those of `git rev-parse --local-env-vars` that name places; settings given with -c stay.
_PLACES: Final = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Forget them: the selection, which wraps this step, has been made by now."""
    for name in _PLACES:
        os.environ.pop(name, None)
