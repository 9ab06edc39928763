package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/sqlitestore"
)

func TestLifeOfABan(t *testing.T) {
	c := newCLI(t)
	wants(t, c.json("add", "Spam.Example", "--reason", "waves"),
		"action", "created", "ban.seq", 1.0, "ban.kind", "domain", "ban.value", "spam.example",
		"ban.reason", "waves", "ban.effect", "deny", "ban.scope", "all", "ban.state", "active", "ban.created_by", "alice")
	wants(t, c.json("update", "1", "--effect", "review", "--scope", "mail,sign_up", "--public-reason", "spam"),
		"action", "updated", "ban.effect", "review", "ban.scope", "sign_up,mail", "ban.reason", "waves", "ban.public_reason", "spam")
	wants(t, c.json("update", "1", "--effect", "review"), "action", "unchanged")
	wants(t, c.json("revoke", "#1", "--reason", "sold"), "action", "revoked", "ban.state", "revoked", "ban.revoked_reason", "sold")
	wants(t, c.json("revoke", "#1"), "action", "unchanged", "ban.revoked_reason", "sold")
	wants(t, c.json("reinstate", "spam.example"), "action", "reinstated", "ban.state", "active")
	wants(t, c.json("delete", "spam.example"), "action", "deleted", "ban.seq", 1.0)
	wants(t, c.json("list", "--state", "all"), "total", 0.0)
	contains(t, c.ok("log"), "ban.create ", "ban.update ", "ban.revoke ", "ban.reinstate ", "ban.delete ",
		"domain spam.example: effect, public_reason, scope")
}

func TestTheLogOutlivesWhatItNames(t *testing.T) {
	c := newCLI(t)
	c.ok("add", "gone.example")
	c.ok("delete", "#1")
	c.ok("add", "name:gone")
	c.ok("delete", "name:gone")
	c.ok("block", "gone.example")
	c.ok("unblock", "gone.example")
	c.ok("import", "--list", "gone", "--force", file(t, "list.txt", "a.example\n"))
	c.ok("drop", "gone")
	for ref, want := range map[string]string{
		"#1": "ban.delete", "gone.example": "ban.delete", "1": "ban.delete", "name:gone": "ban.delete",
		"block:#1": "block.delete", "block:Gone.example": "block.delete", "list:gone": "list.drop",
	} {
		out := c.ok("log", ref)
		contains(t, out, want)
		if n := strings.Count(out, ".delete ") + strings.Count(out, ".drop "); n != 1 {
			t.Errorf("the log of %s has %d removals:\n%s", ref, n, out)
		}
	}
	for _, ref := range []string{"#7", "other.example", "block:#7", "list:other", "list:1"} {
		if r := c.run("log", ref); r.code == 0 || !strings.Contains(r.errors, "not found") {
			t.Errorf("log %s ends with %d: %s", ref, r.code, r.errors)
		}
	}
}

func TestWhatBlocksDoIsOffered(t *testing.T) {
	c := newCLI(t)
	for _, command := range []string{"block", "blocks"} {
		out := c.ok(command, "--help")
		contains(t, out, "--effect deny|review ")
	}
	contains(t, c.ok("add", "--help"), "--effect deny|review|allow ")
}

func TestPutCreatesThenUpdatesThenLeaves(t *testing.T) {
	c := newCLI(t)
	c.clock = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"--reason", "a"}, "created"},
		{[]string{"--reason", "b"}, "updated"},
		{[]string{"--reason", "b"}, "unchanged"},
	} {
		wants(t, c.json(append([]string{"put", "203.0.113.7"}, step.args...)...), "action", step.want, "ban.seq", 1.0)
		c.clock = c.clock.Add(time.Second)
	}
}

func TestKindIsSeenFromTheFormOrSaid(t *testing.T) {
	c := newCLI(t)
	for _, test := range []struct {
		args        []string
		kind, value string
	}{
		{[]string{"Eve@Spam.Example"}, "email", "eve@spam.example"},
		{[]string{"203.0.113.7/24"}, "ip", "203.0.113.0/24"},
		{[]string{"2001:db8:1:2:3:4:5:6", "--ipv6-prefix", "64"}, "ip", "2001:db8:1:2::/64"},
		{[]string{"*.spam.example"}, "domain", "*.spam.example"},
		{[]string{"admin"}, "name", "admin"},
		{[]string{"name:john.doe"}, "name", "john.doe"},
		{[]string{"jane.doe", "--kind", "name"}, "name", "jane.doe"},
	} {
		wants(t, c.json(append([]string{"add"}, test.args...)...), "ban.kind", test.kind, "ban.value", test.value)
	}
}

