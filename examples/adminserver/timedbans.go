package main

import (
	"context"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

func (s *timedStore) CreateBan(ctx context.Context, ban store.Ban, change store.Change) (store.Ban, error) {
	defer s.time("create_ban")()
	return s.Store.CreateBan(ctx, ban, change)
}

func (s *timedStore) CreateBans(ctx context.Context, bans []store.Ban, change store.Change) ([]int, error) {
	defer s.time("create_bans")()
	return s.Store.CreateBans(ctx, bans, change)
}

func (s *timedStore) Ban(ctx context.Context, id uuid.UUID) (store.Ban, error) {
	defer s.time("ban")()
	return s.Store.Ban(ctx, id)
}

func (s *timedStore) BanBySeq(ctx context.Context, seq int64) (store.Ban, error) {
	defer s.time("ban_by_seq")()
	return s.Store.BanBySeq(ctx, seq)
}

func (s *timedStore) ListBans(ctx context.Context, filter store.BanFilter, page store.Page) ([]store.Ban, error) {
	defer s.time("list_bans")()
	return s.Store.ListBans(ctx, filter, page)
}

func (s *timedStore) CountBans(ctx context.Context, filter store.BanFilter) (int64, error) {
	defer s.time("count_bans")()
	return s.Store.CountBans(ctx, filter)
}

func (s *timedStore) RankBans(ctx context.Context, filter store.BanFilter, order store.BanOrder, after store.BanRank, limit int) ([]store.Ban, error) {
	defer s.time("rank_bans")()
	return s.Store.RankBans(ctx, filter, order, after, limit)
}

func (s *timedStore) UpdateBan(ctx context.Context, ban store.Ban, change store.Change) (store.Ban, error) {
	defer s.time("update_ban")()
	return s.Store.UpdateBan(ctx, ban, change)
}

func (s *timedStore) RedactBan(ctx context.Context, ban store.Ban, change store.Change) (store.Ban, error) {
	defer s.time("redact_ban")()
	return s.Store.RedactBan(ctx, ban, change)
}

func (s *timedStore) DeleteBan(ctx context.Context, id uuid.UUID, change store.Change) (store.Ban, error) {
	defer s.time("delete_ban")()
	return s.Store.DeleteBan(ctx, id, change)
}

func (s *timedStore) PurgeBans(ctx context.Context, before time.Time, change store.Change) (int64, error) {
	defer s.time("purge_bans")()
	return s.Store.PurgeBans(ctx, before, change)
}

func (s *timedStore) CreateBlock(ctx context.Context, block store.Block, change store.Change) (store.Block, error) {
	defer s.time("create_block")()
	return s.Store.CreateBlock(ctx, block, change)
}

func (s *timedStore) Block(ctx context.Context, id uuid.UUID) (store.Block, error) {
	defer s.time("block")()
	return s.Store.Block(ctx, id)
}

func (s *timedStore) BlockBySeq(ctx context.Context, seq int64) (store.Block, error) {
	defer s.time("block_by_seq")()
	return s.Store.BlockBySeq(ctx, seq)
}

func (s *timedStore) ListBlocks(ctx context.Context, filter store.BlockFilter, order store.BlockOrder, page store.Page) ([]store.Block, error) {
	defer s.time("list_blocks")()
	return s.Store.ListBlocks(ctx, filter, order, page)
}

func (s *timedStore) CountBlocks(ctx context.Context, filter store.BlockFilter) (int64, error) {
	defer s.time("count_blocks")()
	return s.Store.CountBlocks(ctx, filter)
}

func (s *timedStore) UpdateBlock(ctx context.Context, id uuid.UUID, patch store.BlockPatch, change store.Change) (store.Block, error) {
	defer s.time("update_block")()
	return s.Store.UpdateBlock(ctx, id, patch, change)
}

func (s *timedStore) DeleteBlock(ctx context.Context, id uuid.UUID, change store.Change) (store.Block, error) {
	defer s.time("delete_block")()
	return s.Store.DeleteBlock(ctx, id, change)
}

func (s *timedStore) List(ctx context.Context, name string) (store.List, error) {
	defer s.time("list")()
	return s.Store.List(ctx, name)
}

func (s *timedStore) Lists(ctx context.Context) ([]store.List, error) {
	defer s.time("lists")()
	return s.Store.Lists(ctx)
}

func (s *timedStore) ApplyList(ctx context.Context, delta store.ListDelta, change store.Change) (store.List, error) {
	defer s.time("apply_list")()
	return s.Store.ApplyList(ctx, delta, change)
}

func (s *timedStore) UndoList(ctx context.Context, name string, version int64, change store.Change) (store.List, error) {
	defer s.time("undo_list")()
	return s.Store.UndoList(ctx, name, version, change)
}

func (s *timedStore) DropList(ctx context.Context, name string, change store.Change) (store.List, error) {
	defer s.time("drop_list")()
	return s.Store.DropList(ctx, name, change)
}

func (s *timedStore) Affected(ctx context.Context, selector store.Selector, sample int) (store.Affected, error) {
	defer s.time("affected")()
	return s.Store.Affected(ctx, selector, sample)
}

func (s *timedStore) CreateBanDisabling(ctx context.Context, ban store.Ban, selector store.Selector, change store.Change) (store.Ban, error) {
	defer s.time("create_ban_disabling")()
	return s.Store.CreateBanDisabling(ctx, ban, selector, change)
}

func (s *timedStore) UpdateBanDisabling(ctx context.Context, ban store.Ban, selector store.Selector, change store.Change) (store.Ban, error) {
	defer s.time("update_ban_disabling")()
	return s.Store.UpdateBanDisabling(ctx, ban, selector, change)
}
