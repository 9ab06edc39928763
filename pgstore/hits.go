package pgstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store/sketch"
)

// AddHits implements [sqlbackend.Tx]. Those who add hits take turns, so that none waits for
// the rows of another.
func (t *tx) AddHits(ctx context.Context, folded []*sqlbackend.RuleHits) error {
	if err := t.exec(ctx, `SELECT pg_advisory_xact_lock(?)`, t.store.hitsKey); err != nil {
		return err
	}
	for batch := range slices.Chunk(folded, hitBatch) {
		if err := t.addHits(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// hitBatch is of how many rules the hits are added at a time.
const hitBatch = 1000

// addHits adds the hits of several rules, in four statements. It leaves out rules
// that no record has, or that are no longer in force in their list.
func (t *tx) addHits(ctx context.Context, batch []*sqlbackend.RuleHits) error {
	known, err := t.addTotals(ctx, batch)
	if err != nil {
		return err
	}
	var rules []uuid.UUID
	var days, uses []int64
	var clients [][]byte
	place := make(map[ruleDay]int)
	for _, r := range batch {
		if !known[r.Rule] {
			continue
		}
		for n, d := range r.Days {
			place[ruleDay{r.Rule, n}] = len(rules)
			rules, days, uses, clients = append(rules, r.Rule), append(days, n), append(uses, d.Uses), append(clients, d.Clients)
		}
	}
	if len(rules) == 0 {
		return nil
	}
	err = t.each(ctx, func(rows pgx.Rows) error {
		var key ruleDay
		var stored []byte
		if err := rows.Scan((*id)(&key.rule), &key.day, &stored); err != nil {
			return err
		}
		i := place[key]
		merged, err := sketch.Merge(stored, clients[i])
		if err != nil {
			return fmt.Errorf("%w: hits of rule %s: %w", ErrCorrupt, key.rule, err)
		}
		clients[i] = merged
		return nil
	}, `SELECT h.rule_id, h.day, h.clients FROM @hits h
		JOIN unnest(CAST(? AS uuid[]), CAST(? AS bigint[])) AS new (rule_id, day) ON new.rule_id = h.rule_id AND new.day = h.day`, uids(rules), days)
	if err != nil {
		return err
	}
	return t.exec(ctx, `INSERT INTO @hits AS h (rule_id, day, uses, clients)
		SELECT * FROM unnest(CAST(? AS uuid[]), CAST(? AS bigint[]), CAST(? AS bigint[]), CAST(? AS bytea[]))
		ON CONFLICT (rule_id, day) DO UPDATE SET uses = h.uses + excluded.uses, clients = excluded.clients`,
		uids(rules), days, uses, clients)
}

type ruleDay struct {
	rule uuid.UUID
	day  int64
}

// addTotals adds to the totals of the rules that are known, and returns which.
func (t *tx) addTotals(ctx context.Context, batch []*sqlbackend.RuleHits) (known map[uuid.UUID]bool, err error) {
	var rules []uuid.UUID
	var keys []string
	var uses []int64
	var lasts []pgtype.Int8
	for _, r := range batch {
		key, _ := sqlbackend.RuleKey(r.Key) // empty, which no rule has, for a kind that there is not
		last := pgtype.Int8{Int64: r.Last.UnixMicro(), Valid: !r.Last.IsZero()}
		rules, keys, uses, lasts = append(rules, r.Rule), append(keys, key), append(uses, r.Uses), append(lasts, last)
	}
	known = make(map[uuid.UUID]bool)
	for _, query := range []string{
		`UPDATE @bans b SET hits = hits + new.uses, last_hit_at = greatest(last_hit_at, new.last)` + newHits + ` WHERE b.id = new.rule AND new.key IS NOT NULL RETURNING b.id`,
		`INSERT INTO @hit_totals AS h (rule_id, key, uses, last_at)
			SELECT r.id, r.key, new.uses, new.last` + newHits + ` JOIN @rules r ON r.key = new.key AND r.id = new.rule` + inForce + `
				AND NOT EXISTS (SELECT 1 FROM @bans b WHERE b.id = new.rule)
			ON CONFLICT (rule_id) DO UPDATE SET uses = h.uses + excluded.uses, last_at = greatest(h.last_at, excluded.last_at)
			RETURNING rule_id`,
	} {
		err := t.each(ctx, func(rows pgx.Rows) error {
			var rule uuid.UUID
			err := rows.Scan((*id)(&rule))
			known[rule] = true
			return err
		}, query, uids(rules), keys, uses, lasts)
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}

const newHits = ` FROM unnest(CAST(?1 AS uuid[]), CAST(?2 AS text[]), CAST(?3 AS bigint[]), CAST(?4 AS bigint[])) AS new (rule, key, uses, last)`
