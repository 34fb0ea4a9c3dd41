-- min_reader: 1
CREATE TABLE message (
    id ROWKEY,
    workspace_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    -- Null for lines of the network itself.
    member_id BIGINT,
    sent_at BIGINT NOT NULL,
    day BIGINT NOT NULL,
    kind TEXT NOT NULL,
    -- Null once erased or past retention.
    text TEXT,
    reply_to TEXT,
    -- Why it gives value, or null.
    value_code TEXT,
    -- 0 = not an advert; else the weight in thousandths.
    advert BIGINT NOT NULL,
    off_topic BOOLEAN NOT NULL,
    -- Whether it was judged on the topic or off it.
    judged BOOLEAN NOT NULL,
    complaint BOOLEAN NOT NULL,
    source_key BYTES NOT NULL,
    run_id BIGINT,
    redacted_at BIGINT,
    UNIQUE (workspace_id, group_id, source_key),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id)
);
CREATE INDEX message_group ON message (workspace_id, group_id, sent_at, id);
CREATE INDEX message_member ON message (workspace_id, member_id, sent_at);
CREATE INDEX message_run ON message (workspace_id, run_id);
CREATE INDEX message_sent ON message (workspace_id, sent_at);

-- Counts for ever: what a member did in a group on a civil day. A cache of `message` for as long
-- as texts are kept, the only record afterwards.
CREATE TABLE member_day (
    workspace_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    operator BOOLEAN NOT NULL,
    messages BIGINT NOT NULL,
    valued BIGINT NOT NULL,
    adverts BIGINT NOT NULL,
    off_topic BIGINT NOT NULL,
    judged BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, group_id, day, member_id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id)
) CLUSTERED;
CREATE INDEX member_day_member ON member_day (workspace_id, member_id, day);

-- Sums of a group's civil day; a cache of member_day, passage and shop_order.
CREATE TABLE group_day (
    workspace_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    messages BIGINT NOT NULL,
    speakers BIGINT NOT NULL,
    joined BIGINT NOT NULL,
    departed BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, group_id, day),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id)
) CLUSTERED;

-- Messages by hour of the civil day, 24 rows a day at most.
CREATE TABLE group_hour (
    workspace_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    messages BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, group_id, day, hour),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id)
) CLUSTERED;
