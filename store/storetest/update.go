package storetest

import (
	"time"

	"example.com/ostraka/store"
)

var updateClauses = []clause{
	{"UpdateBan replaces what its caller decides",
		"UpdateBan replaces the ban and returns it as stored, its Version one higher.",
		updateReplaces},
	{"UpdateBan keeps Seq, creation and hits",
		"Seq, CreatedAt, CreatedBy and what Hits gave stay as they were, whatever the caller passes.",
		updateKeeps},
	{"UpdateBan refuses a Version that is not the ban's",
		"It is ErrConflict if the ban's Version is not ban.Version, and nothing is written.",
		func(t reporter, s store.Store) {
			first := create(t, s, domainBan("a.example"))
			second := first
			second.Reason = "changed"
			second = update(t, s, second)
			verify := unchanged(t, s)
			for _, version := range []int64{first.Version, 0, second.Version + 1} {
				stale := second
				stale.Version, stale.Reason = version, "stale"
				_, err := s.UpdateBan(t.Context(), stale, change(store.BanUpdate))
				wantError(t, "UpdateBan of another version", err, store.ErrConflict)
				verify("a refused UpdateBan")
			}
			update(t, s, second)
		}},
	{"UpdateBan refuses a value that is actively banned",
		"It is an *ExistsError if the result would be active beside another active ban of the same kind and value; nothing is written.",
		func(t reporter, s store.Store) {
			a, b := create(t, s, domainBan("a.example")), create(t, s, newBan(store.KindName, "b"))
			verify := unchanged(t, s)
			moved := b
			moved.Kind, moved.Value, moved.KeyText = a.Kind, a.Value, a.KeyText
			_, err := s.UpdateBan(t.Context(), moved, change(store.BanUpdate))
			wantExists(t, "UpdateBan of a value onto an active one", err, a)
			verify("a refused UpdateBan")
			wantRules(t, "Lookup", lookup(t, s, a.Key(), b.Key()), a, b)
		}},
	{"UpdateBan refuses to reinstate beside an active ban",
		"Reinstating makes a ban active, so it is an *ExistsError beside another active one.",
		func(t reporter, s store.Store) {
			old := update(t, s, revoked(create(t, s, domainBan("a.example"))))
			next := create(t, s, domainBan("a.example"))
			verify := unchanged(t, s)
			_, err := s.UpdateBan(t.Context(), reinstated(old), change(store.BanReinstate))
			wantExists(t, "UpdateBan that reinstates", err, next)
			verify("a refused UpdateBan")
			update(t, s, revoked(next))
			old = update(t, s, reinstated(old))
			wantRules(t, "Lookup after the other was revoked", lookup(t, s, old.Key()), old)
		}},
	{"UpdateBan refuses to prolong beside an active ban",
		"A later expiry can make a ban active again, so it is an *ExistsError beside another active one, as of change.At.",
		updateProlongs},
	{"UpdateBan may change a ban that is not active beside an active one",
		"Only a result that would be active is refused.",
		func(t reporter, s store.Store) {
			old := update(t, s, revoked(create(t, s, domainBan("a.example"))))
			late := create(t, s, expired(domainBan("a.example")))
			next := create(t, s, domainBan("a.example"))
			old.RevokedReason, late.Reason, next.Reason = "noted", "noted", "noted"
			update(t, s, old)
			late, next = update(t, s, late), update(t, s, next)
			wantRules(t, "Lookup", lookup(t, s, next.Key()), late, next)
		}},
}

var deleteClauses = []clause{
	{"DeleteBan returns the ban as it was",
		"DeleteBan removes the ban and returns it as it was, with its hits; reads do not find it any more.",
		func(t reporter, s store.Store) {
			keep, b := create(t, s, domainBan("a.example")), create(t, s, domainBan("b.example"))
			addHits(t, s, store.Hit{RuleID: b.ID, Day: store.Day(noon), Uses: 3, Last: noon})
			want := read(t, s, b.ID)
			wantSame(t, "what DeleteBan returns", remove(t, s, b), want)
			_, err := s.BanBySeq(t.Context(), b.Seq)
			wantError(t, "BanBySeq", err, store.ErrNotFound)
			if got := list(t, s, store.BanFilter{}, store.Page{}); len(got) != 1 {
				t.Errorf("ListBans gives %d bans, want 1", len(got))
			}
			wantFound(t, s, keep)
		}},
	{"DeleteBan makes room for the same value and ID",
		"A deleted ban is gone: its value and ID may be used again.",
		func(t reporter, s store.Store) {
			b := create(t, s, domainBan("a.example"))
			addHits(t, s, store.Hit{RuleID: b.ID, Day: store.Day(noon), Uses: 3, Last: noon})
			remove(t, s, b)
			again := create(t, s, b)
			wantRules(t, "Lookup", lookup(t, s, b.Key()), again)
			if h := history(t, s, b.ID, noon, noon); len(h) != 0 {
				t.Errorf("the new ban has the hits of the old one: %v", h)
			}
		}},
}

func updateReplaces(t reporter, s store.Store) {
	b := create(t, s, domainBan("a.example"))
	for i, kind := range []store.Kind{store.KindName, store.KindIP, store.KindIP} {
		next := newBan(kind, []string{"b", "192.0.2.1", "192.0.2.1"}[i])
		next.ID, next.Version = b.ID, b.Version
		next.Effect, next.Scope, next.Shadow = store.Allow, store.ScopeOf(store.Content), i%2 == 1
		next.Reason, next.PublicReason = "", "another public reason"
		next.UpdatedAt, next.ExpiresAt = after(time.Duration(i)*time.Hour), time.Time{}
		if i == 2 {
			next = revoked(next)
		}
		got := update(t, s, next)
		want := next
		want.Seq, want.Version = b.Seq, b.Version+1
		wantSame(t, "what UpdateBan returns", got, want)
		wantFound(t, s, got)
		b = got
	}
}

func updateKeeps(t reporter, s store.Store) {
	b := create(t, s, domainBan("a.example"))
	addHits(t, s, store.Hit{RuleID: b.ID, Day: store.Day(noon), Uses: 3, Last: noon})
	given := b
	given.Seq += 100
	given.CreatedAt, given.CreatedBy = after(time.Hour), "somebody else"
	given.Hits, given.LastHitAt = 99, after(time.Hour)
	got := update(t, s, given)
	want := b
	want.Version++
	want.Hits, want.LastHitAt = 3, noon
	wantSame(t, "what UpdateBan returns", got, want)
	wantFound(t, s, got)

	given.Version, given.Hits, given.LastHitAt = got.Version, 0, time.Time{}
	want.Version++
	wantSame(t, "what UpdateBan returns", update(t, s, given), want)
}

func updateProlongs(t reporter, s store.Store) {
	old := create(t, s, expired(domainBan("a.example")))
	next := domainBan("a.example")
	next.ExpiresAt = after(time.Hour)
	next = create(t, s, next)
	verify := unchanged(t, s)
	old.ExpiresAt = time.Time{}
	_, err := s.UpdateBan(t.Context(), old, change(store.BanUpdate))
	wantExists(t, "UpdateBan to no expiry", err, next)
	verify("a refused UpdateBan")

	// When the other has expired in turn, nothing is in the way.
	_, err = s.UpdateBan(t.Context(), old, changeAt(store.BanUpdate, next.ExpiresAt))
	if err != nil {
		t.Errorf("UpdateBan at the expiry of the other: %v", err)
	}
}
