package signuppage

import (
	"errors"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

func TestAChangeOfAddressIsAskedAbout(t *testing.T) {
	st := memstore.New()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []ban.CreateOptions{
		{Kind: ban.KindDomain, Value: "disposable.example", Scope: ban.ScopeOf(ban.SignUp), Reason: "ticket 4711"},
		{Kind: ban.KindEmail, Value: "jdoe@gmail.com"},
		{Kind: ban.KindDomain, Value: "review.example", Effect: ban.Review},
		{Kind: ban.KindName, Value: "ann", Scope: ban.ScopeOf(ban.SignUp)},
	} {
		if _, err := admin.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer checker.Close()
	accounts, err := account.NewAdmin(st, account.AdminOptions{Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ann, err := accounts.Create(t.Context(), account.CreateOptions{Handle: "ann", Email: "ann@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := accounts.Create(t.Context(), account.CreateOptions{Handle: "bob", Email: "bob@example.org"}); err != nil {
		t.Fatal(err)
	}
	session := account.Session{Account: ann}
	for address, want := range map[string]error{
		"a@mail.DISPOSABLE.example": ErrAddress,
		"J.Doe+x@googlemail.com":    ErrAddress,
		"a@review.example":          ErrAddress,
		"bob@example.org":           ErrAddress,
	} {
		if err := ChangeEmail(t.Context(), checker, accounts, session, address); err != want {
			t.Errorf("%s: %v, want %v", address, err, want)
		}
	}
	for _, address := range []string{"", "a@@b"} {
		err := ChangeEmail(t.Context(), checker, accounts, session, address)
		if _, ok := errors.AsType[*ban.ValueError](err); !ok {
			t.Errorf("%q: %v, want a *ban.ValueError", address, err)
		}
	}
	if now, err := accounts.Get(t.Context(), ann.ID); err != nil || now.Emails[0].Address != "ann@example.org" {
		t.Errorf("%v, %v: a refused address was taken", now.Emails, err)
	}
	if err := ChangeEmail(t.Context(), checker, accounts, session, "new@example.org"); err != nil {
		t.Error(err)
	}
	if now, err := accounts.Get(t.Context(), ann.ID); err != nil || now.Emails[0].Address != "new@example.org" {
		t.Errorf("%v, %v: want the new address", now.Emails, err)
	}

	down, err := ban.NewChecker(outage{st}, ban.CheckerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer down.Close()
	err = ChangeEmail(t.Context(), down, accounts, session, "other@example.org")
	if !errors.Is(err, errOutage) {
		t.Errorf("in an outage: %v", err)
	}
}
