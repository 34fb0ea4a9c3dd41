-- min_reader: 7
-- How a group is kept; a group without a row is kept as the program's default says.
CREATE TABLE policy (
    workspace_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('off', 'watch', 'act')),
    strictness TEXT NOT NULL CHECK (strictness IN ('loose', 'normal', 'strict')),
    -- Seconds between two messages of one member; 0 = none.
    slow_mode_s BIGINT NOT NULL,
    -- Kinds of hits that are not looked at here, a JSON list of words.
    kinds_off TEXT NOT NULL,
    actor TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, group_id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id)
);

-- The workspace's own words and rules; the highest version is in force.
CREATE TABLE rule_set (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    version BIGINT NOT NULL,
    text TEXT NOT NULL,
    note TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, version)
);

CREATE TABLE sanction (
    id ROWKEY,
    workspace_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    tone TEXT NOT NULL CHECK (tone IN ('gentle', 'neutral', 'hard')),
    fault TEXT NOT NULL CHECK (fault IN ('violation', 'accident')),
    -- What was decided to do, a JSON list of words.
    measures TEXT NOT NULL,
    -- What was seen, JSON: places and points, no words.
    hits TEXT NOT NULL,
    -- Version of the workspace's rules; 0 = it had none.
    rule_version BIGINT NOT NULL,
    strictness TEXT NOT NULL,
    -- Strikes that counted before.
    strikes BIGINT NOT NULL,
    -- True reports.
    plus BIGINT NOT NULL,
    cool_off_ms BIGINT,
    way_back_ms BIGINT,
    state TEXT NOT NULL CHECK (state IN ('watched', 'review', 'decided', 'undone', 'dismissed')),
    -- When the first of its messages was sent.
    message_at BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    -- Who decided: the program, or a person by hand.
    actor TEXT NOT NULL,
    by_hand BOOLEAN NOT NULL,
    -- When the writer may come back, until they were let in.
    back_at BIGINT,
    -- Whether a person found it right.
    is_right BOOLEAN,
    judged_at BIGINT,
    judged_by TEXT,
    -- What a person said of it.
    reason TEXT NOT NULL,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id)
);
CREATE INDEX sanction_decided ON sanction (workspace_id, decided_at, id);
CREATE INDEX sanction_group ON sanction (workspace_id, group_id, decided_at);
CREATE INDEX sanction_member ON sanction (workspace_id, member_id, decided_at);
CREATE INDEX sanction_back ON sanction (back_at);

-- What a sanction is for. A message is held against somebody once.
CREATE TABLE sanction_message (
    workspace_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    sanction_id BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, message_id),
    FOREIGN KEY (workspace_id, sanction_id) REFERENCES sanction (workspace_id, id)
);
CREATE INDEX sanction_message_sanction ON sanction_message (workspace_id, sanction_id);

-- What was done for a sanction, or to take it back: by the channel or by a person.
CREATE TABLE sanction_step (
    workspace_id BIGINT NOT NULL,
    sanction_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    action TEXT NOT NULL,
    undoes BOOLEAN NOT NULL,
    outbox_id BIGINT,
    task_id BIGINT,
    PRIMARY KEY (workspace_id, sanction_id, position),
    FOREIGN KEY (workspace_id, sanction_id) REFERENCES sanction (workspace_id, id)
);

CREATE TABLE strike (
    workspace_id BIGINT NOT NULL,
    sanction_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    taken_back_at BIGINT,
    PRIMARY KEY (workspace_id, sanction_id),
    FOREIGN KEY (workspace_id, sanction_id) REFERENCES sanction (workspace_id, id)
);
CREATE INDEX strike_member ON strike (workspace_id, member_id, expires_at);

-- Members who reported a message, each once.
CREATE TABLE report (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    message_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, message_id, member_id)
);

CREATE TABLE appeal (
    id ROWKEY,
    workspace_id BIGINT NOT NULL,
    sanction_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'granted', 'refused')),
    opened_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by TEXT,
    answer TEXT NOT NULL,
    UNIQUE (workspace_id, id),
    UNIQUE (workspace_id, sanction_id),
    FOREIGN KEY (workspace_id, sanction_id) REFERENCES sanction (workspace_id, id)
);
CREATE INDEX appeal_open ON appeal (workspace_id, state, due_at);

-- People whose messages are not judged.
CREATE TABLE trusted (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    member_id BIGINT NOT NULL,
    note TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, member_id)
);

-- The network's own id of a live message, to act on it there.
ALTER TABLE message ADD COLUMN external_id TEXT;
