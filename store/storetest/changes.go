package storetest

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var changeClauses = []clause{
	{"Every mutation of a ban logs one change",
		"A mutating method logs one change with the caller's At, Actor and Action, and the store's Target, Keys, Before and After.",
		changeFields},
	{"An update of a value names both keys",
		"Keys are those whose rules may have changed: for an update of a value, those of both values, each once.",
		changeKeys},
	{"The caller's other fields do not get into the log",
		"Whoever calls gives At, Actor and Action; the store gives the rest.",
		func(t reporter, s store.Store) {
			given := store.Change{
				At: noon, Actor: "actor", Action: store.BanCreate,
				Seq: 99, Target: uuid.Max, Keys: []store.Key{{Kind: store.KindName, Text: "stray"}}, Bulk: true,
				Before: json.RawMessage(`{}`), After: json.RawMessage(`{}`), Counts: map[string]int64{"stray": 1},
			}
			b, err := s.CreateBan(t.Context(), domainBan("a.example"), given)
			if err != nil {
				t.Fatalf("CreateBan: %v", err)
			}
			wantLogged(t, s, 0, change(store.BanCreate), nil, &b, b.Key())
		}},
	{"A store starts without changes",
		"LastChange is 0 if there never was a change; no changes are an empty list and no error.",
		func(t reporter, s store.Store) {
			if n := lastChange(t, s); n != 0 {
				t.Errorf("LastChange = %d, want 0", n)
			}
			if log := changes(t, s, 0); len(log) != 0 {
				t.Errorf("Changes = %v, want none", log)
			}
		}},
	{"Changes are numbered from 1 in the order made",
		"Seq numbers the changes of one store from 1; LastChange is the Seq of the newest.",
		func(t reporter, s store.Store) {
			for i := range int64(5) {
				create(t, s, domainBans(5)[i])
				log := changes(t, s, 0)
				if n := lastChange(t, s); int64(len(log)) != i+1 || log[0].Seq != 1 || log[i].Seq != n {
					t.Errorf("after %d changes the log holds %d, LastChange is %d", i+1, len(log), n)
				}
				if !slices.IsSortedFunc(log, func(a, b store.Change) int { return int(a.Seq - b.Seq) }) {
					t.Errorf("Changes are not in the order of Seq: %v", log)
				}
			}
		}},
	{"A change reads the same every time",
		"A change in the log never changes: who has read up to it, and finds another in its place, knows that it is another log.",
		changesStay},
	{"Changes returns those asked for, oldest first",
		"Changes returns the changes above after, at most limit of them, which is bounded as for a Page.",
		changeQueries},
}

func changesStay(t reporter, s store.Store) {
	b := create(t, s, domainBan("a.example"))
	b = update(t, s, b)
	createMany(t, s, domainBans(3))
	first := changes(t, s, 0)
	addHits(t, s, hit(b, 3, noon, nil))
	remove(t, s, b)
	if _, err := s.PruneChanges(t.Context(), noon.Add(-day)); err != nil {
		t.Fatalf("PruneChanges: %v", err)
	}
	for i := range first {
		again, err := s.Changes(t.Context(), first[i].Seq-1, 1)
		if err != nil || !equalSlices(again, first[i:i+1]) {
			t.Errorf("change %d was %+v, and is %+v, %v", first[i].Seq, first[i], again, err)
		}
	}
}

// wantLogged wants one change after that Seq and returns it.
func wantLogged(t reporter, s store.Store, last int64, given store.Change, before, after *store.Ban, keys ...store.Key) store.Change {
	t.Helper()
	log := changes(t, s, last)
	if len(log) != 1 {
		t.Fatalf("%s logged %d changes, want 1", given.Action, len(log))
	}
	got := log[0]
	if got.Seq <= last {
		t.Errorf("%s logged Seq %d, not above %d", given.Action, got.Seq, last)
	}
	want := store.Change{
		Seq: got.Seq, At: given.At, Actor: given.Actor, Action: given.Action, Keys: keys,
		Before: got.Before, After: got.After, Counts: got.Counts,
	}
	for _, b := range []*store.Ban{before, after} {
		if b != nil {
			want.Target = b.ID
		}
	}
	byText := func(a, b store.Key) int { return len(a.Text) - len(b.Text) }
	got.Keys = slices.SortedFunc(slices.Values(got.Keys), byText)
	want.Keys = slices.SortedFunc(slices.Values(want.Keys), byText)
	if d := diff(got, want); d != "" {
		t.Errorf("the change of %s differs:\n%s", given.Action, d)
	}
	if len(got.Counts) != 0 {
		t.Errorf("the change of %s has Counts %v", given.Action, got.Counts)
	}
	wantJSON(t, string(given.Action)+": Before", got.Before, before)
	wantJSON(t, string(given.Action)+": After", got.After, after)
	return got
}

