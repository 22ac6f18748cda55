CREATE TABLE review (
    id INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES product (id),
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
    text TEXT NOT NULL DEFAULT '',
    UNIQUE (product_id, customer_id)
);

ALTER TABLE customer ADD COLUMN points INTEGER NOT NULL DEFAULT 0;
