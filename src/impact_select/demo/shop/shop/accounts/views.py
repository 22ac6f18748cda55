"""Sign up, sign in, sign out."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from sqlalchemy import select

from shop.database import db
from shop.models import Customer

pages = Blueprint("accounts", __name__)

SHORTEST_PASSWORD = 8


def current_customer() -> Customer | None:
    """Give who is signed in; looked up once a request."""
    if "customer" not in g:
        key = session.get("customer")
        g.customer = None if key is None else db().get(Customer, key)
    return g.customer


def page_context() -> dict[str, object]:
    """Give what every page shows."""
    return {"customer": current_customer(), "shop_name": current_app.config["SHOP_NAME"]}


def for_customers(view: Callable[..., Any]) -> Callable[..., Any]:
    """Send strangers to the sign-in page."""

    @wraps(view)
    def guarded(**values: object) -> Any:
        if current_customer() is None:
            return redirect(url_for("accounts.sign_in", after=request.path))
        return view(**values)

    return guarded


def for_keepers(view: Callable[..., Any]) -> Callable[..., Any]:
    """Hide a page from everybody but the keeper of the shop."""

    @wraps(view)
    @for_customers
    def guarded(**values: object) -> Any:
        if not g.customer.is_keeper:
            abort(404)
        return view(**values)

    return guarded


@pages.route("/sign-up", methods=["GET", "POST"])
def sign_up() -> Any:
    """Make an account and sign in."""
    if request.method == "GET":
        return render_template("accounts/sign_up.html", mistakes={}, form={})
    mistakes = _mistakes(request.form)
    if mistakes:
        return render_template("accounts/sign_up.html", mistakes=mistakes, form=request.form), 400
    customer = Customer(
        email=request.form["email"].strip().lower(),
        name=request.form["name"].strip(),
        country=request.form.get("country", "GB").upper(),
    )
    customer.set_password(request.form["password"])
    db().add(customer)
    db().commit()
    session["customer"] = customer.id
    flash(f"Welcome, {customer.name}.")
    return redirect(url_for("catalogue.index"))


@pages.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Any:
    """Check the password and remember the customer."""
    if request.method == "GET":
        return render_template("accounts/sign_in.html", refused=False)
    email = request.form["email"].strip().lower()
    customer = db().scalar(select(Customer).where(Customer.email == email))
    if customer is None or not customer.has_password(request.form["password"]):
        return render_template("accounts/sign_in.html", refused=True), 403
    session["customer"] = customer.id
    after = request.args.get("after", "")
    return redirect(after if after.startswith("/") else url_for("catalogue.index"))


@pages.post("/sign-out")
def sign_out() -> Any:
    """Forget the customer."""
    session.clear()
    return redirect(url_for("catalogue.index"))


def _mistakes(form: Any) -> dict[str, str]:
    mistakes = {}
    email = form.get("email", "").strip().lower()
    if "@" not in email:
        mistakes["email"] = "This is no e-mail address."
    elif db().scalar(select(Customer).where(Customer.email == email)) is not None:
        mistakes["email"] = "There is an account with this address."
    if not form.get("name", "").strip():
        mistakes["name"] = "What shall we call you?"
    if len(form.get("password", "")) < SHORTEST_PASSWORD:
        mistakes["password"] = f"At least {SHORTEST_PASSWORD} characters."
    return mistakes
