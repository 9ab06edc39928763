-- Times are microseconds since 1970 in UTC; NULL where there is none.

CREATE TABLE ostraka_bans (
	seq              INTEGER PRIMARY KEY AUTOINCREMENT,
	id               BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
	version          INTEGER NOT NULL CHECK (version >= 1),
	kind             INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 255),
	value            TEXT    NOT NULL,
	key_text         TEXT    NOT NULL,
	effect           INTEGER NOT NULL CHECK (effect BETWEEN 0 AND 255),
	scope            INTEGER NOT NULL CHECK (scope BETWEEN 0 AND 255),
	shadow           INTEGER NOT NULL CHECK (shadow IN (0, 1)),
	reason           TEXT    NOT NULL,
	public_reason    TEXT    NOT NULL,
	created_at       INTEGER,
	created_by       TEXT    NOT NULL,
	updated_at       INTEGER,
	expires_at       INTEGER,
	revoked_at       INTEGER,
	revoked_by       TEXT    NOT NULL,
	revoked_reason   TEXT    NOT NULL,
	aliases_disabled INTEGER NOT NULL DEFAULT 0 CHECK (aliases_disabled >= 0),
	hits             INTEGER NOT NULL DEFAULT 0 CHECK (hits >= 0),
	last_hit_at      INTEGER,
	-- 1: its rule is in ostraka_rules. 0: it is revoked, or has expired and was
	-- followed by another ban of its value.
	ruled            INTEGER NOT NULL CHECK (ruled = 0 OR ruled = 1 AND revoked_at IS NULL)
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

-- Rules that let in, or hold for review, are few beside those that deny.
CREATE INDEX ostraka_rules_exceptions ON ostraka_rules (key, id) WHERE effect <> 0;

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

CREATE TABLE ostraka_accounts (
	seq              INTEGER PRIMARY KEY AUTOINCREMENT,
	id               BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
	version          INTEGER NOT NULL CHECK (version >= 1),
	handle           TEXT    NOT NULL,
	handle_fold      TEXT    NOT NULL,
	name             TEXT    NOT NULL,
	bio              TEXT    NOT NULL,
	links            TEXT             CHECK (json_valid(links)),
	meta             TEXT             CHECK (json_valid(meta)),
	roles            TEXT             CHECK (json_valid(roles)),
	admin            INTEGER NOT NULL CHECK (admin IN (0, 1)),
	verified         TEXT    NOT NULL,
	invited_by       BLOB             CHECK (length(invited_by) = 16),  -- may be gone
	password_hash    TEXT    NOT NULL,
	joined_at        INTEGER,
	created_at       INTEGER,
	created_by       TEXT    NOT NULL,
	updated_at       INTEGER,
	last_login_at    INTEGER,
	suspended_at     INTEGER,                                           -- NULL: active
	suspended_by     TEXT    NOT NULL,
	suspended_reason TEXT    NOT NULL,
	suspension_bans  TEXT             CHECK (json_valid(suspension_bans))
) STRICT;

-- Both are few among many.
CREATE INDEX ostraka_accounts_admins ON ostraka_accounts (seq, suspended_at) WHERE admin = 1;
CREATE INDEX ostraka_accounts_suspended ON ostraka_accounts (seq) WHERE suspended_at IS NOT NULL;

-- What the handle of an account looks like, numbered from 0 for each account. The
-- references here and below hold where foreign_keys is on, which in a database of
-- a host may not be so: whoever deletes an account deletes these rows as well.
CREATE TABLE ostraka_handle_keys (
	account  INTEGER NOT NULL REFERENCES ostraka_accounts (seq) ON DELETE CASCADE,
	position INTEGER NOT NULL CHECK (position >= 0),
	key      TEXT    NOT NULL UNIQUE,
	PRIMARY KEY (account, position)
) STRICT, WITHOUT ROWID;

