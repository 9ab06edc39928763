package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var bulkClauses = []clause{
	{"CreateBans adds the bans in the order given",
		"CreateBans adds the bans as CreateBan would, each with its Seq and Version 1.",
		bulkCreates},
	{"CreateBans skips bans for active ones",
		"A ban that CreateBan would refuse for an active one, of the store or earlier in the slice, is skipped; skipped holds their indexes, ascending.",
		bulkSkips},
	{"CreateBans skips a ban for an active one even if its ID is taken",
		"A ban that CreateBan would refuse for an active one is skipped, even if its ID is taken as well.",
		func(t reporter, s store.Store) {
			active := create(t, s, domainBan("a.example"))
			bans := []store.Ban{domainBan("a.example"), domainBan("b.example"), domainBan("b.example")}
			bans[0].ID, bans[2].ID = active.ID, bans[1].ID
			skipped, err := s.CreateBans(t.Context(), bans, change(store.BanCreateMany))
			if err != nil || !slices.Equal(skipped, []int{0, 2}) {
				t.Errorf("CreateBans: skipped %v, error %v; want [0 2] and none", skipped, err)
			}
			wantFound(t, s, active)
			if n := len(allBans(t, s)); n != 2 {
				t.Errorf("there are %d bans, want 2", n)
			}
		}},
	{"CreateBans refuses an ID that is taken, whole",
		"An ID that is taken, in the store or earlier in the slice, gives ErrExists; nothing at all is written or logged.",
		bulkIsAtomic},
	{"CreateBans logs one change with keys and counts",
		"CreateBans logs one change with no Target, Before or After, the counts created and skipped, and the keys of the rules that came and of those that were retired; it is Bulk, without Keys, if they are more than MaxChangeKeys.",
		bulkLogs},
	{"CreateBans that creates nothing logs nothing",
		"If nothing is created, nothing is logged.",
		func(t reporter, s store.Store) {
			create(t, s, domainBan("a.example"))
			verify := unchanged(t, s)
			skipped, err := s.CreateBans(t.Context(), []store.Ban{domainBan("a.example")}, change(store.BanCreateMany))
			if err != nil || !slices.Equal(skipped, []int{0}) {
				t.Errorf("CreateBans of a ban that exists: skipped %v, error %v; want [0] and none", skipped, err)
			}
			verify("CreateBans of a ban that exists")
			for _, none := range [][]store.Ban{nil, {}} {
				skipped, err := s.CreateBans(t.Context(), none, change(store.BanCreateMany))
				if err != nil || len(skipped) != 0 {
					t.Errorf("CreateBans of none: skipped %v, error %v; want neither", skipped, err)
				}
				verify("CreateBans of none")
			}
		}},
}

func bulkCreates(t reporter, s store.Store) {
	before := create(t, s, domainBan("before.example"))
	given := domainBans(120)
	for i := range given {
		given[i].Seq, given[i].Version, given[i].Hits, given[i].LastHitAt = 7, 7, 7, noon
	}
	given = append(given, revoked(domainBan("x.example")), expired(domainBan("y.example")), newBan(store.KindName, "d1.example"))
	createMany(t, s, given)

	got := list(t, s, store.BanFilter{}, store.Page{OldestFirst: true, Limit: store.MaxPageLimit, After: before.Seq})
	if len(got) != len(given) {
		t.Fatalf("ListBans gives %d bans, want %d", len(got), len(given))
	}
	for i, want := range given {
		want.Seq, want.Version, want.Hits, want.LastHitAt = got[i].Seq, 1, 0, time.Time{}
		wantSame(t, fmt.Sprintf("ban %d by Seq", i), got[i], want)
	}
	wantFound(t, s, got[5])
	wantRules(t, "Lookup", lookup(t, s, got[5].Key()), got[5])
	if next := create(t, s, domainBan("next.example")); next.Seq <= got[len(got)-1].Seq {
		t.Errorf("the ban created next has Seq %d, not above %d", next.Seq, got[len(got)-1].Seq)
	}
}

