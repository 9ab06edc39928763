package main

import (
	"strings"
	"testing"

	"github.com/google/uuid"
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
