package storetest

import (
	"fmt"
	"time"

	"example.com/ostraka/store"
)

var undoClauses = []clause{
	{"UndoList puts the version before back into force",
		"After UndoList the entries are exactly those of the version before, changed ones as they were; the Version is one higher; SyncedAt and SyncedBy are of the version before.",
		undoRestores},
	{"UndoList puts the texts of the list back",
		"Source, Reason and PublicReason are those of the version before when a version is undone, also in rules, with the lines that entries had in that source; the change is Bulk.",
		func(t reporter, s store.Store) {
			entries := domainEntries(3)
			first := apply(t, s, newList("l"), entries[:2], nil)
			other, moved := first, entries[0]
			other.Source, other.Reason, other.PublicReason = "another", "other", "texts"
			moved.Line += 1000
			apply(t, s, other, []store.Entry{moved, entries[2]}, entries[:1])
			last := lastChange(t, s)
			got, want := undo(t, s, "l"), first
			want.Version, want.Undoable = first.Version+2, false
			wantSame(t, "what UndoList returns", got, want)
			wantList(t, s, got, entries[:2]...)
			if log := changes(t, s, last); len(log) != 1 || !log[0].Bulk {
				t.Errorf("the log holds %+v, want one bulk change", log)
			}
			again := apply(t, s, got, nil, nil)
			if back := undo(t, s, "l"); back.Source != first.Source || again.Source != first.Source {
				t.Errorf("a version with the texts of the one before has the source %q, and undone %q; want %q", again.Source, back.Source, first.Source)
			}
		}},
	{"A list has the Digest of its content",
		"A list has the Digest that its delta came with, and none if that had none, whatever the List of the delta has; UndoList brings that of the version before back.",
		func(t reporter, s store.Store) {
			entries := domainEntries(3)
			add := func(l store.List, e store.Entry, digest string) store.List {
				t.Helper()
				l, err := s.ApplyList(t.Context(), store.ListDelta{List: l, Add: []store.Entry{e}, Digest: digest}, change(store.ListSync))
				if err != nil {
					t.Fatalf("ApplyList: %v", err)
				}
				return l
			}
			has := func(when, want string, l store.List) {
				t.Helper()
				if read, err := s.List(t.Context(), "l"); err != nil || l.Digest != want || read.Digest != want {
					t.Errorf("%s it returns the digest %q and List gives %q, want %q", when, l.Digest, read.Digest, want)
				}
			}
			first := add(newList("l"), entries[0], "first")
			has("made,", "first", first)
			second := add(first, entries[1], "second")
			has("applied,", "second", second)
			back := undo(t, s, "l")
			has("undone,", "first", back)
			none := add(back, entries[2], "")
			has("applied without,", "", none)
			has("undone,", "first", undo(t, s, "l"))
		}},
	{"UndoList goes back one version only",
		"Only one version is kept: a second UndoList is ErrConflict and writes nothing, until ApplyList makes a new version.",
		func(t reporter, s store.Store) {
			entries := domainEntries(4)
			l := apply(t, s, newList("l"), entries[:1], nil)
			l = apply(t, s, l, entries[1:2], nil)
			apply(t, s, l, entries[2:3], nil)
			l = undo(t, s, "l")
			verify := unchanged(t, s)
			_, err := s.UndoList(t.Context(), "l", 0, change(store.ListUndo))
			wantError(t, "UndoList again", err, store.ErrConflict)
			verify("a refused UndoList")
			wantList(t, s, l, entries[:2]...)
			next := apply(t, s, l, entries[3:], nil)
			if next.Version != l.Version+1 || !next.Undoable {
				t.Errorf("the version after is %d, Undoable %v; want %d, true", next.Version, next.Undoable, l.Version+1)
			}
			wantList(t, s, next, entries[0], entries[1], entries[3])
			wantList(t, s, undo(t, s, "l"), entries[:2]...)
		}},
	{"UndoList of a version is for that version alone",
		"With a version that is not 0 and not the list's Version it is ErrConflict and writes nothing, be the version older or newer; with the list's own it is as without.",
		func(t reporter, s store.Store) {
			entries := domainEntries(2)
			first := apply(t, s, newList("l"), entries[:1], nil)
			second := apply(t, s, first, entries[1:], nil)
			for _, version := range []int64{first.Version, second.Version + 1, -1} {
				verify := unchanged(t, s)
				_, err := s.UndoList(t.Context(), "l", version, change(store.ListUndo))
				wantError(t, fmt.Sprintf("UndoList of version %d, in force being %d,", version, second.Version), err, store.ErrConflict)
				verify("a refused UndoList")
				wantList(t, s, second, entries...)
			}
			l, err := s.UndoList(t.Context(), "l", second.Version, change(store.ListUndo))
			if err != nil {
				t.Fatalf("UndoList of the version in force: %v", err)
			}
			wantList(t, s, l, entries[:1]...)
		}},
	{"UndoList of the first version leaves an empty list",
		"Before the first version the list was empty, and so it is again, at a new version: it has no texts, SyncedAt is zero and there is nothing to undo. ApplyList goes on from there.",
		func(t reporter, s store.Store) {
			entries := domainEntries(2)
			first := apply(t, s, newList("l"), entries, nil)
			got := undo(t, s, "l")
			want := first
			want.Version, want.Entries, want.Undoable, want.SyncedAt, want.SyncedBy = 2, 0, false, time.Time{}, ""
			want.Source, want.Reason, want.PublicReason = "", "", ""
			wantSame(t, "what UndoList returns", got, want)
			wantList(t, s, got)
			wantJustRules(t, "Lookup", lookup(t, s, keysOf(entries)...))
			again := apply(t, s, got, entries[:1], nil)
			if again.Version != 3 || again.Seq != first.Seq {
				t.Errorf("the list goes on at version %d with Seq %d, want 3 and %d", again.Version, again.Seq, first.Seq)
			}
			wantList(t, s, again, entries[:1]...)
		}},
	{"Version never comes again",
		"Version goes up by one with every ApplyList and every UndoList: a delta that was made for one content is ErrConflict for any other.",
		versionsGoUp},
	{"A list that is not there is ErrNotFound",
		"List, ListEntries, UndoList and DropList of a name that no list has give ErrNotFound, and write nothing.",
		func(t reporter, s store.Store) {
			check := func(when string) {
				t.Helper()
				_, err := s.List(t.Context(), "l")
				wantError(t, "List "+when, err, store.ErrNotFound)
				_, err = s.UndoList(t.Context(), "l", 0, change(store.ListUndo))
				wantError(t, "UndoList "+when, err, store.ErrNotFound)
				_, err = s.DropList(t.Context(), "l", change(store.ListDrop))
				wantError(t, "DropList "+when, err, store.ErrNotFound)
				wantEntriesError(t, "ListEntries "+when, s.ListEntries(t.Context(), "l"), store.ErrNotFound)
			}
			check("in an empty store")
			apply(t, s, newList("L"), domainEntries(1), nil)
			apply(t, s, newList("l"), domainEntries(1), nil)
			drop(t, s, "l")
			verify := unchanged(t, s)
			check("after it was dropped")
			verify("writing to what is not there")
		}},
}

