package memstore

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// numbered is what is kept in the order of its Seq.
type numbered interface{ seq() int64 }

// position returns where in records the one of that Seq is or would be.
func position[R numbered](records []R, seq int64) (int, bool) {
	return slices.BinarySearchFunc(records, seq, func(r R, seq int64) int { return cmp.Compare(r.seq(), seq) })
}

// stretch returns the records that the page includes, oldest first.
func stretch[R numbered](records []R, page store.Page) []R {
	lo, hi := 0, len(records)
	if page.After > 0 {
		i, found := position(records, page.After)
		if lo = i; found {
			lo++
		}
	}
	if page.Before > 0 {
		hi, _ = position(records, page.Before)
	}
	return records[min(lo, hi):hi]
}

// inOrder yields the records of the page that match, in its order.
func inOrder[R numbered](records []R, page store.Page, match func(R) bool) iter.Seq[R] {
	included := stretch(records, page)
	return func(yield func(R) bool) {
		skip, left := page.Offset, page.Size()
		for i := range included {
			if !page.OldestFirst {
				i = len(included) - 1 - i
			}
			if !match(included[i]) {
				continue
			}
			if skip > 0 {
				skip--
				continue
			}
			if !yield(included[i]) {
				return
			}
			if left--; left == 0 {
				return
			}
		}
	}
}

// ListBans implements [store.Bans].
func (s *Store) ListBans(ctx context.Context, filter store.BanFilter, page store.Page) (bans []store.Ban, err error) {
	err = s.read(ctx, func() error {
		for r := range inOrder(s.order, page, func(r *record) bool { return filter.Match(&r.ban) }) {
			bans = append(bans, r.ban)
		}
		return nil
	})
	return bans, err
}

// RankBans implements [store.Bans].
func (s *Store) RankBans(ctx context.Context, filter store.BanFilter, order store.BanOrder, after store.BanRank, limit int) (bans []store.Ban, err error) {
	err = s.read(ctx, func() error {
		for _, r := range s.order {
			if filter.Match(&r.ban) && (after == store.BanRank{} || after.Before(order.RankOf(&r.ban))) {
				bans = append(bans, r.ban)
			}
		}
		return nil
	})
	slices.SortFunc(bans, func(a, b store.Ban) int {
		if order.RankOf(&a).Before(order.RankOf(&b)) {
			return -1
		}
		return 1
	})
	return bans[:min(len(bans), store.Page{Limit: limit}.Size())], err
}

// CountBans implements [store.Bans].
func (s *Store) CountBans(ctx context.Context, filter store.BanFilter) (n int64, err error) {
	err = s.read(ctx, func() error {
		for _, r := range s.order {
			if filter.Match(&r.ban) {
				n++
			}
		}
		return nil
	})
	return n, err
}

// ListBlocks implements [store.Blocks].
func (s *Store) ListBlocks(ctx context.Context, filter store.BlockFilter, order store.BlockOrder, page store.Page) (blocks []store.Block, err error) {
	if !order.Valid() {
		return nil, fmt.Errorf("list blocks: there is no order %d", order)
	}
	err = s.read(ctx, func() error {
		records := s.blocks.order
		if order != store.BlocksBySeq {
			records = slices.Clone(stretch(records, page))
			slices.SortFunc(records, func(a, b *blockRecord) int { return order.Compare(&b.block, &a.block) })
			page.After, page.Before = 0, 0
		}
		for b := range inOrder(records, page, func(r *blockRecord) bool { return filter.Match(&r.block) }) {
			blocks = append(blocks, b.block)
		}
		return nil
	})
	return blocks, err
}

// CountBlocks implements [store.Blocks].
func (s *Store) CountBlocks(ctx context.Context, filter store.BlockFilter) (n int64, err error) {
	err = s.read(ctx, func() error {
		for _, r := range s.blocks.order {
			if filter.Match(&r.block) {
				n++
			}
		}
		return nil
	})
	return n, err
}

// ListChanges implements [store.Changes].
func (s *Store) ListChanges(ctx context.Context, target uuid.UUID, page store.Page) (changes []store.Change, err error) {
	err = s.read(ctx, func() error {
		about := func(c logged) bool { return target == uuid.Nil || c.Target == target }
		for c := range inOrder(s.log, page, about) {
			changes = append(changes, clone(c.Change))
		}
		return nil
	})
	return changes, err
}
