package storetest

import (
	"fmt"
	"slices"
	"time"

	"example.com/ostraka/store"
)

var retireClauses = []clause{
	{"CreateBan retires the rules of expired bans of its value",
		"CreateBan retires the rules of all other bans of the same kind and value that have expired by change.At: Lookup and Scan leave them out, the bans stay as they are.",
		createRetires},
	{"CreateBans retires the rules of expired bans of its values",
		"The bans that CreateBans adds retire rules as CreateBan does, those of bans earlier in the slice included; the ones it skips retire none.",
		bulkRetires},
	{"A refused creation retires no rule",
		"A returned error means that nothing was written: no rule was retired.",
		refusedRetiresNone},
	{"UpdateBan brings a retired rule back",
		"Unless the result of an UpdateBan is revoked the ban has its rule again, if that was retired; it is an *ExistsError beside another active ban as ever.",
		updateRevives},
	{"A ban whose rule was retired is in nobody's way",
		"Until UpdateBan brings its rule back, a ban whose rule was retired counts as expired, whatever the time.",
		func(t reporter, s store.Store) {
			old := expireAndReplace(t, s, "a.example")
			remove(t, s, latest(t, s))
			earlier := domainBan("a.example")
			_, err := s.CreateBan(t.Context(), earlier, changeAt(store.BanCreate, old.ExpiresAt.Add(-time.Second)))
			if err != nil { // a clock behind that of who retired it
				t.Errorf("CreateBan by a clock before the expiry of a ban whose rule was retired: %v", err)
			}
		}},
	{"A change names the keys of the rules it retired",
		"Keys of the change that CreateBan logs are also those of the rules it retired, each once.",
		func(t reporter, s store.Store) {
			for _, text := range []string{"one", "two", "two"} {
				create(t, s, expired(withKey(domainBan("a.example"), text)))
			}
			// The second of them has retired the rule of the first, and so on.
			last := lastChange(t, s)
			b := create(t, s, withKey(domainBan("a.example"), "three!"))
			wantLogged(t, s, last, change(store.BanCreate), nil, &b, store.Key{Kind: b.Kind, Text: "two"}, b.Key())
		}},
	{"PrefixLengths follows rules that are retired and come back",
		"PrefixLengths leaves out no length that is in use, also after rules were retired, and came back.",
		retiredLengths},
}

// expireAndReplace creates a ban that has expired by the time at which another
// one of its value is created, and returns it.
func expireAndReplace(t reporter, s store.Store, value string) store.Ban {
	t.Helper()
	old := create(t, s, domainBan(value))
	next := domainBan(value)
	next.ExpiresAt = time.Time{}
	if _, err := s.CreateBan(t.Context(), next, changeAt(store.BanCreate, old.ExpiresAt)); err != nil {
		t.Fatalf("CreateBan at the expiry of the other: %v", err)
	}
	return old
}

// latest returns the ban that was created last.
func latest(t reporter, s store.Store) store.Ban {
	t.Helper()
	bans := list(t, s, store.BanFilter{}, store.Page{Limit: 1})
	if len(bans) != 1 {
		t.Fatalf("ListBans gives %d bans, want 1", len(bans))
	}
	return bans[0]
}

// wantAllRules wants Lookup and Scan to give the rules of these bans and no
// others. They share one key.
func wantAllRules(t reporter, s store.Store, when string, want ...store.Ban) {
	t.Helper()
	wantRules(t, "Lookup "+when, lookup(t, s, want[0].Key()), want...)
	wantRules(t, "Scan "+when, scan(t, s, 0), want...)
}

func createRetires(t reporter, s store.Store) {
	key := func(b store.Ban) store.Ban { return withKey(b, "a.example") }
	other := create(t, s, expired(key(domainBan("=a.example")))) // another value
	for i := range 20 {
		for _, end := range []time.Duration{0, time.Microsecond} { // at and after change.At
			b := key(domainBan("a.example"))
			b.ExpiresAt = after(time.Duration(i)*time.Minute + end)
			b, err := s.CreateBan(t.Context(), b, changeAt(store.BanCreate, after(time.Duration(i)*time.Minute)))
			if err != nil {
				t.Fatalf("CreateBan %d: %v", i, err)
			}
			wantAllRules(t, s, fmt.Sprintf("after creation %d", b.Seq), other, b)
			wantFound(t, s, b)
		}
	}
	for _, b := range allBans(t, s) {
		if b.Version != 1 || b.UpdatedAt != other.UpdatedAt || !b.RevokedAt.IsZero() {
			t.Errorf("a ban whose rule was retired has changed: %+v", b)
		}
	}
	create(t, s, key(newBan(store.KindName, "a.example"))) // another kind
	last := latest(t, s)
	if rules := lookup(t, s, other.Key()); len(rules) != 2 {
		t.Errorf("a ban of another kind has retired rules: %+v", rules)
	}
	remove(t, s, last)
	for _, b := range allBans(t, s) {
		remove(t, s, b)
	}
	wantRules(t, "Scan after all were deleted", scan(t, s, 0))
}

