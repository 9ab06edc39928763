package account

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// SignUpOptions describes somebody who signs up.
type SignUpOptions struct {
	// Account describes their account. Pending is set for them where a person has to
	// approve the sign-up; a host that wants every sign-up approved sets it itself.
	Account CreateOptions

	Domain string // of their website or the like; checked, and kept while the account waits; none by default
	// IP is the client's address; checked, not kept; none by default. While the
	// account waits its network is: of an IPv4 address 24 bits, of IPv6 48.
	IP string
}

// subject returns what is checked of a sign-up.
func (o *SignUpOptions) subject() ban.Subject {
	return ban.Subject{Email: o.Account.Email, Name: o.Account.Handle, Domain: o.Domain, IP: o.IP, Action: ban.SignUp}
}

// SignedUp says what became of a sign-up.
type SignedUp struct {
	Account Account // as it now is; zero if none was made
	// Pending: a person has to approve the sign-up. The account waits until Approve
	// lets it in, Reject refuses it, or ExpirePending finds that nobody looked.
	Pending bool
	// HookErr joins what [AdminOptions.OnPending] returned.
	HookErr error
	// Decision is that of the Checker which the rest follows from, for the log: its
	// Match has the reason, which a stranger must not see. Err is safe to show.
	Decision ban.Decision
	// CheckErr is why the Checker could not find out where its [ban.OnError] let the
	// person in all the same.
	CheckErr error
}

// SignUp makes the account of somebody who signs up, if the Checker lets them in.
// It asks twice: before anything is done, and again once the account is there.
// Between the two lies the time that hashing a password takes; a ban that is made
// in it, in this process or another, is in force for this sign-up too. The second
// look counts no hit.
//
// Who is denied gets a [*ban.DeniedError], whose text is safe to show; an account
// that was made before the second look is removed again, with all that it has.
// Who needs review gets an account that waits, and SignedUp.Pending. If
// the Checker cannot find out, its [ban.OnError] decides: refused, the error is
// its own, and there is no account. All other errors are those of Create.
//
// If the account that has to go cannot be removed, it is still there, and the
// error says that too; the account is then in the result.
func (a *Admin) SignUp(ctx context.Context, checker Checker, o SignUpOptions) (SignedUp, error) {
	if checker == nil {
		return SignedUp{}, errNoChecker()
	}
	subject := o.subject()
	d, err := checker.Check(ctx, subject)
	if refused := refusal(d, err); refused != nil {
		return SignedUp{Decision: d}, refused
	}
	done := SignedUp{Decision: d, CheckErr: err, Pending: o.Account.Pending || d.Verdict == ban.NeedsReview}
	o.Account.Pending, o.Account.Force = done.Pending, true // it was asked about
	held := func(c Change) store.Hold { return holdOf(d, subject, c) }
	if done.Account, err = a.create(ctx, o.Account, held); err != nil {
		return SignedUp{Decision: d, CheckErr: done.CheckErr}, err
	}
	// That whoever asked has gone must not let in whom a ban keeps out.
	done, err = a.lookAgain(context.WithoutCancel(ctx), checker, subject, done)
	if err == nil && done.Account.Pending() {
		done.HookErr = runHooks(ctx, a.onPending, done.Account)
	}
	return done, err
}

// lookAgain asks the Checker about an account that has just been made, and removes
// it or holds it if that is the answer.
func (a *Admin) lookAgain(ctx context.Context, checker Checker, subject ban.Subject, done SignedUp) (SignedUp, error) {
	t, err := checker.Explain(ctx, subject)
	if refused := refusal(t.Decision, err); refused != nil {
		done.Decision = t.Decision
		left, err := a.takeBack(ctx, done.Account, refused)
		if left.ID != uuid.Nil {
			return done, err
		}
		return SignedUp{Decision: done.Decision}, err
	}
	if err != nil {
		done.CheckErr = err
	}
	if t.Decision.Verdict != ban.NeedsReview || done.Pending {
		return done, nil
	}
	done.Decision, done.Pending = t.Decision, true
	held, err := a.hold(ctx, done.Account.ID, always(holdOf(t.Decision, subject, Change{})), uuid.Nil, HoldOptions{Force: true})
	if err != nil {
		return done, fmt.Errorf("hold the account for review: %w", err)
	}
	done.Account = held.Account
	return done, nil
}

// refusal returns why nobody is let in by the answer of a Checker; nil if somebody
// is, perhaps after review.
func refusal(d ban.Decision, err error) error {
	switch {
	case err != nil && d.Verdict != ban.Allowed:
		return err
	case d.Verdict == ban.Denied:
		return d.Err()
	}
	return nil
}
