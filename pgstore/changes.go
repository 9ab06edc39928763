package pgstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

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
	for i := 0; i < len(t.logged); i++ { // noteTables may add one
		c := &t.logged[i]
		tables := c.KeyTables
		c.KeyTables = ""
		have, err := t.insertChange(ctx, c)
		if err == nil && tables != "" {
			err = t.noteTables(ctx, c, tables, have)
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
		err = t.keepKeys(ctx, c.Seq, known)
	}
	return keyTables, err
}

// noteTables compares the tables that a change came with to those of the store.
func (t *tx) noteTables(ctx context.Context, c *store.Change, tables, have string) error {
	switch {
	case store.MadeBy(tables, have):
	case c.Seq == 1:
		return t.SetKeyTables(ctx, tables)
	case have != "":
		if err := t.SetKeyTables(ctx, ""); err != nil {
			return err
		}
		return t.log(changelog.Mixed(*c))
	}
	return nil
}

func scanChange(rows pgx.Rows) (c store.Change, err error) {
	var keys, counts []byte
	err = rows.Scan(&c.Seq, (*micros)(&c.At), &c.Actor, (*string)(&c.Action), (*id)(&c.Target), &keys, &c.Bulk,
		(*[]byte)(&c.Before), (*[]byte)(&c.After), &counts, &c.Reason)
	if err != nil {
		return c, err
	}
	if keys != nil {
		err = json.Unmarshal(keys, &c.Keys)
	}
	if counts != nil && err == nil {
		err = json.Unmarshal(counts, &c.Counts)
	}
	if err != nil {
		return c, fmt.Errorf("%w: change %d: %w", ErrCorrupt, c.Seq, err)
	}
	return c, nil
}

const changeColumns = `seq, at, actor, action, target, keys, bulk, before, after, counts, reason`

// Changes implements [store.Changes].
func (s *Store) Changes(ctx context.Context, after int64, limit int) ([]store.Change, error) {
	after = max(after, 0)
	var changes []store.Change
	err := s.lookup(ctx, "read changes", func(q querier) (err error) {
		changes, err = collect(ctx, q, scanChange, `SELECT `+changeColumns+` FROM @changes WHERE seq > ? AND `+onPrimary+`
			ORDER BY seq LIMIT ?`, after, store.Page{Limit: limit}.Size())
		if err != nil || len(changes) > 0 && changes[0].Seq == after+1 {
			return err
		}
		// Asking only now is safe: the log may have been pruned meanwhile, but
		// it never grows back.
		var pruned int64
		err = q.row(ctx, []any{&pruned}, `SELECT coalesce((SELECT min(seq) - 1 FROM @changes), last) FROM @log`+onPrimaryOnly)
		if err == nil && pruned > after {
			err = store.ErrPruned
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return changes, nil
}

// ListChanges implements [store.Changes].
func (s *Store) ListChanges(ctx context.Context, target uuid.UUID, page store.Page) ([]store.Change, error) {
	c := new(sqlbackend.Conditions)
	if target != uuid.Nil {
		c.Add(`target = ?`, uid(target))
	}
	tail := c.Page(page)
	return readAll(ctx, s, "list changes", scanChange, `SELECT `+changeColumns+` FROM @changes`+c.Where()+tail, c.Args...)
}

// LastChange implements [store.Changes].
func (s *Store) LastChange(ctx context.Context) (int64, error) {
	return s.readNumber(ctx, "read the newest change", `SELECT last FROM @log`+onPrimaryOnly)
}

// PruneChanges implements [store.Changes].
func (s *Store) PruneChanges(ctx context.Context, before time.Time) (int64, error) {
	var n int64
	err := s.write(ctx, "prune changes", func(t *tx) (err error) {
		n, err = t.affect(ctx, `DELETE FROM @changes WHERE seq < coalesce(
			(SELECT seq FROM @changes WHERE at >= ? ORDER BY seq LIMIT 1), 9223372036854775807)`, before.UnixMicro())
		if err != nil || n == 0 {
			return err
		}
		return t.exec(ctx, `DELETE FROM @change_keys k WHERE NOT EXISTS (SELECT 1 FROM @changes c WHERE c.seq = k.seq)`)
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// Subscribe implements [store.Changes].
func (s *Store) Subscribe(fn func(store.Change)) (cancel func()) { return s.subscribers.Add(fn) }
