package memstore

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// logged is an entry of the log.
type logged struct {
	store.Change
	known []store.Key // of a change that is Bulk; nil: not known, or forgotten
}

func (l logged) seq() int64 { return l.Seq }

// Changes implements [store.Changes].
func (s *Store) Changes(ctx context.Context, after int64, limit int) (changes []store.Change, err error) {
	size := store.Page{Limit: limit}.Size()
	after = max(after, 0)
	err = s.read(ctx, func() error {
		pruned := s.pruned()
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

// appendLog gives a change its Seq and appends it to the log.
func (s *Store) appendLog(c *store.Change) {
	known := changelog.Known(c)
	s.lastLogged++
	c.Seq = s.lastLogged
	s.log = append(s.log, logged{*c, known})
	if len(known) == 0 {
		return
	}
	s.bulk, s.known = append(s.bulk, c.Seq), s.known+len(known)
	for s.known > store.MaxKnownKeys {
		oldest := &s.log[s.bulk[0]-1-s.pruned()]
		s.known -= len(oldest.known)
		oldest.known, s.bulk = nil, s.bulk[1:]
	}
}

// pruned returns the Seq of the newest change that was forgotten.
func (s *Store) pruned() int64 { return s.lastLogged - int64(len(s.log)) }

// ChangedKeys implements [store.Changes].
func (s *Store) ChangedKeys(ctx context.Context, seq int64) iter.Seq2[store.Key, error] {
	return func(yield func(store.Key, error) bool) {
		var keys []store.Key
		err := s.read(ctx, func() error {
			at := seq - 1 - s.pruned()
			if at < 0 || at >= int64(len(s.log)) {
				return fmt.Errorf("change %d: %w", seq, store.ErrNotFound)
			}
			l := &s.log[at]
			if keys = l.Keys; l.Bulk {
				if keys = l.known; keys == nil {
					return fmt.Errorf("keys of change %d: %w", seq, store.ErrNotFound)
				}
			}
			return nil
		})
		if err != nil {
			yield(store.Key{}, err)
			return
		}
		for _, k := range keys { // which never change
			if !yield(k, nil) {
				return
			}
		}
	}
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
		for _, l := range s.log[:n] {
			if s.known -= len(l.known); len(l.known) > 0 {
				s.bulk = s.bulk[1:] // which begins with those that are pruned first
			}
		}
		s.log = slices.Clone(s.log[n:]) // lets go of the memory of the rest
		pruned = int64(n)
		return nil, nil
	})
	return pruned, err
}
