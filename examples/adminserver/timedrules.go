package main

import (
	"context"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

func (s *timedStore) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	defer s.time("lookup")()
	return s.Store.Lookup(ctx, keys)
}

func (s *timedStore) PrefixLengths(ctx context.Context) ([]store.PrefixLen, error) {
	defer s.time("prefix_lengths")()
	return s.Store.PrefixLengths(ctx)
}

func (s *timedStore) HashKeysInUse(ctx context.Context) ([]store.HashKey, error) {
	defer s.time("hash_keys_in_use")()
	return s.Store.HashKeysInUse(ctx)
}

func (s *timedStore) AddHits(ctx context.Context, hits []store.Hit) error {
	defer s.time("add_hits")()
	return s.Store.AddHits(ctx, hits)
}

func (s *timedStore) HitTotal(ctx context.Context, rule uuid.UUID) (store.HitTotal, error) {
	defer s.time("hit_total")()
	return s.Store.HitTotal(ctx, rule)
}

func (s *timedStore) HitHistory(ctx context.Context, rule uuid.UUID, from, to time.Time) ([]store.DayHits, error) {
	defer s.time("hit_history")()
	return s.Store.HitHistory(ctx, rule, from, to)
}

func (s *timedStore) TopHits(ctx context.Context, from, to time.Time, limit int) ([]store.RuleHits, error) {
	defer s.time("top_hits")()
	return s.Store.TopHits(ctx, from, to, limit)
}

func (s *timedStore) PruneHits(ctx context.Context, before time.Time) (int64, error) {
	defer s.time("prune_hits")()
	return s.Store.PruneHits(ctx, before)
}

func (s *timedStore) Changes(ctx context.Context, after int64, limit int) ([]store.Change, error) {
	defer s.time("changes")()
	return s.Store.Changes(ctx, after, limit)
}

func (s *timedStore) ListChanges(ctx context.Context, target uuid.UUID, page store.Page) ([]store.Change, error) {
	defer s.time("list_changes")()
	return s.Store.ListChanges(ctx, target, page)
}

func (s *timedStore) LastChange(ctx context.Context) (int64, error) {
	defer s.time("last_change")()
	return s.Store.LastChange(ctx)
}

func (s *timedStore) PruneChanges(ctx context.Context, before time.Time) (int64, error) {
	defer s.time("prune_changes")()
	return s.Store.PruneChanges(ctx, before)
}

func (s *timedStore) KeyTables(ctx context.Context) (string, error) {
	defer s.time("key_tables")()
	return s.Store.KeyTables(ctx)
}

func (s *timedStore) SetKeyTables(ctx context.Context, from, to string, change store.Change) error {
	defer s.time("set_key_tables")()
	return s.Store.SetKeyTables(ctx, from, to, change)
}

func (s *timedStore) Rekey(ctx context.Context, page store.RekeyPage, maker store.KeyMaker, change store.Change) (store.RekeyResult, error) {
	defer s.time("rekey")()
	return s.Store.Rekey(ctx, page, maker, change)
}
