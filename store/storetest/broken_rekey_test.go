package storetest

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// lazyKeys makes some keys only.
type lazyKeys struct {
	store.KeyMaker
	noRules, noAccounts bool
	kind                store.Kind // the only kind of rules to make keys of; 0: all
}

func (k lazyKeys) RuleKey(kind store.Kind, value string) (string, bool) {
	text, ok := k.KeyMaker.RuleKey(kind, value)
	return text, ok && !k.noRules && (k.kind == 0 || k.kind == kind)
}

func (k lazyKeys) HandleKeys(handle string) ([]string, bool) {
	keys, ok := k.KeyMaker.HandleKeys(handle)
	return keys, ok && !k.noAccounts
}

func (k lazyKeys) LocalKey(local string) (string, bool) {
	text, ok := k.KeyMaker.LocalKey(local)
	return text, ok && !k.noAccounts
}

// spareless gives a handle whose key is taken a key of its own making.
type spareless struct{ store.KeyMaker }

func (spareless) HandleSpare(fold string) string { return "key of " + fold }

// remaking is a store that makes keys with another maker than it is given.
func remaking(o *override, maker func(store.KeyMaker) store.KeyMaker) {
	inner := o.Store
	o.rekey = func(ctx context.Context, p store.RekeyPage, m store.KeyMaker, c store.Change) (store.RekeyResult, error) {
		return inner.Rekey(ctx, p, maker(m), c)
	}
}

var rekeyFlaws = []flaw{
	{"makes no keys of rules anew", func(o *override) {
		remaking(o, func(m store.KeyMaker) store.KeyMaker { return lazyKeys{KeyMaker: m, noRules: true} })
	}, []string{
		"Rekey gives bans their new keys, whatever their state", "Rekey gives the entries of both versions their new keys",
		"Rekey logs the old and the new keys of rules", "What an entry caught stays with it through Rekey",
	}},
	{"makes keys of names only", func(o *override) {
		remaking(o, func(m store.KeyMaker) store.KeyMaker { return lazyKeys{KeyMaker: m, kind: store.KindName} })
	}, []string{"Rekey gives bans their new keys, whatever their state", "Rekey gives the entries of both versions their new keys"}},
	{"makes no keys of accounts and aliases", func(o *override) {
		remaking(o, func(m store.KeyMaker) store.KeyMaker { return lazyKeys{KeyMaker: m, noAccounts: true} })
	}, []string{"Rekey gives accounts and aliases their new keys", "Of two accounts that get one key the older keeps it"}},
	{"gives two accounts keys as it likes", func(o *override) {
		remaking(o, func(m store.KeyMaker) store.KeyMaker { return spareless{m} })
	}, []string{"Of two accounts that get one key the older keeps it"}},
	{"counts no bans that are hashes", func(o *override) {
		inner := o.Store
		o.rekey = func(ctx context.Context, p store.RekeyPage, m store.KeyMaker, c store.Change) (store.RekeyResult, error) {
			r, err := inner.Rekey(ctx, p, m, c)
			r.Hashed = 0
			return r, err
		}
	}, []string{"Rekey counts the bans that are hashes"}},
	{"stops at the first page of keys", func(o *override) {
		inner := o.Store
		o.rekey = func(ctx context.Context, p store.RekeyPage, m store.KeyMaker, c store.Change) (store.RekeyResult, error) {
			r, err := inner.Rekey(ctx, p, m, c)
			r.Next = ""
			return r, err
		}
	}, []string{"Rekey comes past everything, page by page"}},
	{"begins every page at the start", func(o *override) {
		inner := o.Store
		o.rekey = func(ctx context.Context, p store.RekeyPage, m store.KeyMaker, c store.Change) (store.RekeyResult, error) {
			p.After = ""
			return inner.Rekey(ctx, p, m, c)
		}
	}, []string{"Rekey comes past everything, page by page"}},
	{"logs that it made keys anew, though it did not", func(o *override) {
		inner := o.Store
		o.rekey = func(ctx context.Context, p store.RekeyPage, m store.KeyMaker, c store.Change) (store.RekeyResult, error) {
			r, err := inner.Rekey(ctx, p, m, c)
			if err == nil && r.Moved == 0 {
				have, _ := inner.KeyTables(ctx)
				err = inner.SetKeyTables(ctx, have, have+"x", c)
			}
			return r, err
		}
	}, []string{"Rekey that finds nothing to change logs nothing"}},
	{"logs no keys that were made anew", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			for i := range log {
				if log[i].Action == store.KeysRewrite {
					log[i].Keys = nil
				}
			}
			return log
		})
	}, []string{"Rekey logs the old and the new keys of rules"}},
	{"leaves versions as they are when it makes keys anew", func(o *override) {
		inner := o.Store
		o.updateBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			if now, err := inner.Ban(ctx, b.ID); err == nil {
				b.Version = now.Version
			}
			return inner.UpdateBan(ctx, b, c)
		}
	}, []string{"Rekey raises the Version of what it changes"}},
	{"forgets what a rule caught when its key changes", func(o *override) {
		inner, rekeyed := o.Store, false
		o.rekey = func(ctx context.Context, p store.RekeyPage, m store.KeyMaker, c store.Change) (store.RekeyResult, error) {
			rekeyed = true
			return inner.Rekey(ctx, p, m, c)
		}
		o.hitTotal = func(ctx context.Context, rule uuid.UUID) (store.HitTotal, error) {
			if rekeyed {
				return store.HitTotal{}, nil
			}
			return inner.HitTotal(ctx, rule)
		}
	}, []string{"What an entry caught stays with it through Rekey"}},

	{"says nothing of the tables", func(o *override) {
		o.keyTables = func(context.Context) (string, error) { return "", nil }
	}, []string{
		"The tables are those that were set last", "The first change of a store names the tables",
		"Keys by the tables that others are made anew by leave the name",
	}},
	{"sets the tables whatever they were", func(o *override) {
		inner := o.Store
		o.setKeyTables = func(ctx context.Context, _, to string, c store.Change) error {
			have, err := inner.KeyTables(ctx)
			if err != nil {
				return err
			}
			return inner.SetKeyTables(ctx, have, to, c)
		}
	}, []string{"Tables are set from those that are there"}},
	{"does not log that the tables were set", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			return slices.DeleteFunc(log, func(c store.Change) bool { return c.Action == store.KeysTables })
		})
	}, []string{"Setting the tables logs one change"}},
	{"takes no note of the tables of a change", func(o *override) {
		inner := o.Store
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			c.KeyTables = ""
			return inner.CreateBan(ctx, b, c)
		}
	}, []string{
		"The first change of a store names the tables", "Keys by other tables leave no name",
		"Keys by the tables that others are made anew by leave the name",
	}},
	{"does not log that keys are mixed", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			return slices.DeleteFunc(log, func(c store.Change) bool { return c.Action == store.KeysMixed })
		})
	}, []string{"Keys by other tables leave no name"}},
}
