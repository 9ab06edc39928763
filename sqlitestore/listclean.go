package sqlitestore

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// Rows of entries outlive their being in force: a new version only marks what
// it removes. Everything here gets rid of such rows, in steps. It may be cut off
// at any point and is done again by the next call that applies a list.

// tidy runs what a call that has succeeded leaves to be cleaned. How that ends
// does not matter to the caller, whose work is done.
func (s *Store) tidy(ctx context.Context, doing string, fn func() error) {
	if s.begin(ctx, doing) == nil {
		defer s.life.leave()
		_ = fn()
	}
}

// repeat runs steps until one has nothing left to do.
func repeat(ctx context.Context, step func() (int64, error)) error {
	for {
		n, err := step()
		if err != nil || n < int64(stepRows) {
			return err
		}
		pause(ctx)
	}
}

// forgetVersions deletes the entries of a list that neither the version in
// force has nor the one before it.
func (s *Store) forgetVersions(ctx context.Context, doing string, list int64) error {
	return repeat(ctx, func() (n int64, err error) {
		_, err = s.transact(ctx, doing, func(t *tx) error {
			n, err = t.cleanEntries(ctx, list, false, `until <= (
				SELECT content - (previous_entries IS NOT NULL) FROM ostraka_lists WHERE seq = ?1)`)
			return err
		})
		return n, err
	})
}

// dropLeftovers takes back what a staging that was cut off, or a version that
// was undone, has left of a content above the one in force.
func (g *staging) dropLeftovers(ctx context.Context) error {
	clean := func(fn func(t *tx) (int64, error)) error {
		return repeat(ctx, func() (n int64, err error) {
			err = g.step(ctx, func(t *tx) error {
				n, err = fn(t)
				return err
			})
			return n, err
		})
	}
	err := clean(func(t *tx) (int64, error) {
		return t.cleanEntries(ctx, g.list.Seq, false, `since > ?2`, g.list.content)
	})
	if err != nil {
		return err
	}
	return clean(func(t *tx) (int64, error) {
		return t.affect(ctx, `UPDATE ostraka_rules SET until = NULL WHERE (key, id, since) IN (
			SELECT key, id, since FROM ostraka_rules WHERE list = ? AND until > ? LIMIT ?)`,
			g.list.Seq, g.list.content, stepRows)
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
		err := repeat(ctx, func() (n int64, err error) {
			_, err = s.transact(ctx, doing, func(t *tx) error {
				n, err = t.cleanEntries(ctx, list, true, `TRUE`)
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
func (s *Store) orphans(ctx context.Context) (lists []int64, err error) {
	err = s.retryRead(ctx, func() error {
		lists, err = collect(ctx, s.readDB, scanSeq, orphanLists)
		return err
	})
	return lists, err
}

func scanSeq(rows *sql.Rows) (seq int64, err error) { return seq, rows.Scan(&seq) }

const orphanLists = `WITH RECURSIVE owner (list) AS (
		SELECT min(list) FROM ostraka_rules WHERE list IS NOT NULL
		UNION ALL
		SELECT (SELECT min(list) FROM ostraka_rules WHERE list > owner.list) FROM owner WHERE owner.list IS NOT NULL
	)
	SELECT list FROM owner WHERE list IS NOT NULL AND NOT EXISTS (
		SELECT 1 FROM ostraka_lists WHERE seq = owner.list)`

// deleteEntries deletes up to stepRows entries of a list that meet a condition,
// and returns their IDs. The list is ?1 in it.
func (t *tx) deleteEntries(ctx context.Context, list int64, where string, args ...any) ([]uuid.UUID, error) {
	var deleted []uuid.UUID
	rules := t.ruleWriter()
	err := t.each(ctx, func(rows *sql.Rows) error {
		var text string
		var entry uuid.UUID
		if err := rows.Scan(&text, (*id)(&entry)); err != nil {
			return err
		}
		deleted = append(deleted, entry)
		key, err := parseRuleKey(text)
		rules.count(key, -1)
		return err
	}, `DELETE FROM ostraka_rules WHERE (key, id, since) IN (
		SELECT key, id, since FROM ostraka_rules WHERE list = ?1 AND `+where+` LIMIT `+strconv.Itoa(stepRows)+`) RETURNING key, id`,
		append([]any{list}, args...)...)
	if err != nil {
		return nil, err
	}
	return deleted, rules.finish(ctx)
}

// forgetHits deletes the hits of deleted entries, unless the list still has
// them, perhaps by another key. Of a list that was dropped, all go.
func (t *tx) forgetHits(ctx context.Context, list int64, dropped bool, deleted []uuid.UUID) error {
	var counted []any // those that have hits: few, if any
	for _, entry := range deleted {
		var has bool
		if err := t.row(ctx, []any{&has}, `SELECT EXISTS (SELECT 1 FROM ostraka_hit_totals WHERE rule_id = ?)`, entry[:]); err != nil {
			return err
		}
		if has {
			counted = append(counted, entry[:])
		}
	}
	if len(counted) == 0 {
		return nil
	}
	kept := make(map[uuid.UUID]bool)
	if !dropped {
		err := t.each(ctx, func(rows *sql.Rows) error {
			var entry uuid.UUID
			err := rows.Scan((*id)(&entry))
			kept[entry] = true
			return err
		}, `SELECT DISTINCT id FROM ostraka_rules WHERE list = ? AND id IN (?`+strings.Repeat(`, ?`, len(counted)-1)+`)`,
			append([]any{list}, counted...)...)
		if err != nil {
			return err
		}
	}
	for _, entry := range counted {
		if kept[uuid.UUID(entry.([]byte))] {
			continue
		}
		for _, query := range []string{
			`DELETE FROM ostraka_hit_totals WHERE rule_id = ?`,
			`DELETE FROM ostraka_hits WHERE rule_id = ?`,
		} {
			if err := t.exec(ctx, query, entry); err != nil {
				return err
			}
		}
	}
	return nil
}

// cleanEntries deletes entries as deleteEntries does, with the hits that are
// nobody's then, and returns how many entries.
func (t *tx) cleanEntries(ctx context.Context, list int64, dropped bool, where string, args ...any) (int64, error) {
	deleted, err := t.deleteEntries(ctx, list, where, args...)
	if err != nil || len(deleted) == 0 {
		return 0, err
	}
	var hits bool // sparing lists that were never hit the search
	if err := t.row(ctx, []any{&hits}, `SELECT EXISTS (SELECT 1 FROM ostraka_hit_totals)`); err != nil || !hits {
		return int64(len(deleted)), err
	}
	return int64(len(deleted)), t.forgetHits(ctx, list, dropped, deleted)
}

// release gives the list back, for others to see that nothing is under way.
func (g *staging) release(ctx context.Context) error {
	return g.step(ctx, func(t *tx) error {
		return t.exec(ctx, `UPDATE ostraka_lists SET writer = NULL WHERE seq = ?`, g.list.Seq)
	})
}
