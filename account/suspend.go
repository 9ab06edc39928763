package account

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// SuspendOptions says how to suspend an account.
type SuspendOptions struct {
	Reason string // for moderators, at most [ban.MaxReason] characters

	// BanEmails bans every address of the account, verified or not, and so every
	// spelling of its mailboxes. BanName bans its handle, and what looks like it.
	// What is banned already stays as it is.
	BanEmails bool
	BanName   bool
	// Hashed makes these bans keep a keyed hash in the place of the address or handle, as
	// [ban.CreateOptions.Hashed] does; it wants [AdminOptions.Keys]. The account keeps its
	// addresses, and so does the log of the account: Delete with KeepHashedBan takes both.
	// A plain ban that is there already stays plain; [ban.Admin.Hash] turns it into its hash.
	Hashed bool
	// Label is that of the bans if they are hashed: what moderators read in the place of
	// the value. Neither it nor the reasons may name what is banned.
	Label string
	// PublicReason is that of the bans, for the person refused.
	PublicReason string
	// BansExpireAt is when the bans end, in the future; zero: never.
	BansExpireAt time.Time

	// DisableAliases turns off the aliases of the account, and with its bans
	// those that they match; see [ban.CreateOptions.DisableMatchingAliases].
	// Without it, they do not resolve as long as the account is suspended, but
	// are there again when it is reinstated.
	DisableAliases bool

	// Force lets the actor suspend their own account.
	Force bool
}

// Suspended says what suspending an account did.
type Suspended struct {
	// Changed is false if the account was suspended already: then nothing was
	// done, and the rest of this is zero.
	Changed            bool
	Account            Account   // as it now is
	CredentialsRevoked int64     // sessions and API tokens that ended
	AliasesDisabled    int64     // aliases that were turned off
	BansCreated        []ban.Ban // the bans that were made
	// BansExisting are active bans of the same values that were there before,
	// and stay as they are: look at them if they are to keep the person out, for
	// they may allow, end soon, or be shadows.
	BansExisting []ban.Ban
	// HookErr joins what [AdminOptions.OnSuspend] returned; a hook that panicked
	// counts as one that failed. The account is suspended all the same; calling
	// the hooks again is left to the host.
	HookErr error
}

// Suspend locks an account out, in one step: it is marked, its sessions and API
// tokens are revoked, and the bans that the options ask for are made. Nothing
// else about it changes. Suspending a suspended account changes nothing. One that waits
// for a decision leaves the queue, and comes back to it when it is reinstated: that
// it was suspended decides nothing.
//
// The error is [ErrNotFound], [ErrLastAdmin], [ErrOwnAccount], or a
// [*ban.ValueError].
func (a *Admin) Suspend(ctx context.Context, id uuid.UUID, o SuspendOptions) (Suspended, error) {
	if err := ban.CleanReasons(&o.Reason, &o.PublicReason); err != nil {
		return Suspended{}, err
	}
	if err := a.checkHashed(&o); err != nil {
		return Suspended{}, err
	}
	changed := false
	w, err := a.modify(ctx, id, func(w *store.AccountWrite, c *Change) (bool, error) {
		if changed = !w.Account.Suspended(); !changed {
			return false, nil
		}
		old := w.Account
		w.Account.SuspendedAt, w.Account.SuspendedBy, w.Account.SuspendedReason = c.At, c.Actor, o.Reason
		if err := guardOwn(&old, &w.Account, c.Actor, o.Force); err != nil {
			return false, err
		}
		c.Action = store.AccountSuspend
		w.RevokeCredentials, w.DisableAliases = true, o.DisableAliases
		var err error
		w.CreateBans, err = a.suspensionBans(ctx, &old, o, *c)
		return true, err
	})
	if err != nil {
		return Suspended{}, err
	}
	if !changed {
		return Suspended{Account: w.Account}, nil
	}
	return a.suspendedHooks(ctx, w), nil
}

// suspendedHooks calls the hooks for an account that was suspended.
func (a *Admin) suspendedHooks(ctx context.Context, w store.AccountWritten) Suspended {
	s := suspendedOf(w)
	s.HookErr = runHooks(ctx, a.onSuspend, s)
	return s
}

func suspendedOf(w store.AccountWritten) Suspended {
	return Suspended{
		Changed: true, Account: w.Account, BansCreated: w.BansCreated, BansExisting: w.BansExisting,
		CredentialsRevoked: w.CredentialsRevoked, AliasesDisabled: w.AliasesDisabled,
	}
}

// runHooks calls the hooks, all of them, and joins what they return.
func runHooks[T any](ctx context.Context, hooks []func(context.Context, T) error, of T) error {
	ctx = context.WithoutCancel(ctx)
	var errs []error
	for _, hook := range hooks {
		errs = append(errs, runHook(ctx, hook, of))
	}
	return errors.Join(errs...)
}

