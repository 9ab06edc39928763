package memstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// credentials are the sessions and API tokens with their indexes.
type credentials struct {
	byID   map[uuid.UUID]*credentialRecord
	byHash map[store.SecretHash]*credentialRecord
	order  []*credentialRecord // by Seq, ascending
	last   int64               // the last Seq given
}

func newCredentials() credentials {
	return credentials{
		byID:   make(map[uuid.UUID]*credentialRecord),
		byHash: make(map[store.SecretHash]*credentialRecord),
	}
}

// credentialRecord is a credential with its account, which lists it too.
type credentialRecord struct {
	credential store.Credential
	account    *accountRecord
}

func (r *credentialRecord) seq() int64 { return r.credential.Seq }

func (c *credentials) add(r *credentialRecord) {
	c.byID[r.credential.ID] = r
	c.byHash[r.credential.Hash] = r
	c.order = append(c.order, r)
	c.last = r.credential.Seq
	r.account.credentials = append(r.account.credentials, r)
}

// remove takes out the credentials that gone picks, which it asks once of each,
// and says how many.
func (c *credentials) remove(gone func(*credentialRecord) bool) int64 {
	before := len(c.order)
	touched := make(map[*accountRecord]struct{})
	c.order = slices.DeleteFunc(c.order, func(r *credentialRecord) bool {
		if !gone(r) {
			return false
		}
		delete(c.byID, r.credential.ID)
		delete(c.byHash, r.credential.Hash)
		touched[r.account] = struct{}{}
		return true
	})
	for account := range touched {
		account.credentials = slices.DeleteFunc(account.credentials, func(r *credentialRecord) bool {
			return c.byID[r.credential.ID] != r
		})
	}
	return int64(before - len(c.order))
}

// credentialsOf returns where the credentials that the filter selects are, by
// Seq, ascending.
func (s *Store) credentialsOf(filter *store.CredentialFilter) []*credentialRecord {
	if filter.Account == uuid.Nil {
		return s.credentials.order
	}
	if r := s.accounts.byID[filter.Account]; r != nil {
		return r.credentials
	}
	return nil
}

// CreateSession implements [store.Credentials].
func (s *Store) CreateSession(ctx context.Context, session store.Credential, accountVersion int64) (store.Credential, error) {
	session = session.Clone()
	err := s.write(ctx, func() (*store.Change, error) {
		r, err := s.holder(&session, accountVersion)
		if err != nil {
			return nil, err
		}
		if session.CreatedAt.After(r.account.LastLoginAt) && !r.hasFamily(session.Family) {
			r.account.LastLoginAt = session.CreatedAt
		}
		session.Seq = s.credentials.last + 1
		s.credentials.add(&credentialRecord{session, r})
		return nil, nil
	})
	if err != nil {
		return store.Credential{}, err
	}
	return session.Clone(), nil
}

// CreateToken implements [store.Credentials].
func (s *Store) CreateToken(ctx context.Context, token store.Credential, accountVersion int64, change store.Change) (store.Credential, error) {
	token = token.Clone()
	err := s.write(ctx, func() (*store.Change, error) {
		r, err := s.holder(&token, accountVersion)
		if err != nil {
			return nil, err
		}
		token.Seq = s.credentials.last + 1
		logged, err := changelog.Token(change, &token)
		if err != nil {
			return nil, err
		}
		s.credentials.add(&credentialRecord{token, r})
		return &logged, nil
	})
	if err != nil {
		return store.Credential{}, err
	}
	return token.Clone(), nil
}

// holder returns the account that is to get the credential, unless that is
// refused.
func (s *Store) holder(c *store.Credential, accountVersion int64) (*accountRecord, error) {
	r := s.accounts.byID[c.Account]
	switch {
	case r == nil:
		return nil, missingAccount(c.Account)
	case r.account.Version != accountVersion:
		return nil, fmt.Errorf("account %s is at version %d, not %d: %w",
			c.Account, r.account.Version, accountVersion, store.ErrConflict)
	case s.credentials.byID[c.ID] != nil || s.credentials.byHash[c.Hash] != nil:
		return nil, fmt.Errorf("credential %s %w", c.ID, store.ErrExists)
	}
	return r, nil
}

