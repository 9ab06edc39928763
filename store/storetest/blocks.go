package storetest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var blockClauses = []clause{
	{"CreateBlock returns the block as stored",
		"CreateBlock gives the block its Seq, keeps the rest as given, and returns what reads return from then on.",
		func(t reporter, s store.Store) {
			given := newBlock("a.example")
			given.Seq, given.Hits, given.LastHitAt = 77, 5, noon
			got := createBlock(t, s, given)
			want := given
			want.Seq, want.Hits, want.LastHitAt = got.Seq, 0, time.Time{}
			wantSame(t, "the block that CreateBlock returned", got, want)
			wantBlock(t, s, got)

			bare := store.Block{ID: newBlock("").ID, Domain: "*.b.example", KeyText: "b.example", CreatedAt: noon}
			got = createBlock(t, s, bare)
			bare.Seq = got.Seq
			wantSame(t, "a block with few fields set", got, bare)
			wantBlock(t, s, got)
		}},
	{"Seq numbers blocks from 1 and is not reused",
		"Seq numbers the blocks of one store in the order of their creation, from 1, never reusing a number.",
		func(t reporter, s store.Store) {
			create(t, s, domainBan("a.example")) // which is numbered by itself
			last := int64(0)
			for i, v := range []string{"b.example", "a.example", "a.example", "c.example"} {
				b := createBlock(t, s, newBlock(v))
				if i == 0 && b.Seq != 1 {
					t.Errorf("the first block has Seq %d, want 1", b.Seq)
				}
				if b.Seq <= last {
					t.Errorf("a later block has Seq %d, not above %d", b.Seq, last)
				}
				if last = b.Seq; i == 1 {
					removeBlock(t, s, b)
				}
			}
		}},
	{"CreateBlock refuses a second block of a domain",
		"If there is a block of the same domain, the error is a *BlockExistsError with it, and nothing is written.",
		func(t reporter, s store.Store) {
			existing := createBlock(t, s, newBlock("a.example"))
			verify := unchanged(t, s)
			again := newBlock("a.example")
			again.KeyText = "another key"
			_, err := s.CreateBlock(t.Context(), again, change(store.BlockCreate))
			wantError(t, "CreateBlock", err, store.ErrExists)
			var exists *store.BlockExistsError
			if !errors.As(err, &exists) {
				t.Errorf("CreateBlock: error = %v, want a *BlockExistsError", err)
			} else {
				wantSame(t, "the existing block", exists.Existing, existing)
			}
			verify("a refused CreateBlock")
			wantJustRules(t, "Lookup of the refused block", lookup(t, s, again.Key()))
		}},
	{"CreateBlock refuses an ID that is taken",
		"An ID that is taken gives ErrExists, and nothing is written.",
		func(t reporter, s store.Store) {
			taken := createBlock(t, s, newBlock("a.example"))
			verify := unchanged(t, s)
			b := newBlock("b.example")
			b.ID = taken.ID
			_, err := s.CreateBlock(t.Context(), b, change(store.BlockCreate))
			wantError(t, "CreateBlock", err, store.ErrExists)
			verify("a refused CreateBlock")
			wantBlock(t, s, taken)
		}},
	{"Domains of blocks are bytes",
		"A backend compares and stores domains and keys byte for byte: no block is taken for another.",
		func(t reporter, s store.Store) {
			for _, v := range tricky {
				b := newBlock(v)
				b.KeyText, b.Reason, b.PublicReason, b.CreatedBy = v, v, v, v
				b = createBlock(t, s, b)
				wantJustRules(t, fmt.Sprintf("Lookup of %q", v), lookup(t, s, b.Key()), b.Rule())
			}
			if n := len(allBlocks(t, s)); n != len(tricky) {
				t.Errorf("there are %d blocks, want %d", n, len(tricky))
			}
		}},
	{"A block that is not there is ErrNotFound",
		"Reading, changing or deleting a block that is not there gives ErrNotFound, and nothing is written.",
		blockNotFound},
	{"ListBlocks returns the pages that were asked for",
		"ListBlocks returns blocks a page at a time, in the page's order and bounded as it says; CountBlocks counts them all.",
		blockPages},
	{"DeleteBlock removes the block and its rule",
		"DeleteBlock returns the block as it was; its rule is gone, and its domain and ID are free again.",
		func(t reporter, s store.Store) {
			a, b := createBlock(t, s, newBlock("=a.example")), newBlock("*.a.example")
			b.KeyText = a.KeyText
			b = createBlock(t, s, b)
			wantJustRules(t, "Lookup", lookup(t, s, a.Key()), a.Rule(), b.Rule())
			wantSame(t, "what DeleteBlock returns", removeBlock(t, s, a), a)
			wantJustRules(t, "Lookup after the deletion", lookup(t, s, a.Key()), b.Rule())
			wantJustRules(t, "Scan after the deletion", scan(t, s, 0), b.Rule())
			wantBlock(t, s, b)
			wantBlock(t, s, createBlock(t, s, a))
		}},
	{"A block's life is in the log",
		"CreateBlock and DeleteBlock each log one change with the caller's At, Actor and Action, and the store's Target, Keys, Before and After.",
		func(t reporter, s store.Store) {
			given := store.Change{At: after(day), Actor: "ἀριστείδης", Action: store.BlockCreate, Seq: 9, Bulk: true, Target: uuid.Max}
			b, err := s.CreateBlock(t.Context(), newBlock("a.example"), given)
			if err != nil {
				t.Fatalf("CreateBlock: %v", err)
			}
			want := store.Change{At: given.At, Actor: given.Actor, Action: given.Action, Target: b.ID, Keys: []store.Key{b.Key()}}
			last := wantChange(t, s, 0, want, nil, &b)
			want.Action = store.BlockDelete
			if _, err := s.DeleteBlock(t.Context(), b.ID, want); err != nil {
				t.Fatalf("DeleteBlock: %v", err)
			}
			wantChange(t, s, last, want, &b, nil)
		}},
}

