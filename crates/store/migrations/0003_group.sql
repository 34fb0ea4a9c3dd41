-- min_reader: 1
CREATE TABLE channel_account (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    channel TEXT NOT NULL,
    profile TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    last_error TEXT,
    cursor TEXT,
    secret TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id)
);

-- `group` is a reserved word of SQL; the noun everywhere else is group.
CREATE TABLE chat_group (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    branch_id BIGINT NOT NULL,
    channel TEXT NOT NULL,
    channel_account_id BIGINT,
    external_id TEXT,
    name TEXT NOT NULL,
    name_fold TEXT NOT NULL,
    name_sort TEXT NOT NULL,
    name_ok BOOLEAN NOT NULL,
    purpose TEXT NOT NULL,
    term TEXT NOT NULL CHECK (term IN ('long', 'short')),
    shape TEXT NOT NULL CHECK (shape IN ('sharing', 'expert')),
    ownership TEXT NOT NULL CHECK (ownership IN ('direct', 'partner')),
    audience TEXT NOT NULL CHECK (audience IN ('customer', 'product', 'knowledge')),
    scene TEXT,
    need_level BIGINT,
    stage TEXT NOT NULL CHECK (stage IN ('launch', 'growth', 'peak', 'decline', 'end')),
    stage_by_hand BOOLEAN NOT NULL,
    size_min BIGINT NOT NULL,
    size_max BIGINT NOT NULL,
    capacity BIGINT NOT NULL,
    opened_on BIGINT,
    ends_on BIGINT,
    monetisation TEXT CHECK (monetisation IN ('none', 'fee', 'goods', 'sponsor')),
    monetisation_note TEXT NOT NULL,
    topic_terms TEXT NOT NULL,
    announcement_version BIGINT NOT NULL,
    member_count BIGINT NOT NULL,
    -- What a list of groups said of it; the people themselves need not be known.
    listed_size BIGINT,
    listed_owner TEXT,
    staff_count BIGINT NOT NULL,
    admin_count BIGINT NOT NULL,
    last_message_at BIGINT,
    last_post_at BIGINT,
    code_expires_at BIGINT,
    health_class TEXT NOT NULL,
    health_reasons TEXT NOT NULL,
    health_at BIGINT,
    -- Members who gave value in the 28 days before it was judged.
    givers BIGINT,
    run_id BIGINT,
    archived_at BIGINT,
    archive_reason TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id),
    UNIQUE (workspace_id, channel, external_id),
    FOREIGN KEY (workspace_id, branch_id) REFERENCES branch (workspace_id, id),
    FOREIGN KEY (workspace_id, channel_account_id) REFERENCES channel_account (workspace_id, id)
);
CREATE INDEX chat_group_name ON chat_group (workspace_id, name);
CREATE INDEX chat_group_sort ON chat_group (workspace_id, name_sort, id);
CREATE INDEX chat_group_branch ON chat_group (workspace_id, branch_id);
CREATE INDEX chat_group_health_at ON chat_group (health_at);

CREATE TABLE announcement (
    workspace_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    theme TEXT NOT NULL,
    services TEXT NOT NULL,
    forbidden TEXT NOT NULL,
    encouraged TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, group_id, version),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id)
);

CREATE TABLE group_staff (
    workspace_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    staff_id BIGINT NOT NULL,
    duty TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, group_id, staff_id, duty),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id),
    FOREIGN KEY (workspace_id, staff_id) REFERENCES staff (workspace_id, id)
);
CREATE INDEX group_staff_staff ON group_staff (workspace_id, staff_id);

CREATE TABLE membership (
    workspace_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'staff', 'bot')),
    card_name TEXT NOT NULL,
    joined_at BIGINT,
    via TEXT,
    inviter_id BIGINT,
    first_seen_at BIGINT NOT NULL,
    last_seen_at BIGINT,
    left_at BIGINT,
    leave_reason TEXT,
    rules_version BIGINT,
    run_id BIGINT,
    PRIMARY KEY (workspace_id, group_id, member_id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
) CLUSTERED;
CREATE INDEX membership_member ON membership (workspace_id, member_id);
CREATE INDEX membership_joined ON membership (workspace_id, group_id, joined_at);
CREATE INDEX membership_left ON membership (workspace_id, group_id, left_at);
CREATE INDEX membership_inviter ON membership (workspace_id, inviter_id);
CREATE INDEX membership_run ON membership (workspace_id, run_id);

-- Joins and leaves as they happened; membership holds the present state.
CREATE TABLE passage (
    id ROWKEY,
    workspace_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('joined', 'left', 'removed')),
    at BIGINT NOT NULL,
    day BIGINT NOT NULL,
    other_id BIGINT,
    via TEXT,
    source_key BYTES NOT NULL,
    run_id BIGINT,
    UNIQUE (workspace_id, group_id, source_key),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);
CREATE INDEX passage_group ON passage (workspace_id, group_id, at, id);
CREATE INDEX passage_day ON passage (workspace_id, day, group_id);
CREATE INDEX passage_member ON passage (workspace_id, member_id, at);
CREATE INDEX passage_run ON passage (workspace_id, run_id);
