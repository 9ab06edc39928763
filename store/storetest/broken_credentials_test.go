package storetest

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var credentialFlaws = []flaw{
	{"keeps scopes as a set", func(o *override) {
		credentialAs(o, func(c *store.Credential) {
			c.Scopes = slices.Compact(slices.Sorted(slices.Values(c.Scopes)))
		})
	}, []string{"A credential comes back as given"}},

	{"keeps idle timeouts in milliseconds", func(o *override) {
		credentialAs(o, func(c *store.Credential) { c.IdleTimeout = c.IdleTimeout.Truncate(time.Millisecond) })
	}, []string{"A credential comes back as given"}},

	{"numbers sessions and tokens apart", func(o *override) {
		tokens := int64(0)
		o.createToken = func(ctx context.Context, c store.Credential, version int64, ch store.Change) (store.Credential, error) {
			c, err := o.Store.CreateToken(ctx, c, version, ch)
			tokens++
			c.Seq = tokens
			return c, err
		}
	}, []string{"Seq numbers credentials from 1 and is not reused"}},

	{"takes every session for a login", func(o *override) {
		o.createSession = func(ctx context.Context, c store.Credential, version int64) (store.Credential, error) {
			family := c.Family
			c.Family = uuid.Nil
			c, err := o.Store.CreateSession(ctx, c, version)
			c.Family = family
			return c, err
		}
	}, []string{"A session begins a login"}},

	{"forgets logins", func(o *override) {
		o.account = func(ctx context.Context, id uuid.UUID) (store.Account, error) {
			a, err := o.Store.Account(ctx, id)
			a.LastLoginAt = time.Time{}
			return a, err
		}
	}, []string{"A session begins a login", "UpdateAccount replaces the account"}},

	{"takes a token for a login", func(o *override) {
		o.createToken = func(ctx context.Context, c store.Credential, version int64, ch store.Change) (store.Credential, error) {
			return o.Store.CreateSession(ctx, c, version)
		}
	}, []string{"A token is no login and is logged"}},

	{"lets in by what was decided before a change", func(o *override) {
		o.createSession = func(ctx context.Context, c store.Credential, version int64) (store.Credential, error) {
			got, err := o.Store.CreateSession(ctx, c, version)
			if errors.Is(err, store.ErrConflict) {
				if a, err := o.Store.Account(ctx, c.Account); err == nil {
					return o.Store.CreateSession(ctx, c, a.Version)
				}
			}
			return got, err
		}
	}, []string{"A credential is refused for an account that is gone or has changed", "No session survives a suspension"}},

	{"calls an account that is gone a conflict", func(o *override) {
		o.createToken = func(ctx context.Context, c store.Credential, version int64, ch store.Change) (store.Credential, error) {
			c, err := o.Store.CreateToken(ctx, c, version, ch)
			if errors.Is(err, store.ErrNotFound) {
				err = store.ErrConflict
			}
			return c, err
		}
	}, []string{"A credential is refused for an account that is gone or has changed"}},

	{"gives a hash to two credentials", func(o *override) {
		o.createSession = func(ctx context.Context, c store.Credential, version int64) (store.Credential, error) {
			got, err := o.Store.CreateSession(ctx, c, version)
			if errors.Is(err, store.ErrExists) {
				c.Hash = newHash()
				return o.Store.CreateSession(ctx, c, version)
			}
			return got, err
		}
	}, []string{"A credential is refused for an ID or a hash that is taken"}},

	{"hides credentials that were revoked", func(o *override) {
		o.credentialByHash = func(ctx context.Context, hash store.SecretHash) (store.Credential, store.Account, error) {
			c, a, err := o.Store.CredentialByHash(ctx, hash)
			if err == nil && !c.RevokedAt.IsZero() {
				return store.Credential{}, store.Account{}, store.ErrNotFound
			}
			return c, a, err
		}
	}, []string{
		"CredentialByHash returns the credential and its account whatever their state",
		"UpdateAccount revokes credentials when it is told to",
	}},

	{"caches accounts by credential", func(o *override) {
		accounts := map[store.SecretHash]store.Account{}
		o.credentialByHash = func(ctx context.Context, hash store.SecretHash) (store.Credential, store.Account, error) {
			c, a, err := o.Store.CredentialByHash(ctx, hash)
			if cached, ok := accounts[hash]; ok {
				a = cached
			}
			accounts[hash] = a
			return c, a, err
		}
	}, []string{"CredentialByHash returns the credential and its account whatever their state"}},

	{"takes the wrong end of a page of credentials", func(o *override) {
		o.listCredentials = func(ctx context.Context, f store.CredentialFilter, p store.Page) ([]store.Credential, error) {
			p.OldestFirst = !p.OldestFirst
			all, err := o.Store.ListCredentials(ctx, f, p)
			slices.Reverse(all)
			return all, err
		}
	}, []string{"ListCredentials returns the pages that were asked for"}},

	{"lists the credential that is excepted", func(o *override) {
		o.listCredentials = func(ctx context.Context, f store.CredentialFilter, p store.Page) ([]store.Credential, error) {
			f.Except = uuid.Nil
			return o.Store.ListCredentials(ctx, f, p)
		}
	}, []string{"ListCredentials selects what the filter matches"}},
}

