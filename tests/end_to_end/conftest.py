"""Repositories for the tests of the command line."""

from tests.settings import own_settings, recorded_shop, shop

__all__ = ["own_settings", "recorded_shop", "shop"]
