package storetest

import (
	"context"
	"fmt"

	"example.com/ostraka/store"
)

var scanClauses = []clause{
	{"Scan yields the rules that Lookup could return",
		"Scan yields every rule of all kinds for a zero kind: expired ones too, revoked and deleted ones not.",
		func(t reporter, s store.Store) {
			want := scanFixture(t, s)
			wantRules(t, "Scan of all kinds", scan(t, s, 0), want...)
		}},
	{"Scan of a kind yields just that kind",
		"Scan yields every rule of the kind.",
		func(t reporter, s store.Store) {
			all := scanFixture(t, s)
			for _, k := range store.Kinds() {
				var want []store.Ban
				for _, b := range all {
					if b.Kind == k {
						want = append(want, b)
					}
				}
				wantRules(t, "Scan of kind "+k.String(), scan(t, s, k), want...)
			}
		}},
	{"Scan of an empty store yields nothing",
		"Scan yields rules and, at most once, an error; without either it yields nothing.",
		func(t reporter, s store.Store) { wantRules(t, "Scan", scan(t, s, 0)) }},
	{"A Scan may stop early",
		"The loop over Scan may stop early; the store is then as usable as before.",
		func(t reporter, s store.Store) {
			createMany(t, s, domainBans(20))
			for range 10 {
				for _, err := range s.Scan(t.Context(), 0) {
					if err != nil {
						t.Fatalf("Scan: %v", err)
					}
					break
				}
			}
			b := create(t, s, domainBan("later.example"))
			wantRules(t, "Lookup", lookup(t, s, b.Key()), b)
		}},
	{"A Scan's loop may call the store",
		"The loop over Scan may call other methods of the store, reading and writing.",
		scanWithCalls},
	{"Scan yields a rule that stays once, whatever is written meanwhile",
		"A rule that is written meanwhile may or may not be seen, but one that stays as it is is seen once.",
		scanWithWrites},
	{"Scan ends with the error of a context that ends",
		"A context that ends while Scan runs ends it with its error and a zero Rule, or lets it complete.",
		scanCancelled},
}

// scanFixture fills a store and returns the bans whose rules Scan yields.
func scanFixture(t reporter, s store.Store) (want []store.Ban) {
	t.Helper()
	for _, k := range store.Kinds() {
		want = append(want,
			create(t, s, newBan(k, "one")),
			create(t, s, expired(newBan(k, "one"))),
			create(t, s, withKey(newBan(k, "wild*"), "")))
		create(t, s, revoked(newBan(k, "two")))
		remove(t, s, create(t, s, newBan(k, "three")))
		update(t, s, revoked(create(t, s, newBan(k, "four"))))
	}
	return want
}

func scan(t reporter, s store.Store, kind store.Kind) (rules []store.Rule) {
	t.Helper()
	for r, err := range s.Scan(t.Context(), kind) {
		if err != nil {
			t.Fatalf("Scan: %v", err)
		}
		rules = append(rules, r)
	}
	return rules
}

func scanWithCalls(t reporter, s store.Store) {
	bans := domainBans(5)
	createMany(t, s, bans)
	seen := 0
	for r, err := range s.Scan(t.Context(), store.KindDomain) {
		if err != nil {
			t.Fatalf("Scan: %v", err)
		}
		seen++
		wantRules(t, "Lookup inside the loop", lookup(t, s, r.Key), read(t, s, r.ID))
		// Of another kind, so that the loop does not run after its own writes.
		create(t, s, newBan(store.KindName, fmt.Sprintf("name %d", seen)))
	}
	if seen != len(bans) {
		t.Errorf("Scan yielded %d rules, want %d", seen, len(bans))
	}
}

func scanWithWrites(t reporter, s store.Store) {
	stay, gone, fresh := domainBans(40), domainBans(40), domainBans(10)
	for i := range gone {
		gone[i].Value = "gone " + gone[i].Value
	}
	for i := range fresh {
		fresh[i].Value = "fresh " + fresh[i].Value
	}
	var turns []store.Ban
	for i := range stay {
		turns = append(turns, gone[i], stay[i])
	}
	createMany(t, s, turns)
	seen := map[string]int{}
	for r, err := range s.Scan(t.Context(), 0) {
		if err != nil {
			t.Fatalf("Scan: %v", err)
		}
		seen[r.Value]++
		if n := len(seen); n%4 == 0 && len(fresh) > 0 {
			remove(t, s, gone[n/4-1])
			create(t, s, fresh[0])
			fresh = fresh[1:]
		}
	}
	for _, b := range stay {
		if n := seen[b.Value]; n != 1 {
			t.Errorf("the rule of %q, which stayed, was seen %d times", b.Value, n)
		}
	}
}

func scanCancelled(t reporter, s store.Store) {
	createMany(t, s, domainBans(50))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := false
	for r, err := range s.Scan(ctx, 0) {
		if ended {
			t.Fatalf("Scan went on after its error")
		}
		if err != nil {
			ended = true
			wantError(t, "Scan", err, context.Canceled)
			wantSame(t, "the rule beside the error", r, store.Rule{})
		}
		cancel()
	}
}
