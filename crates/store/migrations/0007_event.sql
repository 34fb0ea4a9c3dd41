-- min_reader: 1
-- The log of facts. Position is dense and given in commit order; ids only, no personal data.
CREATE TABLE event (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    position BIGINT UNIQUE,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    branch_id BIGINT,
    group_id BIGINT,
    member_id BIGINT,
    cause_id BIGINT,
    data TEXT NOT NULL
);
CREATE INDEX event_member ON event (workspace_id, member_id, at);
CREATE INDEX event_group ON event (workspace_id, group_id, at);
CREATE INDEX event_unplaced ON event (id) WHERE position IS NULL;

CREATE TABLE audit (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    operation TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_name TEXT NOT NULL,
    before TEXT,
    after TEXT,
    undoable BOOLEAN NOT NULL,
    undone_at BIGINT,
    undone_by TEXT,
    request_id TEXT NOT NULL,
    UNIQUE (workspace_id, id)
);
CREATE INDEX audit_at ON audit (workspace_id, at, id);
CREATE INDEX audit_subject ON audit (workspace_id, subject, at);

CREATE TABLE outbox (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    channel_account_id BIGINT NOT NULL,
    group_id BIGINT,
    member_id BIGINT,
    action TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'unknown', 'failed', 'tasked')),
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    holder TEXT,
    cause_id BIGINT,
    actor TEXT NOT NULL,
    external_id TEXT,
    error TEXT,
    created_at BIGINT NOT NULL,
    sent_at BIGINT
);
CREATE INDEX outbox_due ON outbox (state, next_at);

CREATE TABLE staff_task (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    kind TEXT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('urgent', 'warn', 'normal')),
    branch_id BIGINT,
    group_id BIGINT,
    member_id BIGINT,
    assignee_id BIGINT,
    -- Sentence code and its arguments as JSON; text ready to paste.
    what TEXT NOT NULL,
    args TEXT NOT NULL,
    body TEXT NOT NULL,
    why TEXT NOT NULL,
    done_check TEXT NOT NULL CHECK (done_check IN ('self', 'channel')),
    minutes BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'impossible', 'withdrawn')),
    outcome TEXT,
    proof TEXT,
    done_by TEXT,
    done_at BIGINT,
    since_at BIGINT NOT NULL,
    due_at BIGINT,
    cause_id BIGINT,
    -- The same cause makes one task.
    dedup TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id),
    UNIQUE (workspace_id, dedup)
);
CREATE INDEX staff_task_open ON staff_task (workspace_id, state, due_at);
CREATE INDEX staff_task_assignee ON staff_task (workspace_id, assignee_id, state);

CREATE TABLE job (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'dead')),
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    max_attempts BIGINT NOT NULL,
    holder TEXT,
    held_until BIGINT,
    error TEXT,
    dedup TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    UNIQUE (workspace_id, kind, dedup)
);
CREATE INDEX job_due ON job (state, run_at);

CREATE TABLE saved_view (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    place TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, place, name)
);

CREATE TABLE blob (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    hash BYTES NOT NULL,
    mime TEXT NOT NULL,
    size BIGINT NOT NULL,
    bytes BYTES NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, hash)
);
