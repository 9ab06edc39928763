package storetest

import (
	"time"

	"example.com/ostraka/store"
)

var listReopenClauses = []persistentClause{
	{"Blocks and lists survive Close and opening again",
		"Blocks, lists, their entries and hits are the same after the store was closed and opened again, and so is the version that UndoList goes back to.",
		reopenLists},
	{"Numbers of blocks and lists go on after opening again",
		"Seq never reuses a number, of a block that was deleted or a list that was dropped, also after the store was closed.",
		func(t reporter, open func() store.Store) {
			s := open()
			b, l := createBlock(t, s, newBlock("a.example")), apply(t, s, newList("l"), nil, nil)
			removeBlock(t, s, b)
			drop(t, s, "l")
			shut(t, s)
			s = open()
			if again := createBlock(t, s, b); again.Seq <= b.Seq {
				t.Errorf("block Seq %d was given after %d was deleted", again.Seq, b.Seq)
			}
			l.Version = 0
			if again := apply(t, s, l, nil, nil); again.Seq <= l.Seq {
				t.Errorf("list Seq %d was given after %d was dropped", again.Seq, l.Seq)
			}
		}},
	{"A list that is cut off by Close is there whole or not at all",
		"No read sees a part of a version, also when the store was closed while it was written: what ApplyList returned is what is there.",
		reopenCutOff},
}

var listHandleClauses = []persistentClause{
	{"A list synced through one store is seen by the other",
		"Blocks and lists that were written through one store are seen by every store on the same data.",
		handlesSeeLists},
	{"Of two stores syncing a list at once one succeeds",
		"An ApplyList for a version that another process has replaced is ErrConflict: the content is exactly that of one.",
		func(t reporter, open func() store.Store) { applyAtOnce(t, 8, open(), open()) }},
	{"Of two stores making a list at once one succeeds",
		"A name is unique among all processes: the others get ErrExists or ErrConflict, and the content is exactly that of one.",
		func(t reporter, open func() store.Store) { createListAtOnce(t, open(), open()) }},
	{"Of two stores making the same version of a list one succeeds",
		"An ApplyList for a version that another process has replaced is ErrConflict, even by the same content: no entry is there twice, and the log has one change.",
		func(t reporter, open func() store.Store) { applySameAtOnce(t, open(), open()) }},
	{"Hits of an entry through two stores add up by UTC day",
		"Hits of an entry from several processes add up, each on its UTC day, and sketches merge.",
		handlesCountEntries},
}

func reopenLists(t reporter, open func() store.Store) {
	s := open()
	all := domainEntries(6)
	block := createBlock(t, s, newBlock("a.example"))
	first := apply(t, s, newList("l"), all[:4], nil)
	changed := all[0]
	changed.Effect, changed.Line = store.Allow, 99
	l := apply(t, s, first, []store.Entry{changed, all[4], all[5], ipEntry("192.0.2.0/24")}, all[:2])
	now := entriesOf(t, s, "l")
	empty := apply(t, s, newList("empty"), nil, nil)
	rules := []store.Rule{block.Rule(), changed.Rule(&l)}
	for _, r := range rules {
		addHits(t, s, hitOf(r, 3, noon, clients(1, 2)))
	}
	block.Hits, block.LastHitAt = 3, noon
	log := changes(t, s, 0)
	for range 2 {
		shut(t, s)
		s = open()
		wantBlock(t, s, block)
		wantList(t, s, l, now...)
		wantList(t, s, empty)
		wantLengths(t, s, "after opening again", store.PrefixLen{Bits: 24})
		for _, r := range rules {
			wantTotalOf(t, s, r, 3, noon)
			wantHistoryOf(t, s, r, store.DayHits{Day: today, Uses: 3, Clients: 2})
		}
		if got := changes(t, s, 0); !equalSlices(got, log) {
			t.Errorf("Changes = %+v, want %+v", got, log)
		}
	}
	first.Version, first.Undoable = 3, false
	wantSame(t, "what UndoList returns", undo(t, s, "l"), first)
	shut(t, s)
	s = open()
	wantList(t, s, first, all[:4]...)
	_, err := s.UndoList(t.Context(), "l", 0, change(store.ListUndo))
	wantError(t, "UndoList again", err, store.ErrConflict)
}

