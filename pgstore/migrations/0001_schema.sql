-- Times are microseconds since 1970 in UTC; NULL where there is none. Texts are
-- compared by their bytes, whatever the collation of the database.

-- The one row says where the log ends. Every change to it is made by the last
-- statements of a transaction, and its row lock is held until the commit: so the
-- log has no holes, and a number is visible only once all below it are.
CREATE TABLE @log (
	one            smallint PRIMARY KEY CHECK (one = 1),
	last           bigint   NOT NULL CHECK (last >= 0),
	key_tables     text     NOT NULL COLLATE "C",  -- by which tables the keys were made; empty: it is not known of all
	schema_version integer  NOT NULL
) WITH (fillfactor = 10);

INSERT INTO @log (one, last, key_tables, schema_version) VALUES (1, 0, '', 1);

CREATE TABLE @changes (
	seq    bigint  PRIMARY KEY,
	at     bigint  NOT NULL,
	actor  text    NOT NULL,
	action text    NOT NULL,
	target uuid,
	keys   json,
	bulk   boolean NOT NULL,
	before json,
	after  json,
	counts json
);

CREATE INDEX changes_target ON @changes (target, seq) WHERE target IS NOT NULL;

CREATE TABLE @bans (
	seq              bigint   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	id               uuid     NOT NULL UNIQUE,
	version          bigint   NOT NULL CHECK (version >= 1),
	kind             smallint NOT NULL CHECK (kind BETWEEN 1 AND 255),
	value            text     NOT NULL COLLATE "C",
	key_text         text     NOT NULL COLLATE "C",
	effect           smallint NOT NULL CHECK (effect BETWEEN 0 AND 255),
	scope            smallint NOT NULL CHECK (scope BETWEEN 0 AND 255),
	shadow           boolean  NOT NULL,
	reason           text     NOT NULL,
	public_reason    text     NOT NULL,
	created_at       bigint,
	created_by       text     NOT NULL,
	updated_at       bigint,
	expires_at       bigint,
	revoked_at       bigint,
	revoked_by       text     NOT NULL,
	revoked_reason   text     NOT NULL,
	aliases_disabled bigint   NOT NULL DEFAULT 0 CHECK (aliases_disabled >= 0),
	hits             bigint   NOT NULL DEFAULT 0 CHECK (hits >= 0),
	last_hit_at      bigint,
	-- True: its rule is in @rules. False: it is revoked, or has expired and was
	-- followed by another ban of its value.
	ruled            boolean  NOT NULL CHECK (NOT ruled OR revoked_at IS NULL)
);

-- Answers which bans of a value are active, or have expired and not retired: one
-- or two, however often the value was banned. It cannot be UNIQUE: an expired
-- ban may have its rule beside the active one.
CREATE INDEX bans_ruled ON @bans (kind, value) WHERE ruled;

CREATE TABLE @blocks (
	seq           bigint   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	id            uuid     NOT NULL UNIQUE,
	domain        text     NOT NULL COLLATE "C" UNIQUE,
	key_text      text     NOT NULL COLLATE "C",
	effect        smallint NOT NULL CHECK (effect BETWEEN 0 AND 255),
	scope         smallint NOT NULL CHECK (scope BETWEEN 0 AND 255),
	reason        text     NOT NULL,
	public_reason text     NOT NULL,
	created_at    bigint,
	created_by    text     NOT NULL
);

-- A list's content in force is decided by this row alone, so that a version of
-- any length comes into force, or goes, in one short transaction.
CREATE TABLE @lists (
	seq                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	id                 uuid   NOT NULL UNIQUE,
	name               text   NOT NULL COLLATE "C" UNIQUE,
	source             text   NOT NULL,
	reason             text   NOT NULL,
	public_reason      text   NOT NULL,
	version            bigint NOT NULL CHECK (version >= 0),  -- only ever goes up; 0: its first is still being written
	content            bigint NOT NULL CHECK (content >= 0),  -- which entries are in force; goes back when a version is undone
	entries            bigint NOT NULL CHECK (entries >= 0),
	created_at         bigint,
	synced_at          bigint,
	synced_by          text   NOT NULL,
	previous_entries   bigint CHECK (previous_entries >= 0),  -- of the content before; NULL: it is gone
	previous_synced_at bigint,
	previous_synced_by text,
	previous_source    text,
	previous_reason    text,
	previous_public_reason text,
	writer             uuid                                   -- whose writing of entries is under way, or was cut off
);

