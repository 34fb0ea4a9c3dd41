-- min_reader: 7
-- Where another program is told of facts.
CREATE TABLE webhook (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name TEXT NOT NULL,
    -- Its address and what its deliveries are signed with; sealed.
    address TEXT NOT NULL,
    secret TEXT NOT NULL,
    -- The secret before it, which signs too until then.
    old_secret TEXT,
    old_until BIGINT,
    -- Words separated by spaces; empty = everything.
    topics TEXT NOT NULL,
    -- Whose facts it is told, those of the branches below included; null = all.
    branch_id BIGINT,
    state TEXT NOT NULL CHECK (state IN ('on', 'off', 'failed', 'removed')),
    -- Since when nothing could be delivered, and why.
    failing_since BIGINT,
    last_error TEXT,
    delivered_at BIGINT,
    -- Facts before are not told.
    since_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, branch_id) REFERENCES branch (workspace_id, id)
);

-- Up to which fact deliveries have been made; it moves in the transaction that makes them.
CREATE TABLE webhook_cursor (
    workspace_id BIGINT NOT NULL PRIMARY KEY REFERENCES workspace (id),
    position BIGINT NOT NULL
);

-- A fact that is told, or was.
CREATE TABLE webhook_delivery (
    id ROWKEY,
    workspace_id BIGINT NOT NULL,
    webhook_id BIGINT NOT NULL,
    -- null = a test.
    event_id BIGINT,
    member_id BIGINT,
    topic TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('pending', 'sending', 'delivered', 'failed', 'given_up')),
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    holder TEXT,
    -- What the last attempt came to: status, the beginning of the answer, what went wrong, how long.
    status BIGINT,
    answer TEXT NOT NULL,
    error TEXT,
    took_ms BIGINT,
    created_at BIGINT NOT NULL,
    tried_at BIGINT,
    UNIQUE (workspace_id, webhook_id, event_id),
    FOREIGN KEY (workspace_id, webhook_id) REFERENCES webhook (workspace_id, id)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (state, next_at);
CREATE INDEX webhook_delivery_list ON webhook_delivery (workspace_id, webhook_id, created_at, id);
CREATE INDEX webhook_delivery_member ON webhook_delivery (workspace_id, member_id);

-- What another program reported; the fact of the log carries its id and name alone.
CREATE TABLE outside (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    name TEXT NOT NULL,
    member_id BIGINT,
    group_id BIGINT,
    -- JSON, until it is let go of.
    data TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    event_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, source, external_id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id)
);
CREATE INDEX outside_list ON outside (workspace_id, created_at, id);
CREATE INDEX outside_member ON outside (workspace_id, member_id);
