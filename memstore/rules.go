package memstore

import (
	"context"
	"iter"
	"slices"
	"strings"

	"example.com/ostraka/store"
)

// Lookup implements [store.Rules].
func (s *Store) Lookup(ctx context.Context, keys []store.Key) (rules []store.Rule, err error) {
	err = s.read(ctx, func() error {
		rules = s.rules.Lookup(keys)
		for i := range rules {
			// The texts of the index are pieces of one text of many rules.
			rules[i].Key.Text, rules[i].Value = strings.Clone(rules[i].Key.Text), strings.Clone(rules[i].Value)
		}
		rules = s.lists.append(rules, keys)
		return nil
	})
	return rules, err
}

// PrefixLengths implements [store.Rules]. It names only lengths in use.
func (s *Store) PrefixLengths(ctx context.Context) (lens []store.PrefixLen, err error) {
	err = s.read(ctx, func() error {
		lens = s.rules.PrefixLengths()
		for _, list := range s.lists.ordered {
			for _, l := range list.current.lens {
				if !slices.Contains(lens, l) { // of a handful
					lens = append(lens, l)
				}
			}
		}
		return nil
	})
	return lens, err
}

// HashKeysInUse implements [store.Rules]. It names only those in use.
func (s *Store) HashKeysInUse(ctx context.Context) (keys []store.HashKey, err error) {
	err = s.read(ctx, func() error {
		keys = slices.Clone(s.rules.HashKeys())
		for _, list := range s.lists.ordered {
			for _, k := range list.current.hashes {
				if !slices.Contains(keys, k) { // of a handful
					keys = append(keys, k)
				}
			}
		}
		return nil
	})
	return keys, err
}

// scanBatch is how many rules Scan copies at a time. The lock is free between
// batches: the loop may write to the store, and no writer waits for the loop.
const scanBatch = 512

// Scan implements [store.Rules]. It yields the rules of bans and of blocks in
// the order of their creation, then those of lists.
func (s *Store) Scan(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
	return func(yield func(store.Rule, error) bool) {
		_ = scanRecords(ctx, s, func() []*record { return s.order }, kind, yield) &&
			scanRecords(ctx, s, func() []*blockRecord { return s.blocks.order }, kind, yield) &&
			s.scanLists(ctx, kind, yield)
	}
}

// ruled is a record that may have a rule.
type ruled interface {
	numbered
	rule() (store.Rule, bool)
}

func (r *record) rule() (store.Rule, bool) { return r.ban.Rule(), r.ruled }

func (r *blockRecord) rule() (store.Rule, bool) { return r.block.Rule(), true }

// scanRecords yields the rules of records, which it takes from all with the
// lock held. It reports whether the scan is to go on.
func scanRecords[R ruled](ctx context.Context, s *Store, all func() []R, kind store.Kind, yield func(store.Rule, error) bool) bool {
	var batch []store.Rule
	for after, more := int64(0), true; more; {
		err := s.read(ctx, func() error {
			batch = batch[:0]
			records := stretch(all(), store.Page{After: after})
			if more = len(records) > scanBatch; more {
				records = records[:scanBatch]
				after = records[scanBatch-1].seq()
			}
			for _, r := range records {
				if rule, ok := r.rule(); ok && (kind == 0 || rule.Key.Kind == kind) {
					batch = append(batch, rule)
				}
			}
			return nil
		})
		if err != nil {
			yield(store.Rule{}, err)
			return false
		}
		for _, r := range batch {
			if !yield(r, nil) {
				return false
			}
		}
	}
	return true
}

// scanLists yields the rules of the lists as they are when it begins.
func (s *Store) scanLists(ctx context.Context, kind store.Kind, yield func(store.Rule, error) bool) bool {
	type frozen struct {
		common  store.Rule
		version *version
	}
	var lists []frozen
	err := s.read(ctx, func() error {
		for _, l := range s.lists.ordered {
			lists = append(lists, frozen{l.common, l.current})
		}
		return nil
	})
	for _, l := range lists {
		for batch := range slices.Chunk(l.version.entries, scanBatch) {
			if err == nil {
				err = s.read(ctx, func() error { return nil }) // open still, and the context too
			}
			if err != nil {
				break
			}
			for _, e := range batch {
				if (kind == 0 || e.Key.Kind == kind) && !yield(ruleOf(l.common, e), nil) {
					return false
				}
			}
		}
	}
	if err != nil {
		yield(store.Rule{}, err)
	}
	return err == nil
}
