package storetest

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"
	"time"

	"example.com/ostraka/store"
)

var versionFlaws = []flaw{
	{"leaves the Version when it undoes", func(o *override) {
		undoAs(o, func(_, before store.List, l *store.List) { l.Version = before.Version })
	}, []string{"UndoList puts the version before back into force", "Version never comes again"}},

	{"takes the Version back when it undoes", func(o *override) {
		lowerVersions(o)
	}, []string{"Version never comes again", "UndoList puts the version before back into force", "ApplyList refuses a delta for another version"}},

	{"sets the time of a version to that of its undoing", func(o *override) {
		undoAs(o, func(_, before store.List, l *store.List) { l.SyncedAt, l.SyncedBy = before.SyncedAt, before.SyncedBy })
	}, []string{"UndoList puts the version before back into force", "UndoList of the first version leaves an empty list"}},

	{"leaves the texts of a list when it is undone", func(o *override) {
		undoAs(o, func(_, before store.List, l *store.List) { l.Reason = before.Reason })
	}, []string{"UndoList puts the texts of the list back", "UndoList of the first version leaves an empty list"}},

	{"leaves the digest of a list when it is undone", func(o *override) {
		undoAs(o, func(_, before store.List, l *store.List) { l.Digest = before.Digest })
	}, []string{"A list has the Digest of its content"}},

	{"keeps the digest of the content before", func(o *override) {
		o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
			if d.Digest == "" {
				d.Digest = d.List.Digest
			}
			return o.Store.ApplyList(ctx, d, c)
		}
	}, []string{"A list has the Digest of its content"}},

	{"does nothing when there is nothing to undo", func(o *override) {
		o.undoList = func(ctx context.Context, name string, version int64, c store.Change) (store.List, error) {
			l, err := o.Store.UndoList(ctx, name, version, c)
			if errors.Is(err, store.ErrConflict) {
				return o.Store.List(ctx, name)
			}
			return l, err
		}
	}, []string{"UndoList goes back one version only"}},

	{"undoes whatever version is in force", func(o *override) {
		o.undoList = func(ctx context.Context, name string, _ int64, c store.Change) (store.List, error) {
			return o.Store.UndoList(ctx, name, 0, c)
		}
	}, []string{"UndoList of a version is for that version alone"}},

	{"does not find lists whose name has capitals", func(o *override) {
		o.dropList = func(ctx context.Context, name string, c store.Change) (store.List, error) {
			l, err := o.Store.DropList(ctx, name, c)
			if errors.Is(err, store.ErrNotFound) {
				return o.Store.DropList(ctx, strings.ToUpper(name), c)
			}
			return l, err
		}
	}, []string{"A list that is not there is ErrNotFound"}},

	{"empties a list instead of dropping it", func(o *override) {
		o.dropList = func(ctx context.Context, name string, c store.Change) (store.List, error) {
			l, err := o.Store.List(ctx, name)
			if err != nil {
				return l, err
			}
			var all []store.Entry
			for e, err := range o.Store.ListEntries(ctx, name) {
				if err != nil {
					return l, err
				}
				all = append(all, e)
			}
			_, err = o.Store.ApplyList(ctx, store.ListDelta{List: l, Remove: all}, c)
			return l, err
		}
	}, []string{
		"DropList removes a list with all its entries",
		"A name that was dropped starts afresh",
		"A list that is not there is ErrNotFound",
	}},

	{"holds a lock while it yields entries", func(o *override) {
		var mu sync.Mutex
		o.listEntries = func(ctx context.Context, name string) iter.Seq2[store.Entry, error] {
			return func(yield func(store.Entry, error) bool) {
				mu.Lock()
				defer mu.Unlock()
				o.Store.ListEntries(ctx, name)(yield)
			}
		}
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			mu.Lock()
			defer mu.Unlock()
			return o.Store.CreateBan(ctx, b, c)
		}
	}, []string{"A loop over ListEntries may stop early"}},

	{"yields the entries that there were", func(o *override) {
		o.listEntries = func(ctx context.Context, name string) iter.Seq2[store.Entry, error] {
			return func(yield func(store.Entry, error) bool) {
				var all []store.Entry
				for e, err := range o.Store.ListEntries(ctx, name) {
					if err != nil {
						yield(e, err)
						return
					}
					all = append(all, e)
				}
				for _, e := range all {
					if !yield(e, nil) {
						return
					}
				}
			}
		}
	}, []string{"ListEntries ends with ErrConflict when a new version comes"}},

	{"goes on yielding entries after its error", func(o *override) {
		o.listEntries = func(ctx context.Context, name string) iter.Seq2[store.Entry, error] {
			return func(yield func(store.Entry, error) bool) {
				for e, err := range o.Store.ListEntries(context.WithoutCancel(ctx), name) {
					if ctx.Err() != nil {
						err = ctx.Err()
					}
					if !yield(e, err) {
						return
					}
				}
			}
		}
	}, []string{"ListEntries ends with the error of a context that ends"}},

	{"logs what was added to a list and not what was removed", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			for i := range log {
				log[i].Counts["removed"] = 0
			}
			return log
		})
	}, []string{"A version of a list is one change in the log"}},

	{"logs a changed entry of a list as one added and one removed", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			for i := range log {
				log[i].Counts["added"] += log[i].Counts["changed"]
				log[i].Counts["removed"] += log[i].Counts["changed"]
				log[i].Counts["changed"] = 0
			}
			return log
		})
	}, []string{"A version of a list is one change in the log"}},

	{"logs a key twice", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			for i := range log {
				log[i].Keys = append(log[i].Keys, log[i].Keys...)
			}
			return log
		})
	}, []string{"A version of a list is one change in the log", "A change of a list names at most MaxChangeKeys keys"}},

	{"names every key of a change", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			for i := range log {
				log[i].Bulk = false
			}
			return log
		})
	}, []string{
		"A change of a list names at most MaxChangeKeys keys",
		"A change of a list's texts is bulk",
		"A purge names at most MaxChangeKeys keys",
	}},

	{"tells its subscribers of a version before it is in force", func(o *override) {
		var told []func(store.Change)
		o.subscribe = func(fn func(store.Change)) func() {
			told = append(told, fn)
			return func() {}
		}
		o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
			for _, fn := range told {
				fn(c)
			}
			return o.Store.ApplyList(ctx, d, c)
		}
	}, []string{"A subscriber is told of a version once it is in force"}},

	{"reports no progress", func(o *override) {
		applyAs(o, func(d *store.ListDelta) { d.Progress = nil })
	}, []string{"ApplyList reports its progress"}},

	{"reports the progress of each part", func(o *override) {
		applyAs(o, func(d *store.ListDelta) {
			if report := d.Progress; report != nil {
				d.Progress = func(int) { report(1); report(1) }
			}
		})
	}, []string{"ApplyList reports its progress"}},

	{"holds its lock while it writes a list", func(o *override) {
		var mu sync.Mutex
		o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
			mu.Lock()
			defer mu.Unlock()
			return o.Store.ApplyList(ctx, d, c)
		}
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			mu.Lock()
			defer mu.Unlock()
			return o.Store.CreateBan(ctx, b, c)
		}
	}, []string{"Progress may call the store", "Of two ApplyLists of a list at once the later wins"}},

	{"tries a list again that was changed meanwhile", func(o *override) {
		o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
			l, err := o.Store.ApplyList(ctx, d, c)
			if errors.Is(err, store.ErrConflict) {
				if now, err := o.Store.List(ctx, d.List.Name); err == nil {
					d.List.Version, d.Remove = now.Version, nil
				}
				return o.Store.ApplyList(ctx, d, c)
			}
			return l, err
		}
	}, []string{
		"Of two ApplyLists of a list at once the later wins",
		"Of concurrent ApplyLists of one version one succeeds",
		"Of two ApplyLists under way the later to begin wins",
		"ApplyList refuses a delta for another version",
	}},

	{"says that who lost made the version that is there", func(o *override) {
		o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
			l, err := o.Store.ApplyList(ctx, d, c)
			if errors.Is(err, store.ErrConflict) {
				return o.Store.List(ctx, d.List.Name)
			}
			return l, err
		}
	}, []string{
		"Of concurrent ApplyLists of one version one succeeds",
		"Of concurrent ApplyLists of the same version one succeeds",
	}},

	{"lets the first ApplyList to end win", func(o *override) {
		began := map[string]int{}
		var mu sync.Mutex
		o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
			mu.Lock()
			began[d.List.Name]++
			mine := began[d.List.Name]
			mu.Unlock()
			if report := d.Progress; report != nil && mine > 1 {
				report(1) // before the store below knows that it has begun
				d.Progress = nil
			}
			return o.Store.ApplyList(ctx, d, c)
		}
	}, []string{"Of two ApplyLists under way the later to begin wins"}},

	{"lets an ApplyList that it refuses break off others", func(o *override) {
		began := map[string]int{}
		var mu sync.Mutex
		o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
			count := func(n int) int {
				mu.Lock()
				defer mu.Unlock()
				began[d.List.Name] += n
				return began[d.List.Name]
			}
			mine := count(1)
			l, err := o.Store.ApplyList(ctx, d, c)
			if count(0) != mine {
				return store.List{}, store.ErrConflict
			}
			return l, err
		}
	}, []string{"An ApplyList that is refused for its Version stands in nobody's way"}},

	{"takes a new list for the one of that name", func(o *override) {
		o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
			for {
				l, err := o.Store.ApplyList(ctx, d, c)
				if err == nil {
					return l, err
				}
				now, listErr := o.Store.List(ctx, d.List.Name)
				if listErr != nil {
					return l, listErr
				}
				d.List.ID, d.List.Version = now.ID, now.Version
			}
		}
	}, []string{"Of concurrent ApplyLists of a new name one succeeds"}},

	{"writes a list in two steps", func(o *override) {
		o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
			half := d
			half.Add, d.Remove = nil, nil
			l, err := o.Store.ApplyList(ctx, half, c)
			if err != nil {
				return l, err
			}
			time.Sleep(time.Millisecond)
			d.List.Version = l.Version
			return o.Store.ApplyList(ctx, d, c)
		}
	}, []string{
		"A new version becomes visible as a whole",
		"ApplyList makes a new list",
		"Progress may call the store",
	}},

	{"has written a list when it says that the context ended", func(o *override) {
		o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
			l, err := o.Store.ApplyList(context.WithoutCancel(ctx), d, c)
			return l, errors.Join(err, ctx.Err())
		}
	}, []string{"A context that ends during ApplyList leaves all or nothing", "A context that was cancelled before is an error"}},

	{"clears the entries it was given", func(o *override) {
		o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
			defer clear(d.Add)
			return o.Store.ApplyList(ctx, d, c)
		}
	}, []string{"What a list was made of may be changed afterwards"}},
}

