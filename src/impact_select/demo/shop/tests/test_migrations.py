"""The schema grows step by step, and ends as the models say."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import OperationalError

from shop.database import Database
from shop.migrations.runner import applied, available, migrate
from shop.models import Base


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty database."""
    engine = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}").engine
    yield engine
    engine.dispose()


def test_an_empty_database_gets_every_step_in_order(engine: Engine) -> None:
    """Versions have no gaps, and afterwards there is nothing left to do."""
    migrate(engine)

    assert applied(engine) == list(range(1, len(available()) + 1))
    assert migrate(engine) == []


def test_a_database_of_last_year_catches_up(engine: Engine) -> None:
    """Shelves without an address get one, made from their names."""
    migrate(engine, upto=1)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO category (name) VALUES ('Tea & coffee')"))

    migrate(engine)

    with engine.begin() as connection:
        assert connection.scalar(text("SELECT slug FROM category")) == "tea-coffee"


def test_a_broken_step_leaves_nothing_behind(engine: Engine, tmp_path: Path) -> None:
    """The first statement of a step goes away with the second."""
    broken = tmp_path / "0001_broken.sql"
    broken.write_text("CREATE TABLE half (id INTEGER);\nCREATE TABLE half (id INTEGER);\n")

    with pytest.raises(OperationalError):
        migrate(engine, tmp_path)

    assert applied(engine) == []
    assert "half" not in inspect(engine).get_table_names()


def test_the_steps_make_the_tables_of_the_models(engine: Engine) -> None:
    """Columns have the same names on both sides."""
    migrate(engine)

    for name, table in Base.metadata.tables.items():
        columns = {column["name"] for column in inspect(engine).get_columns(name)}
        assert columns == set(table.columns.keys())


def test_the_command_brings_a_shop_up(app: Flask) -> None:
    """On a database that is up to date, init-db only fills the shelves."""
    result = app.test_cli_runner().invoke(args=["init-db"])

    assert result.output == "22 products on the shelves\n"
