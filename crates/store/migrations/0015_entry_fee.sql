-- min_reader: 7
-- Somebody paid for a place in a group, before or after they asked to be let in.
CREATE TABLE entry_fee (
    workspace_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    paid_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    -- In minor units of the organisation's currency; NULL: nobody said how much it was.
    amount_minor BIGINT,
    PRIMARY KEY (workspace_id, group_id, member_id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES chat_group (workspace_id, id),
    FOREIGN KEY (workspace_id, member_id) REFERENCES member (workspace_id, id)
);

-- What somebody answered with a sign is looked for by the network's id of it.
CREATE INDEX outbox_external ON outbox (workspace_id, external_id) WHERE external_id IS NOT NULL;
