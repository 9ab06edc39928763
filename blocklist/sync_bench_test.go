package blocklist_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"example.com/ostraka/blocklist"
)

// benchLines is the length of the list that BenchmarkSync syncs.
const benchLines = 1_000_000

// domainLines reads as a file of n domains.
func domainLines(n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		buf := make([]byte, 0, 1<<16)
		for i := range n {
			// Not in order, as files that people keep are not.
			buf = fmt.Appendf(buf, "d%07d.example\n", i*611_953%n)
			if len(buf) > 1<<15 || i == n-1 {
				if _, err := w.Write(buf); err != nil {
					return
				}
				buf = buf[:0]
			}
		}
		w.Close()
	}()
	return r
}

// BenchmarkSync times the Sync of a new list of a million domains into SQLite,
// reading and checking each line, against a bare loop of prepared inserts of as
// many rows into a table with an index by domain. Run it with -benchtime=1x.
func BenchmarkSync(b *testing.B) {
	rate := func(b *testing.B) {
		b.ReportMetric(float64(benchLines)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	}
	b.Run("bare", func(b *testing.B) {
		for range b.N {
			insertBare(b)
		}
		rate(b)
	})
	b.Run("Sync", func(b *testing.B) {
		for range b.N {
			b.StopTimer()
			a := newAdmin(b, openSQLite(b))
			peak := watchHeap()
			b.StartTimer()
			lines := blocklist.Parse(domainLines(benchLines), blocklist.ParseOptions{Format: blocklist.FormatPlain})
			r, err := a.Sync(as("bench"), "million", lines, blocklist.SyncOptions{})
			if err != nil || r.Added != benchLines {
				b.Fatal(counts(r), err)
			}
			b.StopTimer()
			b.ReportMetric(float64(peak())/(1<<20), "peak-MiB")
			b.StartTimer()
		}
		rate(b)
	})
}

func insertBare(b *testing.B) {
	b.Helper()
	db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE entries (domain TEXT NOT NULL, list INTEGER NOT NULL, effect INTEGER NOT NULL, line INTEGER, PRIMARY KEY (domain, list)) STRICT, WITHOUT ROWID`); err != nil {
		b.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	insert, err := tx.Prepare(`INSERT INTO entries VALUES (?, 1, 0, ?)`)
	if err != nil {
		b.Fatal(err)
	}
	for i := range benchLines {
		if _, err := insert.Exec(fmt.Sprintf("d%07d.example", i*611_953%benchLines), i+1); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}

// watchHeap returns a function that ends the watch and returns the most memory
// that the program had from the system meanwhile, less what it gave back.
func watchHeap() func() uint64 {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan uint64)
	go func() {
		var peak uint64
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.Sys-m.HeapReleased)
			select {
			case <-ctx.Done():
				done <- peak
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return func() uint64 {
		cancel()
		return <-done
	}
}
