"""The application factory."""

from collections.abc import Mapping

import click
from flask import Flask, render_template

from shop import seed
from shop.accounts import views as accounts
from shop.cart import views as cart
from shop.catalogue import views as catalogue
from shop.config import DEFAULTS
from shop.database import Database
from shop.mail import Outbox
from shop.migrations.runner import migrate
from shop.money import format_money
from shop.orders import views as orders
from shop.reports import views as reports


def create_app(settings: Mapping[str, object] | None = None) -> Flask:
    """Make a shop; `settings` go before the defaults."""
    app = Flask(__name__)
    app.config.from_mapping(DEFAULTS)
    app.config.from_mapping(settings or {})
    app.extensions["database"] = Database(app.config["DATABASE_URL"])
    app.extensions["outbox"] = Outbox()
    app.jinja_env.filters["money"] = format_money
    app.register_blueprint(accounts.pages, url_prefix="/account")
    app.register_blueprint(cart.pages, url_prefix="/cart")
    app.register_blueprint(catalogue.pages)
    app.register_blueprint(orders.pages, url_prefix="/orders")
    app.register_blueprint(reports.pages, url_prefix="/admin")
    app.context_processor(accounts.page_context)
    app.register_error_handler(404, _not_found)
    app.teardown_appcontext(lambda _error: app.extensions["database"].session.remove())
    app.cli.add_command(_init_db_command(app))
    return app


def _not_found(_error: Exception) -> tuple[str, int]:
    return render_template("not_found.html"), 404


def _init_db_command(app: Flask) -> click.Command:
    @click.command("init-db")
    def init_db() -> None:
        """Bring the database up to date and fill the shelves."""
        database = app.extensions["database"]
        for migration in migrate(database.engine):
            click.echo(f"applied {migration.version:04} {migration.name}")
        with database.session() as session:
            count = seed.load(session)
        click.echo(f"{count} products on the shelves")

    return init_db
