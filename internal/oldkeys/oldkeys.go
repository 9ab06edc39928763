// Package oldkeys finds rules under the keys that tables make of them, while some
// are still stored under keys that other tables made.
package oldkeys

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// Store is what a Source reads.
type Store interface {
	store.Rules
	store.Changes
	store.Hits
	store.Keys
}

// Source is a store as it would be if all its keys were made by the tables. As long
// as the store says that they are, it adds nothing. Else it has read all rules whose
// keys the tables make, and knows which are stored under another key; a look-up asks
// for both, and a change of one is a change of the other. It is safe for concurrent
// use.
type Source struct {
	Store
	tables *value.Tables
	name   string // of the tables
	mixed  atomic.Bool
	told   atomic.Int64 // the Seq of the newest change of the tables; a reader of the log may come past it again
	empty  atomic.Bool  // the store was, so that it is the first change that tells the tables

	mu     sync.Mutex
	unread bool                      // what follows has to be read first
	stored map[store.Key][]store.Key // by key, the others under which its rules may be stored
	made   map[store.Key][]store.Key // by stored key, those that the tables make of its rules
	moved  map[uuid.UUID]store.Key   // the stored keys of those rules
}

// lookupTimeout bounds a look-up that a change makes necessary: who made it waits.
const lookupTimeout = 5 * time.Second

// New returns a Source that reads nothing until it is asked.
func New(st Store, tables *value.Tables) *Source {
	s := &Source{Store: st, tables: tables, name: tables.Version().String()}
	s.forget()
	return s
}

// Underlying returns the store itself.
func (s *Source) Underlying() store.Rules { return s.Store }

// Mixed reports whether some rules may be stored under other keys than the tables make.
func (s *Source) Mixed() bool { return s.mixed.Load() }

// Forget says that any change may have been missed, and that the log may be another
// one, as that of a backup is that was put back.
func (s *Source) Forget() {
	s.told.Store(0)
	s.forget()
}

func (s *Source) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unread = true
	s.mixed.Store(true)
}

