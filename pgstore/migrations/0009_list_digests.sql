-- What tells the content of a list from others, as it came with it; empty where it
-- came with nothing of the kind. The second one is of the content before.
ALTER TABLE @lists
	ADD COLUMN digest          text NOT NULL DEFAULT '',
	ADD COLUMN previous_digest text;
