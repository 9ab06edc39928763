package storetest

import (
	"context"
	"iter"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// override is a store some of whose methods behave otherwise: those whose field
// is set.
type override struct {
	store.Store

	lookup        func(context.Context, []store.Key) ([]store.Rule, error)
	prefixLengths func(context.Context) ([]store.PrefixLen, error)
	scan          func(context.Context, store.Kind) iter.Seq2[store.Rule, error]
	createBan     func(context.Context, store.Ban, store.Change) (store.Ban, error)
	createBans    func(context.Context, []store.Ban, store.Change) ([]int, error)
	ban           func(context.Context, uuid.UUID) (store.Ban, error)
	listBans      func(context.Context, store.BanFilter, store.Page) ([]store.Ban, error)
	updateBan     func(context.Context, store.Ban, store.Change) (store.Ban, error)
	deleteBan     func(context.Context, uuid.UUID, store.Change) (store.Ban, error)
	addHits       func(context.Context, []store.Hit) error
	hitHistory    func(context.Context, uuid.UUID, time.Time, time.Time) ([]store.DayHits, error)
	pruneHits     func(context.Context, time.Time) (int64, error)
	changes       func(context.Context, store.ChangeQuery) ([]store.Change, error)
	lastChange    func(context.Context) (int64, error)
	pruneChanges  func(context.Context, time.Time) (int64, error)
	subscribe     func(func(store.Change)) func()
	close         func() error
}

func (o *override) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	if o.lookup != nil {
		return o.lookup(ctx, keys)
	}
	return o.Store.Lookup(ctx, keys)
}

func (o *override) PrefixLengths(ctx context.Context) ([]store.PrefixLen, error) {
	if o.prefixLengths != nil {
		return o.prefixLengths(ctx)
	}
	return o.Store.PrefixLengths(ctx)
}

func (o *override) Scan(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
	if o.scan != nil {
		return o.scan(ctx, kind)
	}
	return o.Store.Scan(ctx, kind)
}

func (o *override) CreateBan(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
	if o.createBan != nil {
		return o.createBan(ctx, b, c)
	}
	return o.Store.CreateBan(ctx, b, c)
}

func (o *override) CreateBans(ctx context.Context, bans []store.Ban, c store.Change) ([]int, error) {
	if o.createBans != nil {
		return o.createBans(ctx, bans, c)
	}
	return o.Store.CreateBans(ctx, bans, c)
}

func (o *override) Ban(ctx context.Context, id uuid.UUID) (store.Ban, error) {
	if o.ban != nil {
		return o.ban(ctx, id)
	}
	return o.Store.Ban(ctx, id)
}

func (o *override) ListBans(ctx context.Context, f store.BanFilter, p store.Page) ([]store.Ban, error) {
	if o.listBans != nil {
		return o.listBans(ctx, f, p)
	}
	return o.Store.ListBans(ctx, f, p)
}

func (o *override) UpdateBan(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
	if o.updateBan != nil {
		return o.updateBan(ctx, b, c)
	}
	return o.Store.UpdateBan(ctx, b, c)
}

func (o *override) DeleteBan(ctx context.Context, id uuid.UUID, c store.Change) (store.Ban, error) {
	if o.deleteBan != nil {
		return o.deleteBan(ctx, id, c)
	}
	return o.Store.DeleteBan(ctx, id, c)
}

func (o *override) AddHits(ctx context.Context, hits []store.Hit) error {
	if o.addHits != nil {
		return o.addHits(ctx, hits)
	}
	return o.Store.AddHits(ctx, hits)
}

func (o *override) HitHistory(ctx context.Context, rule uuid.UUID, from, to time.Time) ([]store.DayHits, error) {
	if o.hitHistory != nil {
		return o.hitHistory(ctx, rule, from, to)
	}
	return o.Store.HitHistory(ctx, rule, from, to)
}

func (o *override) PruneHits(ctx context.Context, before time.Time) (int64, error) {
	if o.pruneHits != nil {
		return o.pruneHits(ctx, before)
	}
	return o.Store.PruneHits(ctx, before)
}

func (o *override) Changes(ctx context.Context, q store.ChangeQuery) ([]store.Change, error) {
	if o.changes != nil {
		return o.changes(ctx, q)
	}
	return o.Store.Changes(ctx, q)
}

func (o *override) LastChange(ctx context.Context) (int64, error) {
	if o.lastChange != nil {
		return o.lastChange(ctx)
	}
	return o.Store.LastChange(ctx)
}

func (o *override) PruneChanges(ctx context.Context, before time.Time) (int64, error) {
	if o.pruneChanges != nil {
		return o.pruneChanges(ctx, before)
	}
	return o.Store.PruneChanges(ctx, before)
}

func (o *override) Subscribe(fn func(store.Change)) func() {
	if o.subscribe != nil {
		return o.subscribe(fn)
	}
	return o.Store.Subscribe(fn)
}

func (o *override) Close() error {
	if o.close != nil {
		return o.close()
	}
	return o.Store.Close()
}
