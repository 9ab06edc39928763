package storetest

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"example.com/ostraka/store"
)

var rankClauses = []clause{
	{"RankBans returns what the filter selects, in order, page by page",
		"The bans after a place come in the order by BanOrder.RankOf, those that are equal newest first; the place of the last leads to the next page.",
		rankPages},
	{"TopHits returns the rules that caught most on these days",
		"Rules come by the sum of their uses on the days from from up to and including to, most first, those that caught as much by ID; bans, blocks and entries of lists alike, with their keys.",
		topHits},
}

func rankPages(t reporter, s store.Store) {
	rng := rand.New(rand.NewPCG(3, 4))
	createMany(t, s, randomBans(rng, 60))
	for _, b := range allBans(t, s) {
		if uses := rng.Int64N(4); uses > 0 {
			addHits(t, s, hit(b, uses, after(time.Duration(rng.IntN(3))*time.Hour), nil))
		}
	}
	all := allBans(t, s)
	for _, order := range []store.BanOrder{store.ByHits, store.ByLastHit, store.ByExpiry} {
		for _, filter := range []store.BanFilter{{}, {Kind: store.KindDomain}, {Shadow: new(true)}, randomFilter(rng)} {
			var want []store.Ban
			for _, b := range all {
				if filter.Match(&b) {
					want = append(want, b)
				}
			}
			slices.SortFunc(want, func(a, b store.Ban) int {
				return cmp.Or(cmp.Compare(order.RankOf(&a).Value, order.RankOf(&b).Value), cmp.Compare(b.Seq, a.Seq))
			})
			var place store.BanRank
			for {
				got, err := s.RankBans(t.Context(), filter, order, place, 7)
				if err != nil {
					t.Fatalf("RankBans: %v", err)
				}
				n := min(len(want), 7)
				if !equalSlices(got, want[:n]) {
					t.Fatalf("RankBans(%s, %d, %+v) gives Seqs %v, want %v", describe(filter), order, place, seqs(got), seqs(want[:n]))
				}
				if want = want[n:]; n == 0 {
					break
				}
				place = order.RankOf(&got[n-1])
			}
		}
	}
	if got, err := s.RankBans(t.Context(), store.BanFilter{}, store.ByHits, store.BanRank{}, 0); err != nil || len(got) != store.DefaultPageLimit {
		t.Errorf("RankBans without a limit gives %d bans, %v; want %d", len(got), err, store.DefaultPageLimit)
	}
}

func topHits(t reporter, s store.Store) {
	rng := rand.New(rand.NewPCG(5, 6))
	var rules []store.Rule
	for _, b := range []store.Ban{domainBan("a.example"), revoked(domainBan("b.example")), domainBan("c.example"), domainBan("quiet.example")} {
		created := create(t, s, b)
		rules = append(rules, created.Rule())
	}
	block, gone := createBlock(t, s, newBlock("d.example")), create(t, s, domainBan("gone.example"))
	rules = append(rules, block.Rule())
	l := apply(t, s, newList("list"), []store.Entry{domainEntry("e.example"), domainEntry("f.example")}, nil)
	for _, e := range entriesOf(t, s, l.Name) {
		rules = append(rules, e.Rule(&l))
	}
	days := make(map[int]map[store.Rule]int64)
	for n := -3; n <= 1; n++ {
		days[n] = map[store.Rule]int64{}
		for _, r := range rules {
			if uses := rng.Int64N(4); uses > 0 && r.Value != "quiet.example" {
				addHits(t, s, hitOf(r, uses, after(time.Duration(n)*day), clients(1)))
				days[n][r] = uses
			}
		}
		addHits(t, s, hit(gone, 50, after(time.Duration(n)*day), nil))
	}
	remove(t, s, gone)
	for _, stretch := range [][2]int{{0, 0}, {-1, 0}, {-3, 1}, {-2, -1}, {1, 0}, {5, 9}} {
		sums := map[store.Rule]int64{}
		for n := stretch[0]; n <= stretch[1]; n++ {
			for r, uses := range days[n] {
				sums[r] += uses
			}
		}
		var want []store.RuleHits
		for r, uses := range sums {
			want = append(want, store.RuleHits{RuleID: r.ID, Key: r.Key, Uses: uses})
		}
		slices.SortFunc(want, func(a, b store.RuleHits) int {
			return cmp.Or(cmp.Compare(b.Uses, a.Uses), bytes.Compare(a.RuleID[:], b.RuleID[:]))
		})
		for _, limit := range []int{0, 1, 3} {
			want := want[:min(len(want), store.Page{Limit: limit}.Size())]
			from, to := after(time.Duration(stretch[0])*day), after(time.Duration(stretch[1])*day)
			got, err := s.TopHits(t.Context(), from, to, limit)
			if err != nil {
				t.Fatalf("TopHits: %v", err)
			}
			if !equalSlices(got, want) {
				t.Errorf("TopHits of the days %v, limit %d, gives %v, want %v", stretch, limit, got, want)
			}
		}
	}
}
