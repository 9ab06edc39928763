package storetest

import (
	"context"

	"example.com/ostraka/store"
)

// listCalls are the calls that are about blocks and lists.
func listCalls(r records) []call {
	fresh := newBlock("fresh.example")
	return []call{
		{"CreateBlock", func(ctx context.Context, s store.Store) error {
			_, err := s.CreateBlock(ctx, fresh, change(store.BlockCreate))
			return err
		}},
		{"Block", func(ctx context.Context, s store.Store) error {
			_, err := s.Block(ctx, r.block.ID)
			return err
		}},
		{"BlockBySeq", func(ctx context.Context, s store.Store) error {
			_, err := s.BlockBySeq(ctx, r.block.Seq)
			return err
		}},
		{"ListBlocks", func(ctx context.Context, s store.Store) error {
			_, err := s.ListBlocks(ctx, store.BlockFilter{}, store.BlocksBySeq, store.Page{})
			return err
		}},
		{"CountBlocks", func(ctx context.Context, s store.Store) error {
			_, err := s.CountBlocks(ctx, store.BlockFilter{})
			return err
		}},
		{"UpdateBlock", func(ctx context.Context, s store.Store) error {
			reason := "another one, at " + fresh.ID.String()
			_, err := s.UpdateBlock(ctx, r.block.ID, store.BlockPatch{Reason: &reason}, change(store.BlockUpdate))
			return err
		}},
		{"DeleteBlock", func(ctx context.Context, s store.Store) error {
			_, err := s.DeleteBlock(ctx, r.block.ID, change(store.BlockDelete))
			return err
		}},
		{"List", func(ctx context.Context, s store.Store) error {
			_, err := s.List(ctx, r.list.Name)
			return err
		}},
		{"Lists", func(ctx context.Context, s store.Store) error {
			_, err := s.Lists(ctx)
			return err
		}},
		{"ListEntries", func(ctx context.Context, s store.Store) (err error) {
			for _, err = range s.ListEntries(ctx, r.list.Name) {
			}
			return err
		}},
		{"ApplyList", func(ctx context.Context, s store.Store) error {
			delta := store.ListDelta{List: r.list, Add: []store.Entry{domainEntry("fresh.example")}}
			_, err := s.ApplyList(ctx, delta, change(store.ListSync))
			return err
		}},
		{"ApplyList of a new list", func(ctx context.Context, s store.Store) error {
			_, err := s.ApplyList(ctx, store.ListDelta{List: newList("new")}, change(store.ListSync))
			return err
		}},
		{"UndoList", func(ctx context.Context, s store.Store) error {
			_, err := s.UndoList(ctx, r.list.Name, 0, change(store.ListUndo))
			return err
		}},
		{"DropList", func(ctx context.Context, s store.Store) error {
			_, err := s.DropList(ctx, r.list.Name, change(store.ListDrop))
			return err
		}},
	}
}
