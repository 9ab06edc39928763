package storetest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/ostraka/store"
)

var listFlaws = []flaw{
	{"forgets the lines of entries", func(o *override) {
		applyAs(o, func(d *store.ListDelta) {
			for i := range d.Add {
				d.Add[i].Line = 0
			}
		})
	}, []string{"ApplyList makes a new list", "ApplyList makes the next version of a list", "UndoList puts the version before back into force"}},

	{"does not say that the first version can be undone", func(o *override) {
		o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
			l, err := o.Store.ApplyList(ctx, d, c)
			l.Undoable = l.Version > 1
			return l, err
		}
	}, []string{"ApplyList makes a new list"}},

	{"does not change entries that are in both", func(o *override) {
		applyAs(o, func(d *store.ListDelta) {
			both := func(in []store.Entry) func(store.Entry) bool {
				return func(e store.Entry) bool {
					return slices.ContainsFunc(in, func(x store.Entry) bool { return x.ID == e.ID })
				}
			}
			add := slices.DeleteFunc(slices.Clone(d.Add), both(d.Remove))
			d.Remove = slices.DeleteFunc(d.Remove, both(d.Add))
			d.Add = add
		})
	}, []string{"ApplyList makes the next version of a list"}},

	{"keeps the texts of a list", func(o *override) {
		applyAs(o, func(d *store.ListDelta) {
			if old, err := o.Store.List(context.Background(), d.List.Name); err == nil {
				d.List.Source, d.List.Reason, d.List.PublicReason = old.Source, old.Reason, old.PublicReason
			}
		})
	}, []string{"ApplyList replaces the texts of a list", "A change of a list's texts is bulk"}},

	{"reuses the Seq of lists", func(o *override) {
		o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
			l, err := o.Store.ApplyList(ctx, d, c)
			all, listErr := o.Store.Lists(ctx)
			l.Seq = int64(len(all))
			return l, errors.Join(err, listErr)
		}
	}, []string{"Seq numbers lists from 1 and is not reused", "A name that was dropped starts afresh"}},

	{"lists lists without regard to case", func(o *override) {
		o.lists = func(ctx context.Context) ([]store.List, error) {
			all, err := o.Store.Lists(ctx)
			slices.SortStableFunc(all, func(a, b store.List) int {
				return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
			})
			return all, err
		}
	}, []string{"Lists returns all lists by name"}},

	{"gives one rule of a key, whoever owns it", func(o *override) {
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			rules, err := o.Store.Lookup(ctx, keys)
			return slices.CompactFunc(rules, func(a, b store.Rule) bool { return a.Key == b.Key }), err
		}
	}, []string{"Every owner keeps its rules to itself"}},

	{"gives the rules of an entry as often as its key is named", func(o *override) {
		o.lookup = func(ctx context.Context, keys []store.Key) (rules []store.Rule, err error) {
			for _, k := range keys {
				some, err := o.Store.Lookup(ctx, []store.Key{k})
				if err != nil {
					return nil, err
				}
				rules = append(rules, some...)
			}
			return rules, nil
		}
	}, []string{"Texts of entries are bytes"}},

	{"knows the prefix lengths of bans only", func(o *override) {
		o.prefixLengths = func(ctx context.Context) ([]store.PrefixLen, error) {
			var lens []store.PrefixLen
			bans, err := o.ListBans(ctx, store.BanFilter{}, store.Page{})
			for _, b := range bans {
				if l, ok := b.Key().PrefixLen(); ok && !slices.Contains(lens, l) {
					lens = append(lens, l)
				}
			}
			return lens, err
		}
	}, []string{"PrefixLengths names those of list entries"}},

	{"scans bans only", func(o *override) {
		o.scan = func(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
			return func(yield func(store.Rule, error) bool) {
				for r, err := range o.Store.Scan(ctx, kind) {
					if (err != nil || r.Origin == store.OriginBan) && !yield(r, err) {
						return
					}
				}
			}
		}
	}, []string{"Scan yields the entries of lists", "CreateBlock returns the block as stored"}},

	{"ignores the version that a delta was made for", func(o *override) {
		applyAs(o, func(d *store.ListDelta) {
			if old, err := o.Store.List(context.Background(), d.List.Name); err == nil {
				d.List.Version, d.List.ID = old.Version, old.ID
			}
		})
	}, []string{
		"ApplyList refuses a delta for another version",
		"ApplyList refuses a new list whose name or ID is taken",
	}},

	{"lets a delta that does not fit through as far as it does", func(o *override) {
		applyAs(o, func(d *store.ListDelta) {
			there := map[string]bool{}
			for e, err := range o.Store.ListEntries(context.Background(), d.List.Name) {
				there[e.Value] = err == nil
			}
			d.Remove = slices.DeleteFunc(d.Remove, func(e store.Entry) bool { return !there[e.Value] })
			removed := map[string]bool{}
			for _, e := range d.Remove {
				removed[e.Value] = true
			}
			d.Add = slices.DeleteFunc(d.Add, func(e store.Entry) bool { return there[e.Value] && !removed[e.Value] })
		})
	}, []string{"ApplyList refuses a delta that does not fit"}},

	{"leaves the Version when it undoes", func(o *override) {
		undoAs(o, func(_, before store.List, l *store.List) { l.Version = before.Version })
	}, []string{"UndoList puts the version before back into force"}},

	{"sets the time of a version to that of its undoing", func(o *override) {
		undoAs(o, func(_, before store.List, l *store.List) { l.SyncedAt, l.SyncedBy = before.SyncedAt, before.SyncedBy })
	}, []string{"UndoList puts the version before back into force", "UndoList of the first version leaves an empty list"}},

	{"undoes the texts of a list as well", func(o *override) {
		undoAs(o, func(first, _ store.List, l *store.List) { l.Reason = first.Reason })
	}, []string{"UndoList leaves the texts of the list"}},

	{"does nothing when there is nothing to undo", func(o *override) {
		o.undoList = func(ctx context.Context, name string, c store.Change) (store.List, error) {
			l, err := o.Store.UndoList(ctx, name, c)
			if errors.Is(err, store.ErrConflict) {
				return o.Store.List(ctx, name)
			}
			return l, err
		}
	}, []string{"UndoList goes back one version only"}},

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
	}, []string{"A change of a list names at most MaxChangeKeys keys", "A change of a list's texts is bulk"}},

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
		"ApplyList refuses a delta for another version",
	}},

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

// applyAs applies a delta as what spoil makes of it.
func applyAs(o *override, spoil func(*store.ListDelta)) {
	o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
		d.Add, d.Remove = slices.Clone(d.Add), slices.Clone(d.Remove)
		spoil(&d)
		return o.Store.ApplyList(ctx, d, c)
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
	o.undoList = func(ctx context.Context, name string, c store.Change) (store.List, error) {
		before, err := o.Store.List(ctx, name)
		if err != nil {
			return before, err
		}
		l, err := o.Store.UndoList(ctx, name, c)
		spoil(first, before, &l)
		return l, err
	}
}
