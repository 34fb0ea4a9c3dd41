-- min_reader: 7
-- 客诉: one open alarm for each person in each group; what they say later adds to it.
CREATE TABLE alarm (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    group_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    complaints BIGINT NOT NULL,
    -- Words that complain, a JSON array.
    words TEXT NOT NULL,
    raised_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    -- How often the clock was started, and when it was started last.
    round BIGINT NOT NULL,
    clock_at BIGINT NOT NULL,
    taken_at BIGINT,
    taken_by TEXT,
    escalated_at BIGINT,
    closed_at BIGINT,
    closed_by TEXT,
    outcome TEXT,
    note TEXT NOT NULL,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);
CREATE UNIQUE INDEX alarm_open ON alarm (workspace_id, group_id, member_id) WHERE state = 'open';
CREATE INDEX alarm_raised ON alarm (workspace_id, state, raised_at, id);
CREATE INDEX alarm_member ON alarm (workspace_id, member_id);

CREATE TABLE alarm_message (
    workspace_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    alarm_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, message_id),
    FOREIGN KEY (workspace_id, alarm_id) REFERENCES alarm (workspace_id, id)
);
CREATE INDEX alarm_message_alarm ON alarm_message (workspace_id, alarm_id, at);

-- 待回复: questions of members that staff has to answer.
CREATE TABLE awaited_reply (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    group_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    -- The first question.
    message_id BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'dropped')),
    questions BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    -- When ten minutes of working time will have passed.
    due_at BIGINT NOT NULL,
    task_id BIGINT,
    ended_at BIGINT,
    -- The member record of whoever answered.
    answered_by BIGINT,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);
CREATE UNIQUE INDEX awaited_reply_open ON awaited_reply (workspace_id, group_id, member_id) WHERE state = 'open';
CREATE INDEX awaited_reply_due ON awaited_reply (state, due_at);

-- What operators said of messages: the texts a classifier learns from stay in `message`.
CREATE TABLE mark (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    message_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    unwanted BOOLEAN NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('operator', 'undo', 'appeal')),
    actor TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, message_id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id)
);
CREATE INDEX mark_at ON mark (workspace_id, at, message_id);

CREATE TABLE classifier (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    version BIGINT NOT NULL,
    live BOOLEAN NOT NULL,
    -- Why it was not put to use when it was made.
    kept_because TEXT,
    model TEXT NOT NULL,
    marks BIGINT NOT NULL,
    unwanted BIGINT NOT NULL,
    threshold DOUBLE PRECISION NOT NULL,
    false_alarms DOUBLE PRECISION NOT NULL,
    -- Figures of the cross-validation, JSON.
    quality TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    UNIQUE (workspace_id, id),
    UNIQUE (workspace_id, version)
);
CREATE UNIQUE INDEX classifier_live ON classifier (workspace_id) WHERE live;
