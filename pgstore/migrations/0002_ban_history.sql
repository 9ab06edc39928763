-- Finds the bans of a value that are over. Those that carry a rule have an index of
-- their own, since what a creation asks of them must not look at thousands of
-- others.
CREATE INDEX bans_over ON @bans (kind, value) WHERE NOT ruled;
