-- min_reader: 7
-- By what a version is said in its group, an outbox row or `task:` and the name of a task, and when is
-- looked whether it was; null once that is known.
ALTER TABLE announcement ADD COLUMN sent TEXT;
ALTER TABLE announcement ADD COLUMN look_at BIGINT;
CREATE INDEX announcement_look_at ON announcement (look_at) WHERE look_at IS NOT NULL;
