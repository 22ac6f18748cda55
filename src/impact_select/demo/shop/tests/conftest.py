"""One migrated and filled database a run; each test's writes are rolled back."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, scoped_session

from shop import seed
from shop.app import create_app
from shop.migrations.runner import migrate
from shop.models import Customer
from tests.factories import BOUND, PASSWORD, CustomerFactory


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A shop with the seeded shelves, on a database of its own."""
    path = tmp_path_factory.mktemp("shop") / "shop.sqlite"
    app = create_app({"DATABASE_URL": f"sqlite:///{path}", "TESTING": True})
    database = app.extensions["database"]
    migrate(database.engine)
    seed.load(database.session())
    database.session.remove()
    yield app
    database.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[scoped_session[Session]]:
    """The sessions of app and factories; what they commit is undone after the test."""
    database = app.extensions["database"]
    with database.engine.connect() as connection:
        outer = connection.begin()
        database.session.remove()
        database.session.configure(bind=connection, join_transaction_mode="create_savepoint")
        BOUND.session = database.session
        yield database.session
        database.session.remove()
        database.session.configure(bind=database.engine)
        outer.rollback()


@pytest.fixture
def client(app: Flask, session: scoped_session[Session]) -> FlaskClient:
    """A stranger's browser."""
    return app.test_client()


@pytest.fixture
def sign_in(client: FlaskClient) -> Callable[[Customer], Customer]:
    """Sign the browser in as somebody."""

    def sign_in(customer: Customer) -> Customer:
        form = {"email": customer.email, "password": PASSWORD}
        assert client.post("/account/sign-in", data=form).status_code == 302
        return customer

    return sign_in


@pytest.fixture
def customer(sign_in: Callable[[Customer], Customer]) -> Customer:
    """A customer, signed in."""
    return sign_in(CustomerFactory())


@pytest.fixture
def keeper(sign_in: Callable[[Customer], Customer]) -> Customer:
    """The keeper of the shop, signed in."""
    return sign_in(CustomerFactory(is_keeper=True))
