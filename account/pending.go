package account

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// DefaultPendingLifetime is how long an account waits at most, where
// [AdminOptions.PendingLifetime] does not say it.
const DefaultPendingLifetime = 30 * 24 * time.Hour

// The bits that are kept of the address of a client whose account is held: so many
// say from which network many came, and too few who it was.
const (
	networkBits4 = 24
	networkBits6 = 48
)

// PendingError reports that an account no longer waits for a decision: somebody
// else has decided, or it was suspended meanwhile. It is for moderators. It matches
// [ErrConflict] and, if the account is gone, [ErrNotFound].
type PendingError struct {
	ID uuid.UUID
	// Action is what ended the wait: [ActionApprove], [ActionReject], [ActionExpire],
	// [ActionDelete] or [ActionSuspend]; empty if the account never waited, or the
	// audit log reaches back no longer.
	Action ChangeAction
	By     string    // who did
	At     time.Time // when
	Gone   bool      // there is no such account any more
}

// What ends the wait of an account, in the audit log.
const (
	ActionApprove = store.AccountApprove
	ActionReject  = store.AccountReject
	ActionExpire  = store.AccountExpire
	ActionDelete  = store.AccountDelete
	ActionSuspend = store.AccountSuspend
)

var endings = map[ChangeAction]string{
	ActionApprove: "approved", ActionReject: "rejected", ActionExpire: "removed, as nobody had decided,",
	ActionDelete: "deleted", ActionSuspend: "suspended",
}

func (e *PendingError) Error() string {
	if e.Action == "" {
		return fmt.Sprintf("account %s does not wait for a decision", e.ID)
	}
	return fmt.Sprintf("account %s was %s by %s at %s", e.ID, endings[e.Action], e.By, e.At.Format(time.RFC3339))
}

// Is reports whether target is [ErrConflict], or [ErrNotFound] for an account that
// is gone.
func (e *PendingError) Is(target error) bool {
	return target == ErrConflict || e.Gone && target == ErrNotFound
}

// decided returns why nobody can decide about an account any more: a
// [*PendingError], or [ErrNotFound] for one that the audit log does not know.
func (a *Admin) decided(ctx context.Context, id uuid.UUID, found *Account) error {
	e := &PendingError{ID: id, Gone: found == nil}
	if found != nil && found.Suspended() {
		e.Action, e.By, e.At = ActionSuspend, found.SuspendedBy, found.SuspendedAt
		return e
	}
	log, err := a.Log(ctx, id, Page{Limit: store.MaxPageLimit})
	if err != nil {
		return err
	}
	for i := range log {
		if _, ends := endings[log[i].Action]; ends && log[i].Action != ActionSuspend {
			e.Action, e.By, e.At = log[i].Action, log[i].Actor, log[i].At
			break
		}
	}
	if e.Gone && e.Action == "" {
		return fmt.Errorf("account %s: %w", id, ErrNotFound)
	}
	return e
}

// holdOf returns the hold of an account that a decision holds, or that the host
// holds, if the decision does not.
func holdOf(d ban.Decision, s ban.Subject, c Change) store.Hold {
	h := store.Hold{Since: c.At, By: c.Actor, Network: networkOf(s.IP)}
	if d.Verdict == ban.NeedsReview {
		m := d.Match
		h.Origin, h.Rule, h.Kind, h.Matched, h.Via = m.Origin, m.ID, m.Kind, m.Matched, m.Via.String()
	}
	if address, err := ban.ParseAddress(s.Email); err == nil {
		h.Email = address.String()
	}
	if domain, err := ban.ParseDomain(s.Domain); err == nil {
		h.Domain = domain.String()
	}
	return h
}

