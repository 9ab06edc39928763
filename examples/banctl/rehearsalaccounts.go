package main

import (
	"context"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// What is about accounts no dry run needs either.

func (r *rehearsal) CreateAccount(context.Context, store.Account, store.Change) (store.Account, error) {
	return store.Account{}, errRehearsal
}

func (r *rehearsal) UpdateAccount(context.Context, store.AccountWrite, store.Change) (store.AccountWritten, error) {
	return store.AccountWritten{}, errRehearsal
}

func (r *rehearsal) DeleteAccount(context.Context, uuid.UUID, store.Change) (store.AccountWritten, error) {
	return store.AccountWritten{}, errRehearsal
}

func (r *rehearsal) CreateSession(context.Context, store.Credential, int64) (store.Credential, error) {
	return store.Credential{}, errRehearsal
}

// CreateToken implements [store.Credentials].
func (r *rehearsal) CreateToken(_ context.Context, c store.Credential, _ int64, _ store.Change) (store.Credential, error) {
	return c, nil
}

func (r *rehearsal) UseCredential(context.Context, uuid.UUID, time.Time) error { return errRehearsal }

// RevokeCredentials implements [store.Credentials].
func (r *rehearsal) RevokeCredentials(ctx context.Context, f store.CredentialFilter, _ store.Change) (n int64, err error) {
	page := store.Page{Limit: store.MaxPageLimit}
	for {
		found, err := r.ListCredentials(ctx, f, page)
		if err != nil {
			return 0, err
		}
		for _, c := range found {
			if c.RevokedAt.IsZero() {
				n++
			}
		}
		if len(found) < page.Limit {
			return n, nil
		}
		page.Before = found[len(found)-1].Seq
	}
}

func (r *rehearsal) TrimSessions(context.Context, uuid.UUID, int) (int64, error) {
	return 0, errRehearsal
}

func (r *rehearsal) PurgeCredentials(context.Context, time.Time) (int64, error) {
	return 0, errRehearsal
}

func (r *rehearsal) CreateAlias(context.Context, store.MailAlias, store.Change) (store.MailAlias, error) {
	return store.MailAlias{}, errRehearsal
}

// UpdateAlias implements [store.Aliases].
func (r *rehearsal) UpdateAlias(_ context.Context, m store.MailAlias, _ store.Change) (store.MailAlias, error) {
	return m, nil
}

// DeleteAlias implements [store.Aliases].
func (r *rehearsal) DeleteAlias(ctx context.Context, id uuid.UUID, _ store.Change) (store.MailAlias, error) {
	return r.Alias(ctx, id)
}
