package memstore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"example.com/ostraka/store"
)

// logged is an entry of the log.
type logged struct{ store.Change }

func (l logged) seq() int64 { return l.Seq }

// Changes implements [store.Changes].
func (s *Store) Changes(ctx context.Context, after int64, limit int) (changes []store.Change, err error) {
	size := store.Page{Limit: limit}.Size()
	after = max(after, 0)
	err = s.read(ctx, func() error {
		pruned := s.lastLogged - int64(len(s.log)) // the Seq of the newest one forgotten
		if after < pruned {
			return fmt.Errorf("changes up to %d: %w", pruned, store.ErrPruned)
		}
		rest := s.log[min(after-pruned, int64(len(s.log))):]
		for _, l := range rest[:min(size, len(rest))] {
			changes = append(changes, clone(l.Change))
		}
		return nil
	})
	return changes, err
}

// clone returns a copy that shares nothing with the log.
func clone(c store.Change) store.Change {
	c.Keys = slices.Clone(c.Keys)
	c.Before = slices.Clone(c.Before)
	c.After = slices.Clone(c.After)
	c.Counts = maps.Clone(c.Counts)
	return c
}

// LastChange implements [store.Changes].
func (s *Store) LastChange(ctx context.Context) (seq int64, err error) {
	err = s.read(ctx, func() error {
		seq = s.lastLogged
		return nil
	})
	return seq, err
}

// Subscribe implements [store.Changes].
func (s *Store) Subscribe(fn func(store.Change)) (cancel func()) { return s.subs.Add(fn) }

// PruneChanges implements [store.Changes].
func (s *Store) PruneChanges(ctx context.Context, before time.Time) (pruned int64, err error) {
	err = s.write(ctx, func() (*store.Change, error) {
		n := slices.IndexFunc(s.log, func(l logged) bool { return !l.At.Before(before) })
		if n < 0 {
			n = len(s.log)
		}
		s.log = slices.Clone(s.log[n:]) // lets go of the memory of the rest
		pruned = int64(n)
		return nil, nil
	})
	return pruned, err
}
