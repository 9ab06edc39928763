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
	accountOverrides
	subscriptionOverrides

	lookup        func(context.Context, []store.Key) ([]store.Rule, error)
	prefixLengths func(context.Context) ([]store.PrefixLen, error)
	hashKeys      func(context.Context) ([]store.HashKey, error)
	scan          func(context.Context, store.Kind) iter.Seq2[store.Rule, error]
	createBan     func(context.Context, store.Ban, store.Change) (store.Ban, error)
	createBans    func(context.Context, []store.Ban, store.Change) ([]int, error)
	ban           func(context.Context, uuid.UUID) (store.Ban, error)
	listBans      func(context.Context, store.BanFilter, store.Page) ([]store.Ban, error)
	updateBan     func(context.Context, store.Ban, store.Change) (store.Ban, error)
	redactBan     func(context.Context, store.Ban, store.Change) (store.Ban, error)
	deleteBan     func(context.Context, uuid.UUID, store.Change) (store.Ban, error)
	purgeBans     func(context.Context, time.Time, store.Change) (int64, error)
	createBlock   func(context.Context, store.Block, store.Change) (store.Block, error)
	block         func(context.Context, uuid.UUID) (store.Block, error)
	rankBans      func(context.Context, store.BanFilter, store.BanOrder, store.BanRank, int) ([]store.Ban, error)
	listBlocks    func(context.Context, store.BlockFilter, store.BlockOrder, store.Page) ([]store.Block, error)
	countBlocks   func(context.Context, store.BlockFilter) (int64, error)
	updateBlock   func(context.Context, uuid.UUID, store.BlockPatch, store.Change) (store.Block, error)
	deleteBlock   func(context.Context, uuid.UUID, store.Change) (store.Block, error)
	list          func(context.Context, string) (store.List, error)
	lists         func(context.Context) ([]store.List, error)
	listEntries   func(context.Context, string) iter.Seq2[store.Entry, error]
	applyList     func(context.Context, store.ListDelta, store.Change) (store.List, error)
	undoList      func(context.Context, string, int64, store.Change) (store.List, error)
	dropList      func(context.Context, string, store.Change) (store.List, error)
	addHits       func(context.Context, []store.Hit) error
	hitTotal      func(context.Context, uuid.UUID) (store.HitTotal, error)
	hitHistory    func(context.Context, uuid.UUID, time.Time, time.Time) ([]store.DayHits, error)
	topHits       func(context.Context, time.Time, time.Time, int) ([]store.RuleHits, error)
	pruneHits     func(context.Context, time.Time) (int64, error)
	changes       func(context.Context, int64, int) ([]store.Change, error)
	listChanges   func(context.Context, uuid.UUID, store.Page) ([]store.Change, error)
	changedKeys   func(context.Context, int64) iter.Seq2[store.Key, error]
	lastChange    func(context.Context) (int64, error)
	pruneChanges  func(context.Context, time.Time) (int64, error)
	subscribe     func(func(store.Change)) func()
	keyTables     func(context.Context) (string, error)
	setKeyTables  func(ctx context.Context, from, to string, c store.Change) error
	rekey         func(context.Context, store.RekeyPage, store.KeyMaker, store.Change) (store.RekeyResult, error)
	close         func() error
}

func (o *override) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	if o.lookup != nil {
		return o.lookup(ctx, keys)
	}
	return o.Store.Lookup(ctx, keys)
}

