package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/sqlitestore"
)

// server keeps a database open, as a server does, with a Checker and an Admin. For
// each line of standard input it prints one: "check ADDRESS" gives a verdict, "ban
// DOMAIN" bans it.
func server(path string) (err error) {
	ctx := ban.WithActor(context.Background(), "server")
	// On a busy machine, and under the race detector, a step of an import can take
	// longer than a write waits by default.
	st, err := sqlitestore.Open(ctx, path, sqlitestore.Options{BusyTimeout: time.Minute})
	if err != nil {
		return err
	}
	defer st.Close()
	checker, err := ban.NewChecker(st, ban.CheckerOptions{PollInterval: 20 * time.Millisecond, FlushInterval: 20 * time.Millisecond})
	if err != nil {
		return err
	}
	defer checker.Close()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		return err
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		switch verb, value, _ := strings.Cut(lines.Text(), " "); verb {
		case "check":
			d, err := checker.Check(ctx, ban.Subject{Email: value})
			if err != nil {
				return err
			}
			fmt.Println(d.Verdict)
		case "ban":
			if _, err := admin.Create(ctx, ban.CreateOptions{Kind: ban.KindDomain, Value: value}); err != nil {
				return err
			}
			fmt.Println("banned")
		}
	}
	return nil
}

// process is a process that is spoken to in lines.
type process struct {
	t   *testing.T
	in  io.WriteCloser
	out *bufio.Scanner
}

// child starts the test binary as another process.
func child(t *testing.T, job string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), childEnv+"="+job)
	return cmd
}

func startServer(t *testing.T, db string) *process {
	t.Helper()
	cmd := child(t, "server "+db)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server: %v", err)
		}
	})
	return &process{t, in, bufio.NewScanner(out)}
}

// ask sends a line and returns the answer.
func (p *process) ask(line string) string {
	p.t.Helper()
	fmt.Fprintln(p.in, line)
	if !p.out.Scan() {
		p.t.Fatalf("no answer to %q: %v", line, p.out.Err())
	}
	return p.out.Text()
}

// until asks again until the answer is that one. The wait is for another process,
// which looks for changes every 20 ms.
func (p *process) until(line, want string) {
	p.t.Helper()
	for range 500 {
		if p.ask(line) == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.t.Fatalf("%q is still not answered %q", line, want)
}

func TestWorksBesideARunningServer(t *testing.T) {
	c := newCLI(t)
	s := startServer(t, c.db)
	if got := s.ask("check bob@spam.example"); got != "allowed" {
		t.Fatalf("before the ban: %s", got)
	}
	c.ok("add", "spam.example")
	s.until("check bob@spam.example", "denied")
	for range 100 { // what the server counted is seen here
		if get(c.json("show", "spam.example"), "ban.hits").(float64) > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if hits := get(c.json("show", "spam.example"), "ban.hits"); hits == 0.0 {
		t.Error("no hit of the server is counted")
	}
	c.ok("revoke", "spam.example")
	s.until("check bob@spam.example", "allowed")

	if got := s.ask("ban other.example"); got != "banned" {
		t.Fatal(got)
	}
	if r := c.run("check", "--email", "x@other.example"); r.code != statusDenied {
		t.Errorf("a ban that the server made: %v", r)
	}

	c.ok("import", "--list", "long", longList(t, 1000))
	s.until("check x@domain-7.example", "denied")
	c.ok("undo", "long")
	s.until("check x@domain-7.example", "allowed")
	c.ok("backup", c.db+".copy")
	c.ok("verify")
	contains(t, c.ok("log"), "server", "alice", "other.example")
}

func TestServerWritesDuringAnImport(t *testing.T) {
	c := newCLI(t)
	s := startServer(t, c.db)
	done := make(chan result)
	long := longList(t, 11_000) // more than is written in one transaction
	go func() { done <- c.run("import", "--list", "long", long) }()
	n := 0
	for importing := true; importing; n++ {
		if got := s.ask(fmt.Sprintf("ban written-%d.example", n)); got != "banned" {
			t.Fatal(got)
		}
		select {
		case r := <-done:
			importing = false
			if r.code != 0 {
				t.Errorf("the import: %v", r)
			}
		default:
		}
	}
	wants(t, c.json("stats"), "bans.active", float64(n), "list_entries", 11_000.0)
	t.Logf("%d bans were written meanwhile", n)
}

func TestProcessEndsWithTheStatus(t *testing.T) {
	c := newCLI(t)
	c.seed()
	for _, test := range []struct {
		args []string
		want int
	}{
		{[]string{"lists"}, 0},
		{[]string{"check", "--email", "ann@example.org"}, 0},
		{[]string{"lists", "--nope"}, statusTrouble},
		{[]string{"check", "--email", "bob@spam.example"}, statusDenied},
		{[]string{"check", "--email", "bob@fresh.example"}, statusReview},
	} {
		cmd := child(t, "banctl", append(test.args, "--db", c.db)...)
		_ = cmd.Run() // its status is looked at
		if got := cmd.ProcessState.ExitCode(); got != test.want {
			t.Errorf("%q: exit status %d, want %d", test.args, got, test.want)
		}
	}
}

func TestInterruptedImportChangesNothing(t *testing.T) {
	c := newCLI(t)
	c.seed()
	before := c.everything()
	cmd := child(t, "banctl", "--db", c.db, "import", "--list", "mine", "-", "--format", "plain")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errors strings.Builder
	cmd.Stderr = &errors
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// More than pipes hold: when it is all written, the program reads.
	if _, err := io.WriteString(in, strings.Repeat("one.example\n", 12_000)); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // though standard input is still open
	in.Close()
	if cmd.ProcessState.ExitCode() != statusTrouble || errors.String() != "banctl: interrupted\n" {
		t.Errorf("exit status %d, %q", cmd.ProcessState.ExitCode(), errors.String())
	}
	if after := c.everything(); after != before {
		t.Errorf("it changed\n%s to\n%s", before, after)
	}
}
