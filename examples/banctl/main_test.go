package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/backend/backendtest"
	"example.com/ostraka/internal/sqlitetest"
)

// childEnv makes the test binary another process: the program itself, or a server
// that has a database open.
const childEnv = "OSTRAKA_BANCTL_CHILD"

func TestMain(m *testing.M) {
	switch job, path, _ := strings.Cut(os.Getenv(childEnv), " "); job {
	case "banctl":
		main()
	case "server":
		if err := server(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		os.Unsetenv("BANCTL_DB")
		os.Unsetenv(backend.Variable)
		backendtest.Main(m)
	}
}

// cli runs commands on one database.
type cli struct {
	*testing.T
	db    string
	clock time.Time // zero: the real one
	stdin string    // of the next run
}

// newCLI has an empty database.
func newCLI(t *testing.T) *cli {
	t.Helper()
	c := withoutDatabase(t)
	sqlitetest.Place(t, c.db)
	return c
}

func withoutDatabase(t *testing.T) *cli {
	return &cli{T: t, db: filepath.Join(t.TempDir(), "bans.db")}
}

// result is what a run did.
type result struct {
	code        int
	out, errors string
}

func (c *cli) now() time.Time {
	if c.clock.IsZero() {
		return time.Now()
	}
	return c.clock
}

// run runs a command as alice.
func (c *cli) run(args ...string) result {
	c.Helper()
	var out, errors bytes.Buffer
	args = append([]string{"--db", c.db, "--actor", "alice"}, args...)
	code := run(context.Background(), args, strings.NewReader(c.stdin), &out, &errors, c.now)
	c.stdin = ""
	return result{code, out.String(), errors.String()}
}

// ok runs a command that must succeed, and returns what it prints.
func (c *cli) ok(args ...string) string {
	c.Helper()
	r := c.run(args...)
	if r.code != 0 || r.errors != "" {
		c.Fatalf("%q: exit status %d: %s", args, r.code, r.errors)
	}
	return r.out
}

// json runs a command that must succeed, with --json, and reads what it prints.
func (c *cli) json(args ...string) map[string]any {
	c.Helper()
	return document(c.T, c.ok(append(args, "--json")...))
}

// document reads one JSON document on one line.
func document(t *testing.T, text string) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil || strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
		t.Fatalf("not one JSON document on a line: %v in %q", err, text)
	}
	return doc
}

// get returns the member of a document at a path such as "ban.value".
func get(doc map[string]any, path string) any {
	var v any = doc
	for name := range strings.SplitSeq(path, ".") {
		if list, ok := v.([]any); ok {
			v = nil
			if i, err := strconv.Atoi(name); err == nil && i < len(list) {
				v = list[i]
			}
			continue
		}
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// wants checks members of a document, given as path and value in turn; numbers are
// float64.
func wants(t *testing.T, doc map[string]any, pairs ...any) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := get(doc, pairs[i].(string)); got != pairs[i+1] {
			t.Errorf("%s is %v, want %v", pairs[i], got, pairs[i+1])
		}
	}
}

// contains checks that a text has all the others in it.
func contains(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in\n%s", w, text)
		}
	}
}

// file writes a file and returns its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// seed makes a database with some of everything.
func (c *cli) seed() {
	c.Helper()
	seeded.Do(func() { seededFile = sow(c.T) })
	if err := os.WriteFile(c.db, seededFile, 0o600); err != nil {
		c.Fatal(err)
	}
}

var (
	seeded     sync.Once
	seededFile []byte // of the database, made once: that takes its time
)

func sow(t *testing.T) []byte {
	t.Helper()
	c := newCLI(t)
	c.ok("add", "spam.example", "--reason", "waves", "--public-reason", "we had spam")
	c.ok("add", "fresh.example", "--effect", "review")
	c.ok("add", "good.spam.example", "--effect", "allow")
	c.ok("add", "old.example")
	c.ok("revoke", "old.example", "--reason", "sold")
	c.ok("block", "blocked.example", "--reason", "throw-away")
	c.ok("import", "--list", "mine", file(t, "mine.txt", "one.example\ntwo.example\n203.0.113.0/24\n"))
	db, err := os.ReadFile(c.db) // nobody has it open
	if err != nil {
		t.Fatal(err)
	}
	return db
}
