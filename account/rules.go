package account

import (
	"context"

	"example.com/ostraka/ban"
)

// checkNew asks the Checker, if there is one, about a handle and an address that an
// account is to have; empty is what stays. Who is out anyway may need review.
func (a *Admin) checkNew(ctx context.Context, handle, address string, out bool) (ban.Decision, error) {
	if a.checker == nil || handle == "" && address == "" {
		return ban.Decision{Verdict: ban.Allowed}, nil
	}
	d, err := a.checker.Check(ctx, ban.Subject{Name: handle, Email: address, Action: a.action})
	if refused := refusal(d, err); refused != nil {
		return d, refused
	}
	if d.Verdict == ban.NeedsReview && !out {
		return d, d.Err()
	}
	return d, nil
}

// checkChanged is checkNew about what an account has now and had not before.
func (a *Admin) checkChanged(ctx context.Context, old, acc *Account) error {
	var handle, address string
	if acc.HandleFold != old.HandleFold {
		handle = acc.Handle
	}
	for _, e := range acc.Emails {
		if !old.HasEmail(e.Address) {
			address = e.Address // a change brings one at most
		}
	}
	_, err := a.checkNew(ctx, handle, address, !acc.Active())
	return err
}
