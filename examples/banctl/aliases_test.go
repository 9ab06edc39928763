package main

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// alias makes an active alias in the database, as a mail service does.
func (c *cli) alias(local string) {
	c.Helper()
	st, err := sqlitestore.Open(c.Context(), c.db, sqlitestore.Options{})
	if err != nil {
		c.Fatal(err)
	}
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	_, err = st.CreateAlias(c.Context(), store.MailAlias{
		ID: uuid.Must(uuid.NewV7()), Local: local, LocalKey: local, Domain: "alias.example",
		Destination: "me@home.example", Mailbox: "me@home.example", Active: true, CreatedAt: now, UpdatedAt: now,
	}, store.Change{At: now, Actor: "mail service", Action: store.AliasCreate})
	if err != nil {
		c.Fatal(err)
	}
	if err := st.Close(); err != nil {
		c.Fatal(err)
	}
}

func TestABanTurnsOffAliasesIfAsked(t *testing.T) {
	c := newCLI(t)
	c.alias("shop")
	c.alias("news")
	wants(t, c.json("preview", "alias.example"), "affected.aliases", 2.0, "affected.accounts", 0.0)
	contains(t, c.ok("preview", "name:shop"), "0 accounts, 0 addresses and 1 aliases", "shop@alias.example")
	wants(t, c.json("add", "name:shop", "--disable-aliases", "--dry-run"), "ban.aliases_disabled", 1.0, "dry_run", true)
	wants(t, c.json("add", "name:shop", "--disable-aliases"), "ban.aliases_disabled", 1.0)
	wants(t, c.json("put", "home.example", "--disable-aliases"), "action", "created", "ban.aliases_disabled", 1.0)
	wants(t, c.json("put", "home.example", "--disable-aliases", "--dry-run"), "ban.aliases_disabled", nil)
	wants(t, c.json("add", "alias.example"), "ban.aliases_disabled", nil)
	r := c.run("add", "203.0.113.7", "--disable-aliases", "--json")
	if r.code != 2 {
		t.Errorf("turning off aliases with an ip ban ends with %d", r.code)
	}
	wants(t, document(t, r.errors), "error.reason", "not_supported_for_ip_bans")
}

func TestAliasesAreTurnedOnAgainWhenTheBanIsOver(t *testing.T) {
	c := newCLI(t)
	c.withAccounts()
	c.alias("shop")
	c.alias("news")
	c.ok("add", "name:shop", "--disable-aliases")
	wants(t, c.json("aliases", "--state", "ended"), "total", 1.0)
	wants(t, c.json("aliases", "--ban", "name:shop"), "total", 1.0)
	wants(t, c.json("aliases", "--match", "NEWS"), "total", 1.0)
	wants(t, c.json("aliases", "--account", "ann"), "total", 0.0)
	wants(t, c.json("aliases", "--limit", "1"), "total", 2.0, "before", 2.0)
	contains(t, c.ok("aliases"), "shop@alias.example", "off", "news@alias.example", "active", "2 aliases")
	if r := c.run("enable", "shop@alias.example"); r.code != 2 {
		t.Errorf("what a ban refuses is turned on: %d %s", r.code, r.errors)
	}
	c.ok("revoke", "name:shop")
	wants(t, c.json("enable", "shop@alias.example", "--dry-run"), "action", "turned on", "dry_run", true, "alias.active", true)
	wants(t, c.json("aliases", "--state", "ended"), "total", 1.0)
	wants(t, c.json("enable", "shop@alias.example"), "alias.active", true, "alias.disabled_ban", nil)
	wants(t, c.json("disable", "#2"), "action", "turned off", "alias.active", false, "alias.address", "news@alias.example")
	wants(t, c.json("delete-alias", "2", "--dry-run"), "alias.seq", 2.0)
	wants(t, c.json("aliases"), "total", 2.0)
	c.ok("delete-alias", "2")
	wants(t, c.json("aliases"), "total", 1.0)
	for _, ref := range []string{"2", "news@alias.example", "00000000-0000-0000-0000-000000000001"} {
		r := c.run("enable", ref, "--json")
		if r.code != 2 {
			t.Errorf("enable %s ends with %d", ref, r.code)
		}
		wants(t, document(t, r.errors), "error.code", "not_found")
	}
}
