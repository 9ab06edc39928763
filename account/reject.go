package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// RejectOptions says how to reject an account.
type RejectOptions struct {
	Reason string // for moderators, at most [ban.MaxReason] characters

	// BanEmails, BanName, PublicReason, BansExpireAt and DisableAliases are as in
	// [SuspendOptions]: the bans are made in the same step.
	BanEmails      bool
	BanName        bool
	PublicReason   string
	BansExpireAt   time.Time
	DisableAliases bool
	// Hashed and Label are as in SuspendOptions. Hashed also removes the account as Delete
	// with KeepHashedBan and KeepAliasAddresses does, but for the bans, which are those
	// that are asked for: nothing is left in the store that names the person. That reads the
	// whole log.
	Hashed bool
	Label  string
}

func (o *RejectOptions) suspension() SuspendOptions {
	return SuspendOptions{
		Reason: o.Reason, BanEmails: o.BanEmails, BanName: o.BanName, PublicReason: o.PublicReason,
		BansExpireAt: o.BansExpireAt, DisableAliases: o.DisableAliases, Hashed: o.Hashed, Label: o.Label,
	}
}

// Rejected says what rejecting an account did.
type Rejected struct {
	// Account is as it was, with its Hold; or, if it was let in before it was held,
	// as it now is: suspended.
	Account            Account
	Removed            bool      // the account is gone
	Expired            bool      // nobody decided: it had waited for too long
	CredentialsRevoked int64     // as in [Suspended]
	AliasesDisabled    int64     // as in [Suspended]
	BansCreated        []ban.Ban // as in [Suspended]
	BansExisting       []ban.Ban // as in [Suspended]
	HookErr            error     // joins what [AdminOptions.OnReject] returned; the account is rejected all the same
}

// Reject refuses an account that waits, with the bans that the options ask for, in
// one step. The account is removed, as by Delete: its handle and its addresses are
// free, and the audit log keeps its content. One that was let in before it was held
// is suspended instead, as by Suspend, since what links to it is to stay.
//
// The errors are those of Approve.
func (a *Admin) Reject(ctx context.Context, id uuid.UUID, o RejectOptions) (Rejected, error) {
	if err := ban.CheckText("reason", o.Reason); err != nil {
		return Rejected{}, err
	}
	return a.reject(ctx, id, store.AccountReject, o, nil)
}

// reject refuses an account for which still, if not nil, says that it is to be.
func (a *Admin) reject(ctx context.Context, id uuid.UUID, action ChangeAction, o RejectOptions, still func(*Account) bool) (Rejected, error) {
	var done Rejected
	err := a.turns.Retry(ctx, isConflict, func() (err error) {
		done, err = a.rejectOnce(ctx, id, action, o, still)
		return err
	})
	if isMissing(err) {
		err = a.decided(ctx, id, nil)
	}
	if err != nil {
		return Rejected{}, err
	}
	done.Expired = action == store.AccountExpire
	done.HookErr = runHooks(ctx, a.onReject, done)
	return done, nil
}

func (a *Admin) rejectOnce(ctx context.Context, id uuid.UUID, action ChangeAction, o RejectOptions, still func(*Account) bool) (Rejected, error) {
	c, err := a.change(ctx, action)
	if err != nil {
		return Rejected{}, err
	}
	c.Reason = o.Reason
	acc, err := a.Get(ctx, id)
	if err != nil {
		return Rejected{}, err
	}
	if !acc.Pending() || still != nil && !still(&acc) {
		return Rejected{}, a.decided(ctx, id, &acc)
	}
	with := o.suspension()
	if err := a.checkHashed(&with); err != nil {
		return Rejected{}, err
	}
	bans, err := a.suspensionBans(ctx, &acc, with, c)
	if err != nil {
		return Rejected{}, err
	}
	var w store.AccountWritten
	if acc.Hold.LetIn {
		write := store.AccountWrite{Account: acc, RevokeCredentials: true, DisableAliases: o.DisableAliases, CreateBans: bans}
		write.Account.Hold, write.Account.Sweep, write.Account.UpdatedAt = store.Hold{}, uuid.Nil, c.At
		write.Account.SuspendedAt, write.Account.SuspendedBy, write.Account.SuspendedReason = c.At, c.Actor, o.Reason
		w, err = a.store.UpdateAccount(ctx, write, c)
	} else {
		removal := store.AccountRemoval{ID: id, Version: acc.Version, CreateBans: bans}
		if o.Hashed {
			removal.Redact = &store.AccountRedaction{KeepAliases: true}
			if removal.Redact.Hashes, err = a.hashes(ctx, &acc); err != nil {
				return Rejected{}, err
			}
		}
		w, err = a.store.RemoveAccount(ctx, removal, c)
	}
	if err != nil {
		return Rejected{}, fmt.Errorf("reject account %s: %w", id, err)
	}
	return Rejected{
		Account: w.Account, Removed: !acc.Hold.LetIn, CredentialsRevoked: w.CredentialsRevoked, AliasesDisabled: w.AliasesDisabled,
		BansCreated: w.BansCreated, BansExisting: w.BansExisting,
	}, nil
}

// maxHookErrs bounds the errors of hooks that are told of.
const maxHookErrs = 10

// ExpirePending removes the accounts that have waited for a decision for longer
// than [AdminOptions.PendingLifetime] at now, as by Reject without bans, and says how
// many. Those that were let in before they were held stay. Nothing else removes them:
// give it to a [ban.Pruner], or call it now and then. The audit log has each as [ActionExpire].
//
// An error ends it; what was removed before stays so, and is counted. What hooks
// returned, the first of it, is joined to it, and ends nothing.
func (a *Admin) ExpirePending(ctx context.Context, now time.Time) (int64, error) {
	if a.pendingLife < 0 {
		return 0, nil
	}
	filter := Filter{Pending: new(true), Hold: store.HoldFilter{Before: now.Add(-a.pendingLife), LetIn: new(false)}}
	still := func(acc *Account) bool { return filter.Match(acc) }
	var n int64
	var hooks []error
	page := Page{OldestFirst: true, Limit: MaxDecisions}
	for {
		found, err := a.store.ListAccounts(ctx, filter, page)
		if err != nil {
			return n, fmt.Errorf("list accounts that wait: %w", err)
		}
		for i := range found {
			done, err := a.reject(ctx, found[i].ID, store.AccountExpire, RejectOptions{}, still)
			if _, decided := asPending(err); decided {
				continue
			}
			if err != nil {
				return n, err
			}
			n++
			if done.HookErr != nil && len(hooks) < maxHookErrs {
				hooks = append(hooks, done.HookErr)
			}
		}
		if len(found) < page.Limit {
			return n, errors.Join(hooks...)
		}
		page.After = found[len(found)-1].Seq
	}
}
