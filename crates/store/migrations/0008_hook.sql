-- min_reader: 7
-- Whether groups that nobody keeps are made when an account reports of them.
ALTER TABLE channel_account ADD COLUMN adopt BOOLEAN NOT NULL DEFAULT FALSE;

-- Deliveries of webhooks as they came. A body stays until it is processed; of a refused one seven
-- days. The row stays seven days, so that a delivery that comes again is known.
CREATE TABLE hook (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    channel_account_id BIGINT NOT NULL,
    external_id TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    size BIGINT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('new', 'done', 'refused')),
    reason TEXT,
    UNIQUE (workspace_id, channel_account_id, external_id),
    FOREIGN KEY (workspace_id, channel_account_id) REFERENCES channel_account (workspace_id, id)
);
CREATE INDEX hook_waiting ON hook (workspace_id, channel_account_id, id) WHERE state = 'new';
