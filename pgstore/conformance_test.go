package pgstore_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

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
			storetest.Run(t, func(t *testing.T) store.Store { return kind.open(t, pgtest.Schema()) })
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