func undoRestores(t reporter, s store.Store) {
	all := domainEntries(5)
	l := newList("l")
	first, err := s.ApplyList(t.Context(), store.ListDelta{List: l, Add: all[:4]}, store.Change{At: after(time.Minute), Actor: "first", Action: store.ListSync})
	if err != nil {
		t.Fatalf("ApplyList: %v", err)
	}
	changed, moved := all[0], all[1]
	changed.Effect, changed.Scope, changed.Shadow, changed.Line = store.Allow, 0, false, 99
	moved.Key.Text = "another key"
	apply(t, s, first, []store.Entry{changed, moved, all[4]}, []store.Entry{all[0], all[1], all[2]})
	got := undo(t, s, "l")
	want := first
	want.Version, want.Undoable = 3, false
	wantSame(t, "what UndoList returns", got, want)
	wantList(t, s, got, all[:4]...)
	wantJustRules(t, "Lookup of what came with the version undone", lookup(t, s, moved.Key, all[4].Key))
}

func versionsGoUp(t reporter, s store.Store) {
	entries := domainEntries(4)
	all := []store.List{apply(t, s, newList("l"), entries[:1], nil)}
	next := func(l store.List) {
		t.Helper()
		if last := all[len(all)-1].Version; l.Version != last+1 {
			t.Errorf("after version %d comes version %d", last, l.Version)
		}
		all = append(all, l)
	}
	for i := range 2 {
		next(apply(t, s, all[len(all)-1], entries[1+i:2+i], nil))
		next(undo(t, s, "l"))
	}
	for _, old := range all[:len(all)-1] {
		_, err := s.ApplyList(t.Context(), store.ListDelta{List: old, Add: entries[3:]}, change(store.ListSync))
		wantError(t, fmt.Sprintf("ApplyList for version %d after version %d", old.Version, len(all)), err, store.ErrConflict)
	}
	wantList(t, s, all[len(all)-1], entries[:1]...)
}

var dropClauses = []clause{
	{"DropList removes a list with all its entries",
		"DropList returns the list as it was; it, its entries and the version before are gone, other lists stay.",
		func(t reporter, s store.Store) {
			entries, others := domainEntries(4), domainEntries(2)
			l := apply(t, s, newList("l"), entries[:2], nil)
			l = apply(t, s, l, entries[2:], entries[:1])
			other := apply(t, s, newList("other"), others, nil)
			wantSame(t, "what DropList returns", drop(t, s, "l"), l)
			wantList(t, s, other, others...)
			for _, r := range append(scan(t, s, 0), lookup(t, s, keysOf(entries)...)...) {
				if r.Origin == "list:l" {
					t.Errorf("the rule of %q is still there", r.Value)
				}
			}
			if all := allLists(t, s); len(all) != 1 {
				t.Errorf("Lists = %+v, want one", all)
			}
		}},
	{"A name that was dropped starts afresh",
		"A list that was dropped leaves nothing to one of the same name and ID: that begins at version 1, has no version to go back to but the empty one, and its own entries.",
		func(t reporter, s store.Store) {
			entries := domainEntries(3)
			l := newList("l")
			for i := range entries {
				l = apply(t, s, l, entries[i:i+1], nil)
			}
			drop(t, s, "l")
			again := l
			again.Version = 0
			again = apply(t, s, again, entries[:2], nil)
			if again.Version != 1 || again.Seq <= l.Seq {
				t.Errorf("the list made after is at version %d with Seq %d, want 1 and above %d", again.Version, again.Seq, l.Seq)
			}
			wantList(t, s, again, entries[:2]...)
			wantList(t, s, undo(t, s, "l"))
		}},
}
