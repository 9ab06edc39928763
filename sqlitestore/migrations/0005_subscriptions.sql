-- Where lists come from by themselves. What was put is in settings, what became of
-- it in state, both as JSON; the other columns say again what is searched for.
CREATE TABLE ostraka_subscriptions (
	list       TEXT    NOT NULL PRIMARY KEY,
	version    INTEGER NOT NULL CHECK (version >= 1),
	settings   TEXT    NOT NULL CHECK (json_valid(settings)),
	state      TEXT    NOT NULL CHECK (json_valid(state)),
	due_at     INTEGER NOT NULL,
	holder     TEXT    NOT NULL,
	held_until INTEGER
) STRICT, WITHOUT ROWID;
