package account_test

import (
	"context"
	"path/filepath"
	"testing"

	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

func openSQLite(t testing.TB) store.Store {
	t.Helper()
	st, err := sqlitestore.Open(context.Background(), filepath.Join(t.TempDir(), "accounts.db"), sqlitestore.Options{Synchronous: sqlitestore.SyncNormal})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}
