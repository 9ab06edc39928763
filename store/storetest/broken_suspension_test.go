package storetest

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// writeAs lets spoil change every write to an account.
func writeAs(o *override, spoil func(*store.AccountWrite)) {
	o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
		spoil(&w)
		return o.Store.UpdateAccount(ctx, w, c)
	}
}

var suspensionFlaws = []flaw{
	{"leaves the credentials of a suspended account", func(o *override) {
		writeAs(o, func(w *store.AccountWrite) { w.RevokeCredentials = false })
	}, []string{
		"UpdateAccount revokes credentials when it is told to",
		"Every mutation of an account logs its change",
		"No session survives a suspension",
	}},

	{"revokes credentials with every write", func(o *override) {
		writeAs(o, func(w *store.AccountWrite) { w.RevokeCredentials = true })
	}, []string{"UpdateAccount revokes credentials when it is told to"}},

	{"ends the credential that was to be kept", func(o *override) {
		writeAs(o, func(w *store.AccountWrite) { w.KeepCredential = uuid.Nil })
	}, []string{"UpdateAccount keeps the credential that it is told to"}},

	{"takes a credential to keep for an order to end the others", func(o *override) {
		writeAs(o, func(w *store.AccountWrite) { w.RevokeCredentials = w.RevokeCredentials || w.KeepCredential != uuid.Nil })
	}, []string{"UpdateAccount keeps the credential that it is told to"}},

	{"leaves the aliases of a suspended account", func(o *override) {
		writeAs(o, func(w *store.AccountWrite) { w.DisableAliases = false })
	}, []string{"UpdateAccount turns off aliases when it is told to", "No alias survives a suspension"}},

	{"leaves aliases to addresses that are gone", func(o *override) {
		o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
			got, err := o.Store.UpdateAccount(ctx, w, c)
			if !w.DisableAliases {
				got.AliasesDisabled = 0
			}
			return got, err
		}
		o.listAliases = func(ctx context.Context, f store.AliasFilter, p store.Page) ([]store.MailAlias, error) {
			all, err := o.Store.ListAliases(ctx, f, p)
			for i := range all {
				all[i].Active = true
			}
			return all, err
		}
	}, []string{"UpdateAccount turns off aliases to addresses that are gone"}},

	{"refuses a suspension for a ban that is there", func(o *override) {
		o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
			got, err := o.Store.UpdateAccount(ctx, w, c)
			if err == nil && len(got.BansCreated) < len(w.CreateBans) {
				err = store.ErrExists
			}
			return got, err
		}
	}, []string{"UpdateAccount makes the bans of a write", "The bans of a write turn off aliases"}},

	{"does not tell of bans that were there", func(o *override) {
		o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
			got, err := o.Store.UpdateAccount(ctx, w, c)
			got.BansExisting = nil
			return got, err
		}
	}, []string{"UpdateAccount makes the bans of a write"}},

	{"names bans that were not made", func(o *override) {
		o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
			got, err := o.Store.UpdateAccount(ctx, w, c)
			for _, b := range w.CreateBans {
				if !slices.Contains(got.Account.SuspensionBans, b.Ban.ID) {
					got.Account.SuspensionBans = append(got.Account.SuspensionBans, b.Ban.ID)
				}
			}
			return got, err
		}
	}, []string{"UpdateAccount makes the bans of a write"}},

	{"makes bans that turn nothing off", func(o *override) {
		writeAs(o, func(w *store.AccountWrite) {
			w.CreateBans = slices.Clone(w.CreateBans)
			for i := range w.CreateBans {
				w.CreateBans[i].Disable = nil
			}
		})
	}, []string{"The bans of a write turn off aliases", "A write to an account logs its change and then one for each ban"}},

	{"revokes bans for no reason", func(o *override) {
		writeAs(o, func(w *store.AccountWrite) { w.RevokeReason = "" })
	}, []string{"UpdateAccount revokes the bans of a write"}},

	{"fails for a ban to revoke that is gone", func(o *override) {
		o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
			for _, id := range w.RevokeBans {
				if _, err := o.Store.Ban(ctx, id); err != nil {
					return store.AccountWritten{}, err
				}
			}
			return o.Store.UpdateAccount(ctx, w, c)
		}
	}, []string{"UpdateAccount revokes the bans of a write"}},

	{"revokes credentials before it fails", func(o *override) {
		o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
			got, err := o.Store.UpdateAccount(ctx, w, c)
			if err != nil && w.RevokeCredentials {
				_, revokeErr := o.Store.RevokeCredentials(ctx, store.CredentialFilter{Account: w.Account.ID}, c)
				return got, errors.Join(err, revokeErr)
			}
			return got, err
		}
	}, []string{"A write to an account that fails changes nothing", "UpdateAccount refuses another version of the account"}},

	{"makes the first ban of a write that fails", func(o *override) {
		o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
			got, err := o.Store.UpdateAccount(ctx, w, c)
			if err != nil && len(w.CreateBans) > 0 {
				_, banErr := o.Store.CreateBan(ctx, w.CreateBans[0].Ban, c)
				return got, errors.Join(err, banErr)
			}
			return got, err
		}
	}, []string{"A write to an account that fails changes nothing"}},

	{"keeps the credentials of an account that is gone", func(o *override) {
		kept := map[store.SecretHash]store.Credential{}
		o.createSession = func(ctx context.Context, c store.Credential, version int64) (store.Credential, error) {
			c, err := o.Store.CreateSession(ctx, c, version)
			kept[c.Hash] = c
			return c, err
		}
		o.credentialByHash = func(ctx context.Context, hash store.SecretHash) (store.Credential, store.Account, error) {
			c, a, err := o.Store.CredentialByHash(ctx, hash)
			if errors.Is(err, store.ErrNotFound) {
				return kept[hash], a, nil
			}
			return c, a, err
		}
	}, []string{"DeleteAccount takes the credentials along and turns the aliases off"}},

	{"removes the aliases of an account that is gone", func(o *override) {
		o.deleteAccount = func(ctx context.Context, id uuid.UUID, c store.Change) (store.AccountWritten, error) {
			w, err := o.Store.DeleteAccount(ctx, id, c)
			if err != nil {
				return w, err
			}
			owned, err := o.Store.ListAliases(ctx, store.AliasFilter{Owner: id}, store.Page{})
			for _, a := range owned {
				_, deleteErr := o.Store.DeleteAlias(ctx, a.ID, c)
				err = errors.Join(err, deleteErr)
			}
			return w, err
		}
	}, []string{"DeleteAccount takes the credentials along and turns the aliases off"}},
}

