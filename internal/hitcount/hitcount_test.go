package hitcount_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/hitcount"
	"example.com/ostraka/store"
)

// tally is a store of hits that fails to take some of the batches.
type tally struct {
	store.Hits
	fails   map[int]bool // by the number of the batch, from 1
	batches int
	uses    map[uuid.UUID]int64
}

var errFull = errors.New("the disk is full")

func (s *tally) AddHits(_ context.Context, hits []store.Hit) error {
	if s.batches++; s.fails[s.batches] {
		return errFull
	}
	for _, h := range hits {
		s.uses[h.RuleID] += h.Uses
	}
	return nil
}

func (s *tally) PruneHits(context.Context, time.Time) (int64, error) { return 0, nil }

func (s *tally) ListChanges(context.Context, uuid.UUID, store.Page) ([]store.Change, error) {
	return nil, nil
}

func TestABatchThatFailsLosesNoHitAndCountsNoneTwice(t *testing.T) {
	const rules = 1200 // three batches
	for name, fails := range map[string]map[int]bool{
		"none":       {},
		"the first":  {1: true},
		"the second": {2: true},
		"the last":   {3: true},
		"all":        {1: true, 2: true, 3: true, 4: true},
		"two runs":   {2: true, 4: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &tally{fails: fails, uses: make(map[uuid.UUID]int64)}
			now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
			h := hitcount.New(s, func() time.Time { return now }, 14)
			all := make([]store.Rule, rules)
			for i := range all {
				all[i] = store.Rule{ID: uuid.Must(uuid.NewV7()), Key: store.Key{Kind: store.KindName, Text: "x"}}
				for range 1 + i%3 {
					h.Add(&all[i], netip.MustParseAddr("192.0.2.1"), now, place(i))
				}
			}
			failed := 0
			for n := 0; ; n++ {
				err := h.Flush(t.Context())
				if err == nil {
					break
				}
				if !errors.Is(err, errFull) || n > len(fails) {
					t.Fatalf("flush %d: %v", n, err)
				}
				failed++
				h.Add(&all[n], netip.MustParseAddr("192.0.2.2"), now, place(n)) // what comes meanwhile is added to what is kept
			}
			for i := range all {
				want := int64(1 + i%3)
				if i < failed {
					want++
				}
				if got := s.uses[all[i].ID]; got != want {
					t.Fatalf("rule %d has %d uses, want %d, after %d flushes that failed", i, got, want, failed)
				}
			}
			if (failed > 0) != (len(fails) > 0) {
				t.Errorf("%d flushes failed", failed)
			}
			batches := s.batches
			if err := h.Flush(t.Context()); err != nil || s.batches != batches {
				t.Errorf("with nothing to write, %d batches were written, %v", s.batches-batches, err)
			}
		})
	}
}

// place is one that nobody else counts at.
func place(i int) *uint32 {
	n := uint32(i)
	return &n
}
