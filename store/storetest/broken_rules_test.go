package storetest

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/ostraka/store"
)

var ruleFlaws = []flaw{
	{"gives the rules of revoked bans", func(o *override) {
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			bans, err := o.ListBans(ctx, store.BanFilter{}, store.Page{})
			var rules []store.Rule
			for _, b := range bans {
				if slices.Contains(keys, b.Key()) {
					rules = append(rules, b.Rule())
				}
			}
			return rules, err
		}
	}, []string{"Lookup leaves out revoked rules", "A revoked ban does not stand in the way of a new one"}},

	{"drops expired rules", func(o *override) {
		o.lookup = filtered(o, func(r store.Rule) bool { return r.InForce(noon) })
	}, []string{"Lookup keeps expired rules", "Lookup returns every rule of a key"}},

	{"gives one rule of a key", func(o *override) {
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			rules, err := o.Store.Lookup(ctx, keys)
			return slices.CompactFunc(rules, func(a, b store.Rule) bool { return a.Key == b.Key }), err
		}
	}, []string{"Lookup returns every rule of a key", "Lookup finds wildcard rules by the key of their kind"}},

	{"looks up each key by itself", func(o *override) {
		o.lookup = func(ctx context.Context, keys []store.Key) (rules []store.Rule, err error) {
			for _, k := range keys {
				some, err := o.Store.Lookup(ctx, []store.Key{k})
				if err != nil {
					return nil, err
				}
				rules = append(rules, some...)
				time.Sleep(200 * time.Microsecond)
			}
			return rules, nil
		}
		o.updateBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			time.Sleep(200 * time.Microsecond)
			return o.Store.UpdateBan(ctx, b, c)
		}
	}, []string{"Lookup returns a rule once for a repeated key", "A Lookup is one consistent view"}},

	{"looks up no more than 100 keys", func(o *override) {
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			return o.Store.Lookup(ctx, keys[:min(len(keys), 100)])
		}
	}, []string{"Lookup takes a few hundred keys"}},

	{"fails when it finds nothing", func(o *override) {
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			rules, err := o.Store.Lookup(ctx, keys)
			if err == nil && len(rules) == 0 {
				err = store.ErrNotFound
			}
			return rules, err
		}
	}, []string{"Lookup of no keys gives no rules", "Lookup of an unknown key adds nothing"}},

	{"does not see that a rule is gone", func(o *override) {
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
	}, []string{"Lookup leaves out deleted rules", "Lookup follows a rule to its new key", "Lookup leaves out revoked rules"}},

	{"finds nothing by an empty text", func(o *override) {
		o.lookup = filtered(o, func(r store.Rule) bool { return !r.Key.Wildcard() })
	}, []string{"Lookup finds wildcard rules by the key of their kind"}},

	{"forgets the reason in rules", func(o *override) {
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			rules, err := o.Store.Lookup(ctx, keys)
			for i := range rules {
				rules[i].PublicReason = ""
			}
			return rules, err
		}
	}, []string{"Lookup finds a rule by its key"}},

	{"folds the case of keys", func(o *override) {
		keysAs(o, strings.ToLower)
	}, []string{"Values and keys are bytes"}},

	{"trims keys", func(o *override) {
		keysAs(o, strings.TrimSpace)
	}, []string{"Values and keys are bytes"}},

	{"leaves out the lengths of IPv6 prefixes", func(o *override) {
		o.prefixLengths = func(ctx context.Context) ([]store.PrefixLen, error) {
			lens, err := o.Store.PrefixLengths(ctx)
			return slices.DeleteFunc(lens, func(l store.PrefixLen) bool { return l.IPv6 }), err
		}
	}, []string{"PrefixLengths names each length in use once", "PrefixLengths follows revoking, reinstating and updates"}},

	{"leaves out the secrets of names", func(o *override) {
		o.hashKeys = func(ctx context.Context) ([]store.HashKey, error) {
			keys, err := o.Store.HashKeysInUse(ctx)
			return slices.DeleteFunc(keys, func(k store.HashKey) bool { return k.Kind == store.KindName }), err
		}
	}, []string{"HashKeysInUse names each secret in use once"}},

	{"knows the secrets of versions that came, not of those that come back", func(o *override) {
		var mu sync.Mutex
		var known []store.HashKey
		var stale bool
		o.undoList = func(ctx context.Context, name string, version int64, c store.Change) (store.List, error) {
			mu.Lock()
			defer mu.Unlock()
			var err error
			if known, err = o.Store.HashKeysInUse(ctx); err != nil {
				return store.List{}, err
			}
			stale = true
			return o.Store.UndoList(ctx, name, version, c)
		}
		o.hashKeys = func(ctx context.Context) ([]store.HashKey, error) {
			mu.Lock()
			defer mu.Unlock()
			if stale {
				return known, nil
			}
			return o.Store.HashKeysInUse(ctx)
		}
	}, []string{"HashKeysInUse names the secrets of a version that UndoList brings back"}},

	{"looks up rules without their labels", func(o *override) {
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			rules, err := o.Store.Lookup(ctx, keys)
			for i := range rules {
				rules[i].Label = ""
			}
			return rules, err
		}
	}, []string{"Lookup and Scan return the label of a rule"}},

	{"names a prefix length twice", func(o *override) {
		o.prefixLengths = func(ctx context.Context) ([]store.PrefixLen, error) {
			lens, err := o.Store.PrefixLengths(ctx)
			return append(lens, lens...), err
		}
	}, []string{"PrefixLengths names each length in use once"}},

	{"scans a kind as all kinds", func(o *override) {
		o.scan = func(ctx context.Context, _ store.Kind) iter.Seq2[store.Rule, error] { return o.Store.Scan(ctx, 0) }
	}, []string{"Scan of a kind yields just that kind"}},

	{"scans by pages of a list that moves", func(o *override) {
		o.scan = scanByOffset(o)
	}, []string{"Scan yields a rule that stays once, whatever is written meanwhile", "Scan yields the rules that Lookup could return"}},

	{"holds a lock while it scans", func(o *override) {
		lock := make(chan struct{}, 1)
		o.scan = func(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
			return func(yield func(store.Rule, error) bool) {
				lock <- struct{}{}
				defer func() { <-lock }()
				o.Store.Scan(ctx, kind)(yield)
			}
		}
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			lock <- struct{}{}
			defer func() { <-lock }()
			return o.Store.CreateBan(ctx, b, c)
		}
	}, []string{"A Scan's loop may call the store"}},

	{"keeps its lock when a scan stops early", func(o *override) {
		lock := make(chan struct{}, 1)
		o.scan = func(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
			return func(yield func(store.Rule, error) bool) {
				lock <- struct{}{}
				for r, err := range o.Store.Scan(ctx, kind) {
					if !yield(r, err) {
						return
					}
				}
				<-lock
			}
		}
	}, []string{"A Scan may stop early"}},

	{"ends a scan with a rule that is none", func(o *override) {
		o.scan = func(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
			return func(yield func(store.Rule, error) bool) {
				for r, err := range o.Store.Scan(ctx, kind) {
					if !yield(r, err) {
						return
					}
				}
				yield(store.Rule{}, nil)
			}
		}
	}, []string{"Scan of an empty store yields nothing"}},

	{"goes on scanning after its error", func(o *override) {
		o.scan = func(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
			return func(yield func(store.Rule, error) bool) {
				for r, err := range o.Store.Scan(context.WithoutCancel(ctx), kind) {
					if ctx.Err() != nil {
						err = ctx.Err()
					}
					if !yield(r, err) {
						return
					}
				}
			}
		}
	}, []string{"Scan ends with the error of a context that ends"}},
}

