-- Answers which bans end soon, and how many are in force, without a look at their texts.
CREATE INDEX ostraka_bans_ends ON ostraka_bans (expires_at, revoked_at, shadow);
