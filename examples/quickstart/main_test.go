package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// result is what a run did.
type result struct {
	code        int
	out, errors string
}

// quickstart runs the program, and fails the test if it leaves its temporary
// folder behind.
func quickstart(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	t.Setenv("TMP", tmp) // for Windows
	var out, errors strings.Builder
	code := run(context.Background(), args, strings.NewReader(stdin), &out, &errors)
	left, err := os.ReadDir(tmp)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return result{code, out.String(), errors.String()}
}

// file writes a text file and returns its path.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "input.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// answers reads the output of a run with -json.
func answers(t *testing.T, r result) []answer {
	t.Helper()
	if r.code != 0 {
		t.Fatalf("exit status %d: %s", r.code, r.errors)
	}
	var all []answer
	for line := range strings.Lines(r.out) {
		var a answer
		dec := json.NewDecoder(strings.NewReader(line))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&a); err != nil {
			t.Fatalf("%v in the line %s", err, line)
		}
		all = append(all, a)
	}
	return all
}

func verdicts(all []answer) string {
	var texts []string
	for _, a := range all {
		texts = append(texts, a.Verdict)
	}
	return strings.Join(texts, " ")
}

// want checks that a run printed all the texts to standard error.
func (r result) want(t *testing.T, code int, texts ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit status %d, want %d", r.code, code)
	}
	for _, text := range texts {
		if !strings.Contains(r.errors, text) {
			t.Errorf("standard error lacks %q:\n%s", text, r.errors)
		}
	}
}

func TestSamplesShowEveryWayOfMatching(t *testing.T) {
	r := quickstart(t, "", "-json")
	want := []string{ // verdict, input, kind, matched, via
		"allowed ann@example.org",
		"denied troll@corp.example email troll@corp.example exact",
		"denied J.Doe+x@GoogleMail.com email jdoe@gmail.com mailbox",
		"denied casino.777@gmail.com email casino*@gmail.com wildcard",
		"denied bob@mail.spam.example domain spam.example parent-domain",
		"allowed eve@partner.spam.example domain partner.spam.example exact",
		"denied pay.dyn.example domain *.dyn.example parent-domain",
		"denied info@BÜCHER-Gratis.example domain xn--bcher-gratis-dlb.example exact",
		"denied 198.51.100.7 ip 198.51.100.7 exact",
		"denied ::ffff:203.0.113.9 ip 203.0.113.0/24 prefix",
		"denied 2001:db8:bad:1::5 ip 2001:db8:bad::/48 prefix",
		"denied аdmin name admin skeleton", // the first letter is Cyrillic
		"denied Support-Team name *support* wildcard",
		"review carol@fresh-mail.example domain fresh-mail.example exact",
		"allowed dave@example.org",
		"invalid frank@@example.org email",
	}
	got := answers(t, r)
	if len(got) != len(want) {
		t.Fatalf("%d answers, want %d:\n%s", len(got), len(want), r.out)
	}
	for i, a := range got {
		line := strings.Join(strings.Fields(strings.Join([]string{a.Verdict, a.Input, a.Kind, a.Matched, a.Via}, " ")), " ")
		if line != want[i] {
			t.Errorf("sign-up %d: %s, want %s", i+1, line, want[i])
		}
		if (a.Reason != "") != (a.Matched != "") || (a.Error != "") != (a.Verdict == "invalid") {
			t.Errorf("sign-up %d: reason %q, error %q", i+1, a.Reason, a.Error)
		}
	}
	r.want(t, 0, "sample-bans: 8 added, 0 removed, 0 unchanged, 0 rejected")
}

func TestLinesForPeopleAreAligned(t *testing.T) {
	r := quickstart(t, "J.Doe+x@GoogleMail.com\nann@example.org\nx@example.org,,198.51.100.9\n\x1b[2J@example.org\n", "-signups", "-")
	want := `denied   J.Doe+x@GoogleMail.com       email jdoe@gmail.com via mailbox — spam ring
allowed  ann@example.org              no ban matches
allowed  x@example.org                no ban matches; in shadow: deny ip 198.51.100.0/24 via prefix — hosting network
invalid  "\x1b[2J@example.org"        email "\x1b[2J@example.org" has a control character: remove line breaks, tabs and other control characters
`
	if r.out != want {
		t.Errorf("printed\n%swant\n%s", r.out, want)
	}
}

func TestJSONLeavesOutWhatIsEmpty(t *testing.T) {
	r := quickstart(t, "a&b@example.org\n", "-signups", "-", "-json")
	if want := `{"verdict":"allowed","input":"a&b@example.org"}` + "\n"; r.out != want {
		t.Errorf("printed %swant %s", r.out, want)
	}
}

