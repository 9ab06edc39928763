// Package sqlitetest has database files for tests that have the schema already: making it
// takes half a second under the race detector, which tests would spend hundreds of times.
//
//	st, err := sqlitestore.Open(t.Context(), sqlitetest.File(t), sqlitestore.Options{})
package sqlitetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"example.com/ostraka/sqlitestore"
)

// File returns the path of a database that has nothing in it but the schema, in a folder
// of its own, which goes when the test ends.
func File(t testing.TB) string {
	t.Helper()
	return Place(t, filepath.Join(t.TempDir(), "ostraka.db"))
}

// Place puts such a database at the path, where there is nothing, and returns the path.
func Place(t testing.TB, path string) string {
	t.Helper()
	data, err := empty()
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// empty returns the file, which is made once.
var empty = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "sqlitetest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "empty.db")
	st, err := sqlitestore.Open(context.Background(), path, sqlitestore.Options{})
	if err != nil {
		return nil, err
	}
	if err := st.Close(); err != nil { // what is in the write-ahead log is in the file then
		return nil, err
	}
	return os.ReadFile(path)
})
