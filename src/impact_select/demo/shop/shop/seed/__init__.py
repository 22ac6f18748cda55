"""Fill the shelves from the JSON file of this folder."""

import json
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.models import Category, Product

FOLDER = Path(__file__).parent


def load(session: Session, path: Path = FOLDER / "catalogue.json") -> int:
    """Add or update categories and products; give the number of products.

    Stock is only set for products that are new: what was sold stays sold.
    """
    count = 0
    for shelf in json.loads(path.read_text(encoding="utf-8")):
        category = session.scalar(select(Category).where(Category.slug == shelf["slug"]))
        if category is None:
            category = Category(slug=shelf["slug"])
            session.add(category)
        category.name = shelf["name"]
        for entry in shelf["products"]:
            product = session.scalar(select(Product).where(Product.sku == entry["sku"]))
            if product is None:
                product = Product(sku=entry["sku"], stock=entry["stock"])
            product.name = entry["name"]
            product.description = entry["description"]
            product.price = entry["price"]
            product.weight = entry["weight"]
            product.vat = shelf["vat"]
            product.clearance = entry.get("clearance", False)
            product.category = category
            session.add(product)
            count += 1
    session.commit()
    return count