func TestExpiryIsADurationOrATime(t *testing.T) {
	c := newCLI(t)
	c.clock = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	for expires, want := range map[string]any{
		"36h":                       "2030-01-03T00:00:00Z",
		"7d":                        "2030-01-08T12:00:00Z",
		"2w":                        "2030-01-15T12:00:00Z",
		"2030-02-01T01:00:00+01:00": "2030-02-01T00:00:00Z",
		"never":                     nil,
	} {
		wants(t, c.json("put", "x.example", "--expires", expires), "ban.expires_at", want)
	}
	c.ok("put", "x.example", "--expires", "1d")
	wants(t, c.json("update", "x.example", "--expires", "never"), "ban.expires_at", nil)
	c.ok("put", "x.example", "--expires", "1d")
	c.clock = c.clock.Add(24 * time.Hour)
	wants(t, c.json("show", "x.example"), "ban.state", "expired")
}

func TestALadderSaysWhenABanEnds(t *testing.T) {
	c := newCLI(t)
	contains(t, c.ok("preview", "203.0.113.7", "--ladder", "36h,never"), "until ")
	c.ok("put", "203.0.113.7", "--ladder", "36h,never")
	first := c.json("show", "1")
	c.ok("put", "203.0.113.7", "--ladder", "1h,never", "--reason", "again")
	again := c.json("show", "1")
	wants(t, again, "ban.expires_at", first["ban"].(map[string]any)["expires_at"])
	for _, args := range [][]string{
		{"--ladder", "never,1h"}, {"--ladder", "soon"}, {"--ladder", "1h", "--ladder-window", "x"}, {"--ladder-window", "1d"},
		{"--ladder", "1h", "--expires", "1d"},
	} {
		r := c.run(append([]string{"add", "203.0.113.8"}, args...)...)
		if r.code != 2 || !strings.Contains(r.errors, "ladder") {
			t.Errorf("%v: exit status %d, %s", args, r.code, r.errors)
		}
	}
}

func TestBansAreNamedByNumberIDOrValue(t *testing.T) {
	c := newCLI(t)
	id := get(c.json("add", "spam.example"), "ban.id").(string)
	for _, ref := range []string{"1", "#1", id, strings.ToUpper(id), "spam.example", "SPAM.Example.", "domain:spam.example"} {
		wants(t, c.json("show", ref), "ban.seq", 1.0)
	}
	c.ok("add", "name:12", "--reason", "a name of digits")
	wants(t, c.json("show", "name:12"), "ban.seq", 2.0)
}

func TestValueNamesItsActiveBanOrTheOnlyOne(t *testing.T) {
	c := newCLI(t)
	c.ok("add", "spam.example")
	c.ok("revoke", "1")
	wants(t, c.json("show", "spam.example"), "ban.seq", 1.0)
	c.ok("add", "spam.example")
	wants(t, c.json("show", "spam.example"), "ban.seq", 2.0)
	c.ok("add", "notspam.example") // has the other value in it
	c.ok("revoke", "2")
	r := c.run("reinstate", "spam.example", "--json")
	wants(t, document(t, r.errors), "error.code", codeAmbiguous)
	contains(t, r.errors, "#2, #1")
}

