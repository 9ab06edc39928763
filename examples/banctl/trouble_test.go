package main

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
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

// What is not there is named, in words that are not those of the store.
func TestWhatIsNotThereIsNamed(t *testing.T) {
	c := newCLI(t)
	c.ok("add", "spam.example")
	const id = "01890000-0000-7000-8000-000000000000"
	for _, tt := range []struct{ command, says string }{
		{"show 99", "a ban #99: not found"},
		{"revoke 99", "a ban #99: not found"},
		{"revoke " + id, "a ban with the id " + id + ": not found"},
		{"show " + id, "a ban, block or list with the id " + id + ": not found"},
		{"show block:99", "a block #99: not found"},
		{"show block:" + id, "a block with the id " + id + ": not found"},
		{"show list:none", `a list "none": not found`},
		{"export none", `a list "none": not found`},
		{"export none --safe-csv", `a list "none": not found`},
		{"logout nobody", `an account "nobody": not found`},
		{"logout " + id, `an account "` + id + `": not found`},
		{"logout #99", `an account "#99": not found`},
		{"enable 99", `an alias "99": not found`},
	} {
		r := c.run(strings.Fields(tt.command)...)
		if r.code != 2 || !strings.Contains(r.errors, tt.says) || strings.Contains(r.errors, "sqlitestore") {
			t.Errorf("%s: exit status %d, %q; want %q", tt.command, r.code, r.errors, tt.says)
		}
	}
}
