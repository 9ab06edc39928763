package storetest

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var auditClauses = []clause{
	{"ListChanges returns the pages that were asked for",
		"ListChanges returns the log a page at a time, in the page's order and bounded as it says: of one record, or of all for the zero UUID.",
		listChangesPages},
	{"ListChanges reads what is left of a pruned log",
		"ListChanges is never ErrPruned: it returns what is left.",
		func(t reporter, s store.Store) {
			log := logAt(t, s, 0, 1, 2, 3)
			if _, err := s.PruneChanges(t.Context(), after(2*time.Hour)); err != nil {
				t.Fatalf("PruneChanges: %v", err)
			}
			for _, page := range []store.Page{{OldestFirst: true}, {After: log[0].Seq, OldestFirst: true}, {After: -1, OldestFirst: true}} {
				if got := audit(t, s, uuid.Nil, page); !equalSlices(got, log[2:]) {
					t.Errorf("ListChanges(%+v) = %+v, want %+v", page, got, log[2:])
				}
			}
			if got := audit(t, s, log[0].Target, store.Page{}); len(got) != 0 {
				t.Errorf("ListChanges of a record whose changes were pruned = %+v, want none", got)
			}
			if got := audit(t, s, log[3].Target, store.Page{}); !equalSlices(got, log[3:]) {
				t.Errorf("ListChanges of a record = %+v, want %+v", got, log[3:])
			}
		}},
}

func audit(t reporter, s store.Store, target uuid.UUID, page store.Page) []store.Change {
	t.Helper()
	got, err := s.ListChanges(t.Context(), target, page)
	if err != nil {
		t.Fatalf("ListChanges(%v, %+v): %v", target, page, err)
	}
	return got
}

func listChangesPages(t reporter, s store.Store) {
	if got := audit(t, s, uuid.Nil, store.Page{}); len(got) != 0 {
		t.Errorf("ListChanges of an empty store = %+v, want none", got)
	}
	all, targets := logFixture(t, s)
	n := len(all)
	bounds := []int64{math.MinInt64, 0, all[0].Seq, all[30].Seq, all[n-1].Seq, all[n-1].Seq + 1, math.MaxInt64}
	for _, target := range append(targets, uuid.Nil, domainBan("").ID) {
		about := slices.DeleteFunc(slices.Clone(all), func(c store.Change) bool { return target != uuid.Nil && c.Target != target })
		for _, low := range bounds {
			for _, high := range bounds {
				for _, limit := range []int{0, 1, 7, math.MaxInt} {
					for _, oldest := range []bool{false, true} {
						page := store.Page{After: low, Before: high, Limit: limit, Offset: int64(len(about) / 3), OldestFirst: oldest}
						want := pageOf(about, page, func(c store.Change) int64 { return c.Seq })
						if got := audit(t, s, target, page); !equalSlices(got, want) {
							t.Errorf("ListChanges(%v, %+v) gives %d changes, want %d, or other ones", target, page, len(got), len(want))
						}
					}
				}
			}
		}
	}
}

// wantChange wants just this change after that Seq, with these records and with
// the keys in any order, and returns its Seq. A count of zero may be absent.
func wantChange[R record](t reporter, s store.Store, last int64, want store.Change, before, after *R) int64 {
	t.Helper()
	log := changes(t, s, last)
	if len(log) != 1 {
		t.Fatalf("%s logged %d changes, want 1", want.Action, len(log))
	}
	wantEntry(t, log[0], last, want, before, after)
	return log[0].Seq
}

// wantEntry wants the change to be as wantChange says.
func wantEntry[R record](t reporter, got store.Change, last int64, want store.Change, before, after *R) {
	t.Helper()
	if g, w := counted(got.Counts), counted(want.Counts); !maps.Equal(g, w) {
		t.Errorf("the change of %s counts %v, want %v", want.Action, g, w)
	}
	wantJSON(t, string(want.Action)+": Before", got.Before, before)
	wantJSON(t, string(want.Action)+": After", got.After, after)
	byText := func(a, b store.Key) int { return cmp.Or(int(a.Kind)-int(b.Kind), cmp.Compare(a.Text, b.Text)) }
	got.Keys, want.Keys = slices.SortedFunc(slices.Values(got.Keys), byText), slices.SortedFunc(slices.Values(want.Keys), byText)
	want.Seq, want.Before, want.After, want.Counts = max(got.Seq, last+1), got.Before, got.After, got.Counts
	if d := diff(got, want); d != "" {
		t.Errorf("the change of %s differs:\n%s", want.Action, d)
	}
}

// counted returns the counts that are not 0.
func counted(counts map[string]int64) map[string]int64 {
	counts = maps.Clone(counts)
	maps.DeleteFunc(counts, func(_ string, n int64) bool { return n == 0 })
	return counts
}

// wantJSON wants the JSON form of a record, or none.
func wantJSON[R record](t reporter, what string, got json.RawMessage, want *R) {
	t.Helper()
	if want == nil {
		if len(got) != 0 {
			t.Errorf("%s = %s, want none", what, got)
		}
		return
	}
	var r R
	if err := json.Unmarshal(got, &r); err != nil {
		t.Errorf("%s = %q: %v", what, got, err)
		return
	}
	w := *want
	switch w := any(&w).(type) { // of these the log keeps no secret
	case *store.Account:
		w.PasswordHash = ""
	case *store.Credential:
		w.Hash = store.SecretHash{}
	}
	wantSame(t, what, r, w)
}
