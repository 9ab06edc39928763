package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var accountFlaws = []flaw{
	{"makes up an ID for an account", func(o *override) {
		accountAs(o, func(a *store.Account) { a.ID = newID() })
	}, []string{"CreateAccount returns the account as stored", "CreateAccount refuses an account ID that is taken"}},

	{"takes the last login from its caller", func(o *override) {
		o.createAccount = func(ctx context.Context, a store.Account, c store.Change) (store.Account, error) {
			login := a.LastLoginAt
			a, err := o.Store.CreateAccount(ctx, a, c)
			a.LastLoginAt = login
			return a, err
		}
	}, []string{"CreateAccount returns the account as stored"}},

	{"wants an account to have an address", func(o *override) {
		o.createAccount = func(ctx context.Context, a store.Account, c store.Change) (store.Account, error) {
			if len(a.Emails) == 0 {
				return store.Account{}, store.ErrConflict
			}
			return o.Store.CreateAccount(ctx, a, c)
		}
	}, []string{"An account may have next to nothing", "ListAccounts returns the pages that were asked for"}},

	{"numbers accounts with the bans", func(o *override) {
		o.createAccount = func(ctx context.Context, a store.Account, c store.Change) (store.Account, error) {
			a, err := o.Store.CreateAccount(ctx, a, c)
			n, countErr := o.CountBans(ctx, store.BanFilter{})
			a.Seq += n
			return a, errors.Join(err, countErr)
		}
	}, []string{"Seq numbers accounts from 1 and is not reused"}},

	{"says that an account exists without saying which", func(o *override) {
		o.createAccount = func(ctx context.Context, a store.Account, c store.Change) (store.Account, error) {
			a, err := o.Store.CreateAccount(ctx, a, c)
			if errors.Is(err, store.ErrExists) {
				err = store.ErrExists
			}
			return a, err
		}
	}, []string{"CreateAccount refuses a handle or an address that is taken", "Handle keys and addresses are bytes"}},

	{"compares the first key of a handle only", func(o *override) {
		handleKeysAs(o, func(a *store.Account) []string { return a.HandleKeys[:min(1, len(a.HandleKeys))] })
	}, []string{"CreateAccount refuses a handle or an address that is taken", "UpdateAccount refuses a handle or an address of another account"}},

	{"frees the handles of those who are suspended", func(o *override) {
		handleKeysAs(o, func(a *store.Account) []string {
			if !a.Active() {
				return nil
			}
			return a.HandleKeys
		})
	}, []string{"CreateAccount refuses a handle or an address that is taken"}},

	{"folds the case of handle keys", func(o *override) {
		accountAs(o, func(a *store.Account) {
			a.HandleKeys = slices.Clone(a.HandleKeys)
			for i, k := range a.HandleKeys {
				a.HandleKeys[i] = strings.ToLower(k)
			}
		})
		o.accountByHandleKey = func(ctx context.Context, key string) (store.Account, error) {
			return o.Store.AccountByHandleKey(ctx, strings.ToLower(key))
		}
	}, []string{"Handle keys and addresses are bytes"}},

	{"finds nobody by address without an error", func(o *override) {
		o.accountByEmail = func(ctx context.Context, address string) (store.Account, error) {
			a, err := o.Store.AccountByEmail(ctx, address)
			if errors.Is(err, store.ErrNotFound) {
				err = nil
			}
			return a, err
		}
	}, []string{"What account is not there is ErrNotFound", "DeleteAccount removes the account and frees its handle and addresses"}},

	{"makes an account that is not there to update", func(o *override) {
		o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
			got, err := o.Store.UpdateAccount(ctx, w, c)
			if errors.Is(err, store.ErrNotFound) {
				got.Account, err = o.Store.CreateAccount(ctx, w.Account, c)
			}
			return got, err
		}
	}, []string{"What account is not there is ErrNotFound"}},

	{"keeps addresses in another order", func(o *override) {
		accountAs(o, func(a *store.Account) {
			a.Emails = slices.Clone(a.Emails)
			slices.SortFunc(a.Emails, func(a, b store.AccountEmail) int { return strings.Compare(a.Address, b.Address) })
		})
	}, []string{"Every field of an account comes back as given"}},

	{"tidies up Meta", func(o *override) {
		accountAs(o, func(a *store.Account) {
			var b bytes.Buffer
			if json.Compact(&b, a.Meta) == nil {
				a.Meta = b.Bytes()
			}
		})
	}, []string{"Every field of an account comes back as given"}},

	{"keeps times of accounts in milliseconds", func(o *override) {
		accountAs(o, func(a *store.Account) { a.SuspendedAt = a.SuspendedAt.Truncate(time.Millisecond) })
	}, []string{"Times of accounts come back equal, in UTC"}},

	{"searches handles as LIKE does", func(o *override) {
		o.listAccounts = func(ctx context.Context, f store.AccountFilter, p store.Page) ([]store.Account, error) {
			if f.HandleContains == "%" {
				f.HandleContains = ""
			}
			return o.Store.ListAccounts(ctx, f, p)
		}
	}, []string{"HandleContains and EmailContains are substrings byte for byte"}},

	{"has no default limit of accounts", func(o *override) {
		o.listAccounts = func(ctx context.Context, f store.AccountFilter, p store.Page) ([]store.Account, error) {
			if p.Limit <= 0 {
				p.Limit = store.MaxPageLimit
			}
			return o.Store.ListAccounts(ctx, f, p)
		}
	}, []string{"ListAccounts returns the pages that were asked for"}},

	{"cuts the page of accounts before it filters", func(o *override) {
		o.listAccounts = func(ctx context.Context, f store.AccountFilter, p store.Page) ([]store.Account, error) {
			all, err := o.Store.ListAccounts(ctx, store.AccountFilter{}, p)
			return slices.DeleteFunc(all, func(a store.Account) bool { return !f.Match(&a) }), err
		}
	}, []string{"ListAccounts and CountAccounts select what the filter matches"}},

	{"counts accounts that are not active with the others", func(o *override) {
		o.countAccounts = func(ctx context.Context, f store.AccountFilter) (int64, error) {
			f.Active = nil
			return o.Store.CountAccounts(ctx, f)
		}
	}, []string{"ListAccounts and CountAccounts select what the filter matches"}},
}