var credentialEndFlaws = []flaw{
	{"notes the last use that it is told of", func(o *override) {
		used := map[uuid.UUID]time.Time{}
		o.useCredential = func(ctx context.Context, id uuid.UUID, at time.Time) error {
			used[id] = at
			return o.Store.UseCredential(ctx, id, at)
		}
		o.listCredentials = func(ctx context.Context, f store.CredentialFilter, p store.Page) ([]store.Credential, error) {
			all, err := o.Store.ListCredentials(ctx, f, p)
			for i := range all {
				if at, ok := used[all[i].ID]; ok {
					all[i].LastUsedAt = at
				}
			}
			return all, err
		}
	}, []string{"UseCredential notes the latest use"}},

	{"has no time to note a use once somebody has written", func(o *override) {
		var wrote atomic.Bool
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			wrote.Store(true)
			return o.Store.CreateBan(ctx, b, c)
		}
		o.useCredential = func(ctx context.Context, id uuid.UUID, at time.Time) error {
			if wrote.Load() {
				return store.ErrBusy
			}
			return o.Store.UseCredential(ctx, id, at)
		}
	}, []string{"Noting a use while others write fails with ErrBusy or not at all"}},

	{"uses what is not there", func(o *override) {
		o.useCredential = func(ctx context.Context, id uuid.UUID, at time.Time) error {
			if err := o.Store.UseCredential(ctx, id, at); !errors.Is(err, store.ErrNotFound) {
				return err
			}
			return nil
		}
	}, []string{"UseCredential notes the latest use", "DeleteAccount takes the credentials along and turns the aliases off"}},

	{"revokes the credential that is excepted", func(o *override) {
		o.revokeCredentials = func(ctx context.Context, f store.CredentialFilter, c store.Change) (int64, error) {
			f.Except = uuid.Nil
			return o.Store.RevokeCredentials(ctx, f, c)
		}
	}, []string{"RevokeCredentials revokes what the filter selects", "RevokeCredentials logs whom it was about and how many"}},

	{"counts what was revoked before", func(o *override) {
		o.revokeCredentials = func(ctx context.Context, f store.CredentialFilter, c store.Change) (int64, error) {
			all, err := o.Store.ListCredentials(ctx, f, store.Page{Limit: store.MaxPageLimit})
			if err != nil {
				return 0, err
			}
			_, err = o.Store.RevokeCredentials(ctx, f, c)
			return int64(len(all)), err
		}
	}, []string{"RevokeCredentials revokes what the filter selects", "RevokeCredentials logs whom it was about and how many"}},

	{"logs revocations without a target", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			for i := range log {
				if log[i].Action == store.CredentialsRevoke {
					log[i].Target = uuid.Nil
				}
			}
			return log
		})
	}, []string{"RevokeCredentials logs whom it was about and how many"}},

	{"logs who signs out", func(o *override) {
		o.revokeCredentials = func(ctx context.Context, f store.CredentialFilter, c store.Change) (int64, error) {
			if c.Action == "" {
				c.Action = store.CredentialsRevoke
			}
			return o.Store.RevokeCredentials(ctx, f, c)
		}
	}, []string{"A revocation without an action is not logged"}},

	{"revokes nothing without an action", func(o *override) {
		o.revokeCredentials = func(ctx context.Context, f store.CredentialFilter, c store.Change) (int64, error) {
			if c.Action == "" {
				return 0, nil
			}
			return o.Store.RevokeCredentials(ctx, f, c)
		}
	}, []string{"A revocation without an action is not logged"}},

	{"keeps one session too many", func(o *override) {
		o.trimSessions = func(ctx context.Context, account uuid.UUID, keep int) (int64, error) {
			return o.Store.TrimSessions(ctx, account, keep+1)
		}
	}, []string{"TrimSessions leaves the newest sessions"}},

	{"trims the sessions of everybody", func(o *override) {
		o.trimSessions = func(ctx context.Context, account uuid.UUID, keep int) (int64, error) {
			all, err := o.Store.ListCredentials(ctx, store.CredentialFilter{Kind: store.Session}, store.Page{Limit: store.MaxPageLimit})
			for _, c := range all {
				if _, err := o.Store.TrimSessions(ctx, c.Account, keep); err != nil {
					return 0, err
				}
			}
			return 0, err
		}
	}, []string{"TrimSessions leaves the newest sessions"}},

	{"purges what ended at that very time", func(o *override) {
		o.purgeCredentials = func(ctx context.Context, before time.Time) (int64, error) {
			return o.Store.PurgeCredentials(ctx, before.Add(time.Microsecond))
		}
	}, []string{"PurgeCredentials removes what ended before that time"}},
}

// credentialAs lets spoil change every credential that is created.
func credentialAs(o *override, spoil func(*store.Credential)) {
	o.createSession = func(ctx context.Context, c store.Credential, version int64) (store.Credential, error) {
		spoil(&c)
		return o.Store.CreateSession(ctx, c, version)
	}
	o.createToken = func(ctx context.Context, c store.Credential, version int64, ch store.Change) (store.Credential, error) {
		spoil(&c)
		return o.Store.CreateToken(ctx, c, version, ch)
	}
}
