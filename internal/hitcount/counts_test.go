package hitcount_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/hitcount"
	"example.com/ostraka/store"
	"example.com/ostraka/store/sketch"
)

// counted is what there is of a rule on a day.
type counted struct {
	key     store.Key
	uses    int64
	last    time.Time
	clients int64
}

type ruleDay struct {
	rule uuid.UUID
	day  time.Time
}

// ledger is a store of hits that adds them up.
type ledger struct {
	tally
	takes    time.Duration // each batch
	full     bool
	began    []time.Time // the batches
	counts   map[ruleDay]counted
	sketches map[ruleDay][]byte
}

func newLedger() *ledger {
	return &ledger{counts: make(map[ruleDay]counted), sketches: make(map[ruleDay][]byte)}
}

func (s *ledger) AddHits(_ context.Context, hits []store.Hit) (err error) {
	s.began = append(s.began, time.Now())
	time.Sleep(s.takes)
	if s.full {
		return errFull
	}
	for _, h := range hits {
		at := ruleDay{h.RuleID, h.Day}
		c := s.counts[at]
		c.key, c.uses = h.Key, c.uses+h.Uses
		if h.Last.After(c.last) {
			c.last = h.Last
		}
		if s.sketches[at], err = sketch.Merge(s.sketches[at], h.Clients); err != nil {
			return err
		}
		if c.clients, err = sketch.Count(s.sketches[at]); err != nil {
			return err
		}
		s.counts[at] = c
	}
	return nil
}

// Whatever is counted where, on which day, by whom, and however often the store takes
// none: in the end it has what a map says.
func TestAllThatWasCountedIsWritten(t *testing.T) {
	for seed := range uint64(4) {
		synctest.Test(t, func(t *testing.T) { countAtRandom(t, rand.New(rand.NewPCG(seed, 1))) })
	}
}

func countAtRandom(t *testing.T, rng *rand.Rand) {
	rules := make([]store.Rule, 1+rng.IntN(1000))
	for i := range rules {
		rules[i] = store.Rule{ID: uuid.Must(uuid.NewV7()), Key: store.Key{Kind: store.KindName, Text: "one"}}
	}
	time.Sleep(24*time.Hour - time.Minute)
	s := newLedger()
	h := hitcount.New(s, time.Now, 14)
	want := make(map[ruleDay]counted)
	clients := make(map[ruleDay]map[netip.Addr]bool)
	places := []*uint32{place(0), place(1), place(1), place(7)}
	for n := range 10_000 {
		if n%50 == 0 {
			time.Sleep(900 * time.Millisecond) // over midnight
		}
		time.Sleep(time.Microsecond)
		r, now := &rules[rng.IntN(len(rules))], time.Now().UTC()
		if rng.IntN(100) == 0 { // it was changed
			r.Key.Text = fmt.Sprint("key ", n)
		}
		client := someClient(rng)
		h.Add(r, client, now, places[rng.IntN(len(places))])
		at := ruleDay{r.ID, store.Day(now)}
		if clients[at] == nil {
			clients[at] = make(map[netip.Addr]bool)
		}
		if client.IsValid() {
			clients[at][client.Unmap()] = true
		}
		want[at] = counted{r.Key, want[at].uses + 1, now, int64(len(clients[at]))}
		if rng.IntN(1000) == 0 {
			s.full = rng.IntN(2) == 0
			if err := h.Flush(t.Context()); (err != nil) != s.full {
				t.Fatal(err)
			}
		}
	}
	s.full = false
	if err := h.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for at, w := range want {
		if got := s.counts[at]; got != w {
			t.Fatalf("of %v there is %+v, want %+v", at, got, w)
		}
	}
	if len(s.counts) != len(want) || h.Dropped() != 0 {
		t.Fatalf("%d rules and days, want %d; %d hits were dropped", len(s.counts), len(want), h.Dropped())
	}
}

