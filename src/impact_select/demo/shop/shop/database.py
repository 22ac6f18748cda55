"""The engine, and the session of the current request."""

from flask import current_app
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session, scoped_session, sessionmaker


class Database:
    """One SQLite database and the sessions on it."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = create_engine(url)
        event.listen(self.engine, "connect", _on_connect)
        event.listen(self.engine, "begin", _on_begin)
        self.session = scoped_session(sessionmaker(self.engine, expire_on_commit=False))


def db() -> Session:
    """Give the session of the current request."""
    return current_app.extensions["database"].session()


def _on_connect(connection, _record) -> None:
    # The sqlite3 module would open transactions by itself, and too late for savepoints.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")


def _on_begin(connection) -> None:
    connection.exec_driver_sql("BEGIN")
