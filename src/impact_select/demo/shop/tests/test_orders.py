"""From cart to doorstep."""

import json
from collections.abc import Iterator
from io import BytesIO
from unittest import mock
from urllib.error import HTTPError, URLError

import pytest
from sqlalchemy import select

from shop import rates
from shop.models import CartLine, Customer, Order, Product
from shop.payment import PaymentDeclined, Receipt
from tests.factories import CartLineFactory, CustomerFactory, OrderFactory


@pytest.fixture
def letters(app) -> list:
    """The outbox, empty at the start."""
    app.extensions["outbox"].letters.clear()
    return app.extensions["outbox"].letters


@pytest.fixture
def payments() -> Iterator[mock.Mock]:
    """A payment service that says yes to everything."""
    with mock.patch("shop.orders.views.PaymentClient", autospec=True) as client_class:
        service = client_class.return_value
        service.charge.side_effect = lambda amount, token: Receipt("ch_1", amount)
        yield service


def place(client, method: str = "standard"):
    """Press the button of the cart's page."""
    return client.post("/orders/", data={"card": "tok_1", "method": method})


def test_an_order_is_made_of_the_cart(client, customer, payments, session) -> None:
    """Lines and amounts are kept, goods leave the shelf, points are earned."""
    product = CartLineFactory(customer=customer, quantity=2).product

    place(client)

    order = session.scalar(select(Order))
    assert [(line.quantity, line.unit_price) for line in order.lines] == [(2, 10_00)]
    assert (order.goods, order.shipping) == (20_00, rates.SHIPPING_BASE["home"])
    assert session.scalar(select(CartLine)) is None
    assert session.get(Product, product.id).stock == 98
    assert session.get(Customer, customer.id).points == 20


def test_the_card_is_charged_once_with_the_total(client, customer, payments) -> None:
    """Goods and shipping together."""
    CartLineFactory(customer=customer)

    place(client)

    payments.charge.assert_called_once_with(10_00 + rates.SHIPPING_BASE["home"], "tok_1")


def test_a_courier_is_charged_too(client, customer, payments, session) -> None:
    """The order keeps the method that was chosen."""
    CartLineFactory(customer=customer)

    place(client, "express")

    order = session.scalar(select(Order))
    assert order.method == "express"
    assert order.shipping == rates.SHIPPING_BASE["home"] + rates.EXPRESS_SURCHARGE


def test_a_first_order_is_welcome(client, customer, payments, session) -> None:
    """The second one costs the full price."""
    for _ in range(2):
        CartLineFactory(customer=customer, product__price=100_00)
        place(client)

    assert session.scalars(select(Order.saving).order_by(Order.id)).all() == [5_00, 0]


def test_the_customer_gets_a_letter(client, customer, payments, letters) -> None:
    """With the lines and the total."""
    CartLineFactory(customer=customer, quantity=2, product__name="Blue jug")

    place(client)

    (letter,) = letters
    assert letter.to == customer.email
    assert letter.text.startswith(f"Dear {customer.name},\n")
    assert "  2 x Blue jug: £20.00\n" in letter.text
    assert "Total: £23.50" in letter.text


def test_the_letter_says_what_was_saved(client, customer, payments, letters) -> None:
    """A discount has a line of its own."""
    CartLineFactory(customer=customer, quantity=10)

    place(client)

    assert "Saved: £5.00\n" in letters[0].text


def test_a_declined_card_buys_nothing(client, customer, payments, session, letters) -> None:
    """The cart stays, and the page says why."""
    CartLineFactory(customer=customer)
    payments.charge.side_effect = PaymentDeclined("card expired")

    answer = place(client)

    assert answer.status_code == 402
    assert "declined the payment: card expired" in answer.text
    assert session.scalar(select(Order)) is None
    assert session.scalar(select(CartLine)) is not None
    assert letters == []


def test_nothing_is_sold_twice(client, customer, payments, session) -> None:
    """When somebody was faster, nobody is charged."""
    line = CartLineFactory(customer=customer, quantity=3, product__name="Last jug")
    session.merge(line.product).stock = 1
    session.commit()

    answer = place(client)

    assert answer.status_code == 409
    assert "Last jug: 1 left" in answer.text
    payments.charge.assert_not_called()


def test_the_service_is_asked_over_http(app, client, customer, session) -> None:
    """The amount goes out as JSON; the order keeps the receipt."""
    CartLineFactory(customer=customer)
    reply = json.dumps({"status": "succeeded", "id": "ch_77", "amount": 13_50}).encode()

    with mock.patch("shop.payment.urlopen", return_value=BytesIO(reply)) as urlopen:
        place(client)

    request = urlopen.call_args.args[0]
    assert request.full_url == app.config["PAYMENT_URL"] + "/charges"
    assert json.loads(request.data) == {"amount": 13_50, "currency": "GBP", "card": "tok_1"}
    assert session.scalar(select(Order.payment)) == "ch_77"


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (HTTPError("", 402, "Payment Required", None, None), 402),
        (URLError("no route to host"), 503),
    ],
    ids=["refused", "unreachable"],
)
def test_a_failing_service_takes_no_order(client, customer, session, failure, status) -> None:
    """Refusal and outage have pages of their own."""
    CartLineFactory(customer=customer)

    with mock.patch("shop.payment.urlopen", side_effect=failure):
        answer = place(client)

    assert answer.status_code == status
    assert session.scalar(select(Order)) is None


def test_the_latest_order_comes_first(client, customer) -> None:
    """In the customer's list."""
    old, new = OrderFactory.create_batch(2, customer=customer)

    page = client.get("/orders/").text

    assert page.index(new.number) < page.index(old.number)


def test_an_order_keeps_its_prices(client, customer, session) -> None:
    """A new price in the catalogue does not change an old order."""
    order = OrderFactory(customer=customer, line__product__name="Old jug", line__quantity=2)
    session.merge(order.lines[0].product).price = 99_00
    session.commit()

    page = client.get(f"/orders/{order.id}").text

    assert "2 × Old jug" in page
    assert "£20.00" in page


def test_orders_of_others_are_hidden(client, customer) -> None:
    """As if they were not there."""
    assert client.get(f"/orders/{OrderFactory().id}").status_code == 404


def test_a_cancelled_order_is_undone(client, customer, payments, session) -> None:
    """Money goes back, goods go back."""
    order = OrderFactory(customer=customer, line__quantity=4)

    page = client.post(f"/orders/{order.id}/cancel", follow_redirects=True).text

    assert "is cancelled." in page
    payments.refund.assert_called_once_with(order.payment)
    assert session.get(Product, order.lines[0].product_id).stock == 104


def test_the_keeper_ships_and_the_customer_knows(client, keeper, letters) -> None:
    """The order's page and a letter say so."""
    order = OrderFactory()

    page = client.post(f"/orders/{order.id}/ship", follow_redirects=True).text

    assert "shipped." in page
    assert letters[0].subject == f"Your order {order.number} is on its way"


def test_customers_do_not_ship(client, sign_in) -> None:
    """That page is the keeper's."""
    order = OrderFactory(customer=sign_in(CustomerFactory()))

    assert client.post(f"/orders/{order.id}/ship").status_code == 404
