"""Who gets in."""

import pytest
from sqlalchemy import select

from shop.models import Customer
from tests.factories import PASSWORD, CustomerFactory

FORM = {"email": "Ada@mail.example", "name": "Ada", "country": "ie", "password": "long enough"}


def test_a_new_customer_is_signed_in(client, session) -> None:
    """The account is made, and the next page greets its owner."""
    answer = client.post("/account/sign-up", data=FORM, follow_redirects=True)

    assert "Welcome, Ada." in answer.text
    customer = session.scalar(select(Customer).where(Customer.email == "ada@mail.example"))
    assert customer.country == "IE"
    assert customer.has_password("long enough")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("email", "ada", "This is no e-mail address."),
        ("password", "short", "At least 8 characters."),
    ],
    ids=["email", "password"],
)
def test_a_mistake_is_shown_beside_its_field(client, field, value, message) -> None:
    """The form comes back with what is wrong."""
    answer = client.post("/account/sign-up", data=FORM | {field: value})

    assert answer.status_code == 400
    assert f'<em class="mistake">{message}</em>' in answer.text


def test_an_address_has_one_account(client) -> None:
    """The case of an address does not make another one."""
    CustomerFactory(email="ada@mail.example")

    answer = client.post("/account/sign-up", data=FORM)

    assert "There is an account with this address." in answer.text


def test_the_right_password_opens(client) -> None:
    """After signing in, pages show the customer's name."""
    CustomerFactory(email="ada@mail.example", name="Ada")

    client.post("/account/sign-in", data={"email": "ada@mail.example", "password": PASSWORD})

    assert "Sign out, Ada" in client.get("/").text


def test_anything_else_does_not(client) -> None:
    """The page does not tell whether address or password was wrong."""
    CustomerFactory(email="ada@mail.example")

    for email, password in [("ada@mail.example", "wrong"), ("bob@mail.example", PASSWORD)]:
        answer = client.post("/account/sign-in", data={"email": email, "password": password})
        assert answer.status_code == 403
        assert "The address or the password is wrong." in answer.text


def test_signing_out_forgets(client, customer) -> None:
    """Afterwards the shop sees a stranger."""
    client.post("/account/sign-out")

    assert "Sign in" in client.get("/").text
