package storetest

import (
	"fmt"
	"math"
	"slices"

	"example.com/ostraka/store"
)

var blockUpdateClauses = []clause{
	{"UpdateBlock changes what the patch names",
		"UpdateBlock changes the fields that the patch names, and those of the block's rule, leaves the others, and returns the block as stored.",
		blockUpdates},
	{"UpdateBlock keeps the hits",
		"A block that changes keeps its hits and their history, and goes on counting.",
		func(t reporter, s store.Store) {
			b := createBlock(t, s, newBlock("a.example"))
			addHits(t, s, hitOf(b.Rule(), 2, noon, clients(1)))
			b = updateBlock(t, s, b, store.BlockPatch{Effect: new(store.Deny)})
			addHits(t, s, hitOf(b.Rule(), 3, after(day), clients(1, 2)))
			b.Hits, b.LastHitAt = 5, after(day)
			wantBlock(t, s, b)
			wantTotalOf(t, s, b.Rule(), 5, after(day))
			wantHistoryOf(t, s, b.Rule(), store.DayHits{Day: today, Uses: 2, Clients: 1}, store.DayHits{Day: today.Add(day), Uses: 3, Clients: 2})
			wantSame(t, "what UpdateBlock returns of a block with hits", updateBlock(t, s, b, store.BlockPatch{}), b)
		}},
	{"UpdateBlock that changes nothing writes nothing",
		"If the patch changes nothing, nothing is written or logged.",
		func(t reporter, s store.Store) {
			b := createBlock(t, s, newBlock("a.example"))
			verify := unchanged(t, s)
			same := store.BlockPatch{Effect: &b.Effect, Scope: &b.Scope, Reason: &b.Reason, PublicReason: &b.PublicReason}
			for what, patch := range map[string]store.BlockPatch{"an empty patch": {}, "what the block says": same} {
				wantSame(t, "what UpdateBlock returns for "+what, updateBlock(t, s, b, patch), b)
				verify("UpdateBlock with " + what)
			}
		}},
	{"UpdateBlock logs one change",
		"UpdateBlock logs one change with the caller's At, Actor and Action, and the store's Target, Keys, Before and After.",
		func(t reporter, s store.Store) {
			before := createBlock(t, s, newBlock("a.example"))
			last := lastChange(t, s)
			want := store.Change{At: after(day), Actor: "ἀριστείδης", Action: store.BlockUpdate}
			b, err := s.UpdateBlock(t.Context(), before.ID, store.BlockPatch{Reason: new("another")}, want)
			if err != nil {
				t.Fatalf("UpdateBlock: %v", err)
			}
			want.Target, want.Keys = b.ID, []store.Key{b.Key()}
			wantChange(t, s, last, want, &before, &b)
		}},
	{"No update of a block undoes another",
		"UpdateBlock is one step with reading the block: of updates at the same time each changes what it names, and nothing else.",
		blockUpdatesTogether},
	{"ListBlocks selects by the filter",
		"ListBlocks and CountBlocks select the blocks whose domain has the substring, byte for byte, and that have the effect.",
		blockFilters},
	{"ListBlocks orders by hits",
		"By hits the most come first, and among as many the newest; with OldestFirst it is the other way round. After and Before bound the stretch by Seq; an order that is none is an error.",
		blocksByHits},
}

func updateBlock(t reporter, s store.Store, b store.Block, patch store.BlockPatch) store.Block {
	t.Helper()
	got, err := s.UpdateBlock(t.Context(), b.ID, patch, change(store.BlockUpdate))
	if err != nil {
		t.Fatalf("UpdateBlock(%q): %v", b.Domain, err)
	}
	return got
}

func blockUpdates(t reporter, s store.Store) {
	a, b := createBlock(t, s, newBlock("=a.example")), newBlock("a.example")
	b.KeyText = a.KeyText
	b = createBlock(t, s, b)
	reason, public := "why ü\n☠", "why in public"
	for what, patch := range map[string]store.BlockPatch{
		"the effect":        {Effect: new(store.Deny)},
		"the effect back":   {Effect: new(store.Review)},
		"the scope":         {Scope: new(store.ScopeOf(store.Mail))},
		"the whole scope":   {Scope: new(store.Scope(0))},
		"the reason":        {Reason: &reason},
		"the public reason": {PublicReason: &public},
		"no reasons":        {Reason: new(""), PublicReason: new("")},
		"everything":        {Effect: new(store.Deny), Scope: new(store.ScopeOf(store.SignIn)), Reason: new("x"), PublicReason: new("y")},
	} {
		want := patch.Apply(a)
		got := updateBlock(t, s, a, patch)
		wantSame(t, "what UpdateBlock returns for "+what, got, want)
		wantBlock(t, s, want)
		wantBlock(t, s, b) // of the same key
		wantJustRules(t, "Lookup after "+what, lookup(t, s, a.Key()), want.Rule(), b.Rule())
		a = got
	}
	removeBlock(t, s, a)
	wantJustRules(t, "Lookup after the deletion", lookup(t, s, a.Key()), b.Rule())
}

