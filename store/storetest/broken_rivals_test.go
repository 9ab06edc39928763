package storetest

import (
	"context"
	"slices"
	"time"

	"example.com/ostraka/store"
)

// rivalsAs lets spoil change the rivals of every ban that is written.
func rivalsAs(o *override, spoil func(*store.Ban)) {
	inner := o.Store
	o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
		spoil(&b)
		return inner.CreateBan(ctx, b, c)
	}
	o.createBans = func(ctx context.Context, bans []store.Ban, c store.Change) ([]int, error) {
		bans = append([]store.Ban(nil), bans...)
		for i := range bans {
			spoil(&bans[i])
		}
		return inner.CreateBans(ctx, bans, c)
	}
	o.updateBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
		spoil(&b)
		return inner.UpdateBan(ctx, b, c)
	}
	some := func(bans []store.BanDisabling) []store.BanDisabling {
		bans = append([]store.BanDisabling(nil), bans...)
		for i := range bans {
			spoil(&bans[i].Ban)
		}
		return bans
	}
	o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
		w.CreateBans = some(w.CreateBans)
		return inner.UpdateAccount(ctx, w, c)
	}
	removeAs(o, func(r *store.AccountRemoval) { r.CreateBans = some(r.CreateBans) })
}

var rivalFlaws = []flaw{
	{"does not know rivals", func(o *override) {
		rivalsAs(o, func(b *store.Ban) { b.Rivals = nil })
	}, []string{
		"CreateBan refuses a ban beside an active rival", "CreateBans skips a ban beside an active rival",
		"UpdateBan refuses a ban beside an active rival", "An account's bans are passed over for active rivals",
		"A rival is one that the Test selects",
	}},
	{"takes every ban of a key for a rival", func(o *override) {
		rivalsAs(o, func(b *store.Ban) {
			if b.Rivals != nil {
				b.Rivals = &store.Rivals{Keys: b.Rivals.Keys}
			}
		})
	}, []string{"A rival is one that the Test selects"}},
	{"looks for rivals before it writes", func(o *override) {
		inner := o.Store
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			if b.Rivals != nil {
				rules, err := inner.Lookup(ctx, b.Rivals.Keys)
				if err != nil {
					return b, err
				}
				for i := range rules {
					if found, err := inner.Ban(ctx, rules[i].ID); err == nil && found.Active(c.At) && b.Rivals.Match(&found) {
						return b, &store.ExistsError{Existing: found}
					}
				}
			}
			b.Rivals = nil
			time.Sleep(time.Millisecond)
			return inner.CreateBan(ctx, b, c)
		}
	}, []string{"Of concurrent bans in two forms one succeeds"}},
	{"takes rivals that are over for active ones", func(o *override) {
		inner := o.Store
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			all, err := inner.ListBans(ctx, store.BanFilter{}, store.Page{})
			for i := range all {
				if err == nil && b.Rivals != nil && slices.Contains(b.Rivals.Keys, all[i].Key()) {
					err = &store.ExistsError{Existing: all[i]}
				}
			}
			if err != nil {
				return b, err
			}
			return inner.CreateBan(ctx, b, c)
		}
	}, []string{"A rival that is over does not stand in the way"}},
	{"keeps the rivals of a ban", func(o *override) {
		inner := o.Store
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			got, err := inner.CreateBan(ctx, b, c)
			got.Rivals = b.Rivals
			return got, err
		}
	}, []string{"Rivals are not kept"}},
}
