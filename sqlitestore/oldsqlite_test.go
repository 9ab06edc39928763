package sqlitestore

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryCheckSaysThatNULLIsMeant: what a function of JSON returns for NULL depends on
// the version of SQLite, and operators look at files with that of their system.
func TestEveryCheckSaysThatNULLIsMeant(t *testing.T) {
	s := openTemp(t)
	rows, err := s.readDB.Query(`SELECT t.name, c.name, t.sql FROM sqlite_schema t, pragma_table_info(t.name) c
		WHERE t.type = 'table' AND c."notnull" = 0 AND instr(t.sql, 'json_valid(' || c.name || ')')`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := 0
	for ; rows.Next(); found++ {
		var table, column, text string
		if err := rows.Scan(&table, &column, &text); err != nil {
			t.Fatal(err)
		}
		if want := "CHECK (" + column + " IS NULL OR json_valid(" + column + "))"; !strings.Contains(text, want) {
			t.Errorf("%s.%s may be NULL: its schema wants %s", table, column, want)
		}
	}
	if err := rows.Err(); err != nil || found < 10 {
		t.Errorf("%d columns, %v", found, err)
	}
}

func TestTheProgramOfTheSystemFindsNoDamage(t *testing.T) {
	program, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("there is no sqlite3 here")
	}
	path := filepath.Join(t.TempDir(), "x.db")
	s := openAt(t, path, Options{})
	mustCreate(t, s, "a.example")
	s.Close()
	for _, query := range []string{`PRAGMA integrity_check`, `PRAGMA quick_check`, `UPDATE ostraka_changes SET actor = 'x'; SELECT 'ok'`} {
		out, err := exec.Command(program, path, query).CombinedOutput()
		if got := strings.TrimSpace(string(out)); got != "ok" || err != nil {
			t.Errorf("%s: %.200s, %v", query, got, err)
		}
	}
}

func TestAMigrationThatFailsLeavesTheSchemaProtected(t *testing.T) {
	s := openTemp(t)
	ctx := context.Background()
	err := s.write(ctx, "migrate", func(tx *tx) error {
		return tx.apply(ctx, migration{len(migrations) + 1, `PRAGMA writable_schema = ON; SELECT nothing;`}, true)
	})
	if err == nil {
		t.Fatal("it did not fail")
	}
	var writable int
	if err := s.writeDB.QueryRow(`PRAGMA writable_schema`).Scan(&writable); err != nil || writable != 0 {
		t.Errorf("writable_schema = %d, %v", writable, err)
	}
}
