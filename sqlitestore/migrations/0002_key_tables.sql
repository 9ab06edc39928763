-- By which tables the keys were made; no row: it is not known of all.
CREATE TABLE ostraka_key_tables (
	one    INTEGER PRIMARY KEY CHECK (one = 1),
	tables TEXT NOT NULL CHECK (tables <> '')
) STRICT;

-- A name that begins with an equals sign came to mean that name alone, without
-- those that look like it. Names that really begin with one are escaped.
UPDATE ostraka_bans SET value = '\' || value WHERE kind = 4 AND value GLOB '=*';
UPDATE ostraka_rules SET value = '\' || coalesce(value, substr(key, 3))
	WHERE key GLOB 'n:*' AND coalesce(value, substr(key, 3)) GLOB '=*';
