package sqlbackend

import (
	"context"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// RuleColumns are those that rules of bans and blocks fill; what lists
// need has defaults.
const RuleColumns = `key, id, value, effect, scope, shadow, expires_at, origin, reason, public_reason, label`

// RuleWriter writes rules within a transaction. It counts prefix lengths in
// memory and writes them once, in Finish.
type RuleWriter struct {
	tx      Tx
	lengths prefixCounts
}

// NewRuleWriter returns that of a transaction.
func NewRuleWriter(t Tx) *RuleWriter { return &RuleWriter{tx: t, lengths: make(prefixCounts)} }

// Count counts n more rules of the key, or fewer, that are written without the writer.
func (w *RuleWriter) Count(k store.Key, n int64) { w.lengths.Count(k, n) }

// Insert writes a new rule of a ban or a block.
func (w *RuleWriter) Insert(ctx context.Context, r *store.Rule) error {
	key, err := RuleKey(r.Key)
	if err != nil {
		return err
	}
	origin, err := originNumber(r.Origin)
	if err != nil {
		return err
	}
	w.lengths.Count(r.Key, 1)
	return w.tx.Exec(ctx, `INSERT INTO @rules (`+RuleColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		key, r.ID, ValueArg(r.Value, r.Key), int64(r.Effect), int64(r.Scope), r.Shadow, TimeArg(r.ExpiresAt), origin, r.Reason, r.PublicReason, labelArg(r.Label))
}

// Delete deletes the rule of that ID under a key, if it is there.
func (w *RuleWriter) Delete(ctx context.Context, k store.Key, id uuid.UUID) error {
	key, err := RuleKey(k)
	if err != nil {
		return err
	}
	n, err := w.tx.Affect(ctx, `DELETE FROM @rules WHERE key = ? AND id = ?`, key, id)
	w.lengths.Count(k, -n)
	return err
}

// Finish writes the counts of prefix lengths, in the same order as everybody, so that
// nobody waits for each other.
func (w *RuleWriter) Finish(ctx context.Context) error {
	for _, length := range w.lengths.Changed() {
		// What is inserted would have to pass the check even where there is a row.
		err := w.tx.Exec(ctx, `INSERT INTO @prefix_lengths AS p (ipv6, bits, rules) VALUES (?1, ?2, @greatest(?3, 0))
			ON CONFLICT (ipv6, bits) DO UPDATE SET rules = p.rules + CAST(?3 AS bigint)`, length.IPv6, int64(length.Bits), w.lengths[length])
		if err != nil {
			return err
		}
	}
	return nil
}
