package pgstore_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
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

var lines = flag.Int("lines", 200_000, "how many lines the list of BenchmarkList has")

// BenchmarkList times, for a list of so many lines, what the backend does beside what
// PostgreSQL alone does: COPY into a table with the same indexes, a scan of that table,
// and a prepared query for keys. The two are timed in turn, for the same disturbances to
// meet both: a figure is the median of the ratios, with the ratio of the shortest times
// beside it.
func BenchmarkList(b *testing.B) {
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
	run := func(statements ...string) {
		for _, statement := range statements {
			if _, err := raw.Exec(ctx, statement); err != nil {
				b.Fatal(err)
			}
		}
	}
	all := entries(*lines)
	for b.Loop() {
		var name string
		inTurn(b, "sync/COPY", 3, func() error {
			name = uuid.NewString()
			list := store.List{ID: uuid.New(), Name: name, Source: "https://lists.example/list.txt", Reason: "on a list"}
			_, err := s.ApplyList(ctx, store.ListDelta{List: list, Add: all}, aChange(store.ListSync))
			return err
		}, func() error { return bareCopy(ctx, raw, all) }, func() {
			if name != "" {
				if _, err := s.DropList(ctx, name, aChange(store.ListDrop)); err != nil {
					b.Fatal(err)
				}
			}
			run(`DROP TABLE IF EXISTS bare`, `CREATE TABLE bare (LIKE ostraka.rules INCLUDING ALL)`, `VACUUM ostraka.rules`, `CHECKPOINT`)
		})
		run(`VACUUM ANALYZE`, `CHECKPOINT`)
		bare := func() error { return bareScan(ctx, raw) }
		inTurn(b, "Scan/scan", 5, func() error {
			for _, err := range s.Scan(ctx, 0) {
				if err != nil {
					return err
				}
			}
			return nil
		}, bare, nil)
		inTurn(b, "mirror/scan", 5, func() error {
			c, err := ban.NewChecker(s, ban.CheckerOptions{Mirror: true})
			if err != nil {
				return err
			}
			return c.Close()
		}, bare, nil)
		benchLookups(ctx, b, s, raw, all)
		if _, err := s.DropList(ctx, name, aChange(store.ListDrop)); err != nil {
			b.Fatal(err)
		}
	}
}

// benchLookups times looking up, and checks whose rules are not in memory.
func benchLookups(ctx context.Context, b *testing.B, s *pgstore.Store, raw *pgx.Conn, all []store.Entry) {
	checker, err := ban.NewChecker(s, ban.CheckerOptions{CacheSize: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer checker.Close()
	const rounds, size = 60, 50 // each of so many queries
	n := 0
	keys, texts := make([]store.Key, 8), make([]string, 8)
	many := func(fn func() error) func() error {
		return func() error {
			for range size {
				n++
				for j := range keys {
					keys[j] = all[(n*8+j*7919)%len(all)].Key
					texts[j] = "d:" + keys[j].Text
				}
				if err := fn(); err != nil {
					return err
				}
			}
			return nil
		}
	}
	bare := many(func() error { return bareLookup(ctx, raw, texts) })
	inTurn(b, "Lookup/query", rounds, many(func() error {
		_, err := s.Lookup(ctx, keys)
		return err
	}), bare, nil)
	// The keys of such a check: the address, its host and three domains above it.
	host := func() string { return "a.b." + keys[0].Text }
	inTurn(b, "Check/query", rounds, many(func() error {
		d, err := checker.Check(ctx, ban.Subject{Email: "x@" + host()})
		if err == nil && d.Verdict != ban.Denied {
			err = errors.New("not denied")
		}
		return err
	}), many(func() error {
		return bareLookup(ctx, raw, []string{"e:x@" + host(), "d:" + host(), "d:b." + keys[0].Text, texts[0], "d:example"})
	}), nil)
}

// inTurn times fn and what it is compared with, one after the other, so many times.
// between comes before each pair, and is not timed.
func inTurn(b *testing.B, unit string, times int, fn, bare func() error, between func()) {
	b.Helper()
	var ours, theirs, ratios []float64
	for range times {
		if between != nil {
			between()
		}
		y := timed(b, bare).Seconds()
		x := timed(b, fn).Seconds()
		ours, theirs, ratios = append(ours, x), append(theirs, y), append(ratios, x/y)
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], unit)
	b.ReportMetric(slices.Min(ours)/slices.Min(theirs), unit+"-min")
	b.Logf("%s: median of ratios %.2f, of the shortest times %.2f (%.4fs, %.4fs)", unit, ratios[len(ratios)/2],
		slices.Min(ours)/slices.Min(theirs), slices.Min(ours), slices.Min(theirs))
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