// runHook makes a panic of a hook an error: what happened to the account has
// happened, which the caller and the other hooks have to learn.
func runHook[T any](ctx context.Context, hook func(context.Context, T) error, of T) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a hook panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return hook(ctx, of)
}

// checkHashed checks what the options say of hashes.
func (a *Admin) checkHashed(o *SuspendOptions) error {
	switch {
	case !o.Hashed && o.Label != "":
		return ban.NewValueError("label", "", ban.CodeNoEffect, "only a ban whose value is hashed has a label")
	case !o.Hashed:
		return nil
	case !o.BanEmails && !o.BanName:
		return ban.NewValueError("hashed", "true", ban.CodeNoEffect, "there is no ban to hash: ask for bans of the addresses or the handle")
	case !a.planner.Hashes():
		return ban.NewValueError("hashed", "true", ban.CodeNotSupported, "there is no key to hash under: give AdminOptions.Keys")
	}
	return nil
}

// suspensionBans returns the bans to make with a suspension.
func (a *Admin) suspensionBans(ctx context.Context, acc *Account, o SuspendOptions, c Change) ([]store.BanDisabling, error) {
	var values []ban.CreateOptions
	if o.BanEmails {
		for _, e := range acc.Emails {
			values = append(values, ban.CreateOptions{Kind: ban.KindEmail, Value: ban.Literal(e.Address)})
		}
	}
	if o.BanName {
		values = append(values, ban.CreateOptions{Kind: ban.KindName, Value: ban.Literal(acc.HandleFold)})
	}
	if err := tellsNothing(acc, o.Label); err != nil {
		return nil, err
	}
	bans := make([]store.BanDisabling, 0, len(values))
	for _, v := range values {
		v.Reason, v.PublicReason, v.ExpiresAt = o.Reason, o.PublicReason, o.BansExpireAt
		v.Hashed, v.Label = o.Hashed, o.Label
		v.DisableMatchingAliases = o.DisableAliases
		planned, err := a.planner.Plan(ctx, a.store, v, c)
		if err != nil {
			return nil, err
		}
		// Spellings of a mailbox have one hash.
		same := func(b store.BanDisabling) bool { return b.Ban.Key() == planned.Ban.Key() }
		if o.Hashed && slices.ContainsFunc(bans, same) {
			continue
		}
		bans = append(bans, planned)
	}
	return bans, nil
}

// ReinstateOptions says how to reinstate an account.
type ReinstateOptions struct {
	// LiftBans revokes the bans that were made with the suspension.
	LiftBans bool
	// Reason is why they are revoked, for moderators, at most [ban.MaxReason]
	// characters.
	Reason string
}

// Reinstated says what reinstating an account did.
type Reinstated struct {
	Changed    bool        // false if the account was not suspended
	Account    Account     // as it now is
	BansLifted []ban.Ban   // the bans that were revoked
	BansLeft   []uuid.UUID // bans made with the suspension that were not lifted; those that were revoked or deleted before are among them
}

// Reinstate lets a suspended account log in again, or wait again for a decision, if
// it did when it was suspended. Its sessions and API tokens
// stay revoked, aliases that were turned off stay off. The bans that were made
// with the suspension are lifted or, named in the result, left. Reinstating an
// account that is not suspended changes nothing; one that waits wants Approve.
func (a *Admin) Reinstate(ctx context.Context, id uuid.UUID, o ReinstateOptions) (Reinstated, error) {
	var err error
	if o.Reason, err = ban.CleanText("reason", o.Reason); err != nil {
		return Reinstated{}, err
	}
	var result Reinstated
	w, err := a.modify(ctx, id, func(w *store.AccountWrite, c *Change) (bool, error) {
		result = Reinstated{Changed: w.Account.Suspended()}
		if !result.Changed {
			return false, nil
		}
		came := slices.Clone(w.Account.SuspensionBans)
		c.Action = store.AccountReinstate
		w.Account.SuspendedAt, w.Account.SuspendedBy, w.Account.SuspendedReason = time.Time{}, "", ""
		w.Account.SuspensionBans = nil
		if !w.Account.Hold.Held() { // which the sweep may have given it
			w.Account.Sweep = uuid.Nil
		}
		if o.LiftBans {
			w.RevokeBans, w.RevokeReason = came, o.Reason
		} else {
			result.BansLeft = came
		}
		return true, nil
	})
	if err != nil {
		return Reinstated{}, err
	}
	result.Account, result.BansLifted = w.Account, w.BansRevoked
	return result, nil
}
