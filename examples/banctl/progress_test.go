package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// onTerminal runs a command whose standard error is a terminal of 80 columns, and
// returns what the terminal got.
func (c *cli) onTerminal(args ...string) (code int, drawn string) {
	c.Helper()
	if runtime.GOOS == "windows" {
		c.Skip("no pseudo-terminals here")
	}
	screen, tty, err := pty.Open()
	if err != nil {
		c.Skipf("no pseudo-terminal: %v", err)
	}
	defer screen.Close()
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		c.Fatal(err)
	}
	got := make(chan string)
	go func() {
		var b bytes.Buffer
		_, _ = io.Copy(&b, screen) // ends with an error when the terminal is closed
		got <- b.String()
	}()
	var out bytes.Buffer
	args = append([]string{"--db", c.db, "--actor", "alice"}, args...)
	code = run(context.Background(), args, strings.NewReader(c.stdin), &out, tty, time.Now)
	if err := tty.Close(); err != nil {
		c.Fatal(err)
	}
	return code, <-got
}

func longList(t *testing.T, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "domain-%d.example\n", i)
	}
	return file(t, "long.txt", b.String())
}

func TestLongImportDrawsABarOnATerminal(t *testing.T) {
	c := newCLI(t)
	t.Setenv("TERM", "xterm")
	code, drawn := c.onTerminal("import", "--list", "long", longList(t, 3000))
	if code != 0 {
		t.Fatalf("exit status %d: %s", code, drawn)
	}
	contains(t, drawn, "\rreading [", "\rwriting [", "100% 3000 changes\x1b[K")
	if !strings.HasSuffix(drawn, "\r\x1b[K") {
		t.Errorf("the bar is left behind: %q", drawn[max(0, len(drawn)-60):])
	}
	for line := range strings.SplitSeq(strings.ReplaceAll(drawn, "\x1b[K", ""), "\r") {
		if len(line) >= 80 {
			t.Errorf("a bar of %d columns on a terminal of 80: %q", len(line), line)
		}
	}
}

func TestBarIsNotDrawnElsewhere(t *testing.T) {
	c := newCLI(t)
	long := longList(t, 3000)
	if r := c.run("import", "--list", "long", long); r.code != 0 || r.errors != "" {
		t.Errorf("without a terminal: status %d, %q", r.code, r.errors)
	}
	t.Setenv("TERM", "dumb")
	if code, drawn := c.onTerminal("import", "--list", "other", long); code != 0 || drawn != "" {
		t.Errorf("on a dumb terminal: status %d, %q", code, drawn)
	}
}

func TestBarIsGoneBeforeAnErrorIsPrinted(t *testing.T) {
	c := newCLI(t)
	t.Setenv("TERM", "xterm")
	long := longList(t, 3000)
	c.ok("import", "--list", "long", long)
	if err := os.WriteFile(long, []byte("one.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, drawn := c.onTerminal("import", "--list", "long", long)
	if code != statusTrouble || !strings.Contains(drawn, "banctl: list") {
		t.Fatalf("status %d, %q", code, drawn)
	}
	if before, _, _ := strings.Cut(drawn, "banctl: list"); before != "" && !strings.HasSuffix(before, "\r\x1b[K") {
		t.Errorf("the error is printed behind %q", before)
	}
}

func TestBarFitsItsTerminal(t *testing.T) {
	if got := drawBar(60, "reading", 1, 4, "7 lines"); got != "reading [#########...........................]  25% 7 lines" {
		t.Errorf("drawn: %q", got)
	}
	for range 1000 {
		width, total := rand.IntN(120), rand.Int64N(1<<40)
		done := rand.Int64N(total + 2)
		got := drawBar(width, "reading", done, total, fmt.Sprintf("%d lines", done))
		if len(got) > max(0, width-1) {
			t.Errorf("%d columns of %d: %q", len(got), width, got)
		}
	}
}
