package storetest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"example.com/ostraka/store"
)

var pageClauses = []clause{
	{"ListBans returns the newest 50 by default",
		"The zero Page is the newest DefaultPageLimit records, newest first.",
		func(t reporter, s store.Store) {
			if got := list(t, s, store.BanFilter{}, store.Page{}); len(got) != 0 {
				t.Errorf("ListBans of an empty store gives %d bans", len(got))
			}
			createMany(t, s, domainBans(store.DefaultPageLimit+10))
			all := allBans(t, s)
			slices.Reverse(all)
			if got := list(t, s, store.BanFilter{}, store.Page{}); !equalSlices(got, all[:store.DefaultPageLimit]) {
				t.Errorf("ListBans gives Seqs %v, want %v", seqs(got), seqs(all[:store.DefaultPageLimit]))
			}
		}},
	{"ListBans returns the pages that were asked for",
		"After and Before bound a stretch, both exclusive; Limit and OldestFirst say how much of which end, in which order.",
		listPages},
	{"ListBans bounds the limit",
		"A Limit of zero or below is DefaultPageLimit, one above MaxPageLimit is MaxPageLimit.",
		func(t reporter, s store.Store) {
			createMany(t, s, domainBans(store.MaxPageLimit+5))
			for limit, want := range map[int]int{
				0: store.DefaultPageLimit, -1: store.DefaultPageLimit, math.MinInt: store.DefaultPageLimit,
				1: 1, store.MaxPageLimit: store.MaxPageLimit, store.MaxPageLimit + 1: store.MaxPageLimit, math.MaxInt: store.MaxPageLimit,
			} {
				for _, oldest := range []bool{false, true} {
					got := list(t, s, store.BanFilter{}, store.Page{Limit: limit, OldestFirst: oldest})
					if len(got) != want {
						t.Errorf("ListBans with Limit %d gives %d bans, want %d", limit, len(got), want)
					}
				}
			}
		}},
	{"ListBans and CountBans select what the filter matches",
		"A ban is selected if every field that is set holds for it, exactly as BanFilter.Match says.",
		listFilters},
	{"ListBans of a value gives all its bans",
		"Also those that are over, whether they were revoked, have expired, or were followed by another.",
		func(t reporter, s store.Store) {
			createMany(t, s, domainBans(3))
			of := domainBan("again.example")
			other := newBan(store.KindName, "again.example")
			create(t, s, other)
			var want []store.Ban
			for i := range 4 {
				b := of
				b.ID = newBan(of.Kind, of.Value).ID
				b.ExpiresAt = after(time.Duration(i+1) * time.Minute)
				made, err := s.CreateBan(t.Context(), b, changeAt(store.BanCreate, after(time.Duration(i)*time.Minute)))
				if err != nil {
					t.Fatalf("CreateBan: %v", err)
				}
				want = append(want, made)
			}
			last := revoked(want[3])
			last, err := s.UpdateBan(t.Context(), last, change(store.BanUpdate))
			if err != nil {
				t.Fatalf("UpdateBan: %v", err)
			}
			want[3] = last
			slices.Reverse(want)
			if got := list(t, s, store.BanFilter{Kind: of.Kind, Value: of.Value}, store.Page{}); !equalSlices(got, want) {
				t.Errorf("ListBans gives %v, want %v", seqs(got), seqs(want))
			}
			if got := list(t, s, store.BanFilter{Value: of.Value}, store.Page{}); len(got) != 5 {
				t.Errorf("ListBans of the value of any kind gives %d bans, want 5", len(got))
			}
			if got := list(t, s, store.BanFilter{Kind: of.Kind, Value: "again.exampl"}, store.Page{}); len(got) != 0 {
				t.Errorf("ListBans of a part of the value gives %d bans", len(got))
			}
		}},
	{"A page of a filter counts only what the filter selects",
		"The limit bounds the records selected, not those looked at.",
		func(t reporter, s store.Store) {
			bans := domainBans(90)
			for i := range bans {
				if i%30 == 7 {
					bans[i].Effect = store.Allow
				}
			}
			createMany(t, s, bans)
			filter := store.BanFilter{Effect: new(store.Allow)}
			for _, oldest := range []bool{false, true} {
				if got := list(t, s, filter, store.Page{Limit: 3, OldestFirst: oldest}); len(got) != 3 {
					t.Errorf("ListBans of 3 scattered bans gives %d", len(got))
				}
			}
		}},
}

func allBans(t reporter, s store.Store) []store.Ban {
	t.Helper()
	return list(t, s, store.BanFilter{}, store.Page{OldestFirst: true, Limit: store.MaxPageLimit})
}

func seqs(bans []store.Ban) []int64 {
	var out []int64
	for _, b := range bans {
		out = append(out, b.Seq)
	}
	return out
}

// wantPage wants what the filter and the page select of all bans, oldest first.
func wantPage(t reporter, s store.Store, all []store.Ban, filter store.BanFilter, page store.Page) {
	t.Helper()
	var want []store.Ban
	for _, b := range all {
		if filter.Match(&b) && page.Includes(b.Seq) {
			want = append(want, b)
		}
	}
	if !page.OldestFirst {
		slices.Reverse(want)
	}
	want = afterOffset(want, page)
	want = want[:min(len(want), page.Size())]
	if got := list(t, s, filter, page); !equalSlices(got, want) {
		t.Errorf("ListBans(%s, %+v) gives Seqs %v, want %v", describe(filter), page, seqs(got), seqs(want))
	}
}

