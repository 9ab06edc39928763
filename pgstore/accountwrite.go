package pgstore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// CreateAccount implements [store.Accounts].
func (s *Store) CreateAccount(ctx context.Context, account store.Account, change store.Change) (store.Account, error) {
	account = sqlbackend.NormalAccount(account)
	account.Seq, account.Version, account.LastLoginAt = 0, 1, time.Time{}
	err := s.write(ctx, "create an account", func(t *tx) error {
		if err := t.taken(ctx, &account); err != nil {
			return err
		}
		if err := t.insertAccount(ctx, &account); err != nil {
			return err
		}
		c, err := changelog.Account(change, nil, &account, nil)
		if err != nil {
			return err
		}
		return t.log(c)
	})
	if err != nil {
		return store.Account{}, err
	}
	return account, nil
}

// taken returns the error for what of the account another one has.
func (t *tx) taken(ctx context.Context, a *store.Account) error {
	for _, key := range a.HandleKeys {
		if err := t.takenBy(ctx, hasKey, key, a.Seq, "handle", a.Handle); err != nil {
			return err
		}
	}
	for i := range a.Emails {
		address := a.Emails[i].Address
		if err := t.takenBy(ctx, hasAddress, address, a.Seq, "email", address); err != nil {
			return err
		}
	}
	return t.soleTaken(ctx, a)
}

// soleTaken refuses an address whose mailbox another account has, where it must not,
// and takes the demand off the account.
func (t *tx) soleTaken(ctx context.Context, a *store.Account) error {
	for i := range a.Emails {
		e := &a.Emails[i]
		if !e.Sole {
			continue
		}
		err := t.takenBy(ctx, hasMailbox, e.Mailbox, a.Seq, "email", e.Address)
		if exists, ok := errors.AsType[*store.AccountExistsError](err); ok {
			exists.Mailbox = true
		}
		if err != nil {
			return err
		}
		e.Sole = false
	}
	return nil
}

func (t *tx) takenBy(ctx context.Context, where, arg string, except int64, field, value string) error {
	var existing uuid.UUID
	err := t.row(ctx, []any{(*id)(&existing)}, `SELECT id FROM @accounts WHERE seq <> ? AND `+where+` ORDER BY seq LIMIT 1`, except, arg)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return &store.AccountExistsError{Field: field, Value: value, Existing: existing}
}

// insertAccount inserts an account, giving it its Seq.
func (t *tx) insertAccount(ctx context.Context, a *store.Account) error {
	args, err := accountArgs(a)
	if err != nil {
		return err
	}
	err = t.row(ctx, []any{&a.Seq}, `INSERT INTO @accounts (`+accountColumns+holdColumns+`)
		VALUES (?`+strings.Repeat(`, ?`, len(args)-1)+`) RETURNING seq`, args...)
	if err != nil {
		return err
	}
	if err := t.insertHandleKeys(ctx, a); err != nil {
		return err
	}
	return t.insertEmails(ctx, a)
}

