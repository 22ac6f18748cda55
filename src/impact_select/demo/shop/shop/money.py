"""Money is a whole number of pence."""


def format_money(pence: int) -> str:
    """Write an amount the way a customer reads it."""
    sign = "-" if pence < 0 else ""
    pounds, rest = divmod(abs(pence), 100)
    return f"{sign}£{pounds:,}.{rest:02}"
