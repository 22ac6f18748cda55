"""What the cart says that sending an order will cost."""

import pytest

from shop import rates
from shop.money import format_money
from tests.factories import CartLineFactory, CustomerFactory


def shipping_on(client, method: str = "standard") -> str:
    """The shipping cost on the cart's page."""
    page = client.get("/cart/", query_string={"method": method}).text
    _, _, rest = page.partition("<dt>Shipping</dt><dd>")
    return rest.partition("</dd>")[0].removeprefix('<span class="price">').removesuffix("</span>")


@pytest.mark.parametrize(("country", "zone"), [("GB", "home"), ("FR", "europe"), ("NZ", "world")])
def test_each_zone_has_its_price(client, sign_in, country, zone) -> None:
    """A started kilogram counts as a whole one."""
    customer = sign_in(CustomerFactory(country=country))
    CartLineFactory(customer=customer, product__weight=1200)

    cost = rates.SHIPPING_BASE[zone] + 2 * rates.SHIPPING_PER_KG[zone]
    assert shipping_on(client) == format_money(cost)


@pytest.mark.parametrize(("method", "price"), [("standard", 80_00), ("pickup", 1_00)])
def test_some_orders_are_sent_for_nothing(client, customer, method, price) -> None:
    """Large ones at home, and those that the customer fetches."""
    CartLineFactory(customer=customer, product__price=price)

    assert shipping_on(client, method) == "free"


def test_abroad_nothing_is_free(client, sign_in) -> None:
    """Not even a large order."""
    customer = sign_in(CustomerFactory(country="DE"))
    CartLineFactory(customer=customer, product__price=80_00)

    assert shipping_on(client) == format_money(rates.SHIPPING_BASE["europe"])


def test_a_heavy_parcel_needs_two_hands(client, customer) -> None:
    """It costs more from a weight on."""
    CartLineFactory(customer=customer, product__weight=rates.HEAVY_FROM)

    by_weight = rates.SHIPPING_PER_KG["home"] * rates.HEAVY_FROM // 1000
    cost = rates.SHIPPING_BASE["home"] + by_weight + rates.HEAVY_SURCHARGE
    assert shipping_on(client) == format_money(cost)


@pytest.mark.parametrize("price", [10_00, 80_00])
def test_a_courier_costs_more(client, customer, price) -> None:
    """And is never free."""
    CartLineFactory(customer=customer, product__price=price)

    cost = rates.SHIPPING_BASE["home"] + rates.EXPRESS_SURCHARGE
    assert shipping_on(client, "express") == format_money(cost)
