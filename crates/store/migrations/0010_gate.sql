-- min_reader: 10
-- What a group asks of who comes in; at a group without a row staff look at
-- whoever knocks.
CREATE TABLE gate (
    workspace_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    kind TEXT NOT NULL
        CHECK (kind IN ('open', 'staff', 'question', 'knock', 'task', 'payment')),
    -- Another way for the first people.
    seed_kind TEXT
        CHECK (seed_kind IN ('open', 'staff', 'question', 'knock', 'task', 'payment')),
    seed_size BIGINT NOT NULL,
    question TEXT NOT NULL,
    answers TEXT NOT NULL,
    task TEXT NOT NULL,
    -- Null = by the kind of group.
    acknowledge BOOLEAN,
    card_name TEXT,
    wave_joins BIGINT,
    wave_minutes BIGINT NOT NULL,
    -- Until when a join wave has shut it.
    shut_until BIGINT,
    shut_at BIGINT,
    actor TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, group_id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id)
);
CREATE INDEX gate_shut ON gate (shut_until) WHERE shut_until IS NOT NULL;

-- Somebody asks to be let in.
CREATE TABLE knock (
    id ROWKEY,
    workspace_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    said TEXT NOT NULL,
    via TEXT,
    -- Whether they wrote to the account in private, which a bot needs to answer.
    wrote BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'admitted', 'declined', 'gone')),
    -- Why it waits, or waited.
    held TEXT CHECK (held IN ('staff', 'answer', 'reason', 'task', 'payment', 'wave', 'removed')),
    knocked_at BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by TEXT,
    reason TEXT,
    source_key BYTES NOT NULL,
    UNIQUE (workspace_id, id),
    UNIQUE (workspace_id, group_id, source_key),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);
CREATE UNIQUE INDEX knock_waiting ON knock (workspace_id, group_id, member_id)
    WHERE state = 'waiting';
CREATE INDEX knock_at ON knock (workspace_id, group_id, knocked_at);
CREATE INDEX knock_member ON knock (workspace_id, member_id);

-- What newcomers are told, by version; a group without a row says nothing.
CREATE TABLE welcome (
    workspace_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    enabled BOOLEAN NOT NULL,
    line TEXT NOT NULL,
    private_line TEXT NOT NULL,
    returning_line TEXT NOT NULL,
    reminder TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, group_id, version),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id)
);

-- The first day of somebody in a group.
CREATE TABLE onboarding (
    id ROWKEY,
    workspace_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    joined_at BIGINT NOT NULL,
    returning_member BOOLEAN NOT NULL,
    step TEXT NOT NULL CHECK (step IN ('greet', 'settle', 'done')),
    ending TEXT CHECK (ending IN ('active', 'silent', 'unseen', 'left', 'stopped')),
    -- What greeted them, where it may still be on its way: a row of the outbox or a task.
    line_sent TEXT,
    private_sent TEXT,
    -- The version of the rules that went with it; 0 = none.
    rules_version BIGINT NOT NULL,
    greeted_at BIGINT,
    spoke_at BIGINT,
    reminded_at BIGINT,
    next_at BIGINT NOT NULL,
    ended_at BIGINT,
    UNIQUE (workspace_id, group_id, member_id, joined_at),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);
CREATE INDEX onboarding_open ON onboarding (workspace_id, group_id, member_id)
    WHERE ended_at IS NULL;
CREATE INDEX onboarding_open_of ON onboarding (workspace_id, member_id) WHERE ended_at IS NULL;
CREATE INDEX onboarding_due ON onboarding (next_at) WHERE ended_at IS NULL;
CREATE INDEX onboarding_joined ON onboarding (workspace_id, group_id, joined_at);

-- Which version of the rules reached whom, and who acknowledged it.
CREATE TABLE rules_receipt (
    workspace_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    delivered_at BIGINT,
    delivered_by TEXT CHECK (delivered_by IN ('group', 'private', 'task', 'page')),
    acknowledged_at BIGINT,
    acknowledged_by TEXT CHECK (acknowledged_by IN ('page', 'word')),
    PRIMARY KEY (workspace_id, group_id, member_id, version),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);
CREATE INDEX rules_receipt_member ON rules_receipt (workspace_id, member_id);

-- People who are not written to by the program's own accord; `suppression` keeps hashes of those
-- who were erased.
CREATE TABLE member_suppression (
    workspace_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    -- The group it is about; 0 = everywhere.
    scope_id BIGINT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('left', 'removed', 'stop')),
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, member_id, scope_id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);
