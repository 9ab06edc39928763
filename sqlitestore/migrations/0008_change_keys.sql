-- The keys of changes that are bulk, for those who keep rules in memory: of the
-- newest ones, in parts of some hundred, each an array of texts as those of
-- ostraka_rules.
CREATE TABLE ostraka_change_keys (
	seq   INTEGER NOT NULL,                        -- of the change
	part  INTEGER NOT NULL CHECK (part >= 0),
	count INTEGER NOT NULL CHECK (count > 0),
	keys  TEXT    NOT NULL CHECK (json_valid(keys)),
	PRIMARY KEY (seq, part)
) STRICT, WITHOUT ROWID;
