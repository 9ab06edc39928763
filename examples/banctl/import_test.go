package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/ostraka/internal/racedetector"
)

func TestImportReportsWhatItDid(t *testing.T) {
	c := newCLI(t)
	lines := file(t, "bad.txt", "one.example\ntwo.example # comment\nco.uk\nONE.example\nfour@@x\nthree.example\n")
	doc := c.json("import", "--list", "bad", lines)
	wants(t, doc, "name", "bad", "added", 3.0, "removed", 0.0, "rejected", 3.0, "duplicates", 1.0, "list.entries", 3.0, "list.source", "bad.txt")
	var got []string
	for _, r := range doc["rejects"].([]any) {
		got = append(got, r.(map[string]any)["code"].(string))
	}
	if strings.Join(got, " ") != "public_suffix duplicate bad_syntax" {
		t.Errorf("rejected for %q", got)
	}
	out := c.ok("import", "--list", "bad", "--show-rejects", "1", lines)
	contains(t, out, `line 3: "co.uk" is guarded`, "and 2 more lines rejected", "0 added, 0 changed, 0 removed, 3 unchanged, 3 rejected (1 repeated)")
	if out := c.ok("import", "--list", "bad", "--show-rejects", "0", lines); strings.Count(out, "\n") != 1 {
		t.Errorf("--show-rejects 0 prints %s", out)
	}
}

func TestImportKeepsWhatIsNotSaidAnew(t *testing.T) {
	c := newCLI(t)
	c.stdin = "one.example\n"
	c.ok("import", "--list", "l", "-", "--source", "https://lists.example/l", "--reason", "bots", "--public-reason", "spam")
	c.stdin = "one.example\n"
	wants(t, c.json("import", "--list", "l", "-"), "list.version", 1.0) // nothing changed
	wants(t, c.json("show", "list:l"), "list.reason", "bots", "list.public_reason", "spam", "list.source", "https://lists.example/l")
	c.stdin = "one.example\n"
	wants(t, c.json("import", "--list", "l", "-", "--reason", ""), "list.reason", nil, "list.public_reason", "spam")
}

func TestImportThatLooksLikeAMistakeStops(t *testing.T) {
	c := newCLI(t)
	c.stdin = strings.Repeat("x", 1) + ".example\n"
	for _, letter := range "abcdefghijklmnop" {
		c.stdin += string(letter) + string(letter) + ".example\n"
	}
	c.ok("import", "--list", "l", "-")
	c.stdin = "x.example\nbroken@@\n"
	r := c.run("import", "--list", "l", "-")
	if r.code != statusTrouble || r.out != "" {
		t.Errorf("exit status %d, %s", r.code, r.out)
	}
	contains(t, r.errors, "line 2:", "16 would be removed", "--force takes it all the same")
	c.stdin = "x.example\n"
	doc := document(t, c.run("import", "--list", "l", "-", "--json").errors)
	wants(t, doc, "error.code", codeStopped, "error.reason", "mostly_removed", "error.import.removed", 16.0)
	wants(t, c.json("show", "list:l"), "list.entries", 17.0)
	c.stdin = "x.example\n"
	wants(t, c.json("import", "--list", "l", "-", "--force"), "removed", 16.0)
	wants(t, c.json("undo", "l"), "action", "undone", "list.entries", 17.0)
	r = c.run("undo", "l", "--json")
	wants(t, document(t, r.errors), "error.code", codeNothingUndo)
	wants(t, c.json("drop", "l"), "action", "dropped")
	wants(t, c.json("stats"), "lists", 0.0)
}

func TestImportTakesWhatIsAskedFor(t *testing.T) {
	c := newCLI(t)
	for _, test := range []struct {
		name, lines string
		args        []string
		rejected    float64
	}{
		{"wide", "10.1.0.0/16\n198.51.0.0/15\n", []string{"--allow-wide"}, 1}, // a private one still is
		{"narrow", "198.51.0.0/15\n203.0.113.0/24\n", nil, 1},
		{"exceptions", "@@||good.example^\n", []string{"--allow-exceptions", "--format", "adblock"}, 0},
		{"names", "admin.istrator\n", []string{"--kind", "name"}, 0},
	} {
		c.stdin = test.lines
		wants(t, c.json(append([]string{"import", "--list", test.name, "-"}, test.args...)...), "rejected", test.rejected)
	}
	for _, flags := range [][]string{{"--effect", "review"}, {"--shadow"}, {"--scope", "mail"}} {
		c.stdin = "one.example\n"
		c.ok(append([]string{"import", "--list", "one", "-"}, flags...)...)
		contains(t, c.ok("export", "one"), strings.TrimLeft(flags[len(flags)-1], "-shadow"))
	}
}

func TestExportIsWhatImportReads(t *testing.T) {
	c := newCLI(t)
	c.stdin = "value,kind,effect,scope,shadow\none.example,domain,deny,mail,false\njohn.doe,name,review,all,true\n203.0.113.0/24,ip,deny,all,false\n"
	c.ok("import", "--list", "a", "-")
	for _, format := range []string{"csv", "json"} {
		c.stdin = c.ok("export", "a", "--format", format)
		wants(t, c.json("import", "--list", "b", "--format", format, "-"), "rejected", 0.0)
		if a, b := c.ok("export", "a"), c.ok("export", "b"); a != b {
			t.Errorf("by way of %s\n%s became\n%s", format, a, b)
		}
	}
	if a, b := c.ok("export", "a", "--json"), c.ok("export", "a", "--format", "json"); a != b {
		t.Errorf("--json prints\n%s--format json\n%s", a, b)
	}
}

// reference returns the path of reference data, or skips the test.
func reference(t *testing.T, name string) string {
	t.Helper()
	if dir := os.Getenv("OSTRAKA_DATA"); dir != "" {
		return filepath.Join(dir, name)
	}
	for dir := ".."; len(dir) < 30; dir = filepath.Join(dir, "..") {
		path := filepath.Join(dir, "shared", "data", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Skipf("no shared/data/%s beside the project, nor OSTRAKA_DATA set", name)
	return ""
}

func TestImportOfARealListOfDisposableDomains(t *testing.T) {
	c := newCLI(t)
	text, err := os.ReadFile(reference(t, "disposable-domains.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if racedetector.On { // which makes SQLite slow
		text = bytes.Join(slices.Collect(bytes.Lines(text))[40_000:43_000], nil)
	}
	path := file(t, "disposable-domains.txt", string(text))
	doc := c.json("import", "--list", "disposable", path)
	accepted := get(doc, "list.entries").(float64)
	if lines := float64(len(strings.Fields(string(text)))); accepted != doc["added"] || accepted+doc["rejected"].(float64) != lines || accepted < 0.99*lines {
		t.Errorf("%v entries and %v rejected of %v lines", accepted, doc["rejected"], lines)
	}
	for _, r := range doc["rejects"].([]any) {
		wants(t, r.(map[string]any), "code", "public_suffix")
	}
	wants(t, c.json("import", "--list", "disposable", path), "unchanged", accepted, "list.version", 1.0)
	listed, _, _ := strings.Cut(string(text), "\n")
	if r := c.run("check", "--email", "someone@"+listed); r.code != statusDenied {
		t.Errorf("an address at a listed domain: %v", r)
	}
	if lines := strings.Count(c.ok("export", "disposable", "--format", "plain"), "\n"); float64(lines) != accepted {
		t.Errorf("%d lines exported of %v", lines, accepted)
	}
}
