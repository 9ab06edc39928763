package ban_test

import (
	"context"
	"fmt"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// A capital I may be a small l, and a 3 an e: in the same name, too.
func TestANameIsReadInEachOfItsWays(t *testing.T) {
	for _, banned := range []string{"i3x", "l3x", "iex", "lex"} {
		for _, mirror := range []bool{false, true} {
			st := memstore.New()
			a, err := ban.NewAdmin(st, ban.AdminOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := a.Create(as("alice"), ban.CreateOptions{Kind: ban.KindName, Value: banned}); err != nil {
				t.Fatal(err)
			}
			c := newChecker(t, st, ban.CheckerOptions{Leet: true, Mirror: mirror})
			if d, err := c.Check(context.Background(), ban.Subject{Name: "I3x"}); err != nil || d.Verdict != ban.Denied {
				t.Errorf("%s is banned (mirror: %t), I3x is %v, %v", banned, mirror, d.Verdict, err)
			}
		}
	}
}

// uncounted is a store that cannot count.
type uncounted struct{ store.Store }

func (uncounted) CountAliases(context.Context, store.AliasFilter) (int64, error) {
	return 0, fmt.Errorf("%w: the disk is gone", store.ErrUnavailable)
}

func TestRekeySaysFromTheStartHowMuchThereIs(t *testing.T) {
	const bans = 2*store.MaxRekey + 1
	for name, c := range map[string]struct {
		open  func() store.Store
		total int64 // of the first part
	}{
		"a store that can count": {func() store.Store { return memstore.New() }, bans},
		"one that cannot":        {func() store.Store { return uncounted{memstore.New()} }, store.MaxRekey},
	} {
		st := c.open()
		a, err := ban.NewAdmin(st, ban.AdminOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range bans {
			if _, err := a.Create(as("alice"), ban.CreateOptions{Kind: ban.KindDomain, Value: fmt.Sprintf("d%d.example", i)}); err != nil {
				t.Fatal(err)
			}
		}
		var progress []ban.RekeyProgress
		rekey(t, st, ban.RekeyOptions{Progress: func(p ban.RekeyProgress) { progress = append(progress, p) }})
		if len(progress) < 2 || progress[0].Seen != store.MaxRekey || progress[0].Total != c.total {
			t.Errorf("%s: the progress is %+v, want it to begin with a total of %d", name, progress, c.total)
		}
	}
}

// A subject of which one field is known takes that one from the cache.
func TestStatsCountTheFieldsThatAreFromTheCache(t *testing.T) {
	st := memstore.New()
	c := newChecker(t, st, ban.CheckerOptions{})
	for i, want := range []ban.Stats{{CacheMisses: 2}, {CacheMisses: 3, CacheHits: 1}, {CacheMisses: 3, CacheHits: 3}} {
		email := []string{"ann@one.example", "ann@two.example", "ann@two.example"}[i]
		if _, err := c.Check(context.Background(), ban.Subject{Name: "ann", Email: email}); err != nil {
			t.Fatal(err)
		}
		if got := c.Stats(); got.CacheMisses != want.CacheMisses || got.CacheHits != want.CacheHits {
			t.Errorf("after %d checks: %d fields from the cache and %d looked up, want %d and %d", i+1, got.CacheHits, got.CacheMisses, want.CacheHits, want.CacheMisses)
		}
	}
}
