//go:build unix

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/examples/internal/backend/backendtest"
)

// program runs the program as a process of its own, which is killed after that time
// unless it is zero. It reports whether it came to an end by itself.
func program(t *testing.T, killAfter time.Duration, args ...string) (ended bool, output string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), childEnv+"=banctl")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if killAfter > 0 {
		kill := time.AfterFunc(killAfter, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
	}
	err := cmd.Wait()
	if err != nil && (killAfter == 0 || cmd.ProcessState.Exited()) {
		t.Fatalf("%q: %v: %s", args, err, out.String())
	}
	return err == nil, out.String()
}

func TestACopyThatIsKilledIsGoneOnWith(t *testing.T) {
	c := newCLI(t)
	var list strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&list, "d%d.example.net\n", i)
	}
	c.stdin = list.String()
	c.ok("import", "--list", "feed", "--format", "plain", "-")
	c.ok("add", "spam.example")
	began := time.Now()
	program(t, 0, "copy", c.db, filepath.Join(t.TempDir(), "timed.db"))
	whole := time.Since(began)
	rng := rand.New(rand.NewPCG(1, 2))
	for name, place := range map[string]func(*testing.T) string{
		"to a file":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "to.db") },
		"to a server": func(t *testing.T) string { return backendtest.Text(t) },
	} {
		t.Run(name, func(t *testing.T) {
			kills := 0
			for kills < 6 {
				to, ended, out := place(t), false, ""
				for !ended {
					if ended, out = program(t, time.Duration(rng.Int64N(int64(whole))), "copy", c.db, to); !ended {
						kills++
					}
				}
				if !strings.Contains(out, "copied and compared") && !strings.Contains(out, "already") {
					t.Fatal(out)
				}
				if copied, want := c.on(to).json("lists"), c.json("lists"); fmt.Sprint(copied) != fmt.Sprint(want) {
					t.Errorf("%v, want %v", copied, want)
				}
			}
		})
	}
}

// on is the command line for another database.
func (c *cli) on(db string) *cli { return &cli{T: c.T, db: db} }