func bulkRetires(t reporter, s store.Store) {
	key := func(b store.Ban) store.Ban { return withKey(b, "key") }
	create(t, s, expired(key(domainBan("a.example"))))
	active := create(t, s, revoked(key(domainBan("b.example"))))
	stays := create(t, s, expired(key(domainBan("b.example"))))
	active = update(t, s, reinstated(active)) // which retires nothing
	bans := []store.Ban{
		key(domainBan("a.example")),
		key(domainBan("b.example")), // skipped
		expired(key(domainBan("c.example"))),
		expired(key(domainBan("c.example"))),
		key(domainBan("d.example")),
		expired(key(domainBan("d.example"))),
	}
	skipped, err := s.CreateBans(t.Context(), bans, change(store.BanCreateMany))
	if err != nil || !slices.Equal(skipped, []int{1}) {
		t.Fatalf("CreateBans: skipped %v, error %v; want [1] and none", skipped, err)
	}
	wantAllRules(t, s, "after CreateBans", stays, active, bans[0], bans[3], bans[4], bans[5])
}

func refusedRetiresNone(t reporter, s store.Store) {
	key := func(b store.Ban) store.Ban { return withKey(b, "key") }
	active := create(t, s, revoked(key(domainBan("a.example"))))
	late := create(t, s, expired(key(domainBan("a.example"))))
	active = update(t, s, reinstated(active))
	other := create(t, s, expired(key(domainBan("b.example"))))
	verify := unchanged(t, s)

	_, err := s.CreateBan(t.Context(), key(domainBan("a.example")), change(store.BanCreate))
	wantExists(t, "CreateBan beside an active ban", err, active)
	taken := key(domainBan("b.example"))
	taken.ID = active.ID
	_, err = s.CreateBan(t.Context(), taken, change(store.BanCreate))
	wantError(t, "CreateBan with an ID that is taken", err, store.ErrExists)
	bans := []store.Ban{key(expired(domainBan("b.example"))), key(domainBan("b.example")), key(domainBan("c.example"))}
	bans[2].ID = active.ID
	_, err = s.CreateBans(t.Context(), bans, change(store.BanCreateMany))
	wantError(t, "CreateBans with an ID that is taken", err, store.ErrExists)

	verify("a refused creation")
	wantAllRules(t, s, "after refused creations", late, active, other)
}

func updateRevives(t reporter, s store.Store) {
	old := expireAndReplace(t, s, "a.example")
	next := latest(t, s)
	wantAllRules(t, s, "after the other was created", next)

	old.Reason = "noted" // it has expired still, and comes back
	old, err := s.UpdateBan(t.Context(), old, changeAt(store.BanUpdate, old.ExpiresAt))
	if err != nil {
		t.Fatalf("UpdateBan of a ban whose rule was retired: %v", err)
	}
	wantAllRules(t, s, "after an update", next, old)
	verify := unchanged(t, s)
	longer := old
	longer.ExpiresAt = time.Time{}
	_, err = s.UpdateBan(t.Context(), longer, changeAt(store.BanUpdate, old.ExpiresAt))
	wantExists(t, "UpdateBan that prolongs", err, next)
	verify("a refused UpdateBan")

	update(t, s, revoked(next))
	third := domainBan("a.example")
	third.ExpiresAt = after(5 * time.Hour)
	third, err = s.CreateBan(t.Context(), third, changeAt(store.BanCreate, after(4*time.Hour)))
	if err != nil {
		t.Fatalf("CreateBan beside expired and revoked ones: %v", err)
	}
	wantAllRules(t, s, "after the third was created", third)
	gone := update(t, s, revoked(old))
	wantAllRules(t, s, "after a ban whose rule was retired was revoked", third)
	_, err = s.UpdateBan(t.Context(), reinstated(gone), changeAt(store.BanReinstate, after(4*time.Hour)))
	if err != nil {
		t.Fatalf("UpdateBan that reinstates an expired ban: %v", err)
	}
	wantAllRules(t, s, "after it was reinstated", third, read(t, s, gone.ID))
}

func retiredLengths(t reporter, s store.Store) {
	len24, len16 := store.PrefixLen{Bits: 24}, store.PrefixLen{Bits: 16}
	old := create(t, s, expired(ipBan("203.0.113.0/24")))
	again := create(t, s, ipBan("203.0.113.0/24"))
	wantLengths(t, s, "after one rule was retired for another", len24)
	old.Value, old.KeyText = "203.0.0.0/16", "203.0.0.0/16"
	old = update(t, s, old)
	wantLengthsInclude(t, s, "after the rule that was retired came back wider", len24, len16)
	remove(t, s, again)
	wantLengthsInclude(t, s, "after the other was deleted", len16)
	remove(t, s, old)
	create(t, s, ipBan("198.51.100.0/24"))
	wantLengthsInclude(t, s, "in the end", len24)
}