func (o *override) HashKeysInUse(ctx context.Context) ([]store.HashKey, error) {
	if o.hashKeys != nil {
		return o.hashKeys(ctx)
	}
	return o.Store.HashKeysInUse(ctx)
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

func (o *override) RedactBan(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
	if o.redactBan != nil {
		return o.redactBan(ctx, b, c)
	}
	return o.Store.RedactBan(ctx, b, c)
}

func (o *override) DeleteBan(ctx context.Context, id uuid.UUID, c store.Change) (store.Ban, error) {
	if o.deleteBan != nil {
		return o.deleteBan(ctx, id, c)
	}
	return o.Store.DeleteBan(ctx, id, c)
}

func (o *override) PurgeBans(ctx context.Context, before time.Time, c store.Change) (int64, error) {
	if o.purgeBans != nil {
		return o.purgeBans(ctx, before, c)
	}
	return o.Store.PurgeBans(ctx, before, c)
}

func (o *override) List(ctx context.Context, name string) (store.List, error) {
	if o.list != nil {
		return o.list(ctx, name)
	}
	return o.Store.List(ctx, name)
}

func (o *override) CreateBlock(ctx context.Context, b store.Block, c store.Change) (store.Block, error) {
	if o.createBlock != nil {
		return o.createBlock(ctx, b, c)
	}
	return o.Store.CreateBlock(ctx, b, c)
}

func (o *override) Block(ctx context.Context, id uuid.UUID) (store.Block, error) {
	if o.block != nil {
		return o.block(ctx, id)
	}
	return o.Store.Block(ctx, id)
}

func (o *override) RankBans(ctx context.Context, f store.BanFilter, by store.BanOrder, after store.BanRank, limit int) ([]store.Ban, error) {
	if o.rankBans != nil {
		return o.rankBans(ctx, f, by, after, limit)
	}
	return o.Store.RankBans(ctx, f, by, after, limit)
}

func (o *override) ListBlocks(ctx context.Context, f store.BlockFilter, by store.BlockOrder, p store.Page) ([]store.Block, error) {
	if o.listBlocks != nil {
		return o.listBlocks(ctx, f, by, p)
	}
	return o.Store.ListBlocks(ctx, f, by, p)
}

func (o *override) CountBlocks(ctx context.Context, f store.BlockFilter) (int64, error) {
	if o.countBlocks != nil {
		return o.countBlocks(ctx, f)
	}
	return o.Store.CountBlocks(ctx, f)
}

func (o *override) UpdateBlock(ctx context.Context, id uuid.UUID, p store.BlockPatch, c store.Change) (store.Block, error) {
	if o.updateBlock != nil {
		return o.updateBlock(ctx, id, p, c)
	}
	return o.Store.UpdateBlock(ctx, id, p, c)
}

func (o *override) DeleteBlock(ctx context.Context, id uuid.UUID, c store.Change) (store.Block, error) {
	if o.deleteBlock != nil {
		return o.deleteBlock(ctx, id, c)
	}
	return o.Store.DeleteBlock(ctx, id, c)
}

func (o *override) Lists(ctx context.Context) ([]store.List, error) {
	if o.lists != nil {
		return o.lists(ctx)
	}
	return o.Store.Lists(ctx)
}

func (o *override) ListEntries(ctx context.Context, name string) iter.Seq2[store.Entry, error] {
	if o.listEntries != nil {
		return o.listEntries(ctx, name)
	}
	return o.Store.ListEntries(ctx, name)
}

func (o *override) ApplyList(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
	if o.applyList != nil {
		return o.applyList(ctx, d, c)
	}
	return o.Store.ApplyList(ctx, d, c)
}

func (o *override) UndoList(ctx context.Context, name string, version int64, c store.Change) (store.List, error) {
	if o.undoList != nil {
		return o.undoList(ctx, name, version, c)
	}
	return o.Store.UndoList(ctx, name, version, c)
}

func (o *override) DropList(ctx context.Context, name string, c store.Change) (store.List, error) {
	if o.dropList != nil {
		return o.dropList(ctx, name, c)
	}
	return o.Store.DropList(ctx, name, c)
}

func (o *override) AddHits(ctx context.Context, hits []store.Hit) error {
	if o.addHits != nil {
		return o.addHits(ctx, hits)
	}
	return o.Store.AddHits(ctx, hits)
}

func (o *override) HitTotal(ctx context.Context, rule uuid.UUID) (store.HitTotal, error) {
	if o.hitTotal != nil {
		return o.hitTotal(ctx, rule)
	}
	return o.Store.HitTotal(ctx, rule)
}

func (o *override) HitHistory(ctx context.Context, rule uuid.UUID, from, to time.Time) ([]store.DayHits, error) {
	if o.hitHistory != nil {
		return o.hitHistory(ctx, rule, from, to)
	}
	return o.Store.HitHistory(ctx, rule, from, to)
}

func (o *override) TopHits(ctx context.Context, from, to time.Time, limit int) ([]store.RuleHits, error) {
	if o.topHits != nil {
		return o.topHits(ctx, from, to, limit)
	}
	return o.Store.TopHits(ctx, from, to, limit)
}

func (o *override) PruneHits(ctx context.Context, before time.Time) (int64, error) {
	if o.pruneHits != nil {
		return o.pruneHits(ctx, before)
	}
	return o.Store.PruneHits(ctx, before)
}

func (o *override) Changes(ctx context.Context, after int64, limit int) ([]store.Change, error) {
	if o.changes != nil {
		return o.changes(ctx, after, limit)
	}
	return o.Store.Changes(ctx, after, limit)
}

func (o *override) ListChanges(ctx context.Context, target uuid.UUID, p store.Page) ([]store.Change, error) {
	if o.listChanges != nil {
		return o.listChanges(ctx, target, p)
	}
	return o.Store.ListChanges(ctx, target, p)
}

func (o *override) ChangedKeys(ctx context.Context, seq int64) iter.Seq2[store.Key, error] {
	if o.changedKeys != nil {
		return o.changedKeys(ctx, seq)
	}
	return o.Store.ChangedKeys(ctx, seq)
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

func (o *override) KeyTables(ctx context.Context) (string, error) {
	if o.keyTables != nil {
		return o.keyTables(ctx)
	}
	return o.Store.KeyTables(ctx)
}

func (o *override) SetKeyTables(ctx context.Context, from, to string, c store.Change) error {
	if o.setKeyTables != nil {
		return o.setKeyTables(ctx, from, to, c)
	}
	return o.Store.SetKeyTables(ctx, from, to, c)
}

func (o *override) Rekey(ctx context.Context, p store.RekeyPage, m store.KeyMaker, c store.Change) (store.RekeyResult, error) {
	if o.rekey != nil {
		return o.rekey(ctx, p, m, c)
	}
	return o.Store.Rekey(ctx, p, m, c)
}
