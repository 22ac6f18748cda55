CREATE INDEX purchase_day ON purchase (placed_at);
CREATE INDEX purchase_line_product ON purchase_line (product_id);
