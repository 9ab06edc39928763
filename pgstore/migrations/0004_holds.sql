-- What an account waits for a person to decide about. The columns beside hold
-- repeat what of it is searched for.
ALTER TABLE @accounts
	ADD COLUMN hold         json,
	ADD COLUMN hold_since   bigint,  -- NULL: it does not wait
	ADD COLUMN hold_rule    uuid,
	ADD COLUMN hold_network text COLLATE "C",
	ADD COLUMN sweep        uuid;

-- They are few among many.
CREATE INDEX accounts_held ON @accounts (seq) WHERE hold_since IS NOT NULL;
CREATE INDEX accounts_held_rule ON @accounts (hold_rule, seq) WHERE hold_rule IS NOT NULL;
CREATE INDEX accounts_inactive ON @accounts (seq) WHERE suspended_at IS NOT NULL OR hold_since IS NOT NULL;
CREATE INDEX accounts_sweep ON @accounts (sweep, seq) WHERE sweep IS NOT NULL;

-- Why, for moderators, where the records do not say it.
ALTER TABLE @changes ADD COLUMN reason text NOT NULL DEFAULT '';
