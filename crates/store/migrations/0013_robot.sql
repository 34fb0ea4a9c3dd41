-- min_reader: 7
-- A robot in a staff chat: where tasks are told to those who are to do them.
CREATE TABLE robot (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    kind TEXT NOT NULL CHECK (kind IN ('wecom', 'feishu', 'dingtalk')),
    name TEXT NOT NULL,
    -- Whose tasks it tells, those of the branches below included; null = all.
    branch_id BIGINT,
    -- Its address with the key in it, and the secret it is signed with; both sealed.
    address TEXT NOT NULL,
    secret TEXT,
    state TEXT NOT NULL CHECK (state IN ('ready', 'failed', 'removed')),
    last_error TEXT,
    told_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, branch_id) REFERENCES branch (workspace_id, id)
);

-- What a robot is to tell: one line for each task and occasion.
CREATE TABLE robot_line (
    id ROWKEY,
    workspace_id BIGINT NOT NULL,
    robot_id BIGINT NOT NULL,
    task_id BIGINT NOT NULL,
    -- new, soon, late, or handed with its number.
    occasion TEXT NOT NULL,
    -- Whom it was told to.
    assignee_id BIGINT,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'unknown', 'failed', 'dropped')),
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    holder TEXT,
    error TEXT,
    created_at BIGINT NOT NULL,
    sent_at BIGINT,
    UNIQUE (workspace_id, robot_id, task_id, occasion),
    FOREIGN KEY (workspace_id, robot_id) REFERENCES robot (workspace_id, id),
    FOREIGN KEY (workspace_id, task_id) REFERENCES staff_task (workspace_id, id)
);
CREATE INDEX robot_line_due ON robot_line (state, next_at);
CREATE INDEX robot_line_task ON robot_line (workspace_id, task_id);

-- The task that takes the place of a wish which the network will not carry out, JSON.
ALTER TABLE outbox ADD COLUMN ask TEXT;
-- What the picture of a task says when it is scanned.
ALTER TABLE staff_task ADD COLUMN picture TEXT;
-- When its sender changed it last, and the words it had before.
ALTER TABLE message ADD COLUMN edited_at BIGINT;
ALTER TABLE message ADD COLUMN text_before TEXT;
-- Whether the network delivers what happens, rather than being asked.
ALTER TABLE channel_account ADD COLUMN delivered BOOLEAN NOT NULL DEFAULT FALSE;
