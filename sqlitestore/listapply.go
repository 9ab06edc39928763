package sqlitestore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

const (
	// defaultStepRows is how many rows one step of writing a list touches. More
	// would make other writers wait longer, fewer would commit more often.
	defaultStepRows = 10_000
	// batchRows is how many entries one statement inserts. Beyond this, larger
	// statements are no faster.
	batchRows = 50
)

func (t *tx) RemoveEntries(ctx context.Context, list *sqlbackend.ListRow, entries []*store.Entry) error {
	for _, e := range entries {
		key, err := sqlbackend.RuleKey(e.Key)
		if err != nil {
			return err
		}
		n, err := t.affect(ctx, `UPDATE ostraka_rules SET until = ? WHERE key = ? AND id = ? AND value IS ?
			AND list = ? AND until IS NULL`, list.Content+1, key, e.ID[:], sqlbackend.ValueArg(e.Value, e.Key), list.Seq)
		if err != nil {
			return err
		}
		if n != 1 {
			return fmt.Errorf("%w: %.64q, to be removed, is not in the list", store.ErrConflict, e.Value)
		}
	}
	return nil
}

// AddEntries counts their prefix lengths with them: a length must be known
// before the first of its rules is seen.
func (t *tx) AddEntries(ctx context.Context, list *sqlbackend.ListRow, entries []*store.Entry) error {
	if len(entries) >= t.store.stepRows { // fewer are a write like others
		if err := t.store.leavesRoom(); err != nil {
			return err
		}
	}
	rules := sqlbackend.NewRuleWriter(t)
	for batch := range slices.Chunk(entries, batchRows) {
		keys := make([]any, len(batch))
		for i, e := range batch {
			key, err := sqlbackend.RuleKey(e.Key)
			if err != nil {
				return err
			}
			keys[i] = key
			rules.Count(e.Key, 1)
		}
		if err := t.insertEntries(ctx, list, batch, keys); err != nil {
			return err
		}
	}
	return rules.Finish(ctx)
}

func (t *tx) insertEntries(ctx context.Context, list *sqlbackend.ListRow, batch []*store.Entry, keys []any) error {
	// What is the same in all rows is spared the binding.
	row := fmt.Sprintf(`(?, ?, %d, %d, ?, ?, ?, ?, ?, %d, '', '')`, list.Content+1, list.Seq, sqlbackend.OriginEntry)
	args := make([]any, 0, 7*len(batch))
	for i, e := range batch {
		args = append(args, keys[i], e.ID[:], int64(e.Line), sqlbackend.ValueArg(e.Value, e.Key), int64(e.Effect), int64(e.Scope), e.Shadow)
	}
	return t.exec(ctx, `INSERT INTO ostraka_rules (key, id, since, list, line, value, effect, scope, shadow, origin, reason, public_reason)
		VALUES `+row+strings.Repeat(`, `+row, len(batch)-1), args...)
}

// ForgetHits implements [sqlbackend.Tx].
func (t *tx) ForgetHits(ctx context.Context, rules []uuid.UUID) error {
	for _, id := range rules {
		n, err := t.affect(ctx, `DELETE FROM ostraka_hit_totals AS h WHERE rule_id = ?1
			AND NOT EXISTS (SELECT 1 FROM ostraka_rules r WHERE r.key = h.key AND r.id = ?1)`, id[:])
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		if err := t.exec(ctx, `DELETE FROM ostraka_hits WHERE rule_id = ?`, id[:]); err != nil {
			return err
		}
	}
	return nil
}
