package pgstore_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
)

// TestALookupReadsNotTheWholeTableAfterALongList has a connection make its plan when
// there are few rules, and asks the server how it reads the table when there are many.
func TestALookupReadsNotTheWholeTableAfterALongList(t *testing.T) {
	schema := pgtest.Schema()
	s, err := pgstore.Open(t.Context(), pgtest.Shared(t).DSN()+"&application_name="+schema, pgstore.Options{MaxConns: 1, NoListen: true, Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	raw, err := pgx.Connect(t.Context(), pgtest.Shared(t).DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close(t.Context())
	if _, err := s.CreateBan(t.Context(), newBan("a.example"), aChange(store.BanCreate)); err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec(t.Context(), `VACUUM ANALYZE `+schema+`.rules`); err != nil {
		t.Fatal(err)
	}
	lookUp := func() {
		t.Helper()
		var keys []store.Key
		for i := range 12 {
			keys = append(keys, store.Key{Kind: store.KindDomain, Text: fmt.Sprintf("d%07d.example", i)})
		}
		for range 10 {
			if _, err := s.Lookup(t.Context(), keys); err != nil {
				t.Fatal(err)
			}
		}
	}
	lookUp()
	list := store.List{ID: uuid.New(), Name: "long"}
	if _, err := s.ApplyList(t.Context(), store.ListDelta{List: list, Add: entries(20_000)}, aChange(store.ListSync)); err != nil {
		t.Fatal(err)
	}
	read := func() (n int64) {
		t.Helper()
		if err := raw.QueryRow(t.Context(), `SELECT pg_stat_get_tuples_returned(CAST($1 AS regclass))`, schema+`.rules`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := read()
	lookUp()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, "the session ends, by which what it counted is seen", func() bool {
		var there bool
		err := raw.QueryRow(t.Context(), `SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = $1)`, schema).Scan(&there)
		return err == nil && !there
	})
	if n := read() - before; n > 20_000 {
		t.Errorf("10 look-ups read %d rows one after the other, want none", n)
	}
}
