package main

import (
	"database/sql"
	"fmt"
	"os"
	"testing"

	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

func TestWriteLockOfAnotherProcess(t *testing.T) {
	t.Parallel() // it waits for as long as a write does
	c := newCLI(t)
	c.seed()
	other, err := sql.Open("sqlite", c.db)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}

	done := make(chan result)
	go func() { done <- c.run("add", "x.example", "--json") }()
	asking := &cli{T: t, db: c.db}
	if r := asking.run("check", "--email", "bob@spam.example"); r.code != statusDenied {
		t.Errorf("the answer is not given while the hit cannot be counted: %v", r)
	} else {
		contains(t, r.errors, "the hit is not counted")
	}
	wants(t, asking.json("list"), "total", 3.0) // readers wait for nobody
	r := <-done
	if r.code != statusTrouble {
		t.Errorf("exit status %d", r.code)
	}
	contains(t, r.errors, `"code":"busy"`, "try again")
}

func TestDamageIsReported(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, path string){
		"pages": func(t *testing.T, path string) {
			db, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			info, err := db.Stat()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.WriteAt(make([]byte, 3*4096), info.Size()/2); err != nil {
				t.Fatal(err)
			}
		},
		"records that contradict each other": func(t *testing.T, path string) {
			db, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(10000)")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec("DELETE FROM ostraka_rules WHERE origin = 0"); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCLI(t)
			c.ok("add", "spam.example")
			c.ok("import", "--list", "long", longList(t, 3000))
			c.ok("verify")
			damage(t, c.db)
			r := c.run("verify", "--json")
			if r.code != statusTrouble || r.out != "" {
				t.Errorf("status %d, %q", r.code, r.out)
			}
			doc := document(t, r.errors)
			wants(t, doc, "error.code", codeDatabase)
			if damages, found := get(doc, "error.damages").([]any); found && len(damages) > 0 {
				contains(t, c.run("verify").errors, "damage: ", "banctl: ")
			} else if name != "pages" { // what cannot be read has no list of damages
				t.Errorf("no damages in %v", doc)
			}
		})
	}
}

// TestTroubleSaysWhatToDo: each trouble with a database that was opened has its hint.
func TestTroubleSaysWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		hint string
	}{
		"a full disk":           {sqlitestore.ErrDiskFull, "; make room on the disk: nothing was half written"},
		"a disk that fails":     {sqlitestore.ErrIO, "; look at the disk, and at who may read and write the file and its folder"},
		"a lock of another one": {store.ErrBusy, "; try again"},
		"nothing to be done":    {store.ErrNotFound, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := &app{started: true}
			err := fmt.Errorf("vacuum: %w", c.err)
			if got := a.describe(err).Message; got != err.Error()+c.hint {
				t.Errorf("got %q", got)
			}
		})
	}
}
