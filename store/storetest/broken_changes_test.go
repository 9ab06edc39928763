package storetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
	"example.com/ostraka/store/sketch"
)

var hitFlaws = []flaw{
	{"overwrites the sketch", func(o *override) {
		latest := map[uuid.UUID][]byte{}
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			for _, h := range hits {
				latest[h.RuleID] = h.Clients
			}
			return o.Store.AddHits(ctx, hits)
		}
		o.hitHistory = func(ctx context.Context, rule uuid.UUID, from, to time.Time) ([]store.DayHits, error) {
			days, err := o.Store.HitHistory(ctx, rule, from, to)
			for i := range days {
				days[i].Clients, _ = sketch.Count(latest[rule])
			}
			return days, err
		}
	}, []string{"Client sketches are merged"}},

	{"loses hits that are added at once", func(o *override) {
		var busy sync.Mutex
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			if !busy.TryLock() {
				return nil
			}
			defer busy.Unlock()
			time.Sleep(time.Millisecond)
			return o.Store.AddHits(ctx, hits)
		}
	}, []string{"Concurrent hits all count"}},

	{"counts days of another time zone", func(o *override) {
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			hits = slices.Clone(hits)
			for i, h := range hits {
				hits[i].Day = store.Day(h.Last.Add(-5 * time.Hour))
			}
			return o.Store.AddHits(ctx, hits)
		}
	}, []string{"Hits add up, per day and in total"}},

	{"writes hits later", func(o *override) {
		var buffer []store.Hit
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			err := o.Store.AddHits(ctx, buffer)
			buffer = slices.Clone(hits)
			return err
		}
	}, []string{"Hits add up, per day and in total", "Counting a hit changes no rule"}},

	{"keeps one hit of each rule in a call", func(o *override) {
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			byRule := map[uuid.UUID]store.Hit{}
			for _, h := range hits {
				byRule[h.RuleID] = h
			}
			return o.Store.AddHits(ctx, slices.Collect(maps.Values(byRule)))
		}
	}, []string{"Hits of one rule in one call add up"}},

	{"takes the hit added last for the last hit", func(o *override) {
		last := map[uuid.UUID]time.Time{}
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			for _, h := range hits {
				last[h.RuleID] = h.Last
			}
			return o.Store.AddHits(ctx, hits)
		}
		o.ban = func(ctx context.Context, id uuid.UUID) (store.Ban, error) {
			b, err := o.Store.Ban(ctx, id)
			b.LastHitAt = last[id]
			return b, err
		}
	}, []string{"The latest hit stays the last"}},

	{"drops a sketch that it cannot read", func(o *override) {
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			hits = slices.Clone(hits)
			for i, h := range hits {
				if _, err := sketch.Count(h.Clients); err != nil {
					hits[i].Clients = nil
				}
			}
			return o.Store.AddHits(ctx, hits)
		}
	}, []string{"A sketch that cannot be read is an error"}},

	{"adds hits one by one", func(o *override) {
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			for _, h := range hits {
				if err := o.Store.AddHits(ctx, []store.Hit{h}); err != nil {
					return err
				}
			}
			return o.Store.AddHits(ctx, nil)
		}
	}, []string{"A sketch that cannot be read is an error"}},

	{"fails for the hit of a rule that is gone", func(o *override) {
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			for _, h := range hits {
				if _, err := o.Store.Ban(ctx, h.RuleID); err != nil {
					return err
				}
			}
			return o.Store.AddHits(ctx, hits)
		}
	}, []string{"A hit of a rule that is gone is dropped"}},

	{"raises the Version with every hit", func(o *override) {
		o.ban = func(ctx context.Context, id uuid.UUID) (store.Ban, error) {
			b, err := o.Store.Ban(ctx, id)
			b.Version += b.Hits
			return b, err
		}
	}, []string{"Counting a hit changes no rule"}},

	{"leaves out the last day of a history", func(o *override) {
		o.hitHistory = func(ctx context.Context, rule uuid.UUID, from, to time.Time) ([]store.DayHits, error) {
			return o.Store.HitHistory(ctx, rule, from, to.Add(-day))
		}
	}, []string{"HitHistory returns the days asked for, oldest first"}},

	{"prunes the day it was given", func(o *override) {
		o.pruneHits = func(ctx context.Context, before time.Time) (int64, error) {
			return o.Store.PruneHits(ctx, before.Add(day))
		}
	}, []string{"PruneHits forgets the days before"}},
}

