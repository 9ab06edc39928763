package sqlitestore

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
	return w.tx.exec(ctx, `INSERT INTO ostraka_rules (`+recordRuleColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		key, r.ID[:], sqlbackend.ValueArg(r.Value, r.Key), int64(r.Effect), int64(r.Scope), r.Shadow, sqlbackend.TimeArg(r.ExpiresAt), origin, r.Reason, r.PublicReason, sqlbackend.LabelArg(r.Label))
}

func (w *ruleWriter) delete(ctx context.Context, k store.Key, id uuid.UUID) error {
	key, err := sqlbackend.RuleKey(k)
	if err != nil {
		return err
	}
	n, err := w.tx.affect(ctx, `DELETE FROM ostraka_rules WHERE key = ? AND id = ?`, key, id[:])
	w.lengths.Count(k, -n)
	return err
}

// finish writes the counts of prefix lengths.
func (w *ruleWriter) finish(ctx context.Context) error {
	for _, length := range w.lengths.Changed() {
		if err := w.tx.exec(ctx, `INSERT INTO ostraka_prefix_lengths (ipv6, bits, rules) VALUES (?, ?, 0)
			ON CONFLICT DO NOTHING`, length.IPv6, int64(length.Bits)); err != nil {
			return err
		}
		if err := w.tx.exec(ctx, `UPDATE ostraka_prefix_lengths SET rules = rules + ? WHERE ipv6 = ? AND bits = ?`,
			w.lengths[length], length.IPv6, int64(length.Bits)); err != nil {
			return err
		}
	}
	return nil
}
