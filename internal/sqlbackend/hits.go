package sqlbackend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
	"example.com/ostraka/store/sketch"
)

// RuleHits are the hits of one rule in a call of AddHits.
type RuleHits struct {
	Rule uuid.UUID
	Key  store.Key
	Uses int64
	Last time.Time
	Days map[int64]*DayHits // by [dayNumber]
}

// DayHits are those of one day.
type DayHits struct {
	Uses    int64
	Clients []byte // a sketch
}

// foldHits adds up hits by rule and day, before any lock is taken, and
// refuses sketches that cannot be read. It returns them in the order of their rules.
func foldHits(hits []store.Hit) ([]*RuleHits, error) {
	byRule := make(map[uuid.UUID]*RuleHits)
	var folded []*RuleHits
	for i := range hits {
		h := &hits[i]
		r := byRule[h.RuleID]
		if r == nil {
			r = &RuleHits{Rule: h.RuleID, Key: h.Key, Days: make(map[int64]*DayHits)}
			byRule[h.RuleID] = r
			folded = append(folded, r)
		}
		r.Uses += h.Uses
		if h.Last.After(r.Last) {
			r.Last = h.Last
		}
		n := dayNumber(h.Day)
		d := r.Days[n]
		if d == nil {
			d = new(DayHits)
			r.Days[n] = d
		}
		d.Uses += h.Uses
		var err error
		if d.Clients, err = sketch.Merge(d.Clients, h.Clients); err != nil {
			return nil, fmt.Errorf("hit %d: %w", i, err)
		}
	}
	slices.SortFunc(folded, func(a, b *RuleHits) int { return bytes.Compare(a.Rule[:], b.Rule[:]) })
	return folded, nil
}

// AddHits implements [store.Hits].
func (o Operations) AddHits(ctx context.Context, hits []store.Hit) error {
	const doing = "add hits"
	if len(hits) == 0 {
		return o.db.Nothing(ctx, doing)
	}
	folded, err := foldHits(hits)
	if err != nil {
		return o.db.Explain(ctx, doing, err)
	}
	return o.db.WriteTogether(ctx, doing, func(t Tx) error { return t.AddHits(ctx, folded) })
}

// HitTotal implements [store.Hits].
func (o Operations) HitTotal(ctx context.Context, rule uuid.UUID) (store.HitTotal, error) {
	var total store.HitTotal
	err := o.db.Read(ctx, "read the hit total of a rule", func(q Querier) error {
		err := q.Row(ctx, []any{&total.Uses, &total.Last}, `SELECT hits, last_hit_at FROM @bans WHERE id = ?1
			UNION ALL SELECT uses, last_at FROM @hit_totals WHERE rule_id = ?1`, rule)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
	return total, err
}

// HitHistory implements [store.Hits].
func (o Operations) HitHistory(ctx context.Context, rule uuid.UUID, from, to time.Time) ([]store.DayHits, error) {
	return readAll(ctx, o, "read the hits of a rule", func(row Row) (d store.DayHits, err error) {
		var day int64
		var clients []byte
		if err := row.Scan(&day, &d.Uses, &clients); err != nil {
			return d, err
		}
		if d.Clients, err = sketch.Count(clients); err != nil {
			return d, fmt.Errorf("%w: hits of rule %s: %w", ErrCorrupt, rule, err)
		}
		d.Day = dayOf(day)
		return d, nil
	}, `SELECT day, uses, clients FROM @hits WHERE rule_id = ? AND day BETWEEN ? AND ? ORDER BY day`,
		rule, dayNumber(from), dayNumber(to))
}

// TopHits implements [store.Hits].
func (o Operations) TopHits(ctx context.Context, from, to time.Time, limit int) ([]store.RuleHits, error) {
	return readAll(ctx, o, "read the rules that caught most", func(row Row) (h store.RuleHits, err error) {
		var kind *int64
		var text, key *string
		if err := row.Scan(&h.RuleID, &h.Uses, &kind, &text, &key); err != nil {
			return h, err
		}
		if kind != nil && text != nil { // of a ban
			h.Key = store.Key{Kind: store.Kind(*kind), Text: *text}
			return h, nil
		}
		if h.Key, err = ParseRuleKey(*key); err != nil {
			return h, fmt.Errorf("%w: hits of rule %s: %w", ErrCorrupt, h.RuleID, err)
		}
		return h, nil
	}, fmt.Sprintf(`WITH top AS (SELECT rule_id, CAST(sum(uses) AS bigint) AS uses FROM @hits WHERE day BETWEEN ? AND ?
			GROUP BY rule_id HAVING sum(uses) > 0 ORDER BY 2 DESC, rule_id LIMIT %d)
		SELECT top.rule_id, top.uses, b.kind, b.key_text, t.key FROM top
		LEFT JOIN @bans b ON b.id = top.rule_id LEFT JOIN @hit_totals t ON t.rule_id = top.rule_id
		WHERE b.id IS NOT NULL OR t.rule_id IS NOT NULL ORDER BY top.uses DESC, top.rule_id`, store.Page{Limit: limit}.Size()),
		dayNumber(from), dayNumber(to))
}

// PruneHits implements [store.Hits].
func (o Operations) PruneHits(ctx context.Context, before time.Time) (int64, error) {
	var n int64
	err := o.write(ctx, "prune hits", func(t writer) (err error) {
		n, err = t.Affect(ctx, `DELETE FROM @hits WHERE day < ?`, dayNumber(before))
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
