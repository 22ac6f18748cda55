"""Fill the cart, and see what it will cost."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from shop import pricing, shipping
from shop.accounts.views import current_customer, for_customers
from shop.basket import Basket, BasketLine
from shop.catalogue.views import find_product
from shop.database import db
from shop.models import CartLine, Customer

pages = Blueprint("cart", __name__)


def basket_of(customer: Customer) -> Basket:
    """Take a customer's cart out of the database, as values."""
    return Basket(
        lines=tuple(
            BasketLine(
                name=line.product.name,
                price=line.product.price,
                quantity=line.quantity,
                weight=line.product.weight,
                vat=line.product.vat,
                clearance=line.product.clearance,
            )
            for line in customer.cart
        ),
        country=customer.country,
        points=customer.points,
        is_first=not customer.orders,
    )


def wanted_method() -> str:
    """Give the shipping method that the page was asked for."""
    method = request.values.get("method", "standard")
    return method if method in shipping.METHODS else abort(400)


@pages.get("/")
@for_customers
def show() -> str:
    """Show the lines and the price of the cart."""
    customer = current_customer()
    method = wanted_method()
    return render_template(
        "cart/show.html",
        lines=customer.cart,
        quote=pricing.quote(basket_of(customer), method),
        methods=shipping.METHODS,
        chosen=method,
    )


@pages.post("/add/<sku>")
@for_customers
def add(sku: str) -> Any:
    """Put more of a product into the cart, as far as there is any."""
    product = find_product(sku)
    customer = current_customer()
    quantity = request.form.get("quantity", 1, type=int)
    if quantity < 1:
        abort(400)
    line = next((line for line in customer.cart if line.product is product), None)
    if quantity + (line.quantity if line else 0) > product.stock:
        flash(f"There are only {product.stock} of {product.name}.")
        return redirect(url_for("catalogue.product", sku=sku))
    if line is None:
        customer.cart.append(CartLine(product=product, quantity=quantity))
    else:
        line.quantity += quantity
    db().commit()
    return redirect(url_for("cart.show"))


@pages.post("/set/<sku>")
@for_customers
def change(sku: str) -> Any:
    """Set how many of a product are in the cart; none takes the line out."""
    product = find_product(sku)
    customer = current_customer()
    quantity = request.form.get("quantity", type=int)
    line = next((line for line in customer.cart if line.product is product), None)
    if line is None or quantity is None or not 0 <= quantity <= product.stock:
        abort(400)
    if quantity:
        line.quantity = quantity
    else:
        customer.cart.remove(line)
    db().commit()
    return redirect(url_for("cart.show"))


@pages.post("/empty")
@for_customers
def empty() -> Any:
    """Take everything out."""
    current_customer().cart.clear()
    db().commit()
    return redirect(url_for("cart.show"))
