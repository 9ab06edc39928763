package sqlitestore

import (
	"context"
	"testing"

	"example.com/ostraka/store"
)

// Rules are read a page at a time, of which the last may be full, or empty.
func TestAScanGivesAllRulesOfAllPages(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := openTemp(t)
	all := domainBans(2*rowPage + 1)
	made := 0
	for _, n := range []int{rowPage - 1, rowPage, rowPage + 1, 2*rowPage - 1, 2 * rowPage, 2*rowPage + 1} {
		if _, err := s.CreateBans(ctx, all[made:n], by(store.BanCreateMany)); err != nil {
			t.Fatal(err)
		}
		made = n
		seen := make(map[string]bool, n)
		for r, err := range s.Scan(ctx, 0) {
			if err != nil {
				t.Fatal(err)
			}
			if seen[r.Value] {
				t.Fatalf("of %d rules, that of %s came twice", n, r.Value)
			}
			seen[r.Value] = true
		}
		if len(seen) != n {
			t.Errorf("a scan gave %d rules, want %d", len(seen), n)
		}
	}
}
