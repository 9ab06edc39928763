package storetest

import (
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// today is the day of noon.
var today = store.Day(noon)

const day = 24 * time.Hour

// hit is a hit on the day of last.
func hit(b store.Ban, uses int64, last time.Time, clients []byte) store.Hit {
	return hitOf(b.Rule(), uses, last, clients)
}

// hitOf returns a hit of a rule, whatever its origin.
func hitOf(r store.Rule, uses int64, last time.Time, clients []byte) store.Hit {
	return store.Hit{RuleID: r.ID, Key: r.Key, Day: store.Day(last), Uses: uses, Last: last, Clients: clients}
}

var hitClauses = []clause{
	{"Hits add up, per day and in total",
		"AddHits adds to the counts of the rules, per UTC day and in total.",
		hitsAddUp},
	{"Hits of one rule in one call add up",
		"AddHits adds every hit it is given, also several of the same rule and day.",
		func(t reporter, s store.Store) {
			b := create(t, s, domainBan("a.example"))
			addHits(t, s, hit(b, 2, after(time.Second), clients(1)), hit(b, 3, noon, clients(2)), hit(b, 4, after(day), nil))
			wantTotal(t, s, b, 9, after(day))
			wantHistory(t, s, b, store.DayHits{Day: today, Uses: 5, Clients: 2}, store.DayHits{Day: today.Add(day), Uses: 4})
		}},
	{"The latest hit stays the last",
		"The later of two last hits stays, whichever was added first.",
		func(t reporter, s store.Store) {
			b := create(t, s, domainBan("a.example"))
			addHits(t, s, hit(b, 1, after(time.Hour), nil))
			addHits(t, s, hit(b, 1, noon, nil), hit(b, 1, after(-day), nil))
			wantTotal(t, s, b, 3, after(time.Hour))
			addHits(t, s, hit(b, 1, after(time.Hour+time.Microsecond), nil))
			wantTotal(t, s, b, 4, after(time.Hour+time.Microsecond))
		}},
	{"Client sketches are merged",
		"Sketches are merged: a client that came twice on a day counts once; no sketch adds no client.",
		hitsMergeSketches},
	{"A hit of a rule that is gone is dropped",
		"A hit of a rule whose record is gone is dropped, and the others are added.",
		func(t reporter, s store.Store) {
			gone, b := create(t, s, domainBan("a.example")), create(t, s, domainBan("b.example"))
			remove(t, s, gone)
			unknown := domainBan("c.example")
			addHits(t, s, hit(gone, 1, noon, clients(1)), hit(b, 2, noon, nil), hit(unknown, 3, noon, nil))
			wantTotal(t, s, b, 2, noon)
			wantHistory(t, s, gone)
			wantHistory(t, s, unknown)
			addHits(t, s)
		}},
	{"Hits of expired and revoked rules count",
		"Only a hit of a rule whose record is gone is dropped: buffered hits may come after the rule's end.",
		func(t reporter, s store.Store) {
			for _, b := range []store.Ban{create(t, s, expired(domainBan("a.example"))), create(t, s, revoked(domainBan("b.example")))} {
				addHits(t, s, hit(b, 2, noon, clients(1)))
				wantTotal(t, s, b, 2, noon)
				wantHistory(t, s, b, store.DayHits{Day: today, Uses: 2, Clients: 1})
			}
		}},
	{"A sketch that cannot be read is an error",
		"A sketch that cannot be read is an error, and no hit of the call is added.",
		func(t reporter, s store.Store) {
			a, b := create(t, s, domainBan("a.example")), create(t, s, domainBan("b.example"))
			addHits(t, s, hit(a, 1, noon, clients(1)))
			for _, bad := range [][]byte{{1}, []byte("no sketch"), clients(1, 2, 3)[:9]} {
				for _, hits := range [][]store.Hit{
					{hit(a, 5, noon, nil), hit(b, 5, noon, bad)},
					{hit(b, 5, noon, bad), hit(a, 5, noon, nil)},
					{hit(b, 5, noon, clients(3)), hit(a, 5, noon, bad)},
				} {
					if err := s.AddHits(t.Context(), hits); err == nil {
						t.Errorf("AddHits with the sketch %q: no error", bad)
					}
					wantTotal(t, s, a, 1, noon)
					wantHistory(t, s, a, store.DayHits{Day: today, Uses: 1, Clients: 1})
					wantTotal(t, s, b, 0, time.Time{})
					wantHistory(t, s, b)
				}
			}
		}},
	{"Counting a hit changes no rule",
		"AddHits logs no change and leaves the ban's Version and UpdatedAt, so that a moderator's update is not in conflict with it.",
		func(t reporter, s store.Store) {
			b := create(t, s, domainBan("a.example"))
			last := lastChange(t, s)
			addHits(t, s, hit(b, 2, after(time.Hour), clients(1)))
			if now := lastChange(t, s); now != last {
				t.Errorf("LastChange = %d, was %d", now, last)
			}
			want := b
			want.Hits, want.LastHitAt = 2, after(time.Hour)
			wantFound(t, s, want)
			update(t, s, b)
		}},
}

var historyClauses = []clause{
	{"HitHistory returns the days asked for, oldest first",
		"HitHistory returns the days from the one of from up to and including the one of to, oldest first, leaving out days without hits.",
		historyBounds},
	{"HitHistory of a rule without hits is empty",
		"A rule without hits, or one that does not exist, has an empty history and no error.",
		func(t reporter, s store.Store) {
			wantHistory(t, s, create(t, s, domainBan("a.example")))
			wantHistory(t, s, domainBan("unknown.example"))
			wantHistory(t, s, store.Ban{ID: uuid.Nil})
		}},
	{"PruneHits forgets the days before",
		"PruneHits forgets the daily counts of days before the one given and says how many; totals and last hits stay.",
		pruneHits},
	{"DeleteBan removes the hits",
		"DeleteBan removes the ban with its hits.",
		func(t reporter, s store.Store) {
			b, keep := create(t, s, domainBan("a.example")), create(t, s, domainBan("b.example"))
			addHits(t, s, hit(b, 2, noon, clients(1)), hit(keep, 3, noon, clients(1)))
			remove(t, s, b)
			wantHistory(t, s, b)
			wantHistory(t, s, keep, store.DayHits{Day: today, Uses: 3, Clients: 1})
			if n, err := s.PruneHits(t.Context(), today.Add(day)); err != nil || n != 1 {
				t.Errorf("PruneHits = %d, %v; want 1, of the ban that is left", n, err)
			}
		}},
}

func hitsAddUp(t reporter, s store.Store) {
	a, b := create(t, s, domainBan("a.example")), create(t, s, newBan(store.KindIP, "192.0.2.1"))
	midnight := today.Add(day)
	addHits(t, s, hit(a, 2, midnight.Add(-time.Microsecond), clients(1)), hit(b, 10, noon, nil))
	addHits(t, s, hit(a, 3, midnight, clients(1)))
	addHits(t, s, hit(a, 4, after(0), nil), hit(a, 5, midnight.Add(time.Hour), nil))
	wantTotal(t, s, a, 14, midnight.Add(time.Hour))
	wantTotal(t, s, b, 10, noon)
	wantHistory(t, s, a,
		store.DayHits{Day: today, Uses: 6, Clients: 1},
		store.DayHits{Day: midnight, Uses: 8, Clients: 1})
	wantHistory(t, s, b, store.DayHits{Day: today, Uses: 10})
	for _, got := range list(t, s, store.BanFilter{}, store.Page{}) {
		wantSame(t, "what ListBans returns", got, read(t, s, got.ID))
	}
}

func hitsMergeSketches(t reporter, s store.Store) {
	b := create(t, s, domainBan("a.example"))
	for _, c := range [][]byte{clients(1, 2, 3), clients(2, 3, 4), nil, clients(4), {}, clients(1)} {
		addHits(t, s, hit(b, 1, noon, c))
	}
	addHits(t, s, hit(b, 1, after(day), clients(1, 5)))
	wantHistory(t, s, b,
		store.DayHits{Day: today, Uses: 6, Clients: 4},
		store.DayHits{Day: today.Add(day), Uses: 1, Clients: 2})
}

func historyBounds(t reporter, s store.Store) {
	b := create(t, s, domainBan("a.example"))
	at := func(d int) time.Time { return today.Add(time.Duration(d) * day) }
	for _, d := range []int{3, -2, 0, 5} { // not in order
		addHits(t, s, hit(b, int64(d+10), at(d), nil))
	}
	for _, tt := range []struct {
		from, to time.Time
		want     []int
	}{
		{at(-2), at(5), []int{-2, 0, 3, 5}},
		{at(-1), at(4), []int{0, 3}},
		{at(0), at(0), []int{0}},
		{at(0), at(3), []int{0, 3}},
		{at(1), at(2), nil},
		{at(3), at(0), nil},
		{at(0).Add(time.Hour), at(3).Add(time.Hour), []int{0, 3}}, // a time stands for its day
		{at(0).Add(-time.Microsecond), at(3).Add(-time.Microsecond), []int{0}},
	} {
		var want []store.DayHits
		for _, d := range tt.want {
			want = append(want, store.DayHits{Day: at(d), Uses: int64(d + 10)})
		}
		if got := history(t, s, b.ID, tt.from, tt.to); !equalSlices(got, want) {
			t.Errorf("HitHistory from %v to %v = %v, want %v", tt.from, tt.to, got, want)
		}
	}
}

func pruneHits(t reporter, s store.Store) {
	a, b := create(t, s, domainBan("a.example")), create(t, s, domainBan("b.example"))
	for d := range 4 {
		addHits(t, s, hit(a, 1, noon.Add(time.Duration(d)*day), clients(d)), hit(b, 1, noon, nil))
	}
	for _, tt := range []struct {
		before time.Time
		want   int64
	}{
		{today, 0},
		{today.Add(2 * day), 3}, // two days of a, one of b
		{today.Add(2 * day), 0},
		{today.Add(2*day + time.Hour), 0}, // a time stands for its day
	} {
		if n, err := s.PruneHits(t.Context(), tt.before); err != nil || n != tt.want {
			t.Errorf("PruneHits before %v = %d, %v; want %d", tt.before, n, err, tt.want)
		}
	}
	wantHistory(t, s, a,
		store.DayHits{Day: today.Add(2 * day), Uses: 1, Clients: 1},
		store.DayHits{Day: today.Add(3 * day), Uses: 1, Clients: 1})
	wantHistory(t, s, b)
	wantTotal(t, s, a, 4, after(3*day))
	wantTotal(t, s, b, 4, noon)
	addHits(t, s, hit(b, 2, noon, nil)) // a day that was forgotten starts afresh
	wantHistory(t, s, b, store.DayHits{Day: today, Uses: 2})
	wantTotal(t, s, b, 6, noon)
}

// wantTotal wants these hits of the ban in all, in its record as in HitTotal.
func wantTotal(t reporter, s store.Store, b store.Ban, hits int64, last time.Time) {
	t.Helper()
	if got := read(t, s, b.ID); got.Hits != hits || got.LastHitAt != last {
		t.Errorf("the ban of %q has Hits %d, LastHitAt %v; want %d, %v", b.Value, got.Hits, got.LastHitAt, hits, last)
	}
	wantTotalOf(t, s, b.Rule(), hits, last)
}

// wantTotalOf wants these hits of a rule in all.
func wantTotalOf(t reporter, s store.Store, r store.Rule, uses int64, last time.Time) {
	t.Helper()
	got, err := s.HitTotal(t.Context(), r.ID)
	if err != nil {
		t.Fatalf("HitTotal of %q: %v", r.Value, err)
	}
	if want := (store.HitTotal{Uses: uses, Last: last}); got != want {
		t.Errorf("HitTotal of %q = %+v, want %+v", r.Value, got, want)
	}
}

// wantHistory wants these days of all time.
func wantHistory(t reporter, s store.Store, b store.Ban, want ...store.DayHits) {
	t.Helper()
	wantHistoryOf(t, s, b.Rule(), want...)
}

func wantHistoryOf(t reporter, s store.Store, r store.Rule, want ...store.DayHits) {
	t.Helper()
	got := history(t, s, r.ID, today.Add(-1000*day), today.Add(1000*day))
	if !equalSlices(got, want) {
		t.Errorf("HitHistory of %q = %v, want %v", r.Value, got, want)
	}
}
