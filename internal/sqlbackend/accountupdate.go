package sqlbackend

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// UpdateAccount implements [store.Accounts].
func (o Operations) UpdateAccount(ctx context.Context, write store.AccountWrite, change store.Change) (written store.AccountWritten, err error) {
	write.Account = normalAccount(write.Account)
	err = o.write(ctx, "update an account", func(t writer) error {
		before, err := t.account(ctx, write.Account.ID)
		if err != nil {
			return err
		}
		u := &accountUpdate{t: t, change: change, write: &write, before: &before}
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
func (o Operations) DeleteAccount(ctx context.Context, id uuid.UUID, change store.Change) (store.AccountWritten, error) {
	return o.RemoveAccount(ctx, store.AccountRemoval{ID: id}, change)
}

// RemoveAccount implements [store.Accounts].
func (o Operations) RemoveAccount(ctx context.Context, removal store.AccountRemoval, change store.Change) (written store.AccountWritten, err error) {
	write := o.db.Write
	if removal.Redact != nil {
		write = o.db.Forget
	}
	const doing = "delete an account"
	err = changelog.WithSearch(func(found *changelog.Search) error {
		return write(ctx, doing, o.writer(func(t writer) error {
			written, err = t.removeAccount(ctx, &removal, change, found)
			return err
		}))
	}, o.searchLog(ctx, doing))
	if err != nil {
		return store.AccountWritten{}, err
	}
	return written, nil
}

func (t writer) removeAccount(
	ctx context.Context, removal *store.AccountRemoval, change store.Change, found *changelog.Search,
) (store.AccountWritten, error) {
	a, err := t.account(ctx, removal.ID)
	if err != nil {
		return store.AccountWritten{}, err
	}
	u := &accountUpdate{t: t, change: change, before: &a, found: found}
	u.write = &store.AccountWrite{CreateBans: removal.CreateBans, RevokeCredentials: true, DisableAliases: true}
	u.Account = a
	if err := u.remove(ctx, removal); err != nil {
		return store.AccountWritten{}, err
	}
	u.AccountWritten.Account = a
	return u.AccountWritten, nil
}

// accountUpdate is one [Store.UpdateAccount] within its transaction.
type accountUpdate struct {
	store.AccountWritten // as far as it has got
	t                    writer
	change               store.Change
	write                *store.AccountWrite
	before               *store.Account
	bans                 []store.Change // to log after the change of the account
	redaction            *changelog.Redaction
	redacted             int64             // bans whose values the redaction replaced
	found                *changelog.Search // of it in the log
}

func (u *accountUpdate) run(ctx context.Context) error {
	return inOrder(ctx, u.check, u.replaceParts, u.revokeCredentials, u.disableAliases, u.createBans, u.revokeBans, u.replaceRow,
		func(ctx context.Context) error { return u.log(ctx, &u.Account) })
}

// remove removes the account instead, if it is of that version, 0 being any.
func (u *accountUpdate) remove(ctx context.Context, removal *store.AccountRemoval) error {
	if v := removal.Version; v != 0 && v != u.before.Version {
		return store.ErrConflict
	}
	redact := func(context.Context) error { return nil }
	if how := removal.Redact; how != nil {
		redact = func(ctx context.Context) error { return u.redact(ctx, how) }
	}
	return inOrder(ctx,
		func(ctx context.Context) error { return u.t.keepAdmin(ctx, u.before, nil) },
		u.revokeCredentials, u.disableAliases, redact, u.createBans,
		func(ctx context.Context) error { return u.t.deleteAccount(ctx, u.before) },
		func(ctx context.Context) error { return u.log(ctx, nil) })
}

func (u *accountUpdate) redact(ctx context.Context, how *store.AccountRedaction) error {
	history, err := u.t.logOf(ctx, u.before.ID)
	if err != nil {
		return err
	}
	r := &redacting{changelog.ForAccount(u.before, how, history), u.t, u.found, 0}
	u.redaction = r.Redaction
	u.redacted, err = r.account(ctx, u, how.KeepAliases)
	return err
}

// check refuses what may not be written.
func (u *accountUpdate) check(ctx context.Context) (err error) {
	a, before := &u.Account, u.before
	if a.Version, err = nextVersion(before.Version, a.Version); err != nil {
		return err
	}
	a.Seq, a.CreatedAt, a.CreatedBy, a.LastLoginAt = before.Seq, before.CreatedAt, before.CreatedBy, before.LastLoginAt
	if err := u.t.taken(ctx, a); err != nil {
		return err
	}
	return u.t.keepAdmin(ctx, before, a)
}

func (u *accountUpdate) revokeCredentials(ctx context.Context) (err error) {
	if u.write.RevokeCredentials {
		u.CredentialsRevoked, err = u.t.revoke(ctx, &store.CredentialFilter{Account: u.Account.ID, Except: u.write.KeepCredential}, u.change.At)
	}
	return err
}

// disableAliases turns off the aliases that the account may have no longer.
func (u *accountUpdate) disableAliases(ctx context.Context) (err error) {
	where, args := `owner = ?`, []any{u.Account.ID}
	if !u.write.DisableAliases {
		where += ` AND destination NOT IN (SELECT address FROM @account_emails WHERE account = ?)`
		args = append(args, u.Account.Seq)
	}
	u.AliasesDisabled, err = u.t.disableAliases(ctx, uuid.Nil, u.change.At, where, args...)
	return err
}

func (u *accountUpdate) createBans(ctx context.Context) error {
	change := u.change
	change.Action = store.BanCreate
	for i := range u.write.CreateBans {
		ban := u.write.CreateBans[i].Ban
		c, err := u.t.createBan(ctx, &ban, u.write.CreateBans[i].Disable, change)
		if active := (*store.ExistsError)(nil); errors.As(err, &active) {
			u.BansExisting = append(u.BansExisting, active.Existing)
			continue
		}
		if err != nil {
			return err
		}
		u.AliasesDisabled += ban.AliasesDisabled
		u.BansCreated = append(u.BansCreated, ban)
		u.bans = append(u.bans, c)
	}
	if len(u.write.CreateBans) > 0 {
		u.Account.SuspensionBans = nil
	}
	for i := range u.BansCreated {
		u.Account.SuspensionBans = append(u.Account.SuspensionBans, u.BansCreated[i].ID)
	}
	return nil
}

func (u *accountUpdate) revokeBans(ctx context.Context) error {
	change := u.change
	change.Action = store.BanRevoke
	for _, id := range u.write.RevokeBans {
		ban, err := u.t.byID(ctx, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && !ban.RevokedAt.IsZero() {
			continue
		}
		if err != nil {
			return err
		}
		ban.RevokedAt, ban.RevokedBy, ban.RevokedReason = change.At, change.Actor, u.write.RevokeReason
		ban.UpdatedAt = change.At
		c, err := u.t.updateBan(ctx, &ban, nil, change)
		if err != nil {
			return err
		}
		u.BansRevoked = append(u.BansRevoked, ban)
		u.bans = append(u.bans, c)
	}
	return nil
}

func (u *accountUpdate) replaceParts(ctx context.Context) error {
	return u.t.replaceParts(ctx, u.before, &u.Account)
}

// replaceRow comes when the bans are known that the account is to name.
func (u *accountUpdate) replaceRow(ctx context.Context) error {
	return u.t.replaceRow(ctx, &u.Account)
}

// log logs what became of the account, nil if it is gone, and its bans.
func (u *accountUpdate) log(ctx context.Context, after *store.Account) error {
	c, err := changelog.Account(u.change, u.before, after, changelog.Written(&u.AccountWritten))
	if err != nil {
		return err
	}
	all := append([]store.Change{c}, u.bans...)
	if u.redaction != nil {
		if all, err = u.redaction.Log(u.redacted, u.redacted > 0, all...); err != nil {
			return err
		}
	}
	return u.t.logAll(ctx, all)
}
