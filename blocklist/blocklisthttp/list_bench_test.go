package blocklisthttp_test

import (
	"fmt"
	"testing"
	"time"

	"example.com/ostraka/blocklist"
	"example.com/ostraka/blocklist/blocklisthttp"
	"example.com/ostraka/internal/sqlitetest"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// BenchmarkList answers the longest page from SQLite, with a week of hits for
// each block. The baseline reads the same from the store.
func BenchmarkList(b *testing.B) {
	st, err := sqlitestore.Open(b.Context(), sqlitetest.File(b), sqlitestore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	f := newFixture(b, st, blocklisthttp.Options{})
	for i := range 200 {
		f.blocks(b, fmt.Sprintf("d%d.example", i))
	}
	page := blocklist.Page{Limit: 200}
	all, err := st.ListBlocks(b.Context(), store.BlockFilter{}, store.BlocksBySeq, page)
	if err != nil {
		b.Fatal(err)
	}
	var hits []store.Hit
	for _, block := range all {
		for day := range 7 {
			at := then.AddDate(0, 0, -day)
			hits = append(hits, store.Hit{RuleID: block.ID, Key: block.Key(), Day: store.Day(at), Uses: 5, Last: at})
		}
	}
	if err := st.AddHits(b.Context(), hits); err != nil {
		b.Fatal(err)
	}

	b.Run("GET", func(b *testing.B) {
		for b.Loop() {
			if w := f.do("GET", "/email_domain_blocks?limit=200", ""); w.Code != 200 || w.Body.Len() < 80_000 {
				b.Fatal(w.Code, w.Body.Len())
			}
		}
	})
	b.Run("baseline", func(b *testing.B) {
		for b.Loop() {
			blocks, err := st.ListBlocks(b.Context(), store.BlockFilter{}, store.BlocksBySeq, page)
			if err != nil {
				b.Fatal(err)
			}
			for _, block := range blocks {
				if _, err := st.HitHistory(b.Context(), block.ID, then.Add(-6*24*time.Hour), then); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
