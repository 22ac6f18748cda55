"""What the cart says an order will cost: savings and tax."""

import pytest

from shop import rates
from shop.money import format_money
from tests.factories import CartLineFactory, OrderFactory


def amount(client, label: str) -> str | None:
    """An amount of the cart's page; none when there is no such line."""
    page = client.get("/cart/").text
    _, found, rest = page.partition(f"<dt>{label}</dt><dd>")
    if not found:
        return None
    return rest.partition("</dd>")[0].removeprefix('<span class="price">').removesuffix("</span>")


@pytest.fixture(autouse=True)
def earlier_order(customer) -> None:
    """Make the customer an old one, who gets no welcome."""
    OrderFactory(customer=customer)


@pytest.mark.parametrize(
    ("quantity", "pence"), [(9, None), (10, -5_00), (25, -25_00), (50, -75_00)]
)
def test_many_of_one_are_cheaper(client, customer, quantity, pence) -> None:
    """Each tier starts at its number of pieces; other lines keep their price."""
    CartLineFactory(customer=customer, quantity=quantity)
    CartLineFactory(customer=customer, quantity=1)

    expected = None if pence is None else format_money(pence)
    assert amount(client, "Bulk discount") == expected


@pytest.mark.parametrize(("points", "percent"), rates.LOYALTY_TIERS)
def test_points_are_worth_a_discount(client, customer, session, points, percent) -> None:
    """Each tier starts at its number of points."""
    session.merge(customer).points = points
    session.commit()
    CartLineFactory(customer=customer, product__price=100_00)

    assert amount(client, "Loyalty discount") == f"-£{percent}.00"


def test_clearance_is_for_what_must_go(client, customer) -> None:
    """Other lines keep their price."""
    CartLineFactory(customer=customer, product__clearance=True)
    CartLineFactory(customer=customer)

    saving = 10_00 * rates.CLEARANCE_PERCENT // 100
    assert amount(client, "Clearance") == format_money(-saving)


def test_the_best_saving_wins(client, customer) -> None:
    """Clearance of one line is worth more here than ten pieces of another."""
    CartLineFactory(customer=customer, quantity=10)
    CartLineFactory(customer=customer, product__price=90_00, product__clearance=True)

    assert amount(client, "Bulk discount") is None
    assert amount(client, "Clearance") == "-£27.00"


@pytest.mark.parametrize(("vat", "tax"), [("standard", 20_00), ("reduced", 5_71)])
def test_tax_is_inside_the_price(client, customer, vat, tax) -> None:
    """The page says how much of the price it is."""
    CartLineFactory(customer=customer, product__price=120_00, product__vat=vat)

    assert amount(client, "VAT in the goods") == format_money(tax)
