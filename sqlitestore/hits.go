package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
	"example.com/ostraka/store/sketch"
)

// ruleHits are the hits of one rule in a call of AddHits.
type ruleHits struct {
	rule uuid.UUID
	key  store.Key
	uses int64
	last time.Time
	days map[int64]*dayHits
}

type dayHits struct {
	uses    int64
	clients []byte
}

// foldHits adds up hits by rule and day, before the write lock is taken, and
// refuses sketches that cannot be read.
func foldHits(hits []store.Hit) ([]*ruleHits, error) {
	byRule := make(map[uuid.UUID]*ruleHits)
	var folded []*ruleHits // in the order of the input
	for i := range hits {
		h := &hits[i]
		r := byRule[h.RuleID]
		if r == nil {
			r = &ruleHits{rule: h.RuleID, key: h.Key, days: make(map[int64]*dayHits)}
			byRule[h.RuleID] = r
			folded = append(folded, r)
		}
		r.uses += h.Uses
		if h.Last.After(r.last) {
			r.last = h.Last
		}
		n := dayNumber(h.Day)
		d := r.days[n]
		if d == nil {
			d = new(dayHits)
			r.days[n] = d
		}
		d.uses += h.Uses
		var err error
		if d.clients, err = sketch.Merge(d.clients, h.Clients); err != nil {
			return nil, fmt.Errorf("hit %d: %w", i, err)
		}
	}
	return folded, nil
}

// AddHits implements [store.Hits].
func (s *Store) AddHits(ctx context.Context, hits []store.Hit) error {
	const doing = "add hits"
	if len(hits) == 0 {
		return s.nothing(ctx, doing)
	}
	folded, err := foldHits(hits)
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
func (t *tx) addRuleHits(ctx context.Context, r *ruleHits) error {
	known, err := t.addTotal(ctx, r)
	if err != nil || !known {
		return err
	}
	for n, d := range r.days {
		var stored []byte
		err := t.row(ctx, []any{&stored}, `SELECT clients FROM ostraka_hits WHERE rule_id = ? AND day = ?`, r.rule[:], n)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		clients, err := sketch.Merge(stored, d.clients)
		if err != nil {
			return fmt.Errorf("%w: hits of rule %s: %w", ErrCorrupt, r.rule, err)
		}
		err = t.exec(ctx, `INSERT INTO ostraka_hits (rule_id, day, uses, clients) VALUES (?, ?, ?, ?)
			ON CONFLICT (rule_id, day) DO UPDATE SET uses = uses + excluded.uses, clients = excluded.clients`,
			r.rule[:], n, d.uses, clients)
		if err != nil {
			return err
		}
	}
	return nil
}

// addTotal reports false, having done nothing, if there is no such rule.
func (t *tx) addTotal(ctx context.Context, r *ruleHits) (known bool, err error) {
	last := timeArg(r.last)
	n, err := t.affect(ctx, `UPDATE ostraka_bans SET hits = hits + ?,
		last_hit_at = max(coalesce(last_hit_at, ?), coalesce(?, last_hit_at)) WHERE id = ?`, r.uses, last, last, r.rule[:])
	if err != nil || n > 0 {
		return n > 0, err
	}
	key, err := ruleKey(r.key)
	if err != nil {
		return false, nil // no rule has such a key
	}
	n, err = t.affect(ctx, `INSERT INTO ostraka_hit_totals (rule_id, key, uses, last_at)
		SELECT r.id, r.key, ?, ?`+rulesInForce+` AND r.key = ? AND r.id = ?
		ON CONFLICT (rule_id) DO UPDATE SET uses = uses + excluded.uses,
			last_at = max(coalesce(last_at, excluded.last_at), coalesce(excluded.last_at, last_at))`,
		r.uses, last, key, r.rule[:])
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
		rule[:], dayNumber(from), dayNumber(to))
}

// PruneHits implements [store.Hits].
func (s *Store) PruneHits(ctx context.Context, before time.Time) (int64, error) {
	var n int64
	err := s.write(ctx, "prune hits", func(t *tx) (err error) {
		n, err = t.affect(ctx, `DELETE FROM ostraka_hits WHERE day < ?`, dayNumber(before))
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
