-- What moderators read in the place of a value that is hashed.
ALTER TABLE @bans ADD COLUMN label text NOT NULL DEFAULT '';

-- That of the ban; NULL where there is none, as of nearly all.
ALTER TABLE @rules ADD COLUMN label text;
