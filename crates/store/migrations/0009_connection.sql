-- min_reader: 7
-- Where an account's network answers, and who the account is there.
ALTER TABLE channel_account ADD COLUMN base_url TEXT;
ALTER TABLE channel_account ADD COLUMN external_user TEXT;
-- Since when it is in its state.
ALTER TABLE channel_account ADD COLUMN state_at BIGINT;
-- By how many milliseconds the network's clock is ahead of ours, where that is too much.
ALTER TABLE channel_account ADD COLUMN clock_ahead BIGINT;

-- What the account can do in this group, as a list of words; null = whatever its profile says.
ALTER TABLE chat_group ADD COLUMN rights TEXT;
-- Why what is written in this group cannot be read, as a code; null = as its account's profile says.
ALTER TABLE chat_group ADD COLUMN unreadable TEXT;

-- When it was taken back on its network.
ALTER TABLE message ADD COLUMN recalled_at BIGINT;
