package sqlitestore

import (
	"context"
	"time"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// log appends to the change log; the subscribers hear of it after the commit.
func (t *tx) log(ctx context.Context, c store.Change) error {
	c.At = time.UnixMicro(c.At.UnixMicro()).UTC()
	known := changelog.Known(&c)
	keys, err := sqlbackend.JSONArg(c.Keys, len(c.Keys))
	if err != nil {
		return err
	}
	counts, err := sqlbackend.JSONArg(c.Counts, len(c.Counts))
	if err != nil {
		return err
	}
	res, err := t.run(ctx, `INSERT INTO ostraka_changes (at, actor, action, target, keys, bulk, before, after, counts, reason)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.At.UnixMicro(), c.Actor, string(c.Action), idArg(c.Target), keys, c.Bulk, sqlbackend.TextArg(c.Before), sqlbackend.TextArg(c.After), counts, c.Reason)
	if err != nil {
		return err
	}
	if c.Seq, err = res.LastInsertId(); err != nil {
		return err
	}
	t.logged = append(t.logged, c)
	if len(known) > 0 {
		return sqlbackend.KeepKeys(ctx, t, c.Seq, known)
	}
	return nil
}

// lastChange is the newest Seq ever given, which outlives its change.
const lastChange = `coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'ostraka_changes'), 0)`

// Subscribe implements [store.Changes].
func (s *Store) Subscribe(fn func(store.Change)) (cancel func()) { return s.subscribers.Add(fn) }
