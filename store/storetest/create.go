package storetest

import (
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var createClauses = []clause{
	{"CreateBan returns the ban as stored",
		"CreateBan gives the ban its Seq, Version 1 and no hits, keeps the rest as given, and returns what reads return from then on.",
		createReturns},
	{"Seq numbers bans in the order of creation from 1",
		"Seq numbers the bans of one store in the order of their creation, from 1.",
		func(t reporter, s store.Store) {
			if b := create(t, s, domainBan("first.example")); b.Seq != 1 {
				t.Errorf("the first ban has Seq %d, want 1", b.Seq)
			}
			last := int64(1)
			for _, v := range []string{"b.example", "a.example", "c.example"} {
				b := create(t, s, domainBan(v))
				if b.Seq <= last {
					t.Errorf("a later ban has Seq %d, not above %d", b.Seq, last)
				}
				last = b.Seq
			}
		}},
	{"Seq is not reused after a deletion",
		"Seq never reuses a number, not even the highest.",
		func(t reporter, s store.Store) {
			b := create(t, s, domainBan("a.example"))
			remove(t, s, b)
			again := create(t, s, b)
			if again.Seq <= b.Seq {
				t.Errorf("Seq %d was given after %d was deleted", again.Seq, b.Seq)
			}
			remove(t, s, again)
			bulk := []store.Ban{again}
			createMany(t, s, bulk)
			if c := read(t, s, again.ID); c.Seq <= again.Seq {
				t.Errorf("CreateBans gave Seq %d after %d was deleted", c.Seq, again.Seq)
			}
		}},
	{"CreateBan refuses a second active ban of the same kind and value",
		"If an active ban of the same kind and value exists, the error is an *ExistsError with it and nothing is written.",
		createRefusesSecond},
	{"CreateBan takes equal values of other kinds and equal keys of other values",
		"Of one kind and value, not of one value or one key, at most one ban is active.",
		func(t reporter, s store.Store) {
			for _, k := range store.Kinds() {
				create(t, s, withKey(newBan(k, "same"), "same"))
			}
			create(t, s, withKey(domainBan("=same"), "same"))
			create(t, s, withKey(domainBan("*.same"), "same"))
		}},
	{"An expired ban does not stand in the way of a new one",
		"A ban is active at change.At if it is not revoked and has not expired; an expiry equal to change.At has passed.",
		createAfterExpiry},
	{"A revoked ban does not stand in the way of a new one",
		"A revoked ban is not active.",
		func(t reporter, s store.Store) {
			old := update(t, s, revoked(create(t, s, domainBan("a.example"))))
			b := create(t, s, domainBan("a.example"))
			wantRules(t, "Lookup", lookup(t, s, b.Key()), b)
			wantSame(t, "the revoked ban", read(t, s, old.ID), old)
		}},
	{"A new ban that is not active is never refused for an active one",
		"CreateBan refuses a ban for an active one unless the new ban would itself not be active.",
		func(t reporter, s store.Store) {
			active := create(t, s, domainBan("a.example"))
			create(t, s, revoked(domainBan("a.example")))
			create(t, s, expired(domainBan("a.example")))
			_, err := s.CreateBan(t.Context(), domainBan("a.example"), change(store.BanCreate))
			wantExists(t, "CreateBan beside the active and the inactive ones", err, active)
		}},
	{"CreateBan refuses an ID that is taken",
		"An ID that is taken gives ErrExists, and nothing is written.",
		func(t reporter, s store.Store) {
			taken := create(t, s, domainBan("a.example"))
			gone := update(t, s, revoked(create(t, s, domainBan("b.example"))))
			verify := unchanged(t, s)
			for _, id := range []uuid.UUID{taken.ID, gone.ID} {
				b := domainBan("c.example")
				b.ID = id
				_, err := s.CreateBan(t.Context(), b, change(store.BanCreate))
				wantError(t, "CreateBan", err, store.ErrExists)
				verify("a refused CreateBan")
				wantRules(t, "Lookup of the refused ban", lookup(t, s, b.Key()))
			}
		}},
	{"What is not there is ErrNotFound",
		"Reading, updating or deleting a ban that is not there gives ErrNotFound.",
		notFound},
	{"A ban is found by ID and Seq whatever its state",
		"Ban and BanBySeq return the ban whatever its state: active, expired or revoked.",
		func(t reporter, s store.Store) {
			for _, b := range []store.Ban{domainBan("a.example"), expired(domainBan("b.example")), revoked(domainBan("c.example"))} {
				wantFound(t, s, create(t, s, b))
			}
		}},
}

func createReturns(t reporter, s store.Store) {
	given := domainBan("a.example")
	given.Seq, given.Version, given.Hits, given.LastHitAt = 77, 78, 79, noon
	got := create(t, s, given)
	want := given
	want.Seq, want.Version, want.Hits, want.LastHitAt = got.Seq, 1, 0, time.Time{}
	wantSame(t, "the ban that CreateBan returned", got, want)
	wantFound(t, s, got)

	given = revoked(newBan(store.KindName, "b"))
	got = create(t, s, given)
	want = given
	want.Seq, want.Version = got.Seq, 1
	wantSame(t, "the ban that CreateBan returned, created as revoked", got, want)
	wantFound(t, s, got)
}

// wantFound wants every read to return just this ban.
func wantFound(t reporter, s store.Store, want store.Ban) {
	t.Helper()
	wantSame(t, "what Ban returns", read(t, s, want.ID), want)
	bySeq, err := s.BanBySeq(t.Context(), want.Seq)
	if err != nil {
		t.Fatalf("BanBySeq(%d): %v", want.Seq, err)
	}
	wantSame(t, "what BanBySeq returns", bySeq, want)
	listed := list(t, s, store.BanFilter{}, store.Page{After: want.Seq - 1, Before: want.Seq + 1})
	if len(listed) != 1 {
		t.Fatalf("ListBans of the page around Seq %d gives %d bans, want 1", want.Seq, len(listed))
	}
	wantSame(t, "what ListBans returns", listed[0], want)
}

func createRefusesSecond(t reporter, s store.Store) {
	existing := create(t, s, domainBan("a.example"))
	verify := unchanged(t, s)
	second := withKey(domainBan("a.example"), "another key")
	second.Effect, second.Scope, second.Shadow = store.Allow, store.ScopeOf(store.Content), false
	second.ExpiresAt = time.Time{}
	_, err := s.CreateBan(t.Context(), second, change(store.BanCreate))
	wantExists(t, "CreateBan", err, existing)
	verify("a refused CreateBan")
	wantRules(t, "Lookup of the refused ban", lookup(t, s, second.Key()))
}

func createAfterExpiry(t reporter, s store.Store) {
	first := domainBan("a.example")
	first.ExpiresAt = after(time.Hour)
	first = create(t, s, first)

	second := domainBan("a.example")
	second.ExpiresAt = after(3 * time.Hour)
	_, err := s.CreateBan(t.Context(), second, changeAt(store.BanCreate, first.ExpiresAt.Add(-time.Microsecond)))
	wantExists(t, "CreateBan a microsecond before the expiry", err, first)

	stored, err := s.CreateBan(t.Context(), second, changeAt(store.BanCreate, first.ExpiresAt))
	if err != nil {
		t.Fatalf("CreateBan at the very expiry of the other: %v", err)
	}
	_, err = s.CreateBan(t.Context(), domainBan("a.example"), changeAt(store.BanCreate, first.ExpiresAt))
	if err != nil { // it expired in the same instant
		t.Errorf("CreateBan of a ban that has itself expired by then: %v", err)
	}
	third := domainBan("a.example")
	third.ExpiresAt = time.Time{}
	_, err = s.CreateBan(t.Context(), third, changeAt(store.BanCreate, after(2*time.Hour)))
	wantExists(t, "CreateBan beside an expired and an active one", err, stored)
	wantSame(t, "the expired ban", read(t, s, first.ID), first)
}

func notFound(t reporter, s store.Store) {
	b := domainBan("a.example")
	b.Version = 1
	check := func(when string) {
		t.Helper()
		_, err := s.Ban(t.Context(), b.ID)
		wantError(t, "Ban "+when, err, store.ErrNotFound)
		_, err = s.UpdateBan(t.Context(), b, change(store.BanUpdate))
		wantError(t, "UpdateBan "+when, err, store.ErrNotFound)
		_, err = s.DeleteBan(t.Context(), b.ID, change(store.BanDelete))
		wantError(t, "DeleteBan "+when, err, store.ErrNotFound)
		for _, seq := range []int64{b.Seq, 0, -1, 1 << 62} {
			_, err := s.BanBySeq(t.Context(), seq)
			wantError(t, "BanBySeq "+when, err, store.ErrNotFound)
		}
	}
	check("in an empty store")
	create(t, s, domainBan("other.example"))
	b = create(t, s, b)
	remove(t, s, b)
	verify := unchanged(t, s)
	check("after the deletion")
	verify("writing to what is not there")
}
