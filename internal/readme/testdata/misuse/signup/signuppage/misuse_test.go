package signuppage

import (
	"errors"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

func TestAnEmptyFieldIsRefused(t *testing.T) {
	st := memstore.New()
	accounts, err := account.NewAdmin(st, account.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer checker.Close()
	for _, f := range [][3]string{{"", "ann@example.org", "192.0.2.1"}, {"ann", "", "192.0.2.1"}, {"ann", "ann@example.org", ""}} {
		_, err := SignUp(t.Context(), checker, accounts, f[0], f[1], "correct horse", f[2])
		if _, ok := errors.AsType[*ban.ValueError](err); !ok {
			t.Errorf("%q: %v, want a *ban.ValueError", f, err)
		}
	}
}

func TestATakenAddressLooksLikeAFreeOne(t *testing.T) {
	st := memstore.New()
	accounts, err := account.NewAdmin(st, account.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer checker.Close()
	for _, name := range []string{"ann", "eve"} {
		if pending, err := SignUp(t.Context(), checker, accounts, name, "ann@example.org", "correct horse", "192.0.2.1"); pending || err != nil {
			t.Errorf("%s: %t, %v", name, pending, err)
		}
	}
	if _, err := accounts.ByHandle(t.Context(), "eve"); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("an account was made with an address that is taken: %v", err)
	}
}
