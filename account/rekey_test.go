package account_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
	"example.com/ostraka/memstore"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// writtenByV1 returns a copy of a database from before stores knew by which tables
// their keys were made.
func writtenByV1(t *testing.T) *sqlitestore.Store {
	t.Helper()
	packed, err := os.Open("../sqlitestore/testdata/v1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "v1.db")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	st, err := sqlitestore.Open(context.Background(), file, sqlitestore.Options{Synchronous: sqlitestore.SyncNormal})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

// A ban of a mailbox concerns the accounts and aliases of it, before Rekey and after.
func TestBansConcernAccountsUnderOldKeys(t *testing.T) {
	st := writtenByV1(t)
	h := newHouse(t, st)
	ban1 := ban.CreateOptions{Kind: ban.KindEmail, Value: "john.d@icloud.com", Force: true}
	someone := ban.CreateOptions{Kind: ban.KindEmail, Value: "someone@icloud.com", Force: true, DisableMatchingAliases: true}
	for _, when := range []string{"before", "after"} {
		p, err := h.bans.Preview(as("alice"), ban1)
		if err != nil || p.Affected.Accounts != 1 || p.Affected.Addresses != 1 || p.Affected.Aliases != 1 {
			t.Errorf("%s: a ban of %s would be about %+v, %v", when, ban1.Value, p.Affected, err)
		}
		for _, handle := range []string{"JohnD", "sofia", "MAC"} {
			if _, err := h.admin.ByHandle(context.Background(), handle); err != nil {
				t.Errorf("%s: %s: %v", when, handle, err)
			}
		}
		if _, err := h.admin.ByHandle(context.Background(), "nobody"); !errors.Is(err, account.ErrNotFound) {
			t.Errorf("%s: nobody: %v", when, err)
		}
		b, _, err := h.bans.Put(as("alice"), someone)
		if err != nil || b.AliasesDisabled != map[string]int64{"before": 1, "after": 0}[when] {
			t.Errorf("%s: a ban of %s turned off %d aliases, %v", when, someone.Value, b.AliasesDisabled, err)
		}
		if when == "before" {
			if r, err := ban.Rekey(context.Background(), st, ban.RekeyOptions{}); err != nil || r.Moved == 0 {
				t.Fatal(r, err)
			}
		}
	}
	acc, err := h.admin.ByHandle(context.Background(), "johnd")
	if err != nil || acc.Emails[0].Mailbox != "john.d@icloud.com" || acc.Emails[0].Address != "john.d+a@me.com" {
		t.Errorf("the account is %+v, %v", acc, err)
	}
}

// twins makes keys by which handles with the same ending look alike.
type twins struct{ *value.Tables }

func (twins) HandleKeys(handle string) ([]string, bool) { return []string{handle[1:]}, true }

// Accounts that come to look alike by newer tables are found by their own handles.
func TestAccountsThatComeToLookAlikeLogIn(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			st := open(t)
			h := newHouse(t, st)
			for _, handle := range []string{"axel", "fxel"} {
				if _, err := h.admin.Create(as("alice"), account.CreateOptions{Handle: handle}); err != nil {
					t.Fatal(err)
				}
			}
			page := store.RekeyPage{}
			for more := true; more; more = page.After != "" {
				r, err := st.Rekey(context.Background(), page, twins{}, store.Change{Actor: "x", Action: store.KeysRewrite})
				if err != nil {
					t.Fatal(err)
				}
				page.After = r.Next
			}
			if acc, err := h.admin.ByHandle(context.Background(), "Fxel"); err != nil || acc.Handle != "fxel" {
				t.Errorf("the younger is %+v, %v", acc, err)
			}
		})
	}
}

func TestMailboxesAreToldByTheTablesOfTheHost(t *testing.T) {
	tables, err := value.NewTables(value.TablesOptions{Providers: []value.Provider{{Domains: []string{"own.example"}, CutAt: '+'}}})
	if err != nil {
		t.Fatal(err)
	}
	st := memstore.New()
	defer st.Close()
	accounts, err := account.NewAdmin(st, account.AdminOptions{Tables: tables})
	if err != nil {
		t.Fatal(err)
	}
	acc, err := accounts.Create(as("alice"), account.CreateOptions{Handle: "victim", Email: "victim+tag@own.example", EmailVerified: true})
	if err != nil || acc.Emails[0].Mailbox != "victim@own.example" {
		t.Fatal(acc, err)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{Tables: tables})
	if err != nil {
		t.Fatal(err)
	}
	defer checker.Close()
	aliases, err := account.NewAliases(st, checker, account.AliasesOptions{Tables: tables})
	if err != nil {
		t.Fatal(err)
	}
	alias, err := aliases.Create(as("alice"), account.AliasOptions{Address: "a@alias.example", Owner: acc.ID})
	if err != nil || alias.Mailbox != "victim@own.example" {
		t.Errorf("the alias is %+v, %v", alias, err)
	}
	s, err := accounts.Suspend(as("alice"), acc.ID, account.SuspendOptions{BanEmails: true})
	if err != nil || len(s.BansCreated) != 1 || s.BansCreated[0].KeyText != "victim@own.example" {
		t.Errorf("the suspension made %+v, %v", s, err)
	}
}
