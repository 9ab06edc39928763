package account

import (
	"context"
	"fmt"

	"example.com/ostraka/store"
)

// ChangePassword gives the account whose session has the secret another password,
// for who knows the one that it has. In the same step it ends all other sessions
// and API tokens of the account, and says how many; the session itself goes on. The
// audit log has it in the name of the account.
//
// No such session is [ErrInvalidCredential], another password than that of the
// account [ErrBadLogin], and a new one that does not fit a [*ban.ValueError]. Like
// [Auth.Authenticate] it does not count attempts.
func (u *Auth) ChangePassword(ctx context.Context, secret, current, password string) (ended int64, err error) {
	for range maxRetries {
		if ended, err = u.changePassword(ctx, secret, current, password); !lost(err) {
			return ended, err
		}
		// The account changed since its password was looked at: look again.
	}
	return 0, fmt.Errorf("change a password: %w", ErrConflict)
}

func (u *Auth) changePassword(ctx context.Context, secret, current, password string) (int64, error) {
	s, err := u.Session(ctx, secret)
	if err != nil {
		return 0, err
	}
	ok, _, err := u.passwords.verify(ctx, current, s.Account.PasswordHash)
	switch {
	case err != nil:
		return 0, err
	case !ok:
		return 0, ErrBadLogin
	}
	w := store.AccountWrite{Account: s.Account, RevokeCredentials: true, KeepCredential: s.Credential.ID}
	if w.Account.PasswordHash, err = u.passwords.hash(ctx, password); err != nil {
		return 0, err
	}
	w.Account.UpdatedAt = u.clock()
	done, err := u.store.UpdateAccount(ctx, w, Change{At: w.Account.UpdatedAt, Actor: s.Account.Handle, Action: store.AccountUpdate})
	if err != nil {
		return 0, fmt.Errorf("change the password of account %s: %w", s.Account.ID, err)
	}
	return done.CredentialsRevoked, nil
}