var accountUpdateFlaws = []flaw{
	{"takes the creation of an account from an update", func(o *override) {
		o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
			got, err := o.Store.UpdateAccount(ctx, w, c)
			got.Account.CreatedBy = w.Account.CreatedBy
			return got, err
		}
	}, []string{"UpdateAccount replaces the account"}},

	{"finds an account by the handle that it had", func(o *override) {
		had := map[string]uuid.UUID{}
		o.createAccount = func(ctx context.Context, a store.Account, c store.Change) (store.Account, error) {
			for _, k := range a.HandleKeys {
				had[k] = a.ID
			}
			return o.Store.CreateAccount(ctx, a, c)
		}
		o.accountByHandleKey = func(ctx context.Context, key string) (store.Account, error) {
			a, err := o.Store.AccountByHandleKey(ctx, key)
			if err != nil && had[key] != uuid.Nil {
				return o.Store.Account(ctx, had[key])
			}
			return a, err
		}
	}, []string{"UpdateAccount replaces the account"}},

	{"overwrites an account whatever its version", func(o *override) {
		o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
			if now, err := o.Store.Account(ctx, w.Account.ID); err == nil {
				w.Account.Version = now.Version
			}
			return o.Store.UpdateAccount(ctx, w, c)
		}
	}, []string{"UpdateAccount refuses another version of the account", "Of concurrent writes to one version of an account one succeeds"}},

	{"counts admins who are suspended", func(o *override) {
		o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
			got, err := o.Store.UpdateAccount(ctx, w, c)
			if n, _ := o.Store.CountAccounts(ctx, store.AccountFilter{Admin: new(true)}); errors.Is(err, store.ErrLastAdmin) && n > 1 {
				got.Account, err = w.Account, nil
			}
			return got, err
		}
	}, []string{"The last active admin stays"}},

	{"lets the last admin go", func(o *override) {
		o.deleteAccount = func(ctx context.Context, id uuid.UUID, c store.Change) (store.AccountWritten, error) {
			got, err := o.Store.DeleteAccount(ctx, id, c)
			if errors.Is(err, store.ErrLastAdmin) {
				err = nil
			}
			return got, err
		}
	}, []string{"The last active admin stays"}},

	{"keeps the handle of an account that is gone", func(o *override) {
		gone := map[string]bool{}
		o.deleteAccount = func(ctx context.Context, id uuid.UUID, c store.Change) (store.AccountWritten, error) {
			w, err := o.Store.DeleteAccount(ctx, id, c)
			gone[w.Account.Handle] = err == nil
			return w, err
		}
		o.createAccount = func(ctx context.Context, a store.Account, c store.Change) (store.Account, error) {
			if gone[a.Handle] {
				return store.Account{}, store.ErrExists
			}
			return o.Store.CreateAccount(ctx, a, c)
		}
	}, []string{"DeleteAccount removes the account and frees its handle and addresses"}},
}

// accountAs lets spoil change every account that is written.
func accountAs(o *override, spoil func(*store.Account)) {
	o.createAccount = func(ctx context.Context, a store.Account, c store.Change) (store.Account, error) {
		spoil(&a)
		return o.Store.CreateAccount(ctx, a, c)
	}
	o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
		spoil(&w.Account)
		return o.Store.UpdateAccount(ctx, w, c)
	}
}

// handleKeysAs makes the store compare other keys than those that it returns.
func handleKeysAs(o *override, compared func(*store.Account) []string) {
	o.createAccount = func(ctx context.Context, a store.Account, c store.Change) (store.Account, error) {
		keys := a.HandleKeys
		a.HandleKeys = compared(&a)
		a, err := o.Store.CreateAccount(ctx, a, c)
		a.HandleKeys = keys
		return a, err
	}
	o.updateAccount = func(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
		keys := w.Account.HandleKeys
		w.Account.HandleKeys = compared(&w.Account)
		got, err := o.Store.UpdateAccount(ctx, w, c)
		got.Account.HandleKeys = keys
		return got, err
	}
}
