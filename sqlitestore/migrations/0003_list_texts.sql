-- The texts of the content before, which undoing brings back. NULL where the
-- content before is gone, and where it was kept by an older version, which did
-- not keep its texts.
ALTER TABLE ostraka_lists ADD COLUMN previous_source TEXT;
ALTER TABLE ostraka_lists ADD COLUMN previous_reason TEXT;
ALTER TABLE ostraka_lists ADD COLUMN previous_public_reason TEXT;
