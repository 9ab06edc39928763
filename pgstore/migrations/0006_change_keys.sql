-- The keys of changes that are bulk, for those who keep rules in memory: of the
-- newest ones, in parts of some hundred, as those of @rules.
CREATE TABLE @change_keys (
	seq  bigint  NOT NULL,  -- of the change
	part integer NOT NULL CHECK (part >= 0),
	keys text[]  NOT NULL,
	PRIMARY KEY (seq, part)
);
