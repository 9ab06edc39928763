package ban

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/steady"
	"example.com/ostraka/store"
	"example.com/ostraka/store/sketch"
)

// HitDays is how many UTC days of hits are kept, today among them.
const HitDays = 14

const (
	// How long a clock has to stay ahead until hits are dated by it, and until
	// history is pruned by it: what is pruned does not come back.
	datingSettles  = time.Hour
	pruningSettles = 24 * time.Hour

	maxPendingHits = 1 << 16 // rule-days held in memory while the store cannot take them
	hitBatch       = 500     // rule-days written in one step, to keep write locks short
)

// hitCounter counts what rules catch, in memory, until flush writes it down.
type hitCounter struct {
	store   store.Hits
	now     *steady.Clock // by which hits are dated
	old     *steady.Clock // by which days become old
	dropped atomic.Int64

	mu      sync.Mutex
	pending map[hitKey]*hitCount

	flushing sync.Mutex // held by whoever writes
	pruned   time.Time  // the day before which all were last forgotten; under flushing
}

type hitKey struct {
	rule uuid.UUID
	day  int64 // days since 1970
}

type hitCount struct {
	key     store.Key
	uses    int64
	last    time.Time
	clients sketch.Sketch
}

const secondsPerDay = 24 * 60 * 60

func newHitCounter(s store.Hits, now func() time.Time) *hitCounter {
	return &hitCounter{
		store: s, now: steady.New(now, datingSettles), old: steady.New(now, pruningSettles),
		pending: make(map[hitKey]*hitCount),
	}
}

// add counts a match of the rule by the client, if its address is known. A clock
// that is about to be set right again dates no hit in the future.
func (h *hitCounter) add(rule *store.Rule, client netip.Addr) {
	now := h.now.Now()
	key := hitKey{rule.ID, now.Unix() / secondsPerDay}
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.at(key)
	if n == nil {
		return
	}
	if n.key != rule.Key {
		n.key = store.Key{Kind: rule.Key.Kind, Text: strings.Clone(rule.Key.Text)} // of a mirror it is a piece of a long text
	}
	n.uses++
	n.last = later(n.last, now)
	n.clients.Add(client)
}

// at returns the count for the key, or nil if there are too many. It is called
// with mu held.
func (h *hitCounter) at(key hitKey) *hitCount {
	n := h.pending[key]
	if n == nil {
		if len(h.pending) >= maxPendingHits {
			h.dropped.Add(1)
			return nil
		}
		n = new(hitCount)
		h.pending[key] = n
	}
	return n
}

// flush writes down what was counted. What the store does not take is kept for
// the next time.
func (h *hitCounter) flush(ctx context.Context) error {
	h.flushing.Lock()
	defer h.flushing.Unlock()
	h.mu.Lock()
	counts := h.pending
	h.pending = make(map[hitKey]*hitCount)
	h.mu.Unlock()

	batch := make([]store.Hit, 0, min(len(counts), hitBatch))
	var err error
	for key, n := range counts {
		batch = append(batch, store.Hit{
			RuleID: key.rule, Key: n.key, Day: time.Unix(key.day*secondsPerDay, 0).UTC(),
			Uses: n.uses, Last: n.last.UTC().Truncate(time.Microsecond), Clients: n.clients.Bytes(),
		})
		if len(batch) == hitBatch {
			if err = h.write(ctx, batch, counts); err != nil {
				break
			}
			batch = batch[:0]
		}
	}
	if err == nil {
		err = h.write(ctx, batch, counts)
	}
	if err != nil {
		h.keep(counts)
		return err
	}
	return h.prune(ctx)
}

// write hands a batch to the store, and takes what the store took out of counts.
func (h *hitCounter) write(ctx context.Context, batch []store.Hit, counts map[hitKey]*hitCount) error {
	if len(batch) == 0 {
		return nil
	}
	if err := h.store.AddHits(ctx, batch); err != nil {
		return err
	}
	for _, hit := range batch {
		delete(counts, hitKey{hit.RuleID, hit.Day.Unix() / secondsPerDay})
	}
	return nil
}

// keep puts counts that were not written back among the pending ones.
func (h *hitCounter) keep(counts map[hitKey]*hitCount) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key, old := range counts {
		if n := h.at(key); n != nil {
			n.key = old.key
			n.uses += old.uses
			n.last = later(n.last, old.last)
			n.clients.Merge(&old.clients)
		}
	}
}

// prune forgets days that have become too old, once a day.
func (h *hitCounter) prune(ctx context.Context) error {
	first := firstHitDay(h.old.Now())
	if first.Equal(h.pruned) {
		return nil
	}
	if _, err := h.store.PruneHits(ctx, first); err != nil {
		return err
	}
	h.pruned = first
	return nil
}

// run flushes at every interval until the context ends.
func (h *hitCounter) run(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			// What could not be written is kept for the next tick.
			_ = h.flush(ctx)
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
