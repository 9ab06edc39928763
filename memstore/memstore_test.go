package memstore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
	"example.com/ostraka/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Store { return memstore.New() })
}

var now = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

// bans returns n bans of different values, every seventh of them revoked.
func bans(n int) []store.Ban {
	out := make([]store.Ban, n)
	for i := range out {
		text := fmt.Sprintf("d%d.example", i)
		out[i] = store.Ban{ID: uuid.New(), Kind: store.KindDomain, Value: text, KeyText: text, CreatedAt: now, UpdatedAt: now}
		if i%7 == 0 {
			out[i].RevokedAt = now
		}
	}
	return out
}

// Scan copies rules in batches of 512; these are the numbers around them.
func TestScanYieldsEveryRuleOnceWhateverTheBatches(t *testing.T) {
	for _, n := range []int{0, 1, 511, 512, 513, 1024, 1500} {
		st, all := memstore.New(), bans(n)
		if _, err := st.CreateBans(t.Context(), all, store.Change{At: now}); err != nil {
			t.Fatal(err)
		}
		seen := map[uuid.UUID]int{}
		for r, err := range st.Scan(t.Context(), store.KindDomain) {
			if err != nil {
				t.Fatal(err)
			}
			seen[r.ID]++
		}
		for _, b := range all {
			want := 1
			if !b.RevokedAt.IsZero() {
				want = 0
			}
			if seen[b.ID] != want {
				t.Errorf("of %d bans, the rule of %q was seen %d times, want %d", n, b.Value, seen[b.ID], want)
			}
		}
	}
}

func filled(b *testing.B, n int) (*memstore.Store, []store.Ban) {
	b.Helper()
	st, all := memstore.New(), bans(n)
	if _, err := st.CreateBans(b.Context(), all, store.Change{At: now}); err != nil {
		b.Fatal(err)
	}
	return st, all
}

func BenchmarkLookup(b *testing.B) {
	st, all := filled(b, 100_000)
	keys := []store.Key{all[1].Key(), all[50_000].Key(), {Kind: store.KindDomain, Text: "unknown.example"}}
	for b.Loop() {
		if _, err := st.Lookup(b.Context(), keys); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkListBans(b *testing.B) {
	st, _ := filled(b, 100_000)
	for b.Loop() {
		if _, err := st.ListBans(b.Context(), store.BanFilter{}, store.Page{Before: 50_000}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCreateBan(b *testing.B) {
	st, _ := filled(b, 100_000)
	ban := bans(2)[1]
	for i := 0; b.Loop(); i++ {
		ban.ID, ban.Value = uuid.New(), fmt.Sprintf("new%d.example", i)
		ban.KeyText = ban.Value
		if _, err := st.CreateBan(b.Context(), ban, store.Change{At: now}); err != nil {
			b.Fatal(err)
		}
	}
}
