"""Outlines that the project's map holds already, so that a recording need not make them."""

from pathlib import Path

import impact_select
from impact_select.adapters.map_reader import ImpactMap
from impact_select.errors import ImpactError
from impact_select.model.ids import Blob
from impact_select.model.source import Outline


class StoredOutlines:
    """A look-up that stays open until it is closed.

    A map that another version of the tool began has none: an outline may say more now.

    Args:
        map_path: Of the project; there need not be a usable one.
    """

    def __init__(self, map_path: Path) -> None:
        self._store: ImpactMap | None = None
        try:
            store = ImpactMap.open(map_path)
        except ImpactError:
            return
        self._store = store
        if self._tool() != impact_select.__version__:
            self.close()

    def _tool(self) -> str | None:
        try:
            return self._store.tool if self._store is not None else None
        except ImpactError:
            return None

    def find(self, blob: Blob) -> Outline | None:
        """Return the outline of a content, if the map has it."""
        if self._store is None:
            return None
        try:
            return self._store.outline(blob)
        except ImpactError:
            return None

    def close(self) -> None:
        """Let go of the file."""
        if self._store is not None:
            self._store.close()
            self._store = None
