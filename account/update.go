package account

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// Patch says what to change of an account. Fields that are nil stay as they are;
// one that points to an empty value empties it, but Handle and Email, for which
// that is an error: [Admin.RemoveEmail] takes an address away.
type Patch struct {
	Handle *string
	Name   *string
	Bio    *string
	Links  *[]Link
	Meta   *json.RawMessage
	Roles  *[]Role

	// Email makes the address the primary one: one that the account has is moved
	// to the front; any other takes the place of the primary one, not verified. No
	// Checker is asked but that of [AdminOptions].
	Email *string
	// EmailVerifiedAt is since when the primary address is known to be the
	// person's own; a zero time: it is not. A time ahead is taken for now. If Email
	// puts another address in its place, the time that the former one had says
	// nothing of it, so that a form which is sent back whole verifies nothing. For
	// an account without an address it is a [*ban.ValueError].
	EmailVerifiedAt *time.Time

	Admin     *bool
	Verified  *string
	InvitedBy *uuid.UUID
	Password  *string // empty: no password lets in any more

	// Active suspends the account, or lets it log in again, without a word and
	// without bans; see [Admin.Suspend] for more. For an account that waits for a
	// decision false changes nothing, and true is [ErrPending]: that is what
	// [Admin.Approve] is for.
	Active *bool

	// Force lets the actor demote or suspend their own account, and passes over what
	// [AdminOptions.Checker] refuses.
	Force bool
}

func (p *Patch) empty() bool {
	bare := *p
	bare.Force = false
	return bare == Patch{}
}

// Updated says what changing an account did.
type Updated struct {
	Account            Account // as it now is
	CredentialsRevoked int64   // sessions and API tokens that ended
	AliasesDisabled    int64   // aliases that forwarded to an address that went
	HookErr            error   // if the patch suspended the account: as in [Suspended]
}

// Update changes an account. An empty patch gives a [*ban.ValueError] of code
// [ban.CodeEmptyPatch], a missing account [ErrNotFound]; what does not fit gives
// the errors of Create, and what would leave no active admin or hits the actor
// [ErrLastAdmin] and [ErrOwnAccount]. A patch that changes nothing writes
// nothing.
//
// A change of the password, of being an admin or of being active revokes all
// sessions and API tokens of the account in the same step. An alias that
// forwards to an address that goes is turned off.
func (a *Admin) Update(ctx context.Context, id uuid.UUID, p Patch) (Updated, error) {
	if p.empty() {
		return Updated{}, ban.NewValueError("patch", "", ban.CodeEmptyPatch, "set at least one field to change")
	}
	hash, err := a.patchedHash(ctx, p.Password)
	if err != nil {
		return Updated{}, err
	}
	var suspended bool
	w, err := a.modify(ctx, id, func(w *store.AccountWrite, c *Change) (bool, error) {
		old := w.Account
		if err := patch(a.tables, &w.Account, p, hash, *c); err != nil {
			return false, err
		}
		if !p.Force {
			if err := a.checkChanged(ctx, &old, &w.Account); err != nil {
				return false, err
			}
		}
		suspended = !old.Suspended() && w.Account.Suspended()
		if err := guardOwn(&old, &w.Account, c.Actor, p.Force); err != nil {
			return false, err
		}
		switch {
		case suspended:
			c.Action = store.AccountSuspend
		case old.Suspended() && !w.Account.Suspended():
			c.Action = store.AccountReinstate
		}
		w.RevokeCredentials = p.Password != nil || old.Admin != w.Account.Admin || old.Active() != w.Account.Active()
		return w.RevokeCredentials || !reflect.DeepEqual(old, w.Account), nil
	})
	if err != nil {
		return Updated{}, err
	}
	updated := Updated{Account: w.Account, CredentialsRevoked: w.CredentialsRevoked, AliasesDisabled: w.AliasesDisabled}
	if suspended {
		updated.HookErr = a.suspendedHooks(ctx, w).HookErr
	}
	return updated, nil
}

// patchedHash returns the hash that a patch gives the account, nil if the
// password stays.
func (a *Admin) patchedHash(ctx context.Context, password *string) (*string, error) {
	if password == nil {
		return nil, nil
	}
	var hash string
	if *password != "" {
		var err error
		if hash, err = a.passwords.hash(ctx, *password); err != nil {
			return nil, err
		}
	}
	return &hash, nil
}

