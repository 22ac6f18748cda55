"""A Status as lines."""

from datetime import UTC, datetime

from impact_select.model.impact_map import Status
from impact_select.report.text import count_of, duration


def status_lines(status: Status) -> list[str]:
    """Render a status for people."""
    lines = [
        f"map: {status.path} ({status.size / 1024:.0f} kB)",
        f"tests: {status.test_count}, {duration(status.duration_s)} together",
    ]
    if status.failed_count:
        lines.append(f"failed when last recorded, so always selected: {status.failed_count}")
    if status.opaque_count:
        lines.append(
            f"opaque (child processes that were not recorded, any change selects them):"
            f" {status.opaque_count}"
        )
    for facts, count in status.sessions:
        when = datetime.fromtimestamp(facts.recorded_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
        revision = facts.revision[:10] or "no commit"
        environment = f"{facts.environment.python}, {facts.environment.platform}"
        fits = facts.environment.python == status.here.python
        fits = fits and facts.environment.platform == status.here.platform
        usable = "" if fits else f"; not usable with {status.here.python}"
        lines.append(
            f"recorded {when} at {revision}: {count_of(count, 'recording')} ({environment}{usable})"
        )
    return lines
