package pgstore

import (
	"context"
	"time"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// log has a change logged by the end of the transaction; the subscribers hear of it
// after the commit. Its Seq is not known before.
func (t *tx) log(c store.Change) error {
	c.At = time.UnixMicro(c.At.UnixMicro()).UTC()
	t.logged = append(t.logged, c)
	return nil
}

// writeLog appends what was logged to the log, as the last thing that the
// transaction does: the number of a change is that of the row of @log, which is
// locked from here on until the commit. Whoever logs meanwhile waits, and gets the
// next number once this one is visible. If the transaction fails, so that the row
// goes back, the number is given again.
//
// Those who listen are told at the commit. PostgreSQL then takes a lock of its own,
// in the same order.
func (t *tx) writeLog(ctx context.Context) error {
	for i := 0; i < len(t.logged); i++ { // NoteTables may add one
		c := &t.logged[i]
		tables := c.KeyTables
		c.KeyTables = ""
		have, err := t.insertChange(ctx, c)
		if err == nil {
			err = sqlbackend.NoteTables(ctx, t, c, tables, have)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// insertChange gives the change its Seq. It returns the tables of keys, as they are
// now: the row that is locked is read anew after waiting for it.
func (t *tx) insertChange(ctx context.Context, c *store.Change) (keyTables string, err error) {
	known := changelog.Known(c)
	keys, err := sqlbackend.JSONArg(c.Keys, len(c.Keys))
	if err != nil {
		return "", err
	}
	counts, err := sqlbackend.JSONArg(c.Counts, len(c.Counts))
	if err != nil {
		return "", err
	}
	err = t.row(ctx, []any{&c.Seq, &keyTables, nil}, `WITH next AS (UPDATE @log SET last = last + 1 RETURNING last, key_tables),
		logged AS (INSERT INTO @changes (seq, at, actor, action, target, keys, bulk, before, after, counts, reason)
			SELECT last, CAST(? AS bigint), CAST(? AS text), CAST(? AS text), CAST(? AS uuid), CAST(? AS json),
				CAST(? AS boolean), CAST(? AS json), CAST(? AS json), CAST(? AS json), CAST(? AS text) FROM next)
		SELECT last, key_tables, pg_notify(?, '') FROM next`,
		c.At.UnixMicro(), c.Actor, string(c.Action), idArg(c.Target), keys, c.Bulk, sqlbackend.TextArg(c.Before), sqlbackend.TextArg(c.After), counts, c.Reason,
		t.store.channel())
	if err == nil && len(known) > 0 {
		err = sqlbackend.KeepKeys(ctx, t, c.Seq, known)
	}
	return keyTables, err
}

// Subscribe implements [store.Changes].
func (s *Store) Subscribe(fn func(store.Change)) (cancel func()) { return s.subscribers.Add(fn) }
