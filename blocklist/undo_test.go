package blocklist_test

import (
	"maps"
	"testing"

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