func changeFields(t reporter, s store.Store) {
	given := store.Change{At: after(time.Second), Actor: "ἀριστείδης", Action: store.BanCreate}
	b, err := s.CreateBan(t.Context(), domainBan("a.example"), given)
	if err != nil {
		t.Fatalf("CreateBan: %v", err)
	}
	last := wantLogged(t, s, 0, given, nil, &b, b.Key()).Seq
	addHits(t, s, hit(b, 3, noon, nil))
	b.Hits, b.LastHitAt = 3, noon

	for i, action := range []store.ChangeAction{store.BanUpdate, store.BanRevoke, store.BanReinstate, "some.other"} {
		next := b
		next.UpdatedAt = after(time.Duration(i) * time.Minute)
		switch action {
		case store.BanRevoke:
			next = revoked(next)
		case store.BanReinstate:
			next = reinstated(next)
		}
		given := store.Change{At: next.UpdatedAt, Actor: "", Action: action}
		got, err := s.UpdateBan(t.Context(), next, given)
		if err != nil {
			t.Fatalf("UpdateBan: %v", err)
		}
		last = wantLogged(t, s, last, given, &b, &got, b.Key()).Seq
		b = got
	}
	given = changeAt(store.BanDelete, after(-time.Hour)) // clocks go back; the log does not mind
	if _, err := s.DeleteBan(t.Context(), b.ID, given); err != nil {
		t.Fatalf("DeleteBan: %v", err)
	}
	wantLogged(t, s, last, given, &b, nil, b.Key())
}

func changeKeys(t reporter, s store.Store) {
	b := create(t, s, withKey(domainBan("a.example"), "k"))
	for _, text := range []string{"k", "kk", ""} { // the last: a wildcard
		last, old := lastChange(t, s), b
		b.Value, b.KeyText = b.Value+"x", text
		b = update(t, s, b)
		keys := []store.Key{old.Key()}
		if b.Key() != old.Key() {
			keys = append(keys, b.Key())
		}
		wantLogged(t, s, last, change(store.BanUpdate), &old, &b, keys...)
	}
	last, old := lastChange(t, s), b
	b.Kind, b.KeyText = store.KindName, "now of another kind"
	b = update(t, s, b)
	wantLogged(t, s, last, change(store.BanUpdate), &old, &b, old.Key(), b.Key())
}

// logFixture makes 64 changes and returns them with some of the records that
// they are about.
func logFixture(t reporter, s store.Store) (all []store.Change, targets []uuid.UUID) {
	t.Helper()
	a, b := create(t, s, domainBan("a.example")), create(t, s, domainBan("b.example"))
	createMany(t, s, domainBans(2))
	for range 30 {
		a, b = update(t, s, a), update(t, s, b)
	}
	remove(t, s, b)
	if all = changes(t, s, 0); len(all) != 64 {
		t.Fatalf("Changes gives %d changes, want 64", len(all))
	}
	return all, []uuid.UUID{a.ID, b.ID}
}

func changeQueries(t reporter, s store.Store) {
	all, _ := logFixture(t, s)
	last := all[len(all)-1].Seq
	for _, after := range []int64{math.MinInt64, 0, all[0].Seq, all[30].Seq, last - 1, last, last + 1, math.MaxInt64} {
		for _, limit := range []int{math.MinInt, 0, -1, 1, 7, 63, math.MaxInt} {
			var want []store.Change
			for _, c := range all {
				if c.Seq > after {
					want = append(want, c)
				}
			}
			want = want[:min(len(want), store.Page{Limit: limit}.Size())]
			got, err := s.Changes(t.Context(), after, limit)
			if err != nil || !equalSlices(got, want) {
				t.Errorf("Changes after %d, limit %d, gives %d changes (%v), want %d, or other ones", after, limit, len(got), err, len(want))
			}
		}
	}
}

