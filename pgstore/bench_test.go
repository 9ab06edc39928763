package pgstore_test

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"example.com/ostraka/ban"
	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
)

// entries returns n entries of a list.
func entries(n int) []store.Entry {
	all := make([]store.Entry, n)
	for i := range all {
		text := fmt.Sprintf("d%07d.example", i)
		all[i] = store.Entry{ID: uuid.NewSHA1(uuid.Nil, []byte(text)), Key: store.Key{Kind: store.KindDomain, Text: text}, Value: text, Line: i + 1}
	}
	return all
}

// BenchmarkList times, for a list of so many lines, what the backend does beside what
// PostgreSQL alone does: COPY into a table with the same indexes, a scan of that table,
// and a prepared query for keys.
func BenchmarkList(b *testing.B) {
	const lines = 200_000
	server := pgtest.Own(b)
	ctx := context.Background()
	s, err := pgstore.Open(ctx, server.DSN(), pgstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	raw, err := pgx.Connect(ctx, server.DSN())
	if err != nil {
		b.Fatal(err)
	}
	defer raw.Close(ctx)
	all := entries(lines)
	for b.Loop() {
		if _, err := raw.Exec(ctx, `DROP TABLE IF EXISTS bare; CREATE TABLE bare (LIKE ostraka.rules INCLUDING ALL)`); err != nil {
			b.Fatal(err)
		}
		copying := timed(b, func() error { return bareCopy(ctx, raw, all) })
		name := uuid.NewString()
		list := store.List{ID: uuid.New(), Name: name}
		syncing := timed(b, func() error {
			_, err := s.ApplyList(ctx, store.ListDelta{List: list, Add: all}, aChange(store.ListSync))
			return err
		})
		scanning := timed(b, func() error { return bareScan(ctx, raw) })
		loading := timed(b, func() error {
			for _, err := range s.Scan(ctx, 0) {
				if err != nil {
					return err
				}
			}
			return nil
		})
		keys, texts := make([]store.Key, 8), make([]string, 8)
		const rounds = 2000
		looking := timed(b, func() error {
			for i := range rounds {
				for j := range keys {
					keys[j] = all[(i*8+j*7919)%lines].Key
				}
				if _, err := s.Lookup(ctx, keys); err != nil {
					return err
				}
			}
			return nil
		})
		asking := timed(b, func() error {
			for i := range rounds {
				for j := range texts {
					texts[j] = "d:" + all[(i*8+j*7919)%lines].Key.Text
				}
				if err := bareLookup(ctx, raw, texts); err != nil {
					return err
				}
			}
			return nil
		})
		b.ReportMetric(copying.Seconds()/syncing.Seconds(), "sync/COPY-speed")
		b.ReportMetric(loading.Seconds()/scanning.Seconds(), "load/scan-time")
		b.ReportMetric(looking.Seconds()/asking.Seconds(), "lookup/query-time")
		b.Logf("COPY %v, ApplyList %v; scan %v, Scan %v; %d queries %v, Lookups %v", copying, syncing, scanning, loading, rounds, asking, looking)
		if _, err := s.DropList(ctx, name, aChange(store.ListDrop)); err != nil {
			b.Fatal(err)
		}
	}
}

func timed(b *testing.B, fn func() error) time.Duration {
	began := time.Now()
	if err := fn(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

func bareCopy(ctx context.Context, c *pgx.Conn, all []store.Entry) error {
	_, err := c.CopyFrom(ctx, pgx.Identifier{"bare"},
		[]string{"key", "id", "since", "list", "line", "effect", "scope", "shadow", "origin", "reason", "public_reason"},
		pgx.CopyFromSlice(len(all), func(i int) ([]any, error) {
			return []any{"d:" + all[i].Key.Text, [16]byte(all[i].ID), int64(1), int64(1), int64(i), int16(0), int16(0), false, int16(2), "", ""}, nil
		}))
	return err
}

const bareColumns = `SELECT key, id, value, effect, scope, shadow, expires_at, origin, reason, public_reason, line FROM bare`

func bareScan(ctx context.Context, c *pgx.Conn) error {
	rows, err := c.Query(ctx, bareColumns)
	return readBare(rows, err)
}

func bareLookup(ctx context.Context, c *pgx.Conn, keys []string) error {
	rows, err := c.Query(ctx, bareColumns+` WHERE key = ANY ($1)`, keys)
	return readBare(rows, err)
}

func readBare(rows pgx.Rows, err error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	var key, reason, public string
	var value *string
	var id [16]byte
	var effect, scope, origin int16
	var shadow bool
	var expires *int64
	var line int64
	for rows.Next() {
		if err := rows.Scan(&key, &id, &value, &effect, &scope, &shadow, &expires, &origin, &reason, &public, &line); err != nil {
			return err
		}
	}
	return rows.Err()
}

// BenchmarkFreshness times how long after a write has returned a Checker on another
// store answers by it.
func BenchmarkFreshness(b *testing.B) {
	for _, mirror := range []bool{false, true} {
		b.Run(map[bool]string{false: "cache", true: "mirror"}[mirror], func(b *testing.B) { benchFreshness(b, mirror) })
	}
}

func benchFreshness(b *testing.B, mirror bool) {
	server := pgtest.Own(b)
	ctx := context.Background()
	open := func() *pgstore.Store {
		s, err := pgstore.Open(ctx, server.DSN(), pgstore.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = s.Close() })
		return s
	}
	writing := open()
	var checkers []*ban.Checker
	for range 2 {
		c, err := ban.NewChecker(open(), ban.CheckerOptions{Mirror: mirror})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = c.Close() })
		checkers = append(checkers, c)
	}
	time.Sleep(200 * time.Millisecond)
	var took []time.Duration
	var mu sync.Mutex
	n := 0
	for b.Loop() {
		n++
		value := fmt.Sprintf("f%d.example", n)
		subject := ban.Subject{Email: "x@" + value}
		for _, c := range checkers {
			_, _ = c.Check(ctx, subject) // is kept: allowed
		}
		if _, err := writing.CreateBan(ctx, newBan(value), aChange(store.BanCreate)); err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		var waiting sync.WaitGroup
		for _, c := range checkers {
			waiting.Go(func() {
				for {
					d, err := c.Check(ctx, subject)
					if err == nil && d.Verdict == ban.Denied {
						break
					}
					time.Sleep(50 * time.Microsecond)
				}
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
			})
		}
		waiting.Wait()
	}
	sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
	at := func(p float64) float64 { return float64(took[int(p*float64(len(took)-1))].Microseconds()) / 1000 }
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.999), "p99.9-ms")
	b.ReportMetric(at(1), "max-ms")
}