// afterOffset returns the records, in the page's order, that its offset leaves.
func afterOffset[R any](records []R, page store.Page) []R {
	return records[min(int64(len(records)), max(page.Offset, 0)):]
}

func listPages(t reporter, s store.Store) {
	createMany(t, s, domainBans(20))
	for _, i := range []int{3, 4, 11} { // so that Seqs have gaps
		remove(t, s, allBans(t, s)[i])
	}
	create(t, s, domainBan("last.example"))
	all := allBans(t, s)
	if len(all) != 18 || !slices.IsSorted(seqs(all)) {
		t.Fatalf("ListBans oldest first gives Seqs %v, want 18 ascending", seqs(all))
	}
	bounds := []int64{-1, 0, all[0].Seq, all[1].Seq, all[3].Seq + 1, all[9].Seq, all[17].Seq, all[17].Seq + 1, math.MaxInt64}
	for _, low := range bounds {
		for _, high := range bounds {
			for _, limit := range []int{0, 1, 5} {
				for _, oldest := range []bool{false, true} {
					for _, offset := range []int64{math.MinInt64, 0, 1, 6, 18, math.MaxInt64} {
						wantPage(t, s, all, store.BanFilter{}, store.Page{After: low, Before: high, Limit: limit, Offset: offset, OldestFirst: oldest})
					}
				}
			}
		}
	}
}

func listFilters(t reporter, s store.Store) {
	rng := rand.New(rand.NewPCG(1, 2))
	createMany(t, s, randomBans(rng, 200))
	all := allBans(t, s)
	if len(all) != 200 {
		t.Fatalf("ListBans gives %d bans, want 200", len(all))
	}
	for range 300 {
		filter := randomFilter(rng)
		want := int64(0)
		for _, b := range all {
			if filter.Match(&b) {
				want++
			}
		}
		if got, err := s.CountBans(t.Context(), filter); err != nil || got != want {
			t.Errorf("CountBans(%s) = %d, %v; want %d", describe(filter), got, err, want)
		}
		wantPage(t, s, all, filter, store.Page{Limit: store.MaxPageLimit})
		wantPage(t, s, all, filter, store.Page{
			After: rng.Int64N(250) - 20, Before: rng.Int64N(250) - 20,
			Limit: rng.IntN(60), Offset: rng.Int64N(40) - 10, OldestFirst: rng.IntN(2) == 0,
		})
	}
}

// randomBans returns bans of which none is refused for another.
func randomBans(rng *rand.Rand, n int) []store.Ban {
	bans := make([]store.Ban, n)
	for i := range bans {
		kind := store.Kinds()[rng.IntN(4)]
		b := newBan(kind, fmt.Sprintf("%c%c%d", 'a'+rng.IntN(3), 'A'+rng.IntN(2), i))
		b.Effect = store.Effect(rng.IntN(3))
		b.Scope = store.Scope(rng.IntN(32))
		b.Shadow = rng.IntN(2) == 0
		b.ExpiresAt = []time.Time{{}, noon, after(-time.Hour), after(time.Microsecond), after(time.Hour)}[rng.IntN(5)]
		if rng.IntN(3) == 0 {
			b = revoked(b)
		}
		bans[i] = b
	}
	return bans
}

// randomFilter sets each field or not.
func randomFilter(rng *rand.Rand) store.BanFilter {
	var f store.BanFilter
	set := func() bool { return rng.IntN(3) == 0 }
	if set() {
		f.Kind = store.Kinds()[rng.IntN(4)]
	}
	if rng.IntN(9) == 0 {
		f.Value = fmt.Sprintf("%c%c%d", 'a'+rng.IntN(3), 'A'+rng.IntN(2), rng.IntN(200))
	}
	if set() {
		f.Contains = []string{"a", "B", "1", "aA", "bB1", "%"}[rng.IntN(6)]
	}
	if set() {
		f.Active = new(rng.IntN(2) == 0)
		f.At = []time.Time{noon, after(time.Hour), after(-time.Microsecond), after(-2 * time.Hour)}[rng.IntN(4)]
	}
	if set() {
		f.Effect = new(store.Effect(rng.IntN(3)))
	}
	if set() {
		f.Scope = store.Scope(1 + rng.IntN(31))
	}
	if set() {
		f.Shadow = new(rng.IntN(2) == 0)
	}
	if set() {
		f.ExpiresBy = []time.Time{noon, after(time.Hour), after(-2 * time.Hour)}[rng.IntN(3)]
	}
	return f
}

// describe prints a filter with what its pointers point to.
func describe(f store.BanFilter) string {
	text := fmt.Sprintf("{Kind:%v Value:%q Contains:%q Scope:%v", f.Kind, f.Value, f.Contains, f.Scope)
	if f.Active != nil {
		text += fmt.Sprintf(" Active:%v At:%v", *f.Active, f.At)
	}
	if f.Effect != nil {
		text += fmt.Sprintf(" Effect:%v", *f.Effect)
	}
	if f.Shadow != nil {
		text += fmt.Sprintf(" Shadow:%v", *f.Shadow)
	}
	if !f.ExpiresBy.IsZero() {
		text += fmt.Sprintf(" ExpiresBy:%v", f.ExpiresBy)
	}
	return text + "}"
}
