"""Letters to customers."""

from dataclasses import dataclass, field

from flask import current_app, render_template

from shop.models import Order


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, ready to go."""

    to: str
    subject: str
    text: str


@dataclass(slots=True)
class Outbox:
    """Letters that wait for the postman."""

    letters: list[Letter] = field(default_factory=list)

    def post(self, letter: Letter) -> None:
        """Put a letter at the end."""
        self.letters.append(letter)


def send_confirmation(order: Order) -> None:
    """Tell the customer that the order is in."""
    text = render_template("mail/order_confirmation.txt", order=order, customer=order.customer)
    _post(order, f"Your order {order.number}", text)


def send_shipped(order: Order) -> None:
    """Tell the customer that the order is on its way."""
    text = render_template("mail/order_shipped.txt", order=order, customer=order.customer)
    _post(order, f"Your order {order.number} is on its way", text)


def _post(order: Order, subject: str, text: str) -> None:
    current_app.extensions["outbox"].post(Letter(order.customer.email, subject, text))
