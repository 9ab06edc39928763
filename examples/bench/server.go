package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/backend"
)

// server measures a store on a PostgreSQL server against what PostgreSQL alone does.
type server struct {
	*bench
	rules []rule
	store *backend.DB
	raw   *pgx.Conn
}

// measureServer measures on the server of the settings, in a schema of its own, which
// it drops.
func (b *bench) measureServer(ctx context.Context) (err error) {
	schema := "bench_" + strings.ToLower(rand.Text()[:10])
	address := b.db.WithSchema(schema)
	s := &server{bench: b, rules: makeRules(b.sizes[len(b.sizes)-1])}
	if s.raw, err = address.Connect(ctx); err != nil {
		return err
	}
	defer func() {
		ctx := context.WithoutCancel(ctx)
		_, dropped := s.raw.Exec(ctx, `DROP SCHEMA IF EXISTS `+schema+` CASCADE`)
		err = errors.Join(err, dropped, s.raw.Close(ctx))
	}()
	if s.store, err = backend.Open(ctx, address, backend.Options{Mode: backend.Make}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.store.Close()) }()
	if _, err := s.raw.Exec(ctx, `SET search_path = `+schema); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{s.measureSync, s.measureCold, s.measureLoad} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// measureSync syncs a list once: what followed would be measured on what it left.
func (s *server) measureSync(ctx context.Context) error {
	s.say("%d rules: Sync against COPY into a table with the same indexes", len(s.rules))
	if _, err := s.raw.Exec(ctx, `CREATE TABLE bare (LIKE rules INCLUDING ALL)`); err != nil {
		return err
	}
	began := time.Now()
	if err := s.copyBare(ctx); err != nil {
		return err
	}
	copied := time.Since(began).Seconds()
	if _, err := s.raw.Exec(ctx, `DROP TABLE bare`); err != nil {
		return err
	}
	began = time.Now()
	if err := syncInto(ctx, s.store.Store, s.rules); err != nil {
		return err
	}
	n := float64(len(s.rules))
	s.rows = append(s.rows, compare("Sync of a list into PostgreSQL", n/time.Since(began).Seconds(), n/copied, "rules/s",
		atLeast(0.5, "COPY into a table with the same indexes")))
	_, err := s.raw.Exec(ctx, `ANALYZE rules`)
	return err
}

// keyLetters begin the keys of rules, as the store writes them.
var keyLetters = map[ban.Kind]string{ban.KindEmail: "e:", ban.KindDomain: "d:", ban.KindIP: "i:", ban.KindName: "n:"}

func (s *server) copyBare(ctx context.Context) error {
	columns := []string{"key", "id", "since", "list", "line", "effect", "scope", "shadow", "origin", "reason", "public_reason"}
	_, err := s.raw.CopyFrom(ctx, pgx.Identifier{"bare"}, columns, pgx.CopyFromSlice(len(s.rules), func(i int) ([]any, error) {
		r := &s.rules[i]
		return []any{keyLetters[r.kind] + r.text, [16]byte(uuid.New()), int64(1), int64(1), int64(i), int16(0), int16(0), false, int16(2), "", ""}, nil
	}))
	return err
}

// ask reads what a query for rules gives, as the store would have to.
func (s *server) ask(ctx context.Context, where string, args ...any) (n int, err error) {
	rows, err := s.raw.Query(ctx, `SELECT `+ruleColumns+` FROM rules`+where, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var key, reason, public string
	var id [16]byte
	var value *string
	var effect, scope, origin int16
	var line int64
	var shadow bool
	var expires, list *int64
	for ; rows.Next(); n++ {
		if err := rows.Scan(&key, &id, &value, &effect, &scope, &shadow, &expires, &origin, &reason, &public, &line, &list); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}

// measureCold has every check, and every look-up, be of somebody new.
func (s *server) measureCold(ctx context.Context) error {
	s.say("%d rules: an LRU over PostgreSQL, cold", len(s.rules))
	cached, err := ban.NewChecker(s.store.Store, ban.CheckerOptions{})
	if err != nil {
		return err
	}
	defer cached.Close()
	plain, next := newPlainMaps(s.rules), 0
	const n = 200
	batch := func() []asker {
		next += n
		return makeAskers(n, next, plain)
	}
	var times [2][]float64
	for range s.rounds {
		askers := batch()
		began := time.Now()
		if err := checks(ctx, cached, askers, 0)(n); err != nil {
			return err
		}
		times[0] = append(times[0], float64(time.Since(began))/n)
		askers = batch()
		began = time.Now()
		for i := range askers {
			texts := askers[i].keyTexts()
			keys := make([]string, len(texts))
			for j, k := range texts {
				keys[j] = k.(string)
			}
			if found, err := s.ask(ctx, ` WHERE key = ANY ($1)`, keys); err != nil || found != 0 {
				return fmt.Errorf("%d rules found by hand: %w", found, err)
			}
		}
		times[1] = append(times[1], float64(time.Since(began))/n)
	}
	s.rows = append(s.rows, compare("LRU Check, cold, on PostgreSQL", median(times[0])/1000, median(times[1])/1000, "µs",
		atMost(1.5, "one prepared = ANY of the same keys")))
	return nil
}

func (s *server) measureLoad(ctx context.Context) error {
	s.say("%d rules: loading a mirror against scanning the rows, %d times", len(s.rules), slowRounds)
	times, err := once(slowRounds,
		func(int) error {
			c, err := ban.NewChecker(s.store.Store, ban.CheckerOptions{Mirror: true})
			if err != nil {
				return err
			}
			return c.Close()
		},
		func(int) error {
			if n, err := s.ask(ctx, ""); err != nil || n != len(s.rules) {
				return fmt.Errorf("%d rows scanned: %w", n, err)
			}
			return nil
		})
	if err != nil {
		return err
	}
	s.rows = append(s.rows, compare("loading the mirror from PostgreSQL", times[0]/1e6, times[1]/1e6, "ms", atMost(1.5, "scanning the rows")))
	return nil
}
