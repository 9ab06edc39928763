package memstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// UpdateAccount implements [store.Accounts].
func (s *Store) UpdateAccount(ctx context.Context, write store.AccountWrite, change store.Change) (written store.AccountWritten, err error) {
	after := write.Account.Clone()
	err = s.transact(ctx, func(tx *transaction) error {
		r, err := s.rewritable(&after)
		if err != nil {
			return err
		}
		before := &r.account
		after.Version++
		after.Seq, after.CreatedAt, after.CreatedBy = before.Seq, before.CreatedAt, before.CreatedBy
		after.LastLoginAt = before.LastLoginAt

		if write.RevokeCredentials {
			written.CredentialsRevoked = revoke(tx, r.credentials, &store.CredentialFilter{Except: write.KeepCredential}, change.At)
		}
		written.AliasesDisabled = disable(tx, s.aliases.byOwner[after.ID], func(a *store.MailAlias) bool {
			return write.DisableAliases || !after.HasEmail(a.Destination)
		}, uuid.Nil, change.At)
		bans, err := s.writeBans(tx, &write, &written, change)
		if err != nil {
			return err
		}
		if len(write.CreateBans) > 0 {
			after.SuspensionBans = idsOf(written.BansCreated)
		}

		logged, err := changelog.Account(change, before, &after, changelog.Written(&written))
		if err != nil {
			return err
		}
		s.accounts.replace(r, after)
		tx.log(logged)
		tx.log(bans...)
		return nil
	})
	if err != nil {
		return store.AccountWritten{}, err
	}
	written.Account = after.Clone()
	return written, nil
}

// rewritable returns the record of the account that is to become after, unless
// that is refused.
func (s *Store) rewritable(after *store.Account) (*accountRecord, error) {
	r := s.accounts.byID[after.ID]
	if r == nil {
		return nil, missingAccount(after.ID)
	}
	if v := r.account.Version; v != after.Version {
		return nil, otherVersion(after.ID, v, after.Version)
	}
	if err := s.accounts.taken(after, r); err != nil {
		return nil, err
	}
	return r, s.accounts.losesLastAdmin(r, after)
}

// writeBans makes and revokes the bans of a write and returns the changes to
// log, in order.
func (s *Store) writeBans(tx *transaction, write *store.AccountWrite, written *store.AccountWritten, change store.Change) ([]store.Change, error) {
	var logged []store.Change
	change.Action = store.BanCreate
	for i := range write.CreateBans {
		ban := write.CreateBans[i].Ban
		c, err := s.makeBan(tx, &ban, write.CreateBans[i].Disable, change)
		if active := (*store.ExistsError)(nil); errors.As(err, &active) {
			written.BansExisting = append(written.BansExisting, active.Existing)
			continue
		} else if err != nil {
			return nil, err
		}
		logged = append(logged, c)
		written.BansCreated = append(written.BansCreated, ban)
		written.AliasesDisabled += ban.AliasesDisabled
	}
	change.Action = store.BanRevoke
	for _, id := range write.RevokeBans {
		r := s.bans[id]
		if r == nil || !r.ban.RevokedAt.IsZero() {
			continue
		}
		ban := r.ban
		ban.RevokedAt, ban.RevokedBy, ban.RevokedReason = change.At, change.Actor, write.RevokeReason
		ban.UpdatedAt = change.At
		c, err := s.rewriteBan(tx, &ban, nil, change)
		if err != nil {
			return nil, err
		}
		logged = append(logged, c)
		written.BansRevoked = append(written.BansRevoked, ban)
	}
	return logged, nil
}

func idsOf(bans []store.Ban) (ids []uuid.UUID) {
	for i := range bans {
		ids = append(ids, bans[i].ID)
	}
	return ids
}

// DeleteAccount implements [store.Accounts].
func (s *Store) DeleteAccount(ctx context.Context, id uuid.UUID, change store.Change) (store.AccountWritten, error) {
	return s.RemoveAccount(ctx, store.AccountRemoval{ID: id}, change)
}

// RemoveAccount implements [store.Accounts].
func (s *Store) RemoveAccount(ctx context.Context, removal store.AccountRemoval, change store.Change) (written store.AccountWritten, err error) {
	err = changelog.WithSearch(func(found *changelog.Search) error {
		return s.transact(ctx, func(tx *transaction) error {
			r := s.accounts.byID[removal.ID]
			if r == nil {
				return missingAccount(removal.ID)
			}
			if v := r.account.Version; removal.Version != 0 && v != removal.Version {
				return otherVersion(removal.ID, v, removal.Version)
			}
			if err := s.accounts.losesLastAdmin(r, nil); err != nil {
				return err
			}
			written = store.AccountWritten{Account: r.account.Clone()}
			written.CredentialsRevoked = revoke(tx, r.credentials, &store.CredentialFilter{}, change.At)
			written.AliasesDisabled = disable(tx, s.aliases.byOwner[removal.ID], everyAlias, uuid.Nil, change.At)
			return s.removeAccount(tx, r, &removal, &written, change, found)
		})
	}, s.search(ctx))
	if err != nil {
		return store.AccountWritten{}, err
	}
	return written, nil
}

// removeAccount makes the bans of a removal, removes the account, and logs both. found is
// what was found of it in the log.
func (s *Store) removeAccount(
	tx *transaction, r *accountRecord, removal *store.AccountRemoval, written *store.AccountWritten, change store.Change, found *changelog.Search,
) error {
	redaction := new(changelog.Redaction)
	var redacted int64
	var bans []store.Change
	if how := removal.Redact; how != nil {
		var err error
		redaction = changelog.ForAccount(&written.Account, how, s.logOf(removal.ID))
		if redacted, bans, err = s.redactGone(tx, redaction, found, how.KeepAliases, written, change); err != nil {
			return err
		}
	}
	made, err := s.writeBans(tx, &store.AccountWrite{CreateBans: removal.CreateBans}, written, change)
	if err != nil {
		return err
	}
	logged, err := changelog.Account(change, &written.Account, nil, changelog.Written(written))
	if err != nil {
		return err
	}
	all, err := redaction.Log(redacted, redacted > 0, append([]store.Change{logged}, append(made, bans...)...)...)
	if err != nil {
		return err
	}
	s.credentials.remove(func(c *credentialRecord) bool { return c.account == r })
	s.accounts.remove(r)
	tx.log(all...)
	return nil
}

func otherVersion(id uuid.UUID, is, want int64) error {
	return fmt.Errorf("account %s is at version %d, not %d: %w", id, is, want, store.ErrConflict)
}

// revoke revokes the credentials that the filter selects and that are not
// revoked yet, and says how many.
func revoke(tx *transaction, credentials []*credentialRecord, filter *store.CredentialFilter, at time.Time) (n int64) {
	for _, r := range credentials {
		c := &r.credential
		if c.RevokedAt.IsZero() && filter.Match(c) {
			c.RevokedAt = at
			tx.onAbort(func() { c.RevokedAt = time.Time{} })
			n++
		}
	}
	return n
}
