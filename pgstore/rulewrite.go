package pgstore

import (
	"context"

	"github.com/google/uuid"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// recordRuleColumns are those that rules of bans and blocks fill; what lists
// need has defaults.
const recordRuleColumns = `key, id, value, effect, scope, shadow, expires_at, origin, reason, public_reason, label`

// ruleWriter writes rules within a transaction. It counts prefix lengths in
// memory and writes them once, in finish.
type ruleWriter struct {
	tx      *tx
	lengths sqlbackend.PrefixCounts
}

func (t *tx) ruleWriter() *ruleWriter {
	return &ruleWriter{tx: t, lengths: make(sqlbackend.PrefixCounts)}
}

func (w *ruleWriter) insert(ctx context.Context, r *store.Rule) error {
	key, err := sqlbackend.RuleKey(r.Key)
	if err != nil {
		return err
	}
	origin, err := sqlbackend.OriginNumber(r.Origin)
	if err != nil {
		return err
	}
	w.lengths.Count(r.Key, 1)
	return w.tx.exec(ctx, `INSERT INTO @rules (`+recordRuleColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		key, uid(r.ID), sqlbackend.ValueArg(r.Value, r.Key), int64(r.Effect), int64(r.Scope), r.Shadow, sqlbackend.TimeArg(r.ExpiresAt), origin, r.Reason, r.PublicReason, sqlbackend.LabelArg(r.Label))
}

func (w *ruleWriter) delete(ctx context.Context, k store.Key, id uuid.UUID) error {
	key, err := sqlbackend.RuleKey(k)
	if err != nil {
		return err
	}
	n, err := w.tx.affect(ctx, `DELETE FROM @rules WHERE key = ? AND id = ?`, key, uid(id))
	w.lengths.Count(k, -n)
	return err
}

// finish writes the counts of prefix lengths, in the same order as everybody, so that
// nobody waits for each other.
func (w *ruleWriter) finish(ctx context.Context) error {
	for _, length := range w.lengths.Changed() {
		// What is inserted would have to pass the check even where there is a row.
		err := w.tx.exec(ctx, `INSERT INTO @prefix_lengths AS p (ipv6, bits, rules) VALUES (?1, ?2, greatest(?3, 0))
			ON CONFLICT (ipv6, bits) DO UPDATE SET rules = p.rules + CAST(?3 AS bigint)`, length.IPv6, int64(length.Bits), w.lengths[length])
		if err != nil {
			return err
		}
	}
	return nil
}