var changeFlaws = []flaw{
	{"forgets to log deletions", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			return slices.DeleteFunc(log, func(c store.Change) bool { return c.Action == store.BanDelete })
		})
	}, []string{"Every mutation of a ban logs one change", "Changes returns those asked for, oldest first"}},

	{"logs one key of an update", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			for i := range log {
				log[i].Keys = log[i].Keys[:min(len(log[i].Keys), 1)]
			}
			return log
		})
	}, []string{"An update of a value names both keys"}},

	{"logs no After", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			for i := range log {
				log[i].After = nil
			}
			return log
		})
	}, []string{"Every mutation of a ban logs one change"}},

	{"gives the newest changes first", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			slices.Reverse(log)
			return log
		})
	}, []string{"Changes are numbered from 1 in the order made", "A reader of the log misses no change"}},

	{"shows changes in another order than that of Seq", func(o *override) {
		var mu sync.Mutex
		shown := int64(0)
		logAs(o, func(log []store.Change) []store.Change {
			mu.Lock()
			defer mu.Unlock()
			// Every fifth change is committed after the one that follows it.
			log = slices.DeleteFunc(log, func(c store.Change) bool { return c.Seq%5 == 0 && c.Seq >= shown })
			for _, c := range log {
				shown = max(shown, c.Seq)
			}
			return log
		})
	}, []string{"A reader of the log misses no change"}},

	{"gives an empty list for pruned changes", func(o *override) {
		o.changes = func(ctx context.Context, q store.ChangeQuery) ([]store.Change, error) {
			log, err := o.Store.Changes(ctx, q)
			if errors.Is(err, store.ErrPruned) {
				err = nil
			}
			return log, err
		}
	}, []string{"Changes that were pruned are ErrPruned", "Pruning does not lower LastChange"}},

	{"takes the newest change that is left for the last", func(o *override) {
		o.lastChange = func(ctx context.Context) (int64, error) {
			if _, err := o.Store.Changes(ctx, store.ChangeQuery{}); errors.Is(err, store.ErrPruned) {
				return 0, nil
			}
			return o.Store.LastChange(ctx)
		}
	}, []string{"Pruning does not lower LastChange"}},

	{"never tells its subscribers", func(o *override) {
		o.subscribe = func(func(store.Change)) func() { return func() {} }
	}, []string{"A subscriber is told of every change before the method returns", "Every subscriber is told until it cancels"}},

	{"tells its subscribers later", func(o *override) {
		o.subscribe = func(fn func(store.Change)) func() {
			var waiting []store.Change // for the next change
			return o.Store.Subscribe(func(c store.Change) {
				for _, w := range waiting {
					fn(w)
				}
				waiting = []store.Change{c}
			})
		}
	}, []string{"A subscriber is told of every change before the method returns"}},

	{"tells its subscribers before reads see the change", func(o *override) {
		var told []func(store.Change)
		o.subscribe = func(fn func(store.Change)) func() {
			told = append(told, fn)
			return func() {}
		}
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			last, err := o.Store.LastChange(ctx)
			if err != nil {
				return b, err
			}
			c.Seq, c.Target, c.Keys = last+1, b.ID, []store.Key{b.Key()}
			for _, fn := range told {
				fn(c)
			}
			return o.Store.CreateBan(ctx, b, c)
		}
	}, []string{"A subscriber is told of every change before the method returns"}},

	{"tells its subscribers with a lock held", func(o *override) {
		var mu sync.Mutex
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			mu.Lock()
			defer mu.Unlock()
			return o.Store.CreateBan(ctx, b, c)
		}
	}, []string{"A subscriber may call the store"}},

	{"ends every subscription when one is cancelled", func(o *override) {
		var cancels []func()
		o.subscribe = func(fn func(store.Change)) func() {
			cancels = append(cancels, o.Store.Subscribe(fn))
			return func() {
				for _, c := range cancels {
					c()
				}
			}
		}
	}, []string{"Every subscriber is told until it cancels"}},
}

