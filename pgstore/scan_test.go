package pgstore_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/memstore"
	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
)

// TestALongScanYieldsWhatIsInForce has more rules than one page of a scan: what follows
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
		b.ID, b.Kind, b.Effect, b.Reason = id(b.Value), kind, store.Effect(i%2), "a reason"
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
	all := entries(9000)
	part := func(name string, from, to int) []store.Entry {
		some := append([]store.Entry(nil), all[from:to]...)
		for i := range some {
			some[i].ID = id(name + some[i].Value) // a value may be in several lists
			if i%5 == 0 {
				some[i].Key.Kind = store.KindEmail
			}
		}
		return some
	}
	kept, undone, dropped := part("kept", 0, 7000), part("undone", 1000, 9000), part("dropped", 0, 300)
	apply("kept", 0, kept, nil)
	apply("kept", 1, part("more", 7000, 8000), kept[500:2500])
	apply("undone", 0, undone[:6000], nil)
	apply("undone", 1, undone[6000:], undone[:4000])
	if _, err := s.UndoList(t.Context(), "undone", 0, aChange(store.ListUndo)); err != nil {
		t.Fatal(err)
	}
	apply("dropped", 0, dropped, nil)
	if _, err := s.DropList(t.Context(), "dropped", aChange(store.ListDrop)); err != nil {
		t.Fatal(err)
	}
}
