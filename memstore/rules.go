package memstore

import (
	"context"
	"iter"

	"example.com/ostraka/store"
)

// Lookup implements [store.Rules].
func (s *Store) Lookup(ctx context.Context, keys []store.Key) (rules []store.Rule, err error) {
	err = s.read(ctx, func() error {
		rules = s.rules.Lookup(keys)
		return nil
	})
	return rules, err
}

// PrefixLengths implements [store.Rules]. It names only lengths in use.
func (s *Store) PrefixLengths(ctx context.Context) (lens []store.PrefixLen, err error) {
	err = s.read(ctx, func() error {
		lens = s.rules.PrefixLengths()
		return nil
	})
	return lens, err
}

// scanBatch is how many rules Scan copies at a time. The lock is free between
// batches: the loop may write to the store, and no writer waits for the loop.
const scanBatch = 512

// Scan implements [store.Rules]. It yields the rules in the order of their
// bans' creation.
func (s *Store) Scan(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
	return func(yield func(store.Rule, error) bool) {
		var batch []store.Rule
		for after, more := int64(0), true; more; {
			err := s.read(ctx, func() error {
				batch, after = s.batch(batch[:0], kind, after)
				more = after != 0
				return nil
			})
			if err != nil {
				yield(store.Rule{}, err)
				return
			}
			for _, r := range batch {
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}

// batch appends the rules of the next records above the Seq after to dst, and
// returns the Seq to go on from, 0 at the end.
func (s *Store) batch(dst []store.Rule, kind store.Kind, after int64) ([]store.Rule, int64) {
	records := s.stretch(store.Page{After: after})
	next := int64(0)
	if len(records) > scanBatch {
		records = records[:scanBatch]
		next = records[scanBatch-1].ban.Seq
	}
	for _, r := range records {
		if r.ban.RevokedAt.IsZero() && (kind == 0 || r.ban.Kind == kind) {
			dst = append(dst, r.ban.Rule())
		}
	}
	return dst, next
}
