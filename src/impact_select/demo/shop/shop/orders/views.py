"""Pay, look back, cancel and ship."""

from datetime import UTC, datetime
from typing import Any

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)

from shop import mail, pricing, rates
from shop.accounts.views import current_customer, for_customers, for_keepers
from shop.cart.views import basket_of, wanted_method
from shop.database import db
from shop.models import Customer, Order, OrderLine, Status
from shop.payment import PaymentClient, PaymentDeclined, PaymentUnavailable, Receipt

pages = Blueprint("orders", __name__)


@pages.post("/")
@for_customers
def place() -> Any:
    """Pay for the cart and make an order of it."""
    customer = current_customer()
    method = wanted_method()
    if not customer.cart:
        flash("There is nothing in the cart.")
        return redirect(url_for("cart.show"))
    gone = [line.product for line in customer.cart if line.quantity > line.product.stock]
    if gone:
        return render_template("orders/sold_out.html", products=gone), 409
    quote = pricing.quote(basket_of(customer), method)
    try:
        receipt = _payments().charge(quote.total, request.form.get("card", ""))
    except PaymentDeclined as error:
        return render_template("orders/declined.html", reason=str(error)), 402
    except PaymentUnavailable:
        # Nothing was taken; the cart stays as it is for the next try.
        return render_template("orders/unavailable.html"), 503
    order = _make_order(customer, quote, method, receipt)
    db().commit()
    mail.send_confirmation(order)
    return redirect(url_for("orders.show", key=order.id))


@pages.get("/")
@for_customers
def history() -> str:
    """List the customer's orders, the latest first."""
    return render_template("orders/history.html", orders=current_customer().orders)


@pages.get("/<int:key>")
@for_customers
def show(key: int) -> str:
    """Show one order."""
    return render_template("orders/show.html", order=_find_order(key))


@pages.post("/<int:key>/cancel")
@for_customers
def cancel(key: int) -> Any:
    """Give the money back and put the goods back on the shelf."""
    order = _find_order(key)
    if order.status != Status.PAID:
        abort(409)
    _payments().refund(order.payment)
    for line in order.lines:
        line.product.stock += line.quantity
    order.status = Status.CANCELLED
    db().commit()
    flash(f"Order {order.number} is cancelled.")
    return redirect(url_for("orders.show", key=key))


@pages.post("/<int:key>/ship")
@for_keepers
def ship(key: int) -> Any:
    """Send the goods."""
    order = db().get(Order, key) or abort(404)
    if order.status != Status.PAID:
        abort(409)
    order.status = Status.SHIPPED
    db().commit()
    mail.send_shipped(order)
    return redirect(url_for("orders.show", key=key))


def _make_order(customer: Customer, quote: pricing.Quote, method: str, receipt: Receipt) -> Order:
    order = Order(
        customer=customer,
        placed_at=datetime.now(UTC).replace(tzinfo=None),
        method=method,
        goods=quote.goods,
        saving=quote.saving,
        shipping=quote.shipping,
        tax=quote.tax,
        total=quote.total,
        payment=receipt.id,
    )
    # The price of today stays with the order, whatever the catalogue says tomorrow.
    for line in customer.cart:
        line.product.stock -= line.quantity
        order.lines.append(
            OrderLine(product=line.product, quantity=line.quantity, unit_price=line.product.price)
        )
    customer.cart.clear()
    customer.points += (quote.goods - quote.saving) // rates.PENCE_PER_POINT
    db().add(order)
    return order


def _find_order(key: int) -> Order:
    order = db().get(Order, key)
    customer = current_customer()
    if order is None or not (customer.is_keeper or order.customer is customer):
        abort(404)
    return order


def _payments() -> PaymentClient:
    return PaymentClient(current_app.config["PAYMENT_URL"])
