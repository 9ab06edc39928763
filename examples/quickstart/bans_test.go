package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRejectedLinesAreNamed(t *testing.T) {
	bans := file(t, strings.Join([]string{
		"\ufeffspam.example  # sells followers",
		"  SPAM.Example.",
		"# a comment",
		"",
		"co.uk",
		"foo_bar.example",
		"10.0.0.0/8",
		"name:john.doe",
		"john.doe.example # " + strings.Repeat("x", 300),
		strings.Repeat("a", maxLine+10),
		"last.example",
	}, "\r\n"))
	r := quickstart(t, "x@spam.example\nx@last.example\n,,,John.Doe", "-bans", bans, "-signups", "-", "-json")
	r.want(t, 0,
		bans+`:5: "co.uk" is guarded (public_suffix)`,
		bans+`:6: domain "foo_bar.example" has a character`,
		bans+`:7: "10.0.0.0/8" is guarded`,
		bans+`:9: reason`,
		bans+`:10: the line is longer than 65536 bytes`,
		bans+`: 3 bans created, 1 already there, 5 rejected`)
	got := answers(t, r)
	if v := verdicts(got); v != "denied denied denied" {
		t.Fatal(v)
	}
	if got[0].Reason != "sells followers" || got[1].Reason != "" {
		t.Errorf("reasons %q, %q", got[0].Reason, got[1].Reason)
	}
}

func TestRejectedLinesComeInOrder(t *testing.T) {
	// Guards are known later than syntax errors.
	r := quickstart(t, "", "-bans", file(t, "co.uk\na_b.example\nco.jp\n"))
	one, two, three := strings.Index(r.errors, ":1: "), strings.Index(r.errors, ":2: "), strings.Index(r.errors, ":3: ")
	if one < 0 || one > two || two > three {
		t.Errorf("not in order:\n%s", r.errors)
	}
}

func TestManyRejectedLinesAreCounted(t *testing.T) {
	r := quickstart(t, "", "-bans", file(t, strings.Repeat("co.uk\n", maxShown+7)))
	r.want(t, 0, ": 7 more rejected\n", fmt.Sprintf("0 bans created, 0 already there, %d rejected", maxShown+7))
	if n := strings.Count(r.errors, "is guarded"); n != maxShown {
		t.Errorf("%d shown, want %d", n, maxShown)
	}
}

func TestFilesWithoutBans(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "comments": "# nothing\n\n  # yet\n", "byte order mark": "\ufeff"} {
		t.Run(name, func(t *testing.T) {
			r := quickstart(t, "", "-bans", file(t, text))
			r.want(t, 0, "no values in it", "0 bans created, 0 already there, 0 rejected")
		})
	}
}

func TestJunkIsRejectedLineByLine(t *testing.T) {
	r := quickstart(t, "", "-bans", file(t, "\xff\xfe\x01\n\x1b[2J.example\nok.example\n"))
	r.want(t, 0, "1 bans created, 0 already there, 2 rejected")
	if strings.ContainsAny(r.errors, "\x1b\x01") || strings.Contains(r.errors, "\xff") {
		t.Errorf("junk on the terminal: %q", r.errors)
	}
}

func TestSplitBan(t *testing.T) {
	for line, want := range map[string][2]string{
		"":                        {"", ""},
		"# comment":               {"", ""},
		"  # comment":             {"", ""},
		"spam.example":            {"spam.example", ""},
		"spam.example # why":      {"spam.example", "why"},
		"spam.example\t#why # so": {"spam.example", "why # so"},
		"name:#1":                 {"name:#1", ""},
		"spam.example #":          {"spam.example", ""},
	} {
		if value, reason := splitBan(line); value != want[0] || reason != want[1] {
			t.Errorf("splitBan(%q) = %q, %q", line, value, reason)
		}
	}
}

func TestRealList(t *testing.T) {
	list := filepath.Join("..", "..", "..", "shared", "data", "disposable-domains.txt")
	data, err := os.ReadFile(list)
	if os.IsNotExist(err) {
		t.Skipf("%s is not there", list)
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := len(bytes.Fields(data))
	r := quickstart(t, "a@0-mail.com\nb@mx.00-tv.com\nc@example.org\n", "-bans", list, "-signups", "-", "-json")
	got := answers(t, r)
	if v := verdicts(got); v != "denied denied allowed" {
		t.Error(v)
	}
	var created, existing, rejected int
	_, after, _ := strings.Cut(r.errors[strings.LastIndex(strings.TrimSpace(r.errors), "\n")+1:], ": ")
	if _, err := fmt.Sscanf(after, "%d bans created, %d already there, %d rejected", &created, &existing, &rejected); err != nil {
		t.Fatalf("%v in %q", err, after)
	}
	// How many are guarded changes with the list of public suffixes.
	if created+existing+rejected != lines || rejected > 100 {
		t.Errorf("%d created, %d there, %d rejected of %d lines", created, existing, rejected, lines)
	}
}
