package storetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var retireFlaws = []flaw{
	{"keeps the rules of expired bans for ever", func(o *override) {
		o.lookup = func(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
			var rules []store.Rule
			bans, err := o.ListBans(ctx, store.BanFilter{}, store.Page{Limit: store.MaxPageLimit})
			for _, b := range bans {
				if b.RevokedAt.IsZero() && slices.Contains(keys, b.Key()) {
					rules = append(rules, b.Rule())
				}
			}
			return rules, err
		}
	}, []string{
		"CreateBan retires the rules of expired bans of its value",
		"CreateBans retires the rules of expired bans of its values",
	}},

	{"retires rules before it refuses a ban", func(o *override) {
		retired := hidden(o)
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			retired.expired(ctx, b, c)
			return o.Store.CreateBan(ctx, b, c)
		}
	}, []string{"A refused creation retires no rule"}},

	{"retires a rule for good", func(o *override) {
		retired := hidden(o)
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			b, err := o.Store.CreateBan(ctx, b, c)
			if err == nil {
				retired.expired(ctx, b, c)
			}
			return b, err
		}
	}, []string{"UpdateBan brings a retired rule back"}},

	{"refuses a ban for one whose rule was retired", func(o *override) {
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			filter := store.BanFilter{Contains: b.Value, Active: new(true), At: c.At}
			if n, err := o.CountBans(ctx, filter); err != nil || n > 0 && b.Active(c.At) {
				return store.Ban{}, errors.Join(err, &store.ExistsError{})
			}
			return o.Store.CreateBan(ctx, b, c)
		}
	}, []string{"A ban whose rule was retired is in nobody's way"}},

	{"knows the prefix lengths of bans in force", func(o *override) {
		o.prefixLengths = func(ctx context.Context) ([]store.PrefixLen, error) {
			var lens []store.PrefixLen
			bans, err := o.ListBans(ctx, store.BanFilter{Active: new(true), At: noon}, store.Page{})
			for _, b := range bans {
				if l, ok := b.Key().PrefixLen(); ok && !slices.Contains(lens, l) {
					lens = append(lens, l)
				}
			}
			return lens, err
		}
	}, []string{"PrefixLengths follows rules that are retired and come back", "PrefixLengths names each length in use once"}},
}

// hiding makes Lookup leave out rules.
type hiding struct {
	from *override
	ids  map[uuid.UUID]bool
}

func hidden(o *override) *hiding {
	h := &hiding{o, map[uuid.UUID]bool{}}
	o.lookup = filtered(o, func(r store.Rule) bool { return !h.ids[r.ID] })
	return h
}

// expired hides the rules that the creation of b retires.
func (h *hiding) expired(ctx context.Context, b store.Ban, c store.Change) {
	bans, _ := h.from.ListBans(ctx, store.BanFilter{Kind: b.Kind, Contains: b.Value}, store.Page{})
	for _, old := range bans {
		if old.ID != b.ID && !old.Active(c.At) {
			h.ids[old.ID] = true
		}
	}
}

var purgeFlaws = []flaw{
	{"purges what ended at that very time", func(o *override) {
		o.purgeBans = func(ctx context.Context, before time.Time, c store.Change) (int64, error) {
			return o.Store.PurgeBans(ctx, before.Add(time.Microsecond), c)
		}
	}, []string{"PurgeBans removes bans that are long over"}},

	{"says how many bans there were", func(o *override) {
		o.purgeBans = func(ctx context.Context, before time.Time, c store.Change) (int64, error) {
			n, err := o.CountBans(ctx, store.BanFilter{})
			if err != nil {
				return 0, err
			}
			_, err = o.Store.PurgeBans(ctx, before, c)
			return n, err
		}
	}, []string{"PurgeBans removes bans that are long over"}},

	{"keeps the hits of what it purges", func(o *override) {
		totals := map[uuid.UUID]store.HitTotal{}
		o.addHits = func(ctx context.Context, hits []store.Hit) error {
			for _, h := range hits {
				totals[h.RuleID] = store.HitTotal{Uses: h.Uses, Last: h.Last}
			}
			return o.Store.AddHits(ctx, hits)
		}
		o.hitTotal = func(_ context.Context, rule uuid.UUID) (store.HitTotal, error) { return totals[rule], nil }
	}, []string{"PurgeBans removes the hits of bans"}},

	{"does not say whose rules it purged", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			for i := range log {
				if log[i].Action == store.BanPurge {
					log[i].Keys = nil
				}
			}
			return log
		})
	}, []string{"PurgeBans logs one change with the keys of rules that went", "A purge names at most MaxChangeKeys keys"}},

	{"fails when there is nothing to purge", func(o *override) {
		o.purgeBans = func(ctx context.Context, before time.Time, c store.Change) (int64, error) {
			n, err := o.Store.PurgeBans(ctx, before, c)
			if err == nil && n == 0 {
				err = store.ErrNotFound
			}
			return n, err
		}
	}, []string{"PurgeBans that removes nothing logs nothing"}},
}