// Settle finds out by which tables the keys in the store were made, and reads the
// rules if they are others. It does nothing if that is known.
func (s *Source) Settle(ctx context.Context) error {
	if !s.mixed.Load() {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.unread {
		return nil
	}
	// A change that comes now waits for the lock, and is looked up then.
	have, err := s.Store.KeyTables(ctx)
	if err != nil {
		return fmt.Errorf("read the tables of keys: %w", err)
	}
	if have == "" {
		last, err := s.Store.LastChange(ctx)
		if err != nil {
			return fmt.Errorf("read the tables of keys: %w", err)
		}
		if last == 0 {
			s.empty.Store(true)
			have = s.name
		}
	}
	s.stored, s.made, s.moved = make(map[store.Key][]store.Key), make(map[store.Key][]store.Key), make(map[uuid.UUID]store.Key)
	if have != s.name {
		for _, kind := range [...]store.Kind{store.KindEmail, store.KindName} {
			for r, err := range s.Store.Scan(ctx, kind) {
				if err != nil {
					return fmt.Errorf("read rules under old keys: %w", err)
				}
				s.note(&r)
			}
		}
	}
	s.unread = false
	s.mixed.Store(have != s.name)
	return nil
}

// Key returns the key that tables make of a rule.
func Key(tables *value.Tables, r *store.Rule) store.Key {
	if r.Key.Wildcard() || !keyed(r.Key.Kind) {
		return r.Key
	}
	if text, ok := tables.RuleKey(r.Key.Kind, r.Value); ok {
		return store.Key{Kind: r.Key.Kind, Text: text}
	}
	return r.Key
}

// keyed reports whether tables make the keys of that kind.
func keyed(k store.Kind) bool { return k == store.KindEmail || k == store.KindName }

// May reports whether keys in a store that have to do with rules of that kind may be
// made by others than the tables. A domain has to do with addresses too.
func May(ctx context.Context, st store.Keys, tables *value.Tables, kind store.Kind) (bool, error) {
	if kind == store.KindIP {
		return false, nil
	}
	have, err := st.KeyTables(ctx)
	return err == nil && have != tables.Version().String(), err
}

// note takes note of a rule as it is stored. It is called with mu held.
func (s *Source) note(r *store.Rule) {
	key := Key(s.tables, r)
	if key == r.Key {
		delete(s.moved, r.ID)
		return
	}
	s.moved[r.ID] = r.Key
	if !slices.Contains(s.stored[key], r.Key) {
		s.stored[key] = append(s.stored[key], r.Key)
	}
	if !slices.Contains(s.made[r.Key], key) {
		s.made[r.Key] = append(s.made[r.Key], key)
	}
}

// Lookup implements [store.Rules].
func (s *Source) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	if !s.mixed.Load() {
		return s.Store.Lookup(ctx, keys)
	}
	if err := s.Settle(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	all := slices.Clip(keys)
	for _, k := range keys {
		all = append(all, s.stored[k]...)
	}
	s.mu.Unlock()
	rules, err := s.Store.Lookup(ctx, all)
	if err != nil {
		return nil, err
	}
	for i := range rules {
		rules[i].Key = Key(s.tables, &rules[i])
	}
	return slices.DeleteFunc(rules, func(r store.Rule) bool { return !slices.Contains(keys, r.Key) }), nil
}

// Scan implements [store.Rules].
func (s *Source) Scan(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
	if !s.mixed.Load() {
		return s.Store.Scan(ctx, kind)
	}
	return func(yield func(store.Rule, error) bool) {
		if err := s.Settle(ctx); err != nil { // for the changes that follow
			yield(store.Rule{}, err)
			return
		}
		for r, err := range s.Store.Scan(ctx, kind) {
			if err == nil {
				r.Key = Key(s.tables, &r)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// Changes implements [store.Changes].
func (s *Source) Changes(ctx context.Context, after int64, limit int) ([]store.Change, error) {
	changes, err := s.Store.Changes(ctx, after, limit)
	for i := range changes {
		changes[i] = s.translate(ctx, changes[i], false)
	}
	return changes, err
}

// ChangedKeys implements [store.Changes]. As long as keys are mixed, it knows none.
func (s *Source) ChangedKeys(ctx context.Context, seq int64) iter.Seq2[store.Key, error] {
	if s.mixed.Load() {
		return func(yield func(store.Key, error) bool) {
			yield(store.Key{}, fmt.Errorf("change %d of keys by several tables: %w", seq, store.ErrNotFound))
		}
	}
	return s.Store.ChangedKeys(ctx, seq)
}

// Subscribe implements [store.Changes].
func (s *Source) Subscribe(fn func(store.Change)) (cancel func()) {
	return s.Store.Subscribe(func(c store.Change) {
		ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
		defer cancel()
		fn(s.translate(ctx, c, true))
	})
}

// translate returns a change as one of the keys that the tables make, beside those
// that it names. Where they cannot be told it is of all. own says that this process
// made it.
func (s *Source) translate(ctx context.Context, c store.Change, own bool) store.Change {
	first := c.Seq == 1 && s.empty.CompareAndSwap(true, false)
	tables := c.Action == store.KeysTables || c.Action == store.KeysMixed
	if tables && s.told.Swap(c.Seq) != c.Seq || first && !(own && s.ours(ctx)) {
		s.forget()
		c.Keys, c.Bulk = nil, true
		return c
	}
	if !s.mixed.Load() {
		return c
	}
	if c.Bulk {
		s.forget()
		return c
	}
	more, err := s.keysOf(ctx, c.Keys)
	if err != nil {
		s.forget()
		c.Keys, c.Bulk = nil, true
		return c
	}
	c.Keys = append(slices.Clip(c.Keys), more...)
	return c
}

// ours reports whether the store says that all its keys were made by the tables. What
// came with the very first change, of which that is not told, may be by others, also in
// this process.
func (s *Source) ours(ctx context.Context) bool {
	have, err := s.Store.KeyTables(ctx)
	return err == nil && have == s.name
}

// keysOf returns the keys that the tables make of the rules that carry one of the
// keys, or did.
func (s *Source) keysOf(ctx context.Context, keys []store.Key) (more []store.Key, err error) {
	keys = slices.DeleteFunc(slices.Clone(keys), func(k store.Key) bool { return !keyed(k.Kind) || k.Wildcard() })
	if len(keys) == 0 {
		return nil, nil
	}
	rules, err := s.Store.Lookup(ctx, keys)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unread {
		return nil, errUnread
	}
	for i := range rules {
		s.note(&rules[i])
	}
	for _, k := range keys {
		more = append(more, s.made[k]...)
	}
	return more, nil
}

var errUnread = fmt.Errorf("the rules under old keys are yet to be read")

// AddHits implements [store.Hits]. Stores find a rule by its stored key.
func (s *Source) AddHits(ctx context.Context, hits []store.Hit) error {
	if s.mixed.Load() {
		hits = slices.Clone(hits)
		s.mu.Lock()
		for i := range hits {
			if key, ok := s.moved[hits[i].RuleID]; ok {
				hits[i].Key = key
			}
		}
		s.mu.Unlock()
	}
	return s.Store.AddHits(ctx, hits)
}
