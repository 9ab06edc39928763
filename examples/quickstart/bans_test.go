package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
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
		"0.0.0.0 ads.example",
		strings.Repeat("a", 5000),
		"last.example",
		"198.51.100.7",
		"jdoe@gmail.com",
	}, "\r\n"))
	r := quickstart(t, "x@spam.example\nx@last.example\n,,,John.Doe", "-bans", bans, "-signups", "-", "-json")
	r.want(t, 0,
		bans+`:2: domain "SPAM.Example." repeats an earlier value: the one that counts is on line 1`,
		bans+`:5: "co.uk" is guarded (public_suffix)`,
		bans+`:6: domain "foo_bar.example" has a character`,
		bans+`:7: "10.0.0.0/8" is guarded`,
		bans+`:9: line "0.0.0.0 ads.example"`,
		bans+`:10: line "aaa`,
		`input.txt: 5 added, 0 removed, 0 unchanged, 6 rejected, 1 of them repeated`)
	got := answers(t, r)
	if v := verdicts(got); v != "denied denied denied" {
		t.Fatal(v)
	}
	for _, a := range got {
		if a.Reason != "listed in input.txt" {
			t.Errorf("reason %q", a.Reason)
		}
	}
}

func TestManyRejectedLinesAreCounted(t *testing.T) {
	good := ""
	for i := range maxShown + 7 {
		good += fmt.Sprintf("d%d.example\n", i)
	}
	r := quickstart(t, "", "-bans", file(t, good+strings.Repeat("co.uk\n", maxShown+7)))
	r.want(t, 0, ": 7 more rejected\n", fmt.Sprintf(": %d added, 0 removed, 0 unchanged, %[1]d rejected", maxShown+7))
	if n := strings.Count(r.errors, "is guarded"); n != maxShown {
		t.Errorf("%d shown, want %d", n, maxShown)
	}
}

func TestJunkIsRejectedLineByLine(t *testing.T) {
	r := quickstart(t, "", "-bans", file(t, "\xe9t\xe9.example\n\x1b[2J.example\nok.example\nfine.example\n"))
	r.want(t, 0, ": 2 added, 0 removed, 0 unchanged, 2 rejected")
	if strings.ContainsAny(r.errors, "\x1b") || strings.Contains(r.errors, "\xe9") {
		t.Errorf("junk on the terminal: %q", r.errors)
	}
}

// A database that is kept has a list for each file; a run makes the list what
// its file says.
func TestTheListFollowsTheFile(t *testing.T) {
	db, bans := filepath.Join(t.TempDir(), "kept.db"), file(t, "")
	nine := ""
	for i := range 9 {
		nine += fmt.Sprintf("d%d.example\n", i)
	}
	for _, step := range []struct {
		name, text string
		args       []string
		code       int
		want       []string
		verdicts   string // on a.example and e.example
	}{
		{"new", "a.example\n" + nine, nil, 0, []string{"input.txt: 10 added, 0 removed, 0 unchanged, 0 rejected"}, "denied allowed"},
		{"the same", "a.example\n" + nine, nil, 0, []string{"input.txt: 0 added, 0 removed, 10 unchanged, 0 rejected"}, "denied allowed"},
		{"changed", "e.example\n" + nine, nil, 0, []string{"input.txt: 1 added, 1 removed, 9 unchanged, 0 rejected"}, "allowed denied"},
		{"most of it gone", "a.example\n", nil, 1, []string{"of 10 entries 10 would be removed", "-force takes it all the same\n"}, ""},
		{"emptied", "# nothing\n", nil, 1, []string{"has no entries", "-force takes it all the same\n"}, ""},
		{"mostly junk", "b.example\na..b\nb..c\n", nil, 1, []string{bans + ":2: ", "2 of 3 lines were rejected", "-force takes it all the same\n"}, ""},
		{"as it was", "e.example\n" + nine, nil, 0, []string{"input.txt: 0 added, 0 removed, 10 unchanged, 0 rejected"}, "allowed denied"},
		{"forced", "a.example\n", []string{"-force"}, 0, []string{"input.txt: 1 added, 10 removed, 0 unchanged, 0 rejected"}, "denied allowed"},
		{"in a format with effects", "domain,effect\na.example,review\n", []string{"-format", "auto"}, 0, []string{"input.txt: 0 added, 1 changed, 0 removed, 0 unchanged, 0 rejected"}, "review allowed"},
	} {
		if err := os.WriteFile(bans, []byte(step.text), 0o600); err != nil {
			t.Fatal(err)
		}
		args := append([]string{"-db", db, "-bans", bans, "-signups", "-", "-json"}, step.args...)
		r := quickstart(t, "x@a.example\nx@e.example\n", args...)
		r.want(t, step.code, step.want...)
		if step.code != 0 {
			if r.out != "" {
				t.Errorf("%s: answered %s", step.name, r.out)
			}
		} else if v := verdicts(answers(t, r)); v != step.verdicts {
			t.Errorf("%s: %s, want %s", step.name, v, step.verdicts)
		}
	}
}

func TestAFileMayBeCalledAnything(t *testing.T) {
	bans := filepath.Join(t.TempDir(), "списки")
	if err := os.WriteFile(bans, []byte("a.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	quickstart(t, "", "-bans", bans).want(t, 0, "bans: 1 added")
}

func TestBansFromStandardInput(t *testing.T) {
	r := quickstart(t, "mine.example\na..b\n", "-bans", "-", "-signups", file(t, "x@mine.example\nx@spam.example\n"), "-json")
	r.want(t, 0, "standard input:2: ", "standard-input: 1 added, 0 removed, 0 unchanged, 1 rejected")
	if got := verdicts(answers(t, r)); got != "denied allowed" {
		t.Error(got)
	}
}

func TestInterruptEndsTheWaitForBansOnStandardInput(t *testing.T) {
	stdin, in := io.Pipe() // of which nothing comes
	defer in.Close()
	ctx, interrupt := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, interrupt)
	var stderr strings.Builder
	if code := run(ctx, []string{"-bans", "-"}, stdin, io.Discard, &stderr); code != 1 || stderr.String() != "quickstart: interrupted\n" {
		t.Errorf("exit status %d: %s", code, &stderr)
	}
}

func TestInterruptEndsTheWaitForBans(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("closing a pipe does not end a read of it there")
	}
	r, w, err := os.Pipe() // of which nothing comes
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, interrupt := context.WithCancel(ban.WithActor(t.Context(), "test"))
	admin, err := blocklist.NewAdmin(memstore.New(), blocklist.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(10*time.Millisecond, interrupt)
	loader := banLoader{admin: admin, format: blocklist.FormatPlain, log: io.Discard}
	if err := loader.load(ctx, &input{name: "pipe", r: r, close: r.Close}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
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
	var added, removed, unchanged, rejected int
	last := r.errors[strings.LastIndex(strings.TrimSpace(r.errors), "\n")+1:]
	if _, err := fmt.Sscanf(last, "disposable-domains.txt: %d added, %d removed, %d unchanged, %d rejected", &added, &removed, &unchanged, &rejected); err != nil {
		t.Fatalf("%v in %q", err, last)
	}
	// How many are guarded changes with the list of public suffixes.
	if added+rejected != lines || removed+unchanged != 0 || rejected > 100 {
		t.Errorf("%s of %d lines", last, lines)
	}
}
