package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestImportSaysWhatItRead(t *testing.T) {
	c := newCLI(t)
	c.stdin = "a.example\n203.0.113.7-203.0.113.8\n||b.example^\nc.example\nu@d.example\nname:admin\n"
	out := c.ok("import", "--list", "l", "-")
	contains(t, out, "7 added, 0 changed, 0 removed, 0 unchanged, 0 rejected; read as plain: 1 email, 3 domain, 2 ip, 1 name")
	c.stdin = "\ufeffUsername;note\nadmin;x\n"
	wants(t, c.json("import", "--list", "names", "--dry-run", "-"), "format", "csv", "kinds.name", 1.0, "added", 1.0)
}

func TestImportStopsAtWhatIsNoList(t *testing.T) {
	c := newCLI(t)
	five, err := os.ReadFile(filepath.Join("..", "..", "blocklist", "testdata", "faults", "five-domains.txt"))
	if err != nil {
		t.Fatal(err)
	}
	c.ok("import", "--list", "l", file(t, "five.txt", string(five)))
	for body, code := range map[string]string{
		"Forbidden\n": "no_list", "404": "no_list", "null": "no_list", `{"error":"x"}`: "no_list", "<html>": "no_list",
		"colour,size\nred,4\n": "unknown_header", "z.example\n": "all_removed", "omm\nxyz\n": "mostly_rejected", "": "empty",
	} {
		for _, list := range []string{"l", "new"} {
			if list == "new" && code == "all_removed" {
				continue
			}
			c.stdin = body
			r := c.run("import", "--list", list, "--json", "-")
			wants(t, document(t, r.errors), "error.reason", code)
		}
	}
	wants(t, c.json("show", "list:l"), "list.entries", 5.0, "list.version", 1.0)
	wants(t, c.json("stats"), "lists", 1.0)
}

func TestUndoneImportIsTheOneBefore(t *testing.T) {
	c := newCLI(t)
	c.ok("import", "--list", "l", file(t, "v1.txt", "a.example\nb.example\n"))
	out := c.ok("import", "--list", "l", "--public-reason", "TEST", file(t, "v2.txt", "b.example\nc.example\n"))
	contains(t, out, "1 added, 0 changed, 1 removed, 1 unchanged, 0 rejected")
	contains(t, c.ok("log", "list:l"), "1 added, 0 changed, 1 removed", "2 added, 0 changed, 0 removed")
	c.ok("undo", "l")
	contains(t, c.ok("log", "list:l"), "1 added, 0 changed, 1 removed")
	r := c.run("check", "--email", "x@a.example")
	contains(t, r.out, "v1.txt", "line 1")
	if strings.Contains(r.out, "TEST") || strings.Contains(r.out, "v2.txt") {
		t.Errorf("check says %s", r.out)
	}
}

func TestAddGuessesNoName(t *testing.T) {
	c := newCLI(t)
	for value, code := range map[string]string{
		"203.0.113.7-203.0.113.20": "not_supported", "2001:db8::1 - 2001:db8::2": "not_supported", "/ads/": "not_supported", "^admin$": "not_supported",
		"AS13335": "not_supported", "keyword:x": "not_supported", "admin,": "bad_syntax", `"admin"`: "bad_syntax", "admin|root": "bad_syntax",
	} {
		for _, command := range []string{"add", "put", "preview"} {
			wants(t, document(t, c.run(command, value, "--json").errors), "error.reason", code)
		}
	}
	c.ok("add", "admin")
	c.ok("add", "name:^admin$")
}
