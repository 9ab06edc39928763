package main

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// evil tries to clear the screen, in two ways, to turn the writing around, to hide
// something and to begin a line of its own.
const evil = "x\x1b[2J\u009b2Jy\u202ez\u200b\r\n\tbanctl: all is well\x00\x7f"

// safe checks that a text has nothing in it that a terminal would obey.
func safe(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); visible(line) != line {
			t.Errorf("a terminal would obey %q", line)
		}
	}
}

func TestControlCharactersOfOthersReachNoTerminal(t *testing.T) {
	c := newCLI(t)
	st, err := sqlitestore.Open(t.Context(), c.db, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// Written past the checks of package ban, as some other program may.
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ban := store.Ban{
		ID: uuid.Must(uuid.NewV7()), Kind: store.KindDomain, Value: "spam.example", KeyText: "spam.example",
		Reason: evil, PublicReason: evil, CreatedAt: at, UpdatedAt: at, CreatedBy: evil,
	}
	if _, err := st.CreateBan(context.Background(), ban, store.Change{At: at, Actor: evil, Action: store.BanCreate}); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	subject := []string{"--email", "bob@spam.example"}
	for _, args := range [][]string{
		{"list"}, {"show", "1"}, {"log"}, append([]string{"check"}, subject...), append([]string{"explain"}, subject...),
		{"preview", "www.spam.example"}, {"add", "spam.example"}, {"add", evil}, {"revoke", evil}, {"show", "list:" + evil},
		{"add", "x.example", "--reason", evil}, {"import", "--list", "x", file(t, "x.txt", evil+"\n\xff\x9b2J\na.example\nb.example\nc.example\nd.example\n")},
		{"--" + evil}, {evil}, {"--db", evil, "list"}, {"--db", "\xff\x9b", "list"}, {"backup", "/nowhere/" + evil},
	} {
		for _, more := range [][]string{nil, {"--json"}} {
			r := c.run(append(args, more...)...)
			if r.out+r.errors == "" {
				t.Errorf("%q prints nothing", args)
			}
			safe(t, r.out)
			safe(t, r.errors)
		}
	}
	wants(t, c.json("show", "1"), "ban.reason", evil) // JSON says the same all the same
}

func FuzzVisible(f *testing.F) {
	for _, s := range []string{"plain", evil, "\xff\x9b2J", "bücher", "日本\u3000語", "é", "\U000e0041", "\ufffd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := visible(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, hidden) {
			t.Errorf("%q is shown as %q", s, got)
		}
		if utf8.ValidString(s) && !strings.ContainsFunc(s, hidden) && got != s {
			t.Errorf("%q is harmless, but shown as %q", s, got)
		}
	})
}

func FuzzEscapeJSON(f *testing.F) {
	for _, s := range []string{"plain", evil, "\U000e0041\U0001f600", `"\u0041`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		doc, err := marshal(map[string]string{s: s})
		if err != nil {
			t.Fatal(err)
		}
		got := escapeJSON(doc)
		var was, is map[string]string
		if err := json.Unmarshal(doc, &was); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(got, &is); err != nil {
			t.Fatalf("%v in %s", err, got)
		}
		for k, v := range was {
			if is[k] != v {
				t.Errorf("%s says %q, not %q", got, is[k], v)
			}
		}
		if strings.ContainsFunc(string(got), hidden) {
			t.Errorf("%s has hidden characters", got)
		}
	})
}

var snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// names checks that all names in a document are in snake_case.
func names(t *testing.T, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if !snakeCase.MatchString(name) {
				t.Errorf("the name %q is not in snake_case", name)
			}
			names(t, member)
		}
	case []any:
		for _, element := range v {
			names(t, element)
		}
	}
}

func TestEveryCommandPrintsOneJSONDocument(t *testing.T) {
	c := newCLI(t)
	c.seed()
	c.withAccounts()
	c.alias("shop")
	c.ok("add", "unsure.example", "--effect", "review")
	c.signsUp("eve", "adam")
	c.withKeys("k")
	c.ok("add", "name:hashme")
	tested := map[string]bool{"export": true, "help": true, "completion": true} // export is tested by its formats
	for _, args := range [][]string{
		{"pending"}, {"approve", "eve"}, {"reject", "adam"}, {"sweep"},
		{"accounts", "list"}, {"accounts", "show", "ann"}, {"accounts", "suspend", "bob"}, {"accounts", "reinstate", "bob"},
		{"add", "a.example"}, {"add", "co.uk", "--force", "--dry-run"}, {"put", "a.example", "--reason", "x"}, {"update", "1", "--shadow"},
		{"hash", "name:hashme"}, {"revoke", "a.example"}, {"reinstate", "a.example"}, {"delete", "a.example"}, {"purge", "--before", "90d"},
		{"list"}, {"show", "1"}, {"show", "list:mine"}, {"show", "block:1"}, {"check", "--ip", "192.0.2.1"},
		{"explain", "--email", "bob@good.spam.example"}, {"preview", "mail.spam.example"}, {"log"}, {"stats"},
		{"import", "--list", "other", file(t, "x.txt", "a.example\nco.uk\n")}, {"lists"}, {"catalogue"},
		{"subscribe", "tor-exits"}, {"unsubscribe", "tor-exits"}, {"fetch"}, {"undo", "other"}, {"drop", "other"},
		{"block", "b.example"}, {"update-block", "b.example", "--effect", "review"}, {"blocks"}, {"unblock", "b.example"}, {"backup", c.db + ".copy"}, {"verify"},
		{"restore", c.db + ".copy"}, {"prune", "--before", "90d"}, {"vacuum"}, {"new-key", c.db + ".keys"}, {"accounts", "delete", "bob"}, {"migrate"}, {"copy", c.db, c.db + ".moved"},
		{"token", "ann", "--scope", "a", "--expires", "1h"}, {"credentials", "ann"}, {"logout", "ann"},
		{"aliases"}, {"disable", "shop@alias.example"}, {"enable", "1"}, {"delete-alias", "#1"},
	} {
		tested[args[0]] = true
		names(t, c.json(args...))
	}
	for _, cmd := range newRoot(&app{}).Commands() {
		if !tested[cmd.Name()] {
			t.Errorf("%s is not tested", cmd.Name())
		}
	}
}

func TestEmptyListsAreEmptyArraysInJSON(t *testing.T) {
	c := newCLI(t)
	c.ok("add", "a.example")
	c.ok("delete", "1")
	for name, args := range map[string][]string{
		"bans": {"list"}, "blocks": {"blocks"}, "lists": {"lists"}, "aliases": {"aliases"}, "considered": {"explain", "--name", "ann"},
	} {
		if list, ok := c.json(args...)[name].([]any); !ok || len(list) != 0 {
			t.Errorf("%s is %v", name, list)
		}
	}
}

func TestTablesAreAligned(t *testing.T) {
	c := newCLI(t)
	c.clock = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	c.ok("add", "spam.example", "--reason", strings.Repeat("long ", 20), "--expires", "1d")
	c.ok("add", "bücher.example", "--effect", "review", "--shadow")
	want := `NUMBER  KIND    VALUE                  EFFECT          SCOPE  STATE   EXPIRES               HITS  BY     REASON
#2      domain  xn--bcher-kva.example  review, shadow  all    active                        0     alice
#1      domain  spam.example           deny            all    active  2030-01-02 00:00:00Z  0     alice  ` + strings.TrimSpace(strings.Repeat("long ", 20)) + `
2 bans
`
	if got := c.ok("list"); got != want {
		t.Errorf("printed\n%swant\n%s", got, want)
	}
}
