package main

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/sqlitestore"
)

func TestASweepReportsActsAndIsUndone(t *testing.T) {
	c := newCLI(t)
	c.withAccounts()
	c.alias("shop")
	c.ok("add", "example.org", "--reason", "sold")
	c.ok("add", "name:ann", "--effect", "review")
	c.ok("add", "home.example")
	wants(t, c.json("sweep"), "accounts", 2.0, "aliases", 1.0, "action", "reported", "findings.0.account.handle", "ann",
		"findings.0.verdict", "denied", "findings.0.match.matched", "example.org", "findings.2.alias.address", "shop@alias.example", "sweep", nil)
	contains(t, c.ok("sweep", "--limit", "1"), "account #1 ann", "deny domain example.org", "sold", "2 accounts and 1 alias", "--resume 1.0")
	wants(t, c.json("sweep", "--resume", "1.0"), "accounts", 1.0, "findings.0.account.handle", "bob")
	wants(t, c.json("sweep", "--rule", "home.example"), "accounts", 0.0, "aliases", 1.0)
	wants(t, c.json("sweep", "--accounts-only"), "aliases", 0.0)

	r := c.run("sweep", "--suspend", "--limit", "1", "--json")
	if r.code != 2 {
		t.Errorf("a sweep about too many ends with %d", r.code)
	}
	wants(t, document(t, r.errors), "error.code", "stopped")
	wants(t, c.json("sweep", "--suspend", "--dry-run"), "suspended", 2.0, "dry_run", true, "sweep", nil)
	wants(t, c.json("accounts", "list", "--state", "suspended"), "total", 0.0)
	done := c.json("sweep", "--suspend", "--limit", "1", "--force")
	wants(t, done, "suspended", 2.0, "action", "suspended")
	id, _ := done["sweep"].(string)
	wants(t, c.json("accounts", "show", "bob"), "account.state", "suspended", "account.sweep", id)
	contains(t, c.ok("log", "--json"), id)
	wants(t, c.json("sweep", "--undo", id, "--dry-run"), "reinstated", 2.0)
	wants(t, c.json("sweep", "--undo", id, "--reason", "a mistake"), "reinstated", 2.0)
	wants(t, c.json("accounts", "list", "--state", "active"), "total", 2.0)

	wants(t, c.json("sweep", "--hold", "--resume", id+"/1.0"), "held", 1.0, "sweep", id)
	wants(t, c.json("pending"), "total", 1.0, "accounts.0.handle", "bob", "accounts.0.hold.let_in", true)
	wants(t, c.json("sweep", "--undo", uuid.NewString()), "reinstated", 0.0)
	wants(t, c.json("sweep", "--mailboxes"), "total", 0.0)
	for _, args := range []string{"sweep --suspend --hold", "sweep --undo x", "sweep --resume x/1.0", "sweep --undo " + id + " --resume 1.0"} {
		r := c.run(append(strings.Fields(args), "--json")...)
		wants(t, document(t, r.errors), "error.code", "usage")
	}
	for _, args := range []string{"sweep --limit 0", "sweep --resume 7"} {
		r := c.run(append(strings.Fields(args), "--json")...)
		wants(t, document(t, r.errors), "error.code", "value")
	}
}

// Servers that begin to refuse a trait ask who is in with it, as check asks about one.
func TestASweepFindsWhoHasATraitThatServersRefuse(t *testing.T) {
	c := newCLI(t)
	c.withAccounts()
	st, err := sqlitestore.Open(t.Context(), c.db, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	admin, err := account.NewAdmin(st, account.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for handle, email := range map[string]string{"desk": "info@example.net", "eve": "e.ve@gmail.com"} {
		if _, err := admin.Create(ban.WithActor(t.Context(), "root"), account.CreateOptions{Handle: handle, Email: email, Password: "correct horse"}); err != nil {
			t.Fatal(err)
		}
	}
	wants(t, c.json("sweep"), "accounts", 0.0)
	wants(t, c.json("sweep", "--role", "deny"), "accounts", 1.0, "findings.0.account.handle", "desk", "findings.0.verdict", "denied")
	wants(t, c.json("sweep", "--tagged", "review"), "accounts", 1.0, "findings.0.account.handle", "eve", "findings.0.verdict", "review")
	if out := c.ok("sweep", "--free", "deny"); !strings.Contains(out, "deny email gmail.com via trait free: ") {
		t.Errorf("what decided is not said, or with the origin of a rule that is none: %s", out)
	}
	wants(t, c.json("sweep", "--role", "deny", "--tagged", "deny", "--hold"), "held", 2.0)
}