// lowerVersions makes UndoList take the Version back, so that the next ApplyList
// gives one that there was.
func lowerVersions(o *override) {
	undone := int64(0) // of the one list that there is
	lower := func(l store.List, err error) (store.List, error) {
		l.Version -= 2 * undone
		return l, err
	}
	o.list = func(ctx context.Context, name string) (store.List, error) { return lower(o.Store.List(ctx, name)) }
	o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
		if d.List.Version > 0 {
			d.List.Version += 2 * undone
		}
		return lower(o.Store.ApplyList(ctx, d, c))
	}
	o.undoList = func(ctx context.Context, name string, version int64, c store.Change) (store.List, error) {
		l, err := o.Store.UndoList(ctx, name, version, c)
		if err == nil {
			undone++
		}
		return lower(l, err)
	}
}

// undoAs returns from UndoList what spoil makes of it, given the list as it was
// when it was first applied and before it was undone.
func undoAs(o *override, spoil func(first, before store.List, l *store.List)) {
	var first store.List
	o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
		l, err := o.Store.ApplyList(ctx, d, c)
		if l.Version == 1 {
			first = l
		}
		return l, err
	}
	o.undoList = func(ctx context.Context, name string, version int64, c store.Change) (store.List, error) {
		before, err := o.Store.List(ctx, name)
		if err != nil {
			return before, err
		}
		l, err := o.Store.UndoList(ctx, name, version, c)
		spoil(first, before, &l)
		return l, err
	}
}
