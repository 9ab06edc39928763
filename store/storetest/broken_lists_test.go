package storetest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

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
}

// applyAs applies a delta as what spoil makes of it.
func applyAs(o *override, spoil func(*store.ListDelta)) {
	o.applyList = func(ctx context.Context, d store.ListDelta, c store.Change) (store.List, error) {
		d.Add, d.Remove = slices.Clone(d.Add), slices.Clone(d.Remove)
		spoil(&d)
		return o.Store.ApplyList(ctx, d, c)
	}
}
