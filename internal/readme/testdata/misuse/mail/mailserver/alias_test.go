package mailserver

import (
	"errors"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

func TestMayCreateAlias(t *testing.T) {
	st := memstore.New()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []ban.CreateOptions{
		{Kind: ban.KindName, Value: "postmaster", Scope: ban.ScopeOf(ban.Alias)},
		{Kind: ban.KindEmail, Value: "bob@example.org", Scope: ban.ScopeOf(ban.SignUp)},
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
	const (
		allowed = iota
		denied
		invalid
	)
	for name, test := range map[string]struct {
		owner, local, domain, client string
		want                         int
	}{
		"free":                   {"ann@example.org", "shop", "alias.example", "192.0.2.1", allowed},
		"banned name":            {"ann@example.org", "Postmaster", "alias.example", "192.0.2.1", denied},
		"banned from signing up": {"bob@example.org", "shop", "alias.example", "192.0.2.1", allowed},
		"no owner":               {"", "shop", "alias.example", "192.0.2.1", invalid},
		"no local part":          {"ann@example.org", "", "alias.example", "192.0.2.1", invalid},
		"no domain":              {"ann@example.org", "shop", "", "192.0.2.1", invalid},
		"no client":              {"ann@example.org", "shop", "alias.example", "", invalid},
		"no address":             {"ann", "shop", "alias.example", "192.0.2.1", invalid},
	} {
		err := MayCreateAlias(t.Context(), checker, test.owner, test.local, test.domain, test.client)
		got := allowed
		if _, ok := errors.AsType[*ban.DeniedError](err); ok {
			got = denied
		} else if _, ok := errors.AsType[*ban.ValueError](err); ok {
			got = invalid
		} else if err != nil {
			got = -1
		}
		if got != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
