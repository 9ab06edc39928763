package sqlbackend

import (
	"context"
	"strconv"

	"github.com/google/uuid"
)

// Rows of entries outlive their being in force: a new version only marks what
// it removes. Everything here gets rid of such rows, in steps. It may be cut off
// at any point and is done again by the next call that applies a list.

// repeat runs steps until one has nothing left to do.
func (o Operations) repeat(ctx context.Context, step func() (int64, error)) error {
	for {
		n, err := step()
		if err != nil || n < int64(o.db.StepRows()) {
			return err
		}
		o.db.Pause(ctx)
	}
}

// forgetVersions deletes the entries of a list that neither the version in
// force has nor the one before it.
func (o Operations) forgetVersions(ctx context.Context, doing string, list int64) error {
	return o.repeat(ctx, func() (n int64, err error) {
		err = o.stepTogether(ctx, doing, func(t writer) error {
			n, err = t.deleteEntries(ctx, `list = ?1 AND until <= (
				SELECT content - CAST(previous_entries IS NOT NULL AS integer) FROM @lists WHERE seq = ?1)`, list)
			return err
		})
		return n, err
	})
}

// dropLeftovers takes back what a staging that was cut off, or a version that
// was undone, has left of a content above the one in force.
func (g *staging) dropLeftovers(ctx context.Context) error {
	clean := func(fn func(t writer) (int64, error)) error {
		return g.o.repeat(ctx, func() (n int64, err error) {
			err = g.step(ctx, func(t writer) error {
				n, err = fn(t)
				return err
			})
			return n, err
		})
	}
	err := clean(func(t writer) (int64, error) {
		return t.deleteEntries(ctx, `list = ? AND since > ?`, g.list.Seq, g.list.Content)
	})
	if err != nil {
		return err
	}
	return clean(func(t writer) (int64, error) {
		return t.Affect(ctx, `UPDATE @rules SET until = NULL WHERE (key, id, since) IN (
			SELECT key, id, since FROM @rules WHERE list = ? AND until > ? LIMIT ?)`,
			g.list.Seq, g.list.Content, t.db.StepRows())
	})
}

// dropOrphans deletes the entries of lists that are gone.
func (g *staging) dropOrphans(ctx context.Context) error { return g.o.dropOrphans(ctx, g.doing) }

func (o Operations) dropOrphans(ctx context.Context, doing string) error {
	lists, err := o.orphans(ctx)
	if err != nil {
		return o.db.Explain(ctx, doing, err)
	}
	for _, list := range lists {
		err := o.repeat(ctx, func() (n int64, err error) {
			err = o.stepTogether(ctx, doing, func(t writer) error {
				n, err = t.deleteEntries(ctx, `list = ?`, list)
				return err
			})
			return n, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// orphans returns the lists that have entries but no row. It looks at one entry
// of each list.
func (o Operations) orphans(ctx context.Context) (lists []int64, err error) {
	err = o.db.StepRead(ctx, func(q Querier) error {
		lists, err = Collect(ctx, q, scanSeq, orphanLists)
		return err
	})
	return lists, err
}

const orphanLists = `WITH RECURSIVE owner (list) AS (
		SELECT min(list) FROM @rules WHERE list IS NOT NULL
		UNION ALL
		SELECT (SELECT min(list) FROM @rules WHERE list > owner.list) FROM owner WHERE owner.list IS NOT NULL
	)
	SELECT list FROM owner WHERE list IS NOT NULL AND NOT EXISTS (
		SELECT 1 FROM @lists WHERE seq = owner.list)`

// deleteEntries deletes the entries of one step, with the hits of those that are
// in no version any more, and returns how many.
func (t writer) deleteEntries(ctx context.Context, where string, args ...any) (int64, error) {
	var deleted []uuid.UUID
	rules := NewRuleWriter(t)
	err := t.Each(ctx, func(row Row) error {
		var text string
		var entry uuid.UUID
		if err := row.Scan(&text, &entry); err != nil {
			return err
		}
		deleted = append(deleted, entry)
		key, err := ParseRuleKey(text)
		rules.Count(key, -1)
		return err
	}, `DELETE FROM @rules WHERE (key, id, since) IN (
		SELECT key, id, since FROM @rules WHERE `+where+` LIMIT `+strconv.Itoa(t.db.StepRows())+`) RETURNING key, id`, args...)
	if err != nil || len(deleted) == 0 {
		return 0, err
	}
	if err := rules.Finish(ctx); err != nil {
		return 0, err
	}
	var counted bool // sparing lists that were never hit the search
	if err := t.Row(ctx, []any{&counted}, `SELECT EXISTS (SELECT 1 FROM @hit_totals)`); err != nil || !counted {
		return int64(len(deleted)), err
	}
	return int64(len(deleted)), t.ForgetHits(ctx, deleted)
}

// release gives the list back, for others to see that nothing is under way.
func (g *staging) release(ctx context.Context) error {
	return g.step(ctx, func(t writer) error {
		return t.Exec(ctx, `UPDATE @lists SET writer = NULL WHERE seq = ?`, g.list.Seq)
	})
}
