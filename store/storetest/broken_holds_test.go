package storetest

import (
	"context"
	"errors"

	"example.com/ostraka/store"
)

// removeAs lets spoil change every removal of an account.
func removeAs(o *override, spoil func(*store.AccountRemoval)) {
	o.removeAccount = func(ctx context.Context, r store.AccountRemoval, c store.Change) (store.AccountWritten, error) {
		spoil(&r)
		return o.Store.RemoveAccount(ctx, r, c)
	}
}

// filterAs lets spoil change what accounts are selected by.
func filterAs(o *override, spoil func(*store.AccountFilter)) {
	o.listAccounts = func(ctx context.Context, f store.AccountFilter, p store.Page) ([]store.Account, error) {
		spoil(&f)
		return o.Store.ListAccounts(ctx, f, p)
	}
}

var holdFlaws = []flaw{
	{"frees the handles of those who wait", func(o *override) {
		handleKeysAs(o, func(a *store.Account) []string {
			if a.Hold.Held() {
				return nil
			}
			return a.HandleKeys
		})
	}, []string{"An account that waits keeps its handle and its addresses"}},

	{"forgets who waits", func(o *override) {
		accountAs(o, func(a *store.Account) { a.Hold = store.Hold{} })
	}, []string{
		"An admin who waits is no active admin", "An alias of an owner who waits is refused",
		"The last active admin is not removed",
		"Every field of an account comes back as given", "Times of accounts come back equal, in UTC",
	}},

	{"does not look at networks", func(o *override) {
		filterAs(o, func(f *store.AccountFilter) { f.Hold.Network = store.HoldFilter{}.Network })
	}, []string{"ListAccounts and CountAccounts select by what holds an account"}},

	{"looks for what is part of a domain's name", func(o *override) {
		filterAs(o, func(f *store.AccountFilter) {
			if f.Hold.Domain == "held.example" {
				f.Hold.Domain = ""
			}
		})
	}, []string{"ListAccounts and CountAccounts select by what holds an account"}},

	{"takes those who are suspended for pending", func(o *override) {
		filterAs(o, func(f *store.AccountFilter) {
			if f.Pending != nil {
				f.Active, f.Pending = new(!*f.Pending), nil
			}
		})
	}, []string{"ListAccounts and CountAccounts select by what holds an account"}},

	{"takes those who wait for active", func(o *override) {
		o.activeAccountTexts = func(ctx context.Context, after int64, limit int) (texts []store.AccountTexts, err error) {
			all, err := o.Store.ListAccounts(ctx, store.AccountFilter{Suspended: new(false)}, store.Page{After: after, Limit: limit, OldestFirst: true})
			for i := range all {
				a := store.AccountTexts{ID: all[i].ID, Seq: all[i].Seq, Handle: all[i].Handle}
				for _, e := range all[i].Emails {
					a.Emails = append(a.Emails, e.Address)
				}
				texts = append(texts, a)
			}
			return texts, err
		}
	}, []string{"ActiveAccountTexts returns what checks ask about of every active account"}},

	{"removes an account whatever its version", func(o *override) {
		removeAs(o, func(r *store.AccountRemoval) { r.Version = 0 })
	}, []string{"RemoveAccount removes just the version that was read"}},

	{"removes without the bans", func(o *override) {
		removeAs(o, func(r *store.AccountRemoval) { r.CreateBans = nil })
	}, []string{"RemoveAccount makes its bans in the same step", "RemoveAccount logs its change and then one for each ban"}},

	{"makes the bans of a removal before it removes", func(o *override) {
		o.removeAccount = func(ctx context.Context, r store.AccountRemoval, c store.Change) (store.AccountWritten, error) {
			got, err := o.Store.RemoveAccount(ctx, r, c)
			if err != nil && len(r.CreateBans) > 0 {
				_, banErr := o.Store.CreateBan(ctx, r.CreateBans[0].Ban, c)
				err = errors.Join(err, banErr)
			}
			return got, err
		}
	}, []string{"RemoveAccount removes just the version that was read", "RemoveAccount makes its bans in the same step"}},

	{"removes the last admin", func(o *override) {
		o.removeAccount = func(ctx context.Context, r store.AccountRemoval, c store.Change) (store.AccountWritten, error) {
			got, err := o.Store.RemoveAccount(ctx, r, c)
			if errors.Is(err, store.ErrLastAdmin) {
				err = nil
			}
			return got, err
		}
	}, []string{"The last active admin is not removed"}},

	{"keeps no reasons", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			for i := range log {
				log[i].Reason = ""
			}
			return log
		})
	}, []string{"A change keeps the reason that its caller gave", "RemoveAccount logs its change and then one for each ban"}},
}
