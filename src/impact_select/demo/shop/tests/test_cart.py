"""Filling the cart."""

import pytest
from sqlalchemy import select

from shop.models import CartLine
from tests.factories import PASSWORD, CartLineFactory, CustomerFactory, ProductFactory


def quantities(session, customer) -> list[int]:
    """What is in the customer's cart."""
    query = select(CartLine.quantity).where(CartLine.customer_id == customer.id)
    return list(session.scalars(query))


def test_a_product_goes_into_the_cart(client, customer) -> None:
    """The cart shows it with the price of all pieces."""
    page = client.post("/cart/add/KIT-01", data={"quantity": 3}, follow_redirects=True).text

    assert "Enamel mug" in page
    assert "£23.97" in page


def test_the_same_again_makes_no_second_line(client, customer, session) -> None:
    """Quantities add up."""
    client.post("/cart/add/KIT-01", data={"quantity": 2})
    client.post("/cart/add/KIT-01")

    assert quantities(session, customer) == [3]


def test_no_more_than_there_is(client, customer, session) -> None:
    """The customer is told how many are left."""
    product = ProductFactory(name="Rare thing", stock=2)

    answer = client.post(f"/cart/add/{product.sku}", data={"quantity": 3}, follow_redirects=True)

    assert "There are only 2 of Rare thing." in answer.text
    assert quantities(session, customer) == []


@pytest.mark.parametrize(("quantity", "left"), [(5, [5]), (0, [])])
def test_a_quantity_can_be_set(client, customer, session, quantity, left) -> None:
    """None takes the line out."""
    line = CartLineFactory(customer=customer)

    client.post(f"/cart/set/{line.product.sku}", data={"quantity": quantity})

    assert quantities(session, customer) == left


def test_nonsense_is_refused(client, customer, session) -> None:
    """The line stays as it was."""
    line = CartLineFactory(customer=customer)

    for quantity in ["-1", "101", "some"]:
        answer = client.post(f"/cart/set/{line.product.sku}", data={"quantity": quantity})
        assert answer.status_code == 400
    assert quantities(session, customer) == [1]


def test_the_cart_can_be_emptied(client, customer, session) -> None:
    """All lines go."""
    CartLineFactory.create_batch(3, customer=customer)

    page = client.post("/cart/empty", follow_redirects=True).text

    assert "There is nothing in it yet." in page
    assert quantities(session, customer) == []


def test_a_stranger_is_sent_to_sign_in_and_back(client) -> None:
    """The page that was asked for comes after the password."""
    CustomerFactory(email="ada@mail.example")

    gate = client.get("/cart/")
    form = {"email": "ada@mail.example", "password": PASSWORD}
    answer = client.post(gate.location, data=form)

    assert answer.location == "/cart/"
