-- json_valid(NULL) is NULL for the SQLite of this package, which a CHECK lets pass, but
-- 0 for older ones, such as 3.40: for the sqlite3 of many systems every row without such
-- a text was damaged, and could not be changed. So these say that NULL is meant.
--
-- No rows change, and therefore tables are not made anew: this is the procedure of
-- SQLite's page "ALTER TABLE" for a CHECK that is another, except that the table
-- that comes and goes has all connections read the schema again.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(replace(replace(sql,
	'CHECK (json_valid(keys))',   'CHECK (keys IS NULL OR json_valid(keys))'),
	'CHECK (json_valid(before))', 'CHECK (before IS NULL OR json_valid(before))'),
	'CHECK (json_valid(after))',  'CHECK (after IS NULL OR json_valid(after))'),
	'CHECK (json_valid(counts))', 'CHECK (counts IS NULL OR json_valid(counts))')
	WHERE type = 'table' AND name = 'ostraka_changes';
UPDATE sqlite_schema SET sql = replace(replace(replace(replace(replace(sql,
	'CHECK (json_valid(links))',           'CHECK (links IS NULL OR json_valid(links))'),
	'CHECK (json_valid(meta))',            'CHECK (meta IS NULL OR json_valid(meta))'),
	'CHECK (json_valid(roles))',           'CHECK (roles IS NULL OR json_valid(roles))'),
	'CHECK (json_valid(suspension_bans))', 'CHECK (suspension_bans IS NULL OR json_valid(suspension_bans))'),
	'CHECK (json_valid(hold))',            'CHECK (hold IS NULL OR json_valid(hold))')
	WHERE type = 'table' AND name = 'ostraka_accounts';
UPDATE sqlite_schema SET sql = replace(sql,
	'CHECK (json_valid(scopes))', 'CHECK (scopes IS NULL OR json_valid(scopes))')
	WHERE type = 'table' AND name = 'ostraka_credentials';
PRAGMA writable_schema = RESET;
CREATE TABLE ostraka_schema_is_new (one INTEGER);
DROP TABLE ostraka_schema_is_new;
