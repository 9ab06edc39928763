package pgstore_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
	"example.com/ostraka/store/storetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(nodeEnv) != "" {
		if err := runNode(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	pgtest.Main(m)
}

// openAt opens a store in a schema of the shared server.
func openAt(t testing.TB, schema string, o pgstore.Options) *pgstore.Store {
	t.Helper()
	o.Schema = schema
	s, err := pgstore.Open(t.Context(), pgtest.Shared(t).DSN(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// hostPool is a pool that a host has, of that many connections at most.
func hostPool(t testing.TB, dsn string, conns int32) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = conns
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func newOn(t testing.TB, schema string, conns int32, o pgstore.Options) *pgstore.Store {
	t.Helper()
	o.Schema = schema
	s, err := pgstore.New(t.Context(), hostPool(t, pgtest.Shared(t).DSN(), conns), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var kinds = []struct {
	name string
	open func(t testing.TB, schema string) store.Store
}{
	{"a pool of its own, a role of least privileges", func(t testing.TB, schema string) store.Store { return openLeast(t, schema) }},
	{"a host's pool of one connection", func(t testing.TB, schema string) store.Store {
		return newOn(t, schema, 1, pgstore.Options{})
	}},
	{"a pooler of transactions", func(t testing.TB, schema string) store.Store {
		pooler := pgtest.SharedPooler(t)
		s, err := pgstore.Open(t.Context(), pooler.DSN(), pgstore.Options{Schema: schema, TransactionPooling: true, ListenDSN: pgtest.Shared(t).DSN()})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}},
}

func TestConformance(t *testing.T) {
	pgtest.Shared(t)
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			var spare schemas
			storetest.Run(t, func(t *testing.T) store.Store { return kind.open(t, spare.take(t)) })
		})
	}
}

func TestConformanceOfSharedData(t *testing.T) {
	pgtest.Shared(t)
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			var schemas sync.Map // by the folder that stands for the data
			storetest.RunPersistent(t, func(t *testing.T, dir string) store.Store {
				schema, _ := schemas.LoadOrStore(dir, pgtest.Schema())
				return kind.open(t, schema.(string))
			})
		})
	}
}

// schemas are those that rules have used, one after the other, and that are empty again:
// making one takes longer than most rules.
type schemas struct{ free []string }

// take returns an empty schema, or the name of one that is not there, and has it emptied at
// the end of the test, when its store is closed.
func (s *schemas) take(t *testing.T) string {
	schema := pgtest.Schema()
	if last := len(s.free) - 1; last >= 0 {
		schema, s.free = s.free[last], s.free[:last]
	}
	t.Cleanup(func() {
		if !t.Failed() {
			empty(t, schema)
			s.free = append(s.free, schema)
		}
	})
	return schema
}

// empty makes a schema what it was when it was made.
func empty(t *testing.T, schema string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), pgtest.Shared(t).DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), strings.ReplaceAll(`DO $$
		DECLARE r record;
		BEGIN
			UPDATE SCHEMA.log SET last = 0, key_tables = '';
			FOR r IN SELECT tablename FROM pg_tables WHERE schemaname = 'SCHEMA' AND tablename NOT IN ('log', 'accounts') LOOP
				EXECUTE 'DELETE FROM SCHEMA.' || r.tablename;
			END LOOP;
			DELETE FROM SCHEMA.accounts;
			FOR r IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'SCHEMA' LOOP
				EXECUTE 'ALTER SEQUENCE SCHEMA.' || r.sequencename || ' RESTART';
			END LOOP;
		END $$`, "SCHEMA", schema))
	if err != nil {
		t.Fatal(err)
	}
}
