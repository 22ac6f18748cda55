CREATE TABLE customer (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    country TEXT NOT NULL DEFAULT 'GB',
    is_keeper BOOLEAN NOT NULL DEFAULT 0,
    password_hash TEXT NOT NULL
);

CREATE UNIQUE INDEX customer_email ON customer (email);

CREATE TABLE category (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE product (
    id INTEGER PRIMARY KEY,
    sku TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    price INTEGER NOT NULL CHECK (price > 0),
    stock INTEGER NOT NULL DEFAULT 0 CHECK (stock >= 0),
    weight INTEGER NOT NULL DEFAULT 0,
    vat TEXT NOT NULL DEFAULT 'standard',
    clearance BOOLEAN NOT NULL DEFAULT 0,
    category_id INTEGER NOT NULL REFERENCES category (id)
);

CREATE UNIQUE INDEX product_sku ON product (sku);
CREATE INDEX product_category ON product (category_id);
