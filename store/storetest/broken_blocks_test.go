package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var blockFlaws = []flaw{
	{"makes the time of a block one that it can log", func(o *override) {
		blockAs(o, func(b *store.Block) {
			if b.CreatedAt.Year() > 9999 {
				b.CreatedAt = noon
			}
		})
	}, []string{"A time that the log cannot say is refused"}},

	{"returns the time of a new block finer than it keeps it", func(o *override) {
		o.createBlock = func(ctx context.Context, b store.Block, c store.Change) (store.Block, error) {
			given := b.CreatedAt
			b.CreatedAt = time.UnixMicro(given.UnixMicro()).UTC()
			b, err := o.Store.CreateBlock(ctx, b, c)
			b.CreatedAt = given
			return b, err
		}
	}, []string{"What a creation returns is what is read, whatever the clock"}},

	{"makes up an ID for a block", func(o *override) {
		blockAs(o, func(b *store.Block) { b.ID = newBlock("").ID })
	}, []string{"CreateBlock returns the block as stored", "CreateBlock refuses an ID that is taken"}},

	{"forgets the scope of a block", func(o *override) {
		blockAs(o, func(b *store.Block) { b.Scope = 0 })
	}, []string{"CreateBlock returns the block as stored"}},

	{"gives the rule of a block as that of a ban", func(o *override) {
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			rules, err := o.Store.Lookup(ctx, keys)
			for i := range rules {
				rules[i].Origin = store.OriginBan
			}
			return rules, err
		}
	}, []string{"CreateBlock returns the block as stored", "DeleteBlock removes the block and its rule"}},

	{"reuses the Seq of deleted blocks", func(o *override) {
		deleted := int64(0)
		o.deleteBlock = func(ctx context.Context, id uuid.UUID, c store.Change) (store.Block, error) {
			deleted++
			return o.Store.DeleteBlock(ctx, id, c)
		}
		o.createBlock = func(ctx context.Context, b store.Block, c store.Change) (store.Block, error) {
			b, err := o.Store.CreateBlock(ctx, b, c)
			b.Seq -= deleted
			return b, err
		}
	}, []string{"Seq numbers blocks from 1 and is not reused"}},

	{"numbers blocks with the bans", func(o *override) {
		o.createBlock = func(ctx context.Context, b store.Block, c store.Change) (store.Block, error) {
			b, err := o.Store.CreateBlock(ctx, b, c)
			n, countErr := o.CountBans(ctx, store.BanFilter{})
			b.Seq += n
			return b, errors.Join(err, countErr)
		}
	}, []string{"Seq numbers blocks from 1 and is not reused"}},

	{"says that a block exists without saying which", func(o *override) {
		o.createBlock = func(ctx context.Context, b store.Block, c store.Change) (store.Block, error) {
			b, err := o.Store.CreateBlock(ctx, b, c)
			if errors.Is(err, store.ErrExists) {
				err = store.ErrExists
			}
			return b, err
		}
	}, []string{"CreateBlock refuses a second block of a domain"}},

	{"replaces the block of a domain", func(o *override) {
		o.createBlock = func(ctx context.Context, b store.Block, c store.Change) (store.Block, error) {
			got, err := o.Store.CreateBlock(ctx, b, c)
			if exists := (*store.BlockExistsError)(nil); errors.As(err, &exists) {
				if _, err := o.Store.DeleteBlock(ctx, exists.Existing.ID, c); err != nil {
					return b, err
				}
				return o.Store.CreateBlock(ctx, b, c)
			}
			return got, err
		}
	}, []string{"CreateBlock refuses a second block of a domain"}},

	{"folds the case of domains", func(o *override) {
		blockAs(o, func(b *store.Block) { b.Domain = strings.ToLower(b.Domain) })
	}, []string{"Domains of blocks are bytes"}},

	{"returns nothing for a block that is not there", func(o *override) {
		o.block = func(ctx context.Context, id uuid.UUID) (store.Block, error) {
			b, err := o.Store.Block(ctx, id)
			if errors.Is(err, store.ErrNotFound) {
				err = nil
			}
			return b, err
		}
	}, []string{"A block that is not there is ErrNotFound"}},

	{"counts After in for blocks", func(o *override) {
		o.listBlocks = func(ctx context.Context, f store.BlockFilter, by store.BlockOrder, p store.Page) ([]store.Block, error) {
			p.After--
			return o.Store.ListBlocks(ctx, f, by, p)
		}
	}, []string{"ListBlocks returns the pages that were asked for"}},

	{"knows no offset for blocks", func(o *override) {
		o.listBlocks = func(ctx context.Context, f store.BlockFilter, by store.BlockOrder, p store.Page) ([]store.Block, error) {
			p.Offset = 0
			return o.Store.ListBlocks(ctx, f, by, p)
		}
	}, []string{"ListBlocks returns the pages that were asked for"}},

	{"lists blocks oldest first only", func(o *override) {
		o.listBlocks = func(ctx context.Context, f store.BlockFilter, by store.BlockOrder, p store.Page) ([]store.Block, error) {
			p.OldestFirst = true
			return o.Store.ListBlocks(ctx, f, by, p)
		}
	}, []string{"ListBlocks returns the pages that were asked for"}},

	{"keeps the rule of a deleted block", func(o *override) {
		cache := map[store.Key][]store.Rule{}
		o.lookup = func(ctx context.Context, keys []store.Key) (rules []store.Rule, err error) {
			for _, k := range keys {
				if len(cache[k]) == 0 {
					if cache[k], err = o.Store.Lookup(ctx, []store.Key{k}); err != nil {
						return nil, err
					}
				}
				rules = append(rules, cache[k]...)
			}
			return rules, nil
		}
	}, []string{"DeleteBlock removes the block and its rule"}},

	{"forgets to log the deletion of a block", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			return slices.DeleteFunc(log, func(c store.Change) bool { return c.Action == store.BlockDelete })
		})
	}, []string{"A block's life is in the log"}},

	{"logs a deleted block without its content", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			for i := range log {
				log[i].Before = nil
			}
			return log
		})
	}, []string{"A block's life is in the log", "A version of a list is one change in the log"}},
}

