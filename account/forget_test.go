package account_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

var (
	oldKey = []byte(strings.Repeat("o", 32))
	newKey = []byte(strings.Repeat("n", 32))
)

// forgetting returns an Admin of accounts, one of bans and a Checker that have keys.
func (h *house) forgetting(t testing.TB) (*account.Admin, *ban.Admin, *ban.Checker) {
	t.Helper()
	ring := ban.KeyRing{"old": oldKey, "new": newKey}
	people := must(account.NewAdmin(h.store, account.AdminOptions{Passwords: quick, Now: h.clock.Now, Keys: ring, HashKey: "new"}))(t)
	bans := must(ban.NewAdmin(h.store, ban.AdminOptions{Now: h.clock.Now, Keys: ring, HashKey: "new"}))(t)
	checker := must(ban.NewChecker(h.store, ban.CheckerOptions{Now: h.clock.Now, Keys: ring}))(t)
	t.Cleanup(func() { checker.Close() })
	return people, bans, checker
}

// held returns all that a store has of accounts, aliases, bans and the log.
func (h *house) held(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	add := func(v any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		text := must(json.Marshal(v))(t)
		fmt.Fprintf(&b, "%s\n", text)
	}
	all := store.Page{Limit: store.MaxPageLimit}
	bans, err := h.store.ListBans(t.Context(), store.BanFilter{}, all)
	add(bans, err)
	accounts, err := h.store.ListAccounts(t.Context(), store.AccountFilter{}, all)
	add(accounts, err)
	aliases, err := h.store.ListAliases(t.Context(), store.AliasFilter{}, all)
	add(aliases, err)
	log, err := h.store.Changes(t.Context(), 0, store.MaxPageLimit)
	add(log, err)
	return b.String()
}

func TestAnAccountThatIsForgottenLeavesHashedBansOnly(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		people, bans, checker := h.forgetting(t)
		mallory := must(h.admin.Create(as("root"), account.CreateOptions{Handle: "Mallory", Email: "mal.lory@gmail.com", Password: password, Name: "Mallory M."}))(t)
		must(h.admin.AddEmail(as("mallory"), mallory.ID, "m@mallory.example", true))(t)
		must(h.admin.AddEmail(as("root"), mallory.ID, "former.mallory@mail.example", false))(t)
		must(h.admin.RemoveEmail(as("root"), mallory.ID, "former.mallory@mail.example"))(t)
		must(h.aliases.Create(as("Mallory"), account.AliasOptions{Address: "shop@alias.example", Owner: mallory.ID}))(t)
		h.login(t, "mallory")
		by := must(h.bans.Create(as("mal.lory@gmail.com"), ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"}))(t)
		first := must(h.bans.Create(as("root"), ban.CreateOptions{Kind: ban.KindEmail, Value: "mallory+1@googlemail.com", Reason: "sold links"}))(t)
		must(h.bans.Revoke(as("root"), first.ID, ""))(t)
		must(h.admin.Suspend(as("root"), mallory.ID, account.SuspendOptions{Reason: "spam", BanEmails: true, BanName: true}))(t)

		done := must(people.Delete(as("root"), mallory.ID, account.DeleteOptions{KeepHashedBan: true, Label: "case 7"}))(t)
		if held := h.held(t); strings.Contains(strings.ToLower(strings.ReplaceAll(held, "mal.lory", "mallory")), "mallory") {
			t.Errorf("the store still names the account:\n%s", held)
		}
		if done.Account.Handle != "Mallory" || done.CredentialsRevoked > 1 || len(done.BansCreated) != 0 || len(done.BansExisting) != 2 {
			t.Errorf("Delete returned %+v, want the account as it was and the two bans of its addresses", done)
		}
		if got := must(h.bans.Get(t.Context(), by.ID))(t); got.CreatedBy != mallory.ID.String() {
			t.Errorf("a ban by the account was made by %q, want its ID", got.CreatedBy)
		}
		if got := must(bans.Get(t.Context(), first.ID))(t); !got.Hashed() || got.Reason != "sold links" {
			t.Errorf("the ban of before is %+v, want its hash with the reason", got)
		}
		for _, s := range []ban.Subject{{Email: "mallory+new@gmail.com"}, {Email: "m@mallory.example"}, {Name: "mal1ory"}, {Name: "malory"}, {Name: "MALLORY"}} {
			d, err := checker.Check(t.Context(), s)
			if want := s.Name != "malory"; err != nil || (d.Verdict == ban.Denied) != want {
				t.Errorf("%+v is %s, %v", s, d.Verdict, err)
			}
		}
		if d, err := checker.Check(t.Context(), ban.Subject{Email: "former.mallory@mail.example"}); err != nil || d.Verdict != ban.Allowed {
			t.Errorf("an address that it had before is %s, %v", d.Verdict, err)
		}
		if _, err := h.aliases.ByAddress(t.Context(), "shop@alias.example"); err == nil {
			t.Error("its alias is still there")
		}
	})
}

