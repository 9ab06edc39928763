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

func (r *rehearsal) CreateToken(context.Context, store.Credential, int64, store.Change) (store.Credential, error) {
	return store.Credential{}, errRehearsal
}

func (r *rehearsal) UseCredential(context.Context, uuid.UUID, time.Time) error { return errRehearsal }

func (r *rehearsal) RevokeCredentials(context.Context, store.CredentialFilter, store.Change) (int64, error) {
	return 0, errRehearsal
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

func (r *rehearsal) UpdateAlias(context.Context, store.MailAlias, store.Change) (store.MailAlias, error) {
	return store.MailAlias{}, errRehearsal
}

func (r *rehearsal) DeleteAlias(context.Context, uuid.UUID, store.Change) (store.MailAlias, error) {
	return store.MailAlias{}, errRehearsal
}