// networkOf returns the network that a client is in, empty if it is no address.
func networkOf(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	addr = addr.Unmap().WithZone("")
	bits := networkBits6
	if addr.Is4() {
		bits = networkBits4
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}

// HoldOptions says how to hold an account.
type HoldOptions struct {
	Reason string // for moderators, at most [ban.MaxReason] characters
	// Force lets the actor hold their own account.
	Force bool
}

// Held says what holding an account did.
type Held struct {
	Changed            bool    // false if the account waited already: then nothing was done
	Account            Account // as it now is
	CredentialsRevoked int64   // sessions and API tokens that ended
	HookErr            error   // joins what [AdminOptions.OnPending] returned; the account waits all the same
}

// Hold makes an active account wait for a person to decide about it, as if a rule
// had held it when it signed up. In the one step that marks it, its sessions and
// API tokens are revoked; it keeps its handle and its addresses. As it was let in
// before, it never expires, and Reject suspends it instead of removing it.
//
// A suspended account is [ErrSuspended]; other errors are those of Suspend.
func (a *Admin) Hold(ctx context.Context, id uuid.UUID, o HoldOptions) (Held, error) {
	held, err := a.hold(ctx, id, always(store.Hold{LetIn: true}), uuid.Nil, o)
	if err == nil && held.Changed {
		held.HookErr = runHooks(ctx, a.onPending, held.Account)
	}
	return held, err
}

// holding says with what an active account is to be held, as it is now; false: not at
// all.
type holding func(context.Context, *Account) (store.Hold, bool, error)

func always(h store.Hold) holding {
	return func(context.Context, *Account) (store.Hold, bool, error) { return h, true, nil }
}

// hold gives an account a hold that begins now, in the name of the actor. It calls
// no hook.
func (a *Admin) hold(ctx context.Context, id uuid.UUID, with holding, sweep uuid.UUID, o HoldOptions) (Held, error) {
	if err := ban.CheckText("reason", o.Reason); err != nil {
		return Held{}, err
	}
	var result Held
	w, err := a.modify(ctx, id, func(w *store.AccountWrite, c *Change) (bool, error) {
		result = Held{Changed: w.Account.Active()}
		switch {
		case w.Account.Suspended():
			return false, ErrSuspended
		case !result.Changed:
			return false, nil
		}
		h, wanted, err := with(ctx, &w.Account)
		if result.Changed = wanted; err != nil || !wanted {
			return false, err
		}
		old := w.Account
		h.Since, h.By = c.At, c.Actor
		w.Account.Hold, w.Account.Sweep = h, sweep
		if err := guardOwn(&old, &w.Account, c.Actor, o.Force); err != nil {
			return false, err
		}
		c.Action, c.Reason = store.AccountHold, o.Reason
		w.RevokeCredentials = true
		return true, nil
	})
	if err != nil {
		return Held{}, err
	}
	result.Account, result.CredentialsRevoked = w.Account, w.CredentialsRevoked
	return result, nil
}

// ApproveOptions says how to approve an account.
type ApproveOptions struct {
	Reason string // for moderators, at most [ban.MaxReason] characters
}

// Approved says what approving an account did.
type Approved struct {
	Account Account    // as it now is
	Hold    store.Hold // what held it
	HookErr error      // joins what [AdminOptions.OnApprove] returned; the account is approved all the same
}

// Approve lets in an account that waits. From then on it can sign in, and its
// aliases resolve: a rule that asks for review keeps nobody out who is in. No
// Checker is asked, so that a rule made since then which denies is for the
// moderator to see before.
//
// If it waits no longer, the error is a [*PendingError] that says who decided what;
// of two who decide at once, one does. An account that nobody ever heard of is
// [ErrNotFound].
func (a *Admin) Approve(ctx context.Context, id uuid.UUID, o ApproveOptions) (Approved, error) {
	if err := ban.CheckText("reason", o.Reason); err != nil {
		return Approved{}, err
	}
	var held store.Hold
	w, err := a.modify(ctx, id, func(w *store.AccountWrite, c *Change) (bool, error) {
		if !w.Account.Pending() {
			return false, a.decided(ctx, id, &w.Account)
		}
		held = w.Account.Hold
		w.Account.Hold, w.Account.Sweep = store.Hold{}, uuid.Nil
		c.Action, c.Reason = store.AccountApprove, o.Reason
		return true, nil
	})
	if isMissing(err) {
		err = a.decided(ctx, id, nil)
	}
	if err != nil {
		return Approved{}, err
	}
	done := Approved{Account: w.Account, Hold: held}
	done.HookErr = runHooks(ctx, a.onApprove, done)
	return done, nil
}

// isMissing reports whether there is no such account, where it is not known yet
// why.
func isMissing(err error) bool {
	_, known := asPending(err)
	return errors.Is(err, ErrNotFound) && !known
}

func asPending(err error) (*PendingError, bool) { return errors.AsType[*PendingError](err) }
