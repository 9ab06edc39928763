package memstore

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/google/uuid"

	"example.com/ostraka/internal/ruleindex"
	"example.com/ostraka/store"
)

// lists are the named lists.
type lists struct {
	byName   map[string]*list
	ordered  []*list             // by name, ascending
	last     int64               // the last Seq given
	applying map[string]*attempt // the ApplyList of a name that began last, while it runs
}

// list is a named list. Its versions are swapped, never changed.
type list struct {
	info    store.List // as it is with the current version
	common  store.Rule // what the rules of all entries have in common
	current *version
	undo    *step // to the current version, for UndoList to take back; nil: it is gone
	hits    map[uuid.UUID]*entryTally
}

// entryTally is what an entry caught, of the current version or the one before.
type entryTally struct {
	key store.Key // of the newest version that has it
	tally
}

// tallyOf returns the tally of an entry.
func (l *list) tallyOf(id uuid.UUID, key store.Key) *tally {
	t := l.hits[id]
	if t == nil {
		t = &entryTally{key: key}
		l.hits[id] = t
	}
	return &t.tally
}

// moveHits keeps the tallies with entries that have come by another key.
func (l *list) moveHits(added []*store.Entry) {
	if len(l.hits) == 0 {
		return
	}
	for _, e := range added {
		if t := l.hits[e.ID]; t != nil {
			t.key = e.Key
		}
	}
}

// forgetHits forgets what the entries caught that are in no version any more.
func (l *list) forgetHits() {
	for id, t := range l.hits {
		if !l.current.has(id, t.key) && (l.undo == nil || !l.undo.before.has(id, t.key)) {
			delete(l.hits, id)
		}
	}
}

// ruleOf returns the rule of an entry as [store.Entry.Rule] does, from that of
// none: so the rules of a list share one text of its origin.
func ruleOf(common store.Rule, e *store.Entry) store.Rule {
	common.Key, common.Value, common.ID, common.Line = e.Key, e.Value, e.ID, e.Line
	common.Effect, common.Scope, common.Shadow = e.Effect, e.Scope, e.Shadow
	return common
}

// put adds a new list.
func (x *lists) put(l *list) {
	i, _ := x.position(l.info.Name)
	x.ordered = slices.Insert(x.ordered, i, l)
	x.byName[l.info.Name] = l
	x.last = l.info.Seq
}

func (x *lists) remove(l *list) {
	i, _ := x.position(l.info.Name)
	x.ordered = slices.Delete(x.ordered, i, i+1)
	delete(x.byName, l.info.Name)
}

func (x *lists) position(name string) (int, bool) {
	return slices.BinarySearchFunc(x.ordered, name, func(l *list, name string) int {
		return strings.Compare(l.info.Name, name)
	})
}

// append appends the rules that carry one of the keys to dst.
func (x *lists) append(dst []store.Rule, keys []store.Key) []store.Rule {
	if len(x.ordered) == 0 {
		return dst
	}
	return ruleindex.AppendEach(dst, keys, func(dst []store.Rule, k store.Key) []store.Rule {
		hash := hashOf(k)
		for _, l := range x.ordered {
			l.current.find(k, hash, func(e *store.Entry) bool {
				dst = append(dst, ruleOf(l.common, e))
				return true
			})
		}
		return dst
	})
}

// List implements [store.Lists].
func (s *Store) List(ctx context.Context, name string) (info store.List, err error) {
	err = s.read(ctx, func() error {
		l := s.lists.byName[name]
		if l == nil {
			return missingList(name)
		}
		info = l.info
		return nil
	})
	return info, err
}

func missingList(name string) error { return fmt.Errorf("list %q: %w", name, store.ErrNotFound) }

// Lists implements [store.Lists].
func (s *Store) Lists(ctx context.Context) (infos []store.List, err error) {
	err = s.read(ctx, func() error {
		for _, l := range s.lists.ordered {
			infos = append(infos, l.info)
		}
		return nil
	})
	return infos, err
}

// ListEntries implements [store.Lists].
func (s *Store) ListEntries(ctx context.Context, name string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		var of *version
		// still looks up the version, or whether it is still in force.
		still := func() error {
			return s.read(ctx, func() error {
				l := s.lists.byName[name]
				switch {
				case l == nil:
					return missingList(name)
				case of == nil:
					of = l.current
				case of != l.current:
					return fmt.Errorf("list %q: %w", name, store.ErrConflict)
				}
				return nil
			})
		}
		if err := still(); err != nil {
			yield(store.Entry{}, err)
			return
		}
		for batch := range slices.Chunk(of.entries, scanBatch) {
			for _, e := range batch {
				if !yield(*e, nil) {
					return
				}
			}
			if err := still(); err != nil {
				yield(store.Entry{}, err)
				return
			}
		}
	}
}
