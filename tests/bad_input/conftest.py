"""Repositories for the tests of bad input."""

from tests.settings import own_settings, recorded_shop, shop

__all__ = ["own_settings", "recorded_shop", "shop"]
