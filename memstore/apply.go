package memstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// attempt is an ApplyList that is under way, known by its address.
type attempt struct {
	list *list // nil for a new one
	base *version
}

// ApplyList implements [store.Lists]. It builds the version without a lock and
// then swaps it in, so that nobody waits for a long list.
func (s *Store) ApplyList(ctx context.Context, delta store.ListDelta, change store.Change) (store.List, error) {
	info := delta.List
	try, err := s.begin(ctx, &info)
	if err != nil {
		return store.List{}, err
	}
	defer s.end(info.Name, try)
	made, err := try.base.build(ctx, &delta)
	if err != nil {
		return store.List{}, fmt.Errorf("memstore: %w", err)
	}
	made.after.syncedAt, made.after.syncedBy = change.At, change.Actor
	made.after.source, made.after.reason, made.after.publicReason = info.Source, info.Reason, info.PublicReason
	made.after.digest = delta.Digest

	err = s.write(ctx, func() (*store.Change, error) {
		l := try.list
		if s.lists.applying[info.Name] != try || s.lists.byName[info.Name] != l || l != nil && l.current != try.base {
			return nil, fmt.Errorf("list %q: %w", info.Name, store.ErrConflict)
		}
		info.Version++ // from the one that begin compared
		if l == nil {
			info.Seq = s.lists.last + 1
			l = &list{hits: make(map[uuid.UUID]*entryTally)}
		} else {
			info.Seq, info.CreatedAt = l.info.Seq, l.info.CreatedAt
		}
		return s.swap(l, &info, made, made, change)
	})
	if err != nil {
		return store.List{}, err
	}
	return info, nil
}

// begin makes an attempt to apply a delta for the list as it is given, unless
// that is not as it is here. The one that was under way for it is now to fail.
func (s *Store) begin(ctx context.Context, given *store.List) (*attempt, error) {
	try := &attempt{}
	err := s.write(ctx, func() (*store.Change, error) {
		l := s.lists.byName[given.Name]
		switch {
		case l != nil && l.info.ID == given.ID && l.info.Version == given.Version:
			try.list, try.base = l, l.current
		case given.Version != 0 || l != nil && l.info.ID == given.ID:
			return nil, fmt.Errorf("list %q is not at version %d: %w", given.Name, given.Version, store.ErrConflict)
		case l != nil:
			return nil, fmt.Errorf("list %q %w", given.Name, store.ErrExists)
		case slices.ContainsFunc(s.lists.ordered, func(l *list) bool { return l.info.ID == given.ID }):
			return nil, fmt.Errorf("list %s %w", given.ID, store.ErrExists)
		default:
			try.base = emptyVersion()
		}
		s.lists.applying[given.Name] = try
		return nil, nil
	})
	return try, err
}

// end forgets an attempt.
func (s *Store) end(name string, try *attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lists.applying[name] == try {
		delete(s.lists.applying, name)
	}
}

// swap puts the version after the step into force, with undo as the step that
// UndoList is to take back. It completes info to what the list then is, and
// returns the change to log.
func (s *Store) swap(l *list, info *store.List, taken, undo *step, change store.Change) (*store.Change, error) {
	v := taken.after
	info.Entries, info.Undoable = int64(len(v.entries)), undo != nil
	info.SyncedAt, info.SyncedBy = v.syncedAt, v.syncedBy
	info.Source, info.Reason, info.PublicReason = v.source, v.reason, v.publicReason
	info.Digest = v.digest
	var was *store.List
	if l.current != nil {
		was = &l.info
	}
	logged, err := changelog.List(change, was, info, taken.keys(changelog.OtherRules(was, info)), taken.counts())
	if err != nil {
		return nil, err
	}
	l.info, l.common = *info, new(store.Entry).Rule(info)
	l.current, l.undo = v, undo
	if was == nil {
		s.lists.put(l)
	}
	l.moveHits(taken.added)
	l.forgetHits()
	return &logged, nil
}

// UndoList implements [store.Lists].
func (s *Store) UndoList(ctx context.Context, name string, version int64, change store.Change) (info store.List, err error) {
	err = s.write(ctx, func() (*store.Change, error) {
		l := s.lists.byName[name]
		if l == nil {
			return nil, missingList(name)
		}
		if version != 0 && l.info.Version != version {
			return nil, fmt.Errorf("list %q is not at version %d: %w", name, version, store.ErrConflict)
		}
		if l.undo == nil {
			return nil, fmt.Errorf("the version before of list %q is gone: %w", name, store.ErrConflict)
		}
		info = l.info
		info.Version++
		return s.swap(l, &info, l.undo.back(), nil, change)
	})
	if err != nil {
		return store.List{}, err
	}
	return info, nil
}

// DropList implements [store.Lists].
func (s *Store) DropList(ctx context.Context, name string, change store.Change) (info store.List, err error) {
	err = s.write(ctx, func() (*store.Change, error) {
		l := s.lists.byName[name]
		if l == nil {
			return nil, missingList(name)
		}
		taken := step{removed: l.current.entries}
		logged, err := changelog.List(change, &l.info, nil, taken.keys(false), taken.counts())
		if err != nil {
			return nil, err
		}
		info = l.info
		s.lists.remove(l)
		return &logged, nil
	})
	return info, err
}

// step is the way from one version of a list to another.
type step struct {
	before, after  *version
	added, removed []*store.Entry
}

// back returns the way back.
func (s *step) back() *step {
	return &step{before: s.after, after: s.before, added: s.removed, removed: s.added}
}

func (s *step) counts() map[string]int64 {
	return changelog.ListCounts(slices.Values(s.added), slices.Values(s.removed))
}

// keys returns those of what was added and removed, or of all in either version,
// or as many as tell that they are too many.
func (s *step) keys(all bool) []store.Key {
	touched := [][]*store.Entry{s.added, s.removed}
	if all {
		touched = [][]*store.Entry{s.after.entries, s.before.entries}
	}
	return changelog.Keys(func(yield func(store.Key) bool) {
		for _, entries := range touched {
			for _, e := range entries {
				if !yield(e.Key) {
					return
				}
			}
		}
	})
}