var pruneClauses = []clause{
	{"PruneChanges forgets the old end of the log",
		"PruneChanges forgets the changes made before that time, only from the old end, and says how many.",
		pruneOldEnd},
	{"Changes that were pruned are ErrPruned",
		"If changes above after have been pruned, the error is ErrPruned, whatever the limit.",
		pruneErrors},
	{"Pruning does not lower LastChange",
		"Pruning does not lower LastChange, and Seq goes on above it.",
		func(t reporter, s store.Store) {
			createMany(t, s, domainBans(1))
			create(t, s, domainBan("a.example"))
			last := lastChange(t, s)
			if n, err := s.PruneChanges(t.Context(), after(time.Hour)); err != nil || n != 2 {
				t.Fatalf("PruneChanges = %d, %v; want 2", n, err)
			}
			if now := lastChange(t, s); now != last {
				t.Errorf("LastChange = %d, was %d", now, last)
			}
			if got := changes(t, s, last); len(got) != 0 {
				t.Errorf("Changes after the last = %v, want none", got)
			}
			_, err := s.Changes(t.Context(), last-1, 0)
			wantError(t, "Changes after the last but one", err, store.ErrPruned)
			create(t, s, domainBan("b.example"))
			if got := changes(t, s, last); len(got) != 1 || got[0].Seq <= last || got[0].Seq != lastChange(t, s) {
				t.Errorf("Changes after a new one = %+v, want one above %d", got, last)
			}
		}},
	{"PruneChanges touches nothing but the log",
		"Pruning forgets changes, no bans and no hits, and logs nothing.",
		func(t reporter, s store.Store) {
			b := create(t, s, domainBan("a.example"))
			addHits(t, s, hit(b, 2, noon, nil))
			b = read(t, s, b.ID)
			verify := unchanged(t, s)
			if _, err := s.PruneChanges(t.Context(), after(day)); err != nil {
				t.Fatalf("PruneChanges: %v", err)
			}
			verify("PruneChanges")
			wantFound(t, s, b)
			wantHistory(t, s, b, store.DayHits{Day: today, Uses: 2})
		}},
}

// logAt makes one change at each of the times, in hours after noon.
func logAt(t reporter, s store.Store, hours ...int) []store.Change {
	t.Helper()
	for _, h := range hours {
		_, err := s.CreateBan(t.Context(), domainBan(uuid.NewString()), changeAt(store.BanCreate, after(time.Duration(h)*time.Hour)))
		if err != nil {
			t.Fatalf("CreateBan: %v", err)
		}
	}
	log := changes(t, s, 0)
	if len(log) != len(hours) {
		t.Fatalf("the log holds %d changes, want %d", len(log), len(hours))
	}
	return log
}

func pruneOldEnd(t reporter, s store.Store) {
	prune := func(hours int, want int64) {
		t.Helper()
		if n, err := s.PruneChanges(t.Context(), after(time.Duration(hours)*time.Hour)); err != nil || n != want {
			t.Errorf("PruneChanges before hour %d = %d, %v; want %d", hours, n, err, want)
		}
	}
	prune(100, 0)
	log := logAt(t, s, 0, 1, 2, 5, 3, 3, 9) // 3 is older by time than 5, but newer by Seq
	kept := func(n int) {
		t.Helper()
		got := changes(t, s, log[len(log)-n].Seq-1)
		if want := log[len(log)-n:]; !reflect.DeepEqual(got, want) {
			t.Errorf("Changes that are left: %+v, want %+v", got, want)
		}
	}
	prune(0, 0)
	kept(7)
	prune(2, 2) // one made at that very time stays
	kept(5)
	prune(5, 1)
	kept(4)
	prune(6, 3)
	kept(1)
	prune(6, 0)
	kept(1)
}

func pruneErrors(t reporter, s store.Store) {
	log := logAt(t, s, 0, 1, 2, 3)
	if _, err := s.PruneChanges(t.Context(), after(2*time.Hour)); err != nil {
		t.Fatalf("PruneChanges: %v", err)
	}
	newest := log[1].Seq // of those forgotten
	for _, after := range []int64{0, -1, newest - 1} {
		for _, limit := range []int{0, 1, store.MaxPageLimit} {
			got, err := s.Changes(t.Context(), after, limit)
			wantError(t, "Changes", err, store.ErrPruned)
			if len(got) > 0 {
				t.Errorf("Changes after %d, limit %d, gives changes beside its error", after, limit)
			}
		}
	}
	if got := changes(t, s, newest); !equalSlices(got, log[2:]) {
		t.Errorf("Changes after the newest that was pruned = %+v, want %+v", got, log[2:])
	}
}
