package storetest

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var entryClauses = []clause{
	{"A loop over ListEntries may stop early",
		"The loop over ListEntries may stop early and may call other methods of the store, reading and writing.",
		func(t reporter, s store.Store) {
			apply(t, s, newList("l"), domainEntries(20), nil)
			for i := range 5 {
				seen := 0
				for e, err := range s.ListEntries(t.Context(), "l") {
					if err != nil {
						t.Fatalf("ListEntries: %v", err)
					}
					lookup(t, s, e.Key)
					create(t, s, domainBan(fmt.Sprint(i, seen)))
					readList(t, s, "l")
					if seen++; seen == 3 {
						break
					}
				}
			}
		}},
	{"ListEntries ends with ErrConflict when a new version comes",
		"If a new version comes into force meanwhile, ListEntries yields an error that matches ErrConflict, or ErrNotFound if the list is gone, with a zero Entry and nothing after it.",
		entriesMeanwhile},
	{"ListEntries ends with the error of a context that ends",
		"A context that ends while ListEntries runs ends it with its error and a zero Entry, or lets it complete.",
		entriesCancelled},
	{"A version of a list is one change in the log",
		"ApplyList, UndoList and DropList each log one change with the caller's At, Actor and Action, and the store's Target, Before, After, the keys of all entries added and removed, and counts of values: added, removed, and changed for those with another Effect, Scope or Shadow.",
		listChangesLogged},
	{"A change of a list names at most MaxChangeKeys keys",
		"A change of a list names the keys of all entries added and removed, each once, or is Bulk without Keys if they are more than MaxChangeKeys.",
		listChangeKeys},
	{"A change of a list's texts is bulk",
		"Bulk says that the rules of any key may have changed: Source, Reason and PublicReason are in the rules of all entries, also those that stay.",
		func(t reporter, s store.Store) {
			l := apply(t, s, newList("l"), domainEntries(2), nil)
			for _, text := range []*string{&l.Source, &l.Reason, &l.PublicReason} {
				last := lastChange(t, s)
				*text += " and more"
				got := apply(t, s, l, nil, nil)
				if log := changes(t, s, last); len(log) != 1 || !log[0].Bulk || len(log[0].Keys) != 0 {
					t.Errorf("the log holds %+v, want one bulk change without keys", log)
				}
				l.Version = got.Version
			}
		}},
	{"A subscriber is told of a version once it is in force",
		"Subscribe calls fn once for every version, after it came into force and before the method that put it there returns.",
		func(t reporter, s store.Store) {
			entries := domainEntries(3)
			var want []store.Entry
			told := 0
			defer s.Subscribe(func(c store.Change) {
				told++
				got := lookup(t, s, keysOf(entries)...)
				if len(got) != len(want) {
					t.Errorf("told of %s while %d entries are in force, want %d", c.Action, len(got), len(want))
				}
				if log := changes(t, s, c.Seq-1); len(log) != 1 || log[0].Seq != c.Seq {
					t.Errorf("told of change %d, which Changes does not give yet", c.Seq)
				}
			})()
			want = entries[:2]
			l := apply(t, s, newList("l"), want, nil)
			want = entries
			apply(t, s, l, entries[2:], nil)
			want = entries[:2]
			undo(t, s, "l")
			want = nil
			drop(t, s, "l")
			if told != 4 {
				t.Errorf("the subscriber was told %d times, want 4", told)
			}
		}},
}

// wantEntriesError wants an iteration that is just this error.
func wantEntriesError(t reporter, doing string, entries iter.Seq2[store.Entry, error], want error) {
	t.Helper()
	seen := 0
	for e, err := range entries {
		seen++
		wantError(t, doing, err, want)
		wantSame(t, doing+": the entry beside the error", e, store.Entry{})
	}
	if seen != 1 {
		t.Errorf("%s yields %d times, want one error", doing, seen)
	}
}

func entriesMeanwhile(t reporter, s store.Store) {
	entries := domainEntries(900)
	l := apply(t, s, newList("l"), entries[:800], nil)
	for _, tt := range []struct {
		what string
		do   func()
		want error
	}{
		{"ApplyList", func() { l = apply(t, s, l, entries[800:], nil) }, store.ErrConflict},
		{"UndoList", func() { l = undo(t, s, "l") }, store.ErrConflict},
		{"DropList", func() { l = drop(t, s, "l") }, store.ErrNotFound},
	} {
		was := readList(t, s, "l")
		seen := map[uuid.UUID]bool{}
		var ended error
		for e, err := range s.ListEntries(t.Context(), "l") {
			if ended != nil {
				t.Fatalf("ListEntries goes on after its error")
			}
			if ended = err; err != nil {
				wantError(t, "ListEntries during "+tt.what, err, tt.want)
				wantSame(t, "the entry beside the error", e, store.Entry{})
				continue
			}
			if seen[e.ID] = true; len(seen) == 3 {
				tt.do()
			}
		}
		if ended == nil {
			t.Errorf("ListEntries during %s yields no error, want one that matches %q", tt.what, tt.want)
		}
		if int64(len(seen)) > was.Entries {
			t.Errorf("ListEntries during %s yields %d entries of a version with %d", tt.what, len(seen), was.Entries)
		}
	}
}

