package ban_test

import (
	"fmt"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// hitsOf returns how many fields came from the cache while f ran.
func hitsOf(c *ban.Checker, f func()) int64 {
	before := c.Stats().CacheHits
	f()
	return c.Stats().CacheHits - before
}

func TestCacheKeepsWhatIsUsed(t *testing.T) {
	const size = 40
	ask := func(c *ban.Checker, domain string) func() {
		return func() {
			t.Helper()
			if _, err := c.Check(t.Context(), ban.Subject{Domain: domain, Name: domain}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name  string
		every int // how many others come between two uses
		kept  bool
	}{
		{"used after each other", 1, true},
		{"used once while half of the cache is replaced", size / 2, true},
		{"used once while more than all of it is", size + 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newChecker(t, memstore.New(), ban.CheckerOptions{CacheSize: size, PollInterval: -1})
			ask(c, "kept.test")()
			for n := range 10 * size {
				ask(c, fmt.Sprintf("other%d.test", n))()
				if n%tt.every != 0 || n == 0 {
					continue
				}
				if hits := hitsOf(c, ask(c, "kept.test")); (hits == 2) != tt.kept {
					t.Fatalf("after %d others %d fields came from the cache; want it kept: %v", n+1, hits, tt.kept)
				}
			}
			if n := c.Stats().CacheEntries; n != size {
				t.Errorf("%d entries, want %d", n, size)
			}
		})
	}
	t.Run("one entry is enough for who comes twice in a row", func(t *testing.T) {
		c := newChecker(t, memstore.New(), ban.CheckerOptions{CacheSize: 2, PollInterval: -1})
		for n := range 10 {
			ask(c, fmt.Sprintf("other%d.test", n))()
			if hits := hitsOf(c, ask(c, fmt.Sprintf("other%d.test", n))); hits != 2 {
				t.Errorf("%d fields came from the cache, want 2", hits)
			}
		}
	})
}
