"""What it costs to send a basket, and how long that takes."""

import json
from functools import lru_cache
from pathlib import Path

from shop import rates
from shop.basket import Basket

ZONES = Path(__file__).parent / "zones.json"


@lru_cache
def zone(country: str) -> str:
    """Give the postal zone of a country, by its two letters."""
    for name, countries in json.loads(ZONES.read_text(encoding="utf-8")).items():
        if country in countries:
            return name
    return "world"


class ShippingMethod:
    """By post, as cheap as it can be."""

    title = "Standard"
    days = "3 to 5 days"

    def cost(self, basket: Basket, value: int) -> int:
        """What the customer pays for sending goods of this value, in pence."""
        if not basket.lines or (zone(basket.country) == "home" and self.is_free(value)):
            return 0
        where = zone(basket.country)
        kilograms = -(-basket.weight // 1000)
        cost = rates.SHIPPING_BASE[where] + kilograms * rates.SHIPPING_PER_KG[where]
        if basket.weight >= rates.HEAVY_FROM:
            cost += rates.HEAVY_SURCHARGE
        return cost

    def is_free(self, value: int) -> bool:
        """Say whether goods of this value are sent for nothing at home."""
        return value >= rates.FREE_SHIPPING_FROM


class Express(ShippingMethod):
    """By courier."""

    title = "Express"
    days = "tomorrow"

    def cost(self, basket: Basket, value: int) -> int:
        return super().cost(basket, value) + rates.EXPRESS_SURCHARGE

    def is_free(self, value: int) -> bool:
        return False


class Pickup(ShippingMethod):
    """The customer comes by."""

    title = "Pick up in the shop"
    days = "from tomorrow"

    def cost(self, basket: Basket, value: int) -> int:
        return 0


METHODS = {"standard": ShippingMethod(), "express": Express(), "pickup": Pickup()}