-- What the matcher sees: the rules of bans and of blocks, written in the
-- transaction that writes the record, and the entries of lists, which are
-- nowhere else.
--
-- An entry is in force from the content since of its list on, up to but
-- excluding the content until. Entries of a list that is gone are never in
-- force again: its seq is not reused.
CREATE TABLE @rules (
	key           text     NOT NULL COLLATE "C" CHECK (key LIKE '_:%'),  -- letter of the kind, colon, text
	id            uuid     NOT NULL,
	since         bigint   NOT NULL DEFAULT 0,
	until         bigint   CHECK (until > since),                         -- NULL: stays
	list          bigint   CHECK ((list IS NULL) = (origin <> 2)),
	line          bigint   NOT NULL DEFAULT 0,
	value         text     COLLATE "C",                                   -- NULL: the text of the key
	effect        smallint NOT NULL CHECK (effect BETWEEN 0 AND 255),
	scope         smallint NOT NULL CHECK (scope BETWEEN 0 AND 255),
	shadow        boolean  NOT NULL,
	expires_at    bigint,
	origin        smallint NOT NULL CHECK (origin >= 0),                  -- 0: ban, 1: block, 2: entry of a list
	reason        text     NOT NULL,                                      -- of an entry: see its list
	public_reason text     NOT NULL,
	PRIMARY KEY (key, id, since)
);

-- Rules that let in, or hold for review, are few beside those that deny.
CREATE INDEX rules_exceptions ON @rules (key, id) WHERE effect <> 0;

CREATE INDEX rules_list ON @rules (list, since, key, id) WHERE list IS NOT NULL;
CREATE INDEX rules_until ON @rules (list, until) WHERE until IS NOT NULL;

-- How many rows of rules there are of each length of IP prefix, in force or
-- not: a length must be known before its first rule is seen.
CREATE TABLE @prefix_lengths (
	ipv6  boolean  NOT NULL,
	bits  smallint NOT NULL CHECK (bits BETWEEN 0 AND 128),
	rules bigint   NOT NULL CHECK (rules >= 0),
	PRIMARY KEY (ipv6, bits)
) WITH (fillfactor = 50);

CREATE TABLE @hits (
	rule_id uuid   NOT NULL,
	day     bigint NOT NULL,  -- days since 1970
	uses    bigint NOT NULL CHECK (uses >= 0),
	clients bytea,            -- as package store/sketch makes it
	PRIMARY KEY (rule_id, day)
);

CREATE INDEX hits_day ON @hits (day);

-- Of blocks and entries; bans keep theirs in their row. An entry that changes may
-- get another key: this is the one that it has in the newest content.
CREATE TABLE @hit_totals (
	rule_id uuid   PRIMARY KEY,
	key     text   NOT NULL COLLATE "C",
	uses    bigint NOT NULL CHECK (uses >= 0),
	last_at bigint
);

CREATE TABLE @accounts (
	seq              bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	id               uuid    NOT NULL UNIQUE,
	version          bigint  NOT NULL CHECK (version >= 1),
	handle           text    NOT NULL,
	handle_fold      text    NOT NULL COLLATE "C",
	name             text    NOT NULL,
	bio              text    NOT NULL,
	links            json,
	meta             json,
	roles            json,
	admin            boolean NOT NULL,
	verified         text    NOT NULL,
	invited_by       uuid,             -- may be gone
	password_hash    text    NOT NULL,
	joined_at        bigint,
	created_at       bigint,
	created_by       text    NOT NULL,
	updated_at       bigint,
	last_login_at    bigint,
	suspended_at     bigint,           -- NULL: active
	suspended_by     text    NOT NULL,
	suspended_reason text    NOT NULL,
	suspension_bans  json
);

