package pgstore

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// recordRuleColumns are those that rules of bans and blocks fill; what lists
// need has defaults.
const recordRuleColumns = `key, id, value, effect, scope, shadow, expires_at, origin, reason, public_reason`

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
	w.count(r.Key, 1)
	return w.tx.exec(ctx, `INSERT INTO @rules (`+recordRuleColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		key, uid(r.ID), valueArg(r.Value, r.Key), int64(r.Effect), int64(r.Scope), r.Shadow, timeArg(r.ExpiresAt), origin, r.Reason, r.PublicReason)
}

// valueArg is NULL where the value says what the key says.
func valueArg(value string, k store.Key) any {
	if value == k.Text {
		return nil
	}
	return value
}

func (w *ruleWriter) delete(ctx context.Context, k store.Key, id uuid.UUID) error {
	key, err := ruleKey(k)
	if err != nil {
		return err
	}
	n, err := w.tx.affect(ctx, `DELETE FROM @rules WHERE key = ? AND id = ?`, key, uid(id))
	w.count(k, -n)
	return err
}

// count counts n more rules of the key, or fewer.
func (w *ruleWriter) count(k store.Key, n int64) {
	if length, ok := k.PrefixLen(); ok {
		w.lengths[length] += n
	}
}

// finish writes the counts of prefix lengths, in the same order as everybody, so that
// nobody waits for each other.
func (w *ruleWriter) finish(ctx context.Context) error {
	lengths := slices.SortedFunc(maps.Keys(w.lengths), func(a, b store.PrefixLen) int {
		return cmp.Or(cmp.Compare(choose(a.IPv6, "6", "4"), choose(b.IPv6, "6", "4")), cmp.Compare(a.Bits, b.Bits))
	})
	for _, length := range lengths {
		n := w.lengths[length]
		if n == 0 {
			continue
		}
		// What is inserted would have to pass the check even where there is a row.
		err := w.tx.exec(ctx, `INSERT INTO @prefix_lengths AS p (ipv6, bits, rules) VALUES (?1, ?2, greatest(?3, 0))
			ON CONFLICT (ipv6, bits) DO UPDATE SET rules = p.rules + CAST(?3 AS bigint)`, length.IPv6, int64(length.Bits), n)
		if err != nil {
			return err
		}
	}
	return nil
}
