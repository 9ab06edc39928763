package console

import (
	"errors"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

// accountProblem says why an account was not changed, if it is nothing wrong with a
// field and no trouble.
func accountProblem(err error) (string, bool) {
	switch {
	case errors.Is(err, account.ErrLastAdmin):
		return "It is the last admin that is active. Make another one first.", true
	case errors.Is(err, account.ErrOwnAccount):
		return "It is your own account. Ask another moderator.", true
	}
	if guard, ok := errors.AsType[*ban.GuardError](err); ok {
		return guardWords(guard), true
	}
	return "", false
}