// guardOwn keeps actors from locking themselves out.
func guardOwn(old, acc *Account, actor string, force bool) error {
	loses := old.Active() && !acc.Active() || old.Admin && !acc.Admin
	if loses && !force && IsActor(old, actor) {
		return fmt.Errorf("account %s: %w", old.ID, ErrOwnAccount)
	}
	return nil
}

// patch applies a patch to an account and checks the result.
func patch(tables *value.Tables, acc *Account, p Patch, hash *string, c Change) error {
	if p.Handle != nil && *p.Handle != acc.Handle {
		if err := setHandle(acc, *p.Handle); err != nil {
			return err
		}
	}
	former := acc.Emails
	if p.Email != nil {
		if err := patchEmail(tables, acc, *p.Email, c.At); err != nil {
			return err
		}
	}
	if p.EmailVerifiedAt != nil && !echoed(former, acc.Emails, *p.EmailVerifiedAt) {
		if err := setVerified(acc, *p.EmailVerifiedAt, c.At); err != nil {
			return err
		}
	}
	if p.Links != nil { // an empty list is as good as none
		acc.Links = append([]Link(nil), *p.Links...)
	}
	if p.Roles != nil {
		acc.Roles = append([]Role(nil), *p.Roles...)
	}
	assign(&acc.Name, p.Name)
	assign(&acc.Bio, p.Bio)
	assign(&acc.Meta, p.Meta)
	assign(&acc.Admin, p.Admin)
	assign(&acc.Verified, p.Verified)
	assign(&acc.InvitedBy, p.InvitedBy)
	assign(&acc.PasswordHash, hash)
	if p.Active != nil && *p.Active != acc.Active() {
		if err := setActive(acc, *p.Active, c); err != nil {
			return err
		}
	}
	return checkProfile(acc)
}

// setActive suspends or reinstates an account that is not so already.
func setActive(acc *Account, active bool, c Change) error {
	switch {
	case acc.Pending() && active:
		return ErrPending
	case acc.Pending():
		return nil
	}
	acc.SuspendedAt, acc.SuspendedBy, acc.SuspendedReason, acc.SuspensionBans = time.Time{}, "", "", nil
	if !active {
		acc.SuspendedAt, acc.SuspendedBy = c.At, c.Actor
	} else if !acc.Hold.Held() {
		acc.Sweep = uuid.Nil
	}
	return nil
}

// patchEmail makes an address the primary one.
func patchEmail(tables *value.Tables, acc *Account, address string, now time.Time) error {
	email, err := newEmail(tables, address, false, now)
	if err != nil {
		return err
	}
	emails := slices.Clone(acc.Emails)
	i := slices.IndexFunc(emails, func(e Email) bool { return e.Address == email.Address })
	switch {
	case i >= 0:
		email = emails[i]
		emails = slices.Insert(slices.Delete(emails, i, i+1), 0, email)
	case len(emails) > 0:
		emails[0] = email
	default:
		emails = []Email{email}
	}
	acc.Emails = emails
	return nil
}

// echoed reports whether a time only repeats, maybe cut to the millisecond, since
// when the primary address that an account had or has is verified.
func echoed(former, emails []Email, at time.Time) bool {
	same := func(of []Email) bool {
		return len(of) > 0 && storedTime(at).Truncate(time.Millisecond).Equal(of[0].VerifiedAt.Truncate(time.Millisecond))
	}
	return len(emails) == 0 && at.IsZero() || same(emails) || same(former) && former[0].Address != emails[0].Address
}

// setVerified notes since when the primary address is verified; the zero time: it
// is not.
func setVerified(acc *Account, at, now time.Time) error {
	if len(acc.Emails) == 0 {
		return ban.NewValueError("email_verified_at", at.Format(time.RFC3339), ban.CodeConflict, "give the account an address first")
	}
	at = storedTime(at)
	switch {
	case at.After(now):
		at = now
	case !at.IsZero() && !hasYear(at):
		return ban.NewValueError("email_verified_at", at.Format(time.RFC3339), ban.CodeRange, "give a time of this era, or none")
	}
	acc.Emails = slices.Clone(acc.Emails)
	acc.Emails[0].VerifiedAt = at
	return nil
}

func assign[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}
