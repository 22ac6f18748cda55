"""The selectors that can be compared: their options and where they keep what they record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

PLAIN = ("-p", "no:impact")
"""Options for a run of every test, and for the runs of other tools."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A plugin of pytest that selects tests by what it recorded.

    Attributes:
        record: Options that run every test and record.
        select: Options that run a selection; what they write is thrown away.
        follow: Options that run a selection and bring the recording up to date.
        state: Globs of what it keeps, relative to the top of the checkout.
        import_folder: Put on the import path of the tool's own runs, and of no other.
    """

    name: str
    record: tuple[str, ...]
    select: tuple[str, ...]
    follow: tuple[str, ...]
    state: tuple[str, ...]
    import_folder: Path | None = None


IMPACT = Tool(
    "impact",
    record=("--impact-record",),
    select=("--impacted", "--impact-readonly"),
    follow=("--impacted",),
    state=(".impact",),
)
PEERS: Mapping[str, Tool] = {
    "testmon": Tool(
        "testmon",
        record=(*PLAIN, "--testmon"),
        select=(*PLAIN, "--testmon"),
        follow=(*PLAIN, "--testmon"),
        # The database and its write-ahead log.
        state=(".testmondata*",),
    ),
    "blast-radius": Tool(
        "blast-radius",
        record=(*PLAIN, "--blast-radius-record"),
        select=(*PLAIN, "--blast-radius"),
        follow=(*PLAIN, "--blast-radius"),
        state=(".git/blast-radius",),
    ),
}


def impact(args: Sequence[str] = (), import_folder: Path | None = None) -> Tool:
    """Give impact with more options for each of its runs."""
    return replace(
        IMPACT,
        record=(*IMPACT.record, *args),
        select=(*IMPACT.select, *args),
        follow=(*IMPACT.follow, *args),
        import_folder=import_folder,
    )


def peer(name: str, import_folder: Path) -> Tool:
    """Give another tool, out of PEERS, as it is installed in a folder of its own."""
    return replace(PEERS[name], import_folder=import_folder)
