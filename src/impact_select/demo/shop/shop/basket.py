"""What is about to be bought, as plain values: no database, no request."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BasketLine:
    """So many of one product. Price in pence and weight in grams, a piece."""

    name: str
    price: int
    quantity: int
    weight: int = 0
    vat: str = "standard"
    clearance: bool = False

    @property
    def total(self) -> int:
        """The price of the whole line, in pence."""
        return self.price * self.quantity


@dataclass(frozen=True, slots=True)
class Basket:
    """The lines, and what matters about who buys them."""

    lines: tuple[BasketLine, ...]
    country: str = "GB"
    points: int = 0
    is_first: bool = False

    @property
    def goods(self) -> int:
        """The price of all lines, before savings and shipping, in pence."""
        return sum(line.total for line in self.lines)

    @property
    def pieces(self) -> int:
        """How many things there are to pack."""
        return sum(line.quantity for line in self.lines)

    @property
    def weight(self) -> int:
        """What the parcel weighs, in grams."""
        return sum(line.weight * line.quantity for line in self.lines)
