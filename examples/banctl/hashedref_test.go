package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Whoever bans somebody by a hash has the address, and names the ban by it.
func TestABanByAHashIsNamedByItsValueWhereTheKeyIs(t *testing.T) {
	c := newCLI(t)
	keys := c.withKeys("old")
	c.ok("add", "--hashed", "--label", "case 7", "mal.lory@gmail.com")
	c.ok("add", "--hashed", "name:Xanthippe")
	c.ok("new-key", keys, "--id", "new") // bans under an older key are found too
	hash := regexp.MustCompile(`h:old:\S+`).FindString(c.ok("show", "1"))
	for _, ref := range []string{"mallory@gmail.com", "M.allory+x@googlemail.com", hash} {
		for _, args := range [][]string{{"show", ref}, {"log", ref}, {"update", ref, "--reason", ref[:1]}, {"revoke", ref}, {"reinstate", ref}} {
			if out := c.ok(args...); !strings.Contains(out, "h:old:") {
				t.Errorf("banctl %v: %s", args, out)
			}
		}
	}
	if out := c.ok("show", "name:хanthippe"); !strings.Contains(out, "ban #2") { // a Cyrillic х
		t.Errorf("a name that looks the same: %s", out)
	}
	for _, contains := range []string{"mallory@gmail.com", "Mallory+2@gmail.com", hash} {
		if out := c.ok("list", "--contains", contains); !strings.Contains(out, "#1 ") || strings.Contains(out, "#2 ") {
			t.Errorf("list --contains %s: %s", contains, out)
		}
	}
	if out := c.ok("preview", "mallory@gmail.com"); !strings.Contains(out, "(case 7)") {
		t.Errorf("preview does not say the label: %s", out)
	}
	t.Setenv("OSTRAKA_KEY_FILE", "")
	r := c.run("show", "mallory@gmail.com")
	if r.code != statusTrouble || !strings.Contains(r.errors, "not found") || !strings.Contains(r.errors, "under the key old") {
		t.Errorf("without the key: exit status %d: %s", r.code, r.errors)
	}
	if r := c.run("show", "spam.example"); strings.Contains(r.errors, "key") {
		t.Errorf("a domain is not hashed: %s", r.errors)
	}
	c.ok("delete", hash)
}

// A key that is made in the place of a lost one matches none of its bans, and nothing
// tells the one from the other but the ID.
func TestANewKeyIsNotTakenForOneThatWasLost(t *testing.T) {
	c := newCLI(t)
	keys := c.withKeys("k")
	c.ok("add", "--hashed", "mallory@gmail.com")
	again := filepath.Join(t.TempDir(), "again.keys")
	if r := c.run("new-key", again, "--id", "k"); r.code != statusTrouble || !strings.Contains(r.errors, "would match nobody") || !strings.Contains(r.errors, "--id") {
		t.Errorf("the ID of a key that is in use: exit status %d: %s", r.code, r.errors)
	}
	c.ok("new-key", again, "--id", "another")
	if r := c.run("new-key", keys, "--id", "k"); r.code != statusTrouble || !strings.Contains(r.errors, "already") {
		t.Errorf("an ID that the file has: exit status %d: %s", r.code, r.errors)
	}
	ids := make(map[string]bool)
	for range 3 {
		id := regexp.MustCompile(`20\d\d-\d\d-\d\d\.k[a-z2-7]{8}`).FindString(c.ok("new-key", filepath.Join(t.TempDir(), "some.keys")))
		if id == "" || ids[id] {
			t.Errorf("the ID %q is not one of its own", id)
		}
		ids[id] = true
	}
	if out := withoutDatabase(t).ok("new-key", filepath.Join(t.TempDir(), "some.keys"), "--id", "k"); !strings.Contains(out, "under the key k") {
		t.Errorf("before there is a database: %s", out)
	}
}
