package storetest

import (
	"fmt"

	"example.com/ostraka/store"
)

var rivalClauses = []clause{
	{"CreateBan refuses a ban beside an active rival",
		"If one of the ban's Rivals is active, the error is an *ExistsError with it and nothing is written.",
		createRefusesRival},
	{"A rival that is over does not stand in the way",
		"Rivals are in the way as active bans of the value are: not once they are revoked or expired, and not of a ban that would not be active.",
		func(t reporter, s store.Store) {
			create(t, s, revoked(domainBan("a.example")))
			create(t, s, expired(domainBan("a.example")))
			create(t, s, formOf("hash of a", "a.example"))
			create(t, s, domainBan("b.example"))
			create(t, s, revoked(formOf("hash of b", "b.example")))
			create(t, s, expired(formOf("hash of b", "b.example")))
		}},
	{"A rival is one that the Test selects",
		"Test says of a ban with one of the keys whether it is meant, given the ban as it is stored.",
		rivalsTest},
	{"CreateBans skips a ban beside an active rival",
		"A ban that CreateBan would refuse for an active rival, of the store or earlier in the slice, is skipped.",
		createManySkipsRivals},
	{"UpdateBan refuses a ban beside an active rival",
		"UpdateBan is an *ExistsError if the result would be active beside one of its Rivals; the ban itself is none.",
		updateRefusesRival},
	{"An account's bans are passed over for active rivals",
		"A ban of an AccountWrite or AccountRemoval that CreateBan would refuse for an active rival is passed over, and that is among BansExisting.",
		accountPassesOverRivals},
	{"Rivals are not kept",
		"Rivals is nil in what reads and writes return.",
		rivalsAreNotKept},
	{"Of concurrent bans in two forms one succeeds",
		"Of rivals at most one becomes active, however many are created at once.",
		func(t reporter, s store.Store) { rivalsAtOnce(t, s) }},
}

// formOf returns a ban of a value, of which the bans of these other values are rivals.
func formOf(value string, others ...string) store.Ban {
	b := domainBan(value)
	b.Rivals = new(store.Rivals)
	for _, o := range others {
		other := domainBan(o)
		b.Rivals.Keys = append(b.Rivals.Keys, other.Key())
	}
	return b
}

func createRefusesRival(t reporter, s store.Store) {
	// Its key is not its value.
	rival := create(t, s, withKey(domainBan("=a.example"), domainBan("a.example").KeyText))
	verify := unchanged(t, s)
	b := formOf("hash of a", "b.example", "a.example")
	_, err := s.CreateBan(t.Context(), b, change(store.BanCreate))
	wantExists(t, "CreateBan", err, rival)
	_, err = s.CreateBanDisabling(t.Context(), b, store.Selector{Key: b.Key()}, change(store.BanCreate))
	wantExists(t, "CreateBanDisabling", err, rival)
	verify("a refused CreateBan")
	create(t, s, formOf("hash of c", "c.example"))
}

func rivalsTest(t reporter, s store.Store) {
	allowed := domainBan("a.example")
	allowed.Effect, allowed.Reason = store.Allow, "a partner"
	allowed = create(t, s, allowed)
	b := formOf("hash of a", "a.example")
	var asked []store.Ban
	b.Rivals.Test = func(o *store.Ban) bool {
		asked = append(asked, *o)
		return o.Effect != store.Allow
	}
	create(t, s, b)
	if len(asked) == 0 {
		t.Fatalf("the Test was not asked")
	}
	wantSame(t, "the ban that the Test is asked about", asked[0], allowed)
}

func createManySkipsRivals(t reporter, s store.Store) {
	create(t, s, domainBan("a.example"))
	bans := []store.Ban{
		formOf("hash of a", "a.example"),
		formOf("hash of b", "b.example"),
		formOf("b.example", "hash of b"),
		formOf("c.example", "hash of c"),
	}
	skipped, err := s.CreateBans(t.Context(), bans, change(store.BanCreateMany))
	if err != nil || fmt.Sprint(skipped) != "[0 2]" {
		t.Errorf("CreateBans skipped %v, %v; want [0 2]", skipped, err)
	}
	if got := allBans(t, s); len(got) != 3 {
		t.Errorf("there are %d bans, want 3", len(got))
	}
}

func updateRefusesRival(t reporter, s store.Store) {
	old := update(t, s, revoked(create(t, s, domainBan("hash of a"))))
	rival := create(t, s, domainBan("a.example"))
	again := reinstated(old)
	again.Rivals = formOf("", "a.example", "hash of a").Rivals
	verify := unchanged(t, s)
	_, err := s.UpdateBan(t.Context(), again, change(store.BanReinstate))
	wantExists(t, "UpdateBan", err, rival)
	_, err = s.UpdateBanDisabling(t.Context(), again, store.Selector{Key: again.Key()}, change(store.BanReinstate))
	wantExists(t, "UpdateBanDisabling", err, rival)
	verify("a refused UpdateBan")
	remove(t, s, rival)
	back := update(t, s, again)
	back.Rivals, back.Reason = again.Rivals, "another reason" // it is active, and its own rival
	update(t, s, back)
}

func accountPassesOverRivals(t reporter, s store.Store) {
	rival := create(t, s, domainBan("a.example"))
	bans := []store.BanDisabling{{Ban: formOf("hash of a", "a.example")}, {Ban: formOf("hash of b", "b.example")}}
	want := func(doing string, w store.AccountWritten, made int) {
		if len(w.BansExisting) != 2-made || len(w.BansCreated) != made {
			t.Fatalf("%s made %d bans and passed over %d, want %d and %d", doing, len(w.BansCreated), len(w.BansExisting), made, 2-made)
		}
		wantSame(t, "the ban that is in the way of "+doing, w.BansExisting[0], rival)
	}
	a := createAccount(t, s, newAccount("a"))
	written, err := s.UpdateAccount(t.Context(), store.AccountWrite{Account: a, CreateBans: bans}, change(store.AccountSuspend))
	if err != nil {
		t.Fatalf("UpdateAccount: %v", err)
	}
	want("UpdateAccount", written, 1)
	for i := range bans {
		bans[i].Ban.ID = newID()
	}
	gone, err := s.RemoveAccount(t.Context(), store.AccountRemoval{ID: a.ID, CreateBans: bans}, change(store.AccountDelete))
	if err != nil {
		t.Fatalf("RemoveAccount: %v", err)
	}
	want("RemoveAccount", gone, 0)
}

func rivalsAreNotKept(t reporter, s store.Store) {
	b := create(t, s, formOf("hash of a", "a.example"))
	createMany(t, s, []store.Ban{formOf("hash of b", "b.example")})
	again := b
	again.Rivals, again.Reason = formOf("", "a.example").Rivals, "another reason"
	updated := update(t, s, again)
	all := append(allBans(t, s), b, updated, read(t, s, b.ID))
	for i := range all {
		if all[i].Rivals != nil {
			t.Errorf("a ban of %q has Rivals", all[i].Value)
		}
	}
	create(t, s, domainBan("a.example"))
}

func rivalsAtOnce(t reporter, stores ...store.Store) {
	createAtOnce(t, 100, func(i int) store.Ban {
		if i%2 == 0 {
			return formOf("a.example", "hash of a", "other hash of a")
		}
		return formOf("hash of a", "other hash of a", "a.example")
	}, stores...)
}
