-- What moderators read in the place of a value that is hashed.
ALTER TABLE ostraka_bans ADD COLUMN label TEXT NOT NULL DEFAULT '';

-- That of the ban; NULL where there is none, as of nearly all.
ALTER TABLE ostraka_rules ADD COLUMN label TEXT;
