package pgstore

import (
	"context"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"example.com/ostraka/internal/sqlbackend"
)

// Rows of entries outlive their being in force: a new version only marks what
// it removes. Everything here gets rid of such rows, in steps. It may be cut off
// at any point and is done again by the next call that applies a list.

// tidy runs what a call that has succeeded leaves to be cleaned. How that ends
// does not matter to the caller, whose work is done.
func (s *Store) tidy(ctx context.Context, doing string, fn func() error) {
	if s.begin(ctx, doing) == nil {
		defer s.life.Leave()
		_ = fn()
	}
}

// manyRules are as many as may make the plans of PostgreSQL bad ones.
const manyRules = 10_000

// analyze has PostgreSQL make its plans anew after so many rules came or went at once.
func (s *Store) analyze(ctx context.Context, rules int64) error {
	if rules < manyRules {
		return nil
	}
	ctx, cancel := querier{store: s, conn: s.pool}.bound(ctx)
	defer cancel()
	_, err := s.pool.Exec(ctx, s.sql(`SELECT @analyze_rules()`))
	return heard(ctx, err)
}

// repeat runs steps until one has nothing left to do.
func (s *Store) repeat(ctx context.Context, step func() (int64, error)) error {
	for {
		n, err := step()
		if err != nil || n < int64(s.stepRows) {
			return err
		}
	}
}

// forgetVersions deletes the entries of a list that neither the version in
// force has nor the one before it.
func (s *Store) forgetVersions(ctx context.Context, doing string, list int64) error {
	return s.repeat(ctx, func() (n int64, err error) {
		_, err = s.transact(ctx, doing, together, func(t *tx) error {
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
	clean := func(fn func(t *tx) (int64, error)) error {
		return g.store.repeat(ctx, func() (n int64, err error) {
			err = g.step(ctx, func(t *tx) error {
				n, err = fn(t)
				return err
			})
			return n, err
		})
	}
	err := clean(func(t *tx) (int64, error) {
		return t.deleteEntries(ctx, `list = ? AND since > ?`, g.list.Seq, g.list.content)
	})
	if err != nil {
		return err
	}
	return clean(func(t *tx) (int64, error) {
		return t.affect(ctx, `UPDATE @rules SET until = NULL WHERE (key, id, since) IN (
			SELECT key, id, since FROM @rules WHERE list = ? AND until > ? LIMIT ?)`,
			g.list.Seq, g.list.content, t.stepRows)
	})
}

// dropOrphans deletes the entries of lists that are gone.
func (g *staging) dropOrphans(ctx context.Context) error { return g.store.dropOrphans(ctx, g.doing) }

func (s *Store) dropOrphans(ctx context.Context, doing string) error {
	lists, err := s.orphans(ctx)
	if err != nil {
		return explain(ctx, doing, err)
	}
	for _, list := range lists {
		err := s.repeat(ctx, func() (n int64, err error) {
			_, err = s.transact(ctx, doing, together, func(t *tx) error {
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
func (s *Store) orphans(ctx context.Context) ([]int64, error) {
	return collect(ctx, querier{store: s, conn: s.pool}, scanSeq, orphanLists)
}

func scanSeq(rows pgx.Rows) (seq int64, err error) { return seq, rows.Scan(&seq) }

const orphanLists = `WITH RECURSIVE owner (list) AS (
		SELECT min(list) FROM @rules WHERE list IS NOT NULL
		UNION ALL
		SELECT (SELECT min(list) FROM @rules WHERE list > owner.list) FROM owner WHERE owner.list IS NOT NULL
	)
	SELECT list FROM owner WHERE list IS NOT NULL AND NOT EXISTS (
		SELECT 1 FROM @lists WHERE seq = owner.list)`

// deleteEntries deletes the entries of one step, with the hits of those that are
// in no version any more, and returns how many.
func (t *tx) deleteEntries(ctx context.Context, where string, args ...any) (int64, error) {
	var deleted []uuid.UUID
	rules := t.ruleWriter()
	err := t.each(ctx, func(rows pgx.Rows) error {
		var text string
		var entry uuid.UUID
		if err := rows.Scan(&text, (*id)(&entry)); err != nil {
			return err
		}
		deleted = append(deleted, entry)
		key, err := sqlbackend.ParseRuleKey(text)
		rules.lengths.Count(key, -1)
		return err
	}, `DELETE FROM @rules WHERE (key, id, since) IN (
		SELECT key, id, since FROM @rules WHERE `+where+` LIMIT `+strconv.Itoa(t.stepRows)+`) RETURNING key, id`, args...)
	if err != nil || len(deleted) == 0 {
		return 0, err
	}
	if err := rules.finish(ctx); err != nil {
		return 0, err
	}
	var counted bool // sparing lists that were never hit the search
	if err := t.row(ctx, []any{&counted}, `SELECT EXISTS (SELECT 1 FROM @hit_totals)`); err != nil || !counted {
		return int64(len(deleted)), err
	}
	err = t.exec(ctx, `WITH forgotten AS (DELETE FROM @hit_totals h WHERE rule_id = ANY (?)
			AND NOT EXISTS (SELECT 1 FROM @rules r WHERE r.key = h.key AND r.id = h.rule_id) RETURNING rule_id)
		DELETE FROM @hits WHERE rule_id IN (SELECT rule_id FROM forgotten)`, uids(deleted))
	return int64(len(deleted)), err
}

// release gives the list back, for others to see that nothing is under way.
func (g *staging) release(ctx context.Context) error {
	return g.step(ctx, func(t *tx) error {
		return t.exec(ctx, `UPDATE @lists SET writer = NULL WHERE seq = ?`, g.list.Seq)
	})
}