// blockAs creates a block as what spoil makes of it.
func blockAs(o *override, spoil func(*store.Block)) {
	o.createBlock = func(ctx context.Context, b store.Block, c store.Change) (store.Block, error) {
		spoil(&b)
		return o.Store.CreateBlock(ctx, b, c)
	}
}

var auditFlaws = []flaw{
	{"shows people the log of everything whatever they ask", func(o *override) {
		o.listChanges = func(ctx context.Context, _ uuid.UUID, p store.Page) ([]store.Change, error) {
			return o.Store.ListChanges(ctx, uuid.Nil, p)
		}
	}, []string{"ListChanges returns the pages that were asked for"}},

	{"cuts the page of the log before it selects the record", func(o *override) {
		o.listChanges = func(ctx context.Context, target uuid.UUID, p store.Page) ([]store.Change, error) {
			log, err := o.Store.ListChanges(ctx, uuid.Nil, p)
			return slices.DeleteFunc(log, func(c store.Change) bool { return target != uuid.Nil && c.Target != target }), err
		}
	}, []string{"ListChanges returns the pages that were asked for"}},

	{"knows no offset for the log", func(o *override) {
		o.listChanges = func(ctx context.Context, target uuid.UUID, p store.Page) ([]store.Change, error) {
			p.Offset = 0
			return o.Store.ListChanges(ctx, target, p)
		}
	}, []string{"ListChanges returns the pages that were asked for"}},

	{"shows people the log oldest first only", func(o *override) {
		o.listChanges = func(ctx context.Context, target uuid.UUID, p store.Page) ([]store.Change, error) {
			p.OldestFirst = true
			return o.Store.ListChanges(ctx, target, p)
		}
	}, []string{"ListChanges returns the pages that were asked for"}},

	{"does not show people a log that was pruned", func(o *override) {
		o.listChanges = func(ctx context.Context, target uuid.UUID, p store.Page) ([]store.Change, error) {
			if _, err := o.Store.Changes(ctx, p.After, 1); err != nil {
				return nil, err
			}
			return o.Store.ListChanges(ctx, target, p)
		}
	}, []string{"ListChanges reads what is left of a pruned log"}},
}

var tallyFlaws = []flaw{
	{"counts the hits of bans only", func(o *override) {
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			return o.Store.AddHits(ctx, slices.DeleteFunc(slices.Clone(hits), func(h store.Hit) bool {
				_, err := o.Store.Ban(ctx, h.RuleID)
				return err != nil
			}))
		}
	}, []string{
		"Hits of blocks and list entries add up",
		"An entry keeps its hits through changes and Undo",
		"PruneHits forgets the days of blocks and entries",
	}},

	{"forgets a total with its days", func(o *override) {
		o.pruneHits = func(ctx context.Context, before time.Time) (int64, error) {
			n, err := o.Store.PruneHits(ctx, before)
			o.hitTotal = func(context.Context, uuid.UUID) (store.HitTotal, error) { return store.HitTotal{}, nil }
			return n, err
		}
	}, []string{"PruneHits forgets the days of blocks and entries", "PruneHits forgets the days before"}},

	{"fails for the total of a rule without hits", func(o *override) {
		o.hitTotal = func(ctx context.Context, rule uuid.UUID) (store.HitTotal, error) {
			total, err := o.Store.HitTotal(ctx, rule)
			if err == nil && total.Uses == 0 {
				err = store.ErrNotFound
			}
			return total, err
		}
	}, []string{"HitTotal of a rule without hits is zero"}},

	{"counts hits whatever became of the rule", func(o *override) {
		totals := tallies(o)
		o.addHits = totals.add
	}, []string{"A hit of an entry that is not in force is dropped", "DeleteBlock and DropList remove the hits"}},

	{"forgets the hits of an entry that changes", func(o *override) {
		totals := tallies(o)
		o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
			for _, e := range d.Remove {
				delete(totals, e.ID)
			}
			return o.Store.ApplyList(ctx, d, c)
		}
		o.addHits = totals.add
	}, []string{"An entry keeps its hits through changes and Undo"}},
}

// totals are hits that are counted by rule and nothing else.
type totals map[uuid.UUID]store.HitTotal

// tallies makes the store return totals of their own.
func tallies(o *override) totals {
	t := totals{}
	o.hitTotal = func(_ context.Context, rule uuid.UUID) (store.HitTotal, error) { return t[rule], nil }
	return t
}

func (t totals) add(_ context.Context, hits []store.Hit) error {
	for _, h := range hits {
		t[h.RuleID] = store.HitTotal{Uses: t[h.RuleID].Uses + h.Uses, Last: h.Last}
	}
	return nil
}