func TestKeptDatabase(t *testing.T) {
	db := filepath.Join(t.TempDir(), "kept.db")
	first := quickstart(t, "", "-db", db)
	first.want(t, 0, "8 added, 0 removed, 0 unchanged, 0 rejected")
	second := quickstart(t, "", "-db", db)
	second.want(t, 0, "without the samples")
	if first.out != second.out {
		t.Errorf("the second run answered\n%sthe first\n%s", second.out, first.out)
	}
	more := quickstart(t, "x@spam.example\nx@more.example\n", "-db", db, "-bans", file(t, "more.example\n"), "-signups", "-", "-json")
	if got := verdicts(answers(t, more)); got != "denied denied" {
		t.Errorf("with the lists of two files: %s", got)
	}
}

// The database of somebody's site is not the place for samples.
func TestSamplesAreNeverWrittenIntoADatabaseThatIsThere(t *testing.T) {
	db := filepath.Join(t.TempDir(), "site.db")
	quickstart(t, "", "-db", db, "-bans", file(t, "mine.example\n"), "-signups", file(t, "x@mine.example\n")).want(t, 0, "1 added")
	r := quickstart(t, "x@spam.example\njdoe@gmail.com\nx@mine.example\n", "-db", db, "-signups", "-", "-json")
	if got := verdicts(answers(t, r)); got != "allowed allowed denied" {
		t.Errorf("with the bans of the database: %s", got)
	}
}

func TestOwnBansReplaceTheSamples(t *testing.T) {
	r := quickstart(t, "x@spam.example\nx@fresh-mail.example\nx@mine.example\n",
		"-bans", file(t, "mine.example"), "-signups", "-", "-json")
	if got := verdicts(answers(t, r)); got != "allowed allowed denied" {
		t.Error(got)
	}
}

func TestWrongUsage(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	text, binary := file(t, "no database, but a text that is long enough to be one\n"), file(t, "\x7fELF\x02\x01\x00\x00")
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"unknown flag":         {[]string{"-nope"}, []string{"-nope", "-h shows the flags"}},
		"argument":             {[]string{"bans.txt"}, []string{`"bans.txt"`, "flags"}},
		"flag without a file":  {[]string{"-bans"}, []string{"-bans"}},
		"flag with no name":    {[]string{"-db", ""}, []string{"-db", "no file named"}},
		"unknown format":       {[]string{"-bans", text, "-format", "xls"}, []string{"-format", `unknown format "xls"`}},
		"format of no file":    {[]string{"-format", "csv"}, []string{"-format", "name one with -bans"}},
		"both from stdin":      {[]string{"-bans", "-", "-signups", "-"}, []string{"-bans -: standard input has the sign-ups", "name a file"}},
		"force of no file":     {[]string{"-force"}, []string{"-force", "name one with -bans"}},
		"bans in other format": {[]string{"-bans", text, "-format", "csv"}, []string{"-bans " + text, "not a csv list", "-format"}},
		"missing bans":         {[]string{"-bans", missing}, []string{"-bans " + missing, "name a text file"}},
		"missing sign-ups":     {[]string{"-signups", missing}, []string{"-signups " + missing, "name a text file"}},
		"folder for bans":      {[]string{"-bans", dir}, []string{"-bans " + dir, "is a directory"}},
		"folder for sign-ups":  {[]string{"-signups", dir}, []string{"-signups " + dir, "is a directory"}},
		"binary bans":          {[]string{"-bans", binary}, []string{"-bans " + binary, "it is binary", "-format"}},
		"binary sign-ups":      {[]string{"-signups", binary}, []string{"-signups " + binary, "zero byte"}},
		"folder for the db":    {[]string{"-db", dir}, []string{"-db " + dir, "is a directory"}},
		"text for the db":      {[]string{"-db", text}, []string{"-db " + text, "not an SQLite database"}},
		"db in missing folder": {[]string{"-db", filepath.Join(missing, "x.db")}, []string{"-db " + missing, "new file"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := quickstart(t, "", test.args...)
			r.want(t, 2, test.want...)
			if r.out != "" || strings.Count(r.errors, "\n") != 1 {
				t.Errorf("want one line on standard error, got %q and %q", r.out, r.errors)
			}
		})
	}
}

func TestWrongInputLeavesNoDatabase(t *testing.T) {
	db := filepath.Join(t.TempDir(), "new.db")
	quickstart(t, "", "-db", db, "-bans", filepath.Join(t.TempDir(), "missing")).want(t, 2)
	if _, err := os.Stat(db); !os.IsNotExist(err) {
		t.Errorf("the database: %v", err)
	}
}

func TestHelp(t *testing.T) {
	r := quickstart(t, "", "-h")
	if r.code != 0 || r.errors != "" {
		t.Errorf("exit status %d: %s", r.code, r.errors)
	}
	for _, name := range []string{"-db FILE", "-bans FILE", "-format F", "-force", "-signups FILE", "-json"} {
		if !strings.Contains(r.out, name) {
			t.Errorf("help lacks %s:\n%s", name, r.out)
		}
	}
}
