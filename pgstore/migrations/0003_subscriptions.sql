-- Where lists come from by themselves. What was put is in settings, what became of
-- it in state, both as JSON; the other columns say again what is searched for.
CREATE TABLE @subscriptions (
	list       text    COLLATE "C" NOT NULL PRIMARY KEY,
	version    bigint  NOT NULL CHECK (version >= 1),
	settings   text    NOT NULL,
	state      text    NOT NULL,
	due_at     bigint  NOT NULL,
	holder     text    NOT NULL,
	held_until bigint
);
