-- min_reader: 1
CREATE TABLE import_run (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    kind TEXT NOT NULL CHECK (kind IN ('chat', 'orders', 'members', 'groups')),
    group_id BIGINT,
    file_name TEXT NOT NULL,
    file_path TEXT NOT NULL,
    file_hash BYTES NOT NULL,
    bytes BIGINT NOT NULL,
    format TEXT NOT NULL,
    encoding TEXT NOT NULL,
    -- The options and the plan, as JSON: all that is needed to go on.
    options TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('planned', 'running', 'interrupted', 'done', 'failed', 'undoing', 'undone', 'cancelled')),
    -- Records committed so far, of `total`.
    cursor BIGINT NOT NULL,
    total BIGINT NOT NULL,
    -- Counts so far, as JSON.
    counts TEXT NOT NULL,
    skipped_total BIGINT NOT NULL,
    error_code TEXT,
    error_detail TEXT,
    actor TEXT NOT NULL,
    holder TEXT NOT NULL,
    heartbeat_at BIGINT NOT NULL,
    cancel_requested BOOLEAN NOT NULL,
    -- When and at which record the process at it began to store.
    storing_since BIGINT NOT NULL,
    storing_from BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    UNIQUE (workspace_id, id)
);
CREATE INDEX import_run_created ON import_run (workspace_id, created_at);
CREATE INDEX import_run_file ON import_run (workspace_id, file_hash);

CREATE TABLE import_reject (
    workspace_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (workspace_id, run_id, line),
    FOREIGN KEY (workspace_id, run_id) REFERENCES import_run (workspace_id, id)
);

-- What a run made that carries no mark of it: it goes with the run if nothing else uses it; and
-- the orders of earlier runs that it closed or reopened.
CREATE TABLE import_made (
    workspace_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('branch', 'tag', 'order_closed', 'order_reopened')),
    target_id BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, run_id, kind, target_id),
    FOREIGN KEY (workspace_id, run_id) REFERENCES import_run (workspace_id, id)
);

CREATE TABLE import_mapping (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    mapping TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, kind, name)
);
