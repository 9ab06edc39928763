package main

import (
	"context"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
)

// lockDatabase holds the lock of writers, as another program would, until the test
// ends.
func lockDatabase(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	conn, err := db.Conn(t.Context())
	if err == nil {
		_, err = conn.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestItEndsInTimeWhileTheDatabaseIsLocked(t *testing.T) {
	db := database(t, ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"})
	p := &program{}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"-addr", "127.0.0.1:0", "-db", db, "-shutdown-timeout", "1s"}, io.Discard, p)
	}()
	c := dial(t, "tcp", p.waitToListen(t))
	lockDatabase(t, db)
	if got, err := c.ask(map[string]string{"sender": "eve@spam.example"}); err != nil || !strings.HasPrefix(got, "REJECT") {
		t.Fatalf("the answer is %q, %v", got, err) // and a hit is to be written
	}
	began := time.Now()
	cancel()
	if code := <-ended; code != 1 {
		t.Errorf("exit status %d, though a hit could not be written: %s", code, p.logged())
	}
	// A write alone would wait for the lock for 5 s.
	if d := time.Since(began); d > 4*time.Second {
		t.Errorf("it ended after %v, and was to end within 1 s", d)
	}
}

func TestADatabaseThatIsNotThereIsRefused(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"none named":              {nil, "-db: no database named"},
		"an empty name":           {[]string{"-db", ""}, "-db: no database named"},
		"a mistyped name":         {[]string{"-db", filepath.Join(dir, "ostrkaa.db")}, "there is no such database"},
		"in a folder that is not": {[]string{"-db", filepath.Join(dir, "gone", "ostraka.db")}, "there is no such database"},
		"a folder":                {[]string{"-db", dir}, "name a database of ostraka"},
		"another file":            {[]string{"-db", text}, "name a database of ostraka"},
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			if code := run(t.Context(), append([]string{"-addr", "127.0.0.1:0"}, c.args...), io.Discard, &log); code != 2 || !strings.Contains(log.String(), c.want) {
				t.Errorf("exit status %d, want 2 and %q: %s", code, c.want, log.String())
			}
			if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
				t.Errorf("there are files now: %v, %v", files, err)
			}
		})
	}
}

func TestADatabaseThatAllCanReadIsWarnedOf(t *testing.T) {
	const warning = "everybody on this machine can read"
	db := database(t)
	p := start(t, "-addr", "127.0.0.1:0", "-db", db)
	p.stop()
	if strings.Contains(p.logged(), warning) {
		t.Errorf("a new database is warned of: %s", p.logged())
	}
	if err := os.Chmod(db, 0o644); err != nil {
		t.Fatal(err)
	}
	p = start(t, "-addr", "127.0.0.1:0", "-db", db)
	p.stop()
	if !strings.Contains(p.logged(), warning) {
		t.Errorf("it says nothing: %s", p.logged())
	}
}
