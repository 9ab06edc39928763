package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

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
		return t.keepKeys(ctx, c.Seq, known)
	}
	return nil
}

func scanChange(rows *sql.Rows) (c store.Change, err error) {
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
	err := s.read(ctx, "read changes", func(q querier) (err error) {
		changes, err = collect(ctx, q, scanChange,
			`SELECT `+changeColumns+` FROM ostraka_changes WHERE seq > ? ORDER BY seq LIMIT ?`, after, store.Page{Limit: limit}.Size())
		if err != nil || len(changes) > 0 && changes[0].Seq == after+1 {
			return err
		}
		// Asking only now is safe: the log may have been pruned meanwhile, but
		// it never grows back.
		pruned, err := prunedTo(ctx, q)
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
		c.Add(`target = ?`, target[:])
	}
	tail := c.Page(page)
	return readAll(ctx, s, "list changes", scanChange, `SELECT `+changeColumns+` FROM ostraka_changes`+c.Where()+tail, c.Args...)
}

// lastChange is the newest Seq ever given, which outlives its change.
const lastChange = `coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'ostraka_changes'), 0)`

// prunedTo returns the newest Seq that is no longer in the log, or 0. The log
// has no holes, so it is the one before the oldest.
func prunedTo(ctx context.Context, q querier) (seq int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT coalesce((SELECT min(seq) - 1 FROM ostraka_changes), `+lastChange+`)`).Scan(&seq)
	return seq, err
}

// LastChange implements [store.Changes].
func (s *Store) LastChange(ctx context.Context) (int64, error) {
	return s.readNumber(ctx, "read the newest change", `SELECT `+lastChange)
}

// PruneChanges implements [store.Changes].
func (s *Store) PruneChanges(ctx context.Context, before time.Time) (int64, error) {
	var n int64
	err := s.write(ctx, "prune changes", erasing(func(t *tx) (err error) {
		n, err = t.affect(ctx, `DELETE FROM ostraka_changes WHERE seq < coalesce(
			(SELECT seq FROM ostraka_changes WHERE at >= ? ORDER BY seq LIMIT 1), 9223372036854775807)`, before.UnixMicro())
		if err != nil || n == 0 {
			return err
		}
		return t.exec(ctx, `DELETE FROM ostraka_change_keys WHERE seq NOT IN (SELECT seq FROM ostraka_changes)`)
	}))
	if err != nil {
		return 0, err
	}
	return n, nil
}

// Subscribe implements [store.Changes].
func (s *Store) Subscribe(fn func(store.Change)) (cancel func()) { return s.subscribers.Add(fn) }
