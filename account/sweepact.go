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

// SweepAct is what is done about the accounts that a sweep finds.
type SweepAct uint8

// The acts.
const (
	// SweepReport does nothing: the sweep only counts.
	SweepReport SweepAct = iota
	// SweepHold makes them wait for a person to decide, as by Hold, whether they would
	// be refused or held.
	SweepHold
	// SweepSuspend suspends those who would be refused, as by Suspend, and makes those
	// wait who would be held.
	SweepSuspend
)

// DefaultSweepLimit is how many accounts a sweep acts on at most, where
// [ActOptions.Limit] does not say it.
const DefaultSweepLimit = 100

// ActOptions says what a sweep does.
type ActOptions struct {
	SweepOptions
	Act SweepAct
	// Limit is how many accounts it may act on; default [DefaultSweepLimit]. If there
	// are more, nothing is done, and the error is a [*SweepLimitError].
	Limit int
	// Force acts on all, however many they are.
	Force bool
	// Reason is for moderators, at most [ban.MaxReason] characters. Default: the rule
	// that matched.
	Reason string
	// ID is that of a sweep that is gone on with; zero: a new one.
	ID uuid.UUID
}

// Swept says what a sweep found and did.
type Swept struct {
	// ID is that of the sweep: the audit log has it in each account that it changed,
	// and [Admin.UndoSweep] takes it.
	ID        uuid.UUID
	Accounts  int64           // that would be refused or held
	Aliases   int64           // likewise; nothing is done about them
	Suspended int64           // accounts that it suspended
	Held      int64           // accounts that it made wait
	Failed    []DecisionError // accounts that it could not act on, the first [MaxDecisions]
	Cursor    SweepCursor     // how far it has come
	HookErr   error           // joins the first errors of hooks
}

// SweepLimitError reports that a sweep found more accounts than it may act on. It
// has changed nothing.
type SweepLimitError struct {
	Limit int
}

func (e *SweepLimitError) Error() string {
	return fmt.Sprintf("the sweep is about more than %d accounts, nothing was done; look at them, then raise the limit or force it", e.Limit)
}

// ActOnSweep is Sweep, and then does something about the accounts that it found, one
// after the other, each with an entry of its own in the audit log. Each is asked about once
// more in that step: who would be let in by then, since a rule was lifted or the account
// has another address, is left alone. Aliases are
// counted: a ban with [ban.CreateOptions.DisableMatchingAliases] turns them off.
//
// The last active admin, and the account of the actor, are among those that failed.
// An error of the store or the Checker ends it; what was done before is in the
// result, and stays: go on from its Cursor with its ID, or undo it.
func (a *Admin) ActOnSweep(ctx context.Context, checker SweepChecker, o ActOptions) (Swept, error) {
	if err := ban.CheckText("reason", o.Reason); err != nil {
		return Swept{}, err
	}
	limit := orDefault(o.Limit, DefaultSweepLimit)
	if limit < 0 || o.Act > SweepSuspend {
		return Swept{}, ban.NewValueError("limit", fmt.Sprint(o.Limit), ban.CodeRange, "give how many accounts the sweep may act on")
	}
	if _, err := a.change(ctx, store.AccountSuspend); err != nil { // without an actor, none
		return Swept{}, err
	}
	done := Swept{ID: o.ID, Cursor: o.After}
	if done.ID == uuid.Nil {
		var err error
		if done.ID, err = uuid.NewV7(); err != nil {
			return Swept{}, fmt.Errorf("make an id: %w", err)
		}
	}
	act := &acting{admin: a, judge: sweep{admin: a, checker: checker, opts: o.SweepOptions}, opts: o, done: &done}
	act.judge.opts.Trace = false
	err := act.all(ctx, checker, limit)
	if _, tooMany := errors.AsType[*SweepLimitError](err); tooMany {
		return Swept{ID: done.ID, Cursor: o.After}, err
	}
	return done, err
}

// acting is a sweep that does something.
type acting struct {
	admin *Admin
	judge sweep // who is asked about once more
	opts  ActOptions
	done  *Swept
	hooks int // errors of hooks so far
}

// all acts on what the sweep finds: at once if it is forced, else when it is known
// that they are not too many.
func (t *acting) all(ctx context.Context, checker SweepChecker, limit int) error {
	var few []Finding
	last := t.done.Cursor
	for f, err := range t.admin.Sweep(ctx, checker, t.opts.SweepOptions) {
		if err != nil {
			return err
		}
		last = f.Cursor
		switch {
		case f.Account.ID == uuid.Nil:
			t.done.Aliases++
			continue
		case t.opts.Act == SweepReport || f.Err != nil: // nobody is judged by what nobody can read
		case t.opts.Force:
			if err := t.on(ctx, &f); err != nil {
				return err
			}
			t.done.Cursor = f.Cursor
		case len(few) == limit:
			return &SweepLimitError{limit}
		default:
			few = append(few, f)
		}
		t.done.Accounts++
	}
	for i := range few {
		if err := t.on(ctx, &few[i]); err != nil {
			return err
		}
		t.done.Cursor = few[i].Cursor
	}
	t.done.Cursor = last
	return nil
}

// still asks about an account once more, as it is now.
func (t *acting) still(ctx context.Context, acc *Account) (Finding, bool, error) {
	texts := store.AccountTexts{ID: acc.ID, Seq: acc.Seq, Handle: acc.Handle}
	for i := range acc.Emails {
		texts.Emails = append(texts.Emails, acc.Emails[i].Address)
	}
	var f Finding
	found := false
	err := t.judge.judgeAccounts(ctx, []store.AccountTexts{texts}, func(_ *store.AccountTexts, worst *Finding) bool {
		if worst != nil {
			f, found = *worst, worst.Err == nil
		}
		return true
	})
	return f, found, err
}