// logAs shows the log as spoil makes it.
func logAs(o *override, spoil func([]store.Change) []store.Change) {
	o.changes = func(ctx context.Context, q store.ChangeQuery) ([]store.Change, error) {
		log, err := o.Store.Changes(ctx, q)
		return spoil(log), err
	}
}

var callFlaws = []flaw{
	{"ignores the context of a write", func(o *override) {
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			return o.Store.CreateBan(context.WithoutCancel(ctx), b, c)
		}
	}, []string{"A context that was cancelled before is an error", "A context whose deadline has passed is an error"}},

	{"ignores the context of a read", func(o *override) {
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			return o.Store.Lookup(context.WithoutCancel(ctx), keys)
		}
	}, []string{"A context that was cancelled before is an error", "A context whose deadline has passed is an error"}},

	{"has written when it says that the context ended", func(o *override) {
		o.createBans = func(ctx context.Context, bans []store.Ban, c store.Change) ([]int, error) {
			skipped, err := o.Store.CreateBans(context.WithoutCancel(ctx), bans, c)
			return skipped, errors.Join(err, ctx.Err())
		}
	}, []string{"A context that ends during a write leaves all or nothing", "A context that was cancelled before is an error"}},

	{"works on when it is closed", func(o *override) {
		o.close = func() error { return nil }
	}, []string{"Every method of a closed store is ErrClosed"}},

	{"fails when it is closed again", func(o *override) {
		closed := false
		o.close = func() error {
			if closed {
				return store.ErrClosed
			}
			closed = true
			return o.Store.Close()
		}
	}, []string{"Close may be called again"}},

	{"closes under operations", func(o *override) {
		gone := false
		var mu sync.Mutex
		o.close = func() error {
			mu.Lock()
			defer mu.Unlock()
			gone = true
			return o.Store.Close()
		}
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			rules, err := o.Store.Lookup(ctx, keys)
			mu.Lock()
			defer mu.Unlock()
			if gone {
				return nil, errors.New("connection reset")
			}
			return rules, err
		}
	}, []string{"Close waits for operations under way"}},

	{"hands out slices that it keeps", func(o *override) {
		kept := map[store.Key][]store.Rule{}
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			if kept[keys[0]] == nil {
				kept[keys[0]], _ = o.Store.Lookup(ctx, keys)
			}
			return kept[keys[0]], nil
		}
	}, []string{"What was returned may be changed"}},

	{"keeps slices that it was given", func(o *override) {
		var given []store.Ban
		o.createBans = func(ctx context.Context, bans []store.Ban, c store.Change) ([]int, error) {
			given = bans
			return o.Store.CreateBans(ctx, bans, c)
		}
		o.listBans = func(ctx context.Context, f store.BanFilter, p store.Page) ([]store.Ban, error) {
			bans, err := o.Store.ListBans(ctx, f, p)
			copy(bans, given)
			return bans, err
		}
	}, []string{"What was passed may be changed afterwards"}},

	{"sorts the keys it was given", func(o *override) {
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			slices.SortFunc(keys, func(a, b store.Key) int { return int(a.Kind) - int(b.Kind) })
			return o.Store.Lookup(ctx, keys)
		}
	}, []string{"What was passed is not written to"}},
}
