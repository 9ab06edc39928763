package storetest

import (
	"fmt"

	"example.com/ostraka/store"
)

var exceptionClauses = []clause{
	{"Exceptions yields the rules that do not deny",
		"Exceptions yields, of the rules of a kind, or of all kinds for a zero kind, that Scan would yield, those whose effect is not Deny: of bans, blocks and lists.",
		func(t reporter, s store.Store) {
			want := exceptionsFixture(t, s)
			for _, k := range append(store.Kinds(), 0) {
				var got, ofKind []store.Rule
				for r, err := range s.Exceptions(t.Context(), k) {
					if err != nil {
						t.Fatalf("Exceptions: %v", err)
					}
					got = append(got, r)
				}
				for _, r := range want {
					if k == 0 || r.Key.Kind == k {
						ofKind = append(ofKind, r)
					}
				}
				wantJustRules(t, fmt.Sprint("Exceptions of ", k), got, ofKind...)
			}
		}},
	{"Exceptions of an empty store yields nothing, and may be stopped",
		"The loop over Exceptions may stop early, and may call the store.",
		func(t reporter, s store.Store) {
			for r, err := range s.Exceptions(t.Context(), 0) {
				t.Fatalf("Exceptions of an empty store yields %v, %v", r, err)
			}
			exceptionsFixture(t, s)
			for range 3 {
				for r, err := range s.Exceptions(t.Context(), 0) {
					if err != nil {
						t.Fatalf("Exceptions: %v", err)
					}
					if got := lookup(t, s, r.Key); len(got) == 0 {
						t.Errorf("Lookup in the loop finds nothing with the key %v", r.Key)
					}
					create(t, s, lasting(newBan(store.KindName, "in the loop")))
					for _, b := range allBans(t, s) {
						if b.Value == "in the loop" {
							remove(t, s, b)
						}
					}
					break
				}
			}
		}},
}

// exceptionsFixture makes rules of every effect and origin, and returns those
// that do not deny.
func exceptionsFixture(t reporter, s store.Store) (want []store.Rule) {
	t.Helper()
	effects := []store.Effect{store.Deny, store.Review, store.Allow}
	var entries []store.Entry
	for i, k := range store.Kinds() {
		for j, effect := range effects {
			b := newBan(k, fmt.Sprint("value ", i, j))
			b.Effect = effect
			b = create(t, s, b)
			e := newEntry(k, fmt.Sprint("entry ", i, j))
			e.Effect = effect
			if entries = append(entries, e); effect != store.Deny {
				want = append(want, b.Rule())
			}
		}
		gone := newBan(k, fmt.Sprint("revoked ", i))
		gone.Effect = store.Allow
		update(t, s, revoked(create(t, s, gone)))
	}
	for _, effect := range effects[:2] {
		b := newBlock(fmt.Sprint(effect, ".example"))
		b.Effect = effect
		if b = createBlock(t, s, b); effect != store.Deny {
			want = append(want, b.Rule())
		}
	}
	old := newEntry(store.KindDomain, "old.example")
	old.Effect = store.Allow
	l := apply(t, s, newList("list"), []store.Entry{old}, nil)
	l = apply(t, s, l, entries, []store.Entry{old})
	for i := range entries {
		if entries[i].Effect != store.Deny {
			want = append(want, entries[i].Rule(&l))
		}
	}
	return want
}
