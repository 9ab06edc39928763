package sqlitestore

import (
	"path/filepath"
	"testing"

	"example.com/ostraka/internal/faultsql"
	"example.com/ostraka/store"
	"example.com/ostraka/store/storetest"
)

func TestStatementsThatFail(t *testing.T) {
	t.Parallel()
	storetest.RunFaults(t, func(t *testing.T) (store.Store, storetest.Faults) {
		f := new(faultsql.Faults)
		db := f.Open(dsn(place(t, filepath.Join(t.TempDir(), "host.db"), hostFile), pragmas{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(OFF)"}))
		t.Cleanup(func() { db.Close() })
		t.Cleanup(func() {
			if n := f.Unclosed(); n != 0 { // the store is closed, and the handle is the host's
				t.Errorf("the store left %d statements or rows open", n)
			}
		})
		s, err := New(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		s.stepRows = 1 // so that lists are written in several transactions
		return s, f
	})
}
