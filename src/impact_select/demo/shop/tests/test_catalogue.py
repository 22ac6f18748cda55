"""What is for sale, and how it is found."""

import re

import pytest

from tests.factories import CategoryFactory, ProductFactory, ReviewFactory


def names_on(page: str) -> list[str]:
    """The products of a page's cards, from top to bottom."""
    return re.findall(r'<li class="card">\s*<a href="/product/[^"]+">([^<]+)</a>', page)


def test_the_front_page_has_all_shelves(client) -> None:
    """At most four products of each are shown."""
    page = client.get("/").text

    assert page.count("<h2>") == 5
    assert len(names_on(page)) == 20


@pytest.mark.parametrize(
    ("order", "first"), [("name", "Apple"), ("cheapest", "Cherry"), ("dearest", "Banana")]
)
def test_a_shelf_can_be_ordered(client, order, first) -> None:
    """By name, or by price from either end."""
    shelf = CategoryFactory(slug="fruit")
    ProductFactory(category=shelf, name="Banana", price=300)
    ProductFactory(category=shelf, name="Apple", price=200)
    ProductFactory(category=shelf, name="Cherry", price=100)

    assert names_on(client.get(f"/shelf/fruit?order={order}").text)[0] == first


def test_a_shelf_that_is_not_there(client) -> None:
    """A friendly page says so."""
    answer = client.get("/shelf/nonsense")

    assert answer.status_code == 404
    assert "Back to the shelves" in answer.text


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("beech BREAD", ["Bread knife"]),
        ("submarine", []),
    ],
)
def test_search_wants_all_words(client, words, names) -> None:
    """In name or description, upper or lower case."""
    page = client.get("/search", query_string={"q": words}).text

    assert names_on(page) == names


def test_what_is_gone_cannot_be_bought(client) -> None:
    """The page has price and words, but no button."""
    page = client.get("/product/BOOK-04").text

    assert "Forty knots and when not to use them." in page
    assert "£11.00" in page
    assert "Sold out" in page
    assert "Put into the cart" not in page


def test_stars_are_the_mean_of_the_reviews(client) -> None:
    """With one digit after the point."""
    product = ProductFactory()
    ReviewFactory(product=product, stars=5, text="Lovely.")
    ReviewFactory(product=product, stars=4)
    ReviewFactory(product=product, stars=4)

    page = client.get(f"/product/{product.sku}").text

    assert "Lovely." in page
    assert "</span> 4.3</h2>" in page


def test_a_second_review_replaces_the_first(client, customer) -> None:
    """A customer has one opinion of a product."""
    for stars, text in [(1, "Broken."), (5, "They sent a new one.")]:
        client.post("/product/GAR-01/review", data={"stars": stars, "text": text})

    page = client.get("/product/GAR-01").text

    assert "They sent a new one." in page
    assert "Broken." not in page


def test_stars_go_from_one_to_five(client, customer) -> None:
    """Anything else is refused."""
    for stars in ["0", "6", "many"]:
        answer = client.post("/product/GAR-01/review", data={"stars": stars})
        assert answer.status_code == 400
