package storetest

import (
	"slices"

	"example.com/ostraka/store"
)

var ownershipClauses = []clause{
	{"What was passed may be changed afterwards",
		"A backend keeps no slice or map it was given: its caller may change them as soon as the method has returned.",
		changePassed},
	{"What was passed is not written to",
		"A backend does not write to a slice it was given.",
		leavesPassed},
	{"What a list was made of may be changed afterwards",
		"ApplyList keeps no slice that it was given and writes to none; Lists and ListBlocks hand out none that the store keeps.",
		changeApplied},
	{"What was returned may be changed",
		"A backend hands out no slice or map that it keeps: its caller may change them.",
		changeReturned},
}

func changePassed(t reporter, s store.Store) {
	given := changeAt(store.BanCreate, noon)
	given.Counts, given.Keys = map[string]int64{"x": 1}, []store.Key{{Kind: store.KindName, Text: "x"}}
	a, err := s.CreateBan(t.Context(), domainBan("a.example"), given)
	if err != nil {
		t.Fatalf("CreateBan: %v", err)
	}
	given.Keys[0].Text, given.Counts["y"] = "y", 2

	bans := domainBans(3)
	createMany(t, s, bans)
	want := allBans(t, s)
	for i := range bans {
		bans[i] = store.Ban{}
	}
	if got := allBans(t, s); !equalSlices(got, want) {
		t.Errorf("ListBans changed with the slice that CreateBans was given: %+v, want %+v", got, want)
	}

	keys := []store.Key{a.Key(), want[1].Key()}
	rules := lookup(t, s, keys...)
	keys[0], keys[1] = store.Key{}, store.Key{}
	wantRules(t, "Lookup", rules, a, want[1])

	sketch := clients(1, 2, 3)
	hits := []store.Hit{hit(a, 1, noon, sketch)}
	addHits(t, s, hits...)
	clear(sketch)
	clear(hits)
	addHits(t, s, hit(a, 1, noon, clients(1)))
	wantHistory(t, s, a, store.DayHits{Day: today, Uses: 2, Clients: 3})
}

func leavesPassed(t reporter, s store.Store) {
	a := create(t, s, domainBan("a.example"))
	bans := append(domainBans(3), domainBan("a.example"))
	keys := []store.Key{{Kind: store.KindName, Text: "z"}, a.Key(), {Kind: store.KindDomain, Text: "b"}, a.Key()}
	sketch := clients(3, 1, 2)
	hits := []store.Hit{hit(a, 1, after(day), nil), hit(a, 2, noon, sketch), hit(bans[0], 1, noon, nil)}
	bans2, keys2, hits2, sketch2 := slices.Clone(bans), slices.Clone(keys), slices.Clone(hits), slices.Clone(sketch)

	if _, err := s.CreateBans(t.Context(), bans, change(store.BanCreateMany)); err != nil {
		t.Fatalf("CreateBans: %v", err)
	}
	lookup(t, s, keys...)
	addHits(t, s, hits...)
	addHits(t, s, hits...)
	if !equalSlices(bans, bans2) {
		t.Errorf("CreateBans wrote to its bans")
	}
	if !equalSlices(keys, keys2) {
		t.Errorf("Lookup wrote to its keys")
	}
	if !equalSlices(hits, hits2) || !equalSlices(sketch, sketch2) {
		t.Errorf("AddHits wrote to its hits")
	}
}

func changeApplied(t reporter, s store.Store) {
	entries := domainEntries(20)
	first, second := slices.Clone(entries[:10]), slices.Clone(entries[10:])
	gone := slices.Clone(entries[:5])
	l := apply(t, s, newList("l"), first, nil)
	if !slices.Equal(first, entries[:10]) {
		t.Errorf("ApplyList wrote to the entries it was to add")
	}
	clear(first)
	wantList(t, s, l, entries[:10]...)
	l = apply(t, s, l, second, gone)
	if !slices.Equal(second, entries[10:]) || !slices.Equal(gone, entries[:5]) {
		t.Errorf("ApplyList wrote to the entries it was to add or remove")
	}
	clear(second)
	clear(gone)
	wantList(t, s, l, entries[5:]...)
	spoilt(t, "Lists", func() []store.List { return allLists(t, s) })
	spoilt(t, "Lookup", func() []store.Rule { return lookup(t, s, entries[7].Key) })
	createBlock(t, s, newBlock("a.example"))
	spoilt(t, "ListBlocks", func() []store.Block { return allBlocks(t, s) })
	wantList(t, s, undo(t, s, "l"), entries[:10]...)
}

func changeReturned(t reporter, s store.Store) {
	a, ip := create(t, s, domainBan("a.example")), create(t, s, ipBan("192.0.2.0/24"))
	createMany(t, s, domainBans(2))
	addHits(t, s, hit(a, 2, noon, clients(1)))
	a = update(t, s, read(t, s, a.ID))

	spoilt(t, "ListBans", func() []store.Ban { return allBans(t, s) })
	spoilt(t, "Lookup", func() []store.Rule { return lookup(t, s, a.Key()) })
	spoilt(t, "HitHistory", func() []store.DayHits { return history(t, s, a.ID, noon, noon) })
	spoilt(t, "PrefixLengths", func() []store.PrefixLen {
		return wantLengthsInclude(t, s, "now", store.PrefixLen{Bits: 24})
	})
	if log := changes(t, s, 0); len(log) != 4 {
		t.Fatalf("the log holds %d changes, want 4", len(log))
	}
	spoilt(t, "Changes", func() []store.Change { return changes(t, s, 0) })
	for _, c := range changes(t, s, 0) {
		clear(c.Keys)
		clear(c.Before)
		clear(c.After)
		if c.Counts != nil {
			c.Counts["created"] = 99
		}
	}
	log := changes(t, s, 0)
	wantJSON(t, "After of the first change", log[0].After, new(withHits(a, 0, 1)))
	wantJSON(t, "Before of the last change", log[3].Before, new(withHits(a, 2, 1)))
	if len(log[1].Keys) != 1 || log[1].Keys[0] != ip.Key() || log[2].Counts["created"] != 2 {
		t.Errorf("the log changed with what Changes returned: %+v", log)
	}
}

// withHits returns the ban as it was with so many hits and of that version.
func withHits(b store.Ban, hits, version int64) store.Ban {
	b.Hits, b.Version = hits, version
	if hits == 0 {
		b.LastHitAt = store.Ban{}.LastHitAt
	}
	return b
}

// spoilt reads twice and spoils what it got between.
func spoilt[R any](t reporter, method string, read func() []R) {
	t.Helper()
	got := read()
	want := slices.Clone(got)
	clear(got)
	if again := read(); !equalSlices(again, want) {
		t.Errorf("%s gives\n%+v\nafter the slice it had returned was changed, want\n%+v", method, again, want)
	}
}
