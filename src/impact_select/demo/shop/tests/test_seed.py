"""The goods that a new shop starts with."""

import json
from pathlib import Path

from sqlalchemy import func, select

from shop import seed
from shop.models import Category, Product


def test_the_shelves_are_filled(session) -> None:
    """Each shelf of the file is there, with its products."""
    assert session.scalar(select(func.count(Category.id))) == 5
    assert session.scalar(select(func.count(Product.id))) == 22


def test_loading_again_changes_prices_and_keeps_stock(session, tmp_path: Path) -> None:
    """The file decides what a product costs; sales decide how many are left."""
    shelves = json.loads((seed.FOLDER / "catalogue.json").read_text(encoding="utf-8"))
    shelves[0]["products"][0].update(price=99_00, stock=77)
    path = tmp_path / "new.json"
    path.write_text(json.dumps(shelves), encoding="utf-8")

    seed.load(session(), path)

    product = session.scalar(select(Product).where(Product.sku == "BOOK-01"))
    assert (product.price, product.stock) == (99_00, 12)
