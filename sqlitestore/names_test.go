package sqlitestore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/ostraka/store"
)

func TestRestoreTakesNamesOfTheWorkingFolder(t *testing.T) {
	ctx := context.Background()
	t.Chdir(t.TempDir())
	s := openAt(t, "x.db", Options{})
	mustCreate(t, s, "a.example")
	if err := s.Backup(ctx, "backup.db"); err != nil {
		t.Fatal(err)
	}
	mustCreate(t, s, "b.example")
	if err := Restore(ctx, "x.db", "backup.db", by(""), Options{}); err != nil {
		t.Fatal(err)
	}
	if n := mustCount(t, s); n != 1 {
		t.Errorf("%d bans, want the one of the backup", n)
	}
}

func TestSchemaVersionSaysWhatOpenWouldRefuse(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	name := func(s string) string { return filepath.Join(dir, s) }
	openAt(t, name("ours.db"), Options{}).Close()
	newer := openAt(t, name("newer.db"), Options{})
	mustExec(t, newer.writeDB, `UPDATE ostraka_schema SET version = version + 1`)
	newer.Close()
	mustExec(t, hostDB(t, name("host.db")), `CREATE TABLE x (y)`)
	mustExec(t, hostDB(t, name("foreign.db")), `PRAGMA application_id = 7`)
	if err := os.WriteFile(name("text.db"), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]struct {
		version int
		err     error
	}{
		"ours.db":    {len(migrations), nil},
		"none.db":    {0, nil},
		"host.db":    {0, nil},
		"newer.db":   {0, ErrSchemaTooNew},
		"foreign.db": {0, ErrForeign},
		"text.db":    {0, ErrCorrupt},
	} {
		version, err := SchemaVersion(ctx, name(file))
		if !errors.Is(err, want.err) || want.err == nil && version != want.version {
			t.Errorf("%s: version %d, %v; want %d, %v", file, version, err, want.version, want.err)
		}
	}
	if _, err := os.Stat(name("none.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("asking made a file: %v", err)
	}
	var schema *SchemaError
	if _, err := SchemaVersion(ctx, name("newer.db")); !errors.As(err, &schema) || !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a newer schema: %v, want a *SchemaError", err)
	}
}
