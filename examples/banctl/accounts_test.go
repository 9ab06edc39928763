package main

import (
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/sqlitestore"
)

// signsUp signs people up whom the rules of the database may hold.
func (c *cli) signsUp(handles ...string) {
	c.Helper()
	st, err := sqlitestore.Open(c.Context(), c.db, sqlitestore.Options{})
	if err != nil {
		c.Fatal(err)
	}
	defer st.Close()
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		c.Fatal(err)
	}
	defer checker.Close()
	admin, err := account.NewAdmin(st, account.AdminOptions{Actor: "signup"})
	if err != nil {
		c.Fatal(err)
	}
	for _, handle := range handles {
		o := account.SignUpOptions{IP: "192.0.2.7", Account: account.CreateOptions{Handle: handle, Email: handle + "@unsure.example"}}
		if _, err := admin.SignUp(c.Context(), checker, o); err != nil {
			c.Fatal(err)
		}
	}
}

func TestWhoWaitsIsApprovedOrRejected(t *testing.T) {
	c := newCLI(t)
	c.ok("add", "unsure.example", "--effect", "review")
	c.signsUp("eve", "adam", "abel", "cain")
	wants(t, c.json("pending"), "total", 4.0, "accounts.0.handle", "eve", "accounts.0.hold.matched", "unsure.example", "accounts.0.state", "pending")
	contains(t, c.ok("pending", "--limit", "1"), "eve@unsure.example", "192.0.2.0/24", "1 of 4 accounts wait", "--after 1")
	wants(t, c.json("pending", "--rule", "unsure.example", "--network", "192.0.2.9", "--after", "1"), "total", 4.0, "accounts.0.handle", "adam")
	wants(t, c.json("pending", "--domain", "other.example"), "total", 0.0)

	wants(t, c.json("approve", "eve", "--dry-run"), "dry_run", true, "accounts.0.handle", "eve")
	wants(t, c.json("accounts", "show", "eve"), "account.state", "pending")
	contains(t, c.ok("approve", "eve", "--reason", "known"), "approved: account #1 eve")
	wants(t, c.json("accounts", "show", "eve@unsure.example"), "account.state", "active")
	r := c.run("reject", "eve", "--json")
	if r.code != 2 {
		t.Errorf("a second decision ends with %d", r.code)
	}
	wants(t, document(t, r.errors), "error.code", "conflict")
	contains(t, r.errors, "approved by alice")

	wants(t, c.json("reject", "adam", "--ban-name", "--reason", "a bot", "--dry-run"), "bans_created.0.value", "adam")
	wants(t, c.json("reject", "adam", "--ban-name", "--reason", "a bot"), "action", "rejected", "bans_created.0.value", "adam")
	if r := c.run("check", "--name", "adam"); r.code != 3 {
		t.Errorf("a check of who was rejected ends with %d", r.code)
	}
	wants(t, c.json("reject", "--rule", "unsure.example", "--up-to", "3"), "accounts.0.handle", "abel", "accounts.1", nil)
	wants(t, c.json("approve", "--all"), "accounts.0.handle", "cain")
	wants(t, c.json("pending"), "total", 0.0)
	for _, args := range [][]string{{"approve"}, {"approve", "eve", "--all"}, {"reject", "--up-to", "7"}} {
		r := c.run(append(args, "--json")...)
		wants(t, document(t, r.errors), "error.code", "usage")
	}
}

func TestAccountsAreListedSuspendedAndReinstated(t *testing.T) {
	c := newCLI(t)
	c.withAccounts()
	wants(t, c.json("accounts", "list"), "total", 2.0, "accounts.0.handle", "bob")
	wants(t, c.json("accounts", "list", "--match", "an", "--state", "active"), "total", 1.0)
	wants(t, c.json("accounts", "list", "--match", "BOB@"), "total", 1.0)
	wants(t, c.json("accounts", "list", "--limit", "1"), "before", 2.0)
	contains(t, c.ok("accounts", "list"), "bob@example.org", "active", "2 accounts")
	wants(t, c.json("accounts", "suspend", "bob", "--ban-emails", "--reason", "spam", "--dry-run"), "action", "suspended", "bans_created.0.value", "bob@example.org")
	wants(t, c.json("accounts", "list", "--state", "suspended"), "total", 0.0)
	contains(t, c.ok("accounts", "suspend", "bob", "--ban-emails", "--reason", "spam", "--expires", "30d"), "suspended: account #2 bob", "spam", "bob@example.org")
	wants(t, c.json("accounts", "suspend", "bob"), "action", "unchanged")
	wants(t, c.json("accounts", "list", "--state", "suspended"), "total", 1.0)
	wants(t, c.json("accounts", "reinstate", "bob", "--lift-bans", "--dry-run"), "action", "reinstated")
	wants(t, c.json("accounts", "reinstate", "bob", "--lift-bans"), "account.state", "active", "bans_lifted.0.value", "bob@example.org")
	for args, code := range map[string][2]string{
		"nobody":      {"accounts show nobody", "not_found"},
		"no command":  {"accounts", "usage"},
		"a bad state": {"accounts list --state gone", "usage"},
	} {
		r := c.run(append(strings.Fields(code[0]), "--json")...)
		if r.code != 2 {
			t.Errorf("%s: ends with %d", args, r.code)
		}
		wants(t, document(t, r.errors), "error.code", code[1])
	}
}
