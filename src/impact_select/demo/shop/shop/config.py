"""Settings that an installation may override."""

DEFAULTS = {
    "DATABASE_URL": "sqlite:///shop.sqlite",
    "PAYMENT_URL": "https://payments.example/api/v1",
    "SECRET_KEY": "for development only",
    "SHOP_NAME": "Corner shop",
}

PASSWORD_METHOD = "pbkdf2:sha256:100000"