-- The addresses of accounts, numbered likewise. A host is kept with its labels
-- in reverse and a dot behind each, so that a domain and all below it are one
-- range: mail.example.com as com.example.mail. and so on. What is shared tells
-- in the index which address is the first of its account in such a range: one
-- that shares fewer labels than the domain has.
CREATE TABLE ostraka_account_emails (
	account     INTEGER NOT NULL REFERENCES ostraka_accounts (seq) ON DELETE CASCADE,
	position    INTEGER NOT NULL CHECK (position >= 0),
	id          BLOB    NOT NULL CHECK (length(id) = 16),
	address     TEXT    NOT NULL UNIQUE,
	mailbox     TEXT    NOT NULL,
	host        TEXT    NOT NULL,
	shared      INTEGER NOT NULL CHECK (shared >= 0),  -- the most labels, from the top, that an address before it has in common
	verified_at INTEGER,
	created_at  INTEGER,
	PRIMARY KEY (account, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX ostraka_account_emails_mailbox ON ostraka_account_emails (mailbox);
CREATE INDEX ostraka_account_emails_host ON ostraka_account_emails (host, shared);

-- Sessions and API tokens.
CREATE TABLE ostraka_credentials (
	seq          INTEGER PRIMARY KEY AUTOINCREMENT,
	id           BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
	kind         INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 255),
	account      BLOB    NOT NULL REFERENCES ostraka_accounts (id) ON DELETE CASCADE,
	hash         BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
	family       BLOB             CHECK (length(family) = 16),
	name         TEXT    NOT NULL,
	scopes       TEXT             CHECK (json_valid(scopes)),
	created_at   INTEGER,
	expires_at   INTEGER,
	idle_timeout INTEGER NOT NULL,  -- microseconds; 0: never
	last_used_at INTEGER,
	revoked_at   INTEGER
) STRICT;

CREATE INDEX ostraka_credentials_account ON ostraka_credentials (account);
CREATE INDEX ostraka_credentials_family ON ostraka_credentials (family) WHERE family IS NOT NULL;

-- An alias outlives its owner, and the ban that turned it off: neither is
-- referred to.
CREATE TABLE ostraka_aliases (
	seq              INTEGER PRIMARY KEY AUTOINCREMENT,
	id               BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
	version          INTEGER NOT NULL CHECK (version >= 1),
	local            TEXT    NOT NULL,
	local_key        TEXT    NOT NULL,
	domain           TEXT    NOT NULL,
	host             TEXT    NOT NULL,  -- the domain, as in ostraka_account_emails
	destination      TEXT    NOT NULL,
	mailbox          TEXT    NOT NULL,
	destination_host TEXT    NOT NULL,
	owner            BLOB             CHECK (length(owner) = 16),
	active           INTEGER NOT NULL CHECK (active IN (0, 1)),
	disabled_ban     BLOB             CHECK (length(disabled_ban) = 16),
	created_at       INTEGER,
	created_by       TEXT    NOT NULL,
	updated_at       INTEGER,
	UNIQUE (domain, local)
) STRICT;

CREATE INDEX ostraka_aliases_owner ON ostraka_aliases (owner) WHERE owner IS NOT NULL;
CREATE INDEX ostraka_aliases_destination ON ostraka_aliases (destination);
CREATE INDEX ostraka_aliases_disabled_ban ON ostraka_aliases (disabled_ban) WHERE disabled_ban IS NOT NULL;

-- Bans turn off what is active. The last index tells by itself which aliases the
-- index of hosts has, too.
CREATE INDEX ostraka_aliases_active_local ON ostraka_aliases (local_key) WHERE active = 1;
CREATE INDEX ostraka_aliases_active_mailbox ON ostraka_aliases (mailbox) WHERE active = 1;
CREATE INDEX ostraka_aliases_active_host ON ostraka_aliases (host) WHERE active = 1;
CREATE INDEX ostraka_aliases_active_destination_host ON ostraka_aliases (destination_host, host) WHERE active = 1;
