-- Times are microseconds since 1970 in UTC; NULL where there is none.

CREATE TABLE ostraka_bans (
	seq            INTEGER PRIMARY KEY AUTOINCREMENT,
	id             BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
	version        INTEGER NOT NULL CHECK (version >= 1),
	kind           INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 255),
	value          TEXT    NOT NULL,
	key_text       TEXT    NOT NULL,
	effect         INTEGER NOT NULL CHECK (effect BETWEEN 0 AND 255),
	scope          INTEGER NOT NULL CHECK (scope BETWEEN 0 AND 255),
	shadow         INTEGER NOT NULL CHECK (shadow IN (0, 1)),
	reason         TEXT    NOT NULL,
	public_reason  TEXT    NOT NULL,
	created_at     INTEGER,
	created_by     TEXT    NOT NULL,
	updated_at     INTEGER,
	expires_at     INTEGER,
	revoked_at     INTEGER,
	revoked_by     TEXT    NOT NULL,
	revoked_reason TEXT    NOT NULL,
	hits           INTEGER NOT NULL DEFAULT 0 CHECK (hits >= 0),
	last_hit_at    INTEGER
) STRICT;

-- Answers whether a value has an active ban. It cannot be UNIQUE: an expired
-- ban stays beside the active one.
CREATE INDEX ostraka_bans_unrevoked ON ostraka_bans (kind, value) WHERE revoked_at IS NULL;

-- What the matcher sees: the rules of unrevoked records, written in the
-- transaction that writes the record. Rows are small and lie together by key,
-- so that a lookup is one descent per key and reads no other table.
CREATE TABLE ostraka_rules (
	key           TEXT    NOT NULL CHECK (key GLOB '?:*'),  -- letter of the kind, colon, text
	id            BLOB    NOT NULL CHECK (length(id) = 16),
	value         TEXT,                                     -- NULL: the text of the key
	effect        INTEGER NOT NULL CHECK (effect BETWEEN 0 AND 255),
	scope         INTEGER NOT NULL CHECK (scope BETWEEN 0 AND 255),
	shadow        INTEGER NOT NULL CHECK (shadow IN (0, 1)),
	expires_at    INTEGER,
	origin        INTEGER NOT NULL CHECK (origin >= 0),     -- 0: ban, 1: block
	reason        TEXT    NOT NULL,
	public_reason TEXT    NOT NULL,
	PRIMARY KEY (key, id)
) STRICT, WITHOUT ROWID;

-- How many rules there are of each length of IP prefix.
CREATE TABLE ostraka_prefix_lengths (
	ipv6  INTEGER NOT NULL CHECK (ipv6 IN (0, 1)),
	bits  INTEGER NOT NULL CHECK (bits BETWEEN 0 AND 128),
	rules INTEGER NOT NULL CHECK (rules >= 0),
	PRIMARY KEY (ipv6, bits)
) STRICT, WITHOUT ROWID;

CREATE TABLE ostraka_hits (
	rule_id BLOB    NOT NULL CHECK (length(rule_id) = 16),
	day     INTEGER NOT NULL,  -- days since 1970
	uses    INTEGER NOT NULL CHECK (uses >= 0),
	clients BLOB,              -- as package store/sketch makes it
	PRIMARY KEY (rule_id, day)
) STRICT, WITHOUT ROWID;

CREATE INDEX ostraka_hits_day ON ostraka_hits (day);

-- The log has no holes: it is pruned from its old end only, and the newest seq
-- ever given survives in sqlite_sequence. So where it was pruned up to need not
-- be kept.
CREATE TABLE ostraka_changes (
	seq    INTEGER PRIMARY KEY AUTOINCREMENT,
	at     INTEGER NOT NULL,
	actor  TEXT    NOT NULL,
	action TEXT    NOT NULL,
	target BLOB             CHECK (length(target) = 16),
	keys   TEXT             CHECK (json_valid(keys)),
	bulk   INTEGER NOT NULL CHECK (bulk IN (0, 1)),
	before TEXT             CHECK (json_valid(before)),
	after  TEXT             CHECK (json_valid(after)),
	counts TEXT             CHECK (json_valid(counts))
) STRICT;

CREATE INDEX ostraka_changes_target ON ostraka_changes (target, seq) WHERE target IS NOT NULL;
