package sqlitestore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/ostraka/store"
)

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		name    string
		path    string
		options Options
		says    string
	}{
		{"an empty path, with a hint", "", Options{}, "memstore"},
		{"a path for memory, with a hint", ":memory:", Options{}, "memstore"},
		{"a DSN", "file:x.db?mode=memory", Options{}, "DSN"},
		{"a NUL byte in the path", dir + "/a\x00b", Options{}, "NUL"},
		{"a directory", dir, Options{}, "directory"},
		{"a directory that is not there", dir + "/none/x.db", Options{}, "none"},
		{"an unknown Synchronous", dir + "/x.db", Options{Synchronous: 7}, "Synchronous"},
		{"a negative BusyTimeout", dir + "/x.db", Options{BusyTimeout: -1}, "BusyTimeout"},
		{"a negative ReadConns", dir + "/x.db", Options{ReadConns: -1}, "ReadConns"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Open(context.Background(), tt.path, tt.options)
			if err == nil {
				s.Close()
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %q does not say %q", err, tt.says)
			}
		})
	}
	if _, err := os.Stat(dir + "/x.db"); err == nil {
		t.Error("a refused Open left a file")
	}
}

func TestOpenTakesAnyFileName(t *testing.T) {
	names := []string{
		"with space.db", "question?mode=memory.db", "hash#tag.db", "percent%41%.db", "plus+amp&semi;.db",
		"ünï.db", "file:colon.db", "'quote\".db",
	}
	if runtime.GOOS == "windows" {
		t.Skip("most of these characters are not allowed in file names here")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, name)
			mustCreate(t, openAt(t, path, Options{}), "a.example")
			if _, err := os.Stat(path); err != nil {
				t.Error(err)
			}
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if !strings.HasPrefix(e.Name(), name) {
					t.Errorf("another file was made: %q", e.Name())
				}
			}
			if n := mustCount(t, openAt(t, path, Options{})); n != 1 {
				t.Errorf("the second handle sees %d bans", n)
			}
		})
	}
}

func TestOpenRelativePathOutlivesChdir(t *testing.T) {
	t.Chdir(t.TempDir())
	s := openAt(t, "rel.db", Options{ReadConns: 4})
	t.Chdir(t.TempDir())
	s.readDB.SetMaxIdleConns(0) // every read opens a connection now
	mustCreate(t, s, "a.example")
	if n := mustCount(t, s); n != 1 {
		t.Errorf("%d bans", n)
	}
}

func TestNewFilesAreForTheirOwnerOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such modes here")
	}
	path := filepath.Join(t.TempDir(), "ostraka.db")
	mustCreate(t, openAt(t, path, Options{}), "a.example")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("mode of %q is %o", info.Name(), mode)
		}
	}
}

// refused opens a file that must be refused and left as it was.
func refused(t *testing.T, path string, want error) error {
	t.Helper()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(context.Background(), path, Options{})
	if err == nil {
		s.Close()
		t.Fatal("Open gave no error")
	}
	if !errors.Is(err, want) {
		t.Errorf("error %q does not match %q", err, want)
	}
	after, readErr := os.ReadFile(path)
	if readErr != nil {
		t.Fatal(readErr)
	}
	if string(before) != string(after) {
		t.Error("the refused file was changed")
	}
	return err
}

func TestOpenRefusesGarbage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, path, ErrCorrupt)
}

