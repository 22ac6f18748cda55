"""What a collector is: it tells which units ran between two points in time."""

from typing import Protocol

from pyroaring import BitMap

from impact_select.recording.receivers import ReceiverWatch


class Collector(Protocol):
    """Watches execution of project code, in all threads of this process.

    Unit numbers are those of the SourceIndex that the collector was made with.
    """

    name: str

    @property
    def receivers(self) -> ReceiverWatch | None:
        """The receivers of methods that fill them; None when no call can be seen."""

    def start(self) -> None:
        """Begin to watch."""

    def switch(self, owner: int, *, fresh: bool) -> None:
        """Attribute what runs from now on to an owner.

        Args:
            owner: A number that the caller chose.
            fresh: True when the owner must see code again that ran before; False
                when what ran since its last turn is its own anyway.
        """

    def abandon(self) -> None:
        """Stop watching in a process that was forked, whatever was seen."""

    def stop(self) -> dict[int, BitMap]:
        """Stop watching; return the units that ran, per owner."""
