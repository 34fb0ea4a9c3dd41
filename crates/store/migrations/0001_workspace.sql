-- min_reader: 1
-- ROWKEY is the primary key type of the engine's fastest 64-bit key; BYTES is its binary type.
CREATE TABLE workspace (
    id ROWKEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    zone TEXT NOT NULL,
    currency TEXT NOT NULL,
    locale TEXT NOT NULL,
    demo BOOLEAN NOT NULL,
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE branch (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    parent_id BIGINT,
    kind TEXT NOT NULL CHECK (kind IN ('head', 'region', 'city', 'store')),
    name TEXT NOT NULL,
    name_sort TEXT NOT NULL,
    code TEXT,
    region TEXT,
    path TEXT NOT NULL,
    archived_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id),
    UNIQUE (workspace_id, name),
    FOREIGN KEY (workspace_id, parent_id) REFERENCES branch (workspace_id, id)
);
CREATE INDEX branch_path ON branch (workspace_id, path);

CREATE TABLE account (
    id ROWKEY,
    sign_in TEXT NOT NULL UNIQUE,
    password_hash TEXT,
    totp_secret TEXT,
    totp_enabled BOOLEAN NOT NULL,
    totp_last_step BIGINT NOT NULL,
    locked_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Wrong guesses in a row at a sign-in name, known or not, so that neither can be told apart.
CREATE TABLE sign_in_guard (
    name_hash BYTES NOT NULL PRIMARY KEY,
    failed BIGINT NOT NULL,
    locked_until BIGINT,
    last_at BIGINT NOT NULL
);

CREATE TABLE staff (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    account_id BIGINT REFERENCES account (id),
    name TEXT NOT NULL,
    name_sort TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('owner', 'operator', 'manager', 'service', 'analyst')),
    title TEXT NOT NULL,
    branch_id BIGINT,
    member_id BIGINT,
    left_at BIGINT,
    successor_id BIGINT,
    last_seen_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id),
    UNIQUE (workspace_id, account_id),
    FOREIGN KEY (workspace_id, branch_id) REFERENCES branch (workspace_id, id)
);

CREATE TABLE session (
    id ROWKEY,
    token_hash BYTES NOT NULL UNIQUE,
    account_id BIGINT REFERENCES account (id),
    staff_id BIGINT NOT NULL,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    kind TEXT NOT NULL CHECK (kind IN ('password', 'device')),
    device_id BIGINT,
    csrf TEXT NOT NULL,
    agent TEXT NOT NULL,
    signed_in_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX session_staff ON session (workspace_id, staff_id);
CREATE INDEX session_account ON session (account_id);

CREATE TABLE device (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    staff_id BIGINT NOT NULL,
    token_hash BYTES NOT NULL UNIQUE,
    name TEXT NOT NULL,
    bound_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    revoked_at BIGINT,
    FOREIGN KEY (workspace_id, staff_id) REFERENCES staff (workspace_id, id)
);

-- Single-use links handed to a staff member: binding a phone, setting a password.
CREATE TABLE staff_link (
    token_hash BYTES NOT NULL PRIMARY KEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    staff_id BIGINT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('device', 'password')),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    FOREIGN KEY (workspace_id, staff_id) REFERENCES staff (workspace_id, id)
);

CREATE TABLE api_token (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name TEXT NOT NULL,
    token_hash BYTES NOT NULL UNIQUE,
    role TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_by BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT
);

CREATE TABLE idempotency (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    actor TEXT NOT NULL,
    verb TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    body_hash BYTES NOT NULL,
    status BIGINT NOT NULL,
    response TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, actor, verb, idempotency_key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);

-- Attempts at anything that has to be slowed down: sign-in, codes, platform quotas.
CREATE TABLE rate_limit (
    subject TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    used BIGINT NOT NULL,
    PRIMARY KEY (subject, window_start)
);

-- Who holds what: `node:<n>`, `sequencer`, `migrator`, `serve`, one row per channel connection.
CREATE TABLE lease (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    value BIGINT NOT NULL
);

-- Dense counters: `event` is the last position given.
CREATE TABLE sequence (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

-- Facts about the installation: fingerprint of the root key, paused after a restore, …
CREATE TABLE installation (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