// on does what is to be done about one account. The error is one that ends the
// sweep.
func (t *acting) on(ctx context.Context, f *Finding) error {
	reason := t.opts.Reason
	if reason == "" {
		reason = clipReason("sweep: " + f.Decision.Match.String())
	}
	var hook, err error
	if t.opts.Act == SweepSuspend && f.Decision.Verdict == ban.Denied {
		hook, err = t.suspend(ctx, f.Account.ID, reason)
	} else {
		hook, err = t.hold(ctx, f, reason)
	}
	if err != nil {
		if !aboutOne(err) && !errors.Is(err, ErrSuspended) {
			return err
		}
		if len(t.done.Failed) < MaxDecisions {
			t.done.Failed = append(t.done.Failed, DecisionError{f.Account.ID, err})
		}
	}
	if hook != nil && t.hooks < maxHookErrs {
		t.hooks++
		t.done.HookErr = errors.Join(t.done.HookErr, hook)
	}
	return nil
}

// hold makes an account wait in the name of the sweep.
func (t *acting) hold(ctx context.Context, f *Finding, reason string) (hook, err error) {
	with := func(ctx context.Context, acc *Account) (store.Hold, bool, error) {
		now, found, err := t.still(ctx, acc)
		now.Decision.Verdict = ban.NeedsReview // so that the hold names the rule, also one that denies
		hold := holdOf(now.Decision, now.Subject, Change{})
		hold.LetIn = true
		return hold, found, err
	}
	held, err := t.admin.hold(ctx, f.Account.ID, with, t.done.ID, HoldOptions{Reason: reason})
	if err != nil || !held.Changed {
		return nil, err
	}
	t.done.Held++
	return runHooks(ctx, t.admin.onPending, held.Account), nil
}

// suspend suspends an account in the name of the sweep.
func (t *acting) suspend(ctx context.Context, id uuid.UUID, reason string) (hook, err error) {
	changed := false
	w, err := t.admin.modify(ctx, id, func(w *store.AccountWrite, c *Change) (bool, error) {
		if changed = w.Account.Active(); !changed {
			return false, nil
		}
		now, found, err := t.still(ctx, &w.Account)
		if changed = found && now.Decision.Verdict == ban.Denied; err != nil || !changed {
			return false, err
		}
		old := w.Account
		w.Account.SuspendedAt, w.Account.SuspendedBy, w.Account.SuspendedReason = c.At, c.Actor, reason
		w.Account.Sweep = t.done.ID
		if err := guardOwn(&old, &w.Account, c.Actor, false); err != nil {
			return false, err
		}
		c.Action, w.RevokeCredentials = store.AccountSuspend, true
		return true, nil
	})
	if err != nil || !changed {
		return nil, err
	}
	t.done.Suspended++
	return t.admin.suspendedHooks(ctx, w).HookErr, nil
}

// clipReason bounds a reason that a program wrote.
func clipReason(s string) string {
	if r := []rune(s); len(r) > ban.MaxReason {
		return string(r[:ban.MaxReason-1]) + "…"
	}
	return s
}

// Undone says what undoing a sweep did.
type Undone struct {
	Reinstated int64           // accounts that are active again, or suspended by somebody else
	Failed     []DecisionError // the first [MaxDecisions]
}

// UndoSweep lets those in again whom a sweep suspended or made wait, as by
// Reinstate, each with an entry of its own in the audit log. Accounts about which
// somebody has decided since stay as that decided. It is resumable: what an error
// left is undone by the next call. An ID of no sweep changes nothing.
func (a *Admin) UndoSweep(ctx context.Context, id uuid.UUID, reason string) (Undone, error) {
	if err := ban.CheckText("reason", reason); err != nil {
		return Undone{}, err
	}
	if id == uuid.Nil {
		return Undone{}, ban.NewValueError("id", "", ban.CodeEmpty, "give the id of the sweep")
	}
	var done Undone
	page := Page{OldestFirst: true, Limit: store.MaxPageLimit}
	for {
		found, err := a.store.ListAccounts(ctx, Filter{Sweep: id}, page)
		if err != nil {
			return done, fmt.Errorf("undo a sweep: %w", err)
		}
		for i := range found {
			undone, err := a.undoSweepOf(ctx, found[i].ID, id, reason)
			switch {
			case err != nil && !aboutOne(err):
				return done, err
			case err != nil && len(done.Failed) < MaxDecisions:
				done.Failed = append(done.Failed, DecisionError{found[i].ID, err})
			case undone:
				done.Reinstated++
			}
		}
		if len(found) < page.Limit {
			return done, nil
		}
		page.After = found[len(found)-1].Seq
	}
}

func (a *Admin) undoSweepOf(ctx context.Context, account, sweep uuid.UUID, reason string) (undone bool, err error) {
	_, err = a.modify(ctx, account, func(w *store.AccountWrite, c *Change) (bool, error) {
		acc := &w.Account
		if undone = acc.Sweep == sweep; !undone {
			return false, nil
		}
		if acc.Hold.Held() { // the sweep made it wait; a suspension is somebody else's
			acc.Hold = store.Hold{}
		} else {
			acc.SuspendedAt, acc.SuspendedBy, acc.SuspendedReason, acc.SuspensionBans = time.Time{}, "", "", nil
		}
		acc.Sweep = uuid.Nil
		c.Action, c.Reason = store.AccountReinstate, reason
		return true, nil
	})
	return undone, err
}