// wantBlock wants every read to return just this block.
func wantBlock(t reporter, s store.Store, want store.Block) {
	t.Helper()
	got, err := s.Block(t.Context(), want.ID)
	if err != nil {
		t.Fatalf("Block(%s): %v", want.ID, err)
	}
	wantSame(t, "what Block returns", got, want)
	if got, err = s.BlockBySeq(t.Context(), want.Seq); err != nil {
		t.Fatalf("BlockBySeq(%d): %v", want.Seq, err)
	}
	wantSame(t, "what BlockBySeq returns", got, want)
	if all := allBlocks(t, s); !slices.Contains(all, want) {
		t.Errorf("ListBlocks = %+v, want %+v among them", all, want)
	}
	isIts := func(r store.Rule) bool { return r.ID != want.ID }
	rules := slices.DeleteFunc(lookup(t, s, want.Key()), isIts)
	wantJustRules(t, "Lookup", rules, want.Rule())
	for _, r := range rules {
		if r.Origin != store.OriginBlock {
			t.Errorf("the rule of block %q has Origin %q", want.Domain, r.Origin)
		}
	}
	wantJustRules(t, "Scan", slices.DeleteFunc(scan(t, s, store.KindDomain), isIts), want.Rule())
}

func blockNotFound(t reporter, s store.Store) {
	b := newBlock("a.example")
	check := func(when string) {
		t.Helper()
		_, err := s.Block(t.Context(), b.ID)
		wantError(t, "Block "+when, err, store.ErrNotFound)
		_, err = s.DeleteBlock(t.Context(), b.ID, change(store.BlockDelete))
		wantError(t, "DeleteBlock "+when, err, store.ErrNotFound)
		_, err = s.UpdateBlock(t.Context(), b.ID, store.BlockPatch{Reason: new("another")}, change(store.BlockUpdate))
		wantError(t, "UpdateBlock "+when, err, store.ErrNotFound)
		for _, seq := range []int64{b.Seq, 0, -1, 1 << 62} {
			_, err := s.BlockBySeq(t.Context(), seq)
			wantError(t, "BlockBySeq "+when, err, store.ErrNotFound)
		}
	}
	check("in an empty store")
	create(t, s, domainBan("a.example"))
	createBlock(t, s, newBlock("other.example"))
	b = createBlock(t, s, b)
	removeBlock(t, s, b)
	verify := unchanged(t, s)
	check("after the deletion")
	verify("deleting what is not there")
}

func blockPages(t reporter, s store.Store) {
	wantCount := func(want int64) {
		t.Helper()
		if n, err := s.CountBlocks(t.Context(), store.BlockFilter{}); err != nil || n != want {
			t.Errorf("CountBlocks = %d, %v; want %d", n, err, want)
		}
	}
	wantCount(0)
	if got := listBlocks(t, s, store.Page{}); len(got) != 0 {
		t.Errorf("ListBlocks of an empty store gives %d blocks", len(got))
	}
	for i := range store.DefaultPageLimit + 10 {
		b := createBlock(t, s, newBlock(fmt.Sprintf("d%d.example", i)))
		if i%20 == 3 { // so that Seqs have gaps
			removeBlock(t, s, b)
		}
	}
	all := allBlocks(t, s)
	wantCount(int64(len(all)))
	n := len(all)
	if n != store.DefaultPageLimit+7 {
		t.Fatalf("ListBlocks gives %d blocks, want %d", n, store.DefaultPageLimit+7)
	}
	bounds := []int64{-1, 0, all[0].Seq, all[3].Seq + 1, all[9].Seq, all[n-1].Seq, all[n-1].Seq + 1, math.MaxInt64}
	for _, low := range bounds {
		for _, high := range bounds {
			for _, limit := range []int{math.MinInt, 0, 1, 5, math.MaxInt} {
				for _, oldest := range []bool{false, true} {
					page := store.Page{After: low, Before: high, Limit: limit, Offset: low % 4, OldestFirst: oldest}
					want := pageOf(all, page, func(b store.Block) int64 { return b.Seq })
					if got := listBlocks(t, s, page); !equalSlices(got, want) {
						t.Errorf("ListBlocks(%+v) gives %d blocks, want %d, or other ones", page, len(got), len(want))
					}
				}
			}
		}
	}
}

// pageOf returns what the page selects of all records, oldest first.
func pageOf[R any](all []R, page store.Page, seq func(R) int64) []R {
	var want []R
	for _, r := range all {
		if page.Includes(seq(r)) {
			want = append(want, r)
		}
	}
	if !page.OldestFirst {
		slices.Reverse(want)
	}
	want = afterOffset(want, page)
	return want[:min(len(want), page.Size())]
}