func TestOpenRefusesTheDatabaseOfAnotherApplication(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db := hostDB(t, path)
	mustExec(t, db, `PRAGMA journal_mode = DELETE`)
	mustExec(t, db, `PRAGMA application_id = -559038737`)
	db.Close()
	err := refused(t, path, ErrForeign)
	if !strings.Contains(err.Error(), "0xdeadbeef") {
		t.Errorf("error %q does not name the application_id", err)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := openAt(t, path, Options{})
	newer := len(migrations) + 1
	mustExec(t, s.writeDB, `UPDATE ostraka_schema SET version = ?`, newer)
	s.Close()

	err := refused(t, path, ErrSchemaTooNew)
	var e *SchemaError
	if !errors.As(err, &e) || e.Have != newer || e.Want != len(migrations) {
		t.Errorf("error %#v does not name the versions", e)
	}
	if _, err := New(context.Background(), hostDB(t, path)); !errors.Is(err, ErrSchemaTooNew) {
		t.Errorf("New: %v", err)
	}
}

func TestConnectionSettings(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "x.db")
	get := func(q querier, pragma string) (v string) {
		t.Helper()
		if err := q.QueryRowContext(ctx, `PRAGMA `+pragma).Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	check := func(q querier, pragma, want string) {
		t.Helper()
		if got := get(q, pragma); got != want {
			t.Errorf("%s = %s, want %s", pragma, got, want)
		}
	}
	s := openAt(t, path, Options{ReadConns: 3, BusyTimeout: 1234 * time.Millisecond})
	check(s.writeDB, "application_id", "1869837426")
	check(s.writeDB, "journal_mode", "wal")
	check(s.writeDB, "synchronous", "2")
	check(s.writeDB, "query_only", "0")

	// All readers at once, so that each is a connection of its own.
	for range 3 {
		conn, err := s.readDB.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		check(conn, "query_only", "1")
		check(conn, "busy_timeout", "1234")
		check(conn, "foreign_keys", "1")
		if _, err := conn.ExecContext(ctx, `DELETE FROM ostraka_bans`); err == nil {
			t.Error("a read connection wrote")
		}
	}
	normal := openAt(t, path, Options{Synchronous: SyncNormal})
	check(normal.writeDB, "synchronous", "1")
	if n, want := normal.readDB.Stats().MaxOpenConnections, max(2, runtime.GOMAXPROCS(0)); n != want {
		t.Errorf("%d connections read, want %d", n, want)
	}
}

func TestOpenLeavesAHostsDatabaseUnmarked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	mustExec(t, hostDB(t, path), `CREATE TABLE users (name TEXT)`)
	s := openAt(t, path, Options{})
	var id int
	if err := s.readDB.QueryRow(`PRAGMA application_id`).Scan(&id); err != nil || id != 0 {
		t.Errorf("application_id = %d, %v", id, err)
	}
	mustCreate(t, s, "a.example")
	mustCheck(t, s)
}

func TestManyOpenANewFileAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := Open(context.Background(), path, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := s.CreateBan(context.Background(), domainBan("same.example"), by(store.BanCreate)); err != nil && !errors.Is(err, store.ErrExists) {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s := openAt(t, path, Options{})
	if n := mustCount(t, s); n != 1 {
		t.Errorf("%d bans, want 1", n)
	}
	mustCheck(t, s)
}

func TestNewLeavesTheHandleToTheHost(t *testing.T) {
	db := hostDB(t, filepath.Join(t.TempDir(), "x.db"))
	mustExec(t, db, `PRAGMA user_version = 42`)
	mustExec(t, db, `PRAGMA application_id = 4711`)
	s, err := New(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	mustCreate(t, s, "a.example")
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.LastChange(context.Background()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	for pragma, want := range map[string]int{"user_version": 42, "application_id": 4711} {
		var got int
		if err := db.QueryRow(`PRAGMA ` + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %d, %v", pragma, got, err)
		}
	}
	var foreign int
	if err := db.QueryRow(`SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'ostraka\_%' ESCAPE '\' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`).Scan(&foreign); err != nil || foreign != 0 {
		t.Errorf("%d names without our prefix, %v", foreign, err)
	}
}

func TestNewRefusesMemoryWithSeveralConnections(t *testing.T) {
	db := hostDB(t, filepath.Join(t.TempDir(), "x.db"))
	if _, err := New(context.Background(), nil); err == nil {
		t.Error("nil handle: no error")
	}
	mem := memoryDB(t)
	mem.SetMaxOpenConns(2)
	if _, err := New(context.Background(), mem); err == nil || !strings.Contains(err.Error(), "SetMaxOpenConns") {
		t.Errorf("memory with two connections: %v", err)
	}
	db.Close()
	if _, err := New(context.Background(), db); !errors.Is(err, store.ErrClosed) {
		t.Errorf("closed handle: %v", err)
	}
}

func TestHostClosingItsHandleIsErrClosed(t *testing.T) {
	db := hostDB(t, filepath.Join(t.TempDir(), "x.db"))
	s, err := New(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	if _, err := s.LastChange(context.Background()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("read: %v", err)
	}
	if _, err := s.PruneHits(context.Background(), at); !errors.Is(err, store.ErrClosed) {
		t.Errorf("write: %v", err)
	}
}

func TestOpenFailsWhereMigratingFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bans.db")
	s := openAt(t, path, Options{})
	mustExec(t, s.writeDB, `DROP TABLE ostraka_schema`)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if again, err := Open(context.Background(), path, Options{}); err == nil || again != nil {
		t.Errorf("Open = %v, %v, want no store and an error: the tables are there, but not their version", again, err)
	}
}
