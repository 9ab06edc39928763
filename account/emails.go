package account

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// AddEmail gives the account another address. One that it has already stays as
// it is, but becomes verified if that is said. If another account has it, the
// error is an [*ExistsError].
//
// What [AdminOptions.Checker] refuses is not added; [Admin.ForceEmail] does it.
func (a *Admin) AddEmail(ctx context.Context, id uuid.UUID, address string, verified bool) (Account, error) {
	return a.addEmail(ctx, id, address, verified, false)
}

// ForceEmail is AddEmail whatever the rules say.
func (a *Admin) ForceEmail(ctx context.Context, id uuid.UUID, address string, verified bool) (Account, error) {
	return a.addEmail(ctx, id, address, verified, true)
}

func (a *Admin) addEmail(ctx context.Context, id uuid.UUID, address string, verified, force bool) (Account, error) {
	return a.modifyEmails(ctx, id, func(emails []Email, c *Change) ([]Email, error) {
		email, err := newEmail(a.tables, address, verified, c.At)
		if err != nil {
			return nil, err
		}
		if i := indexOf(emails, email.Address); i >= 0 {
			return verify(emails, i, verified, c), nil
		}
		if !force {
			if _, err := a.checkNew(ctx, "", email.Address, false); err != nil {
				return nil, err
			}
		}
		return append(emails, email), checkCount("emails", len(emails)+1, MaxEmails)
	})
}

// VerifyEmail notes that an address of the account is the person's own. An
// address that the account does not have is [ErrNotFound]; one that is verified
// stays as it is.
func (a *Admin) VerifyEmail(ctx context.Context, id uuid.UUID, address string) (Account, error) {
	return a.modifyEmails(ctx, id, func(emails []Email, c *Change) ([]Email, error) {
		i, err := find(emails, address)
		if err != nil {
			return nil, err
		}
		return verify(emails, i, true, c), nil
	})
}

// RemoveEmail takes an address from the account, and turns off the aliases of
// the account that forward to it. If it was the primary one, the next is. An
// address that the account does not have is [ErrNotFound].
func (a *Admin) RemoveEmail(ctx context.Context, id uuid.UUID, address string) (Account, error) {
	return a.modifyEmails(ctx, id, func(emails []Email, _ *Change) ([]Email, error) {
		i, err := find(emails, address)
		if err != nil {
			return nil, err
		}
		return slices.Delete(emails, i, i+1), nil
	})
}

// modifyEmails gives the account the addresses that edit makes of a copy of
// those that it has.
func (a *Admin) modifyEmails(ctx context.Context, id uuid.UUID, edit func([]Email, *Change) ([]Email, error)) (Account, error) {
	w, err := a.modify(ctx, id, func(w *store.AccountWrite, c *Change) (bool, error) {
		emails, err := edit(slices.Clone(w.Account.Emails), c)
		if err != nil {
			return false, err
		}
		changed := !slices.Equal(emails, w.Account.Emails)
		w.Account.Emails = emails
		return changed, nil
	})
	return w.Account, err
}

func verify(emails []Email, i int, verified bool, c *Change) []Email {
	if verified && emails[i].VerifiedAt.IsZero() {
		emails[i].VerifiedAt = c.At
	}
	return emails
}

// find returns where among the addresses the one is.
func find(emails []Email, address string) (int, error) {
	parsed, err := ban.ParseAddress(address)
	if err != nil {
		return 0, err
	}
	i := indexOf(emails, parsed.String())
	if i < 0 {
		return 0, fmt.Errorf("address of the account: %w", ErrNotFound)
	}
	return i, nil
}

func indexOf(emails []Email, address string) int {
	return slices.IndexFunc(emails, func(e Email) bool { return e.Address == address })
}
