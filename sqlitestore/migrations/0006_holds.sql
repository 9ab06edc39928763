-- What an account waits for a person to decide about. The columns beside hold
-- repeat what of it is searched for.
ALTER TABLE ostraka_accounts ADD COLUMN hold TEXT CHECK (json_valid(hold));
ALTER TABLE ostraka_accounts ADD COLUMN hold_since INTEGER;  -- NULL: it does not wait
ALTER TABLE ostraka_accounts ADD COLUMN hold_rule BLOB CHECK (length(hold_rule) = 16);
ALTER TABLE ostraka_accounts ADD COLUMN hold_network TEXT;
ALTER TABLE ostraka_accounts ADD COLUMN sweep BLOB CHECK (length(sweep) = 16);

-- They are few among many.
CREATE INDEX ostraka_accounts_held ON ostraka_accounts (seq) WHERE hold_since IS NOT NULL;
CREATE INDEX ostraka_accounts_held_rule ON ostraka_accounts (hold_rule, seq) WHERE hold_rule IS NOT NULL;
CREATE INDEX ostraka_accounts_inactive ON ostraka_accounts (seq) WHERE suspended_at IS NOT NULL OR hold_since IS NOT NULL;
CREATE INDEX ostraka_accounts_sweep ON ostraka_accounts (sweep, seq) WHERE sweep IS NOT NULL;

-- Why, for moderators, where the records do not say it.
ALTER TABLE ostraka_changes ADD COLUMN reason TEXT NOT NULL DEFAULT '';
