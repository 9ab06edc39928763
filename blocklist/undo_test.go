package blocklist_test

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/store"
)

// Undo is the version before in all that a check may show of it, and what a
// checker keeps in memory or in its cache follows.
func TestUndoIsTheVersionBefore(t *testing.T) {
	first := blocklist.SyncOptions{Source: "v1.txt", Reason: "one"}
	for name, second := range map[string]blocklist.SyncOptions{
		"another source and reasons": {Source: "v2.txt", Reason: "two", PublicReason: "TEST"},
		"the same source":            {Source: "v1.txt", Reason: "one"},
		"a public reason alone":      {Source: "v1.txt", Reason: "one", PublicReason: "TEST"},
	} {
		t.Run(name, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, st store.Store) {
				a := newAdmin(t, st)
				checker := newChecker(t, st)
				mirror, err := ban.NewChecker(st, ban.CheckerOptions{Mirror: true})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { mirror.Close() })
				r1 := sync(t, a, "l", "value,effect\na.example,deny\nb.example,deny\nd.example,deny\n", first)
				wantLogged(t, a, r1)
				all := []string{"a.example", "b.example", "c.example", "d.example"}
				was := make(map[string]ban.Match)
				for _, d := range all {
					was[d] = check(t, checker, ban.Subject{Email: "x@" + d}).Match
				}
				r2 := sync(t, a, "l", "value,effect\nb.example,deny\nd.example,review\nc.example,deny\n", second)
				if got := counts(r2); got != "+1 ~1 -1 =1 !0" {
					t.Errorf("the second version: %s", got)
				}
				wantLogged(t, a, r2)
				for _, d := range all {
					check(t, checker, ban.Subject{Email: "x@" + d})
				}
				l, err := a.Undo(as("bob"), "l")
				if err != nil {
					t.Fatal(err)
				}
				want := r1.List
				want.Version, want.Undoable = 3, false
				if l != want {
					t.Errorf("undone: %+v, want %+v", l, want)
				}
				wantCounts(t, a, l, 1, 1, 1)
				for _, d := range all {
					for kind, c := range map[string]*ban.Checker{"cache": checker, "mirror": mirror} {
						if got := check(t, c, ban.Subject{Email: "x@" + d}).Match; got != was[d] {
							t.Errorf("%s, by the %s: %+v, before it was %+v", d, kind, got, was[d])
						}
					}
				}
				if m := was["a.example"]; m.Source != "v1.txt" || m.Line != 2 || m.PublicReason != "" {
					t.Errorf("a.example was %+v", m)
				}
			})
		})
	}
}

// wantLogged checks that the last change of the log counts what the result does.
func wantLogged(t *testing.T, a *blocklist.Admin, r blocklist.Result) {
	t.Helper()
	wantCounts(t, a, r.List, r.Added, r.Removed, r.Changed)
}

func wantCounts(t *testing.T, a *blocklist.Admin, l blocklist.List, added, removed, changed int) {
	t.Helper()
	log, err := a.Log(t.Context(), l.ID, blocklist.Page{Limit: 1})
	want := map[string]int64{"added": int64(added), "removed": int64(removed), "changed": int64(changed)}
	if err != nil || len(log) != 1 || !maps.Equal(log[0].Counts, want) {
		t.Errorf("the log says %+v (%v), want the counts %v", log, err, want)
	}
}

// Undo brings back what was in force, whole, also what a Sync would refuse by now: a
// version without some of its entries is one that nobody has seen.
func TestUndoAsksNoGuard(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a := newAdmin(t, st)
		first := "spam.example\nuser@corp.example\ncorp.example\nco.spam.example\n"
		sync(t, a, "l", first, blocklist.SyncOptions{Source: "v1.txt"})
		sync(t, a, "l", "spam.example\n", blocklist.SyncOptions{Source: "v2.txt", Force: true})
		// Since then the host has protected its own domain.
		careful, err := blocklist.NewAdmin(st, blocklist.AdminOptions{Actor: "alice", Protected: []string{"corp.example"}})
		if err != nil {
			t.Fatal(err)
		}
		if r := sync(t, careful, "m", first, blocklist.SyncOptions{Source: "v1.txt"}); r.Rejected == 0 {
			t.Fatalf("a Sync takes all of them: %s", counts(r))
		}
		if _, err := careful.Undo(as("bob"), "l"); err != nil {
			t.Fatal(err)
		}
		checker := newChecker(t, st)
		for _, d := range []string{"spam.example", "corp.example", "co.spam.example"} {
			if got := check(t, checker, ban.Subject{Email: "x@" + d}); got.Verdict != ban.Denied {
				t.Errorf("%s is %s after the undo, it was denied before", d, got.Verdict)
			}
		}
		// Who syncs it anew is asked.
		if r := sync(t, careful, "l", first, blocklist.SyncOptions{Source: "v1.txt", Force: true}); r.Rejected == 0 {
			t.Errorf("a Sync of the same takes all of them: %s", counts(r))
		}
	})
}

// A version whose entries are hashed, which a Sync does not make, comes back as it was:
// whoever has not the key fails checks, and lets nobody in.
func TestUndoOfHashedEntriesWantsTheirKey(t *testing.T) {
	overEachStore(t, func(t *testing.T, st store.Store) {
		a := newAdmin(t, st)
		l := sync(t, a, "l", "spam.example\n", blocklist.SyncOptions{}).List
		text := string(store.AppendHashText(nil, "gone", make([]byte, store.HashSize)))
		hashed := store.Entry{ID: uuid.New(), Key: store.Key{Kind: ban.KindEmail, Text: text}, Value: text}
		c := store.Change{At: time.Now(), Actor: "elsewhere", Action: store.ListSync, Target: l.ID}
		l, err := st.ApplyList(t.Context(), store.ListDelta{List: l, Add: []store.Entry{hashed}}, c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := st.ApplyList(t.Context(), store.ListDelta{List: l, Remove: []store.Entry{hashed}}, c); err != nil {
			t.Fatal(err)
		}
		checker := newChecker(t, st)
		somebody := ban.Subject{Email: "ann@good.example"}
		if _, err := a.Undo(as("bob"), "l"); err != nil {
			t.Fatal(err)
		}
		if d, err := checker.Check(t.Context(), somebody); d.Verdict != ban.Denied || !errors.Is(err, ban.ErrMissingKey) {
			t.Errorf("after: %s, %v; want a check that fails", d.Verdict, err)
		}
		if missing, err := ban.MissingKeys(t.Context(), st, nil); err != nil || len(missing) != 1 {
			t.Errorf("missing are %q, %v", missing, err)
		}
	})
}
