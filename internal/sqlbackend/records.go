package sqlbackend

import (
	"fmt"
	"math"
	"slices"
	"time"

	"example.com/ostraka/store"
)

// nextVersion returns the version that follows the stored one, if the writer has
// read that, or else [store.ErrConflict].
func nextVersion(stored, read int64) (int64, error) {
	switch {
	case stored != read:
		return 0, store.ErrConflict
	case stored == math.MaxInt64:
		return 0, fmt.Errorf("%w: version %d", ErrCorrupt, stored)
	}
	return stored + 1, nil
}

// normalBan returns the ban as it will be read back, in time zone and precision.
func normalBan(b store.Ban) store.Ban {
	normalTimes(&b.CreatedAt, &b.UpdatedAt, &b.ExpiresAt, &b.RevokedAt, &b.LastHitAt)
	return b
}

// normalAccount returns the account as it will be read back. It shares nothing
// with its argument that it changes.
func normalAccount(a store.Account) store.Account {
	normalTimes(&a.JoinedAt, &a.CreatedAt, &a.UpdatedAt, &a.LastLoginAt, &a.SuspendedAt, &a.Hold.Since)
	a.HandleKeys = kept(a.HandleKeys)
	a.Links = kept(a.Links)
	a.Meta = kept(a.Meta)
	a.Roles = kept(a.Roles)
	for i := range a.Roles {
		r := &a.Roles[i]
		r.Permissions = kept(r.Permissions)
		normalTimes(&r.CreatedAt, &r.UpdatedAt)
	}
	a.Emails = kept(a.Emails)
	for i := range a.Emails {
		normalTimes(&a.Emails[i].VerifiedAt, &a.Emails[i].CreatedAt)
	}
	a.SuspensionBans = kept(a.SuspensionBans)
	return a
}

// normalCredential returns the credential as it will be read back.
func normalCredential(c store.Credential) store.Credential {
	normalTimes(&c.CreatedAt, &c.ExpiresAt, &c.LastUsedAt, &c.RevokedAt)
	c.IdleTimeout = c.IdleTimeout.Truncate(time.Microsecond)
	c.Scopes = kept(c.Scopes)
	return c
}

// kept returns a copy, nil for none.
func kept[S ~[]E, E any](s S) S {
	if len(s) == 0 {
		return nil
	}
	return slices.Clone(s)
}

// Accounts puts accounts together from rows, of which there is one for each pair of a
// handle key and an address of an account, in the order of both.
type Accounts []store.Account

// accountPart is a part of an account in a row, with its position.
type accountPart[T any] struct {
	Position int64
	Valid    bool // there is one
	Part     T
}

// Add adds a row.
func (all *Accounts) Add(a store.Account, key accountPart[string], email accountPart[store.AccountEmail]) {
	if n := len(*all); n == 0 || (*all)[n-1].Seq != a.Seq {
		*all = append(*all, a)
	}
	last := &(*all)[len(*all)-1]
	if key.Valid && key.Position == int64(len(last.HandleKeys)) {
		last.HandleKeys = append(last.HandleKeys, key.Part)
	}
	if email.Valid && email.Position == int64(len(last.Emails)) {
		last.Emails = append(last.Emails, email.Part)
	}
}

// Only returns the one account that was read, or [store.ErrNotFound].
func (all Accounts) Only() (store.Account, error) {
	if len(all) == 0 {
		return store.Account{}, store.ErrNotFound
	}
	return all[0], nil
}
