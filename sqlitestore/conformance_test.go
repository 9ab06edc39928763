package sqlitestore

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"example.com/ostraka/internal/racedetector"
	"example.com/ostraka/store"
	"example.com/ostraka/store/storetest"
)

// TestConformance runs the suite over every kind of handle. Under the race
// detector, which makes SQLite in Go twenty times slower and sees our code alone,
// the kinds share the rules out among them, so that every rule is run once.
func TestConformance(t *testing.T) {
	t.Parallel()
	kinds := []struct {
		name string
		open func(t *testing.T) store.Store
	}{
		{"a file of its own", func(t *testing.T) store.Store {
			return openAt(t, place(t, filepath.Join(t.TempDir(), "ostraka.db"), ownFile), Options{Synchronous: SyncNormal})
		}},
		{"a host's handle", func(t *testing.T) store.Store {
			return newOn(t, place(t, filepath.Join(t.TempDir(), "host.db"), hostFile), 0)
		}},
		{"a host's handle of one connection", func(t *testing.T) store.Store {
			return newOn(t, place(t, filepath.Join(t.TempDir(), "host.db"), hostFile), 1)
		}},
		{"a host's handle of default settings", func(t *testing.T) store.Store { return newOnPlain(t) }},
		{"a host's database in memory", func(t *testing.T) store.Store {
			s, err := New(context.Background(), memoryDB(t))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}},
	}
	if racedetector.On {
		rule := -1
		storetest.Run(t, func(t *testing.T) store.Store {
			rule++
			kind := kinds[rule%len(kinds)]
			t.Log("over", kind.name)
			return kind.open(t)
		})
		return
	}
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, kind.open)
		})
	}
}

func TestConformanceOfReopening(t *testing.T) {
	t.Parallel()
	storetest.RunPersistent(t, func(t *testing.T, dir string) store.Store {
		return openAt(t, place(t, filepath.Join(dir, "ostraka.db"), ownFile), Options{})
	})
}

// newOnPlain returns a store on a handle that a host has opened as it comes: in
// rollback-journal mode, and without a busy_timeout. That its commits are not
// put on disk changes no lock, and saves the tests most of their time.
func newOnPlain(t *testing.T) *Store {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(place(t, filepath.Join(t.TempDir(), "host.db"), hostFile), pragmas{"synchronous(OFF)"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s, err := New(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newOn returns a store on a host's handle of at most conns connections.
func newOn(t *testing.T, path string, conns int) *Store {
	t.Helper()
	db := hostDB(t, path)
	db.SetMaxOpenConns(conns)
	s, err := New(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
