package storetest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var blockUpdateFlaws = []flaw{
	{"answers an update of a block without writing it", func(o *override) {
		o.updateBlock = func(ctx context.Context, id uuid.UUID, p store.BlockPatch, _ store.Change) (store.Block, error) {
			b, err := o.Store.Block(ctx, id)
			return p.Apply(b), err
		}
	}, []string{"UpdateBlock changes what the patch names", "UpdateBlock logs one change"}},

	{"leaves the rule of a block that changes", func(o *override) {
		stale := map[store.Key][]store.Rule{}
		o.updateBlock = func(ctx context.Context, id uuid.UUID, p store.BlockPatch, c store.Change) (store.Block, error) {
			if b, err := o.Store.Block(ctx, id); err == nil && stale[b.Key()] == nil {
				if stale[b.Key()], err = o.Store.Lookup(ctx, []store.Key{b.Key()}); err != nil {
					return store.Block{}, err
				}
			}
			return o.Store.UpdateBlock(ctx, id, p, c)
		}
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			if len(keys) == 1 && stale[keys[0]] != nil {
				return slices.Clone(stale[keys[0]]), nil
			}
			return o.Store.Lookup(ctx, keys)
		}
	}, []string{"UpdateBlock changes what the patch names"}},

	{"takes the empty text of a patch for none", func(o *override) {
		o.updateBlock = func(ctx context.Context, id uuid.UUID, p store.BlockPatch, c store.Change) (store.Block, error) {
			if p.Reason != nil && *p.Reason == "" {
				p.Reason = nil
			}
			return o.Store.UpdateBlock(ctx, id, p, c)
		}
	}, []string{"UpdateBlock changes what the patch names"}},

	{"makes a block that changes anew, without its hits", func(o *override) {
		o.updateBlock = func(ctx context.Context, id uuid.UUID, p store.BlockPatch, c store.Change) (store.Block, error) {
			b, err := o.Store.DeleteBlock(ctx, id, c)
			if err != nil {
				return b, err
			}
			return o.Store.CreateBlock(ctx, p.Apply(b), c)
		}
	}, []string{"UpdateBlock keeps the hits", "UpdateBlock logs one change"}},

	{"logs an update of a block that changes nothing", func(o *override) {
		o.updateBlock = func(ctx context.Context, id uuid.UUID, p store.BlockPatch, c store.Change) (store.Block, error) {
			before, err := o.Store.Block(ctx, id)
			if err != nil || p.Apply(before) != before {
				return o.Store.UpdateBlock(ctx, id, p, c)
			}
			other := before.Reason + "."
			if _, err := o.Store.UpdateBlock(ctx, id, store.BlockPatch{Reason: &other}, c); err != nil {
				return before, err
			}
			return o.Store.UpdateBlock(ctx, id, store.BlockPatch{Reason: &before.Reason}, c)
		}
	}, []string{"UpdateBlock that changes nothing writes nothing"}},

	{"writes a block as it was read a while ago", func(o *override) {
		o.updateBlock = func(ctx context.Context, id uuid.UUID, p store.BlockPatch, c store.Change) (store.Block, error) {
			b, err := o.Store.Block(ctx, id)
			if err != nil {
				return b, err
			}
			time.Sleep(time.Millisecond)
			b = p.Apply(b)
			return o.Store.UpdateBlock(ctx, id, store.BlockPatch{
				Effect: &b.Effect, Scope: &b.Scope, Reason: &b.Reason, PublicReason: &b.PublicReason,
			}, c)
		}
	}, []string{"No update of a block undoes another"}},

	{"finds blocks whatever the case of letters", func(o *override) {
		o.listBlocks = func(ctx context.Context, f store.BlockFilter, by store.BlockOrder, p store.Page) ([]store.Block, error) {
			part := strings.ToLower(f.Contains)
			f.Contains = ""
			blocks, err := o.Store.ListBlocks(ctx, f, by, p)
			return slices.DeleteFunc(blocks, func(b store.Block) bool {
				return !strings.Contains(strings.ToLower(b.Domain), part)
			}), err
		}
	}, []string{"ListBlocks selects by the filter"}},

	{"does not ask about the effect of blocks", func(o *override) {
		o.listBlocks = func(ctx context.Context, f store.BlockFilter, by store.BlockOrder, p store.Page) ([]store.Block, error) {
			f.Effect = nil
			return o.Store.ListBlocks(ctx, f, by, p)
		}
	}, []string{"ListBlocks selects by the filter"}},

	{"counts all blocks whatever is asked", func(o *override) {
		o.countBlocks = func(ctx context.Context, _ store.BlockFilter) (int64, error) {
			return o.Store.CountBlocks(ctx, store.BlockFilter{})
		}
	}, []string{"ListBlocks selects by the filter"}},

	{"puts the blocks of one page in order only", func(o *override) {
		o.listBlocks = func(ctx context.Context, f store.BlockFilter, by store.BlockOrder, p store.Page) ([]store.Block, error) {
			blocks, err := o.Store.ListBlocks(ctx, f, store.BlocksBySeq, p)
			if err == nil && !by.Valid() {
				_, err = o.Store.ListBlocks(ctx, f, by, p)
			}
			slices.SortFunc(blocks, func(a, b store.Block) int { return by.Compare(&a, &b) })
			return blocks, err
		}
	}, []string{"ListBlocks orders by hits"}},

	{"knows no order of blocks but one", func(o *override) {
		o.listBlocks = func(ctx context.Context, f store.BlockFilter, _ store.BlockOrder, p store.Page) ([]store.Block, error) {
			return o.Store.ListBlocks(ctx, f, store.BlocksBySeq, p)
		}
	}, []string{"ListBlocks orders by hits"}},
}