// hasFamily reports whether a credential of the account has that family, which
// is not zero.
func (r *accountRecord) hasFamily(family uuid.UUID) bool {
	return family != uuid.Nil && slices.ContainsFunc(r.credentials, func(c *credentialRecord) bool {
		return c.credential.Family == family
	})
}

// CredentialByHash implements [store.Credentials].
func (s *Store) CredentialByHash(ctx context.Context, hash store.SecretHash) (c store.Credential, a store.Account, err error) {
	err = s.read(ctx, func() error {
		r := s.credentials.byHash[hash]
		if r == nil {
			return fmt.Errorf("credential: %w", store.ErrNotFound)
		}
		c, a = r.credential.Clone(), r.account.account.Clone()
		return nil
	})
	return c, a, err
}

// ListCredentials implements [store.Credentials].
func (s *Store) ListCredentials(ctx context.Context, filter store.CredentialFilter, page store.Page) (list []store.Credential, err error) {
	err = s.read(ctx, func() error {
		matches := func(r *credentialRecord) bool { return filter.Match(&r.credential) }
		for r := range inOrder(s.credentialsOf(&filter), page, matches) {
			list = append(list, r.credential.Clone())
		}
		return nil
	})
	return list, err
}

// UseCredential implements [store.Credentials].
func (s *Store) UseCredential(ctx context.Context, id uuid.UUID, at time.Time) error {
	return s.write(ctx, func() (*store.Change, error) {
		r := s.credentials.byID[id]
		if r == nil {
			return nil, fmt.Errorf("credential %s: %w", id, store.ErrNotFound)
		}
		if c := &r.credential; c.RevokedAt.IsZero() && at.After(c.LastUsedAt) {
			c.LastUsedAt = at
		}
		return nil, nil
	})
}

// RevokeCredentials implements [store.Credentials].
func (s *Store) RevokeCredentials(ctx context.Context, filter store.CredentialFilter, change store.Change) (revoked int64, err error) {
	err = s.transact(ctx, func(tx *transaction) error {
		if revoked = revoke(tx, s.credentialsOf(&filter), &filter, change.At); revoked > 0 && change.Action != "" {
			tx.log(changelog.Revoked(change, &filter, revoked))
		}
		return nil
	})
	return revoked, err
}

// TrimSessions implements [store.Credentials].
func (s *Store) TrimSessions(ctx context.Context, account uuid.UUID, keep int) (trimmed int64, err error) {
	err = s.write(ctx, func() (*store.Change, error) {
		a := s.accounts.byID[account]
		if a == nil {
			return nil, nil
		}
		var live, ended int
		tooMany := make(map[*credentialRecord]struct{})
		for _, r := range slices.Backward(a.credentials) { // which are by Seq, ascending
			count := &live
			if !r.credential.RevokedAt.IsZero() {
				count = &ended
			}
			if r.credential.Kind != store.Session {
				continue
			}
			if *count++; *count > keep {
				tooMany[r] = struct{}{}
			}
		}
		if len(tooMany) > 0 {
			trimmed = s.credentials.remove(func(r *credentialRecord) bool {
				_, gone := tooMany[r]
				return gone
			})
		}
		return nil, nil
	})
	return trimmed, err
}

// PurgeCredentials implements [store.Credentials].
func (s *Store) PurgeCredentials(ctx context.Context, before time.Time) (purged int64, err error) {
	err = s.write(ctx, func() (*store.Change, error) {
		purged = s.credentials.remove(func(r *credentialRecord) bool { return ended(&r.credential, before) })
		return nil, nil
	})
	return purged, err
}

// ended reports whether the credential was revoked, had expired or was idle for
// too long before that time.
func ended(c *store.Credential, before time.Time) bool {
	used := c.CreatedAt
	if c.LastUsedAt.After(used) {
		used = c.LastUsedAt
	}
	return !c.RevokedAt.IsZero() && c.RevokedAt.Before(before) ||
		!c.ExpiresAt.IsZero() && c.ExpiresAt.Before(before) ||
		c.IdleTimeout > 0 && used.Add(c.IdleTimeout).Before(before)
}