-- Both are few among many.
CREATE INDEX accounts_admins ON @accounts (seq, suspended_at) WHERE admin;
CREATE INDEX accounts_suspended ON @accounts (seq) WHERE suspended_at IS NOT NULL;

-- What the handle of an account looks like, numbered from 0 for each account.
CREATE TABLE @handle_keys (
	account  bigint  NOT NULL REFERENCES @accounts (seq) ON DELETE CASCADE,
	position integer NOT NULL CHECK (position >= 0),
	key      text    NOT NULL COLLATE "C" UNIQUE,
	PRIMARY KEY (account, position)
);

-- The addresses of accounts, numbered likewise. A host is kept with its labels
-- in reverse and a dot behind each, so that a domain and all below it are one
-- range: mail.example.com as com.example.mail. and so on. What is shared tells
-- in the index which address is the first of its account in such a range: one
-- that shares fewer labels than the domain has.
CREATE TABLE @account_emails (
	account     bigint  NOT NULL REFERENCES @accounts (seq) ON DELETE CASCADE,
	position    integer NOT NULL CHECK (position >= 0),
	id          uuid    NOT NULL,
	address     text    NOT NULL COLLATE "C" UNIQUE,
	mailbox     text    NOT NULL COLLATE "C",
	host        text    NOT NULL COLLATE "C",
	shared      integer NOT NULL CHECK (shared >= 0),  -- the most labels, from the top, that an address before it has in common
	verified_at bigint,
	created_at  bigint,
	PRIMARY KEY (account, position)
);

CREATE INDEX account_emails_mailbox ON @account_emails (mailbox);
CREATE INDEX account_emails_host ON @account_emails (host, shared);

-- Sessions and API tokens.
CREATE TABLE @credentials (
	seq          bigint   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	id           uuid     NOT NULL UNIQUE,
	kind         smallint NOT NULL CHECK (kind BETWEEN 1 AND 255),
	account      uuid     NOT NULL REFERENCES @accounts (id) ON DELETE CASCADE,
	hash         bytea    NOT NULL UNIQUE CHECK (length(hash) = 32),
	family       uuid,
	name         text     NOT NULL,
	scopes       json,
	created_at   bigint,
	expires_at   bigint,
	idle_timeout bigint   NOT NULL,  -- microseconds; 0: never
	last_used_at bigint,
	revoked_at   bigint
);

CREATE INDEX credentials_account ON @credentials (account);
CREATE INDEX credentials_family ON @credentials (family) WHERE family IS NOT NULL;

-- An alias outlives its owner, and the ban that turned it off: neither is
-- referred to.
CREATE TABLE @aliases (
	seq              bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	id               uuid    NOT NULL UNIQUE,
	version          bigint  NOT NULL CHECK (version >= 1),
	local            text    NOT NULL COLLATE "C",
	local_key        text    NOT NULL COLLATE "C",
	domain           text    NOT NULL COLLATE "C",
	host             text    NOT NULL COLLATE "C",  -- the domain, as in @account_emails
	destination      text    NOT NULL COLLATE "C",
	mailbox          text    NOT NULL COLLATE "C",
	destination_host text    NOT NULL COLLATE "C",
	owner            uuid,
	active           boolean NOT NULL,
	disabled_ban     uuid,
	created_at       bigint,
	created_by       text    NOT NULL,
	updated_at       bigint,
	UNIQUE (domain, local)
);

CREATE INDEX aliases_owner ON @aliases (owner) WHERE owner IS NOT NULL;
CREATE INDEX aliases_destination ON @aliases (destination);
CREATE INDEX aliases_disabled_ban ON @aliases (disabled_ban) WHERE disabled_ban IS NOT NULL;

-- Bans turn off what is active.
CREATE INDEX aliases_active_local ON @aliases (local_key) WHERE active;
CREATE INDEX aliases_active_mailbox ON @aliases (mailbox) WHERE active;
CREATE INDEX aliases_active_host ON @aliases (host) WHERE active;
CREATE INDEX aliases_active_destination_host ON @aliases (destination_host, host) WHERE active;
