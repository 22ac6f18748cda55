"""Sales, stock and customers, for the keeper of the shop."""

import csv
import io
from typing import Any

from flask import Blueprint, Response, render_template, request
from sqlalchemy import Row, func, select

from shop.accounts.views import for_keepers
from shop.database import db
from shop.models import Category, Customer, Order, OrderLine, Product, Status

pages = Blueprint("reports", __name__)

LOW_STOCK = 5
BEST_CUSTOMERS = 10


@pages.get("/")
@for_keepers
def index() -> str:
    """Show the reports that there are, with the figures of today."""
    figures = select(func.count(), func.coalesce(func.sum(Order.total), 0)).where(_counts())
    orders, turnover = db().execute(figures).one()
    return render_template("reports/index.html", orders=orders, turnover=turnover)


@pages.get("/sales")
@for_keepers
def sales() -> str:
    """Show turnover by day and by shelf."""
    by_day = (
        db()
        .execute(
            select(func.date(Order.placed_at).label("day"), func.sum(Order.total).label("total"))
            .where(_counts())
            .group_by("day")
            .order_by("day")
        )
        .all()
    )
    return render_template("reports/sales.html", by_day=by_day, by_shelf=_by_shelf())


@pages.get("/sales.csv")
@for_keepers
def sales_csv() -> Response:
    """Give turnover by shelf as a table for other programs."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["shelf", "pieces", "pence"])
    writer.writerows(_by_shelf())
    return Response(table.getvalue(), mimetype="text/csv")


@pages.get("/stock")
@for_keepers
def stock() -> str:
    """Show what will soon be gone."""
    limit = request.args.get("below", LOW_STOCK, type=int)
    products = (
        db()
        .scalars(select(Product).where(Product.stock < limit).order_by(Product.stock, Product.name))
        .all()
    )
    return render_template("reports/stock.html", products=products, limit=limit)


@pages.get("/customers")
@for_keepers
def customers() -> str:
    """Show who buys most."""
    spent = func.sum(Order.total).label("spent")
    rows = (
        db()
        .execute(
            select(Customer.name, Customer.points, func.count(Order.id).label("orders"), spent)
            .join(Order)
            .where(_counts())
            .group_by(Customer.id)
            .order_by(spent.desc())
            .limit(BEST_CUSTOMERS)
        )
        .all()
    )
    return render_template("reports/customers.html", rows=rows)


def _by_shelf() -> list[Row[Any]]:
    total = func.sum(OrderLine.quantity * OrderLine.unit_price).label("total")
    return list(
        db().execute(
            select(Category.name, func.sum(OrderLine.quantity).label("pieces"), total)
            .join(Product, Product.category_id == Category.id)
            .join(OrderLine, OrderLine.product_id == Product.id)
            .join(Order, Order.id == OrderLine.order_id)
            .where(_counts())
            .group_by(Category.id)
            .order_by(total.desc())
        )
    )


def _counts() -> Any:
    return Order.status != Status.CANCELLED
