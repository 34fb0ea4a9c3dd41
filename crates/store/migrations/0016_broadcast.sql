-- min_reader: 7
-- One message for many groups. Which groups it has come to stands in `cursor`: rows of its groups are
-- made as it goes.
CREATE TABLE broadcast (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name TEXT NOT NULL,
    -- Which groups, JSON; and below which branch, as whoever wrote it may see them.
    reach TEXT NOT NULL,
    branch_path TEXT NOT NULL,
    body TEXT NOT NULL,
    attachments TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('auto', 'task', 'paste', 'announce')),
    selling BOOLEAN NOT NULL,
    per_minute BIGINT NOT NULL,
    grounds TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('draft', 'scheduled', 'running', 'paused', 'done', 'stopped')),
    -- When it is to go; null = as soon as it is let go.
    at BIGINT,
    started_at BIGINT,
    ended_at BIGINT,
    -- Id of the last group dealt with, and whether there are no more.
    cursor BIGINT NOT NULL,
    expanded BOOLEAN NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id)
);
CREATE INDEX broadcast_due ON broadcast (state, at);
CREATE INDEX broadcast_list ON broadcast (workspace_id, created_at, id);

-- What is done about it in a group; how that went stands with the outbox row or the task.
CREATE TABLE broadcast_target (
    workspace_id BIGINT NOT NULL,
    broadcast_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    fate TEXT NOT NULL CHECK (fate IN ('held', 'sending', 'asked', 'skipped', 'stopped')),
    -- Why it waits or is left out.
    reason TEXT,
    outbox_id BIGINT,
    -- The name of the task for a person, if it comes to that.
    dedup TEXT NOT NULL,
    look_at BIGINT,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, broadcast_id, group_id),
    FOREIGN KEY (workspace_id, broadcast_id) REFERENCES broadcast (workspace_id, id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id)
);
CREATE INDEX broadcast_target_held ON broadcast_target (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX broadcast_target_group ON broadcast_target (workspace_id, group_id);

-- Whoever has not sent was reminded.
CREATE TABLE broadcast_nudge (
    workspace_id BIGINT NOT NULL,
    broadcast_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    tasks BIGINT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (workspace_id, broadcast_id, at),
    FOREIGN KEY (workspace_id, broadcast_id) REFERENCES broadcast (workspace_id, id)
);

-- What a group or a member was told unasked on a civil day: one cap for all who speak.
CREATE TABLE contact (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    -- A group's or a member's id.
    subject_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    -- From 0; the key says that no more fit than the cap.
    slot BIGINT NOT NULL,
    -- The capability that it took.
    way TEXT NOT NULL,
    -- Who spoke: a kind and an id.
    sender TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, subject_id, day, slot)
);
CREATE INDEX contact_day ON contact (workspace_id, day);

-- When an account has room for the next message of what is sent slowly.
CREATE TABLE pace (
    workspace_id BIGINT NOT NULL,
    channel_account_id BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, channel_account_id)
);

-- What a branch says of itself in texts: its address, its hours. What it does not say is looked for
-- above it.
CREATE TABLE branch_variable (
    workspace_id BIGINT NOT NULL,
    branch_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    actor TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, branch_id, name),
    FOREIGN KEY (workspace_id, branch_id) REFERENCES branch (workspace_id, id)
);
