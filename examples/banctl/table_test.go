package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// printed returns what a command prints on a terminal of so many columns.
func (c *cli) printed(columns uint16, args ...string) string {
	c.Helper()
	if runtime.GOOS == "windows" {
		c.Skip("no pseudo-terminals here")
	}
	screen, tty, err := pty.Open()
	if err != nil {
		c.Skipf("no pseudo-terminal: %v", err)
	}
	defer screen.Close()
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: columns}); err != nil {
		c.Fatal(err)
	}
	got := make(chan string)
	go func() {
		var b bytes.Buffer
		_, _ = io.Copy(&b, screen) // ends with an error when the terminal is closed
		got <- strings.ReplaceAll(b.String(), "\r\n", "\n")
	}()
	args = append([]string{"--db", c.db, "--actor", "alice"}, args...)
	code := run(context.Background(), args, strings.NewReader(""), tty, tty, time.Now)
	if err := tty.Close(); err != nil {
		c.Fatal(err)
	}
	out := <-got
	if code != 0 {
		c.Fatalf("%q: exit status %d: %s", args, code, out)
	}
	return out
}

func widest(text string) (w int) {
	for line := range strings.Lines(text) {
		w = max(w, cells(strings.TrimSuffix(line, "\n")))
	}
	return w
}

func TestTablesFitTheTerminal(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat("why ", 60))
	c := newCLI(t)
	c.ok("add", "spam.example", "--reason", long)
	c.ok("add", "a-rather-long-name-of-a-host-that-nobody-would-type.spam.example", "--reason", "漢字"+long, "--expires", "2099-01-01")
	c.ok("import", "--list", "disposable", "--source", "https://lists.example/"+strings.Repeat("x/", 50), "--reason", long, file(t, "a.txt", "a.example\nb.example\n"))
	for _, args := range [][]string{{"list"}, {"lists"}, {"log"}, {"explain", "--domain", "spam.example"}} {
		full := c.ok(args...)
		if strings.Contains(full, "…") || widest(full) < 200 && args[0] != "log" {
			t.Errorf("%q is cut though nothing says how wide it may be:\n%s", args, full)
		}
		for _, columns := range []uint16{40, 80, 132} {
			if got := c.printed(columns, args...); widest(got) > int(columns) {
				t.Errorf("%q takes %d columns of %d:\n%s", args, widest(got), columns, got)
			}
		}
	}
	if got := c.printed(500, "list"); got != c.ok("list") {
		t.Errorf("on a wide terminal:\n%s", got)
	}
	if got := c.printed(0, "list"); got != c.ok("list") {
		t.Errorf("on a terminal that does not say how wide it is:\n%s", got)
	}
	if got := c.printed(100, "list"); !strings.Contains(got, " spam.example ") || !strings.Contains(got, "#1") {
		t.Errorf("short values are cut:\n%s", got)
	}
	if got := c.printed(80, "show", "spam.example"); !strings.Contains(got, long) {
		t.Errorf("show cuts a field:\n%s", got)
	}

	t.Setenv("COLUMNS", "60")
	if got := c.printed(132, "list"); widest(got) > 60 {
		t.Errorf("COLUMNS does not count:\n%s", got)
	}
	if full := c.ok("list"); strings.Contains(full, "…") {
		t.Errorf("COLUMNS counts where there is no terminal:\n%s", full)
	}
	t.Setenv("COLUMNS", "none")
	if got := c.printed(80, "list"); widest(got) > 80 || widest(got) < 60 {
		t.Errorf("with COLUMNS that is no number it takes %d:\n%s", widest(got), got)
	}
}

func TestHowATableIsCut(t *testing.T) {
	head := []string{"NUMBER", "VALUE", "EXPIRES", "REASON"}
	for name, c := range map[string]struct {
		within int
		rows   [][]string
		want   string
	}{
		"it fits, and all stays":     {40, [][]string{{"#1", "a.example", "", "spam"}}, "NUMBER  VALUE      EXPIRES  REASON\n#1      a.example           spam"},
		"empty columns go first":     {30, [][]string{{"#1", "a.example", "", "spam"}}, "NUMBER  VALUE      REASON\n#1      a.example  spam"},
		"then the last is cut":       {40, [][]string{{"#1", "a.example", "2030", "spam and more of it"}}, "NUMBER  VALUE      EXPIRES  REASON\n#1      a.example  2030     spam and mo…"},
		"then the widest":            {38, [][]string{{"#1", "a.very.long.example", "2030", "spam and more of it"}}, "NUMBER  VALUE      EXPIRES  REASON\n#1      a.very.l…  2030     spam and …"},
		"a wide character takes two": {38, [][]string{{"#1", "a.example", "2030", "漢字漢字漢字漢字"}}, "NUMBER  VALUE      EXPIRES  REASON\n#1      a.example  2030     漢字漢字…"},
		"at last the lines are":      {12, [][]string{{"#123456", "a.very.long.example", "2030", "spam and more of it"}}, "NUMBER   VA…\n#123456  a.…"},
		"marks take none":            {40, [][]string{{"#1", "e\u0301e\u0301", "2030", "x"}}, "NUMBER  VALUE  EXPIRES  REASON\n#1      e\u0301e\u0301     2030     x"},
	} {
		t.Run(name, func(t *testing.T) {
			table := table{rows: append([][]string{append([]string(nil), head...)}, c.rows...), head: true}
			if got := strings.Join(table.render(c.within), "\n"); got != c.want {
				t.Errorf("printed\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestNoTableIsWiderThanTheTerminal(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	letters := []rune("abcdefg 漢e\u0301…é")
	for n := range 2000 {
		columns := 1 + rnd.IntN(7)
		var tb table
		for range 1 + rnd.IntN(5) {
			var row []string
			for range columns {
				var cell strings.Builder
				for range rnd.IntN(30) {
					cell.WriteRune(letters[rnd.IntN(len(letters))])
				}
				row = append(row, cell.String())
			}
			tb.rows = append(tb.rows, row)
		}
		tb.head = true
		within := 1 + rnd.IntN(120)
		before := fmt.Sprintf("%q", tb.rows)
		if got := strings.Join(tb.render(within), "\n"); widest(got) > within {
			t.Fatalf("table %d, %s, takes %d columns of %d:\n%s", n, before, widest(got), within, got)
		}
	}
}