// filtered looks up rules and keeps some.
func filtered(o *override, keep func(store.Rule) bool) func(context.Context, []store.Key) ([]store.Rule, error) {
	return func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
		rules, err := o.Store.Lookup(ctx, keys)
		return slices.DeleteFunc(rules, func(r store.Rule) bool { return !keep(r) }), err
	}
}

// keysAs stores and looks up keys by what as makes of them.
func keysAs(o *override, as func(string) string) {
	o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
		keys = slices.Clone(keys)
		for i := range keys {
			keys[i].Text = as(keys[i].Text)
		}
		return o.Store.Lookup(ctx, keys)
	}
	o.createBans = func(ctx context.Context, bans []store.Ban, c store.Change) ([]int, error) {
		bans = slices.Clone(bans)
		for i := range bans {
			bans[i].KeyText = as(bans[i].KeyText)
		}
		return o.Store.CreateBans(ctx, bans, c)
	}
}

// scanByOffset counts what it has yielded to find where to go on, so that a
// deletion before that makes it skip a rule.
func scanByOffset(o *override) func(context.Context, store.Kind) iter.Seq2[store.Rule, error] {
	return func(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
		return func(yield func(store.Rule, error) bool) {
			for n := 0; ; n++ {
				bans, err := o.ListBans(ctx, store.BanFilter{Kind: kind}, store.Page{OldestFirst: true, Limit: store.MaxPageLimit})
				if err != nil || n >= len(bans) || !yield(bans[n].Rule(), nil) {
					return
				}
			}
		}
	}
}
