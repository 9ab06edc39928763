package account

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// CreateOptions describes an account.
type CreateOptions struct {
	Handle string // the user name, as it is to be shown; required

	Email         string // the primary address; none by default
	EmailVerified bool   // the address is known to be the person's own
	// EmailVerifiedAt is since when, which says EmailVerified too. A time ahead is
	// taken for now. Default now, if EmailVerified.
	EmailVerifiedAt time.Time
	// Password has 8 to 128 characters, and is none of the most common ones:
	// [CodeCommon]. None by default: then no password lets in.
	Password string

	Name  string          // for display
	Bio   string          // at most [MaxBio] characters
	Links []Link          // at most [MaxLinks], http or https
	Meta  json.RawMessage // a JSON object of the host's, at most [MaxMeta] bytes
	Roles []Role          // at most [MaxRoles]

	Admin     bool
	Verified  string    // what of the person was verified, in the host's terms
	InvitedBy uuid.UUID // the account that invited this one
	JoinedAt  time.Time // default now

	// Force passes over what [AdminOptions.Checker] refuses.
	Force bool

	// Suspended makes an account that is suspended from the start, in the name of
	// the actor, and logs in only after Reinstate.
	Suspended bool

	// Pending makes an account that waits for a person to decide, and logs in only
	// after Approve. If the Checker of the options holds it for review, the account
	// says by which rule. [Admin.SignUp] sets it where a rule asks for it.
	Pending bool
}

// Create makes an account. If another one has the handle, one that looks like
// it, or the address, the error is an [*ExistsError]; for a stranger who signs
// up, that the address is taken is more than they should learn. Input that does
// not fit gives a [*ban.ValueError].
//
// It asks no Checker but that of the options: for who signs up themselves there is
// [Admin.SignUp]. If an account that is refused by now cannot be removed again, it is in
// the result, and the error says so too.
func (a *Admin) Create(ctx context.Context, o CreateOptions) (Account, error) {
	return a.create(ctx, o, nil)
}

// create is Create; held says what holds an account that waits, nil for what the
// Checker of the options says.
func (a *Admin) create(ctx context.Context, o CreateOptions, held func(Change) store.Hold) (Account, error) {
	c, err := a.change(ctx, store.AccountCreate)
	if err != nil {
		return Account{}, err
	}
	acc, err := newAccount(a.tables, o, c)
	if err != nil {
		return Account{}, err
	}
	var address string
	if len(acc.Emails) > 0 {
		address = acc.Emails[0].Address
	}
	var d ban.Decision
	checked := a.checker != nil && !o.Force
	if checked {
		if d, err = a.checkNew(ctx, acc.Handle, address, o.Suspended || o.Pending); err != nil {
			return Account{}, err
		}
	}
	switch {
	case o.Pending && held != nil:
		acc.Hold = held(c)
	case o.Pending:
		acc.Hold = holdOf(d, ban.Subject{Email: address}, c)
	}
	if o.Password != "" {
		if acc.PasswordHash, err = a.passwords.hash(ctx, o.Password); err != nil {
			return Account{}, err
		}
	}
	a.claimMailboxes(&Account{}, &acc)
	created, err := a.store.CreateAccount(ctx, acc, c)
	if err != nil {
		return Account{}, fmt.Errorf("create account: %w", err)
	}
	if checked { // a password may have been hashed since
		return a.createdDespite(context.WithoutCancel(ctx), created, address, o.Suspended || o.Pending)
	}
	return created, nil
}

// newAccount checks the options and returns the account that they describe, but
// for the password.
func newAccount(tables *value.Tables, o CreateOptions, c Change) (Account, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Account{}, fmt.Errorf("make an id: %w", err)
	}
	acc := Account{
		ID: id, Name: o.Name, Bio: o.Bio, Links: o.Links, Meta: o.Meta, Roles: o.Roles,
		Admin: o.Admin, Verified: o.Verified, InvitedBy: o.InvitedBy,
		JoinedAt: c.At, CreatedAt: c.At, CreatedBy: c.Actor, UpdatedAt: c.At,
	}
	if o.Suspended {
		acc.SuspendedAt, acc.SuspendedBy = c.At, c.Actor
	}
	if err := setHandle(&acc, o.Handle); err != nil {
		return Account{}, err
	}
	if o.Email != "" {
		email, err := newEmail(tables, o.Email, o.EmailVerified, c.At)
		if err != nil {
			return Account{}, err
		}
		acc.Emails = []Email{email}
	}
	if !o.EmailVerifiedAt.IsZero() {
		if err := setVerified(&acc, o.EmailVerifiedAt, c.At); err != nil {
			return Account{}, err
		}
	}
	if joined := storedTime(o.JoinedAt); !joined.IsZero() {
		if joined.After(c.At) || !hasYear(joined) {
			return Account{}, ban.NewValueError("joined_at", joined.Format(time.RFC3339), ban.CodeRange, "give a time that has passed, or none for now")
		}
		acc.JoinedAt = joined
	}
	return acc, checkProfile(&acc)
}
