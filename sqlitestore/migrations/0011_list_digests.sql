-- What tells the content of a list from others, as it came with it; empty where it
-- came with nothing of the kind. The second one is of the content before.
ALTER TABLE ostraka_lists ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE ostraka_lists ADD COLUMN previous_digest TEXT;