func reopenCutOff(t reporter, open func() store.Store) {
	s := open()
	there, fresh := domainEntries(50), domainEntries(longDelta)
	for i := range fresh {
		fresh[i].Value, fresh[i].Key.Text = "fresh "+fresh[i].Value, "fresh "+fresh[i].Key.Text
	}
	was := apply(t, s, newList("l"), there, nil)
	closed, calls := make(chan error, 1), 0
	delta := store.ListDelta{List: was, Add: fresh, Remove: there, Progress: func(int) {
		if calls++; calls == 1 { // not from here itself, which Close may wait for
			go func() { closed <- s.Close() }()
			time.Sleep(time.Millisecond)
		}
	}}
	made, err := s.ApplyList(t.Context(), delta, change(store.ListSync))
	if calls == 0 {
		t.Fatalf("Progress was not called for %d entries", longDelta)
	}
	if err := <-closed; err != nil {
		t.Fatalf("Close: %v", err)
	}
	s = open()
	if err == nil {
		wantSame(t, "what List returns", readList(t, s, "l"), made)
		wantEntries(t, "ListEntries", entriesOf(t, s, "l"), fresh...)
		return
	}
	wantError(t, "ApplyList while closing", err, store.ErrClosed)
	wantList(t, s, was, there...)
	wantJustRules(t, "Lookup of what was not put into force", lookup(t, s, keysOf(fresh[:100])...))
	wantEntries(t, "ListEntries", entriesOf(t, s, apply(t, s, was, fresh, there).Name), fresh...)
}

func handlesSeeLists(t reporter, open func() store.Store) {
	one, two := open(), open()
	entries := append(domainEntries(4), ipEntry("192.0.2.0/24"))
	block := createBlock(t, one, newBlock("a.example"))
	wantBlock(t, two, block)
	l := apply(t, one, newList("l"), entries[:2], nil)
	wantList(t, two, l, entries[:2]...)
	next := apply(t, two, l, entries[2:], entries[:1])
	wantList(t, one, next, entries[1:]...)
	wantLengths(t, one, "after the other's write", store.PrefixLen{Bits: 24})
	_, err := one.ApplyList(t.Context(), store.ListDelta{List: l, Add: entries[2:]}, change(store.ListSync))
	wantError(t, "ApplyList for the version before", err, store.ErrConflict)
	back := undo(t, one, "l")
	wantList(t, two, back, entries[:2]...)
	drop(t, two, "l")
	_, err = one.List(t.Context(), "l")
	wantError(t, "List of one that was dropped", err, store.ErrNotFound)
	wantJustRules(t, "Lookup after DropList", lookup(t, one, keysOf(entries)...))
	removeBlock(t, two, block)
	_, err = one.Block(t.Context(), block.ID)
	wantError(t, "Block", err, store.ErrNotFound)
}

func handlesCountEntries(t reporter, open func() store.Store) {
	stores := []store.Store{open(), open()}
	entry := domainEntry("a.example")
	l := apply(t, stores[0], newList("l"), []store.Entry{entry}, nil)
	r, midnight := entry.Rule(&l), today.Add(day)
	const n = 6
	for _, err := range together(t, n, func(i int) error {
		return stores[i%2].AddHits(t.Context(), []store.Hit{
			hitOf(r, 2, midnight.Add(-time.Microsecond), clients(i, 100)),
			hitOf(r, 3, midnight.Add(time.Duration(i)*time.Second), clients(i/2)),
		})
	}) {
		if err != nil {
			t.Errorf("AddHits: %v", err)
		}
	}
	for _, s := range stores {
		wantTotalOf(t, s, r, 5*n, midnight.Add((n-1)*time.Second))
		wantHistoryOf(t, s, r,
			store.DayHits{Day: today, Uses: 2 * n, Clients: n + 1}, store.DayHits{Day: midnight, Uses: 3 * n, Clients: n / 2})
	}
}