func blockUpdatesTogether(t reporter, s store.Store) {
	b := createBlock(t, s, newBlock("a.example"))
	for i := range 20 {
		reason, public := fmt.Sprint("reason ", i), fmt.Sprint("public reason ", i)
		errs := make(chan error)
		for _, patch := range []store.BlockPatch{{Reason: &reason}, {PublicReason: &public}} {
			go func() {
				_, err := s.UpdateBlock(t.Context(), b.ID, patch, change(store.BlockUpdate))
				errs <- err
			}()
		}
		for range 2 {
			if err := <-errs; err != nil {
				t.Errorf("UpdateBlock beside another: %v", err)
			}
		}
		b.Reason, b.PublicReason = reason, public
		wantBlock(t, s, b)
	}
}

func blockFilters(t reporter, s store.Store) {
	var all []store.Block
	for i, domain := range append([]string{"mail.ru", "MAIL.ru", "xmail.ru.example", "a.example"}, tricky...) {
		b := newBlock(domain)
		if i%2 == 0 {
			b.Effect = store.Deny
		}
		all = append(all, createBlock(t, s, b))
	}
	parts := append([]string{"", "mail.ru", "ail", "MAIL", "%", "_", "nothing like it"}, tricky...)
	for _, effect := range []*store.Effect{nil, new(store.Deny), new(store.Review), new(store.Allow)} {
		for _, part := range parts {
			f := store.BlockFilter{Contains: part, Effect: effect}
			var want []store.Block
			for _, b := range all {
				if f.Match(&b) {
					want = append(want, b)
				}
			}
			page := store.Page{OldestFirst: true, Limit: store.MaxPageLimit}
			got, err := s.ListBlocks(t.Context(), f, store.BlocksBySeq, page)
			if err != nil || !equalSlices(got, want) {
				t.Errorf("ListBlocks with %q and %v gives %d blocks, %v; want %d, or other ones", part, effect, len(got), err, len(want))
			}
			if n, err := s.CountBlocks(t.Context(), f); err != nil || n != int64(len(want)) {
				t.Errorf("CountBlocks with %q and %v = %d, %v; want %d", part, effect, n, err, len(want))
			}
		}
	}
}

func blocksByHits(t reporter, s store.Store) {
	for i, uses := range []int64{0, 7, 0, 300, 7, 1, 20, 7} {
		b := createBlock(t, s, newBlock(fmt.Sprintf("d%d.example", i)))
		if uses > 0 {
			addHits(t, s, hitOf(b.Rule(), uses, after(-day*10), nil), hitOf(b.Rule(), 1, noon, nil))
		}
	}
	all := allBlocks(t, s)
	for _, oldest := range []bool{false, true} {
		for _, low := range []int64{0, all[1].Seq} {
			for _, high := range []int64{0, all[6].Seq, math.MaxInt64} {
				for _, limit := range []int{0, 1, 3} {
					for offset := range int64(5) {
						page := store.Page{After: low, Before: high, Limit: limit, Offset: offset, OldestFirst: oldest}
						var want []store.Block
						for _, b := range all {
							if page.Includes(b.Seq) {
								want = append(want, b)
							}
						}
						slices.SortFunc(want, func(a, b store.Block) int { return store.BlocksByHits.Compare(&a, &b) })
						if oldest {
							slices.Reverse(want)
						}
						want = afterOffset(want, page)
						want = want[:min(len(want), page.Size())]
						got, err := s.ListBlocks(t.Context(), store.BlockFilter{}, store.BlocksByHits, page)
						if err != nil || !equalSlices(got, want) {
							t.Errorf("ListBlocks(%+v) by hits gives %v, %v; want %v", page, hitsOf(got), err, hitsOf(want))
						}
					}
				}
			}
		}
	}
	if got, err := s.ListBlocks(t.Context(), store.BlockFilter{}, store.BlocksByHits+1, store.Page{}); err == nil {
		t.Errorf("ListBlocks in an order that is none gives %d blocks and no error", len(got))
	}
}

func hitsOf(blocks []store.Block) (out []string) {
	for _, b := range blocks {
		out = append(out, fmt.Sprintf("#%d:%d", b.Seq, b.Hits))
	}
	return out
}
