package sqlbackend

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// scanChange reads a row of [ChangeColumns].
func scanChange(row Row) (c store.Change, err error) {
	var keys, counts []byte
	err = row.Scan(&c.Seq, &c.At, &c.Actor, (*string)(&c.Action), &c.Target, &keys, &c.Bulk,
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

// ChangeColumns are those of @changes.
const ChangeColumns = `seq, at, actor, action, target, keys, bulk, before, after, counts, reason`

// Changes implements [store.Changes].
func (o Operations) Changes(ctx context.Context, after int64, limit int) ([]store.Change, error) {
	after = max(after, 0)
	var changes []store.Change
	err := o.db.Lookup(ctx, "read changes", func(q Querier) (err error) {
		changes, err = Collect(ctx, q, scanChange, `SELECT `+ChangeColumns+` FROM @changes WHERE seq > ? AND @primary
			ORDER BY seq LIMIT ?`, after, store.Page{Limit: limit}.Size())
		if err != nil || len(changes) > 0 && changes[0].Seq == after+1 {
			return err
		}
		// Asking only now is safe: the log may have been pruned meanwhile, but
		// it never grows back.
		var pruned int64
		err = q.Row(ctx, []any{&pruned}, `SELECT coalesce((SELECT min(seq) - 1 FROM @changes), @last_change) WHERE @primary`)
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
func (o Operations) ListChanges(ctx context.Context, target uuid.UUID, page store.Page) ([]store.Change, error) {
	c := new(conditions)
	if target != uuid.Nil {
		c.Add(`target = ?`, target)
	}
	tail := c.Page(page)
	return readAll(ctx, o, "list changes", scanChange, `SELECT `+ChangeColumns+` FROM @changes`+c.Where()+tail, c.Args...)
}

// LastChange implements [store.Changes].
func (o Operations) LastChange(ctx context.Context) (int64, error) {
	return o.readNumber(ctx, "read the newest change", `SELECT @last_change WHERE @primary`)
}

// PruneChanges implements [store.Changes].
func (o Operations) PruneChanges(ctx context.Context, before time.Time) (int64, error) {
	var n int64
	err := o.db.Prune(ctx, "prune changes", func(t Tx) (err error) {
		n, err = t.Affect(ctx, `DELETE FROM @changes WHERE seq < coalesce(
			(SELECT seq FROM @changes WHERE at >= ? ORDER BY seq LIMIT 1), 9223372036854775807)`, before.UnixMicro())
		if err != nil || n == 0 {
			return err
		}
		return t.Exec(ctx, `DELETE FROM @change_keys AS k WHERE NOT EXISTS (SELECT 1 FROM @changes c WHERE c.seq = k.seq)`)
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// NoteTables compares the tables of keys that a logged change came with to those of the
// store: the first change decides which those are, and with a change by others it is no
// longer known which they are.
func NoteTables(ctx context.Context, t Tx, c *store.Change, tables, have string) error {
	switch {
	case tables == "" || store.MadeBy(tables, have):
	case c.Seq == 1:
		return t.SetKeyTables(ctx, tables)
	case have != "":
		if err := t.SetKeyTables(ctx, ""); err != nil {
			return err
		}
		return t.Log(ctx, changelog.Mixed(*c))
	}
	return nil
}
