"""Browse, search and review."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Select, select

from shop.accounts.views import current_customer, for_customers
from shop.database import db
from shop.models import Category, Product, Review

pages = Blueprint("catalogue", __name__)

ORDERS = {
    "name": Product.name,
    "cheapest": Product.price,
    "dearest": Product.price.desc(),
}


@pages.get("/")
def index() -> str:
    """Show all shelves, with the first products of each."""
    shelves = db().scalars(select(Category).order_by(Category.name)).all()
    return render_template("catalogue/index.html", shelves=shelves)


@pages.get("/shelf/<slug>")
def shelf(slug: str) -> str:
    """Show one shelf, in the order asked for."""
    category = db().scalar(select(Category).where(Category.slug == slug)) or abort(404)
    products = db().scalars(_ordered(select(Product).where(Product.category == category))).all()
    return render_template("catalogue/shelf.html", shelf=category, products=products)


@pages.get("/search")
def search() -> str:
    """Find products whose name or description has all the words."""
    words = request.args.get("q", "").split()
    query = _ordered(select(Product))
    for word in words:
        query = query.where(Product.name.icontains(word) | Product.description.icontains(word))
    found = db().scalars(query).all() if words else []
    return render_template("catalogue/search.html", words=words, products=found)


@pages.get("/product/<sku>")
def product(sku: str) -> str:
    """Show one product, with what customers think of it."""
    return render_template(
        "catalogue/product.html",
        product=find_product(sku),
        may_review=current_customer() is not None,
    )


@pages.post("/product/<sku>/review")
@for_customers
def review(sku: str) -> Any:
    """Keep a review; a second one replaces the first."""
    item = find_product(sku)
    stars = request.form.get("stars", type=int)
    if stars is None or not 1 <= stars <= 5:
        abort(400)
    customer = current_customer()
    found = db().scalar(select(Review).where(Review.product == item, Review.customer == customer))
    if found is None:
        found = Review(product=item, customer=customer)
        db().add(found)
    found.stars = stars
    found.text = request.form.get("text", "").strip()
    db().commit()
    flash("Thank you for your review.")
    return redirect(url_for("catalogue.product", sku=sku))


def find_product(sku: str) -> Product:
    """Give a product, or the page that says there is none."""
    return db().scalar(select(Product).where(Product.sku == sku)) or abort(404)


def _ordered(query: Select[tuple[Product]]) -> Select[tuple[Product]]:
    wish = request.args.get("order", "name")
    return query.order_by(ORDERS.get(wish, Product.name), Product.id)