func (t *tx) insertHandleKeys(ctx context.Context, a *store.Account) error {
	for i, key := range a.HandleKeys {
		err := t.exec(ctx, `INSERT INTO @handle_keys (key, account, position) VALUES (?, ?, ?)`, key, a.Seq, i)
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) insertEmails(ctx context.Context, a *store.Account) error {
	hosts := make([]string, 0, len(a.Emails))
	for i := range a.Emails {
		e := &a.Emails[i]
		host := sqlbackend.HostKey(e.Address)
		err := t.exec(ctx, `INSERT INTO @account_emails
			(account, position, id, address, mailbox, host, shared, verified_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			a.Seq, i, uid(e.ID), e.Address, e.Mailbox, host, sqlbackend.SharedLabels(host, hosts), sqlbackend.TimeArg(e.VerifiedAt), sqlbackend.TimeArg(e.CreatedAt))
		if err != nil {
			return err
		}
		hosts = append(hosts, host)
	}
	return nil
}

// replaceRow writes the account but for its handle keys and addresses.
func (t *tx) replaceRow(ctx context.Context, a *store.Account) error {
	args, err := accountArgs(a)
	if err != nil {
		return err
	}
	return t.exec(ctx, `UPDATE @accounts SET (`+accountColumns+holdColumns+`) = (?`+strings.Repeat(`, ?`, len(args)-1)+`) WHERE seq = ?`,
		append(args, a.Seq)...)
}

// replaceParts writes the handle keys and the addresses if they differ.
func (t *tx) replaceParts(ctx context.Context, before, after *store.Account) error {
	if !slices.Equal(before.HandleKeys, after.HandleKeys) {
		if err := t.exec(ctx, `DELETE FROM @handle_keys WHERE account = ?`, after.Seq); err != nil {
			return err
		}
		if err := t.insertHandleKeys(ctx, after); err != nil {
			return err
		}
	}
	if slices.Equal(before.Emails, after.Emails) {
		return nil
	}
	if err := t.exec(ctx, `DELETE FROM @account_emails WHERE account = ?`, after.Seq); err != nil {
		return err
	}
	return t.insertEmails(ctx, after)
}

// keepAdmin refuses to take away the last active admin. after is nil if the
// account is to go.
func (t *tx) keepAdmin(ctx context.Context, before, after *store.Account) error {
	active := func(a *store.Account) bool { return a != nil && a.Admin && a.Active() }
	if !active(before) || active(after) {
		return nil
	}
	var others bool
	err := t.row(ctx, []any{&others}, `SELECT EXISTS (
		SELECT 1 FROM @accounts WHERE admin AND suspended_at IS NULL AND hold_since IS NULL AND seq <> ?)`, before.Seq)
	if err == nil && !others {
		err = store.ErrLastAdmin
	}
	return err
}

// UpdateAccount implements [store.Accounts].
func (s *Store) UpdateAccount(ctx context.Context, write store.AccountWrite, change store.Change) (written store.AccountWritten, err error) {
	write.Account = sqlbackend.NormalAccount(write.Account)
	err = s.write(ctx, "update an account", func(t *tx) error {
		before, err := t.account(ctx, write.Account.ID)
		if err != nil {
			return err
		}
		u := &accountUpdate{tx: t, change: change, write: &write, before: &before}
		u.Account = write.Account
		if err := u.run(ctx); err != nil {
			return err
		}
		written = u.AccountWritten
		return nil
	})
	if err != nil {
		return store.AccountWritten{}, err
	}
	return written, nil
}

// DeleteAccount implements [store.Accounts].
func (s *Store) DeleteAccount(ctx context.Context, id uuid.UUID, change store.Change) (store.AccountWritten, error) {
	return s.RemoveAccount(ctx, store.AccountRemoval{ID: id}, change)
}

// RemoveAccount implements [store.Accounts].
func (s *Store) RemoveAccount(ctx context.Context, removal store.AccountRemoval, change store.Change) (written store.AccountWritten, err error) {
	err = s.write(ctx, "delete an account", func(t *tx) error {
		a, err := t.account(ctx, removal.ID)
		if err != nil {
			return err
		}
		u := &accountUpdate{tx: t, change: change, before: &a}
		u.write = &store.AccountWrite{CreateBans: removal.CreateBans, RevokeCredentials: true, DisableAliases: true}
		u.Account = a
		if err := u.remove(ctx, &removal); err != nil {
			return err
		}
		written = u.AccountWritten
		written.Account = a
		return nil
	})
	if err != nil {
		return store.AccountWritten{}, err
	}
	return written, nil
}

// deleteAccountRows deletes the account, and what refers to it first.
func (t *tx) deleteAccountRows(ctx context.Context, a *store.Account) error {
	if err := t.exec(ctx, `DELETE FROM @credentials WHERE account = ?`, uid(a.ID)); err != nil {
		return err
	}
	for _, query := range []string{
		`DELETE FROM @handle_keys WHERE account = ?`,
		`DELETE FROM @account_emails WHERE account = ?`,
		`DELETE FROM @accounts WHERE seq = ?`,
	} {
		if err := t.exec(ctx, query, a.Seq); err != nil {
			return err
		}
	}
	return nil
}
