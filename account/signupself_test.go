package account_test

import (
	"errors"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

// Hosts whose log names people sign them up as themselves: that nobody deletes their own
// account by accident must not leave one that a ban came for meanwhile.
func TestWhoSignsUpInTheirOwnNameIsKeptOutToo(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		banned := func() {
			must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindDomain, Value: "example.org"}))(t)
		}
		admin := must(account.NewAdmin(&during{h.store, banned}, account.AdminOptions{Passwords: quick, Now: h.clock.Now}))(t)
		_, err := admin.SignUp(as("eve"), h.checker, signUpOf("eve", "eve@example.org", "192.0.2.7"))
		if _, denied := errors.AsType[*ban.DeniedError](err); !denied {
			t.Errorf("the error is %v, want a *ban.DeniedError", err)
		}
		_, err = h.admin.ByHandle(t.Context(), "eve")
		wantError(t, "the account", err, account.ErrNotFound)
	})
}
