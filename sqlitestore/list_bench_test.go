package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// entriesEnv sets how many entries BenchmarkApplyList writes.
const entriesEnv = "OSTRAKA_BENCH_ENTRIES"

func benchEntries(b *testing.B) int {
	n, err := strconv.Atoi(os.Getenv(entriesEnv))
	if os.Getenv(entriesEnv) == "" {
		return 200_000
	}
	if err != nil || n < 1 {
		b.Fatalf("%s: %q is no number of entries", entriesEnv, os.Getenv(entriesEnv))
	}
	return n
}

// BenchmarkApplyList writes a new list of domains into a new file. "bare" is the
// loop that a hand-written program would have: one transaction and one prepared
// statement for a table that finds entries by domain, and those of a list to
// delete them. The bar is half its rate. Lists are published in the order of
// the alphabet, or in none; both are timed.
func BenchmarkApplyList(b *testing.B) {
	n := benchEntries(b)
	sorted := make([]store.Entry, n)
	for i := range sorted {
		sorted[i] = domainEntry(fmt.Sprintf("host-%08d.example", i))
		sorted[i].Line = i + 1
	}
	shuffled := append([]store.Entry(nil), sorted...)
	rand.Shuffle(n, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, order := range []struct {
		name    string
		entries []store.Entry
	}{{"sorted", sorted}, {"shuffled", shuffled}} {
		b.Run(order.name+"/bare", func(b *testing.B) {
			benchWriting(b, n, func(s *Store) error { return bareInserts(s.writeDB, order.entries) })
		})
		b.Run(order.name+"/ApplyList", func(b *testing.B) {
			benchWriting(b, n, func(s *Store) error {
				_, err := s.ApplyList(context.Background(), newList("list", order.entries...), by(store.ListSync))
				return err
			})
		})
	}
}

// benchWriting reports the rate, and how much memory the process has got from
// the system in the end, which it does not give back.
func benchWriting(b *testing.B, n int, write func(*Store) error) {
	for range b.N {
		b.StopTimer()
		s := openAt(b, filepath.Join(b.TempDir(), uuid.NewString()), Options{})
		b.StartTimer()
		if err := write(s); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "entries/s")
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/(1<<20), "MiB-sys")
}

func bareInserts(db *sql.DB, entries []store.Entry) error {
	for _, query := range []string{
		`CREATE TABLE entries (domain TEXT NOT NULL, list INTEGER NOT NULL, id BLOB NOT NULL, effect INTEGER NOT NULL,
			scope INTEGER NOT NULL, shadow INTEGER NOT NULL, line INTEGER NOT NULL, PRIMARY KEY (domain, list)) STRICT, WITHOUT ROWID`,
		`CREATE INDEX entries_list ON entries (list)`,
	} {
		if _, err := db.Exec(query); err != nil {
			return err
		}
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after the commit it does nothing
	insert, err := tx.Prepare(`INSERT INTO entries (domain, list, id, effect, scope, shadow, line) VALUES (?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	for i := range entries {
		e := &entries[i]
		if _, err := insert.Exec(e.Value, 1, e.ID[:], int64(e.Effect), int64(e.Scope), e.Shadow, e.Line); err != nil {
			return err
		}
	}
	return tx.Commit()
}
