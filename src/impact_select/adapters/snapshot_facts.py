"""SnapshotFacts to JSON and back; what comes back is checked, for the map is not trusted."""

from typing import Any

from impact_select.adapters.map_schema import text_map
from impact_select.model.ids import RepoPath
from impact_select.model.impact_map import Environment, SnapshotFacts


def facts_to_json(facts: SnapshotFacts) -> dict[str, Any]:
    """Return plain values."""
    environment = facts.environment
    return {
        "environment": {
            "python": environment.python,
            "platform": environment.platform,
            "distributions": dict(environment.distributions),
            "variables": dict(environment.variables),
        },
        "pytest_settings": facts.pytest_settings,
        "requirements": {path: dict(names) for path, names in facts.requirements.items()},
        "search": sorted(facts.search),
        "empty_files": sorted(facts.empty_files),
        "revision": facts.revision,
        "recorded_at": facts.recorded_at,
    }


def facts_from_json(value: Any) -> SnapshotFacts:
    """Undo `facts_to_json`; KeyError, TypeError or ValueError for anything else."""
    environment = value["environment"]
    return SnapshotFacts(
        environment=Environment(
            python=str(environment["python"]),
            platform=str(environment["platform"]),
            distributions=text_map(environment["distributions"]),
            variables=text_map(environment["variables"]),
        ),
        pytest_settings=str(value["pytest_settings"]),
        requirements={
            RepoPath(str(path)): text_map(names) for path, names in value["requirements"].items()
        },
        search=frozenset(RepoPath(str(path)) for path in value["search"]),
        empty_files=frozenset(RepoPath(str(path)) for path in value["empty_files"]),
        revision=str(value["revision"]),
        recorded_at=int(value["recorded_at"]),
    )
