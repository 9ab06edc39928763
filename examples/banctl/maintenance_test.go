package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/sqlitestore"
)

func TestRestoreBesideAnOpenDatabase(t *testing.T) {
	c := newCLI(t)
	dir := t.TempDir()
	saved, backup := filepath.Join(dir, "saved.db"), filepath.Join(dir, "backup.db")
	c.ok("add", "before.example")
	c.ok("backup", backup)
	c.ok("add", "since.example")
	server, err := sqlitestore.Open(t.Context(), c.db, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()

	if out := c.ok("restore", backup, "--save", saved, "--dry-run"); !strings.Contains(out, "dry run") {
		t.Errorf("printed %q", out)
	}
	if out := c.ok("list"); !strings.Contains(out, "since.example") {
		t.Errorf("the dry run has restored: %s", out)
	}
	c.ok("restore", backup, "--save", saved)
	if out := c.ok("list"); strings.Contains(out, "since.example") || !strings.Contains(out, "before.example") {
		t.Errorf("after the restoration there are\n%s", out)
	}
	if n, err := server.LastChange(t.Context()); err != nil || n != 2 {
		t.Errorf("the server sees a log up to %d, %v, want the backup's and the restoration", n, err)
	}
	if out := c.ok("log"); !strings.Contains(out, "store.restore") {
		t.Errorf("the log does not say so:\n%s", out)
	}
	c.ok("verify")
	c.ok("restore", saved)
	if out := c.ok("list"); !strings.Contains(out, "since.example") {
		t.Errorf("what was saved has\n%s", out)
	}
	for _, args := range [][]string{{"restore", backup, "--save", saved}, {"restore", filepath.Join(dir, "none.db")}, {"restore", file(t, "x.txt", strings.Repeat("x", 1000))}} {
		if r := c.run(args...); r.code != statusTrouble {
			t.Errorf("%q: status %d, %s", args, r.code, r.out)
		}
	}
	if out := c.ok("list"); !strings.Contains(out, "since.example") {
		t.Errorf("what was refused has changed the database to\n%s", out)
	}
}

func TestPruneTakesAYearOrWhatItIsTold(t *testing.T) {
	c := newCLI(t)
	c.clock = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	c.ok("add", "old.example")
	c.clock = c.clock.AddDate(0, 0, 300)
	c.ok("add", "new.example")
	c.clock = c.clock.AddDate(0, 0, 100)
	wants(t, c.json("prune", "--dry-run"), "changes", 1.0, "dry_run", true)
	wants(t, c.json("prune"), "changes", 1.0, "dry_run", nil)
	wants(t, c.json("prune"), "changes", 0.0)
	wants(t, c.json("prune", "--before", "90d"), "changes", 1.0)
	if out := c.ok("list"); !strings.Contains(out, "old.example") || !strings.Contains(out, "new.example") {
		t.Errorf("pruning has removed bans:\n%s", out)
	}
	c.ok("vacuum")
	c.ok("verify")
}
