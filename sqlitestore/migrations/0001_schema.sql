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
	last_hit_at    INTEGER,
	-- 1: its rule is in ostraka_rules. 0: it is revoked, or has expired and was
	-- followed by another ban of its value.
	ruled          INTEGER NOT NULL CHECK (ruled = 0 OR ruled = 1 AND revoked_at IS NULL)
) STRICT;

-- Answers which bans of a value are active, or have expired and not retired: one
-- or two, however often the value was banned. It cannot be UNIQUE: an expired
-- ban may have its rule beside the active one.
CREATE INDEX ostraka_bans_ruled ON ostraka_bans (kind, value) WHERE ruled = 1;

CREATE TABLE ostraka_blocks (
	seq           INTEGER PRIMARY KEY AUTOINCREMENT,
	id            BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
	domain        TEXT    NOT NULL UNIQUE,
	key_text      TEXT    NOT NULL,
	effect        INTEGER NOT NULL CHECK (effect BETWEEN 0 AND 255),
	scope         INTEGER NOT NULL CHECK (scope BETWEEN 0 AND 255),
	reason        TEXT    NOT NULL,
	public_reason TEXT    NOT NULL,
	created_at    INTEGER,
	created_by    TEXT    NOT NULL
) STRICT;

-- A list's content in force is decided by this row alone, so that a version of
-- any length comes into force, or goes, in one short transaction.
CREATE TABLE ostraka_lists (
	seq                INTEGER PRIMARY KEY AUTOINCREMENT,
	id                 BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
	name               TEXT    NOT NULL UNIQUE,
	source             TEXT    NOT NULL,
	reason             TEXT    NOT NULL,
	public_reason      TEXT    NOT NULL,
	version            INTEGER NOT NULL CHECK (version >= 0),  -- only ever goes up; 0: its first is still being written
	content            INTEGER NOT NULL CHECK (content >= 0),  -- which entries are in force; goes back when a version is undone
	entries            INTEGER NOT NULL CHECK (entries >= 0),
	created_at         INTEGER,
	synced_at          INTEGER,
	synced_by          TEXT    NOT NULL,
	previous_entries   INTEGER CHECK (previous_entries >= 0),  -- of the content before; NULL: it is gone
	previous_synced_at INTEGER,
	previous_synced_by TEXT,
	writer             BLOB                                    -- whose writing of entries is under way, or was cut off
) STRICT;

-- What the matcher sees: the rules of bans and of blocks, written in the
-- transaction that writes the record, and the entries of lists, which are
-- nowhere else. Rows are small and lie together by key, so that a lookup is one
-- descent per key, and reads no other table but for the list of an entry.
--
-- An entry is in force from the content since of its list on, up to but
-- excluding the content until. Entries of a list that is gone are never in
-- force again: its seq is not reused.
CREATE TABLE ostraka_rules (
	key           TEXT    NOT NULL CHECK (key GLOB '?:*'),  -- letter of the kind, colon, text
	id            BLOB    NOT NULL CHECK (length(id) = 16),
	since         INTEGER NOT NULL DEFAULT 0,
	until         INTEGER          CHECK (until > since),   -- NULL: stays
	list          INTEGER          CHECK ((list IS NULL) = (origin <> 2)),
	line          INTEGER NOT NULL DEFAULT 0,
	value         TEXT,                                     -- NULL: the text of the key
	effect        INTEGER NOT NULL CHECK (effect BETWEEN 0 AND 255),
	scope         INTEGER NOT NULL CHECK (scope BETWEEN 0 AND 255),
	shadow        INTEGER NOT NULL CHECK (shadow IN (0, 1)),
	expires_at    INTEGER,
	origin        INTEGER NOT NULL CHECK (origin >= 0),     -- 0: ban, 1: block, 2: entry of a list
	reason        TEXT    NOT NULL,                         -- of an entry: see its list
	public_reason TEXT    NOT NULL,
	PRIMARY KEY (key, id, since)
) STRICT, WITHOUT ROWID;

CREATE INDEX ostraka_rules_list ON ostraka_rules (list, since, key, id) WHERE list IS NOT NULL;
CREATE INDEX ostraka_rules_until ON ostraka_rules (list, until) WHERE until IS NOT NULL;

-- How many rows of rules there are of each length of IP prefix, in force or
-- not: a length must be known before its first rule is seen.
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

-- Of blocks and entries; bans keep theirs in their row. An entry that changes may
-- get another key: this is the one that it has in the newest content.
CREATE TABLE ostraka_hit_totals (
	rule_id BLOB    NOT NULL PRIMARY KEY CHECK (length(rule_id) = 16),
	key     TEXT    NOT NULL,
	uses    INTEGER NOT NULL CHECK (uses >= 0),
	last_at INTEGER
) STRICT, WITHOUT ROWID;

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
