CREATE TABLE cart_line (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    product_id INTEGER NOT NULL REFERENCES product (id),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    UNIQUE (customer_id, product_id)
);

-- "order" is a word of SQL's own
CREATE TABLE purchase (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    placed_at TIMESTAMP NOT NULL,
    status TEXT NOT NULL,
    method TEXT NOT NULL,
    goods INTEGER NOT NULL,
    saving INTEGER NOT NULL,
    shipping INTEGER NOT NULL,
    tax INTEGER NOT NULL,
    total INTEGER NOT NULL,
    payment TEXT NOT NULL
);

CREATE TABLE purchase_line (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES purchase (id),
    product_id INTEGER NOT NULL REFERENCES product (id),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    unit_price INTEGER NOT NULL
);
