-- min_reader: 1
-- `order` is a reserved word of SQL; the noun everywhere else is order.
CREATE TABLE shop_order (
    id ROWKEY,
    workspace_id BIGINT NOT NULL,
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    member_id BIGINT,
    branch_id BIGINT,
    group_id BIGINT,
    placed_at BIGINT NOT NULL,
    day BIGINT NOT NULL,
    currency TEXT NOT NULL,
    -- Sum of the lines.
    amount_minor BIGINT NOT NULL,
    line_count BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('paid', 'cancelled', 'refunded')),
    run_id BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id),
    UNIQUE (workspace_id, source, external_id)
);
CREATE INDEX shop_order_day ON shop_order (workspace_id, day);
CREATE INDEX shop_order_member ON shop_order (workspace_id, member_id, placed_at);
CREATE INDEX shop_order_group ON shop_order (workspace_id, group_id, day);
CREATE INDEX shop_order_run ON shop_order (workspace_id, run_id);

CREATE TABLE order_line (
    id ROWKEY,
    workspace_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    sku TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL,
    placed_at BIGINT NOT NULL,
    source_key BYTES NOT NULL,
    run_id BIGINT,
    UNIQUE (workspace_id, order_id, source_key),
    FOREIGN KEY (workspace_id, order_id) REFERENCES shop_order (workspace_id, id)
);
CREATE INDEX order_line_run ON order_line (workspace_id, run_id);
