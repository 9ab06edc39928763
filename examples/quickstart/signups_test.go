package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRows(t *testing.T) {
	for name, test := range map[string]struct {
		rows, want, problem string
	}{
		"no header":             {"x@spam.example,,,\n", "denied", ""},
		"header":                {"email,domain,ip,name\nx@spam.example,,,\n", "denied", ""},
		"header in other order": {"Name, Email\nadmin,x@example.org\njoe,x@spam.example\n", "denied denied", ""},
		"header twice":          {"email\nemail\n", "invalid", "an address has an @"},
		"few columns":           {"x@example.org\n", "allowed", ""},
		"many columns":          {"x@example.org,,,joe,\nx@spam.example\n", "invalid denied", "5 columns"},
		"blank lines":           {"\n  \nx@example.org\n\n", "allowed", ""},
		"spaces":                {" x@example.org , , 198.51.100.7 ,\n", "denied", ""},
		"quotes":                {`"x@spam.example",,,"joe, jr"` + "\n", "denied", ""},
		"quote not closed":      {"\"x@example.org\nx@spam.example\n", "invalid denied", "quoted-field"},
		"only commas":           {",,,\n", "invalid", "at least one"},
		"bad email":             {"x@@example.org\nx@example.org\n", "invalid allowed", "only one @"},
		"bad domain":            {",exa_mple.org\n", "invalid", "no underscores"},
		"bad ip":                {",,1.2.3.400\n", "invalid", "ip"},
		"bad name":              {",,,a\x00b\n", "invalid", "control character"},
		"not UTF-8":             {"x@\xff.example\n", "invalid", "UTF-8"},
		"huge line":             {strings.Repeat("x", 3*maxLine) + "\nx@spam.example\n", "invalid denied", "longer than"},
		"byte order mark":       {"\ufeffemail\nx@spam.example\n", "denied", ""},
		"CRLF":                  {"email,name\r\nx@spam.example,joe\r\n", "denied", ""},
		"no line end at last":   {"x@example.org\nx@spam.example", "allowed denied", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := answers(t, quickstart(t, test.rows, "-signups", "-", "-json"))
			if v := verdicts(got); v != test.want {
				t.Fatalf("%s, want %s", v, test.want)
			}
			if !strings.Contains(got[0].Error, test.problem) {
				t.Errorf("the error is %q, want %q in it", got[0].Error, test.problem)
			}
		})
	}
}

func TestAHeaderOfOtherNamesIsNotReadAsValues(t *testing.T) {
	for _, header := range []string{"E-mail address,Name", "id,email,created_at", "Email;Name", "user mail", "Courriel,Domaine", "email,email", "No.,IP", "\nname,,E-Mail"} {
		r := quickstart(t, header+"\nx@spam.example,joe\n", "-signups", "-")
		r.want(t, 2, "standard input: line ", "looks like a header", "or leave the line out")
		if r.out != "" {
			t.Errorf("%q: answered %s", header, r.out)
		}
	}
	for _, row := range []string{"joe", ",,,mailman", ",,1.2.3.400,name", "x@@example.org,,,email", ",name.example,,joe"} {
		if got := answers(t, quickstart(t, row+"\nx@spam.example\n", "-signups", "-", "-json")); len(got) != 2 {
			t.Errorf("%q was taken for a header: %v", row, got)
		}
	}
}

func TestSignupsOfAFile(t *testing.T) {
	r := quickstart(t, "", "-signups", file(t, "x@spam.example\n"), "-json")
	if v := verdicts(answers(t, r)); v != "denied" {
		t.Error(v)
	}
	empty := file(t, "")
	quickstart(t, "", "-signups", empty).want(t, 0, empty+": no sign-ups")
}

func TestAnswersComeAsTheRowsCome(t *testing.T) {
	stdin, in := io.Pipe()
	out, stdout := io.Pipe()
	done := make(chan int)
	go func() {
		done <- run(t.Context(), []string{"-signups", "-"}, stdin, stdout, io.Discard)
		stdout.Close()
	}()
	lines := bufio.NewScanner(out)
	for _, row := range []string{"x@spam.example", "x@example.org"} {
		if _, err := io.WriteString(in, row+"\n"); err != nil {
			t.Fatal(err)
		}
		if !lines.Scan() || !strings.Contains(lines.Text(), row) {
			t.Fatalf("no answer to %s, but %q", row, lines.Text())
		}
	}
	in.Close()
	if code := <-done; code != 0 {
		t.Errorf("exit status %d", code)
	}
}

func TestInterruptEndsTheWaitForARow(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	stdin, in := io.Pipe()
	defer in.Close()
	var stderr strings.Builder
	ctx, interrupt := context.WithCancel(context.Background())
	out, stdout := io.Pipe()
	done := make(chan int)
	go func() { done <- run(ctx, []string{"-signups", "-"}, stdin, stdout, &stderr) }()
	go io.WriteString(in, "x@example.org\n")
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	interrupt()
	select {
	case code := <-done:
		if code != 1 || !strings.Contains(stderr.String(), "quickstart: interrupted\n") {
			t.Errorf("exit status %d: %s", code, stderr.String())
		}
	case <-time.After(10 * time.Second):
		t.Fatal("still waiting")
	}
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// failing fails all reads and writes.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestTroubleOnTheWay(t *testing.T) {
	disk := errors.New("disk on fire")
	for name, test := range map[string]struct {
		in, out error
		code    int
		want    string
	}{
		"rows cannot be read":       {in: disk, code: 1, want: "standard input: disk on fire"},
		"answers cannot be written": {in: io.EOF, out: disk, code: 1, want: "disk on fire"},
		"nobody reads the answers":  {in: io.EOF, out: &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr strings.Builder
			stdin := io.MultiReader(strings.NewReader("x@example.org\n"), failing{test.in})
			var stdout io.Writer = io.Discard
			if test.out != nil {
				stdout = failing{test.out}
			}
			code := run(t.Context(), []string{"-signups", "-"}, stdin, stdout, &stderr)
			if code != test.code || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("exit status %d, want %d: %s", code, test.code, stderr.String())
			}
			if strings.Contains(stderr.String(), "pipe") {
				t.Errorf("complains: %s", stderr.String())
			}
		})
	}
}
