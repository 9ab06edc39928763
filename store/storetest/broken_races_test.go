package storetest

import (
	"context"
	"errors"
	"time"

	"example.com/ostraka/store"
)

var accountRaceFlaws = []flaw{
	{"demotes by what it read before", func(o *override) {
		o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
			got, err := o.Store.UpdateAccount(ctx, w, c)
			if errors.Is(err, store.ErrLastAdmin) {
				got.Account, err = w.Account, nil
			}
			return got, err
		}
	}, []string{"Of the last two admins demoted at once one stays", "The last active admin stays"}},

	{"says that every creation succeeded", func(o *override) {
		o.createAccount = func(ctx context.Context, a store.Account, c store.Change) (store.Account, error) {
			got, err := o.Store.CreateAccount(ctx, a, c)
			if errors.Is(err, store.ErrExists) {
				got, err = a, nil
			}
			return got, err
		}
	}, []string{"Of concurrent creations of a handle, an address or an alias one succeeds"}},

	{"reads a credential and then its account", func(o *override) {
		o.credentialByHash = func(ctx context.Context, hash store.SecretHash) (store.Credential, store.Account, error) {
			c, a, err := o.Store.CredentialByHash(ctx, hash)
			if err == nil {
				time.Sleep(time.Millisecond)
				a, err = o.Store.Account(ctx, c.Account)
			}
			return c, a, err
		}
	}, []string{"A credential and its account are of one moment"}},

	{"counts aliases and then addresses", func(o *override) {
		o.affected = func(ctx context.Context, sel store.Selector, sample int) (store.Affected, error) {
			before, err := o.Store.Affected(ctx, sel, sample)
			if err != nil {
				return before, err
			}
			time.Sleep(50 * time.Microsecond)
			a, err := o.Store.Affected(ctx, sel, sample)
			a.Aliases, a.AliasSample = before.Aliases, before.AliasSample
			return a, err
		}
	}, []string{"Affected is of one moment"}},

	{"counts the aliases that it is about to turn off", func(o *override) {
		o.createBanDisabling = func(ctx context.Context, b store.Ban, sel store.Selector, c store.Change) (store.Ban, error) {
			a, err := o.Store.Affected(ctx, sel, 0)
			if err != nil {
				return b, err
			}
			time.Sleep(time.Millisecond)
			b, err = o.Store.CreateBanDisabling(ctx, b, sel, c)
			b.AliasesDisabled = a.Aliases
			return b, err
		}
	}, []string{"Of concurrent bans one turns an alias off"}},
}
