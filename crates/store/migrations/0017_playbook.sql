-- min_reader: 7
-- Texts of playbooks by version: a run keeps the one it began with, whatever is written or shipped
-- later.
CREATE TABLE playbook_text (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    -- Whether people here wrote it; else it came with the program.
    own BOOLEAN NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- Since when it is no longer the one that new runs begin with.
    dropped_at BIGINT,
    PRIMARY KEY (workspace_id, name, version)
);

-- Playbooks that begin runs by themselves: when something happens, or by the calendar.
CREATE TABLE playbook_watch (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    answers TEXT NOT NULL,
    adjusted TEXT NOT NULL,
    -- Below which branch, as whoever switched it on may see them; empty = everywhere.
    branch_path TEXT NOT NULL,
    actor TEXT NOT NULL,
    since_at BIGINT NOT NULL,
    -- Until which instant the calendar has been looked at.
    looked_at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, name),
    FOREIGN KEY (workspace_id, name, version) REFERENCES playbook_text (workspace_id, name, version)
);

-- How far the log has been read for them.
CREATE TABLE playbook_tail (
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    position BIGINT NOT NULL,
    PRIMARY KEY (workspace_id)
);

-- One run: a playbook, a subject and what distinguishes it from other runs about the same.
CREATE TABLE playbook_run (
    id ROWKEY,
    workspace_id BIGINT NOT NULL REFERENCES workspace (id),
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    -- Id of a workspace, group or member.
    subject TEXT NOT NULL,
    key TEXT NOT NULL,
    -- The group it is about, or the one that was opened for the occasion.
    group_id BIGINT,
    member_id BIGINT,
    branch_path TEXT NOT NULL,
    -- What it was filled in with, changed for this once, and the moments it knows; JSON.
    answers TEXT NOT NULL,
    adjusted TEXT NOT NULL,
    anchors TEXT NOT NULL,
    -- Ids of the order or sanction it is about, JSON.
    about TEXT NOT NULL,
    -- What has been handled, JSON of the pure run.
    progress TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'held', 'done', 'stopped')),
    -- When something is due next; null = not by itself.
    wake_at BIGINT,
    -- Whether it listens to what happens to its subject.
    hears BOOLEAN NOT NULL,
    -- Code of what went wrong at the last look.
    fault TEXT,
    -- Counts its changes: who looks at it last has to have seen the last but one.
    revision BIGINT NOT NULL,
    actor TEXT NOT NULL,
    -- The moment it is about.
    at BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    updated_at BIGINT NOT NULL,
    UNIQUE (workspace_id, id),
    UNIQUE (workspace_id, name, subject, key),
    FOREIGN KEY (workspace_id, name, version) REFERENCES playbook_text (workspace_id, name, version),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);
CREATE INDEX playbook_run_due ON playbook_run (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX playbook_run_hears ON playbook_run (workspace_id, name, version) WHERE hears = TRUE;
CREATE INDEX playbook_run_subject ON playbook_run (workspace_id, subject);
CREATE INDEX playbook_run_list ON playbook_run (workspace_id, started_at, id);
CREATE INDEX playbook_run_member ON playbook_run (workspace_id, member_id);

-- What a run did, and what it left out: each step once at its time.
CREATE TABLE playbook_step (
    workspace_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    step TEXT NOT NULL,
    -- When it was due.
    due_at BIGINT NOT NULL,
    deed TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('done', 'skipped', 'left')),
    -- Why it was left out.
    reason TEXT,
    -- By which way, and for how many.
    way TEXT,
    count BIGINT NOT NULL,
    -- Of these, how many could not have it.
    missed BIGINT NOT NULL,
    -- What became of it: ids of broadcasts, names of tasks, a JSON list.
    made TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, run_id, step, due_at),
    FOREIGN KEY (workspace_id, run_id) REFERENCES playbook_run (workspace_id, id)
);

-- What a playbook says in a group: how many posts of its own a day has room for, and until when it is
-- still worth saying.
ALTER TABLE broadcast ADD COLUMN cap BIGINT;
ALTER TABLE broadcast ADD COLUMN until_at BIGINT;
