package pgstore

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// defaultStepRows is how many rows one step of writing a list touches. More would
// keep those longer waiting who must be alone, fewer would commit more often.
const defaultStepRows = 20_000

// RemoveEntries marks entries, in one statement, as gone from the next version on.
func (t *tx) RemoveEntries(ctx context.Context, list *sqlbackend.ListRow, entries []*store.Entry) error {
	keys, ids, values := make([]string, len(entries)), make([]uuid.UUID, len(entries)), make([]pgtype.Text, len(entries))
	for i, e := range entries {
		var err error
		if keys[i], err = sqlbackend.RuleKey(e.Key); err != nil {
			return err
		}
		ids[i], values[i] = e.ID, pgtype.Text{String: e.Value, Valid: e.Value != e.Key.Text}
	}
	n, err := t.affect(ctx, `UPDATE @rules r SET until = ?1 FROM unnest(CAST(?2 AS text[]), CAST(?3 AS uuid[]), CAST(?4 AS text[])) AS gone (key, id, value)
		WHERE r.key = gone.key AND r.id = gone.id AND r.value IS NOT DISTINCT FROM gone.value AND r.list = ?5 AND r.until IS NULL`,
		list.Content+1, keys, uids(ids), values, list.Seq)
	if err == nil && n != int64(len(entries)) {
		err = fmt.Errorf("%w: of %d entries to be removed, %d are in the list", store.ErrConflict, len(entries), n)
	}
	return err
}

// copied are the columns of entries that are copied; the others have defaults.
var copied = []string{"key", "id", "since", "list", "line", "value", "effect", "scope", "shadow", "origin", "reason", "public_reason"}

// AddEntries copies entries into the table. It counts their prefix lengths with
// them: a length must be known before the first of its rules is seen.
func (t *tx) AddEntries(ctx context.Context, list *sqlbackend.ListRow, entries []*store.Entry) error {
	rules := sqlbackend.NewRuleWriter(t)
	table := pgx.Identifier{t.store.options.Schema, "rules"}
	since := list.Content + 1
	bounded, cancel := t.querier().bound(ctx)
	defer cancel()
	_, err := t.conn.Conn().CopyFrom(bounded, table, copied, pgx.CopyFromSlice(len(entries), func(i int) ([]any, error) {
		e := entries[i]
		key, err := sqlbackend.RuleKey(e.Key)
		if err != nil {
			return nil, err
		}
		rules.Count(e.Key, 1)
		return []any{key, uid(e.ID), since, list.Seq, int64(e.Line), sqlbackend.ValueArg(e.Value, e.Key),
			int16(e.Effect), int16(e.Scope), e.Shadow, int16(sqlbackend.OriginEntry), "", ""}, nil
	}))
	if err != nil {
		return heard(bounded, err)
	}
	return rules.Finish(ctx)
}

// ForgetHits implements [sqlbackend.Tx].
func (t *tx) ForgetHits(ctx context.Context, rules []uuid.UUID) error {
	return t.exec(ctx, `WITH forgotten AS (DELETE FROM @hit_totals h WHERE rule_id = ANY (?)
			AND NOT EXISTS (SELECT 1 FROM @rules r WHERE r.key = h.key AND r.id = h.rule_id) RETURNING rule_id)
		DELETE FROM @hits WHERE rule_id IN (SELECT rule_id FROM forgotten)`, uids(rules))
}