func TestListFiltersAndPages(t *testing.T) {
	c := newCLI(t)
	for i := range 7 {
		c.ok("add", fmt.Sprintf("spam%d.example", i))
	}
	c.ok("add", "203.0.113.7", "--shadow")
	c.ok("add", "fresh.example", "--effect", "review", "--scope", "mail")
	c.ok("revoke", "spam0.example")
	for _, test := range []struct {
		args []string
		want float64
	}{
		{nil, 8},
		{[]string{"--state", "all"}, 9},
		{[]string{"--state", "ended"}, 1},
		{[]string{"--kind", "ip"}, 1},
		{[]string{"--contains", "SPAM"}, 6},
		{[]string{"--effect", "review"}, 1},
		{[]string{"--effect", "deny"}, 7},
		{[]string{"--shadow"}, 1},
		{[]string{"--shadow=false"}, 7},
		{[]string{"--scope", "alias"}, 7},
	} {
		wants(t, c.json(append([]string{"list"}, test.args...)...), "total", test.want)
	}

	var seen []float64
	for before := "0"; before != ""; {
		doc := c.json("list", "--state", "all", "--limit", "4", "--before", before)
		for _, b := range doc["bans"].([]any) {
			seen = append(seen, get(b.(map[string]any), "seq").(float64))
		}
		before = ""
		if next, ok := doc["before"].(float64); ok {
			before = fmt.Sprint(next)
		}
	}
	if fmt.Sprint(seen) != "[9 8 7 6 5 4 3 2 1]" {
		t.Errorf("pages of 4 have the bans %v", seen)
	}
	if all := c.json("list", "--state", "all", "--all"); len(all["bans"].([]any)) != 9 || all["before"] != nil {
		t.Errorf("--all shows %v", all)
	}
	contains(t, c.ok("list", "--limit", "2"), "2 of 8 bans, older ones with --before 8")
}

func TestPurgeRemovesWhatEndedLongAgo(t *testing.T) {
	c := newCLI(t)
	c.clock = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	c.ok("add", "revoked.example")
	c.ok("revoke", "revoked.example")
	c.ok("add", "expired.example", "--expires", "1d")
	c.ok("add", "active.example")
	c.clock = c.clock.AddDate(0, 0, 10)
	wants(t, c.json("purge", "--before", "90d"), "purged", 0.0)
	wants(t, c.json("purge", "--before", "9d"), "purged", 1.0) // expired at that instant is not before it
	wants(t, c.json("purge", "--before", "2030-01-03T00:00:00Z"), "purged", 1.0)
	wants(t, c.json("list", "--state", "all"), "total", 1.0)
}

func TestStatsCount(t *testing.T) {
	c := newCLI(t)
	c.seed()
	c.ok("add", "203.0.113.7", "--shadow")
	wants(t, c.json("stats"),
		"bans.active", 4.0, "bans.ended", 1.0, "bans.shadows", 1.0,
		"bans_by_kind.domain.active", 3.0, "bans_by_kind.ip.shadows", 1.0,
		"blocks", 1.0, "lists", 1.0, "list_entries", 3.0, "last_change", 8.0)
	contains(t, c.ok("stats"), "domain  3       1      0", "list entries:  3")
}

func TestPreviewShowsGuardsAndOverlaps(t *testing.T) {
	c := newCLI(t)
	c.seed()
	doc := c.json("preview", "example")
	wants(t, doc, "kind", "name")
	doc = c.json("preview", "*.spam.example")
	wants(t, doc, "redundant", true, "wider.count", 1.0, "narrower.count", 1.0)
	sample := get(doc, "narrower.sample").([]any)[0].(map[string]any)
	wants(t, sample, "value", "good.spam.example", "effect", "allow", "origin", "ban")
	wants(t, c.json("preview", "spam.example"), "existing.seq", 1.0)
	wants(t, c.json("preview", "co.uk"), "guard.code", "public_suffix")
	contains(t, c.ok("preview", "co.uk"), "guarded: ")
}

func TestShowAndLogKnowBlocksAndLists(t *testing.T) {
	c := newCLI(t)
	c.seed()
	block := c.json("show", "block:blocked.example")
	wants(t, block, "block.domain", "blocked.example", "block.reason", "throw-away")
	wants(t, c.json("show", "block:#1"), "block.domain", "blocked.example")
	wants(t, c.json("show", get(block, "block.id").(string)), "block.domain", "blocked.example")
	list := c.json("show", "list:mine")
	wants(t, list, "list.entries", 3.0, "list.source", "mine.txt")
	wants(t, c.json("show", get(list, "list.id").(string)), "list.name", "mine")
	contains(t, c.ok("log", "list:mine"), "list.sync")
	contains(t, c.ok("log", "block:blocked.example"), "block.create", "blocked.example")
	if out := c.ok("log", "spam.example"); strings.Contains(out, "fresh.example") {
		t.Errorf("the log of one ban has others:\n%s", out)
	}
}

