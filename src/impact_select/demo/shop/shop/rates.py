"""Tax, shipping and discount rates. Money in pence, weight in grams."""

# VAT is inside the prices.
VAT_PERCENT = {"standard": 20, "reduced": 5}

FREE_SHIPPING_FROM = 50_00
SHIPPING_BASE = {"home": 3_50, "europe": 8_90, "world": 14_50}
SHIPPING_PER_KG = {"home": 50, "europe": 2_20, "world": 4_80}
EXPRESS_SURCHARGE = 6_00
HEAVY_FROM = 20_000
HEAVY_SURCHARGE = 15_00

# From so many pieces, points or pence: so many percent off. Highest tier first.
BULK_TIERS = ((50, 15), (25, 10), (10, 5))
LOYALTY_TIERS = ((1000, 10), (400, 5), (100, 2))
WELCOME_TIERS = ((30_00, 5),)
CLEARANCE_PERCENT = 30

PENCE_PER_POINT = 100
