package main

import (
	"strings"
	"testing"
)

func TestACheckTellsBadInputAndTroubleApart(t *testing.T) {
	c := newCLI(t)
	broken := file(t, "notes.db", strings.Repeat("no database, but a text that is long enough to be one\n", 20))
	for name, test := range map[string]struct {
		args []string
		want int
	}{
		"allowed":                      {[]string{"check", "--ip", "192.0.2.1"}, 0},
		"bad input":                    {[]string{"check", "--ip", "192.0.2"}, statusTrouble},
		"nobody":                       {[]string{"check"}, statusTrouble},
		"a database that is not there": {[]string{"--db", broken + "x", "check", "--ip", "192.0.2.1"}, statusTrouble},
		"a database that is none":      {[]string{"--db", broken, "check", "--ip", "192.0.2.1"}, statusUnknown},
		"of another command":           {[]string{"--db", broken, "list"}, statusTrouble},
	} {
		if r := c.run(test.args...); r.code != test.want {
			t.Errorf("%s: %d, want %d: %s", name, r.code, test.want, r.errors)
		}
	}
}

func TestABanMayEndOnADay(t *testing.T) {
	c := newCLI(t)
	wants(t, c.json("add", "x.example", "--expires", "2999-01-31"), "ban.expires_at", "2999-01-31T00:00:00Z")
}

func TestVersionIsPrinted(t *testing.T) {
	if out := newCLI(t).ok("--version"); !strings.HasPrefix(out, "banctl version ") {
		t.Errorf("%q", out)
	}
}

func TestNamesOfListsAreCompletedAfterTheFlag(t *testing.T) {
	c := newCLI(t)
	c.seed()
	if out := c.run("__complete", "import", "x.txt", "--list", "").out; !strings.HasPrefix(out, "mine\n") {
		t.Errorf("%q", out)
	}
}

// What a spreadsheet would run is a text to it.
func TestAnExportForSpreadsheets(t *testing.T) {
	c := newCLI(t)
	c.ok("import", "--list", "l", file(t, "x.csv", "kind,value\ndomain,=evil.example\ndomain,good.example\nip,192.0.2.1\n"))
	if out := c.ok("export", "l", "--safe-csv"); !strings.Contains(out, "'=evil.example") || strings.Contains(out, "'good") || strings.Contains(out, "'192") {
		t.Errorf("%q", out)
	}
	if out := c.ok("export", "l"); strings.Contains(out, "'") {
		t.Errorf("%q", out)
	}
	if r := c.run("export", "l", "--safe-csv", "--format", "json"); r.code != statusTrouble || !strings.Contains(r.errors, "format csv") {
		t.Errorf("%+v", r)
	}
}
