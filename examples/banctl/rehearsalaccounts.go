package main

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// What is about accounts. Methods without a comment no dry run needs.

func (r *rehearsal) CreateAccount(context.Context, store.Account, store.Change) (store.Account, error) {
	return store.Account{}, errRehearsal
}

// UpdateAccount implements [store.Accounts].
func (r *rehearsal) UpdateAccount(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
	done, err := r.writeAccount(ctx, w.CreateBans, c)
	if err != nil {
		return store.AccountWritten{}, err
	}
	if w.RevokeCredentials {
		done.CredentialsRevoked, err = r.RevokeCredentials(ctx, store.CredentialFilter{Account: w.Account.ID, Except: w.KeepCredential}, c)
	}
	for _, id := range w.RevokeBans {
		if b, err := r.Ban(ctx, id); err == nil && b.RevokedAt.IsZero() {
			b.RevokedAt, b.RevokedBy, b.RevokedReason = c.At, c.Actor, w.RevokeReason
			done.BansRevoked = append(done.BansRevoked, b)
		}
	}
	done.Account = w.Account
	done.Account.Version++
	return done, err
}

// RemoveAccount implements [store.Accounts].
func (r *rehearsal) RemoveAccount(ctx context.Context, removal store.AccountRemoval, c store.Change) (store.AccountWritten, error) {
	acc, err := r.Account(ctx, removal.ID)
	if err != nil {
		return store.AccountWritten{}, err
	}
	done, err := r.writeAccount(ctx, removal.CreateBans, c)
	done.Account = acc
	return done, err
}

// writeAccount says which bans would be made with a write to an account.
func (r *rehearsal) writeAccount(ctx context.Context, bans []store.BanDisabling, c store.Change) (done store.AccountWritten, err error) {
	for _, b := range bans {
		made, err := r.CreateBan(ctx, b.Ban, c)
		if active, ok := errors.AsType[*store.ExistsError](err); ok {
			done.BansExisting = append(done.BansExisting, active.Existing)
			continue
		}
		if err != nil {
			return done, err
		}
		done.BansCreated = append(done.BansCreated, made)
	}
	return done, nil
}

// DeleteAccount implements [store.Accounts].
func (r *rehearsal) DeleteAccount(ctx context.Context, id uuid.UUID, c store.Change) (store.AccountWritten, error) {
	return r.RemoveAccount(ctx, store.AccountRemoval{ID: id}, c)
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