var accountLogFlaws = []flaw{
	{"forgets to log what happens to accounts", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			return slices.DeleteFunc(log, func(c store.Change) bool {
				return c.Action == store.AccountUpdate || c.Action == store.AccountSuspend
			})
		})
	}, []string{"Every mutation of an account logs its change", "A write to an account logs its change and then one for each ban"}},

	{"logs the bans of a write before it", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			for i := 1; i < len(log); i++ {
				if log[i-1].Action == store.AccountSuspend && log[i].Action == store.BanCreate {
					log[i-1], log[i] = log[i], log[i-1]
				}
			}
			return log
		})
	}, []string{
		"A subscriber is told of every change of a write in order",
		"A write to an account logs its change and then one for each ban",
	}},

	{"logs the bans of a write as its own action", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			for i := range log {
				if log[i].Action == store.BanRevoke {
					log[i].Action = store.AccountSuspend
				}
			}
			return log
		})
	}, []string{"A write to an account logs its change and then one for each ban"}},

	{"tells of one change of a write", func(o *override) {
		o.subscribe = func(fn func(store.Change)) func() {
			return o.Store.Subscribe(func(c store.Change) {
				if c.Action != store.BanRevoke {
					fn(c)
				}
			})
		}
	}, []string{"A subscriber is told of every change of a write in order"}},

	{"logs the hash of a password", func(o *override) {
		hashes := map[uuid.UUID]string{}
		o.createAccount = func(ctx context.Context, a store.Account, c store.Change) (store.Account, error) {
			hashes[a.ID] = a.PasswordHash
			return o.Store.CreateAccount(ctx, a, c)
		}
		logAs(o, func(log []store.Change) []store.Change {
			for i := range log {
				if hash := hashes[log[i].Target]; hash != "" {
					log[i].After = []byte(`{"password_hash":"` + hash + `"}`)
				}
			}
			return log
		})
	}, []string{"The log holds no secret"}},
}