func TestAnAccountThatIsForgottenIsBannedByEachOfItsMailboxes(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		people, bans, checker := h.forgetting(t)
		a := must(h.admin.Create(as("root"), account.CreateOptions{Handle: "eve", Email: "eve@gmail.com"}))(t)
		must(h.admin.AddEmail(as("root"), a.ID, "e.ve+2@gmail.com", false))(t)
		must(h.admin.AddEmail(as("root"), a.ID, "eve@known.example", false))(t)
		alias := must(h.aliases.Create(as("root"), account.AliasOptions{Address: "e@alias.example", Owner: a.ID}))(t)
		known := must(must(ban.NewAdmin(h.store, ban.AdminOptions{Now: h.clock.Now, Keys: ban.KeyRing{"old": oldKey}}))(t).
			Create(as("root"), ban.CreateOptions{Kind: ban.KindEmail, Value: "eve@known.example", Hashed: true}))(t)

		done := must(people.Delete(as("root"), a.ID, account.DeleteOptions{KeepHashedBan: true, KeepAliasAddresses: true, Label: "case 8"}))(t)
		if len(done.BansCreated) != 1 || !done.BansCreated[0].Hashed() || done.BansCreated[0].Label != "case 8" || done.AliasesDisabled != 1 {
			t.Errorf("Delete returned %+v, want one hashed ban of one mailbox, and one alias turned off", done)
		}
		for _, s := range []ban.Subject{{Email: "ev.e@googlemail.com"}, {Email: "eve@known.example"}} {
			if d, err := checker.Check(t.Context(), s); err != nil || d.Verdict != ban.Denied {
				t.Errorf("%s is %s, %v", s.Email, d.Verdict, err)
			}
		}
		if d, err := checker.Check(t.Context(), ban.Subject{Name: "eve"}); err != nil || d.Verdict != ban.Allowed {
			t.Errorf("the handle, which was not banned, is %s, %v", d.Verdict, err)
		}
		left := must(h.aliases.ByAddress(t.Context(), "e@alias.example"))(t)
		if left.ID != alias.ID || left.Active || left.Destination != "" {
			t.Errorf("the alias is %+v, want its address only", left)
		}
		if all := must(bans.List(t.Context(), ban.Filter{}, ban.Page{}))(t); len(all) != 2 || all[1].ID != known.ID {
			t.Errorf("the bans are %+v, want the one that was made and the one that was there", all)
		}
	})
}

func TestForgettingIsRefused(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		people, _, _ := h.forgetting(t)
		admin := h.createAdmin(t, "root")
		a := h.create(t, "bob")
		before := h.held(t)
		for name, c := range map[string]struct {
			admin       *account.Admin
			opts        account.DeleteOptions
			field, code string
		}{
			"without keys":                   {h.admin, account.DeleteOptions{KeepHashedBan: true}, "keep_hashed_ban", ban.CodeNotSupported},
			"with a label that names it":     {people, account.DeleteOptions{KeepHashedBan: true, Label: "Bob@example.org"}, "label", ban.CodeConflict},
			"with a label and no hashed ban": {people, account.DeleteOptions{Label: "x"}, "keep_hashed_ban", ban.CodeNoEffect},
		} {
			t.Run(name, func(t *testing.T) {
				_, err := c.admin.Delete(as("alice"), a.ID, c.opts)
				wantValueError(t, err, c.field, c.code)
			})
		}
		_, err := people.Delete(as("alice"), admin.ID, account.DeleteOptions{KeepHashedBan: true})
		wantError(t, "of the last admin", err, account.ErrLastAdmin)
		_, err = people.Delete(as("bob"), a.ID, account.DeleteOptions{KeepHashedBan: true})
		wantError(t, "of oneself", err, account.ErrOwnAccount)
		if now := h.held(t); now != before {
			t.Errorf("what was refused changed the store:\n%s\nIt was\n%s", now, before)
		}
	})
	for name, o := range map[string]account.AdminOptions{
		"a short key":                   {Keys: ban.KeyRing{"a": []byte("short")}},
		"several keys, none named":      {Keys: ban.KeyRing{"a": oldKey, "b": newKey}},
		"a key that is not in the ring": {Keys: ban.KeyRing{"a": oldKey}, HashKey: "b"},
	} {
		if _, err := account.NewAdmin(newHouse(t, backends["memstore"](t)).store, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
