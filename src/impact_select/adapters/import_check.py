"""Whether an import that is new in a file is known to succeed, and to act on nothing."""

import importlib
import importlib.util
import sys
from typing import Final

from impact_select.changes.elsewhere import ImportKnown
from impact_select.model.ids import RepoPath
from impact_select.model.source import ImportFact, UnitKind
from impact_select.ports import EvidenceStore

# Standard modules whose import does something, or needs what may be missing.
_ACTING: Final = frozenset(
    {
        "antigravity",
        "this",
        "idlelib",
        "turtle",
        "turtledemo",
        "tkinter",
        "lib2to3",
        "test",
        "__main__",
        "site",
        "sitecustomize",
        "_tkinter",
    }
)


def import_known(store: EvidenceStore, path: RepoPath) -> ImportKnown:
    """Return the check for one importing file.

    Known are imports from the standard library that work here, and imports that the same
    file (or, of another distribution's modules, any file) made while it was recorded: in a
    branch, or where an error is passed by, it may not have got so far.
    """

    def known(fact: ImportFact) -> bool:
        if fact.level:
            return _recorded(store, path, fact)
        top = fact.module.partition(".")[0]
        if top in sys.stdlib_module_names:
            return top not in _ACTING and _works(fact)
        if _is_project(store, top):
            return _recorded(store, path, fact)
        return _recorded(store, None, fact)

    return known


def _works(fact: ImportFact) -> bool:
    try:
        module = importlib.import_module(fact.module)
        if not fact.name or fact.name == "*" or hasattr(module, fact.name):
            return True
        return importlib.util.find_spec(f"{fact.module}.{fact.name}") is not None
    except (ImportError, AttributeError, ValueError):
        return False


def _is_project(store: EvidenceStore, top: str) -> bool:
    return any(
        name.partition(".")[0] == top for module in store.modules.values() for name in module.names
    )


def _recorded(store: EvidenceStore, path: RepoPath | None, fact: ImportFact) -> bool:
    """Tell whether a file that was loaded makes an import on its way, come what may."""
    last = fact.name or fact.module.rpartition(".")[2]
    loaded = {store.files[number] for number in store.modules}
    for _, blob, _ in store.references(last):
        versions = loaded.intersection(store.paths_by_blob.get(blob, ()))
        if not any(path is None or version.path == path for version in versions):
            continue
        outline = store.outline(blob)
        if outline is None:
            continue
        for other in outline.imports:
            if (other.level, other.module, other.name) == (fact.level, fact.module, fact.name):
                unit = outline.units[other.unit]
                if unit.kind is UnitKind.IMPORT and not (unit.symbol or unit.is_conditional):
                    return True
    return False
