"""What the keeper of the shop sees."""

import csv
from datetime import datetime

from tests.factories import CategoryFactory, CustomerFactory, OrderFactory, ProductFactory

PAGES = ["/admin/", "/admin/sales", "/admin/sales.csv", "/admin/stock", "/admin/customers"]


def test_customers_see_no_reports(client, customer) -> None:
    """As if they were not there."""
    assert [client.get(page).status_code for page in PAGES] == [404] * len(PAGES)


def test_the_first_page_counts_orders(client, keeper) -> None:
    """Cancelled ones do not count."""
    OrderFactory.create_batch(3, price=12_00)
    OrderFactory(status="cancelled")

    assert '3 orders, <span class="price">£36.00' in client.get("/admin/").text


def test_sales_are_added_up_by_day(client, keeper) -> None:
    """From the first day to the last."""
    OrderFactory(placed_at=datetime(2024, 5, 2, 23, 59), price=5_00)
    OrderFactory(placed_at=datetime(2024, 5, 1, 8, 0), price=1_00)
    OrderFactory(placed_at=datetime(2024, 5, 2, 0, 0), price=2_00)

    page = client.get("/admin/sales").text

    assert page.index("2024-05-01") < page.index("2024-05-02")
    assert '<td>2024-05-02</td><td><span class="price">£7.00' in page


def test_sales_are_added_up_by_shelf(client, keeper) -> None:
    """The best shelf comes first."""
    hats, socks = CategoryFactory(name="Hats"), CategoryFactory(name="Socks")
    OrderFactory(line__product__category=socks, line__quantity=4)
    OrderFactory(line__product__category=hats, line__quantity=2)
    OrderFactory(line__product__category=hats, line__quantity=3)

    table = csv.reader(client.get("/admin/sales.csv").text.splitlines())

    assert list(table) == [
        ["shelf", "pieces", "pence"],
        ["Hats", "5", "5000"],
        ["Socks", "4", "4000"],
    ]


def test_what_runs_out_is_listed(client, keeper) -> None:
    """Below five pieces, or below what is asked for."""
    ProductFactory(name="Rare thing", stock=4)

    assert "Rare thing" in client.get("/admin/stock").text
    assert "Rare thing" not in client.get("/admin/stock?below=4").text


def test_who_spends_most_comes_first(client, keeper) -> None:
    """Over all orders of a customer."""
    ada, bob = CustomerFactory(name="Ada"), CustomerFactory(name="Bob")
    OrderFactory(customer=bob, price=15_00)
    OrderFactory.create_batch(2, customer=ada, price=10_00)

    page = client.get("/admin/customers").text

    assert page.index("Ada") < page.index("Bob")
