"""What a basket costs: the goods, less the best saving, with shipping."""

from dataclasses import dataclass

from shop import rates, shipping
from shop.basket import Basket


class PricingRule:
    """A reason to charge less."""

    label = ""

    def applies(self, basket: Basket) -> bool:
        """Say whether the basket earns this saving."""
        return self.percent(basket) > 0

    def percent(self, basket: Basket) -> int:
        """Percent off."""
        raise NotImplementedError

    def saving(self, basket: Basket) -> int:
        """What is taken off the goods, in pence."""
        return basket.goods * self.percent(basket) // 100


class BulkRule(PricingRule):
    """The more pieces of one product, the cheaper it is."""

    label = "Bulk discount"

    def percent(self, basket: Basket) -> int:
        most = max((line.quantity for line in basket.lines), default=0)
        return tier(most, rates.BULK_TIERS)

    def saving(self, basket: Basket) -> int:
        pence = 0
        for line in basket.lines:
            pence += line.total * tier(line.quantity, rates.BULK_TIERS) // 100
        return pence


class ClearanceRule(PricingRule):
    """What must go, goes for less."""

    label = "Clearance"

    def applies(self, basket: Basket) -> bool:
        return any(line.clearance for line in basket.lines)

    def percent(self, basket: Basket) -> int:
        return rates.CLEARANCE_PERCENT

    def saving(self, basket: Basket) -> int:
        old = sum(line.total for line in basket.lines if line.clearance)
        return old * self.percent(basket) // 100


class LoyaltyRule(PricingRule):
    """Points from earlier orders."""

    label = "Loyalty discount"

    def percent(self, basket: Basket) -> int:
        return tier(basket.points, rates.LOYALTY_TIERS)


class WelcomeRule(PricingRule):
    """A first order that is worth the postage."""

    label = "Welcome discount"

    def applies(self, basket: Basket) -> bool:
        return basket.is_first and super().applies(basket)

    def percent(self, basket: Basket) -> int:
        return tier(basket.goods, rates.WELCOME_TIERS)


RULES: tuple[PricingRule, ...] = (BulkRule(), ClearanceRule(), LoyaltyRule(), WelcomeRule())


@dataclass(frozen=True, slots=True)
class Quote:
    """What a basket costs; the label says which saving won. Amounts in pence."""

    goods: int
    label: str
    saving: int
    shipping: int
    tax: int

    @property
    def total(self) -> int:
        """What the customer pays."""
        return self.goods - self.saving + self.shipping


def tier(reached: int, tiers: tuple[tuple[int, int], ...]) -> int:
    """Give the percent of the highest tier that is reached, or 0."""
    return next((percent for start, percent in tiers if reached >= start), 0)


def quote(basket: Basket, method: str = "standard") -> Quote:
    """Price a basket; of several savings only the best one counts."""
    savings = [(rule.saving(basket), rule.label) for rule in RULES if rule.applies(basket)]
    saving, label = max(savings, default=(0, ""))
    return Quote(
        goods=basket.goods,
        label=label,
        saving=saving,
        shipping=shipping.METHODS[method].cost(basket, basket.goods - saving),
        tax=included_tax(basket, saving),
    )


def included_tax(basket: Basket, saving: int) -> int:
    """Work out the VAT inside the price, the saving spread over the lines."""
    if not basket.goods:
        return 0
    tax = 0.0
    for line in basket.lines:
        paid = line.total - saving * line.total / basket.goods
        percent = rates.VAT_PERCENT[line.vat]
        tax += paid * percent / (100 + percent)
    return round(tax)
