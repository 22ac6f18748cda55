"""The interpreter, what is installed beside it, and the variables that tests look at."""

import os
import platform
import sys
from collections.abc import Iterable
from hashlib import blake2b

from impact_select.model.impact_map import Environment
from impact_select.recording.distributions import installed_versions


def current_environment(variables: Iterable[str]) -> Environment:
    """Describe where this process runs.

    Args:
        variables: Names of environment variables; only digests of their values are kept.
    """
    return Environment(
        python=f"{sys.implementation.name} {sys.version_info.major}.{sys.version_info.minor}",
        platform=f"{sys.platform}-{platform.machine()}",
        distributions=installed_versions(sys.path),
        variables={name: _digest(os.environ.get(name)) for name in sorted(variables)},
    )


def _digest(value: str | None) -> str:
    if value is None:
        return ""
    return blake2b(os.fsencode(value), digest_size=16).hexdigest()
