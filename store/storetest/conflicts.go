package storetest

import (
	"slices"

	"example.com/ostraka/store"
)

var conflictClauses = []clause{
	{"ApplyList refuses a delta for another version",
		"It is ErrConflict if the list's Version is not delta.List.Version, also if there is no such list any more or another one of its name; the list is then as it was.",
		applyStale},
	{"ApplyList refuses a delta that does not fit",
		"It is ErrConflict if the delta removes an entry that is not there, or adds one whose ID or value is there and not removed; the list is then as it was.",
		applyUnfit},
	{"ApplyList refuses a new list whose name or ID is taken",
		"It is ErrExists if the list is new and its name or ID is taken, and nothing is written.",
		func(t reporter, s store.Store) {
			entries := domainEntries(2)
			there := apply(t, s, newList("l"), entries, nil)
			verify := unchanged(t, s)
			sameID := newList("other")
			sameID.ID = there.ID
			for what, l := range map[string]store.List{"a name that is taken": newList("l"), "an ID that is taken": sameID} {
				_, err := s.ApplyList(t.Context(), store.ListDelta{List: l, Add: domainEntries(1)}, change(store.ListSync))
				wantError(t, "ApplyList with "+what, err, store.ErrExists)
				verify("ApplyList with " + what)
				wantList(t, s, there, entries...)
			}
		}},
}

func applyStale(t reporter, s store.Store) {
	entries := domainEntries(3)
	old := apply(t, s, newList("l"), entries[:1], nil)
	l := apply(t, s, old, entries[1:2], nil)
	other := l
	other.ID = newList("").ID
	ahead := l
	ahead.Version++
	verify := unchanged(t, s)
	refused := func(what string, l store.List) {
		t.Helper()
		_, err := s.ApplyList(t.Context(), store.ListDelta{List: l, Add: entries[2:]}, change(store.ListSync))
		wantError(t, "ApplyList for "+what, err, store.ErrConflict)
	}
	refused("the version before", old)
	refused("a version to come", ahead)
	refused("another list of that name", other)
	verify("a refused ApplyList")
	wantList(t, s, l, entries[:2]...)
	undone := l
	l = undo(t, s, "l") // the refused ApplyList has kept the version before
	wantList(t, s, l, entries[:1]...)
	refused("the version that was undone", undone)
	drop(t, s, "l")
	refused("a list that was dropped", l)
	if all := allLists(t, s); len(all) != 0 {
		t.Errorf("Lists = %+v, want none", all)
	}
}

func applyUnfit(t reporter, s store.Store) {
	entries := domainEntries(4)
	l := apply(t, s, newList("l"), entries[:3], nil)
	sameID, sameValue := domainEntry("x.example"), entries[1]
	sameID.ID, sameValue.ID = entries[1].ID, domainEntry("").ID
	fresh, another := entries[3], domainEntry("y.example")
	twice := another
	twice.ID = domainEntry("").ID
	verify := unchanged(t, s)
	for _, tt := range []struct {
		what        string
		add, remove []store.Entry
	}{
		{"removes an entry that is not there", nil, []store.Entry{entries[0], fresh}},
		{"removes another entry under an ID that is there", nil, []store.Entry{sameID}},
		{"adds an entry that is there", []store.Entry{fresh, entries[0]}, nil},
		{"adds another entry under an ID that is there", []store.Entry{fresh, sameID}, nil},
		{"adds a value that is there", []store.Entry{fresh, sameValue}, nil},
		{"changes an entry that is not there", []store.Entry{fresh}, []store.Entry{fresh}},
		{"adds a value twice", []store.Entry{another, twice}, entries[:1]},
		{"adds an entry twice", []store.Entry{another, another}, entries[:1]},
		{"removes an entry twice", []store.Entry{fresh}, []store.Entry{entries[0], entries[0]}},
	} {
		_, err := s.ApplyList(t.Context(), store.ListDelta{List: l, Add: tt.add, Remove: tt.remove}, change(store.ListSync))
		wantError(t, "ApplyList of a delta that "+tt.what, err, store.ErrConflict)
		verify("ApplyList of a delta that " + tt.what)
		wantList(t, s, l, entries[:3]...)
		for _, e := range []store.Entry{fresh, another, sameID} {
			wantJustRules(t, "Lookup after a delta that "+tt.what, lookup(t, s, e.Key))
		}
	}
	l = apply(t, s, l, entries[3:], entries[:1]) // nothing of the others stands in the way
	wantList(t, s, l, entries[1:]...)

	_, err := s.ApplyList(t.Context(), store.ListDelta{List: newList("new"), Remove: entries[:1]}, change(store.ListSync))
	wantError(t, "ApplyList of a new list that removes an entry", err, store.ErrConflict)
	if all := allLists(t, s); !slices.Equal(all, []store.List{l}) {
		t.Errorf("Lists = %+v, want %+v alone", all, l)
	}
}
