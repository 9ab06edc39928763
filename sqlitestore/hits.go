package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
	"example.com/ostraka/store/sketch"
)

// AddHits implements [store.Hits].
func (s *Store) AddHits(ctx context.Context, hits []store.Hit) error {
	const doing = "add hits"
	if len(hits) == 0 {
		return s.nothing(ctx, doing)
	}
	folded, err := sqlbackend.FoldHits(hits)
	if err != nil {
		return explain(ctx, doing, err)
	}
	return s.write(ctx, doing, func(t *tx) error {
		for _, r := range folded {
			if err := t.addRuleHits(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// addRuleHits leaves out a rule that no record has, or that is no longer in
// force in its list.
func (t *tx) addRuleHits(ctx context.Context, r *sqlbackend.RuleHits) error {
	known, err := t.addTotal(ctx, r)
	if err != nil || !known {
		return err
	}
	for n, d := range r.Days {
		var stored []byte
		err := t.row(ctx, []any{&stored}, `SELECT clients FROM ostraka_hits WHERE rule_id = ? AND day = ?`, r.Rule[:], n)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		clients, err := sketch.Merge(stored, d.Clients)
		if err != nil {
			return fmt.Errorf("%w: hits of rule %s: %w", ErrCorrupt, r.Rule, err)
		}
		err = t.exec(ctx, `INSERT INTO ostraka_hits (rule_id, day, uses, clients) VALUES (?, ?, ?, ?)
			ON CONFLICT (rule_id, day) DO UPDATE SET uses = uses + excluded.uses, clients = excluded.clients`,
			r.Rule[:], n, d.Uses, clients)
		if err != nil {
			return err
		}
	}
	return nil
}

// addTotal reports false, having done nothing, if there is no such rule.
func (t *tx) addTotal(ctx context.Context, r *sqlbackend.RuleHits) (known bool, err error) {
	last := sqlbackend.TimeArg(r.Last)
	n, err := t.affect(ctx, `UPDATE ostraka_bans SET hits = hits + ?,
		last_hit_at = max(coalesce(last_hit_at, ?), coalesce(?, last_hit_at)) WHERE id = ?`, r.Uses, last, last, r.Rule[:])
	if err != nil || n > 0 {
		return n > 0, err
	}
	key, err := sqlbackend.RuleKey(r.Key)
	if err != nil {
		return false, nil // no rule has such a key
	}
	n, err = t.affect(ctx, `INSERT INTO ostraka_hit_totals (rule_id, key, uses, last_at)
		SELECT r.id, r.key, ?, ?`+rulesInForce+` AND r.key = ? AND r.id = ?
		ON CONFLICT (rule_id) DO UPDATE SET uses = uses + excluded.uses,
			last_at = max(coalesce(last_at, excluded.last_at), coalesce(excluded.last_at, last_at))`,
		r.Uses, last, key, r.Rule[:])
	return n > 0, err
}

// HitTotal implements [store.Hits].
func (s *Store) HitTotal(ctx context.Context, rule uuid.UUID) (store.HitTotal, error) {
	var total store.HitTotal
	err := s.read(ctx, "read the hit total of a rule", func(q querier) error {
		err := q.QueryRowContext(ctx, `SELECT hits, last_hit_at FROM ostraka_bans WHERE id = ?1
			UNION ALL SELECT uses, last_at FROM ostraka_hit_totals WHERE rule_id = ?1`, rule[:]).
			Scan(&total.Uses, (*micros)(&total.Last))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return total, err
}

// HitHistory implements [store.Hits].
func (s *Store) HitHistory(ctx context.Context, rule uuid.UUID, from, to time.Time) ([]store.DayHits, error) {
	return readAll(ctx, s, "read the hits of a rule", func(rows *sql.Rows) (d store.DayHits, err error) {
		var clients sql.RawBytes
		if err := rows.Scan((*day)(&d.Day), &d.Uses, &clients); err != nil {
			return d, err
		}
		if d.Clients, err = sketch.Count(clients); err != nil {
			return d, fmt.Errorf("%w: hits of rule %s: %w", ErrCorrupt, rule, err)
		}
		return d, nil
	}, `SELECT day, uses, clients FROM ostraka_hits WHERE rule_id = ? AND day BETWEEN ? AND ? ORDER BY day`,
		rule[:], sqlbackend.DayNumber(from), sqlbackend.DayNumber(to))
}

// TopHits implements [store.Hits].
func (s *Store) TopHits(ctx context.Context, from, to time.Time, limit int) ([]store.RuleHits, error) {
	return readAll(ctx, s, "read the rules that caught most", func(rows *sql.Rows) (h store.RuleHits, err error) {
		var kind *int64
		var text, key *string
		if err := rows.Scan((*id)(&h.RuleID), &h.Uses, &kind, &text, &key); err != nil {
			return h, err
		}
		if kind != nil && text != nil { // of a ban
			h.Key = store.Key{Kind: store.Kind(*kind), Text: *text}
			return h, nil
		}
		if h.Key, err = sqlbackend.ParseRuleKey(*key); err != nil {
			return h, fmt.Errorf("%w: hits of rule %s: %w", ErrCorrupt, h.RuleID, err)
		}
		return h, nil
	}, fmt.Sprintf(`WITH top AS (SELECT rule_id, CAST(sum(uses) AS bigint) AS uses FROM ostraka_hits WHERE day BETWEEN ? AND ?
			GROUP BY rule_id HAVING sum(uses) > 0 ORDER BY 2 DESC, rule_id LIMIT %d)
		SELECT top.rule_id, top.uses, b.kind, b.key_text, t.key FROM top
		LEFT JOIN ostraka_bans b ON b.id = top.rule_id LEFT JOIN ostraka_hit_totals t ON t.rule_id = top.rule_id
		WHERE b.id IS NOT NULL OR t.rule_id IS NOT NULL ORDER BY top.uses DESC, top.rule_id`, store.Page{Limit: limit}.Size()),
		sqlbackend.DayNumber(from), sqlbackend.DayNumber(to))
}

// PruneHits implements [store.Hits].
func (s *Store) PruneHits(ctx context.Context, before time.Time) (int64, error) {
	var n int64
	err := s.write(ctx, "prune hits", func(t *tx) (err error) {
		n, err = t.affect(ctx, `DELETE FROM ostraka_hits WHERE day < ?`, sqlbackend.DayNumber(before))
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