func bulkSkips(t reporter, s store.Store) {
	create(t, s, domainBan("active.example"))
	create(t, s, expired(domainBan("expired.example")))
	create(t, s, revoked(domainBan("revoked.example")))
	bans := []store.Ban{
		domainBan("new.example"),
		domainBan("active.example"), // skipped
		domainBan("expired.example"),
		domainBan("revoked.example"),
		domainBan("new.example"), // skipped
		newBan(store.KindEmail, "new.example"),
		expired(domainBan("active.example")),
		revoked(domainBan("new.example")),
		expired(domainBan("late.example")),
		domainBan("late.example"),
		domainBan("late.example"), // skipped
	}
	skipped, err := s.CreateBans(t.Context(), bans, change(store.BanCreateMany))
	if err != nil {
		t.Fatalf("CreateBans: %v", err)
	}
	want := []int{1, 4, 10}
	if !slices.Equal(skipped, want) {
		t.Errorf("skipped = %v, want %v", skipped, want)
	}
	for i, b := range bans {
		_, err := s.Ban(t.Context(), b.ID)
		if slices.Contains(want, i) {
			wantError(t, fmt.Sprintf("Ban of the skipped %d", i), err, store.ErrNotFound)
		} else if err != nil {
			t.Errorf("Ban of the created %d: %v", i, err)
		}
	}
}

func bulkIsAtomic(t reporter, s store.Store) {
	taken := create(t, s, domainBan("a.example"))
	verify := unchanged(t, s)
	inStore, inSlice := domainBans(6), domainBans(6)
	inStore[4].ID = taken.ID
	inSlice[4].ID = inSlice[1].ID
	for what, bans := range map[string][]store.Ban{
		"CreateBans with an ID of the store": inStore,
		"CreateBans with an ID twice":        inSlice,
	} {
		_, err := s.CreateBans(t.Context(), bans, change(store.BanCreateMany))
		wantError(t, what, err, store.ErrExists)
		verify(what)
		for _, b := range bans {
			wantRules(t, what+", Lookup", lookup(t, s, b.Key()))
		}
	}
	createMany(t, s, domainBans(6)) // nothing of them stands in the way
}

func bulkLogs(t reporter, s store.Store) {
	create(t, s, domainBan("a.example"))
	create(t, s, expired(withKey(domainBan("d1.example"), "key of the old one")))
	bans := append(domainBans(3), domainBan("a.example"), domainBan("d0.example"), revoked(domainBan("revoked.example")))
	given := changeAt(store.BanCreateMany, after(time.Minute))
	given.Actor = "importer"
	given.Bulk, given.Target = true, uuid.Max
	last := lastChange(t, s)

	if _, err := s.CreateBans(t.Context(), bans, given); err != nil {
		t.Fatalf("CreateBans: %v", err)
	}
	log := changes(t, s, last)
	if len(log) != 1 {
		t.Fatalf("CreateBans logged %d changes, want 1", len(log))
	}
	c := log[0]
	keys := []store.Key{bans[0].Key(), bans[1].Key(), bans[2].Key(), {Kind: store.KindDomain, Text: "key of the old one"}}
	for _, k := range keys {
		if !slices.Contains(c.Keys, k) {
			t.Errorf("the change does not name the key %v", k)
		}
	}
	if len(c.Keys) != len(keys) {
		t.Errorf("Keys = %v, want %v", c.Keys, keys)
	}
	want := store.Change{
		Seq: c.Seq, At: given.At, Actor: given.Actor, Action: given.Action, Keys: c.Keys,
		Counts: map[string]int64{"created": 4, "skipped": 2},
	}
	if d := diff(c, want); d != "" {
		t.Errorf("the change differs:\n%s", d)
	}

	for _, n := range []int{store.MaxChangeKeys, store.MaxChangeKeys + 1} {
		many := domainBans(n)
		for i := range many {
			many[i] = withKey(many[i], fmt.Sprint("many ", n, i))
			many[i].Value = fmt.Sprint("many ", n, i)
		}
		createMany(t, s, many)
		log := changes(t, s, lastChange(t, s)-1)
		if bulk := n > store.MaxChangeKeys; len(log) != 1 || log[0].Bulk != bulk || bulk && len(log[0].Keys) != 0 || !bulk && len(log[0].Keys) != n {
			t.Errorf("%d bans are logged as %d changes, the first with %d keys, Bulk %v", n, len(log), len(log[0].Keys), log[0].Bulk)
		}
	}
}