func TestBlocksComeAndGo(t *testing.T) {
	c := newCLI(t)
	wants(t, c.json("block", "Spam.Example", "--effect", "review"), "action", "created", "block.domain", "spam.example", "block.effect", "review")
	wants(t, c.json("blocks"), "total", 1.0)
	if r := c.run("check", "--email", "a@spam.example"); r.code != statusReview {
		t.Errorf("an address at a blocked domain: %v", r)
	}
	wants(t, c.json("update-block", "spam.example", "--effect", "deny", "--reason", "ticket 4711"),
		"action", "updated", "block.effect", "deny", "block.reason", "ticket 4711")
	wants(t, c.json("update-block", "#1", "--effect", "deny"), "action", "unchanged")
	contains(t, c.ok("log", "block:spam.example"), "block.update")
	if r := c.run("check", "--email", "a@spam.example"); r.code != statusDenied {
		t.Errorf("an address at a domain that is denied by now: %v", r)
	}
	wants(t, c.json("unblock", "spam.example"), "action", "deleted")
	wants(t, c.json("blocks"), "total", 0.0)
}

func TestBlocksAreFoundAndOrdered(t *testing.T) {
	c := newCLI(t)
	for _, domain := range []string{"busy.example", "idle.example", "other.test"} {
		c.ok("block", domain)
	}
	c.ok("update-block", "other.test", "--effect", "review")
	hit(t, c, "eve@busy.example")
	domains := func(args ...string) (out []string) {
		for _, b := range get(c.json(append([]string{"blocks"}, args...)...), "blocks").([]any) {
			out = append(out, get(b.(map[string]any), "domain").(string))
		}
		return out
	}
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"other.test", "idle.example", "busy.example"}},
		{[]string{"--contains", "EXAMPLE"}, []string{"idle.example", "busy.example"}},
		{[]string{"--effect", "review"}, []string{"other.test"}},
		{[]string{"--order", "hits"}, []string{"busy.example", "other.test", "idle.example"}},
		{[]string{"--order", "hits", "--limit", "1"}, []string{"busy.example"}},
	} {
		if got := domains(tt.args...); !slices.Equal(got, tt.want) {
			t.Errorf("blocks %v: %v, want %v", tt.args, got, tt.want)
		}
	}
	contains(t, c.ok("blocks", "--order", "hits", "--limit", "1"), "1 of 3 blocks")
	if out := c.ok("blocks", "--order", "hits", "--limit", "1"); strings.Contains(out, "--before") {
		t.Errorf("it is said to read on with --before, which is not of this order:\n%s", out)
	}
	contains(t, c.ok("show", "block:busy.example"), "hits", "1, last at")
}

// hit lets somebody try to sign up with an address.
func hit(t *testing.T, c *cli, email string) {
	t.Helper()
	st, err := sqlitestore.Open(t.Context(), c.db, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := checker.Check(t.Context(), ban.Subject{Email: email}); err != nil {
		t.Fatal(err)
	}
	if err := checker.Close(); err != nil { // which writes the hit
		t.Fatal(err)
	}
}

func TestBackupIsADatabase(t *testing.T) {
	c := newCLI(t)
	c.seed()
	copied := c.db + ".copy"
	c.ok("backup", copied)
	c.ok("verify")
	was := c.ok("list", "--state", "all", "--json")
	c.db = copied
	if is := c.ok("list", "--state", "all", "--json"); is != was {
		t.Errorf("the copy has\n%swant\n%s", is, was)
	}
}

// A database of an older version is found by the spellings that it did not know, and
// the first command that writes brings its keys up to date.
func TestADatabaseOfAnOlderVersion(t *testing.T) {
	c := withoutDatabase(t)
	packed, err := os.Open("../../sqlitestore/testdata/v1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	data, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.db, content, 0o600); err != nil {
		t.Fatal(err)
	}
	denied := func(when string) {
		t.Helper()
		if r := c.run("check", "--email", "jdoe@icloud.com"); r.code != 3 {
			t.Errorf("%s: exit status %d: %s", when, r.code, r.errors)
		}
	}
	denied("before")
	if r := c.run("add", "other.example"); r.code != 0 || !strings.Contains(r.errors, "made anew") {
		t.Errorf("the first command that writes: exit status %d: %s", r.code, r.errors)
	}
	c.ok("add", "another.example")
	denied("after")
	contains(t, c.ok("log"), "keys.rewrite", "keys.tables")
}
