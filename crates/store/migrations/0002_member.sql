-- min_reader: 1
CREATE TABLE member (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    -- The member this record has been merged into, or its own id.
    canonical_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_sort TEXT NOT NULL,
    phone TEXT,
    phone_hash BYTES,
    city TEXT,
    birth_calendar TEXT CHECK (birth_calendar IN ('solar', 'lunar')),
    birth_month BIGINT,
    birth_day BIGINT,
    birth_year BIGINT,
    branch_id BIGINT,
    inviter_id BIGINT,
    source TEXT NOT NULL,
    run_id BIGINT,
    -- The earlier of known_at and the facts; a cache.
    joined_at BIGINT NOT NULL,
    -- When the person came, as far as it was known when the record was made.
    known_at BIGINT NOT NULL,
    last_seen_at BIGINT,
    group_count BIGINT NOT NULL,
    order_count BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL,
    last_order_at BIGINT,
    message_count BIGINT NOT NULL,
    erased_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, branch_id) REFERENCES branch (workspace_id, id)
);
CREATE INDEX member_canonical ON member (workspace_id, canonical_id);
CREATE INDEX member_sort ON member (workspace_id, name_sort, id);
CREATE INDEX member_seen ON member (workspace_id, last_seen_at, id);
CREATE INDEX member_invited ON member (workspace_id, inviter_id);
CREATE INDEX member_amount ON member (workspace_id, amount_minor, id);
CREATE INDEX member_orders ON member (workspace_id, order_count, id);
CREATE INDEX member_joined ON member (workspace_id, joined_at, id);
CREATE INDEX member_phone ON member (workspace_id, phone_hash);
CREATE INDEX member_run ON member (workspace_id, run_id);
CREATE INDEX member_branch ON member (workspace_id, branch_id);
CREATE INDEX member_birth ON member (workspace_id, birth_month, birth_day);
CREATE INDEX member_merged ON member (workspace_id, canonical_id) WHERE canonical_id <> id;

CREATE TABLE identity (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    member_id BIGINT NOT NULL,
    channel TEXT NOT NULL,
    external_id TEXT NOT NULL,
    name TEXT NOT NULL,
    verified_at BIGINT,
    run_id BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id),
    UNIQUE (workspace_id, channel, external_id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);
CREATE INDEX identity_external ON identity (workspace_id, external_id);
CREATE INDEX identity_member ON identity (workspace_id, member_id);
CREATE INDEX identity_run ON identity (workspace_id, run_id);

CREATE TABLE profile_field (
    workspace_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    source TEXT NOT NULL,
    consent_id BIGINT,
    run_id BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, member_id, field),
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);

-- Append-only: `from_id` was found to be the same person as `to_id`; undoing sets undone_at.
CREATE TABLE member_link (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    from_id BIGINT NOT NULL,
    to_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    undone_at BIGINT,
    undone_by TEXT,
    FOREIGN KEY (workspace_id, from_id) REFERENCES member (workspace_id, id),
    FOREIGN KEY (workspace_id, to_id) REFERENCES member (workspace_id, id)
);
CREATE INDEX member_link_from ON member_link (workspace_id, from_id);
CREATE INDEX member_link_to ON member_link (workspace_id, to_id);

-- Roles given by hand: creator, manager, partner.
CREATE TABLE member_role (
    workspace_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('creator', 'manager', 'partner')),
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, member_id, role),
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);

CREATE TABLE tag (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name TEXT NOT NULL,
    name_sort TEXT NOT NULL,
    color TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id),
    UNIQUE (workspace_id, name)
);

CREATE TABLE member_tag (
    workspace_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    tag_id BIGINT NOT NULL,
    actor TEXT NOT NULL,
    run_id BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, member_id, tag_id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id),
    FOREIGN KEY (workspace_id, tag_id) REFERENCES tag (workspace_id, id)
) CLUSTERED;
CREATE INDEX member_tag_tag ON member_tag (workspace_id, tag_id, member_id);

CREATE TABLE note (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    member_id BIGINT NOT NULL,
    text TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT,
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);
CREATE INDEX note_member ON note (workspace_id, member_id, created_at);

CREATE TABLE consent_text (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    purpose TEXT NOT NULL,
    version TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, purpose, version)
);

CREATE TABLE consent (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    member_id BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    text_version TEXT NOT NULL,
    channel TEXT NOT NULL,
    actor TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    withdrawn_at BIGINT,
    withdrawn_by TEXT,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);
CREATE INDEX consent_member ON consent (workspace_id, member_id, purpose);

-- Keyed hashes of identities that must not be contacted or recreated silently.
CREATE TABLE suppression (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    hash BYTES NOT NULL,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, hash)
);

CREATE TABLE search_term (
    workspace_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    term TEXT NOT NULL,
    target_id BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, kind, term, target_id)
) CLUSTERED;
CREATE INDEX search_term_target ON search_term (workspace_id, kind, target_id);

-- Sign-in of members to their pages.
CREATE TABLE member_session (
    token_hash BYTES NOT NULL PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    member_id BIGINT NOT NULL,
    csrf TEXT NOT NULL,
    signed_in_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);
CREATE INDEX member_session_member ON member_session (workspace_id, member_id);

-- Links (single use) and six-digit codes that become a member session.
CREATE TABLE member_sign_in (
    token_hash BYTES NOT NULL PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    kind TEXT NOT NULL CHECK (kind IN ('link', 'code', 'staff')),
    member_id BIGINT,
    browser_hash BYTES,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
