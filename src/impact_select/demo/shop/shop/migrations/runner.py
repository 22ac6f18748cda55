"""Apply the numbered files of this folder that a database does not have yet.

A `.sql` file is run statement by statement; a `.py` file has a function `upgrade(connection)`.
Each runs in its own transaction, together with its entry in the table `schema_version`.
"""

import runpy
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, text

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: `0002_carts_and_orders.sql` has version 2."""

    version: int
    name: str
    path: Path


def available(folder: Path = FOLDER) -> list[Migration]:
    """List the steps of a folder, in the order of their versions."""
    steps = []
    for path in folder.glob("[0-9][0-9][0-9][0-9]_*"):
        version, _, name = path.stem.partition("_")
        steps.append(Migration(int(version), name, path))
    return sorted(steps, key=lambda step: step.version)


def applied(engine: Engine) -> list[int]:
    """List the versions that a database has."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE IF NOT EXISTS schema_version ("
                "version INTEGER PRIMARY KEY, name TEXT NOT NULL, "
                "applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)"
            )
        )
        return list(connection.scalars(text("SELECT version FROM schema_version ORDER BY version")))


def migrate(engine: Engine, folder: Path = FOLDER, upto: int | None = None) -> list[Migration]:
    """Apply what is missing, up to a version; give what was applied."""
    known = set(applied(engine))
    missing = [
        step
        for step in available(folder)
        if step.version not in known and (upto is None or step.version <= upto)
    ]
    for step in missing:
        with engine.begin() as connection:
            _apply(step, connection)
            connection.execute(
                text("INSERT INTO schema_version (version, name) VALUES (:version, :name)"),
                {"version": step.version, "name": step.name},
            )
    return missing


def _apply(step: Migration, connection: Connection) -> None:
    if step.path.suffix == ".sql":
        for statement in _statements(step.path.read_text(encoding="utf-8")):
            connection.exec_driver_sql(statement)
    else:
        runpy.run_path(str(step.path))["upgrade"](connection)


def _statements(script: str) -> Iterator[str]:
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if pending.strip():
        yield pending
