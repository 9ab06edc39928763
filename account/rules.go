package account

import (
	"context"
	"errors"
	"fmt"

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

// createdDespite looks again at an account that has just been made, and takes it back
// if a rule of by now refuses it.
func (a *Admin) createdDespite(ctx context.Context, created Account, address string, out bool) (Account, error) {
	t, err := a.checker.Explain(ctx, ban.Subject{Name: created.Handle, Email: address, Action: a.action})
	refused := refusal(t.Decision, err)
	if refused == nil && t.Decision.Verdict == ban.NeedsReview && !out {
		refused = t.Decision.Err()
	}
	if refused == nil {
		return created, nil
	}
	return a.takeBack(ctx, created, refused)
}

// takeBack removes an account that must not be. If that cannot be done, the account is
// in the result, and the error says so as well.
func (a *Admin) takeBack(ctx context.Context, acc Account, refused error) (Account, error) {
	if _, err := a.Delete(ctx, acc.ID, DeleteOptions{Force: true}); err != nil && !errors.Is(err, ErrNotFound) {
		return acc, errors.Join(refused, fmt.Errorf("remove the account that must not be: %w", err))
	}
	return Account{}, refused
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
