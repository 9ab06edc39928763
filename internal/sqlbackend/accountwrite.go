package sqlbackend

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// CreateAccount implements [store.Accounts].
func (o Operations) CreateAccount(ctx context.Context, account store.Account, change store.Change) (store.Account, error) {
	account = normalAccount(account)
	account.Seq, account.Version, account.LastLoginAt = 0, 1, time.Time{}
	err := o.write(ctx, "create an account", func(t writer) error {
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
		return t.Log(ctx, c)
	})
	if err != nil {
		return store.Account{}, err
	}
	return account, nil
}

// taken returns the error for what of the account another one has.
func (t writer) taken(ctx context.Context, a *store.Account) error {
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
func (t writer) soleTaken(ctx context.Context, a *store.Account) error {
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

func (t writer) takenBy(ctx context.Context, where, arg string, except int64, field, value string) error {
	var existing uuid.UUID
	err := t.Row(ctx, []any{&existing}, `SELECT id FROM @accounts WHERE seq <> ? AND `+where+` ORDER BY seq LIMIT 1`, except, arg)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return &store.AccountExistsError{Field: field, Value: value, Existing: existing}
}

// insertAccount inserts an account, giving it its Seq.
func (t writer) insertAccount(ctx context.Context, a *store.Account) error {
	args, err := accountArgs(a)
	if err != nil {
		return err
	}
	a.Seq, err = t.Insert(ctx, `INSERT INTO @accounts (`+AccountColumns+holdColumns+`)
		VALUES (?`+strings.Repeat(`, ?`, len(args)-1)+`)`, args...)
	if err != nil {
		return err
	}
	if err := t.insertHandleKeys(ctx, a); err != nil {
		return err
	}
	return t.insertEmails(ctx, a)
}

func (t writer) insertHandleKeys(ctx context.Context, a *store.Account) error {
	for i, key := range a.HandleKeys {
		err := t.Exec(ctx, `INSERT INTO @handle_keys (key, account, position) VALUES (?, ?, ?)`, key, a.Seq, i)
		if err != nil {
			return err
		}
	}
	return nil
}

func (t writer) insertEmails(ctx context.Context, a *store.Account) error {
	hosts := make([]string, 0, len(a.Emails))
	for i := range a.Emails {
		e := &a.Emails[i]
		host := HostKey(e.Address)
		err := t.Exec(ctx, `INSERT INTO @account_emails
			(account, position, id, address, mailbox, host, shared, verified_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			a.Seq, i, e.ID, e.Address, e.Mailbox, host, SharedLabels(host, hosts), TimeArg(e.VerifiedAt), TimeArg(e.CreatedAt))
		if err != nil {
			return err
		}
		hosts = append(hosts, host)
	}
	return nil
}

// replaceRow writes the account but for its handle keys and addresses.
func (t writer) replaceRow(ctx context.Context, a *store.Account) error {
	args, err := accountArgs(a)
	if err != nil {
		return err
	}
	return t.Exec(ctx, `UPDATE @accounts SET (`+AccountColumns+holdColumns+`) = (?`+strings.Repeat(`, ?`, len(args)-1)+`) WHERE seq = ?`,
		append(args, a.Seq)...)
}

// replaceParts writes the handle keys and the addresses if they differ.
func (t writer) replaceParts(ctx context.Context, before, after *store.Account) error {
	if !slices.Equal(before.HandleKeys, after.HandleKeys) {
		if err := t.Exec(ctx, `DELETE FROM @handle_keys WHERE account = ?`, after.Seq); err != nil {
			return err
		}
		if err := t.insertHandleKeys(ctx, after); err != nil {
			return err
		}
	}
	if slices.Equal(before.Emails, after.Emails) {
		return nil
	}
	if err := t.Exec(ctx, `DELETE FROM @account_emails WHERE account = ?`, after.Seq); err != nil {
		return err
	}
	return t.insertEmails(ctx, after)
}

// keepAdmin refuses to take away the last active admin. after is nil if the
// account is to go.
func (t writer) keepAdmin(ctx context.Context, before, after *store.Account) error {
	active := func(a *store.Account) bool { return a != nil && a.Admin && a.Active() }
	if !active(before) || active(after) {
		return nil
	}
	var others bool
	err := t.Row(ctx, []any{&others}, `SELECT EXISTS (
		SELECT 1 FROM @accounts WHERE admin = @true AND suspended_at IS NULL AND hold_since IS NULL AND seq <> ?)`, before.Seq)
	if err == nil && !others {
		err = store.ErrLastAdmin
	}
	return err
}

// deleteAccount deletes the account, and what refers to it first, whether or not the
// database sees to it.
func (t writer) deleteAccount(ctx context.Context, a *store.Account) error {
	if err := t.Exec(ctx, `DELETE FROM @credentials WHERE account = ?`, a.ID); err != nil {
		return err
	}
	for _, query := range []string{
		`DELETE FROM @handle_keys WHERE account = ?`,
		`DELETE FROM @account_emails WHERE account = ?`,
		`DELETE FROM @accounts WHERE seq = ?`,
	} {
		if err := t.Exec(ctx, query, a.Seq); err != nil {
			return err
		}
	}
	return nil
}
