package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"example.com/ostraka/store"
)

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
	}, []string{"An update of a value names both keys", "A change names the keys of the rules it retired"}},

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
		o.changes = func(ctx context.Context, after int64, limit int) ([]store.Change, error) {
			log, err := o.Store.Changes(ctx, after, limit)
			if errors.Is(err, store.ErrPruned) {
				err = nil
			}
			return log, err
		}
	}, []string{"Changes that were pruned are ErrPruned", "Pruning does not lower LastChange"}},

	{"takes the newest change that is left for the last", func(o *override) {
		o.lastChange = func(ctx context.Context) (int64, error) {
			if _, err := o.Store.Changes(ctx, 0, 1); errors.Is(err, store.ErrPruned) {
				return 0, nil
			}
			return o.Store.LastChange(ctx)
		}
	}, []string{"Pruning does not lower LastChange"}},

	{"dates a change when it is read", func(o *override) {
		read := 0
		logAs(o, func(log []store.Change) []store.Change {
			read++
			for i := range log {
				log[i].At = log[i].At.Add(time.Duration(read) * time.Microsecond)
			}
			return log
		})
	}, []string{"A change reads the same every time"}},

	{"puts the record as it is now into an old change", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			for i := range log {
				if _, err := o.Store.Ban(context.Background(), log[i].Target); err != nil {
					log[i].After = nil
				}
			}
			return log
		})
	}, []string{"A change reads the same every time"}},

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

	{"logs what its caller put into the change", func(o *override) {
		var given store.Change
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			given = c
			return o.Store.CreateBan(ctx, b, c)
		}
		logAs(o, func(log []store.Change) []store.Change {
			for i := range log {
				log[i].Counts = given.Counts
			}
			return log
		})
	}, []string{"The caller's other fields do not get into the log"}},

	{"begins its log with a change of its own", func(o *override) {
		o.lastChange = func(ctx context.Context) (int64, error) {
			seq, err := o.Store.LastChange(ctx)
			return max(seq, 1), err
		}
	}, []string{"A store starts without changes"}},

	{"prunes the change made at that very time", func(o *override) {
		o.pruneChanges = func(ctx context.Context, before time.Time) (int64, error) {
			return o.Store.PruneChanges(ctx, before.Add(time.Microsecond))
		}
	}, []string{"PruneChanges forgets the old end of the log"}},

	{"prunes hits with the log", func(o *override) {
		o.pruneChanges = func(ctx context.Context, before time.Time) (int64, error) {
			if _, err := o.PruneHits(ctx, before); err != nil {
				return 0, err
			}
			return o.Store.PruneChanges(ctx, before)
		}
	}, []string{"PruneChanges touches nothing but the log"}},

	{"tells its subscribers of writes that failed", func(o *override) {
		var told []func(store.Change)
		o.subscribe = func(fn func(store.Change)) func() {
			told = append(told, fn)
			return func() {}
		}
		o.updateBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			for _, fn := range told {
				fn(c)
			}
			return o.Store.UpdateBan(ctx, b, c)
		}
	}, []string{"A subscriber is not told of what was not logged"}},
}

// logAs shows the log as spoil makes it.
func logAs(o *override, spoil func([]store.Change) []store.Change) {
	o.changes = func(ctx context.Context, after int64, limit int) ([]store.Change, error) {
		log, err := o.Store.Changes(ctx, after, limit)
		return spoil(log), err
	}
}
