package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store/sketch"
)

// AddHits implements [sqlbackend.Tx].
func (t *tx) AddHits(ctx context.Context, folded []*sqlbackend.RuleHits) error {
	for _, r := range folded {
		if err := t.addRuleHits(ctx, r); err != nil {
			return err
		}
	}
	return nil
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