func entriesCancelled(t reporter, s store.Store) {
	apply(t, s, newList("l"), domainEntries(50), nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := false
	for e, err := range s.ListEntries(ctx, "l") {
		if ended {
			t.Fatalf("ListEntries went on after its error")
		}
		if err != nil {
			ended = true
			wantError(t, "ListEntries", err, context.Canceled)
			wantSame(t, "the entry beside the error", e, store.Entry{})
		}
		cancel()
	}
}

func listChangesLogged(t reporter, s store.Store) {
	entries := domainEntries(4)
	entries[1].Key = entries[0].Key
	by := store.Change{
		At: after(time.Minute), Actor: "ἀριστείδης", Action: store.ListSync,
		Seq: 99, Target: uuid.Max, Bulk: true, Keys: keysOf(entries), Counts: map[string]int64{"added": 77},
	}
	first, err := s.ApplyList(t.Context(), store.ListDelta{List: newList("l"), Add: entries[:3]}, by)
	if err != nil {
		t.Fatalf("ApplyList: %v", err)
	}
	want := func(action store.ChangeAction, added, removed, changed int64, keys ...store.Key) store.Change {
		return store.Change{
			At: by.At, Actor: by.Actor, Action: action, Target: first.ID,
			Keys: keys, Counts: map[string]int64{"added": added, "removed": removed, "changed": changed},
		}
	}
	last := wantChange(t, s, 0, want(store.ListSync, 3, 0, 0, entries[0].Key, entries[2].Key), nil, &first)

	changed, moved := entries[2], entries[1]
	changed.Effect, moved.Line = store.Allow, 77
	delta := store.ListDelta{List: first, Add: []store.Entry{entries[3], changed, moved}, Remove: []store.Entry{entries[0], entries[2], entries[1]}}
	second, err := s.ApplyList(t.Context(), delta, by)
	if err != nil {
		t.Fatalf("ApplyList: %v", err)
	}
	touched := keysOf([]store.Entry{entries[0], entries[2], entries[3]})
	last = wantChange(t, s, last, want(store.ListSync, 1, 1, 1, touched...), &first, &second)

	by.Action = store.ListUndo
	back, err := s.UndoList(t.Context(), "l", 0, by)
	if err != nil {
		t.Fatalf("UndoList: %v", err)
	}
	last = wantChange(t, s, last, want(store.ListUndo, 1, 1, 1, touched...), &second, &back)

	by.Action = store.ListDrop
	if _, err := s.DropList(t.Context(), "l", by); err != nil {
		t.Fatalf("DropList: %v", err)
	}
	wantChange(t, s, last, want(store.ListDrop, 0, 3, 0, entries[0].Key, entries[2].Key), &back, nil)
}

func listChangeKeys(t reporter, s store.Store) {
	const most = store.MaxChangeKeys
	entries := domainEntries(most + 1)
	for _, tt := range []struct {
		what        string
		there       int // how many entries a version before has
		add, remove []store.Entry
		keys        int // 0: bulk
	}{
		{"as many additions as may be", 0, entries[:most], nil, most},
		{"one addition too many", 0, entries, nil, 0},
		{"as many additions and removals as may be", 400, entries[400:most], entries[:400], most},
		{"one addition or removal too many", 400, entries[400:], entries[:400], 0},
		{"changes, each with one key", most, entries[:most], entries[:most], most},
	} {
		l := newList("l")
		if tt.there > 0 {
			l = apply(t, s, l, entries[:tt.there], nil)
		}
		for _, do := range []func(){func() { apply(t, s, l, tt.add, tt.remove) }, func() { undo(t, s, "l") }} {
			last := lastChange(t, s)
			do()
			log := changes(t, s, last)
			if len(log) != 1 {
				t.Fatalf("%s logged %d changes, want 1", tt.what, len(log))
			}
			if keys := log[0].Keys; len(keys) != tt.keys || log[0].Bulk != (tt.keys == 0) {
				t.Errorf("%s, %s: the change names %d keys, Bulk %v; want %d", tt.what, log[0].Action, len(keys), log[0].Bulk, tt.keys)
			}
		}
		last := lastChange(t, s)
		drop(t, s, "l")
		if log := changes(t, s, last); len(log) != 1 || len(log[0].Keys) != tt.there || log[0].Bulk {
			t.Errorf("%s: DropList of %d entries logged %d keys, Bulk %v", tt.what, tt.there, len(log[0].Keys), log[0].Bulk)
		}
	}
}