// someClient returns one of few, in one of their spellings, or none.
func someClient(rng *rand.Rand) netip.Addr {
	switch rng.IntN(4) {
	case 0:
		return netip.AddrFrom4([4]byte{192, 0, 2, byte(rng.IntN(4))})
	case 1:
		return netip.AddrFrom16(netip.AddrFrom4([4]byte{192, 0, 2, 1}).As16()) // is the same as in IPv4
	case 2:
		return netip.IPv6Unspecified()
	}
	return netip.Addr{}
}

// A flood of as many rules as are held, through all places, loses nothing: a rule that
// was hit in several is one. Of more, those that were not there yet are dropped.
func TestAsManyRulesAsAreHeldAreCountedWhereverTheyAreHit(t *testing.T) {
	const held = 1 << 16
	s := newLedger()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	h := hitcount.New(s, func() time.Time { return now }, 14)
	rules := make([]store.Rule, held+3)
	for i := range rules {
		rules[i] = store.Rule{ID: uuid.Must(uuid.NewV7()), Key: store.Key{Kind: store.KindName, Text: "x"}}
	}
	for i := range rules {
		for n := range 3 { // in three places
			h.Add(&rules[i], netip.Addr{}, now, place(i+n))
		}
	}
	if got := h.Dropped(); got != 3*3 {
		t.Errorf("%d hits were dropped, want those of 3 rules", got)
	}
	if err := h.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range rules {
		want := int64(3)
		if i >= held {
			want = 0
		}
		if got := s.counts[ruleDay{rules[i].ID, store.Day(now)}].uses; got != want {
			t.Fatalf("rule %d has %d hits, want %d", i, got, want)
		}
	}
}

func TestManyWhoCountAtOnce(t *testing.T) {
	s := newLedger()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	h := hitcount.New(s, func() time.Time { return now }, 14)
	rules := make([]store.Rule, 100)
	for i := range rules {
		rules[i] = store.Rule{ID: uuid.Must(uuid.NewV7()), Key: store.Key{Kind: store.KindName, Text: "x"}}
	}
	const who, rounds = 12, 50
	var all sync.WaitGroup
	for range who {
		all.Go(func() {
			at := place(0) // all begin at the same one
			for range rounds {
				for i := range rules {
					h.Add(&rules[i], netip.Addr{}, now, at)
				}
			}
		})
	}
	for range 20 {
		if err := h.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	all.Wait()
	if err := h.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range rules {
		if got := s.counts[ruleDay{rules[i].ID, store.Day(now)}].uses; got != who*rounds {
			t.Fatalf("rule %d has %d hits, want %d", i, got, who*rounds)
		}
	}
}

// What is written fast is written at each interval, what takes long a tenth of the
// time, and at the latest after five intervals.
func TestWritingHasRests(t *testing.T) {
	for _, tt := range []struct {
		name        string
		takes, want time.Duration // from one beginning to the next
	}{
		{"at once", 0, time.Second},
		{"a twentieth of the interval", 50 * time.Millisecond, time.Second},
		{"a fifth of it", 200 * time.Millisecond, 2 * time.Second},
		{"three times as long", 3 * time.Second, 8 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newLedger()
				s.takes = tt.takes
				h := hitcount.New(s, time.Now, 14)
				r := store.Rule{ID: uuid.Must(uuid.NewV7()), Key: store.Key{Kind: store.KindName, Text: "x"}}
				ctx, stop := context.WithCancel(t.Context())
				var running sync.WaitGroup
				running.Go(func() { h.Run(ctx, time.Second) })
				for range 200 {
					h.Add(&r, netip.Addr{}, time.Now(), place(0))
					time.Sleep(100 * time.Millisecond)
				}
				stop()
				running.Wait()
				for i := 1; i < len(s.began); i++ {
					if got := s.began[i].Sub(s.began[i-1]); got < tt.want || got > tt.want+time.Millisecond {
						t.Errorf("it was written again after %v, want %v", got, tt.want)
					}
				}
				if len(s.began) < 2 {
					t.Errorf("it was written %d times", len(s.began))
				}
			})
		})
	}
}
