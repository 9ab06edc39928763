package storetest

import (
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var tallyClauses = []clause{
	{"Hits of blocks and list entries add up",
		"AddHits counts the rules of blocks and of lists as it does those of bans; HitTotal and HitHistory return what they caught.",
		tallyAddsUp},
	{"HitTotal of a rule without hits is zero",
		"HitTotal returns nothing for a rule without hits, or one that does not exist, and no error.",
		func(t reporter, s store.Store) {
			ban, block := create(t, s, domainBan("a.example")), createBlock(t, s, newBlock("a.example"))
			entry := domainEntry("a.example")
			l := apply(t, s, newList("l"), []store.Entry{entry}, nil)
			unknown := domainBan("unknown.example")
			for _, r := range []store.Rule{ban.Rule(), block.Rule(), entry.Rule(&l), unknown.Rule(), {ID: l.ID}, {ID: uuid.Nil}} {
				wantTotalOf(t, s, r, 0, time.Time{})
			}
		}},
	{"A hit of an entry that is not in force is dropped",
		"A hit of a list's entry that is no longer in force is dropped, and so is one of a block that is gone; the others are added.",
		tallyDrops},
	{"An entry keeps its hits through changes and Undo",
		"An entry that changes keeps its ID, and what it caught; one that comes back by Undo has what it caught before.",
		tallyStays},
	{"DeleteBlock and DropList remove the hits",
		"DeleteBlock and DropList remove the rules with their hits; the same IDs start afresh.",
		tallyGoes},
	{"PruneHits forgets the days of blocks and entries",
		"PruneHits forgets the daily counts of every rule and says how many; totals stay.",
		func(t reporter, s store.Store) {
			block, entry := createBlock(t, s, newBlock("a.example")), domainEntry("a.example")
			l := apply(t, s, newList("l"), []store.Entry{entry}, nil)
			for _, r := range []store.Rule{block.Rule(), entry.Rule(&l)} {
				addHits(t, s, hitOf(r, 2, noon, clients(1)), hitOf(r, 3, after(day), nil))
			}
			if n, err := s.PruneHits(t.Context(), after(day)); err != nil || n != 2 {
				t.Errorf("PruneHits = %d, %v; want 2", n, err)
			}
			for _, r := range []store.Rule{block.Rule(), entry.Rule(&l)} {
				wantTotalOf(t, s, r, 5, after(day))
				wantHistoryOf(t, s, r, store.DayHits{Day: today.Add(day), Uses: 3})
			}
		}},
}

func tallyAddsUp(t reporter, s store.Store) {
	ban, block := create(t, s, domainBan("a.example")), createBlock(t, s, newBlock("a.example"))
	entries := []store.Entry{domainEntry("a.example"), newEntry(store.KindName, "a*")}
	entries[1].Key = store.WildcardKey(store.KindName)
	l := apply(t, s, newList("l"), entries, nil)
	last := lastChange(t, s)
	rules := []store.Rule{ban.Rule(), block.Rule(), entries[0].Rule(&l), entries[1].Rule(&l)}
	midnight := today.Add(day)
	for i, r := range rules {
		n := int64(i + 1)
		addHits(t, s, hitOf(r, n, midnight.Add(-time.Microsecond), clients(1, 2)), hitOf(r, 10*n, noon, clients(2, 3)))
		addHits(t, s, hitOf(r, 100*n, midnight, clients(1)))
	}
	for i, r := range rules {
		n := int64(i + 1)
		wantTotalOf(t, s, r, 111*n, midnight)
		wantHistoryOf(t, s, r,
			store.DayHits{Day: today, Uses: 11 * n, Clients: 3}, store.DayHits{Day: midnight, Uses: 100 * n, Clients: 1})
	}
	if now := lastChange(t, s); now != last {
		t.Errorf("AddHits logged a change: LastChange = %d, was %d", now, last)
	}
	block.Hits, block.LastHitAt = 222, midnight
	wantBlock(t, s, block)
	wantList(t, s, l, entries...)
	bad := []store.Hit{hitOf(rules[1], 1, noon, nil), hitOf(rules[2], 1, noon, []byte("no sketch"))}
	if err := s.AddHits(t.Context(), bad); err == nil {
		t.Errorf("AddHits with a sketch that cannot be read: no error")
	}
	wantTotalOf(t, s, rules[1], 222, midnight)
}

func tallyDrops(t reporter, s store.Store) {
	block, keep := createBlock(t, s, newBlock("a.example")), createBlock(t, s, newBlock("b.example"))
	entries := domainEntries(3)
	entries[0].Key = entries[1].Key // so that only its ID tells that it is not in force
	l := apply(t, s, newList("l"), entries[:2], nil)
	l = apply(t, s, l, nil, entries[:1]) // it could come back by UndoList
	removeBlock(t, s, block)
	addHits(t, s,
		hitOf(block.Rule(), 1, noon, clients(1)), hitOf(entries[0].Rule(&l), 2, noon, clients(1)), hitOf(entries[2].Rule(&l), 3, noon, nil),
		hitOf(keep.Rule(), 4, noon, nil), hitOf(entries[1].Rule(&l), 5, noon, nil))
	for _, r := range []store.Rule{block.Rule(), entries[0].Rule(&l), entries[2].Rule(&l)} {
		wantTotalOf(t, s, r, 0, time.Time{})
		wantHistoryOf(t, s, r)
	}
	wantTotalOf(t, s, keep.Rule(), 4, noon)
	wantTotalOf(t, s, entries[1].Rule(&l), 5, noon)
	undo(t, s, "l")
	wantTotalOf(t, s, entries[0].Rule(&l), 0, time.Time{})
	drop(t, s, "l")
	addHits(t, s, hitOf(entries[1].Rule(&l), 6, noon, nil))
	wantTotalOf(t, s, entries[1].Rule(&l), 0, time.Time{})
}

func tallyStays(t reporter, s store.Store) {
	entries := domainEntries(3)
	l := apply(t, s, newList("l"), entries, nil)
	for _, e := range entries {
		addHits(t, s, hitOf(e.Rule(&l), 2, noon, clients(1)))
	}
	changed := entries[1]
	changed.Effect, changed.Key.Text = store.Allow, "another key"
	l = apply(t, s, l, []store.Entry{changed}, entries[1:])
	for _, e := range []store.Entry{entries[0], changed} {
		addHits(t, s, hitOf(e.Rule(&l), 3, noon, clients(2)))
		wantTotalOf(t, s, e.Rule(&l), 5, noon)
		wantHistoryOf(t, s, e.Rule(&l), store.DayHits{Day: today, Uses: 5, Clients: 2})
	}
	undo(t, s, "l")
	wantTotalOf(t, s, entries[1].Rule(&l), 5, noon)
	wantTotalOf(t, s, entries[2].Rule(&l), 2, noon)
	wantHistoryOf(t, s, entries[2].Rule(&l), store.DayHits{Day: today, Uses: 2, Clients: 1})

	l = apply(t, s, readList(t, s, "l"), []store.Entry{changed}, entries[1:2])
	for range 3 { // until no version is left in which it had its old key
		l = apply(t, s, l, nil, nil)
	}
	wantTotalOf(t, s, changed.Rule(&l), 5, noon)
	addHits(t, s, hitOf(changed.Rule(&l), 4, noon, nil))
	wantTotalOf(t, s, changed.Rule(&l), 9, noon)
	wantHistoryOf(t, s, changed.Rule(&l), store.DayHits{Day: today, Uses: 9, Clients: 2})
}

func tallyGoes(t reporter, s store.Store) {
	block, entries := createBlock(t, s, newBlock("a.example")), domainEntries(2)
	l := apply(t, s, newList("l"), entries, nil)
	rules := []store.Rule{block.Rule(), entries[0].Rule(&l), entries[1].Rule(&l)}
	other := domainEntry("a.example")
	theirs := apply(t, s, newList("other"), []store.Entry{other}, nil)
	for _, r := range append(rules, other.Rule(&theirs)) {
		addHits(t, s, hitOf(r, 2, noon, clients(1)))
	}
	apply(t, s, l, nil, entries[1:]) // whose hits go with the list as well
	drop(t, s, "l")
	removeBlock(t, s, block)
	gone := func() {
		t.Helper()
		for _, r := range rules {
			wantTotalOf(t, s, r, 0, time.Time{})
			wantHistoryOf(t, s, r)
		}
	}
	gone()
	apply(t, s, newList("l"), entries, nil)
	createBlock(t, s, block)
	gone()
	if n, err := s.PruneHits(t.Context(), after(2*day)); err != nil || n != 1 {
		t.Errorf("PruneHits = %d, %v; want 1, of the entry that is left", n, err)
	}
}
