package pgstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"example.com/ostraka/memstore"
	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
)

// TestALongScanYieldsWhatIsInForce has more rules than the pages of a scan: what follows
// is streamed. The same is written to a store in memory, which says what must come.
func TestALongScanYieldsWhatIsInForce(t *testing.T) {
	for mode, pooling := range map[string]bool{"binary": false, "text": true} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			right, s := memstore.New(), openAt(t, pgtest.Schema(), pgstore.Options{TransactionPooling: pooling})
			defer s.Close()
			for _, st := range []store.Store{right, s} {
				fillLong(t, st)
			}
			for kind := range store.KindName + 1 {
				want := make(map[uuid.UUID]store.Rule)
				for r, err := range right.Scan(t.Context(), kind) {
					if err != nil {
						t.Fatal(err)
					}
					want[r.ID] = r
				}
				for r, err := range s.Scan(t.Context(), kind) {
					if err != nil {
						t.Fatal(err)
					}
					if w, ok := want[r.ID]; !ok || r != w {
						t.Fatalf("kind %d: %+v comes, want %+v", kind, r, w)
					}
					delete(want, r.ID)
				}
				if len(want) > 0 {
					t.Errorf("kind %d: %d rules are missing", kind, len(want))
				}
			}
		})
	}
}

// fillLong writes rules of all kinds and origins, in force and not.
func fillLong(t *testing.T, s store.Store) {
	t.Helper()
	id := func(text string) uuid.UUID { return uuid.NewSHA1(uuid.Nil, []byte(text)) }
	for i := range 300 {
		kind := []store.Kind{store.KindEmail, store.KindDomain, store.KindName}[i%3]
		b := newBan(fmt.Sprintf("b%d.example", i))
		b.ID, b.Kind, b.Effect, b.Reason, b.PublicReason = id(b.Value), kind, store.Effect(i%3), "a reason", "what people read"
		b.Scope, b.Shadow = store.Scope(i%32), i%5 == 0
		if i%4 == 0 {
			b.ExpiresAt = time.Date(2040, 1, 1, i, 0, 0, 123_000, time.UTC)
		}
		if _, err := s.CreateBan(t.Context(), b, aChange(store.BanCreate)); err != nil {
			t.Fatal(err)
		}
	}
	apply := func(name string, version int64, add, remove []store.Entry) {
		l := store.List{ID: id(name), Name: name, Source: "https://lists.example/" + name, Reason: name, Version: version}
		if _, err := s.ApplyList(t.Context(), store.ListDelta{List: l, Add: add, Remove: remove}, aChange(store.ListSync)); err != nil {
			t.Fatal(err)
		}
	}
	all := entries(27_000)
	part := func(name string, from, to int) []store.Entry {
		some := append([]store.Entry(nil), all[from:to]...)
		for i := range some {
			some[i].ID = id(name + some[i].Value) // a value may be in several lists
			if i%5 == 0 {
				some[i].Key.Kind = store.KindEmail
			}
			if i%7 == 0 {
				some[i].Value = "as it was: " + some[i].Value
			}
			some[i].Effect, some[i].Shadow = store.Effect(i%3), i%11 == 0
		}
		return some
	}
	kept, undone, dropped := part("kept", 0, 21_000), part("undone", 3000, 27_000), part("dropped", 0, 300)
	apply("kept", 0, kept, nil)
	apply("kept", 1, part("more", 21_000, 24_000), kept[500:2500])
	apply("undone", 0, undone[:18_000], nil)
	apply("undone", 1, undone[18_000:], undone[:4000])
	if _, err := s.UndoList(t.Context(), "undone", 0, aChange(store.ListUndo)); err != nil {
		t.Fatal(err)
	}
	apply("dropped", 0, dropped, nil)
	if _, err := s.DropList(t.Context(), "dropped", aChange(store.ListDrop)); err != nil {
		t.Fatal(err)
	}
}

// TestAScanThatEndsEarlyKeepsItsConnection: only a scan that goes on streams, which
// takes a connection out of the pool.
func TestAScanThatEndsEarlyKeepsItsConnection(t *testing.T) {
	server := pgtest.Shared(t)
	const name = "scan-test"
	s, err := pgstore.Open(t.Context(), server.DSN()+"&application_name="+name, pgstore.Options{MaxConns: 1, NoListen: true, Schema: pgtest.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	beside, err := pgx.Connect(t.Context(), server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close(context.Background())
	newest := func() (began time.Time) { // of the connections of the store
		if err := beside.QueryRow(t.Context(), `SELECT max(backend_start) FROM pg_stat_activity WHERE application_name = $1`, name).Scan(&began); err != nil {
			t.Fatal(err)
		}
		return began
	}
	list := store.List{ID: uuid.New(), Name: "long"}
	if _, err := s.ApplyList(t.Context(), store.ListDelta{List: list, Add: entries(16_000)}, aChange(store.ListSync)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		rules int
		keeps bool
	}{{"after the first rule", 1, true}, {"after more than a preview reads", 10_001, true}, {"after all of them", 16_000, false}} {
		t.Run(tt.name, func(t *testing.T) {
			before, read := newest(), 0
			for _, err := range s.Scan(t.Context(), store.KindDomain) {
				if err != nil {
					t.Fatal(err)
				}
				if read++; read == tt.rules {
					break
				}
			}
			if _, err := s.LastChange(t.Context()); err != nil {
				t.Fatal(err)
			}
			if kept := newest().Equal(before); read != tt.rules || kept != tt.keeps {
				t.Errorf("%d rules, the connection is kept: %v, want %d, %v", read, kept, tt.rules, tt.keeps)
			}
		})
	}
}
