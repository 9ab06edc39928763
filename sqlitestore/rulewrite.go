package sqlitestore

import (
	"context"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// ruleWriter writes rules within a transaction. It counts prefix lengths in
// memory and writes them once, in finish.
type ruleWriter struct {
	tx      *tx
	lengths map[store.PrefixLen]int64
}

func (t *tx) ruleWriter() *ruleWriter {
	return &ruleWriter{tx: t, lengths: make(map[store.PrefixLen]int64)}
}

func (w *ruleWriter) insert(ctx context.Context, r *store.Rule) error {
	key, err := ruleKey(r.Key)
	if err != nil {
		return err
	}
	origin, err := originNumber(r.Origin)
	if err != nil {
		return err
	}
	var value any // NULL where it says what the key says
	if r.Value != r.Key.Text {
		value = r.Value
	}
	if n, ok := r.Key.PrefixLen(); ok {
		w.lengths[n]++
	}
	return w.tx.exec(ctx, `INSERT INTO ostraka_rules (`+ruleColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		key, r.ID[:], value, int64(r.Effect), int64(r.Scope), r.Shadow, timeArg(r.ExpiresAt), origin, r.Reason, r.PublicReason)
}

func (w *ruleWriter) delete(ctx context.Context, k store.Key, id uuid.UUID) error {
	key, err := ruleKey(k)
	if err != nil {
		return err
	}
	n, err := w.tx.affect(ctx, `DELETE FROM ostraka_rules WHERE key = ? AND id = ?`, key, id[:])
	if length, ok := k.PrefixLen(); ok {
		w.lengths[length] -= n
	}
	return err
}

// finish writes the counts of prefix lengths.
func (w *ruleWriter) finish(ctx context.Context) error {
	for length, n := range w.lengths {
		if n == 0 {
			continue
		}
		if err := w.tx.exec(ctx, `INSERT INTO ostraka_prefix_lengths (ipv6, bits, rules) VALUES (?, ?, 0)
			ON CONFLICT DO NOTHING`, length.IPv6, int64(length.Bits)); err != nil {
			return err
		}
		if err := w.tx.exec(ctx, `UPDATE ostraka_prefix_lengths SET rules = rules + ? WHERE ipv6 = ? AND bits = ?`,
			n, length.IPv6, int64(length.Bits)); err != nil {
			return err
		}
	}
	return nil
}
